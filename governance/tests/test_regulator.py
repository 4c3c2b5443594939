"""G11: what the regulator is told, by the sandbox's own code behind a port; it may be slow, wrong or down."""

import json
import threading
from datetime import date, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from accounts.models import Account
from complaints import services as services_of_complaints
from complaints.policies import Award
from complaints.services import file_complaint
from complaints.states import Category, Finding, Outcome, Side
from complaints.tests.conftest import BAN, SUSPENSION, WARNING, Cases
from core import clock, outside, retry
from core.actors import SYSTEM
from core.models import AuditEntry, FailedWork
from core.tests.factories import set_policy
from drivers import services as services_of_drivers
from drivers.models import Driver, FaceCheck, OnlineSpell, Paper
from drivers.services.people import leave
from governance import measures as board
from governance.checks import ask
from governance.measures import break_measure, check_measure, measures
from governance.models import FeedHour, FeedMark, FeedMessage, FeedPosition, FeedScore
from governance.regulator.layout import layout, moment, wrong_with
from governance.regulator.positions import POSITIONS
from governance.regulator.scores import SCORE
from governance.regulator.sending import COLLECT, REFUSED, SEND
from governance.regulator.words import KINDS, NOT_TOLD
from rides.models import City, LatestPosition, LineInCity, Payment, Trip
from rides.policies import TARIFF
from rides.services import cancel_trip, rate_trip
from rides.tests.factories import drivers_phone_at
from sandbox import regulator as there

pytestmark = pytest.mark.long

KEY = "a key that the platform gave us"
COMPANY = Path(there.__file__).parent / "regulator_company.json"


@pytest.fixture
def regulator(settings, tmp_path, monkeypatch):
    """The sandbox's own code behind a port; `there.behave` tells it what to do."""
    settings.STATE = tmp_path
    settings.REGULATOR_KEY, settings.REGULATOR_COMPANY = KEY, str(COMPANY)
    monkeypatch.setenv("HUHANG_REGULATOR_KEY", KEY)

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            kind, key = (
                self.path.removeprefix("/regulator/").strip("/"),
                self.headers.get("Authorization", ""),
            )
            status, body = there.score(raw, key) if kind == "score" else there.answer(kind, raw, key)
            said = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.REGULATOR_URL = f"http://127.0.0.1:{server.server_port}/regulator"
    monkeypatch.setattr(outside, "_breakers", type(outside._breakers)(default_threshold=5, default_ttl=30.0))
    yield there
    server.shutdown()
    server.server_close()


def feed(*jobs):
    for job in jobs or (COLLECT, SEND, POSITIONS):
        job.run(at=clock.now())


def taken():
    """Items that the platform has, by interface."""
    found = {}
    for kinds in there.days().values():
        for kind, row in kinds.items():
            if row["last"]:
                found.setdefault(kind, []).extend(row["last"])
    return found


def about_trips():
    """The same without base data."""
    return {kind: rows for kind, rows in taken().items() if not kind.startswith("baseInfo")}


def driven(trip):
    """It took half an hour, and is paid."""
    Trip.objects.filter(pk=trip.pk).update(
        boarded_at=trip.ended_at - timedelta(minutes=30), requested_at=trip.ended_at - timedelta(hours=1)
    )
    Payment.objects.filter(trip=trip).update(state="paid", paid_at=clock.now())
    return Trip.objects.get(pk=trip.pk)


def test_an_order_is_told_from_its_beginning_to_its_end(rides, regulator):
    feed()
    trip = driven(rides.ended())
    feed()
    assert {row.kind for row in FeedMessage.objects.filter(refused_at__isnull=False)} == set()
    told = taken()
    assert {"orderCreate", "orderMatch", "operateDepart", "operateArrive", "operatePay"} <= told.keys()
    ((created,), (matched,), (arrived,)) = told["orderCreate"], told["orderMatch"], told["operateArrive"]
    assert (created["OrderId"], created["Address"], created["Encrypt"]) == (trip.code, 330300, 2)
    assert created["DepLatitude"] == round(trip.origin_latitude * 1_000_000)
    assert matched["LicenseId"] == trip.driver.licence_number
    assert matched["DriverPhone"] == trip.driver.account.phone.removeprefix("+86")
    assert matched["VehicleNo"] == trip.vehicle.plate.replace("·", "")
    assert arrived["DriveTime"] == 1800
    assert not FeedMessage.objects.filter(acknowledged_at=None).exists()


def test_nothing_is_told_twice_and_nothing_of_who_travels(rides, regulator):
    feed()
    trip = driven(rides.ended())
    feed()
    Trip.objects.filter(pk=trip.pk).update(seats=2)
    feed()
    (day,) = there.days().values()
    assert all(row["again"] == 0 for row in day.values())
    said = json.dumps(there.days(), ensure_ascii=False)
    for personal in (trip.passenger.phone.removeprefix("+86"), trip.passenger.real_name, trip.passenger.code):
        assert personal not in said
    assert AuditEntry.objects.filter(action="regulator.told", subject="orderMatch").count() == 1


def test_a_cancelled_order_says_who_cancelled(rides, regulator, people):
    feed()
    trip = rides.booked()
    cancel_trip(account=people("passenger"), trip_code=trip.code, reason="changed_plans")
    feed()
    (told,) = taken()["orderCancel"]
    assert (told["OrderId"], told["Operator"], told["CancelTypeCode"]) == (trip.code, "1", "1")


