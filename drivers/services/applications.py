"""From a draft on a phone to a decision of two people (D1, D2)."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.services import verify_by_vetting
from core import audit, clock, live, notify, pictures, policy, ratelimit
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import Forbidden, InvalidInput, NotFound, TooMany
from core.pictures import Written
from core.privacy import blind_index
from core.registries import RegistryDown
from core.states import IllegalTransition, StaleState, move
from core.transactions import begins_transaction
from drivers import certificates, policies
from drivers.certificates import Certificates, Fault
from drivers.errors import (
    AlreadyProposed,
    ApplicationOpen,
    CertificatesFaulty,
    LicenceTaken,
    NotEnrolled,
    NotYourIdNumber,
    ScreeningBars,
    ScreeningOpen,
    SecondPersonNeeded,
    VehicleDiffers,
)
from drivers.models import Application, Driver, Screening, Vehicle, VettingDecision
from drivers.screening import LINE_CONDITIONS, OFFENCE_RULES, Car, Subject
from drivers.selectors import application_by_code, is_enrolled, screening_of
from drivers.services.cases import REVIEWERS
from drivers.services.papers import keep_paper
from drivers.services.people import bind_vehicle
from drivers.services.screening import Answers, ask_registries, result_of
from drivers.states import (
    APPLICATION_TRANSITIONS,
    DRIVER_TRANSITIONS,
    SCREENING_TRANSITIONS,
    ApplicationState,
    Certificate,
    Decision,
    DriverState,
    Finding,
    Line,
    PaperKind,
    ScreeningState,
)
from drivers.vision import documents, faces

if TYPE_CHECKING:
    from datetime import date, datetime

    from accounts.models import Account

log = structlog.get_logger()
PHOTOS_AN_HOUR = 60  # each is read, which takes half a second of a core
OPEN = (ApplicationState.DRAFT, ApplicationState.CHECKING, ApplicationState.REVIEW)


def _today() -> "date":
    return timezone.localtime(clock.now()).date()


@begins_transaction
def begin_application(*, account: "Account", line: str = Line.HITCH) -> Application:
    """The account's open application, a new one where there is none. Raises `InvalidInput`, `Forbidden` when barred."""
    if line not in Line.values:
        raise InvalidInput("line")
    driver, _new = Driver.objects.select_for_update().get_or_create(account=account)
    if driver.state == DriverState.BARRED:
        raise Forbidden
    found = Application.objects.filter(driver=driver, state__in=OPEN).first()
    if found:
        return found
    given = {}
    if account.verified_at:
        given = {"name": account.real_name, "id_number": account.id_number}
    application = Application.objects.create(
        code=new_code("B"),
        driver=driver,
        line=line,
        given=json.dumps(given, ensure_ascii=False),
        read="{}",
        started_at=clock.now(),
    )
    audit.record(account.actor, "drivers.application_begun", account.code, case=application.code)
    return application


def _draft_of(account: "Account") -> Application:
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("driver__account")
        .filter(driver__account=account, state__in=OPEN)
        .first()
    )
    if application is None:
        raise NotFound
    if application.state != ApplicationState.DRAFT:
        raise ApplicationOpen
    return application


def given_of(application: Application) -> dict[str, str]:
    """What was typed, field by field."""
    found: dict[str, str] = json.loads(application.given or "{}")
    return found


def read_of(application: Application) -> dict[str, dict[str, str]]:
    """Certificate → what was read from its photo."""
    found: dict[str, dict[str, str]] = json.loads(application.read or "{}")
    return found


@begins_transaction
def save_fields(*, account: "Account", typed: dict[str, str], line: str = "") -> Application:
    """Keep what was typed, right or wrong; unknown fields are left out. Raises `NotFound`, `ApplicationOpen`."""
    application = _draft_of(account)
    if line in Line.values:
        application.line = line
    known = set(certificates.fields_of(application.line))
    given = given_of(application) | {
        field: certificates.tidy(field, text) for field, text in typed.items() if field in known
    }
    application.given = json.dumps(given, ensure_ascii=False)
    application.save(update_fields=["given", "line"])
    return application


def save_photo(*, account: "Account", kind: Certificate, content: bytes) -> Application:
    """Keep a certificate's photo, read it, and fill in what is still empty.

    Raises `NotFound`, `ApplicationOpen`, `PictureTooLarge`, `PictureUnreadable`, `TooMany`.
    """
    draft = _check_draft(account)
    if not ratelimit.allow(f"certificate:{draft}", limit=PHOTOS_AN_HOUR, seconds=3600):
        raise TooMany
    faces.check_picture(content)
    read = documents.read_certificate(kind, content)
    return _keep_photo(account, kind, pictures.write(content), read)


