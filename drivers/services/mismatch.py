"""A driver or car that is not the registered one (人车不符, D5): reports, the case they share, the reward for the first."""

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.codes import send_code, use_code
from accounts.errors import CodeTooSoon
from accounts.selectors import account_by_code
from core import audit, clock, danger, events, idempotency, ledger, limits, money, pictures, policy, typed
from core.actors import NOBODY, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.limits import Asker
from core.messages import outbox
from core.pictures import Written
from core.privacy import phone_index
from core.reader import door
from core.reader.door import Upload
from core.reader.errors import FileFault
from core.states import move
from core.transactions import begins_transaction, joins_transaction
from drivers import messages, policies
from drivers.errors import AlreadyReported, ReportNeedsPhoto
from drivers.events import DangerOnStreet
from drivers.models import Binding, Driver, MismatchReport, Reward, VettingCase
from drivers.selectors import driver_by_code, drivers_of_plate, street_report_by_code
from drivers.services.cases import open_case
from drivers.services.people import hold_driver
from drivers.states import REWARD_TRANSITIONS, CaseKind, HoldKind, ReportSource, RewardState

if TYPE_CHECKING:
    from accounts.models import Account

CODE_PURPOSE = "mismatch"
EXPENSE, PAYABLE = "expense:mismatch_rewards", "payable:mismatch_report:{}"


@dataclass(frozen=True, slots=True)
class Seen:
    """What somebody saw. `what` is a short word for the case; plate and words are theirs."""

    what: str
    plate: str = ""
    words: str = ""
    trip: str = ""


@joins_transaction
def report_mismatch(
    *,
    actor: Actor,
    driver: Driver,
    source: ReportSource,
    seen: Seen,
    submission: str,
    covert: bool,
    reporter: str = "",
    phone: str = "",
    picture: Written | None = None,
) -> MismatchReport:
    """Keep a report about a driver: all reports of one mismatch share one open case, and the driver is held.

    `covert` while somebody may be in the car (S11). The same `submission` reports once.
    """
    key, known = _reported_already(reporter, phone, submission, seen)
    if known:
        return known
    Driver.objects.select_for_update().get(pk=driver.pk)
    facts = {"what": seen.what, "read": seen.plate, "registered": _registered(driver)}
    case = open_case(
        driver=driver,
        kind=CaseKind.MISMATCH,
        actor=actor,
        **{name: fact for name, fact in facts.items() if fact},
    )
    report = _keep(
        actor=actor, driver=driver, case=case, source=source, seen=seen, key=key,
        reporter=reporter, phone=phone, picture=picture,
    )  # fmt: skip
    hold_driver(
        actor=actor,
        driver=driver,
        kind=HoldKind.MISMATCH,
        source=case.code,
        citation=policies.MISMATCH_RULE,
        covert=covert,
    )
    return report


def _reported_already(
    reporter: str, phone: str, submission: str, seen: Seen
) -> tuple[str, MismatchReport | None]:
    """The key of a report as it is kept, and what is kept under it. A phone that anybody can name counts only with what
    was told."""
    owner = reporter or phone_index(phone)
    told = (seen.trip,) if reporter else (seen.trip, seen.plate, seen.words)
    key = idempotency.hold("drivers.mismatch", owner, submission, *told)
    return key, MismatchReport.objects.filter(submission=key).first()


def _registered(driver: Driver) -> str:
    rows = Binding.objects.filter(driver=driver, ended_at=None).select_related("vehicle").order_by("pk")
    return ", ".join(row.vehicle.plate for row in rows)