def test_a_rating_is_told_and_a_complaint_by_its_kind_alone(rides, regulator, people):
    feed()
    trip = driven(rides.ended())
    rate_trip(account=people("passenger"), trip_code=trip.code, stars=4)
    rate_trip(account=people("driver"), trip_code=trip.code, stars=2)
    complaint = file_complaint(
        submission="feed",
        account=people("passenger"),
        trip_code=trip.code,
        category="dispute",
        words="他绕路了",
    )
    feed()
    told = taken()
    assert [row["ServiceScore"] for row in told["ratedPassenger"]] == [4]
    (row,) = told["ratedPassengerComplaint"]
    assert (row["OrderId"], row["Detail"]) == (trip.code, "路线或费用")
    assert complaint.code not in json.dumps(told)


def test_marked_people_are_nobody_to_the_regulator(rides, regulator):
    feed()
    trip = driven(rides.ended())
    Account.objects.filter(pk=trip.driver.account_id).update(is_drill=True)
    LatestPosition.objects.filter(trip=trip).update(at=clock.now())
    feed()
    assert about_trips() == {}
    assert not FeedMessage.objects.exclude(kind__startswith="baseInfo").exists()


def test_without_an_endpoint_nothing_is_read_or_told(rides, regulator, settings):
    settings.REGULATOR_URL = ""
    rides.ended()
    feed()
    assert not FeedMessage.objects.exists()
    assert not FailedWork.objects.exists()


def test_a_platform_that_is_down_keeps_all_waiting_and_a_person_hears_of_it(rides, regulator, noon):
    feed()
    regulator.behave({"status": 503})
    driven(rides.ended())
    feed()
    of_trips = FeedMessage.objects.exclude(kind__startswith="baseInfo")
    waiting = of_trips.filter(acknowledged_at=None, refused_at=None)
    assert waiting.count() == of_trips.count() >= 5
    row = FailedWork.objects.get(kind="governance.feed_send", closed_at=None)
    assert row.needs_person_at is None
    noon.shift(16 * 60)
    feed(SEND)
    row.refresh_from_db()
    assert row.needs_person_at
    regulator.behave({})
    noon.shift(120)
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    feed(SEND)
    assert not waiting.exists()
    row.refresh_from_db()
    assert row.closed_at
    assert FeedHour.objects.get(kind="orderCreate").late == 1


def test_one_bad_row_stops_only_itself(rides, regulator):
    feed()
    bad, good = driven(rides.ended()), rides.booked("passenger2")
    Trip.objects.filter(pk=bad.pk).update(origin_latitude=0.0, origin_longitude=0.0)
    feed()
    refused = FeedMessage.objects.get(subject=bad.code, kind="orderCreate")
    assert refused.refused_for == "orderCreate:DepLatitude:out_of_country"
    assert [row["OrderId"] for row in taken()["orderCreate"]] == [good.code]
    work = FailedWork.objects.get(kind=REFUSED.kind, key=refused.refused_for)
    assert (work.key, work.subject, work.rests) == (refused.refused_for, bad.code, True)
    assert work.needs_person_at
    Trip.objects.filter(pk=bad.pk).update(origin_latitude=28.1, origin_longitude=120.8)
    assert retry.again(REFUSED.kind, work.key) is None
    feed(SEND)
    assert {row["OrderId"] for row in taken()["orderCreate"]} == {good.code, bad.code}


def test_what_the_platform_refuses_is_named_by_its_cause_once(rides, regulator):
    feed()
    regulator.behave({"refuse": {"orderCreate": ["OrderId", "known <b>"]}})
    rides.booked()
    rides.booked("passenger2")
    feed()
    assert FailedWork.objects.filter(kind=REFUSED.kind).values_list("key", flat=True).get() == (
        "orderCreate:OrderId:theirs"
    )
    assert FeedMessage.objects.filter(refused_for="orderCreate:OrderId:theirs").count() == 2


def test_an_item_that_the_platform_never_answers_is_found_among_the_others(rides, regulator, noon):
    feed()
    one, two, three = (rides.booked(who) for who in ("passenger", "passenger2", "driver"))
    regulator.behave({"silent_on": two.code})
    feed()
    known = {row["OrderId"] for row in taken()["orderCreate"]}
    assert known == {one.code, three.code}
    for _turn in range(12):
        noon.shift(70)
        rides.booked("passenger", client_key=f"more-{_turn}")
        outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
        feed(COLLECT, SEND)
    found = FeedMessage.objects.get(subject=two.code, kind="orderCreate")
    assert found.refused_for == "orderCreate:-:unanswered"


def test_positions_are_told_once_each_and_what_cannot_be_true_stays(rides, regulator, noon):
    trip = rides.under_way()
    drivers_phone_at(trip, away=0.001)
    feed()
    (told,) = taken()["positionVehicle"]
    assert (told["OrderId"], told["BizStatus"], told["Encrypt"]) == (trip.code, 1, 2)
    assert told["VehicleNo"] == trip.vehicle.plate.replace("·", "")
    feed()
    assert len(taken()["positionVehicle"]) == 1
    noon.shift(30)
    drivers_phone_at(trip, latitude=0.0, longitude=0.0)
    feed()
    noon.shift(30)
    drivers_phone_at(trip, away=0.002)
    feed()
    assert len(taken()["positionVehicle"]) == 2
    hour = FeedHour.objects.get(kind="positionVehicle")
    assert (hour.acknowledged, hour.late, hour.refused) == (2, 0, 1)
    noon.shift(3700)
    feed(POSITIONS)
    assert FeedPosition.objects.count() <= 1


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"OrderTime": 19700101080000}, "too_early"),
        ({"OrderTime": 20991231000000}, "in_future"),
        ({"OrderTime": 20260231000000}, "form"),
        ({"DepLatitude": 0}, "out_of_country"),
        ({"Encrypt": 1}, "other_datum"),
        ({"Departure": ""}, "missing"),
        ({"Address": None}, "missing"),
        ({"Address": 3303}, "form"),
        ({"PassengerPhone": "13800138000"}, "not_asked"),
    ],
)
def test_what_cannot_be_true_does_not_leave(change, why):
    at = clock.now()
    good = {
        "CompanyId": "C", "Address": 330300, "OrderId": "T", "DepartTime": 20260302120000, "OrderTime": 20260302110000,
        "Departure": "a", "DepLongitude": 120800000, "DepLatitude": 28100000, "Destination": "b",
        "DestLongitude": 120800000, "DestLatitude": 28200000, "Encrypt": 2, "FareType": "express",
    }  # fmt: skip
    assert wrong_with("orderCreate", good, at) is None
    assert wrong_with("orderCreate", good | change, at).why == why