@begins_transaction
def _check_draft(account: "Account") -> str:
    """The code of the draft, before a photo is read for it. Raises `NotFound`, `ApplicationOpen`."""
    return _draft_of(account).code


@begins_transaction
def _keep_photo(account: "Account", kind: Certificate, written: Written, read: dict[str, str]) -> Application:
    application = _draft_of(account)
    picture = pictures.keep(
        written,
        purpose=kind.value,
        subject=application.code,
        keep_for=timedelta(seconds=policy.value(policies.CERTIFICATES_KEPT)),
    )
    setattr(application, kind.value, picture)
    if kind == Certificate.ID_CARD and application.driver.state == DriverState.APPLIED:
        # The face was compared with the card before: another card asks for the face again.
        application.driver.templates.filter(retired_at=None).update(retired_at=clock.now())
    given = given_of(application)
    known = certificates.FIELDS[kind]
    for field, text in read.items():
        if field in known and not given.get(field):
            given[field] = text
    application.given = json.dumps(given, ensure_ascii=False)
    application.read = json.dumps(read_of(application) | {kind.value: read}, ensure_ascii=False)
    application.save(update_fields=["given", "read", kind.value])
    audit.record(account.actor, "drivers.certificate_sent", account.code, case=application.code, kind=kind)
    return application


def check_application(application: Application) -> tuple[Certificates | None, list[Fault]]:
    """All rules on what was typed, the photos and the account; every fault at its field."""
    found, faults = certificates.check(given_of(application), line=application.line, today=_today())
    faults += [
        Fault(kind.value, "photo_missing")
        for kind in Certificate
        if getattr(application, f"{kind.value}_id") is None
    ]
    return (None if faults else found), faults


@begins_transaction
def submit_application(*, account: "Account") -> Application:
    """Send it: everything holds up, the face is enrolled, and the registries are asked afterwards.

    Raises `NotFound`, `ApplicationOpen`, `CertificatesFaulty`, `NotYourIdNumber`, `NotEnrolled`.
    """
    application = _draft_of(account)
    found, faults = check_application(application)
    if found is None:
        raise CertificatesFaulty(faults)
    if account.verified_at and account.id_number != found.id_number:
        raise NotYourIdNumber("id_number")
    if not is_enrolled(application.driver):
        raise NotEnrolled
    move(application, APPLICATION_TRANSITIONS, ApplicationState.CHECKING, submitted_at=clock.now(), reason="")
    _ask_again(application)
    audit.record(account.actor, "drivers.application_sent", account.code, case=application.code)
    live.changed_on_commit("console")
    return application


# --- Asking the registries ---


def _ask_again(application: Application) -> None:
    """Keep the question; a worker asks it after the commit, and a sweep asks again what was not answered."""
    at = clock.now()
    count = Screening.objects.filter(subject__startswith=application.code + ":").count()
    row = Screening.objects.create(
        code=new_code("N"),
        driver=application.driver,
        subject=f"{application.code}:{count + 1}",
        asked_at=at,
        next_at=at,
    )
    transaction.on_commit(lambda: _wake(row.pk))


def _wake(pk: int) -> None:
    from drivers.tasks import settle_screening

    try:
        settle_screening.apply_async((pk,))
    except Exception:  # the broker's many errors; the row is committed and the sweep follows
        log.warning("drivers.screening_not_woken", screening=pk)


def due_screenings(*, at: "datetime", limit: int = 100) -> list[int]:
    """Questions that the registries are to be asked now, oldest first."""
    rows = Screening.objects.filter(state=ScreeningState.ASKED, next_at__lte=at)
    return list(rows.order_by("next_at").values_list("pk", flat=True)[:limit])


def settle_screening(pk: int) -> None:
    """Ask and keep the result; where a registry is down the question stays open and decides nothing (D10)."""
    row = (
        Screening.objects.select_related("driver__account").filter(pk=pk, state=ScreeningState.ASKED).first()
    )
    if row is None:
        return
    subject = subject_of_application(application_of(row))
    try:
        answers = ask_registries(subject)
    except RegistryDown:
        wait = timedelta(seconds=min(3600, 5 * 2 ** min(row.attempts, 10)))
        Screening.objects.filter(pk=row.pk, state=ScreeningState.ASKED).update(
            attempts=F("attempts") + 1, next_at=clock.now() + wait
        )
        return
    _keep_result(row, subject, answers)


