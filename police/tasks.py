"""Celery entries of police."""

from core import jobs, retention
from police import retention as tables  # noqa: F401 - how long they are kept
from police.register import CHANGES
from police.services import EXECUTIVE

call_executive = jobs.periodic("police.tasks.call_executive", EXECUTIVE)
forget_what_is_over = jobs.periodic("police.tasks.forget_what_is_over", *retention.jobs_of("police"))
change_stations = jobs.periodic("police.tasks.change_stations", CHANGES)