def _keep(
    *,
    actor: Actor,
    driver: Driver | None,
    case: VettingCase | None,
    source: ReportSource,
    seen: Seen,
    key: str,
    reporter: str,
    phone: str,
    picture: Written | None,
    fault: str = "",
    crowd: bool = False,
) -> MismatchReport:
    code = new_code("M")
    kept = None
    if picture is not None:
        kept = pictures.attach(
            picture,
            purpose="mismatch",
            subject=code,
            keep_for=policy.span(policies.FAILED_FRAMES_KEPT),
        )
    report = MismatchReport.objects.create(
        code=code,
        source=source,
        driver=driver,
        case=case,
        trip=seen.trip,
        plate=seen.plate[:12],
        reporter=reporter,
        phone=phone,
        words=seen.words.strip()[:2000],
        **danger.read(seen.words).columns(),
        picture=kept,
        picture_fault=fault,
        from_crowd=crowd,
        submission=key,
        reported_at=clock.now(),
    )
    if report.rings and not (report.trip or report.from_crowd):
        events.publish(DangerOnStreet(report=code))
    audit.record(
        actor,
        "drivers.mismatch_reported",
        driver.account.code if driver else report.plate,
        case=case.code if case else report.code,
        source=source,
        trip=seen.trip,
    )
    return report


def report_from_street(
    *,
    account: "Account | None",
    phone: str,
    plate: str,
    words: str,
    content: "Upload | bytes | None",
    submission: str,
    asker: Asker = limits.NOBODY,
) -> MismatchReport:
    """A driver or anybody reports a car by plate and photo; without an account by phone.

    Where the plate belongs to exactly one driver of ours the case opens and the driver is held, covertly until it is
    known that nobody is in the car; otherwise a reviewer finds out whom it is about. Whoever has no account proves the
    phone first (`prove_reporter`): a code is sent whatever the plate, and until it is typed nobody is held, because
    anybody can name a phone and photograph a car. Where many came from the same address none is sent, and words of
    danger are why it was taken all the same. Where the picture cannot be read or kept, the report is kept without it and
    holds nobody; `picture_fault` says why.

    Raises `ReportNeedsPhoto`, `InvalidInput`, `InvalidPhone`, `KeyTooShort`, `AlreadyReported`, `TooMany`.
    """
    if not typed.plate.key(plate):
        raise InvalidInput("plate")
    number = account.phone if account else typed.phone.read(phone)
    severe = danger.is_severe(words)
    if account is None:
        submission = idempotency.check(submission, danger=severe)
    submission = submission or idempotency.new_key()
    if content is None:
        raise ReportNeedsPhoto("photo")
    with limits.turn(policies.STREET_REPORTS, asker, danger=severe) as crowd:
        picture, fault = _take(content)
        return _from_street(account, number, plate, words, picture, fault, submission, crowd, asker)


def _take(content: "Upload | bytes") -> tuple[Written | None, str]:
    """The picture in storage, or the code of why it is not there."""
    try:
        return pictures.store(door.draw(content)), ""
    except FileFault as error:
        return None, error.code


@begins_transaction
def _from_street(
    account: "Account | None",
    phone: str,
    plate: str,
    words: str,
    picture: Written | None,
    fault: str,
    submission: str,
    crowd: bool,
    asker: Asker,
) -> MismatchReport:
    seen = Seen("street", typed.plate.key(plate)[:12], words)
    reporter = account.code if account else ""
    key, known = _reported_already(reporter, phone, submission, seen)
    if known:
        return known
    drivers = drivers_of_plate(plate)
    is_driver = account is not None and Driver.objects.filter(account=account).exists()
    source = ReportSource.DRIVER if is_driver else ReportSource.PUBLIC
    actor = account.actor if account else NOBODY
    if account and len(drivers) == 1 and picture is not None and not crowd:
        if drivers[0].account_id == account.pk:
            raise InvalidInput("plate")
        if MismatchReport.objects.filter(driver=drivers[0], reporter=reporter, case__state="open").exists():
            raise AlreadyReported
        return report_mismatch(
            actor=actor, driver=drivers[0], source=source, seen=seen, submission=submission,
            covert=True, reporter=reporter, phone=phone, picture=picture,
        )  # fmt: skip
    report = _keep(
        actor=actor, driver=None, case=None, source=source, seen=seen, key=key,
        reporter=reporter, phone=phone, picture=picture, fault=fault, crowd=crowd,
    )  # fmt: skip
    if account is None and picture is not None and not crowd:
        with suppress(CodeTooSoon):  # so many were sent to that phone that a reviewer is the only way
            send_code(phone=phone, purpose=CODE_PURPOSE, subject=report.code, asker=asker)
    return report


