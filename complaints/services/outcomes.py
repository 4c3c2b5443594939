"""What a decision can have for a consequence (C5): one class each, with when it fits, what it does and what undoes it.

A new one is a class here, its name in `complaints.states.Outcome`, a migration and its Chinese.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.services import lift_restriction, restrict
from complaints.models import Complaint, Measure
from complaints.policies import AGENT_MONEY, MONEY_ALONE, SUSPENSION_ALONE, Award
from complaints.selectors import covert, person_of, told_accused_from
from complaints.states import AccusedAs, Finding, Level, Outcome, Side
from core import clock, formats, ledger, money, policy
from core.actors import Actor
from drivers.selectors import driver_by_code
from drivers.services import bar_with, hold_driver, lift_bars, release_holds_of
from drivers.states import HoldKind
from rides import services as rides
from rides.selectors import payment_of

if TYPE_CHECKING:
    from accounts.models import Account

EXPENSE = "expense:compensation"
LONGEST_SUSPENSION = 365  # days; what is longer is a ban
Why = str | Promise
_SAY_HOW_MUCH = _("Say how much.")


@dataclass(frozen=True, slots=True)
class Act:
    """One outcome that is being done: its row, whose it is, by whose decision."""

    complaint: Complaint
    measure: Measure
    actor: Actor
    citation: str

    @property
    def person(self) -> "Account":
        return self.measure.person


class Consequence:
    """What may come of a decision. Subclasses name their outcome: `class Warned(Consequence, outcome=…)`.

    `against` is true for what is done against somebody, `drivers_only` for what only a driver can do or suffer.
    `asks` says what a decision has to tell of it: for how many days, or how much money.
    """

    outcome: ClassVar[Outcome]
    against: ClassVar[bool] = False
    drivers_only: ClassVar[bool] = False
    asks: ClassVar[Literal["", "days", "yuan"]] = ""

    def __init_subclass__(cls, *, outcome: Outcome) -> None:
        if outcome in CONSEQUENCES:
            raise ValueError(f"{outcome}: there is such an outcome already")
        cls.outcome = outcome
        CONSEQUENCES[outcome] = cls()

    def fits(self, person: "Account") -> bool:
        """Whether it can be done to this person at all."""
        return not self.drivers_only or driver_by_code(person.code) is not None

    def check(self, complaint: Complaint, finding: Finding, award: Award) -> Why:
        """Why a finding cannot have this outcome; empty where it can.

        Nobody is punished for a complaint made in good faith: only 'knowingly false' has consequences for who complains.
        """
        person = person_of(complaint, award.side)
        if person is None:
            return _("There is no account on that side that this could be done to.")
        if self.against and award.side == Side.ACCUSED and finding != Finding.UPHELD:
            return _("Nothing is done against somebody of whom nothing was proved.")
        if self.against and award.side == Side.COMPLAINANT and finding != Finding.FALSE:
            return _(
                "Who complains in good faith is not punished: only a knowingly false complaint has consequences."
            )
        if not self.fits(person):
            return _("Only drivers are sent to training.")
        return self.why_not(complaint, award, person)

    def why_not(self, complaint: Complaint, award: Award, person: "Account") -> Why:
        """What else speaks against it, by its own rule."""
        return ""

    def why_two(self, award: Award) -> Why:
        """Why two people decide it, by its own rule."""
        return ""

    def until(self, award: Award, at: datetime) -> datetime | None:
        """Until when it acts; None for what acts once or for good."""
        return None

    def do(self, act: Act) -> None:
        """Do it, within the decision's transaction; it is called once for each row."""
        raise NotImplementedError

    def undo(self, measure: Measure, *, actor: Actor, reason: str) -> bool:
        """Take back what it did; also when its time is over. False where it stays done."""
        raise NotImplementedError


CONSEQUENCES: dict[Outcome, Consequence] = {}


def _stop(act: Act) -> None:
    """The driver gets no orders; while somebody may be in the car nothing shows it (S11)."""
    driver = driver_by_code(act.person.code)
    if driver is None:
        return
    hidden = covert(act.complaint)
    hold_driver(
        actor=act.actor,
        driver=driver,
        kind=HoldKind.SANCTION,
        source=act.measure.code,
        citation=act.citation,
        covert=hidden or clock.now() < told_accused_from(act.complaint),
    )
    if not hidden:
        rides.give_to_others(actor=act.actor, driver=driver)


class Warned(Consequence, outcome=Outcome.WARNING):
    against = True

    def do(self, act: Act) -> None:
        """The message and the page say it; it counts with the earlier ones."""

    def undo(self, measure: Measure, *, actor: Actor, reason: str) -> bool:
        return True


class Trained(Consequence, outcome=Outcome.TRAINING):
    against = drivers_only = True

    def do(self, act: Act) -> None:
        _stop(act)

    def undo(self, measure: Measure, *, actor: Actor, reason: str) -> bool:
        release_holds_of(actor=actor, source=measure.code, reason=reason)
        return True


