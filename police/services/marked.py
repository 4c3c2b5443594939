"""False officers of the red team (P11): marked accounts that get nothing of anybody real, for the minutes of one run."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Q

from core import audit, clock, holds, pictures
from core.actors import SYSTEM
from core.errors import Forbidden
from core.states import move
from core.transactions import begins_transaction
from police.models import Agency, NoticeFile, Officer, PoliceRequest
from police.register import Station, plain_of
from police.services.reviews import suspend_officer
from police.states import (
    REQUEST_TRANSITIONS,
    UNDECIDED,
    OfficerState,
    RefusalCode,
    RequestState,
    Tier,
)

if TYPE_CHECKING:
    from accounts.models import Account

STATION = Station(
    code="red-team",
    name_zh="演练用公安机关（并不存在）",
    name_en="Station of the drill (there is none)",
    published_phone=settings.DRILL_CONTACT_PHONE,
    registered_email="red-team@huhang.invalid",
    country="CN",
)
LASTS = timedelta(minutes=10)  # a run that dies leaves no officer behind


@begins_transaction
def mark_drill_officer(*, account: "Account", tier: Tier) -> None:
    """Let a marked account be an officer for a few minutes, as if somebody had been called back. Raises `Forbidden`."""
    if not account.is_drill:
        raise Forbidden
    at = clock.now()
    agency, _new = Agency.objects.get_or_create(
        code=STATION.code,
        defaults={
            "published_phone": STATION.published_phone,
            "registered_email": STATION.registered_email,
            **plain_of(STATION),
            "search": "",  # nobody who looks for a station finds it
        },
    )
    called = tier >= Tier.CALLED_BACK
    Officer.objects.update_or_create(
        account=account,
        defaults={
            "agency": agency,
            "badge_number": "0",
            "state": OfficerState.ACTIVE,
            "expires_at": at + LASTS,
            "tier": tier,
            "called_back_at": at if called else None,
            "called_back_by": "red-team" if called else "",
            "called_back_number": agency.published_phone if called else "",
        },
    )
    audit.record(SYSTEM, "police.red_team_officer", account.code, tier=tier)


@begins_transaction
def suspend_drill_officer(*, code: str) -> None:
    """As staff suspend one: sessions end with it. Nothing happens to a real one."""
    officer = Officer.objects.filter(account__code=code, account__is_drill=True).first()
    if officer is not None:
        suspend_officer(actor=SYSTEM, officer=officer, case="")


@begins_transaction
def clear_drill_requests(*, code: str, words: str) -> int:
    """What a marked officer asked and nobody decided ends as refused in these words, its files and holds with it, also
    those of a run that died; returns how many there were. Nothing happens to what a real one asked.

    The marked officer takes its question back, and the platform agrees: nobody of staff works on it.
    """
    rows = PoliceRequest.objects.select_for_update(of=("self",)).filter(
        officer__account__code=code, officer__account__is_drill=True
    )
    left = list(rows.filter(state__in=UNDECIDED).order_by("pk"))
    for request in left:
        move(
            request,
            REQUEST_TRANSITIONS,
            RequestState.REFUSED,
            decided_at=clock.now(),
            decided_by=SYSTEM.code,
            proposed_by="",
            refuse_by=code if request.notice_id else "",
            refused_for=RefusalCode.NO_DATA,
            refusal=words,
        )
        holds.release(actor=SYSTEM, source="police", case=request.code)
        audit.record(SYSTEM, "police.red_team_cleared", request.code, case=request.code)
    of_notices = Q(notice__officer__account__code=code, notice__officer__account__is_drill=True)
    of_emergencies = Q(request__officer__account__code=code, request__officer__account__is_drill=True)
    files = NoticeFile.objects.filter(of_notices | of_emergencies, picture__destroyed_at=None)
    pictures.end_now(list(files.values_list("picture__code", flat=True)))
    return len(left)
