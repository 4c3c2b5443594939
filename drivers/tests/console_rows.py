"""What the console's lists and panels show of drivers (`tests/test_console_queries.py`)."""

from drivers.selectors import driver_of
from drivers.tests.factories import screened


def rows(people, trip, mark):
    screened(driver_of(people("driver")), subject=f"{mark}-{trip.code}"[-30:])