class Suspended(Consequence, outcome=Outcome.SUSPENSION):
    against = True
    asks = "days"

    def why_not(self, complaint: Complaint, award: Award, person: "Account") -> Why:
        if not 1 <= award.days <= LONGEST_SUSPENSION:
            return _("A suspension lasts between 1 and 365 days.")
        return ""

    def why_two(self, award: Award) -> Why:
        long = award.days > policy.value(SUSPENSION_ALONE)
        return _("A long suspension is decided by two people.") if long else ""

    def until(self, award: Award, at: datetime) -> datetime | None:
        return at + timedelta(days=award.days)

    def do(self, act: Act) -> None:
        if act.measure.person_as == AccusedAs.DRIVER:
            _stop(act)
        else:
            restrict(
                actor=act.actor,
                account=act.person,
                source=act.measure.code,
                citation=act.citation,
                until=act.measure.until,
            )

    def undo(self, measure: Measure, *, actor: Actor, reason: str) -> bool:
        release_holds_of(actor=actor, source=measure.code, reason=reason)
        lift_restriction(actor=actor, source=measure.code)
        return True


class Banned(Consequence, outcome=Outcome.BAN):
    against = True

    def why_two(self, award: Award) -> Why:
        return _("A ban is decided by two people.")

    def do(self, act: Act) -> None:
        # The person, and with a driver the licence and the cars: a new account does not help.
        restrict(
            actor=act.actor, account=act.person, source=act.measure.code, citation=act.citation, until=None
        )
        driver = driver_by_code(act.person.code)
        if driver:
            _stop(act)
            bar_with(actor=act.actor, driver=driver, source=act.measure.code)

    def undo(self, measure: Measure, *, actor: Actor, reason: str) -> bool:
        release_holds_of(actor=actor, source=measure.code, reason=reason)
        lift_restriction(actor=actor, source=measure.code)
        lift_bars(actor=actor, source=measure.code)
        return True


class Compensated(Consequence, outcome=Outcome.COMPENSATION):
    asks = "yuan"

    def why_not(self, complaint: Complaint, award: Award, person: "Account") -> Why:
        return "" if award.fen > 0 else _SAY_HOW_MUCH

    def do(self, act: Act) -> None:
        key, fen, payee = f"compensation:{act.measure.code}", act.measure.fen, act.person.code
        ledger.transfer(
            actor=act.actor,
            key=key,
            subject=act.complaint.code,
            entries={EXPENSE: fen, money.PAYABLE.format(payee): -fen},
            citation=act.citation,
        )
        money.owe_payout(key=key, payee=payee, fen=fen, subject=act.complaint.code)

    def undo(self, measure: Measure, *, actor: Actor, reason: str) -> bool:
        """Money that was owed stays owed: nobody has to pay it back."""
        return False


class Refunded(Consequence, outcome=Outcome.REFUND):
    asks = "yuan"

    def why_not(self, complaint: Complaint, award: Award, person: "Account") -> Why:
        if award.fen <= 0:
            return _SAY_HOW_MUCH
        if complaint.trip is None or person.pk != complaint.trip.passenger_id:
            return _("Only the passenger of the trip gets a refund.")
        payment = payment_of(complaint.trip)
        if payment is None or payment.paid_at is None:
            return _("The fare was not paid yet.")
        left = payment.fen - payment.refunded
        if award.fen > left:
            return str(_("At most %(left)s of this fare are left to refund.")) % {"left": formats.money(left)}
        return ""

    def do(self, act: Act) -> None:
        assert act.complaint.trip is not None  # noqa: S101 - the award was checked
        rides.refund(
            actor=act.actor,
            trip_code=act.complaint.trip.code,
            fen=act.measure.fen,
            key=f"complaint:{act.measure.code}",
            citation=act.citation,
        )

    def undo(self, measure: Measure, *, actor: Actor, reason: str) -> bool:
        """What was given back stays with whoever paid."""
        return False


# --- What outcomes mean for who decides -----------------------------------------------------------


def why_not_by_agent(awards: Sequence[Award], before: int = 0) -> Why:
    """Why an agent may not decide this alone: nothing against anybody, and little money.

    `before` is what they awarded alone to the same people not long ago, in fen (`selectors.awarded_alone`).
    """
    if any(CONSEQUENCES[award.outcome].against for award in awards):
        return _("Measures against somebody are an adjudicator's.")
    if _money(awards, before) > policy.value(AGENT_MONEY):
        return _("This much money is an adjudicator's.")
    return ""


def _money(awards: Sequence[Award], before: int) -> int:
    """Many small awards are one large one; no money now adds to nothing."""
    now = sum(award.fen for award in awards)
    return now + before if now else 0


def needs_second(level: str, finding: Finding, awards: Sequence[Award], before: int = 0) -> Why:
    """Why a second adjudicator must decide without seeing the first decision; empty where one is enough (C5).

    `before` as in `why_not_by_agent`.
    """
    if level == Level.SEVERE:
        return _("Severe complaints are decided by two people.")
    if finding == Finding.FALSE:
        return _("'Knowingly false' is decided by two people.")
    if _money(awards, before) > policy.value(MONEY_ALONE):
        return _("This much money is decided by two people.")
    return next((why for award in awards if (why := CONSEQUENCES[award.outcome].why_two(award))), "")


def punishments() -> list[str]:
    """The outcomes that are done against somebody."""
    return sorted(outcome.value for outcome, does in CONSEQUENCES.items() if does.against)
