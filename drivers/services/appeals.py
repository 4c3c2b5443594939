"""Appeals against holds (D8): the right to work is protected by another pair of eyes."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.states import Role
from core import audit, clock, live, notify, policy
from core.codes import new_code
from core.errors import Forbidden, InvalidInput, NotFound
from core.states import move
from core.transactions import begins_transaction
from drivers.errors import AlreadyAppealed, HadAPart
from drivers.models import Appeal, Driver, Hold, VettingCase
from drivers.policies import APPEAL_WITHIN
from drivers.services.people import release_holds_of
from drivers.states import APPEAL_TRANSITIONS, AppealState

if TYPE_CHECKING:
    from accounts.models import Account

JUDGES = frozenset({Role.VETTING, Role.ADJUDICATOR, Role.SUPERVISOR})


@begins_transaction
def appeal(*, driver: Driver, hold_code: str, words: str) -> Appeal:
    """Object to one's own visible hold, once. Raises `NotFound`, `InvalidInput`, `AlreadyAppealed`."""
    hold = Hold.objects.open().select_for_update().filter(driver=driver, code=hold_code, covert=False).first()
    if hold is None:
        raise NotFound
    if not words.strip():
        raise InvalidInput("words")
    if Appeal.objects.filter(hold=hold).exists():
        raise AlreadyAppealed
    at = clock.now()
    row = Appeal.objects.create(
        code=new_code("E"),
        hold=hold,
        words=words.strip()[:4000],
        filed_at=at,
        due_at=at + timedelta(seconds=policy.value(APPEAL_WITHIN)),
    )
    audit.record(
        driver.account.actor, "drivers.appealed", driver.account.code, case=hold.source, hold=hold.code
    )
    live.changed_on_commit("console")
    return row


def had_a_part(appeal_row: Appeal, who: str) -> bool:
    """True for whoever opened the hold or turned a key in the case that it comes from."""
    cases = VettingCase.objects.filter(code=appeal_row.hold.source)
    keys = {key for row in cases for key in (row.proposed_by, row.decided_by)}
    return who in keys | {appeal_row.hold.opened_by}


@begins_transaction
def decide_appeal(*, account: "Account", code: str, granted: bool, reason: str) -> Appeal:
    """Decide with a reason; granted ends the hold. The driver is told.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `HadAPart`, `IllegalTransition`, `StaleState`.
    """
    if account.role not in JUDGES:
        raise Forbidden
    row = Appeal.objects.select_related("hold__driver__account").filter(code=code).first()
    if row is None:
        raise NotFound
    if not reason.strip():
        raise InvalidInput("reason")
    if had_a_part(row, account.code):
        raise HadAPart
    move(
        row,
        APPEAL_TRANSITIONS,
        AppealState.GRANTED if granted else AppealState.REJECTED,
        decided_at=clock.now(),
        decided_by=account.code,
        reason=reason.strip()[:4000],
    )
    person = row.hold.driver.account
    audit.record(account.actor, "drivers.appeal_decided", person.code, case=row.hold.source, granted=granted)
    if granted:
        release_holds_of(actor=account.actor, source=row.hold.source, reason=row.reason)
    with override(person.language):
        text = (
            _("Huhang: your appeal %(code)s is granted. You can accept orders again.")
            if granted
            else _("Huhang: your appeal %(code)s is rejected. The reason is on your page.")
        ) % {"code": code}
    notify.queue_message(key=f"appeal:{code}", channel="sms", to=person.phone, text=text, subject=code)
    live.changed_on_commit("console")
    return row