def key_of_report(report: MismatchReport) -> str:
    """With which whoever made a report without an account puts it right; only their page has it."""
    return salted_hmac("drivers.street_report", report.code, algorithm="sha256").hexdigest()


def is_key_of(report: MismatchReport, key: str) -> bool:
    """Whether whoever asks made the report; its code alone is known to others, too."""
    return constant_time_compare(key, key_of_report(report))


def mend_report(
    *, code: str, key: str, plate: str, phone: str, asker: Asker = limits.NOBODY
) -> MismatchReport:
    """Plate and phone of a report without an account as they were meant, until it acts: that phone is proved, or a reviewer
    has said whom it is about.

    Another phone gets a code of its own. The answer is the same whomever the plate belongs to. Raises `NotFound` also
    without its key, `InvalidInput`, `InvalidPhone`, `AlreadyReported`, `TooMany`.
    """
    report = street_report_by_code(code)
    if not is_key_of(report, key):
        raise NotFound
    if not typed.plate.key(plate):
        raise InvalidInput("plate")
    number = typed.phone.read(phone)
    with limits.turn(policies.STREET_REPORTS, asker):
        return _mended(report.pk, typed.plate.key(plate)[:12], number, asker)


@begins_transaction
def _mended(pk: int, plate: str, phone: str, asker: Asker) -> MismatchReport:
    report = MismatchReport.objects.select_for_update(of=("self",)).select_related("picture").get(pk=pk)
    before = report.plate, str(report.phone)
    if before == (plate, phone):
        return report
    if not report.can_be_mended:
        raise AlreadyReported
    report.plate, report.phone = plate, phone
    report.save(update_fields=["plate", "phone"])
    audit.record(NOBODY, "drivers.report_mended", plate, report=report.code, before=before[0])
    if phone != before[1] and report.picture is not None and not report.from_crowd:
        with suppress(CodeTooSoon):
            send_code(phone=phone, purpose=CODE_PURPOSE, subject=report.code, asker=asker)
    return report


def prove_reporter(*, code: str, one_time: str, asker: Asker = limits.NOBODY) -> MismatchReport:
    """The code from the message proves the phone of a report without an account, which then acts; again changes nothing.

    Raises `NotFound`, `WrongCode`, `TooManyCodes`.
    """
    report = street_report_by_code(code)
    if report.unproved:
        # A wrong try is kept.
        use_code(phone=report.phone, purpose=CODE_PURPOSE, code=one_time, subject=code, asker=asker)
        return _proved(report.pk)
    return report


@begins_transaction
def _proved(pk: int) -> MismatchReport:
    report = MismatchReport.objects.select_for_update(of=("self",)).select_related("picture").get(pk=pk)
    if not report.unproved:
        return report
    report.proved_at = clock.now()
    report.save(update_fields=["proved_at"])
    audit.record(NOBODY, "drivers.reporter_proved", report.plate, report=report.code)
    drivers = drivers_of_plate(report.plate)
    if report.driver is None and report.picture is not None and len(drivers) == 1:
        _is_about(report, drivers[0], NOBODY)
    return report


@joins_transaction
def _is_about(report: MismatchReport, driver: Driver, actor: Actor) -> None:
    """The case opens, and the driver is held without a sign; the row of `report` is locked."""
    Driver.objects.select_for_update().get(pk=driver.pk)
    facts = {"what": "street", "read": report.plate, "registered": _registered(driver)}
    case = open_case(
        driver=driver,
        kind=CaseKind.MISMATCH,
        actor=actor,
        **{name: fact for name, fact in facts.items() if fact},
    )
    report.driver, report.case = driver, case
    report.save(update_fields=["driver", "case"])
    hold_driver(
        actor=actor,
        driver=driver,
        kind=HoldKind.MISMATCH,
        source=case.code,
        citation=policies.MISMATCH_RULE,
        covert=True,
    )


