"""The applicant's side: from a draft on a phone to the registries' answers (D1, D10)."""

import json
from datetime import date
from typing import TYPE_CHECKING

import structlog
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.selectors import restriction_on
from accounts.services import id_index
from core import audit, broker, clock, jobs, limits, pictures, policy, registries, retention, retry
from core.actors import SYSTEM
from core.codes import new_code
from core.errors import Forbidden, InvalidInput, NotFound
from core.pictures import Written
from core.privacy import blind_index
from core.reader import door
from core.reader.door import Upload
from core.retention import MESSAGES_KEPT
from core.states import StaleState, move
from core.transactions import begins_transaction
from core.typed.document import kind_of
from drivers import certificates, policies
from drivers.certificates import Certificates, Fault, Person
from drivers.errors import (
    ApplicationOpen,
    BannedThing,
    CertificatesFaulty,
    NotEnrolled,
    NotYourIdNumber,
    PersonBarred,
)
from drivers.models import Application, Driver, Hold, Screening
from drivers.screening import Car, Subject
from drivers.selectors import holds_against, is_barred, is_enrolled, person_in, screening_of
from drivers.services.people import carry_holds
from drivers.services.screening import Answers, ask_registries, result_of
from drivers.states import (
    APPLICATION_TRANSITIONS,
    SCREENING_TRANSITIONS,
    ApplicationState,
    Certificate,
    DriverState,
    Line,
    ScreeningState,
)
from drivers.vision import documents

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models import Account

log = structlog.get_logger()
OPEN = (ApplicationState.DRAFT, ApplicationState.CHECKING, ApplicationState.REVIEW)


def _today() -> date:
    return timezone.localtime(clock.now()).date()


@begins_transaction
def begin_application(*, account: "Account", line: str = Line.HITCH) -> Application:
    """The account's open application, a new one where there is none. Raises `InvalidInput`, `Forbidden` when barred, `PersonBarred`."""
    if restriction_on(account, clock.now()):
        raise PersonBarred
    if line not in Line.values:
        raise InvalidInput("line")
    # Not against whoever places a hold meanwhile, which waits for what is carried here.
    driver, _new = Driver.objects.select_for_update(no_key=True).get_or_create(account=account)
    carry_holds(driver=driver)
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


def save_photo(*, account: "Account", kind: Certificate, content: "Upload | bytes") -> Application:
    """Keep a certificate's photo, read it, and fill in what is still empty.

    Raises `NotFound`, `ApplicationOpen`, `PictureTooLarge`, `PictureUnreadable`, `ReaderBusy`,
    `FileNotKept`, `TooMany`.
    """
    draft = _check_draft(account)
    limits.take(policies.CERTIFICATE_PHOTOS, limits.NOBODY, target=draft)
    read, drawn = documents.read_certificate(kind, content, side=door.SIDE)
    return _keep_photo(account, kind, pictures.store(drawn), read)


@begins_transaction
def _check_draft(account: "Account") -> str:
    """The code of the draft, before a photo is read for it. Raises `NotFound`, `ApplicationOpen`."""
    return _draft_of(account).code