INSURED = {
    "InsurCom": "某保险公司", "InsurNum": "PDZA2026-1", "InsurType": "机动车交通事故责任强制保险", "InsurCount": 200000,
    "InsurEff": 20260101, "InsurExp": 20261231,
}  # fmt: skip


@pytest.fixture
def professional(people, regulator, tmp_path, settings):
    """A driver with the permits of ride-hailing, of whom the company's register says the rest."""
    driver = Driver.objects.get(account=people("driver"))
    car = driver.bindings.get(ended_at=None).vehicle
    for kind, whose in (("driver_permit", {"driver": driver}), ("transport_permit", {"vehicle": car})):
        Paper.objects.create(
            kind=kind, number="浙C-0001", until=date(2030, 1, 31), added_at=clock.now(), **whose
        )
    records = {
        f"drivers/{driver.account.code}": ("baseInfoDriver", {"EmergencyContact": "他的家人", "State": 7}),
        f"vehicles/{car.plate.replace('·', '')}": ("baseInfoVehicle", {"GPSIMEI": "1"}),
    }
    records[f"vehicles/{car.plate.replace('·', '')}"][1]["insurance"] = [INSURED]
    for name, (kind, more) in records.items():
        path = tmp_path / "records" / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        sample = {"text": "无", "number": 1, "digit": 1, "code": 330300, "day": 20200101}
        said = {
            field.name: sample.get(field.written, 1)
            for field in layout()[kind]
            if field.required and field.name not in ("Flag", "UpdateTime", "CompanyId")
        }
        path.write_text(json.dumps(said | more))
    said = json.loads(COMPANY.read_text()) | {"records": str(tmp_path / "records")}
    settings.REGULATOR_COMPANY = str(tmp_path / "company.json")
    Path(settings.REGULATOR_COMPANY).write_text(json.dumps(said))
    return driver, car


def test_base_data_is_told_once_and_again_when_it_changes(professional, regulator, noon):
    driver, car = professional
    LineInCity.objects.filter(city__code="wenzhou").update(permit_number="浙温网约001")
    feed()
    told = taken()
    assert told["baseInfoCompany"][0]["CompanyName"] == "护航出行示范有限公司"
    assert told["baseInfoCompanyPermit"][0]["Certificate"] == "浙温网约001"
    assert (told["baseInfoCompanyStat"][0]["VehicleNum"], told["baseInfoCompanyStat"][0]["DriverNum"]) == (
        1,
        1,
    )
    (man,), (auto,) = told["baseInfoDriver"], told["baseInfoVehicle"]
    assert (man["LicenseId"], man["CertificateNo"]) == (driver.licence_number, "浙C-0001")
    assert (man["NetworkCarProofOff"], man["State"], man["Flag"]) == (20300131, 0, 1)
    assert (auto["VehicleNo"], auto["Seats"], auto["VIN"]) == (
        car.plate.replace("·", ""),
        car.seats + 1,
        car.vin,
    )
    assert not {"EmergencyContact", "GPSIMEI", "DriverName"} & (man.keys() | auto.keys())
    feed()
    assert {kind: len(rows) for kind, rows in taken().items()} == {
        kind: len(rows) for kind, rows in told.items()
    }
    Driver.objects.filter(pk=driver.pk).update(state="barred")
    noon.shift(timedelta(days=1))
    feed()
    assert [(row["State"], row["Flag"]) for row in taken()["baseInfoDriver"]] == [(0, 1), (1, 2)]


def test_what_nobody_knows_of_a_driver_is_named_and_not_made_up(professional, regulator, tmp_path):
    driver, _car = professional
    path = tmp_path / "records" / "drivers" / f"{driver.account.code}.json"
    said = json.loads(path.read_text())
    del said["DriverNation"]
    path.write_text(json.dumps(said))
    feed()
    assert "baseInfoDriver" not in taken()
    work = FailedWork.objects.get(kind=REFUSED.kind, closed_at=None)
    assert (work.key, work.subject) == ("baseInfoDriver:DriverNation:missing", driver.account.code)
    path.write_text("{")
    assert retry.again(work.kind, work.key) is None
    feed(SEND)
    assert FeedMessage.objects.get(kind="baseInfoDriver").refused_for == "baseInfoDriver:-:unreadable"


def refused():
    return set(FeedMessage.objects.filter(refused_at__isnull=False).values_list("refused_for", flat=True))


def test_the_fares_of_each_line_are_told_and_again_when_the_tariff_changes(rides, regulator, noon):
    feed()
    running = LineInCity.objects.exclude(state="suspended").filter(city__code__in=["wenzhou", "zhengzhou"])
    told = taken()["baseInfoCompanyFare"]
    assert len(told) == running.count() > 0
    (fare,) = (row for row in told if (row["Address"], row["FareType"]) == (330300, "express"))
    assert (fare["StartFare"], fare["StartMile"], fare["UnitPricePerMile"], fare["UnitPricePerMinute"]) == (
        5.0, 0, 1.8, 0.35,
    )  # fmt: skip
    assert (fare["PeakUnitPrice"], fare["MorningPeakTimeOn"], fare["FareValidOn"]) == (
        0,
        "0700",
        20240101000000,
    )
    assert (fare["Flag"], fare["State"], fare["FareTypeNote"]) == (1, 0, "每程至少 9.00 元")
    feed()
    assert len(taken()["baseInfoCompanyFare"]) == len(told)
    set_policy("rides.tariff", TARIFF.kind.plain(TARIFF.default) | {
        "express": {"base": 600, "per_km": 180, "per_minute": 35, "least": 900, "most": None}
    })  # fmt: skip
    noon.shift(60)
    feed()
    later = [row for row in taken()["baseInfoCompanyFare"][len(told) :] if row["FareType"] == "express"]
    assert {(row["StartFare"], row["Flag"]) for row in later} == {(6.0, 2)}
    assert all(row["FareValidOn"] > 20240101000000 for row in later)


