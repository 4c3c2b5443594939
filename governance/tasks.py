"""Celery entries of governance."""

from core import jobs, retention
from governance import retention as tables  # noqa: F401 - how long its tables are kept
from governance.consultations import COUNT, MIX
from governance.relaunch import ALARM_TRIAL, PASSAGES
from governance.rules import LAPSE, MEASURE, SHADOW, SIMULATE
from governance.services import BOARD, BREAKERS, DRILL

check_board = jobs.periodic("governance.tasks.check_board", BOARD)
hourly_drill = jobs.periodic("governance.tasks.hourly_drill", DRILL)
look_after_relaunches = jobs.periodic("governance.tasks.look_after_relaunches", PASSAGES)
try_alarms = jobs.periodic("governance.tasks.try_alarms", ALARM_TRIAL)
break_board = jobs.periodic("governance.tasks.break_board", BREAKERS)
change_rules = jobs.periodic("governance.tasks.change_rules", LAPSE, SIMULATE, SHADOW, MEASURE)
count_votes = jobs.periodic("governance.tasks.count_votes", COUNT)
mix_votes = jobs.periodic("governance.tasks.mix_votes", MIX)
forget_what_is_over = jobs.periodic("governance.tasks.forget_what_is_over", *retention.jobs_of("governance"))