@begins_transaction
def _keep_photo(account: "Account", kind: Certificate, written: Written, read: dict[str, str]) -> Application:
    application = _draft_of(account)
    picture = pictures.attach(
        written,
        purpose=kind.value,
        subject=application.code,
        keep_for=policy.span(policies.CERTIFICATES_KEPT),
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
    found, faults = certificates.check(
        given_of(application),
        line=application.line,
        today=_today(),
        least_age=policy.value(policies.LEAST_AGE),
        verified=_verified_person(application.driver.account),
    )
    faults += [
        Fault(kind.value, "photo_missing")
        for kind in Certificate
        if getattr(application, f"{kind.value}_id") is None
    ]
    return (None if faults else found), faults


def _verified_person(account: "Account") -> Person | None:
    """Whom the account's real name was verified as, where the birthday is known."""
    if not account.verified_at or not account.born_on:
        return None
    return Person(account.id_number, account.document, date.fromisoformat(account.born_on))


@begins_transaction
def submit_application(*, account: "Account") -> Application:
    """Send it: everything holds up, the face is enrolled, and the registries are asked afterwards.

    Raises `NotFound`, `ApplicationOpen`, `CertificatesFaulty`, `NotYourIdNumber`, `NotEnrolled`, `BannedThing`.
    """
    application = _draft_of(account)
    found, faults = check_application(application)
    if found is None:
        raise CertificatesFaulty(faults)
    if account.verified_at and account.id_number != found.id_number:
        raise NotYourIdNumber("id_number")
    if is_barred(plate=found.plate, licence_number=found.licence_number):
        raise BannedThing
    if not is_enrolled(application.driver):
        raise NotEnrolled
    carry_holds(driver=application.driver)
    move(application, APPLICATION_TRANSITIONS, ApplicationState.CHECKING, submitted_at=clock.now(), reason="")
    ask_again(application)
    audit.record(account.actor, "drivers.application_sent", account.code, case=application.code)
    return application


def holds_against_application(application: Application) -> list[Hold]:
    """Open holds of whoever applies, or may be who applies, as far as what they typed can be read."""
    given = given_of(application)
    number, licence = (str(given.get(field, "")) for field in ("id_number", "licence_number"))
    return holds_against(
        application.driver,
        id_index=id_index(number, _document_of(application)) if number else "",
        person_index=blind_index(person_in(screening_of(application)), purpose="person"),
        licence_index=blind_index(licence, purpose="licence") if licence else "",
    )


# --- Asking the registries ---


def ask_again(application: Application) -> None:
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
    broker.wake("drivers.tasks.settle_screening", pk, queue="default")


def due_screenings(*, at: "datetime", limit: int = 100) -> list[int]:
    """Questions that the registries are to be asked now, oldest first."""
    return list(SCREENING_QUEUE.due_at(at).values_list("pk", flat=True)[:limit])


def settle_screening(pk: int) -> None:
    """Ask and keep the result; where a registry is down the question stays open and decides nothing (D10)."""
    SCREENING_QUEUE.attempt(pk)


def _ask_about(row: Screening) -> None:
    subject = subject_of_application(application_of(row))
    _keep_result(row, subject, ask_registries(subject))


def _open_screenings() -> "QuerySet[Screening]":
    """Of applications: whom a run has set aside waits in a queue of its own."""
    return Screening.objects.filter(state=ScreeningState.ASKED, subject__contains=":")


SCREENING_QUEUE = retry.queue(
    "drivers.screenings",
    _("Asking the registries about an application"),
    law=registries.LAW,
    waiting=_open_screenings,
    act=_ask_about,
    key="code",
    about=lambda row: row.subject.partition(":")[0],
)


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
        _document_of(application),
    )


def _document_of(application: Application) -> str:
    """Which document the number is on: as the real name was verified by it, else as the number tells."""
    account, number = application.driver.account, given_of(application)["id_number"]
    if account.verified_at and account.id_number == number:
        return account.document
    return str(kind_of(number))


# --- Drafts that nobody sends ----------------------------------------------------------------------------------


def _old_drafts(at: "datetime") -> QuerySet[Application]:
    rows = Application.objects.filter(
        state=ApplicationState.DRAFT, submitted_at=None, started_at__lte=at - policy.span(MESSAGES_KEPT)
    )
    return retention.not_held(rows, "driver__account").order_by("started_at", "pk")


def _drafts(at: "datetime", limit: int) -> list[int]:
    return list(_old_drafts(at).values_list("pk", flat=True)[:limit])


@begins_transaction
def _forget_draft(pk: int, at: "datetime") -> bool:
    """With its photos; what was sent once and came back to be mended is kept as what was sent is."""
    draft = _old_drafts(at).select_for_update(of=("self",)).filter(pk=pk).first()
    if draft is None:
        return False
    pictures.end_now([picture.code for kind in Certificate.values if (picture := getattr(draft, kind))])
    draft.delete()
    return True


DRAFTS = jobs.rows(
    "drivers.forget_drafts",
    _("destroying applications that were begun and never sent"),
    due=_drafts,
    act=_forget_draft,
    key=int,
)