def test_hours_that_nobody_entered_are_missing_and_not_made_up(rides, regulator, settings, tmp_path):
    said = json.loads(COMPANY.read_text())
    for city in said["cities"].values():
        del city["fares"]
    settings.REGULATOR_COMPANY = str(tmp_path / "company.json")
    Path(settings.REGULATOR_COMPANY).write_text(json.dumps(said))
    feed()
    assert "baseInfoCompanyFare" not in taken()
    assert refused() == {"baseInfoCompanyFare:FareValidOn:missing"}


def test_a_drivers_time_online_is_told_from_its_beginning_to_its_end(professional, regulator, noon):
    driver, car = professional
    feed()
    spell = OnlineSpell.objects.create(
        driver=driver,
        line="express",
        began_at=clock.now(),
        face_check=a_face(driver),
    )
    feed()
    assert "operateLogout" not in taken()
    (login,) = taken()["operateLogin"]
    assert (login["LicenseId"], login["VehicleNo"]) == (driver.licence_number, car.plate.replace("·", ""))
    assert (login["LoginTime"], login["Encrypt"]) == (moment(spell.began_at), 2)
    assert not {"Longitude", "Latitude"} & login.keys()
    noon.shift(3600)
    OnlineSpell.objects.filter(pk=spell.pk).update(ended_at=clock.now())
    noon.shift(10)
    feed()
    feed()
    (logout,) = taken()["operateLogout"]
    assert logout["LogoutTime"] == moment(OnlineSpell.objects.get().ended_at)
    assert len(taken()["operateLogin"]) == 1
    assert AuditEntry.objects.filter(action="regulator.told", subject="operateLogin").count() == 1
    Account.objects.filter(pk=driver.account_id).update(is_drill=True)
    OnlineSpell.objects.create(
        driver=driver, line="express", began_at=clock.now(), face_check=spell.face_check
    )
    feed()
    assert len(taken()["operateLogin"]) == 1


def a_face(driver):
    return FaceCheck.objects.create(
        code="F-FEED", driver=driver, purpose="daily", subject="2026-03-02", state="asked", asked_at=clock.now(),
        challenge=["left"],
        expires_at=clock.now() + timedelta(minutes=5),
    )  # fmt: skip


def test_the_board_is_red_for_a_driver_whose_time_online_is_not_told(professional, regulator, noon):
    driver, _car = professional
    feed()
    OnlineSpell.objects.create(driver=driver, line="express", began_at=clock.now(), face_check=a_face(driver))
    noon.shift(301)
    assert "feed_untold_drivers" in said()[1]
    feed()
    assert "feed_untold_drivers" not in said()[1]


def test_a_car_is_told_with_its_insurance_and_one_without_is_named(professional, regulator, noon, tmp_path):
    _driver, car = professional
    plate = car.plate.replace("·", "")
    feed()
    (told,) = taken()["baseInfoVehicleInsurance"]
    assert told == INSURED | {
        "CompanyId": "HUHANGDEMO", "VehicleNo": plate, "Flag": 1, "UpdateTime": told["UpdateTime"]
    }  # fmt: skip
    path = tmp_path / "records" / "vehicles" / f"{plate}.json"
    record = json.loads(path.read_text())
    changed, second = INSURED | {"InsurExp": 20270131}, INSURED | {"InsurNum": "PDAA2026-2", "Other": "x"}
    path.write_text(json.dumps(record | {"insurance": [changed, second]}))
    noon.shift(timedelta(days=1))
    feed()
    more = taken()["baseInfoVehicleInsurance"][1:]
    assert sorted((row["InsurNum"], row["Flag"]) for row in more) == [("PDAA2026-2", 1), ("PDZA2026-1", 2)]
    assert not refused()
    path.write_text(json.dumps(record | {"insurance": [INSURED | {"InsurEff": 20270101}]}))
    noon.shift(timedelta(days=1))
    feed()
    assert refused() == {"baseInfoVehicleInsurance:InsurExp:out_of_order"}
    path.write_text(json.dumps(record | {"insurance": []}))
    noon.shift(timedelta(days=1))
    feed()
    assert "baseInfoVehicleInsurance:InsurCom:missing" in refused()
    path.write_text(json.dumps(record | {"insurance": [INSURED | {"InsurNum": "PDZA2026-9"}]}))
    assert retry.again(REFUSED.kind, "baseInfoVehicleInsurance:InsurCom:missing") is None
    feed(SEND)
    assert taken()["baseInfoVehicleInsurance"][-1]["InsurNum"] == "PDZA2026-9"


def punished(kind="ratedDriverPunish"):
    """What the platform has of drivers who were punished: why, and what came of it."""
    return [(row["PunishReason"], row["PunishResult"]) for row in taken().get(kind, [])]


