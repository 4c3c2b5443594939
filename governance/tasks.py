"""Celery entries of governance."""

from core import jobs
from governance import retention  # noqa: F401 - how long its tables are kept
from governance.rules import LAPSE, MEASURE, SHADOW, SIMULATE
from governance.services import BOARD, BREAKERS, DRILL

check_board = jobs.periodic("governance.tasks.check_board", BOARD)
hourly_drill = jobs.periodic("governance.tasks.hourly_drill", DRILL)
break_board = jobs.periodic("governance.tasks.break_board", BREAKERS)
change_rules = jobs.periodic("governance.tasks.change_rules", LAPSE, SIMULATE, SHADOW, MEASURE)
