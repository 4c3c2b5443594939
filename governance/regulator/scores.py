"""Once a day the regulator is asked what it has of the day before: what was acknowledged and is not there is a lie of somebody's."""

from datetime import date, datetime, time, timedelta

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core import clock, jobs
from governance.models import FeedHour, FeedMark, FeedScore
from governance.regulator import receiver
from governance.regulator.company import company, is_set_up
from governance.regulator.layout import SHANGHAI, today

NO_DOOR = "no score"  # the mark of the last day for which it answered that it has no such door


def _score(at: datetime) -> None:
    if not is_set_up():
        return
    day = today(at) - timedelta(days=1)
    if FeedScore.objects.filter(day=day).exists():
        return
    count = _acknowledged(day)
    if not count:
        return
    try:
        theirs = receiver.score(company().id, day)
    except receiver.Silent:
        return  # away: the next hour asks again, and the board says that there is no score
    if theirs is None:
        FeedMark.objects.update_or_create(source=NO_DOOR, defaults={"mark": day.toordinal()})
        return
    FeedScore.objects.get_or_create(day=day, defaults={"theirs": theirs, "ours": count, "at": clock.now()})


def _acknowledged(day: date) -> int:
    begin = datetime.combine(day, time(), tzinfo=SHANGHAI)
    hours = FeedHour.objects.filter(hour__gte=begin, hour__lt=begin + timedelta(days=1))
    return hours.aggregate(all=Sum("acknowledged"))["all"] or 0


def is_overdue(at: datetime) -> bool:
    """Whether a whole day went by in which the regulator did not say what it has of the day before, and has a door for it."""
    day = today(at) - timedelta(days=2)
    if last_score(at) or FeedMark.objects.filter(source=NO_DOOR, mark__gte=day.toordinal()).exists():
        return False
    return _acknowledged(day) > 0


def last_score(at: datetime) -> FeedScore | None:
    """What the regulator counted last, of one of the last two days."""
    since = today(at) - timedelta(days=2)
    return FeedScore.objects.filter(day__gte=since).order_by("-day").first()


SCORE = jobs.whole("governance.feed_score", _("Asking the regulator what it has"), _score)