@begins_transaction
def _keep_result(row: Screening, subject: Subject, answers: Answers) -> None:
    application = application_of(row)
    try:
        move(row, SCREENING_TRANSITIONS, ScreeningState.ANSWERED, **result_of(subject, answers))
    except StaleState:
        return  # another worker was faster
    if application.state == ApplicationState.CHECKING:
        move(application, APPLICATION_TRANSITIONS, ApplicationState.REVIEW)
    audit.record(
        SYSTEM,
        "drivers.screened",
        row.driver.account.code,
        case=row.subject,
        verdict=row.verdict,
        findings=row.findings,
    )
    live.changed_on_commit("console")


def application_of(row: Screening) -> Application:
    """The application that a screening belongs to."""
    return Application.objects.get(code=row.subject.partition(":")[0])


def subject_of_application(application: Application) -> Subject:
    """Whom and which car the registries are asked about: what was sent."""
    given = given_of(application)
    return Subject(
        given["name"],
        given["id_number"],
        given["licence_number"],
        (Car(given["plate"], given["vin"], given["owner"]),),
        (application.line,),
    )


# --- The reviewer's two keys ---


def _in_review(account: "Account", code: str) -> Application:
    if account.role not in REVIEWERS:
        raise Forbidden
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("driver__account")
        .filter(code=code)
        .first()
    )
    if application is None:
        raise NotFound
    if application.state != ApplicationState.REVIEW:
        raise IllegalTransition
    return application


@begins_transaction
def ask_registries_again(*, account: "Account", code: str) -> Application:
    """A reviewer has the registries asked once more; the old answers stay. Raises `Forbidden`, `NotFound`, `ScreeningOpen`."""
    application = _in_review(account, code)
    last = screening_of(application)
    if last and last.state == ScreeningState.ASKED:
        raise ScreeningOpen
    _ask_again(application)
    audit.record(account.actor, "drivers.asked_again", application.driver.account.code, case=code)
    return application


@begins_transaction
def return_application(*, account: "Account", code: str, words: str) -> Application:
    """Back to the applicant, who reads what to mend. Raises `Forbidden`, `NotFound`, `InvalidInput`."""
    application = _in_review(account, code)
    if not words.strip():
        raise InvalidInput("reason")
    move(
        application,
        APPLICATION_TRANSITIONS,
        ApplicationState.DRAFT,
        reason=words.strip()[:2000],
        proposed="",
        proposed_by="",
    )
    person = application.driver.account
    audit.record(account.actor, "drivers.application_returned", person.code, case=code)
    _tell(application, _RETURNED, f"application:{code}:returned:{clock.now().isoformat()}")
    live.changed_on_commit("console")
    return application


@begins_transaction
def propose_decision(*, account: "Account", code: str, outcome: Decision, reason: str) -> Application:
    """The first key, with a reason. Raises `Forbidden`, `NotFound`, `InvalidInput`, `AlreadyProposed`, `ScreeningOpen`,
    `ScreeningBars`.
    """
    application = _in_review(account, code)
    if not reason.strip():
        raise InvalidInput("reason")
    if application.proposed:
        raise AlreadyProposed(who=application.proposed_by)
    _check_decidable(application, account, outcome)
    application.proposed, application.proposed_by = outcome, account.code
    application.reason = reason.strip()[:2000]
    application.save(update_fields=["proposed", "proposed_by", "reason"])
    audit.record(
        account.actor,
        "drivers.application_proposed",
        application.driver.account.code,
        case=code,
        outcome=outcome,
    )
    live.changed_on_commit("console")
    return application


def _check_decidable(application: Application, account: "Account", outcome: str) -> None:
    """Nobody decides before the registries spoke, approves against them, or decides again what they decided."""
    last = screening_of(application)
    if last is None or last.state != ScreeningState.ANSWERED:
        raise ScreeningOpen
    if outcome == Decision.APPROVE and last.verdict == Finding.BAR:
        raise ScreeningBars
    for before in application.decisions.all():
        if account.code in {before.proposed_by, before.agreed_by}:
            raise Forbidden


