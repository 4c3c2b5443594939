"""Once a day the regulator is asked what it has of the day before: what was acknowledged and is not there is a lie of somebody's."""

from datetime import datetime, time, timedelta

from django.db.models import Sum
from django.utils.translation import gettext_lazy as _

from core import clock, jobs
from governance.models import FeedHour, FeedScore
from governance.regulator import receiver
from governance.regulator.company import company, is_set_up
from governance.regulator.layout import SHANGHAI


def _score(at: datetime) -> None:
    if not is_set_up():
        return
    day = at.astimezone(SHANGHAI).date() - timedelta(days=1)
    begin = datetime.combine(day, time(), tzinfo=SHANGHAI)
    if FeedScore.objects.filter(day=day).exists():
        return
    ours = FeedHour.objects.filter(hour__gte=begin, hour__lt=begin + timedelta(days=1))
    count = ours.aggregate(all=Sum("acknowledged"))["all"]
    if not count:
        return
    try:
        theirs = receiver.score(company().id, day)
    except receiver.Silent:
        return  # no door of that kind, or away: the next hour asks again, and the board says that there is no score
    FeedScore.objects.get_or_create(day=day, defaults={"theirs": theirs, "ours": count, "at": clock.now()})


def last_score(at: datetime) -> FeedScore | None:
    """What the regulator counted last, of one of the last two days."""
    since = at.astimezone(SHANGHAI).date() - timedelta(days=2)
    return FeedScore.objects.filter(day__gte=since).order_by("-day").first()


SCORE = jobs.whole("governance.feed_score", _("Asking the regulator what it has"), _score)