def test_a_driver_who_is_punished_is_told_by_why_and_by_what(rides, people, regulator, noon):
    feed()
    cases = Cases(rides, people)
    filed = cases.heard(cases.filed(driven(rides.ended())))
    filed = cases.decided(filed, Finding.UPHELD, WARNING, SUSPENSION)
    feed()
    driver = filed.trip.driver
    assert sorted(punished()) == [("性骚扰", "警告"), ("性骚扰", "限期停用，3 天")]
    for row in taken()["ratedDriverPunish"]:
        assert row.keys() == {"CompanyId", "LicenseId", "PunishTime", "PunishReason", "PunishResult"}
        assert (row["LicenseId"], row["PunishTime"]) == (driver.licence_number, moment(clock.now()))
    assert not refused()
    assert AuditEntry.objects.filter(action="regulator.told", subject="ratedDriverPunish").count() == 1
    said = json.dumps(taken(), ensure_ascii=False)
    for personal in (filed.code, filed.complainant.code, driver.account.real_name, "because"):
        assert personal not in said
    noon.shift(timedelta(days=4))
    feed()
    assert len(punished()) == 2  # that a suspension is over is no other punishment


def test_what_is_taken_back_on_appeal_is_told_as_taken_back(rides, people, regulator, noon):
    feed()
    cases = Cases(rides, people)
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, BAN)
    feed()
    noon.shift(timedelta(days=2))
    services_of_complaints.appeal(
        complaint=filed, side=Side.ACCUSED, actor=filed.accused.actor, words="not me"
    )
    cases.appealed(filed, Finding.UNPROVEN)
    feed()
    feed()
    assert punished() == [("性骚扰", "永久封禁"), ("性骚扰", "已撤销：永久封禁")]
    first, second = taken()["ratedDriverPunish"]
    assert second["PunishTime"] == moment(clock.now()) > first["PunishTime"]


def test_money_is_no_punishment_and_a_passenger_no_driver(rides, people, regulator):
    feed()
    cases = Cases(rides, people)
    trip = driven(rides.ended())
    money = Award(Outcome.COMPENSATION, Side.COMPLAINANT, fen=100)
    cases.decided(cases.heard(cases.filed(trip, category=Category.DISPUTE)), Finding.UPHELD, money)
    cases.decided(
        cases.heard(cases.filed(trip, who="driver", category=Category.HARASSMENT)), Finding.UPHELD, WARNING
    )
    feed()
    assert punished() == []


def test_a_driver_who_complains_knowing_it_false_is_told_by_that(rides, people, regulator):
    feed()
    cases = Cases(rides, people)
    filed = cases.heard(cases.filed(driven(rides.ended()), who="driver"))
    cases.decided(filed, Finding.FALSE, Award(Outcome.WARNING, Side.COMPLAINANT))
    feed()
    assert punished() == [("明知虚假", "警告")]


def barred(driver, people, kind="mismatch"):
    """Two people bar a driver in a case of vetting."""
    with transaction.atomic():
        case = services_of_drivers.open_case(driver=driver, kind=kind, subject="feed")
        hold = services_of_drivers.hold_driver(
            actor=SYSTEM, driver=driver, kind="mismatch", source=case.code, citation="x v1", covert=False
        )
    services_of_drivers.propose(account=people("vetting"), code=case.code, outcome="barred", reason="because")
    services_of_drivers.agree(account=people("supervisor"), code=case.code, agrees=True)
    return case, hold


def test_a_driver_whom_vetting_bars_is_told_and_that_an_appeal_ended_it(rides, people, regulator, noon):
    feed()
    driver = Driver.objects.get(account=people("driver"))
    _case, hold = barred(driver, people)
    feed()
    assert punished() == [("司机或车辆与登记不符", "禁止接单")]
    noon.shift(timedelta(days=1))
    appeal = services_of_drivers.appeal(driver=driver, code=hold.code, words="not me")
    services_of_drivers.propose_appeal_decision(
        account=people("adjudicator"), code=appeal.code, granted=True, reason="because"
    )
    services_of_drivers.agree_appeal_decision(account=people("supervisor2"), code=appeal.code, agrees=True)
    feed()
    assert punished()[1:] == [("司机或车辆与登记不符", "已撤销：禁止接单")]
    assert taken()["ratedDriverPunish"][1]["PunishTime"] == moment(clock.now())


def test_what_the_police_ask_is_no_reason_that_is_told_on(rides, people, regulator):
    feed()
    barred(Driver.objects.get(account=people("driver")), people, kind="police")
    feed()
    assert punished() == [("安全审查", "禁止接单")]


def test_marked_drivers_and_those_of_no_reported_line_are_not_told_as_punished(
    rides, people, regulator, settings, tmp_path
):
    said = json.loads(COMPANY.read_text())
    for city in said["cities"].values():
        city["lines"] = ["luxury"]
    settings.REGULATOR_COMPANY = str(tmp_path / "company.json")
    Path(settings.REGULATOR_COMPANY).write_text(json.dumps(said))
    feed()
    cases = Cases(rides, people)
    filed = cases.decided(cases.heard(cases.ended()), Finding.UPHELD, WARNING)
    assert "luxury" not in filed.trip.driver.lines
    feed()
    settings.REGULATOR_COMPANY = str(COMPANY)
    Account.objects.filter(pk=filed.accused_id).update(is_drill=True)
    feed()
    assert punished() == []
    Account.objects.filter(pk=filed.accused_id).update(is_drill=False)
    feed()
    assert len(punished()) == 1  # the city reports the line now, and it happened just before


def test_a_licence_that_nobody_has_is_named_and_the_others_are_told(rides, people, regulator):
    cases = Cases(rides, people)
    filed = cases.heard(cases.filed(driven(rides.ended())))
    feed()
    cases.decided(filed, Finding.UPHELD, WARNING)
    Driver.objects.filter(pk=filed.trip.driver_id).update(licence_number="")
    feed()
    assert refused() == {"ratedDriverPunish:LicenseId:missing"}
    assert said()[0] == "fail"


