"""'Was this yours?': the station and the named supervisor hear of each release by rule, and may say no (P3c)."""

import secrets
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from accounts.selectors import people_who_may
from core import audit, clock, inserts, limits, timeline
from core.actors import NOBODY
from core.errors import InvalidInput
from core.limits import Asker
from core.messages import outbox
from core.recipients import write_to_each
from core.transactions import begins_transaction, joins_transaction
from core.typed.phone import is_mobile
from police import messages
from police.errors import AnswerClosed
from police.models import PoliceRequest, Release, StationAnswer
from police.policies import OWNING
from police.services.links import digest_of
from police.services.reviews import close_release
from police.states import Asked, Owned, PoliceLine

if TYPE_CHECKING:
    from accounts.models import Account

SUPERVISE = "duty.supervise"


@joins_transaction
def ask_station(release: Release, request: PoliceRequest) -> None:
    """Ask the station's registered address and the named supervisor, each by a link of their own; a telephone that shows
    no links is rung, and told which number to call.

    The supervisor's number came with the request, so a thief may have named his own: a 'yes' opens nothing.
    """
    if request.officer and request.officer.account.is_drill:
        return  # there is no such station
    supervisor = str(request.supervisor_phone)
    _ask(release, request, Asked.STATION, "email", request.agency.registered_email)
    if not supervisor:  # with her own code nobody is named
        return
    if is_mobile(supervisor):
        _ask(release, request, Asked.SUPERVISOR, "sms", supervisor)
    else:
        outbox.queue(
            messages.WasThisYoursSpoken(
                code=request.code, at=release.released_at, line=settings.LIAISON_LINE
            ),
            key=f"owning:{request.code}:{Asked.SUPERVISOR}",
            channel="voice",
            to=supervisor,
            language="zh-hans",
            subject=request.code,
        )


@joins_transaction
def _ask(release: Release, request: PoliceRequest, asked: Asked, channel: str, to: str) -> None:
    secret = secrets.token_urlsafe(24)
    inserts.keep(
        StationAnswer(
            release=release, asked=asked, link_digest=digest_of(secret), asked_at=release.released_at
        )
    )
    link = settings.PUBLIC_URL + reverse("police:owning", args=[secret])
    outbox.queue(
        messages.WasThisYours(code=request.code, at=release.released_at, link=link),
        key=f"owning:{request.code}:{asked}",
        channel=channel,
        to=to,
        language="zh-hans",
        subject=request.code,
    )


def _answerable(secret: str) -> QuerySet[StationAnswer]:
    """The question behind a link until somebody said no: a yes may turn out to be wrong, and a no closes it."""
    return StationAnswer.objects.filter(link_digest=digest_of(secret)).exclude(answer=Owned.NO)


def answer_of(secret: str) -> StationAnswer:
    """The question behind a link that can still be answered. Raises `AnswerClosed`."""
    found = _answerable(secret).select_related("release__request__agency").first()
    if found is None:
        raise AnswerClosed(line=settings.LIAISON_LINE)
    return found


@begins_transaction
def answer_owning(*, secret: str, answer: str, asker: Asker) -> Owned:
    """A 'no' of either suspends the officer, closes the pack and pages supervisors at once, also after a 'yes' by the same
    link; after it nothing else is taken. The same answer again changes nothing.

    Raises `AnswerClosed`, `InvalidInput`, `TooMany`.
    """
    limits.take(OWNING, asker)
    if answer not in Owned.values:
        raise InvalidInput("answer")
    said, at = Owned(answer), clock.now()
    found = _answerable(secret).select_for_update().first()
    if found is None:
        raise AnswerClosed(line=settings.LIAISON_LINE)
    if found.answer == said:
        return said
    release = Release.objects.select_related(
        "request__agency", "request__trip", "request__officer__account"
    ).get(pk=found.release_id)
    request = PoliceRequest.objects.select_for_update().get(pk=release.request_id)
    StationAnswer.objects.filter(pk=found.pk).update(answer=said, answered_at=at)
    # A supervisor's number came with the request: that somebody there said yes is no word of the station.
    if said == Owned.NO or found.asked == Asked.STATION:
        _tell(release, said)
    audit.record(
        NOBODY, "police.owning_answered", request.code, case=request.code, answer=said, asked=found.asked
    )
    if said == Owned.NO:
        close_release(release.request, NOBODY)
        _page_supervisors(release.request)
    return said


@joins_transaction
def _tell(release: Release, said: Owned) -> None:
    timeline.add(
        PoliceLine.OWNED if said == Owned.YES else PoliceLine.DISOWNED,
        NOBODY,
        trip=release.request.trip.code if release.request.trip else "",
        agency=release.request.agency.names,
        code=release.request.code,
    )


@joins_transaction
def _page_supervisors(request: PoliceRequest) -> None:
    at = clock.now()
    link = settings.PUBLIC_URL + reverse("police_console:request", args=[request.code])

    def write(person: "Account") -> None:
        for channel in ("voice", "sms"):
            outbox.queue(
                messages.NotTheirs(code=request.code, at=at, link=link),
                key=f"disowned:{request.code}:{person.code}:{channel}",
                to=person.phone,
                language=person.language,
                channel=channel,
                subject=request.code,
            )

    write_to_each(people_who_may(SUPERVISE), write, about=f"disowned:{request.code}", life_safety=True)
