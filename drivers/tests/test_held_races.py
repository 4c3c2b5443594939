"""A hold is of the person also where it is placed, carried along and released in the same moment (D15)."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.db import connection, transaction

from accounts.models import Account
from accounts.services import verify_by_vetting
from core import clock
from core.actors import SYSTEM
from core.errors import DomainError
from drivers.models import Driver, Hold
from drivers.selectors import locked_together
from drivers.services import (
    agree_release,
    hold_driver,
    hold_elsewhere,
    propose_release,
    release_holds_of,
)
from drivers.services.people import carry_holds
from drivers.states import HoldKind
from drivers.tests.test_bindings import make_driver
from sandbox.people import people as invented

pytestmark = pytest.mark.django_db(transaction=True)
PAUSE = 0.3  # seconds that a transaction stays open while another one wants the same


def accounts_of_one(count):
    """Drivers who are one person: all accounts but the last are closed."""
    with transaction.atomic():
        found = [make_driver(number) for number in range(count)]
    at = clock.now()
    for driver in found[:-1]:
        Account.objects.filter(pk=driver.account_id).update(
            closed_at=at, erase_at=at, is_active=False, id_index="one"
        )
    Account.objects.filter(pk=found[-1].account_id).update(id_index="one")
    return [Driver.objects.select_related("account").get(pk=driver.pk) for driver in found]


def hold(driver, kind=HoldKind.SAFETY):
    with transaction.atomic():
        return hold_driver(actor=SYSTEM, driver=driver, kind=kind, source="S-1", citation="x", covert=False)


def release():
    release_holds_of(actor=SYSTEM, source="S-1", reason="x", proposed_by="supervisor")


def overlapping(first, second):
    """`first`, whose transaction ends a while after `second` has begun."""
    begun = Event()

    def slow():
        try:
            with transaction.atomic():
                first()
                begun.set()
                time.sleep(PAUSE)
        finally:
            begun.set()
            connection.close()

    def late():
        begun.wait()
        try:
            with transaction.atomic():
                second()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for each in [pool.submit(slow), pool.submit(late)]:
            each.result()


def still_open():
    return sorted(Hold.objects.open().values_list("driver__account__code", flat=True))


def test_what_is_released_in_this_moment_is_placed_nowhere_else():
    old, _new = accounts_of_one(2)
    placed = hold(old)
    overlapping(release, lambda: hold_elsewhere(hold=placed))
    assert still_open() == []


def test_what_is_placed_elsewhere_in_this_moment_is_released_with_the_rest():
    old, _new = accounts_of_one(2)
    placed = hold(old)
    overlapping(lambda: hold_elsewhere(hold=placed), release)
    assert still_open() == []
    assert Hold.objects.count() == 2


@pytest.mark.parametrize("released_first", [False, True])
def test_who_applies_while_it_is_released_carries_nothing_along(released_first):
    old, new = accounts_of_one(2)
    hold(old)

    def carry():
        carry_holds(driver=new)

    overlapping(*((release, carry) if released_first else (carry, release)))
    assert still_open() == []


def test_what_is_placed_while_somebody_is_approved_holds_them():
    """Until the approval nobody knows whose account it is; whoever carries the hold along must not look before it."""
    old, new = accounts_of_one(2)
    document = next(number for number, person in invented().items() if person["name"] == "童长寿")
    Account.objects.filter(pk=new.account_id).update(id_index=None)
    account = Account.objects.get(pk=new.account_id)
    with transaction.atomic():
        verify_by_vetting(actor=SYSTEM, account=account, real_name="王一", id_number=document)
    known = Account.objects.get(pk=account.pk).id_index
    Account.objects.filter(pk=account.pk).update(id_index=None, verified_at=None, id_number="")
    Account.objects.filter(pk=old.account_id).update(id_index=known)

    def approve():
        driver = Driver.objects.select_related("account").get(pk=new.pk)
        verify_by_vetting(actor=SYSTEM, account=driver.account, real_name="王一", id_number=document)
        carry_holds(driver=driver)

    def place():
        driver = Driver.objects.select_related("account").get(pk=old.pk)
        placed = hold_driver(
            actor=SYSTEM, driver=driver, kind=HoldKind.SAFETY, source="S-1", citation="x", covert=True
        )
        hold_elsewhere(hold=placed)

    overlapping(approve, place)
    assert still_open() == sorted([old.account.code, new.account.code])


def test_two_who_release_it_at_two_accounts_wait_for_each_other(world, people):
    old, middle, _new = accounts_of_one(3)
    rows = [hold(old, HoldKind.STAFF), hold(middle, HoldKind.STAFF)]
    with transaction.atomic():
        hold_elsewhere(hold=rows[0])
    for row in rows:
        propose_release(account=people("vetting"), code=row.code, reason="x")

    def agree(code):
        try:
            agree_release(account=people("supervisor"), code=code, agrees=True)
        except DomainError as error:
            return error.code
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(agree, [row.code for row in rows]))
    assert told == ["done", "illegal_transition"]
    assert still_open() == []


def test_an_event_that_comes_after_the_release_places_nothing():
    old, _new = accounts_of_one(2)
    placed = hold(old)
    with transaction.atomic():
        release()
    with transaction.atomic():
        hold_elsewhere(hold=placed)  # as it was when it was read
        assert locked_together(placed) == []
    assert Hold.objects.count() == 1