def test_the_board_is_red_for_a_driver_of_whose_punishment_nobody_was_told(rides, people, regulator, noon):
    feed()
    cases = Cases(rides, people)
    cases.decided(cases.heard(cases.ended()), Finding.UPHELD, WARNING)
    noon.shift(301)
    assert "feed_untold_punished" in said()[1]
    feed()
    assert "feed_untold_punished" not in said()[1]


def test_each_interface_of_the_annex_is_told_or_said_to_be_missing(signed_in, regulator, world):
    tables = [each["table"] for each in json.loads(there.LAYOUT.read_text()).values()]
    missing = {kind: table for kind, (table, _why) in NOT_TOLD.items()}
    annex = (
        [f"A.4.{n}" for n in range(1, 15)]
        + [f"A.5.{n}" for n in (1, 2, 3)]
        + [f"A.6.{n}" for n in range(1, 6)]
    )
    annex += ["A.7.1", "A.7.2"] + [f"A.8.{n}" for n in range(1, 5)]
    assert sorted([*tables, *missing.values()]) == sorted(annex)
    assert KINDS.keys() == layout().keys() and not missing.keys() & KINDS.keys()
    page = signed_in("supervisor").get("/admin/regulator/").content.decode()
    assert all(f"{kind} ({table})" in page for kind, table in missing.items())


def test_both_sides_read_the_same_layout():
    assert there.LAYOUT.exists()
    assert {"orderCreate", "positionVehicle", "baseInfoDriver"} <= layout().keys()


G11 = next(row for row in measures() if row.id == "G11")
LINES = {"board.feed_told", "board.feed_scored", "board.feed_unscored"}  # what it says beside its faults


def said():
    """The board's word on it: its state, and what it names."""
    found = check_measure(G11).found
    return found.status.value, {each["rule"].removeprefix("board.") for each in found.facts} - {
        "feed_told",
        "feed_scored",
        "feed_unscored",
    }


def test_the_board_is_red_where_nothing_is_connected(rides, regulator, settings):
    LineInCity.objects.exclude(city__code="wenzhou").update(state="suspended")
    assert said() == ("none", set())
    settings.REGULATOR_URL = ""
    assert said() == ("fail", {"feed_nowhere"})
    settings.REGULATOR_URL = "http://127.0.0.1:1/"
    settings.REGULATOR_COMPANY = "/nowhere.json"
    assert said() == ("fail", {"feed_company"})


def test_the_board_is_green_by_what_was_acknowledged_and_red_by_what_was_not(
    rides, regulator, noon, settings
):
    feed()
    trip = rides.under_way()
    drivers_phone_at(trip)
    feed()
    assert said() == ("pass", set())
    noon.shift(61)
    feed()
    drivers_phone_at(trip, away=0.001)
    assert said() == ("fail", {"feed_unplaced"})
    feed()
    assert said() == ("pass", set())
    gone = FeedMessage.objects.get(kind="operateDepart")
    FeedMessage.objects.filter(pk=gone.pk).delete()
    noon.shift(301)
    drivers_phone_at(trip, away=0.002)
    feed(POSITIONS)
    assert said() == ("fail", {"feed_untold"})
    regulator.behave({"status": 503})
    rides.booked("passenger2")
    feed(COLLECT)
    noon.shift(400)
    assert {"feed_untold", "feed_waiting"} <= said()[1]


def test_the_board_is_red_by_what_is_refused_late_or_of_a_city_that_is_not_reported(rides, regulator, noon):
    feed()
    regulator.behave({"refuse": {"orderCreate": ["OrderId", "no"]}})
    rides.booked()
    feed()
    assert "feed_refused" in said()[1]
    regulator.behave({})
    for row in FailedWork.objects.filter(kind=REFUSED.kind, closed_at=None):
        assert retry.again(row.kind, row.key) is None
    noon.shift(90)
    feed(SEND)
    assert said()[1] == {"feed_late"}
    other = City.objects.create(
        code="lishui", name_zh="丽水", name_en="Lishui", latitude=28.4, longitude=119.9
    )
    LineInCity.objects.create(
        line="express", city=other, state="running", since=clock.now(), permit_until=clock.now().date()
    )
    assert "feed_cities" in said()[1]


def test_a_breaker_turns_it_red_where_it_is_connected_too(rides, regulator):
    feed()
    trip = rides.under_way()
    drivers_phone_at(trip)
    feed()
    assert said() == ("pass", set())
    tried = break_measure(G11)
    assert (tried.came, tried.why) == ("turned", "")
    assert "board.feed_untold" in {each["rule"] for each in tried.found.facts}


@pytest.mark.parametrize("outside_it", ["connected", "not connected", "no file", "another city"])
def test_its_breaker_makes_one_fault_and_is_noticed_by_that_alone(rides, regulator, settings, outside_it):
    feed()
    match outside_it:
        case "not connected":
            settings.REGULATOR_URL = ""
        case "no file":
            settings.REGULATOR_COMPANY = "/nowhere.json"
        case "another city":
            LineInCity.objects.filter(city__code="wenzhou").update(state="running")
            City.objects.filter(code="wenzhou").update(code="elsewhere")
    for breach in board._breakers["G11"]:
        tried = board._break(G11, breach)
        assert (tried.came, tried.why) == ("turned", "")
        assert {each["rule"] for each in tried.found.facts} - LINES == breach.faults


@pytest.mark.parametrize("connected", [True, False])
def test_a_check_that_is_blind_to_what_is_untold_is_not_saved_by_another_fault(
    rides, regulator, settings, monkeypatch, connected
):
    feed()
    if not connected:
        settings.REGULATOR_URL = ""
    monkeypatch.setattr(ask, "facts_untold", lambda *_when, **_given: ask.Counted(0, 0, []))
    assert break_measure(G11).came == "stayed"