@begins_transaction
def agree_decision(*, account: "Account", code: str, agrees: bool) -> Application:
    """The second key, by another person: the decision is appended and acts, or the proposal falls.

    Raises `Forbidden`, `NotFound`, `InvalidInput`, `SecondPersonNeeded`, `ScreeningBars`, `CertificatesFaulty`,
    `LicenceTaken`, `VehicleDiffers`, `TooManyVehicles`, `TooManyPersons`.
    """
    application = _in_review(account, code)
    person = application.driver.account
    if not application.proposed:
        raise InvalidInput("outcome")
    if application.proposed_by == account.code:
        raise SecondPersonNeeded
    if not agrees:
        audit.record(account.actor, "drivers.application_not_agreed", person.code, case=code)
        application.proposed, application.proposed_by, application.reason = "", "", ""
        application.save(update_fields=["proposed", "proposed_by", "reason"])
        live.changed_on_commit("console")
        return application
    _check_decidable(application, account, application.proposed)
    rules = [policy.in_force(key).citation for key in (OFFENCE_RULES, LINE_CONDITIONS)]
    before = application.decisions.filter(overridden_by=None).first()
    VettingDecision.objects.create(
        application=application,
        outcome=application.proposed,
        reason=application.reason,
        screening=screening_of(application),
        citation=", ".join(rules),
        proposed_by=application.proposed_by,
        agreed_by=account.code,
        decided_at=clock.now(),
        overrides=before,
    )
    approved = application.proposed == Decision.APPROVE
    move(
        application,
        APPLICATION_TRANSITIONS,
        ApplicationState.APPROVED if approved else ApplicationState.REFUSED,
        decided_at=clock.now(),
    )
    if approved:
        _admit(application, account)
    audit.record(
        account.actor,
        "drivers.application_decided",
        person.code,
        case=code,
        outcome=application.proposed,
        rules=rules,
    )
    _tell(
        application,
        _APPROVED if approved else _REFUSED,
        f"application:{code}:{application.proposed}:{application.decisions.count()}",
    )
    live.changed_on_commit("console")
    return application


def _admit(application: Application, account: "Account") -> None:
    """What an approval does: the licence is bound, the car too, the papers are in force, the line is open."""
    found, faults = check_application(application)
    if found is None:
        raise CertificatesFaulty(faults)
    driver, person = application.driver, application.driver.account
    verify_by_vetting(actor=account.actor, account=person, real_name=found.name, id_number=found.id_number)
    _bind_licence(driver, found, application.line)
    vehicle, new = Vehicle.objects.select_for_update().get_or_create(
        plate=found.plate,
        defaults={
            "vin": found.vin, "model": found.model, "colour": found.colour, "seats": found.seats
        },
    )  # fmt: skip
    if not new and vehicle.vin not in {"", found.vin}:
        raise VehicleDiffers
    bind_vehicle(actor=account.actor, driver=driver, vehicle=vehicle)
    papers = [
        (PaperKind.DRIVING_LICENCE, found.licence_number, found.licence_until, True),
        (PaperKind.VEHICLE_LICENCE, found.vin, found.vehicle_until, False),
    ]
    if application.line != Line.HITCH:
        papers += [
            (PaperKind.DRIVER_PERMIT, found.driver_permit, found.driver_permit_until, True),
            (PaperKind.TRANSPORT_PERMIT, found.transport_permit, found.transport_permit_until, False),
        ]
    for kind, number, until, of_driver in papers:
        keep_paper(
            actor=account.actor,
            kind=kind,
            number=number,
            until=until,
            driver=driver if of_driver else None,
            vehicle=None if of_driver else vehicle,
        )


def _bind_licence(driver: Driver, found: Certificates, line: str) -> None:
    """One licence, one account: the unique index says no to the second (D3)."""
    changes = {
        "licence_number": found.licence_number,
        "licence_index": blind_index(found.licence_number, purpose="licence"),
        "licence_class": found.licence_class,
        "lines": sorted(set(driver.lines if driver.state == DriverState.VETTED else []) | {line}),
    }
    try:
        with transaction.atomic():
            if driver.state == DriverState.APPLIED:
                move(driver, DRIVER_TRANSITIONS, DriverState.VETTED, vetted_at=clock.now(), **changes)
            else:
                Driver.objects.filter(pk=driver.pk).update(**changes)
    except IntegrityError:
        raise LicenceTaken("licence_number") from None


_RETURNED, _APPROVED, _REFUSED = "returned", "approved", "refused"


def _tell(application: Application, what: str, key: str) -> None:
    person = application.driver.account
    with override(person.language):
        text = {
            _RETURNED: _("Huhang: your application %(code)s came back. Your page says what to mend."),
            _APPROVED: _("Huhang: your application %(code)s is approved. You can offer seats now."),
            _REFUSED: _("Huhang: your application %(code)s is refused. Your page says why, and how to object."),
        }[what] % {"code": application.code}  # fmt: skip
    notify.queue_message(key=key, channel="sms", to=person.phone, text=text, subject=application.code)


# --- What the reviewer reads ---


@begins_transaction
def read_application(*, account: "Account", code: str) -> Application:
    """One application with its personal data, for a reviewer; the reading is in the journal (A8)."""
    if account.role not in REVIEWERS:
        raise Forbidden
    application = application_by_code(code)
    audit.record(
        account.actor,
        "drivers.application_read",
        application.driver.account.code,
        case=code,
        reason="vetting",
    )
    return application
