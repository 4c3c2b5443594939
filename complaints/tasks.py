"""Celery entries of complaints."""

from complaints import retention as tables  # noqa: F401 - how long they are kept
from complaints.services.care import CAMPAIGNS, GREETINGS, OVERDUE, QUESTIONS
from complaints.services.oncall import ON_CALL
from complaints.services.rulings import STATEMENTS, TELLING, WINDOWS
from complaints.services.sanctions import ENDS
from complaints.services.shifts import ROSTER
from complaints.services.timers import ESCALATIONS, RELEASES, WARNINGS
from core import jobs, retention

# Warnings and breaches, and owners who do nothing.
check_limits = jobs.periodic("complaints.tasks.check_limits", WARNINGS, ESCALATIONS, RELEASES)
# Decisions to tell, statements, suspensions and appeal windows whose time is over.
move_cases_on = jobs.periodic("complaints.tasks.move_cases_on", TELLING, STATEMENTS, ENDS, WINDOWS)
# Satisfaction to ask for, care that is overdue, greetings whose time has come.
care = jobs.periodic("complaints.tasks.care", QUESTIONS, OVERDUE, CAMPAIGNS, jobs.again(GREETINGS))
ring_on_call = jobs.periodic("complaints.tasks.ring_on_call", ON_CALL)
watch_roster = jobs.periodic("complaints.tasks.watch_roster", ROSTER)
forget_what_is_over = jobs.periodic("complaints.tasks.forget_what_is_over", *retention.jobs_of("complaints"))