def test_the_page_says_what_was_told_and_why_the_rest_was_not(rides, regulator, signed_in, settings):
    feed()
    regulator.behave({"refuse": {"orderMatch": ["LicenseId", "unknown_driver"]}})
    bad = driven(rides.ended())
    Trip.objects.filter(pk=bad.pk).update(origin_latitude=0.0, origin_longitude=0.0)
    feed()
    page = signed_in("supervisor").get("/admin/regulator/").content.decode()
    assert "LicenseId: unknown_driver × 1" in page
    assert "DepLatitude: a place outside the country × 1" in page
    assert "Not connected" not in page
    settings.REGULATOR_URL = ""
    assert "Not connected" in signed_in("supervisor").get("/admin/regulator/").content.decode()


def test_what_was_acknowledged_and_is_not_there_turns_the_board_red(rides, regulator, noon):
    feed()
    rides.booked()
    feed()
    told = FeedHour.objects.aggregate(all=Sum("acknowledged"))["all"]
    noon.shift(timedelta(days=1))
    feed(SCORE)
    score = FeedScore.objects.get()
    assert (score.theirs, score.ours) == (told, told)
    assert "feed_not_there" not in said()[1]
    FeedScore.objects.all().delete()
    regulator.behave({"forgets": 1})
    feed(SCORE)
    assert "feed_not_there" in said()[1]
    FeedScore.objects.all().delete()
    regulator.behave({"status": 404})
    feed(SCORE)
    assert not FeedScore.objects.exists()
    assert not FailedWork.objects.filter(kind="governance.feed_score").exists()


def test_what_a_person_dealt_with_turns_the_board_green_and_a_restored_database_goes_on(
    rides, regulator, people, noon
):
    feed()
    trip = rides.under_way()
    drivers_phone_at(trip)
    Trip.objects.filter(pk=trip.pk).update(origin_latitude=0.0)
    FeedMark.objects.filter(source__startswith="trips:").update(mark=2**62)
    feed()
    assert "orderMatch" in taken()
    assert "feed_refused" in said()[1]
    for work in FailedWork.objects.filter(kind=REFUSED.kind, closed_at=None):
        retry.deal_with(actor=people("admin").actor, failed_work_id=work.pk, reason="told by letter")
    noon.shift(3700)
    drivers_phone_at(trip, away=0.001)
    feed(POSITIONS)
    assert said()[1] == set()


def test_positions_that_cannot_be_true_turn_the_board_red(rides, regulator):
    trip = rides.under_way()
    drivers_phone_at(trip, latitude=0.0, longitude=0.0)
    feed()
    assert "feed_bad_positions" in said()[1]


def test_a_licence_that_does_not_open_stops_nobody_else(rides, regulator):
    feed()
    good, bad = rides.accepted(), rides.accepted("passenger2", "driver2")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE drivers_driver SET licence_number = %s WHERE id = %s",
            [b"\x00\x01" + b"x" * 40, bad.driver_id],
        )
    feed()
    assert [row["OrderId"] for row in taken()["orderMatch"]] == [good.code]
    refused = FeedMessage.objects.get(refused_at__isnull=False)
    assert (refused.subject, refused.refused_for) == (bad.code, "orderMatch:-:unreadable")


def test_one_dead_interface_silences_no_other(rides, regulator, noon):
    """By the breakers as they are: nothing resets them."""
    feed()
    regulator.behave({"dead": "orderCreate"})
    trip = rides.under_way()
    drivers_phone_at(trip)
    for turn in range(12):
        noon.shift(70)
        rides.booked("passenger2", client_key=f"dead-{turn}")
        drivers_phone_at(trip, away=0.001 * turn)
        feed(COLLECT, SEND, POSITIONS)
    told = taken()
    assert {"orderMatch", "operateDepart", "positionVehicle"} <= told.keys()
    assert len(told["positionVehicle"]) == 12
    for job in ("governance.feed_send", "governance.feed_positions"):
        assert not FailedWork.objects.filter(kind=job, closed_at=None).exists()
    waiting = FeedMessage.objects.filter(kind="orderCreate", acknowledged_at=None)
    assert waiting.count() >= 2
    assert not waiting.filter(refused_at__isnull=False).exists()
    noon.shift(16 * 60)
    rides.booked("passenger2", client_key="late")
    drivers_phone_at(trip, away=0.002)
    cancel_trip(account=trip.passenger, trip_code=rides.booked(client_key="x").code, reason="changed_plans")
    feed(COLLECT, SEND)
    dead = FailedWork.objects.get(kind="governance.feed_interface", closed_at=None)
    assert (dead.key, bool(dead.needs_person_at)) == ("orderCreate", True)


def test_an_item_never_answered_is_refused_and_its_neighbours_are_told_by_the_breakers_as_they_are(
    rides, regulator, noon
):
    feed()
    one, two = rides.booked(), rides.booked("passenger2")
    regulator.behave({"silent_on": two.code})
    more = []
    for turn in range(12):
        noon.shift(70)
        more.append(rides.booked("driver", client_key=f"more-{turn}").code)
        feed(COLLECT, SEND)
    known = {row["OrderId"] for row in taken()["orderCreate"]}
    assert known == {one.code, *more}
    assert FeedMessage.objects.get(kind="orderCreate", subject=two.code).refused_for == (
        "orderCreate:-:unanswered"
    )


def test_one_position_that_is_never_answered_stops_no_other_car(rides, regulator, noon):
    one, two = rides.under_way(), rides.under_way("passenger2", "driver2")
    regulator.behave({"silent_on": two.code})
    for turn in range(5):
        noon.shift(10)
        for trip in (one, two):
            drivers_phone_at(trip, away=0.001 * turn)
        feed(POSITIONS)
    told = taken()["positionVehicle"]
    assert [row["OrderId"] for row in told] == [one.code] * 5
    assert not FailedWork.objects.filter(kind="governance.feed_positions").exists()
    work = FailedWork.objects.get(kind=REFUSED.kind)
    assert (work.key, work.subject) == ("positionVehicle:-:unanswered", two.code)


