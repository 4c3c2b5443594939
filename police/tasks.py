"""Celery entries of police."""

from core import jobs
from police.services import EXECUTIVE

call_executive = jobs.periodic("police.tasks.call_executive", EXECUTIVE)
