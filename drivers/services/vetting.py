"""The reviewer's side of an application: reading it, the two keys, and what an approval does (D2)."""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction

from accounts import looks
from accounts.services import verify_by_vetting
from accounts.states import LookKind
from core import audit, clock, policy
from core.errors import Forbidden, InvalidInput, NotFound, refuse
from core.messages import outbox
from core.messages.catalogue import Message
from core.permissions import require
from core.privacy import blind_index
from core.states import move
from core.transactions import begins_transaction
from drivers import messages
from drivers.certificates import Certificates
from drivers.errors import CertificatesFaulty, LicenceTaken, PersonHeld, ScreeningBars, VehicleDiffers
from drivers.models import Application, Driver, Vehicle, VettingDecision
from drivers.policies import LINE_CONDITIONS, OFFENCE_RULES, against_application
from drivers.selectors import application_by_code, person_in, screening_of
from drivers.services.applications import ask_again, check_application, holds_against_application
from drivers.services.papers import keep_paper
from drivers.services.people import bind_vehicle, carry_holds
from drivers.states import (
    APPLICATION_TRANSITIONS,
    DRIVER_TRANSITIONS,
    ApplicationState,
    Decision,
    DriverState,
    Finding,
    Line,
    PaperKind,
)

if TYPE_CHECKING:
    from accounts.models import Account


def _in_review(account: "Account", code: str, key: str) -> Application:
    application = (
        Application.objects.select_for_update(of=("self",))
        .select_related("driver__account")
        .filter(code=code)
        .first()
    )
    if application is None:
        raise NotFound
    refuse(against_application(application, account, key, screening_of(application)))
    return application


@begins_transaction
def ask_registries_again(*, account: "Account", code: str) -> Application:
    """A reviewer has the registries asked once more; the old answers stay.

    Raises `Forbidden`, `NotFound`, `IllegalTransition`, `ScreeningOpen`.
    """
    application = _in_review(account, code, "ask")
    ask_again(application)
    audit.record(account.actor, "drivers.asked_again", application.driver.account.code, case=code)
    return application


@begins_transaction
def return_application(*, account: "Account", code: str, words: str) -> Application:
    """Back to the applicant, who reads what to mend. Raises `Forbidden`, `NotFound`, `IllegalTransition`, `InvalidInput`."""
    application = _in_review(account, code, "return")
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
    _tell(
        application,
        messages.ApplicationReturned(code=code),
        f"application:{code}:returned:{clock.now().isoformat()}",
    )
    return application


@begins_transaction
def propose_decision(*, account: "Account", code: str, outcome: Decision, reason: str) -> Application:
    """The first key, with a reason.

    Raises `Forbidden`, `NotFound`, `IllegalTransition`, `AlreadyProposed`, `ScreeningOpen`, `InvalidInput`,
    `ScreeningBars`, `PersonHeld`.
    """
    application = _in_review(account, code, "propose")
    if not reason.strip():
        raise InvalidInput("reason")
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
    return application


def _check_decidable(application: Application, account: "Account", outcome: str) -> None:
    """Nobody approves against the registries, or lets somebody begin who is held, or decides again what they decided."""
    last = screening_of(application)
    if outcome == Decision.APPROVE and last and last.verdict == Finding.BAR:
        raise ScreeningBars
    if outcome == Decision.APPROVE and application.driver.state == DriverState.APPLIED:
        held = holds_against_application(application)
        if held:
            raise PersonHeld(holds=", ".join(f"{each.code} {each.get_kind_display()}" for each in held))
    for before in application.decisions.all():
        if account.code in {before.proposed_by, before.agreed_by}:
            raise Forbidden


@begins_transaction
def agree_decision(*, account: "Account", code: str, agrees: bool) -> Application:
    """The second key, by another person: the decision is appended and acts, or the proposal falls.

    Raises `Forbidden`, `NotFound`, `IllegalTransition` also where nothing is proposed, `SecondPersonNeeded`,
    `ScreeningOpen`, `ScreeningBars`, `PersonHeld`, `CertificatesFaulty`, `LicenceTaken`, `VehicleDiffers`, `TooManyVehicles`,
    `TooManyPersons`.
    """
    application = _in_review(account, code, "agree" if agrees else "disagree")
    person = application.driver.account
    if not agrees:
        audit.record(account.actor, "drivers.application_not_agreed", person.code, case=code)
        application.proposed, application.proposed_by, application.reason = "", "", ""
        application.save(update_fields=["proposed", "proposed_by", "reason"])
        return application
    _check_decidable(application, account, application.proposed)
    rules = [policy.in_force(OFFENCE_RULES).citation, policy.in_force(LINE_CONDITIONS).citation]
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
        messages.ApplicationApproved(code=code) if approved else messages.ApplicationRefused(code=code),
        f"application:{code}:{application.proposed}:{application.decisions.count()}",
    )
    return application


def _admit(application: Application, account: "Account") -> None:
    """What an approval does: the licence is bound, the car too, the papers are in force, the line is open."""
    found, faults = check_application(application)
    if found is None:
        raise CertificatesFaulty(faults)
    driver, person = application.driver, application.driver.account
    verify_by_vetting(
        actor=account.actor,
        account=person,
        real_name=found.name,
        id_number=found.id_number,
        person=person_in(screening_of(application)),
    )
    # What was placed since the reviewers looked comes along: until now nobody knew whose account this is.
    carry_holds(driver=driver)
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


def _tell(application: Application, said: Message, key: str) -> None:
    person = application.driver.account
    outbox.queue(said, key=key, to=person.phone, language=person.language, subject=application.code)


# --- What the reviewer reads ---


@begins_transaction
def read_application(*, account: "Account", code: str) -> Application:
    """One application with its personal data, for a reviewer; the reading is in the journal (A8)."""
    require(account, "vetting.decide")
    application = application_by_code(code)
    looks.note_read(
        account=account,
        subject=code,
        seen=LookKind.APPLICATION,
        action="drivers.application_read",
        people=[application.driver.account.code],
        case=code,
    )
    return application
