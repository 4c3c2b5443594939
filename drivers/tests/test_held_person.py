"""A hold holds the person, not the account (D15): who is held closes the account and applies anew."""

import json

import pytest
from django.db import transaction

from accounts.errors import DocumentTaken
from accounts.leaving import _close, _erase
from accounts.models import Account
from accounts.services import verify_by_vetting
from core import clock
from core.actors import SYSTEM
from core.privacy import blind_index
from drivers.errors import LicenceTaken, PersonHeld
from drivers.models import Driver, Hold, Screening
from drivers.selectors import driver_of, open_holds, parties_to, visible_holds, why_not_eligible
from drivers.services import (
    agree_decision,
    agree_release,
    appeal,
    begin_application,
    hold_driver,
    propose_decision,
    propose_release,
    release_holds_of,
    settle_screening,
)
from drivers.services.applications import given_of
from drivers.states import Decision, HoldKind
from drivers.tests.test_applications import decided, in_review, newcomer, sent

pytestmark = pytest.mark.long


def hold(driver, *, covert=False, kind=HoldKind.SAFETY):
    with transaction.atomic():
        return hold_driver(
            actor=SYSTEM, driver=driver, kind=kind, source="S-OLD", citation="x", covert=covert
        )


def release(code="S-OLD"):
    with transaction.atomic():
        release_holds_of(actor=SYSTEM, source=code, reason="x", proposed_by="supervisor")


def named(person):
    """The identity registry said in the newest screening who that is, by its own name for them."""
    row = Screening.objects.latest("pk")
    answers = json.loads(row.answers)
    answers["identity"]["person"] = person
    row.answers = json.dumps(answers)
    row.save(update_fields=["answers"])


@pytest.fixture
def gone(registry, people):
    """A vetted driver who was held over an SOS and closed the account."""
    account = newcomer()
    decided(people, in_review(account))
    hold(driver_of(account))
    account.refresh_from_db()
    _close(account)
    return account


def again(phone="13912340001", code="again"):
    """The same person, by another account, in whose name nothing is verified yet."""
    account = newcomer(code, phone)
    application = sent(account)
    settle_screening(Screening.objects.latest("pk").pk)
    application.refresh_from_db()
    return account, application


@pytest.mark.parametrize("phone", ["13912340001", "13912340002"])
def test_nobody_approves_who_is_held_under_an_earlier_account(gone, people, signed_in, phone):
    account, application = again(phone)
    assert application.state == "review"
    with pytest.raises(PersonHeld):
        propose_decision(
            account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x"
        )
    page = signed_in("vetting").get(f"/admin/vetting/applications/{application.code}/").content.decode()
    assert "S-OLD" in page
    assert "somebody whose orders are stopped" in page
    assert visible_holds(driver_of(account)) == []  # whose document that is nobody has verified yet
    release()
    with pytest.raises(LicenceTaken):  # the licence stands with the account that was left
        decided(people, application)


