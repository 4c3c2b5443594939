"""One account, one licence; two vehicles at most; three persons at most (D3): by the database, under concurrency."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import Account
from accounts.services import enrol
from core import clock
from core.actors import SYSTEM
from core.permissions import Role
from drivers.board_selectors import bindings_over_the_law
from drivers.errors import TooManyPersons, TooManyVehicles
from drivers.models import Binding, Driver, Vehicle
from drivers.services import bind_vehicle, end_binding

pytestmark = pytest.mark.django_db(transaction=True)


def make_driver(number):
    account = enrol(
        code=f"d{number}",
        role=Role.MEMBER,
        phone=f"1390000{number:04d}",
        real_name="",
        id_number="",
        password_hash="!",
        verified_at=None,
    )
    return Driver.objects.create(
        account=account,
        state="vetted",
        licence_index=f"licence{number}",
        licence_class="C1",
        vetted_at=clock.now(),
    )


def make_drivers(count):
    with transaction.atomic():
        return [make_driver(number) for number in range(count)]


def make_vehicles(count):
    return [
        Vehicle.objects.create(plate=f"川A·{number:05d}", model="x", colour="x") for number in range(count)
    ]


def together(pairs):
    """Bind all pairs at the same moment, each in a transaction of its own; returns what became of each."""
    gate = Barrier(len(pairs))

    def bind(pair):
        gate.wait()
        try:
            with transaction.atomic():
                bind_vehicle(actor=SYSTEM, driver=pair[0], vehicle=pair[1])
        except (TooManyVehicles, TooManyPersons) as error:
            return error.code
        finally:
            connection.close()
        return "bound"

    with ThreadPoolExecutor(len(pairs)) as pool:
        return list(pool.map(bind, pairs))


def test_twenty_threads_bind_vehicles_to_one_driver():
    (driver,) = make_drivers(1)
    seen = together([(driver, vehicle) for vehicle in make_vehicles(20)])
    assert (seen.count("bound"), seen.count("too_many_vehicles")) == (2, 18)
    assert bindings_over_the_law() == (2, 0, 0)


def test_twenty_threads_bind_persons_to_one_vehicle():
    (vehicle,) = make_vehicles(1)
    seen = together([(driver, vehicle) for driver in make_drivers(20)])
    assert (seen.count("bound"), seen.count("too_many_persons")) == (3, 17)


def test_twenty_threads_cross_and_nobody_waits_for_ever():
    drivers, vehicles = make_drivers(5), make_vehicles(4)
    seen = together([(driver, vehicle) for driver in drivers for vehicle in vehicles])
    assert len(seen) == 20
    assert bindings_over_the_law()[1:] == (0, 0)
    assert seen.count("bound") == Binding.objects.count() <= 10


def test_one_licence_is_one_account_and_one_account_one_licence():
    (first,) = make_drivers(1)
    with transaction.atomic():
        account = enrol(
            code="other", role=Role.MEMBER, phone="13900009999", real_name="", id_number="", password_hash="!", verified_at=None
        )  # fmt: skip
    gate = Barrier(20)

    def register(number):
        gate.wait()
        try:
            with transaction.atomic():
                Driver.objects.create(
                    account=Account.objects.get(code="other"),
                    state="applied",
                    licence_index=["licence0", "a", "b"][number % 3],
                    licence_class="C1",
                )
        except IntegrityError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(register, range(20))) == 1
    assert Driver.objects.filter(licence_index="licence0").get() == first
    assert Driver.objects.filter(account=account).count() == 1


def test_the_database_alone_refuses_a_third_vehicle():
    (driver,), vehicles = make_drivers(1), make_vehicles(3)
    for place, vehicle in enumerate(vehicles[:2], 1):
        Binding.objects.create(driver=driver, vehicle=vehicle, vehicle_place=place, bound_at=clock.now())
    for place in (1, 2, 3):
        with pytest.raises(IntegrityError), transaction.atomic():
            Binding.objects.create(
                driver=driver, vehicle=vehicles[2], vehicle_place=place, bound_at=clock.now()
            )


def test_an_ended_binding_makes_room():
    (driver,), vehicles = make_drivers(1), make_vehicles(3)
    with transaction.atomic():
        for vehicle in vehicles[:2]:
            bind_vehicle(actor=SYSTEM, driver=driver, vehicle=vehicle)
        end_binding(actor=SYSTEM, driver=driver, plate=vehicles[0].plate)
        bind_vehicle(actor=SYSTEM, driver=driver, vehicle=vehicles[2])
    assert bindings_over_the_law() == (2, 0, 0)
