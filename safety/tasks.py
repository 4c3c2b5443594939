"""Celery entries of safety."""

from core import jobs, retention
from safety import retention as tables  # noqa: F401 - how long they are kept
from safety.handlers import CONTACTS
from safety.services.accidents import ACCIDENTS
from safety.services.calls import CALLS
from safety.services.centre import CLOSINGS, FOLLOWING, PUSHES
from safety.services.questions import DOUBTS, EXPIRIES
from safety.services.recordings import DESTRUCTION, ERASURE, PLAYS, SILENT, WRAPPING
from safety.services.ringing import FOLLOWED, RINGING
from safety.services.stops import QUIET_HOLDS

alert_contacts_again = jobs.periodic("safety.tasks.alert_contacts_again", jobs.again(CONTACTS))
expire_questions = jobs.periodic("safety.tasks.expire_questions", EXPIRIES, ACCIDENTS, DOUBTS)
destroy_recordings = jobs.periodic("safety.tasks.destroy_recordings", DESTRUCTION, ERASURE)
close_silent_recordings = jobs.periodic("safety.tasks.close_silent_recordings", SILENT)
turn_wrapping_keys = jobs.periodic("safety.tasks.turn_wrapping_keys", WRAPPING)
tell_of_plays = jobs.periodic("safety.tasks.tell_of_plays", PLAYS)
look_at_quiet_holds = jobs.periodic("safety.tasks.look_at_quiet_holds", QUIET_HOLDS)
# In a storm of calls, or where the centre is slow, it would otherwise take all threads of its worker, and no further call
# would become a case meanwhile.
speak_to_centre = jobs.periodic("safety.tasks.speak_to_centre", jobs.queue(PUSHES, at_once=3))
follow_cases = jobs.periodic("safety.tasks.follow_cases", jobs.queue(FOLLOWING), jobs.queue(CLOSINGS))
follow_calls = jobs.periodic("safety.tasks.follow_calls", CALLS)
ring_passengers = jobs.periodic("safety.tasks.ring_passengers", RINGING, FOLLOWED)
forget_what_is_over = jobs.periodic("safety.tasks.forget_what_is_over", *retention.jobs_of("safety"))
