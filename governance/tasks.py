"""Celery entries of governance."""

from core import jobs, retention
from governance import retention as _kept  # noqa: F401 - how long its tables are kept
from governance.concerns import HOURS, OVER
from governance.consultations import COUNT, MIX
from governance.regulator.positions import POSITIONS
from governance.regulator.scores import SCORE
from governance.regulator.sending import COLLECT, SEND
from governance.relaunch import ALARM_TRIAL, PASSAGES
from governance.reviews import OPENING
from governance.rules import LAPSE, MEASURE, SHADOW, SIMULATE
from governance.services import BOARD, BREAKERS, DRILL, RED_TEAM
from governance.transparency.reports import COUNT as COUNT_REPORTS

check_board = jobs.periodic("governance.tasks.check_board", BOARD)
hourly_drill = jobs.periodic("governance.tasks.hourly_drill", DRILL)
red_team = jobs.periodic("governance.tasks.red_team", RED_TEAM)
look_after_relaunches = jobs.periodic("governance.tasks.look_after_relaunches", PASSAGES)
try_alarms = jobs.periodic("governance.tasks.try_alarms", ALARM_TRIAL)
break_board = jobs.periodic("governance.tasks.break_board", BREAKERS)
change_rules = jobs.periodic("governance.tasks.change_rules", LAPSE, SIMULATE, SHADOW, MEASURE)
feed_regulator = jobs.periodic("governance.tasks.feed_regulator", COLLECT, SEND, POSITIONS)
score_feed = jobs.periodic("governance.tasks.score_feed", SCORE)
take_in_concerns = jobs.periodic("governance.tasks.take_in_concerns", HOURS, OVER)
open_reviews = jobs.periodic("governance.tasks.open_reviews", OPENING)
forget_what_is_over = jobs.periodic("governance.tasks.forget_what_is_over", *retention.jobs_of("governance"))
count_votes = jobs.periodic("governance.tasks.count_votes", COUNT)
count_reports = jobs.periodic("governance.tasks.count_reports", COUNT_REPORTS)
mix_votes = jobs.periodic("governance.tasks.mix_votes", MIX)