def test_positions_wait_where_nobody_is_heard(rides, regulator, noon):
    trip = rides.under_way()
    drivers_phone_at(trip, away=0.001)
    regulator.behave({"status": 503})
    feed(POSITIONS)
    assert FailedWork.objects.filter(kind="governance.feed_positions", closed_at=None).exists()
    assert not FeedPosition.objects.exists()
    assert not FeedHour.objects.filter(kind="positionVehicle").exists()


def test_a_trip_that_is_not_paid_yet_is_looked_at_often_and_given_up_never(rides, regulator, noon):
    feed()
    trip = rides.ended()
    Trip.objects.filter(pk=trip.pk).update(boarded_at=trip.ended_at - timedelta(minutes=30))
    Payment.objects.filter(trip=trip).update(state="due", paid_at=None)
    for _minute in range(10):
        noon.shift(61)
        feed(COLLECT, SEND)
    regulator.behave({"silent_on": trip.code})
    Payment.objects.filter(trip=trip).update(state="paid", paid_at=clock.now())
    rides.booked("passenger2")
    noon.shift(61)
    feed(COLLECT, SEND)
    row = FeedMessage.objects.get(kind="operatePay")
    assert (row.refused_at, row.attempts) == (None, 1)


@pytest.mark.parametrize(
    "phone",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "138·0013.8000",
        "１３８ ００１３ ８０００",
        "138 – 0013 – 8000",
    ],
)
def test_a_number_that_somebody_wrote_into_a_place_does_not_leave(rides, regulator, phone):
    feed()
    trip = rides.booked()
    Trip.objects.filter(pk=trip.pk).update(
        origin_name=f"南门 {phone} 找我", destination_name="鹿城路 12-3 号 5 幢"
    )
    feed(COLLECT, SEND)
    (told,) = taken()["orderCreate"]
    assert not any(sign.isdigit() for sign in told["Departure"])
    assert (told["Departure"][:2], told["Departure"][-2:]) == ("南门", "找我")
    assert told["Destination"] == "鹿城路 12-3 号 5 幢"


def states_of(kind):
    return [(row["State"], row["Flag"]) for row in taken()[kind]]


def test_who_is_barred_let_back_and_barred_again_is_told_each_time(professional, regulator, noon):
    driver, _car = professional
    feed()
    for state in ("barred", "vetted", "barred"):
        Driver.objects.filter(pk=driver.pk).update(state=state)
        noon.shift(timedelta(days=1))
        feed()
        feed()
    assert states_of("baseInfoDriver") == [(0, 1), (1, 2), (0, 2), (1, 2)]
    noon.shift(timedelta(days=1))
    feed()
    assert len(states_of("baseInfoDriver")) == 4


def test_what_was_told_counts_and_not_what_was_queued(professional, regulator, noon):
    """Barred while the message waits, and let back afterwards."""
    driver, _car = professional
    feed(COLLECT)
    Driver.objects.filter(pk=driver.pk).update(state="barred")
    feed(SEND)
    Driver.objects.filter(pk=driver.pk).update(state="vetted")
    noon.shift(timedelta(days=1))
    feed()
    assert states_of("baseInfoDriver") == [(1, 1), (0, 2)]


def test_a_closed_account_is_told_once_as_over_and_its_car_too(professional, regulator, noon):
    driver, _car = professional
    feed()
    leave(driver=driver)
    at = clock.now()
    Account.objects.filter(pk=driver.account_id).update(closed_at=at, is_active=False, erase_at=at)
    for _day in range(3):
        noon.shift(timedelta(days=1))
        feed()
    assert states_of("baseInfoDriver") == [(0, 1), (1, 2)]
    assert states_of("baseInfoVehicle") == [(0, 1), (1, 2)]


def test_a_permit_that_ran_out_makes_driver_and_car_invalid(professional, regulator, noon):
    feed()
    Paper.objects.filter(kind__in=["driver_permit", "transport_permit"]).update(until=clock.now().date())
    noon.shift(timedelta(days=2))
    feed()
    assert states_of("baseInfoDriver") == states_of("baseInfoVehicle") == [(0, 1), (1, 2)]


def test_a_score_that_is_never_said_turns_the_board_red_but_where_there_is_no_door(rides, regulator, noon):
    feed()
    rides.booked()
    feed()
    regulator.behave({"dead": "score"})
    noon.shift(timedelta(days=1))
    feed(SCORE)
    assert "feed_score_unheard" not in said()[1]
    noon.shift(timedelta(days=1))
    feed(SCORE)
    assert "feed_score_unheard" in said()[1]
    noon.shift(timedelta(days=-1))
    regulator.behave({"status": 404})
    feed(SCORE)
    noon.shift(timedelta(days=1))
    assert "feed_score_unheard" not in said()[1]


def test_a_lone_message_is_not_given_up_while_the_whole_platform_is_away(rides, regulator, noon):
    feed()
    trip = rides.booked()
    regulator.behave({"status": 503})
    feed(COLLECT)
    for _turn in range(20):
        noon.shift(70)
        feed(SEND)
    row = FeedMessage.objects.get(kind="orderCreate", subject=trip.code)
    assert (row.refused_at, row.acknowledged_at, row.attempts) == (None, None, 0)
    assert FailedWork.objects.get(kind="governance.feed_interface", closed_at=None).needs_person_at
    regulator.behave({})
    noon.shift(70)
    feed(SEND)
    assert not FailedWork.objects.filter(kind="governance.feed_interface", closed_at=None).exists()
    assert [row["OrderId"] for row in taken()["orderCreate"]] == [trip.code]
