"""What the console's lists and panels show of complaints (`tests/test_console_queries.py`)."""

from complaints.services import file_complaint
from complaints.states import Category


def rows(people, trip, mark):
    file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category.DISPUTE,
        words="x",
        submission=mark,
    )