@begins_transaction
def sort_report(*, account: "Account", code: str, driver_code: str) -> MismatchReport:
    """A reviewer says whom a report is about: the case opens and the driver is held.

    Raises `Forbidden`, `NotFound`, `StaleState` where it was said before.
    """
    report = MismatchReport.objects.select_for_update().filter(code=code).first()
    if report is None:
        raise NotFound
    refuse(policies.against_report(report, account, "sort"))
    driver = driver_by_code(driver_code)
    if driver is None:
        raise NotFound("driver")
    _is_about(report, driver, account.actor)
    report.look(account.code, clock.now())
    case = report.case.code if report.case else ""
    audit.record(account.actor, "drivers.mismatch_sorted", driver.account.code, case=case, report=code)
    return report


@begins_transaction
def look_at_report(*, account: "Account", code: str) -> MismatchReport:
    """Somebody looked at grave words, which rang until then; whom the report is about is another question.

    Raises `Forbidden`, `NotFound`, `StaleState` where somebody looked already, or the words were not grave.
    """
    report = MismatchReport.objects.select_for_update().filter(code=code).first()
    if report is None:
        raise NotFound
    refuse(policies.against_report(report, account, "look"))
    report.look(account.code, clock.now())
    audit.record(account.actor, "drivers.words_looked_at", report.plate, report=code)
    return report


# --- The reward ---


def _reward_of(account: "Account", code: str, key: str) -> Reward:
    reward = Reward.objects.select_for_update(of=("self",)).select_related("report", "case").filter(report__code=code).first()  # fmt: skip
    if reward is None:
        raise NotFound
    refuse(policies.against_reward(reward, account, key))
    return reward


@begins_transaction
def propose_reward(*, account: "Account", code: str, reason: str) -> Reward:
    """The first of two people. Raises `Forbidden`, `NotFound`, `InvalidInput`, `IllegalTransition`, `StaleState`."""
    reward = _reward_of(account, code, "propose")
    if not reason.strip():
        raise InvalidInput("reason")
    move(
        reward,
        REWARD_TRANSITIONS,
        RewardState.PROPOSED,
        proposed_by=account.code,
        reason=reason.strip()[:400],
    )
    audit.record(account.actor, "drivers.reward_proposed", code, case=reward.case.code, fen=reward.fen)
    return reward


@begins_transaction
def decide_reward(*, account: "Account", code: str, approves: bool) -> Reward:
    """The second, another person: the money is owed in the ledger and the reporter is told, or the reward is refused.

    Raises `Forbidden`, `NotFound`, `SecondPersonNeeded`, `IllegalTransition`, `StaleState`.
    """
    reward = _reward_of(account, code, "approve" if approves else "refuse")
    move(
        reward,
        REWARD_TRANSITIONS,
        RewardState.APPROVED if approves else RewardState.REFUSED,
        approved_by=account.code,
        approved_at=clock.now(),
    )
    audit.record(
        account.actor,
        "drivers.reward_decided",
        code,
        case=reward.case.code,
        approved=approves,
        fen=reward.fen,
    )
    if approves:
        ledger.transfer(
            actor=account.actor,
            key=f"mismatch_reward:{reward.case.code}",
            subject=code,
            entries={EXPENSE: reward.fen, PAYABLE.format(code): -reward.fen},
            citation=reward.citation,
        )
        money.owe_payout(
            key=f"mismatch_reward:{reward.case.code}",
            payee=reward.report.reporter or code,
            fen=reward.fen,
            subject=code,
            account=PAYABLE.format(code),
        )
        _thank(reward)
    return reward


def _thank(reward: Reward) -> None:
    report = reward.report
    person = account_by_code(report.reporter) if report.reporter else None
    outbox.queue(
        messages.ReportRewarded(code=report.code, sum=reward.fen),
        key=f"reward:{reward.case.code}",
        to=person.phone if person else report.phone,
        language=person.language if person else "zh-hans",
        subject=report.code,
    )
