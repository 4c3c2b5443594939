"""Fares (R12): estimate, amount after, payment through the adapter, refunds, and a ledger that adds up."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction

from core import clock, ledger, money, outside
from core.actors import SYSTEM
from core.errors import NotFound
from core.models import Payout
from core.tests.factories import set_policy
from drivers.selectors import driver_of
from rides import fares, services
from rides.errors import RefundTooLarge
from rides.models import Payment, Trip
from rides.services import PhoneFixes
from rides.services.payments import CASH, RECEIVABLE
from rides.states import Line, Party
from rides.tests.factories import go_on_duty
from rides.trails import Fix


class Provider(BaseHTTPRequestHandler):
    """A money provider that remembers keys, and can be down."""

    taken: dict = {}
    down = False

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if Provider.down:
            self.send_response(503)
            self.end_headers()
            return
        Provider.taken.setdefault(body["key"], []).append((self.path, body["fen"]))
        answer = json.dumps({"state": "done", "reference": "P1"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def provider(settings):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.MONEY_URL = f"http://127.0.0.1:{server.server_port}"
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    Provider.taken, Provider.down = {}, False
    yield Provider
    server.shutdown()
    server.server_close()


def test_hitch_shares_costs_and_is_capped():
    assert fares.estimate(Line.HITCH, 20_000, 1800).fen == 300 + 80 * 20
    assert fares.estimate(Line.HITCH, 500, 60).fen == 500  # the least
    assert fares.estimate(Line.HITCH, 900_000, 1).fen == 20_000  # the cap
    assert fares.estimate(Line.HITCH, 20_000, 1800, seats=2).fen == 3230  # 1900 × 1.7


def test_the_other_lines_charge_distance_and_time():
    assert fares.estimate(Line.EXPRESS, 10_000, 1200).fen == 500 + 1800 + 700
    costs = [fares.estimate(line, 10_000, 1200).fen for line in (Line.EXPRESS, Line.PREMIER, Line.LUXURY)]
    assert costs == sorted(costs)


@pytest.fixture(autouse=True)
def database(db):
    """Policies are read from the database."""


def test_the_tariff_of_the_booking_counts_and_is_cited(rides, people, noon):
    trip = rides.booked()
    assert trip.tariff == "rides.tariff v0"
    value = {line.value: {"base": 1, "per_km": 1, "per_minute": 1, "least": 1, "most": None} for line in Line}
    set_policy(fares.TARIFF, value)
    noon.shift(timedelta(seconds=1))
    again = rides.booked("passenger2")
    assert again.tariff == "rides.tariff v1"
    assert again.fare_estimate < trip.fare_estimate


def test_the_amount_after_is_never_far_above_what_was_said(db):
    before = fares.Fare(1000, "v0")
    assert fares.final(before, fares.Fare(900, "v1")) == fares.Fare(900, "v0")
    assert fares.final(before, fares.Fare(5000, "v1")) == fares.Fare(1200, "v0")


def test_an_ended_trip_owes_its_fare_once_and_the_ledger_knows_to_whom(rides, people, provider):
    trip = rides.ended()
    assert trip.fare == trip.fare_estimate > 0
    payment = Payment.objects.get()
    assert (payment.fen, payment.state) == (trip.fare, "due")
    assert ledger.balance(RECEIVABLE.format(trip.code)) == trip.fare
    assert ledger.balance(f"payable:owner:{trip.driver_id}") == -trip.fare
    for _again in range(2):
        for each in services.due_payments(at=clock.now()):
            services.settle_payment(each)
        services.settle_payment(payment.pk)
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert provider.taken == {f"trip:{trip.code}": [("/charges/", trip.fare)]}
    assert ledger.balance(RECEIVABLE.format(trip.code)) == 0
    assert ledger.balance(CASH) == trip.fare
    assert ledger.unbalanced() == []


def test_a_provider_that_is_down_is_asked_again(rides, people, provider, noon):
    provider.down = True
    trip = rides.ended()
    payment = Payment.objects.get()
    services.settle_payment(payment.pk)
    payment.refresh_from_db()
    assert (payment.state, payment.attempts) == ("due", 1)
    assert services.due_payments(at=clock.now()) == []
    provider.down = False
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    noon.shift(timedelta(seconds=31))
    assert services.due_payments(at=clock.now()) == [payment.pk]
    services.settle_payment(payment.pk)
    payment.refresh_from_db()
    assert payment.state == "paid"
    assert trip.code


def paid(rides, provider):
    trip = rides.ended()
    services.settle_payment(Payment.objects.get().pk)
    return trip


def refund(trip, fen, key="r"):
    with transaction.atomic():
        return services.refund(actor=SYSTEM, trip_code=trip.code, fen=fen, key=key, citation="D-1")


def test_refunds_leave_once_and_never_more_than_was_paid(rides, people, provider):
    trip = paid(rides, provider)
    refund(trip, 300)
    refund(trip, 300)  # the same key
    assert Payment.objects.get().refunded == 300
    with pytest.raises(RefundTooLarge):
        refund(trip, trip.fare, key="more")
    refund(trip, trip.fare - 300, key="rest")
    assert Payment.objects.get().state == "refunded"
    for each in money.due_payouts(at=clock.now()):
        money.settle_payout(each)
        money.settle_payout(each)
    assert set(Payout.objects.values_list("state", flat=True)) == {"paid"}
    assert ledger.balance(CASH) == 0
    assert ledger.balance("payable:person:passenger") == 0
    assert ledger.unbalanced() == []


def test_what_was_not_paid_is_not_refunded(rides, people, provider):
    with pytest.raises(NotFound):
        refund(rides.ended(), 100)


def test_express_is_charged_as_driven(rides, people, noon):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    trip = rides.booked(line=Line.EXPRESS)
    Trip.objects.filter(pk=trip.pk).update(
        state="in_progress", driver=driver, vehicle=driver.bindings.get().vehicle, plate_registered="x",
        boarded_at=clock.now(), presumed_boarded=True,
    )  # fmt: skip
    noon.shift(timedelta(minutes=10))
    now = clock.timestamp()
    fixes = [Fix(now - 600 + each * 60, 28.2127 - each * 0.005, 121.0260) for each in range(10)]
    services.store_positions([PhoneFixes(trip.pk, Party.DRIVER, fixes, away=False)])
    ended = services.end_trip(driver=driver, trip_code=trip.code)
    assert ended.fare == fares.estimate(Line.EXPRESS, 9 * 0.005 * 111_195, 600).fen
    assert ended.fare < ended.fare_estimate


def test_the_receipt_stands_on_the_page(rides, people, signed_in):
    trip = rides.ended()
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert fares.yuan(trip.fare) in page
    assert "Tariff, original version" in page and "rides.tariff" not in page