def test_a_hold_that_came_meanwhile_counts_as_well(registry, people):
    account = newcomer()
    decided(people, in_review(account))
    account.refresh_from_db()
    _close(account)
    Driver.objects.filter(account=account).update(licence_index=None, state="applied")
    _other, application = again()
    propose_decision(account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x")
    hold(Driver.objects.get(account=account))
    with pytest.raises(PersonHeld):
        agree_decision(account=people("supervisor"), code=application.code, agrees=True)


@pytest.mark.parametrize("covert", [False, True])
def test_who_is_known_by_the_same_document_takes_the_hold_along(gone, people, signed_in, covert):
    Hold.objects.update(covert=covert)
    account = newcomer("again", "13912340002")
    with transaction.atomic():
        verify_by_vetting(actor=SYSTEM, account=account, real_name=gone.real_name, id_number=gone.id_number)
    account.refresh_from_db()
    begin_application(account=account)
    (carried,) = open_holds("again")
    assert (carried.kind, carried.source, carried.covert) == ("safety", "S-OLD", covert)
    page = signed_in("again").get("/drive/apply/").content.decode()
    assert ("A stop holds the person" in page) is not covert
    begin_application(account=account)
    assert len(open_holds("again")) == 1
    release()
    assert open_holds("again") == open_holds("newcomer") == []


def test_a_hold_comes_along_by_another_document_of_the_same_person(gone, people, deliver):
    """What the registry calls the person is the same for all their documents (A2)."""
    with transaction.atomic():
        Account.objects.filter(pk=gone.pk).update(person_index="nia-1")
    account = newcomer("again", "13912340002")
    Account.objects.filter(pk=account.pk).update(
        person_index="nia-1", id_index="another document", verified_at=clock.now()
    )
    account.refresh_from_db()
    begin_application(account=account)
    (carried,) = open_holds("again")
    assert carried.source == "S-OLD"
    release()
    assert open_holds("again") == open_holds("newcomer") == []
    hold(Driver.objects.get(account=gone), kind=HoldKind.STAFF)
    deliver()
    assert [each.kind for each in open_holds("again")] == ["staff"]


def test_who_applies_by_another_document_is_the_person_whom_the_registry_names(gone, people):
    """Nothing is verified in their name yet: what the registry said in the vetting tells."""
    with transaction.atomic():
        Account.objects.filter(pk=gone.pk).update(person_index=blind_index("nia-1", purpose="person"))
    account = newcomer("again", "13912340002")
    application = sent(account, face="driver2")
    settle_screening(Screening.objects.latest("pk").pk)
    application.refresh_from_db()
    named("nia-1")
    with pytest.raises(PersonHeld):
        propose_decision(
            account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x"
        )
    release()
    propose_decision(account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x")


def test_who_is_vetted_is_known_by_whom_the_registry_names(registry, people):
    account = newcomer()
    application = in_review(account)
    named("nia-1")
    decided(people, application)
    account.refresh_from_db()
    assert account.person_index == blind_index("nia-1", purpose="person")


def test_nobody_is_vetted_who_has_an_account_by_another_document(gone, people):
    Account.objects.filter(code="passenger").update(person_index=blind_index("nia-1", purpose="person"))
    account = newcomer("again", "13912340002")
    with transaction.atomic(), pytest.raises(DocumentTaken):
        verify_by_vetting(
            actor=SYSTEM,
            account=account,
            real_name=gone.real_name,
            id_number=gone.id_number,
            person="nia-1",
        )


def test_what_is_placed_later_holds_the_person_everywhere(gone, people, deliver):
    release()
    Driver.objects.filter(account=gone).update(licence_index=None, state="applied")
    account, application = again()
    decided(people, application)
    driver = driver_of(account)
    assert why_not_eligible(driver) is None
    hold(Driver.objects.get(account=gone), kind=HoldKind.STAFF)
    deliver()
    assert why_not_eligible(driver).code == "driver_held"
    (mine,) = open_holds("again")
    propose_release(account=people("vetting"), code=mine.code, reason="x")
    agree_release(account=people("supervisor"), code=mine.code, agrees=True)
    assert open_holds("again") == open_holds("newcomer") == []


def test_who_opened_a_hold_has_a_part_in_it_under_each_account(gone, people):
    """Another pair of eyes decides on an appeal, whichever account it is made with (D8)."""
    old = Driver.objects.get(account=gone)
    release()
    with transaction.atomic():
        hold_driver(
            actor=people("vetting").actor,
            driver=old,
            kind=HoldKind.STAFF,
            source="S-OLD",
            citation="x",
            covert=False,
        )
    account = newcomer("again", "13912340002")
    with transaction.atomic():
        verify_by_vetting(actor=SYSTEM, account=account, real_name=gone.real_name, id_number=gone.id_number)
    account.refresh_from_db()
    begin_application(account=account)
    (mine,) = open_holds("again")
    row = appeal(driver=driver_of(account), code=mine.code, words="that was not me")
    assert parties_to(row) == {"vetting"}


def test_a_number_that_passed_on_to_somebody_else_holds_nobody(gone, people):
    """A phone is given out again; who is known by another document is another person."""
    account = newcomer("again", "13912340001")
    application = sent(account, face="driver2")
    settle_screening(Screening.objects.latest("pk").pk)
    application.refresh_from_db()
    assert given_of(application)["id_number"] != gone.id_number
    propose_decision(account=people("vetting"), code=application.code, outcome=Decision.APPROVE, reason="x")


def test_the_car_of_who_is_held_is_said_and_holds_nobody(gone, people, signed_in):
    account = newcomer("again", "13912340003")
    application = sent(account, face="driver2")
    with transaction.atomic():
        plate = Driver.objects.get(account=gone).bindings.get().vehicle.plate
    settle_screening(Screening.objects.latest("pk").pk)
    application.refresh_from_db()
    application.given = json.dumps(given_of(application) | {"plate": plate})
    application.save(update_fields=["given"])
    page = signed_in("vetting").get(f"/admin/vetting/applications/{application.code}/").content.decode()
    assert "Whoever drove this car is held" in page


def test_who_is_held_stays_known_until_it_is_decided(gone, noon):
    noon.shift(20 * 365 * 86_400)
    _erase(gone.pk, clock.now())
    gone.refresh_from_db()
    assert gone.erased_at is None
    assert gone.id_index
    release()
    noon.shift(2 * 86_400)
    _erase(gone.pk, clock.now())
    gone.refresh_from_db()
    assert gone.erased_at is not None
