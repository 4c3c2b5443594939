"""Celery entries of police."""

from core import jobs, retention
from police import retention as tables  # noqa: F401 - how long they are kept
from police.documents.services import STAMPS
from police.documents.telling import TELLING
from police.preserving import ANEW
from police.register import CHANGES, ENDS
from police.services import CHASE, EXECUTIVE, LATE

call_executive = jobs.periodic("police.tasks.call_executive", EXECUTIVE)
preserve_anew = jobs.periodic("police.tasks.preserve_anew", ANEW)
note_late_papers = jobs.periodic("police.tasks.note_late_papers", CHASE, LATE)
forget_what_is_over = jobs.periodic("police.tasks.forget_what_is_over", *retention.jobs_of("police"))
# What holds a pack, or a file that was made of one.
PACKS = ("police.Release", "police.IdentityPart", "police.ReleaseCopy")
destroy_packs = jobs.periodic(
    "police.tasks.destroy_packs",
    *(job for table in PACKS if (job := retention.rules()[table].job) is not None),
)
stamp_releases = jobs.periodic("police.tasks.stamp_releases", jobs.queue(STAMPS))
tell_of_releases = jobs.periodic("police.tasks.tell_of_releases", TELLING)
change_stations = jobs.periodic("police.tasks.change_stations", CHANGES, ENDS)
