"""What is said before a release about limits that run on working days."""

from datetime import date, timedelta

from django.core.checks import CheckMessage, Warning, register

from complaints import calendars
from core import clock
from core.production import TAG

AHEAD = timedelta(days=31)  # the State Council publishes a year's days in the November before it


@register(TAG, deploy=True)
def working_days(**_options: object) -> list[CheckMessage]:
    """The notice of the year that comes is known before it begins."""
    year = (clock.now().astimezone(calendars.ZONE) + AHEAD).year
    if calendars.is_published(date(year, 1, 1)):
        return []
    return [
        Warning(
            f"Which days of {year} are worked on is not known: its limits run by the days off of the law alone."
            " Bring chinesecalendar forward.",
            id="huhang.W010",
        )
    ]
