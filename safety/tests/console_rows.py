"""What the console's lists and panels show of safety (`tests/test_console_queries.py`)."""

from safety.services import file_welfare_check


def rows(people, trip, mark):
    number = int(mark.rpartition("-")[2])
    file_welfare_check(
        missing_phone=f"1399999{number:04d}", reporter_phone="13911110001", words="x", submission=mark
    )
