"""A driver or car that is not the registered one (D5): many reports, one case, one hold, one reward."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.utils.html import escape
from PIL import Image

from core import clock, ledger, pictures
from core.errors import Forbidden, InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, LedgerTransfer, Notification
from core.states import IllegalTransition, StaleState
from drivers.errors import AlreadyReported, ReportNeedsPhoto
from drivers.models import Hold, MismatchReport, Reward, VettingCase
from drivers.selectors import driver_of, reports_to_sort
from drivers.services import (
    agree,
    bind_vehicle,
    decide_reward,
    key_of_report,
    propose,
    propose_reward,
    prove_reporter,
    report_from_street,
    sort_report,
)
from drivers.services.mismatch import EXPENSE, PAYABLE
from drivers.states import CaseOutcome
from drivers.tests.factories import without_tokens
from rides.models import Trip
from rides.services import end_trip, report_mismatch
from rides.states import PlateCheck
from safety.models import Signal
from safety.services.stops import QUIET_HOLDS
from sandbox.plates import photo


def tell(people, trip, who="passenger", what=PlateCheck.OTHER_DRIVER, plate=""):
    return report_mismatch(passenger=people(who), trip_code=trip.code, what=what, plate_seen=plate)


def street(people, plate="川A·H0001", who="passenger2", submission="s1", phone=""):
    return report_from_street(
        account=people(who) if who else None,
        phone=phone,
        plate=plate,
        words="另一个人开的",
        content=photo("川A·H0001"),
        submission=submission.ljust(16, "-"),
    )


def prove(report):
    """Whoever has the phone of a report types the code that it got."""
    sent = [
        row for row in Notification.objects.filter(message="accounts.code") if row.recipient == report.phone
    ]
    return prove_reporter(code=report.code, one_time=re.findall(r"\d{6}", sent[-1].text)[0])


def confirm(people, outcome=CaseOutcome.BARRED):
    case = VettingCase.objects.get(kind="mismatch")
    propose(account=people("vetting"), code=case.code, outcome=outcome, reason="the frames show another man")
    return agree(account=people("supervisor"), code=case.code, agrees=True)


def test_before_boarding_the_trip_stops_and_the_driver_is_held_without_a_word(rides, people):
    """She stands beside the car: why his orders stop he learns the next day."""
    trip = tell(people, rides.arrived(), what=PlateCheck.DIFFERS, plate="川A·F9999")
    hold = Hold.objects.get()
    assert (trip.state, hold.covert, hold.source) == ("cancelled", True, VettingCase.objects.get().code)
    assert VettingCase.objects.get().facts["read"] == "川A·F9999"


def test_during_the_trip_nothing_changes_on_the_drivers_phone(rides, people, signed_in, deliver):
    trip = rides.under_way()
    client = signed_in("driver")
    paths = [f"/trips/{trip.code}/", "/drive/", "/api/v1/driver/", f"/api/v1/trips/{trip.code}/"]
    before = [without_tokens(client.get(path).content) for path in paths]
    tell(people, trip, plate="川A·F9999")
    deliver()
    assert [without_tokens(client.get(path).content) for path in paths] == before
    assert Hold.objects.get(kind="mismatch").covert
    assert Trip.objects.get(pk=trip.pk).state == "in_progress"
    assert Trip.objects.get(pk=trip.pk).plate_seen == "川A·F9999"
    assert Signal.objects.filter(kind="mismatch", trip=trip).exists()


def test_the_hold_acts_when_she_is_out_and_is_told_the_next_day(rides, people, deliver, noon):
    trip, next_one = rides.under_way(), rides.accepted("passenger2")
    tell(people, trip)
    deliver()
    assert Trip.objects.get(pk=next_one.pk).state == "accepted"
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    assert Trip.objects.get(pk=next_one.pk).driver is None
    QUIET_HOLDS.run(at=clock.now())
    assert Hold.objects.get(kind="mismatch").covert
    noon.shift(33 * 3600)
    QUIET_HOLDS.run(at=clock.now())
    assert not Hold.objects.get(kind="mismatch").covert


def test_afterwards_it_can_still_be_said_for_a_month(rides, people, noon):
    trip = rides.under_way()
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    noon.shift(29 * 86_400)
    tell(people, trip)
    assert MismatchReport.objects.get().source == "after"


def test_after_a_month_it_is_too_late(rides, people, noon):
    trip = rides.under_way()
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    noon.shift(31 * 86_400)
    with pytest.raises(StaleState):
        tell(people, trip)


def test_saying_it_twice_is_one_report(rides, people):
    trip = rides.arrived()
    tell(people, trip)
    tell(people, trip)
    assert MismatchReport.objects.count() == 1


def test_three_reports_of_one_mismatch_pay_the_first_once(rides, people):
    first = street(people, submission="s1")
    tell(people, rides_trip(rides))
    street(people, who="", phone="13911112222", submission="s3")
    assert (VettingCase.objects.count(), Hold.objects.count(), MismatchReport.objects.count()) == (1, 1, 3)
    confirm(people)
    reward = Reward.objects.get()
    assert (reward.report, reward.fen, reward.citation) == (first, 30_000, "drivers.mismatch_reward v0")
    with pytest.raises(SecondPersonNeeded):
        propose_reward(account=people("supervisor"), code=first.code, reason="first to report")
        decide_reward(account=people("supervisor"), code=first.code, approves=True)
    decide_reward(account=people("adjudicator"), code=first.code, approves=True)
    with pytest.raises(IllegalTransition):
        decide_reward(account=people("vetting"), code=first.code, approves=True)
    assert (ledger.balance(EXPENSE), ledger.balance(PAYABLE.format(first.code))) == (30_000, -30_000)
    assert LedgerTransfer.objects.count() == 1
    assert first.code in Notification.objects.latest("pk").text


def rides_trip(rides):
    """A street report holds the driver, so the trip was accepted before: made by releasing for a moment."""
    Hold.objects.update(released_at="2026-01-01T00:00Z", released_by="x", release_proposed_by="y")
    trip = rides.under_way()
    Hold.objects.update(released_at=None, released_by="", release_proposed_by="")
    return trip


def test_a_cleared_case_pays_nobody_and_ends_the_hold(people, world):
    street(people)
    confirm(people, CaseOutcome.CLEARED)
    assert not Reward.objects.exists()
    assert Hold.objects.get().released_at is not None


def test_the_driver_cannot_earn_on_his_own_case(people, world):
    with pytest.raises(InvalidInput):
        street(people, who="driver")


def test_a_street_report_needs_a_photo_a_phone_and_a_plate(people, world):
    with pytest.raises(ReportNeedsPhoto):
        report_from_street(account=people("passenger"), phone="", plate="x", words="", content=None, submission="a")  # fmt: skip
    with pytest.raises(Exception, match="invalid_phone"):
        street(people, who="", phone="x")
    with pytest.raises(InvalidInput):
        street(people, plate=" · ")
    assert not MismatchReport.objects.exists()


def test_a_bad_photo_loses_no_words_and_holds_nobody(people, world, client):
    form = {
        "plate": "川A·H0001",
        "words": "另一个人开的",
        "phone": "13911112222",
        "submission": "p9".ljust(16, "-"),
    }
    page = client.post("/report-a-car/", form | {"photo": SimpleUploadedFile("car.jpg", b"\xff\xd8 broken")})
    report = MismatchReport.objects.get()
    assert (report.words, report.driver, report.picture) == ("另一个人开的", None, None)
    assert report.picture_fault == "picture_unreadable"
    assert not Hold.objects.exists()
    text = page.content.decode()
    assert report.code in text
    assert escape(report.get_picture_fault_display()) in text
    sent = client.post(
        "/api/v1/mismatch-reports/",
        form | {"submission": "p10".ljust(16, "-"), "photo": SimpleUploadedFile("a", b"")},
    )
    assert (sent.status_code, sent.json()["picture_fault"]) == (201, "picture_unreadable")


def test_the_photo_of_a_car_is_kept_without_where_it_was_taken(people, world):
    exif = Image.Exif()
    exif[0x010E] = "the-place"
    noted = io.BytesIO()
    Image.open(io.BytesIO(photo("川A·H0001"))).save(noted, "JPEG", exif=exif)
    assert b"the-place" in noted.getvalue()
    report = report_from_street(
        account=people("passenger2"),
        phone="",
        plate="川A·H0001",
        words="",
        content=noted.getvalue(),
        submission="e",
    )
    kept = pictures.read(actor=people("vetting").actor, code=report.picture.code)
    assert kept.startswith(b"\xff\xd8")
    assert b"the-place" not in kept


def test_the_same_person_reports_an_open_mismatch_once(people, world):
    street(people)
    with pytest.raises(AlreadyReported):
        street(people, submission="s2")
    assert street(people).code == MismatchReport.objects.get().code  # the same submission again


def test_whoever_has_no_account_stops_nobody_before_their_phone_is_proved(people, world, client):
    """Anybody can name a phone and photograph a car: one sender would stop a fleet."""
    form = {"plate": "川A·H0001", "words": "x", "phone": "13911112222", "submission": "p1".ljust(16, "-")}
    page = client.post("/report-a-car/", form | {"photo": SimpleUploadedFile("car.jpg", photo("川A·H0001"))})
    report = MismatchReport.objects.get()
    where = f"/report-a-car/{report.code}/prove/"
    assert f'action="{where}"' in page.content.decode()
    assert (report.driver, report.case, Hold.objects.exists()) == (None, None, False)
    assert report in reports_to_sort()
    wrong = client.post(where, {"code": "000000"})
    assert (wrong.status_code, Hold.objects.exists()) == (400, False)
    (code,) = [
        re.findall(r"\d{6}", row.text)[0] for row in Notification.objects.filter(message="accounts.code")
    ]
    for _twice in range(2):
        proved = client.post(where, {"code": code})
        assert (proved.status_code, "钟大勇" in proved.content.decode()) == (200, False)
        assert Hold.objects.get().covert
        report.refresh_from_db()
        assert (report.driver.account.code, report.case) == ("driver", VettingCase.objects.get())
    assert report not in reports_to_sort()


def from_stranger(client, plate, phone="13911112222"):
    form = {"plate": plate, "words": "x", "phone": phone, "submission": "p1".ljust(16, "-")}
    page = client.post("/report-a-car/", form | {"photo": SimpleUploadedFile("car.jpg", photo("川A·H0001"))})
    return MismatchReport.objects.get(), page.content.decode()


def codes_sent():
    return [
        (str(row.recipient), re.findall(r"\d{6}", row.text)[0])
        for row in Notification.objects.filter(message="accounts.code").order_by("pk")
    ]


@pytest.mark.parametrize("wrong", ["川A·F9999", "浙C·A6789"])  # nobody's, and somebody else's
def test_what_a_stranger_typed_is_shown_back_and_put_right_before_it_acts(people, world, client, wrong):
    report, page = from_stranger(client, wrong.replace("·", " "), "1391111 2223")
    assert wrong in page
    assert "139****2223" in page
    assert f'action="/report-a-car/{report.code}/mend/"' in page
    right = {"plate": "川 A h0001", "phone": "13911112222", "key": key_of_report(report)}
    mended = client.post(f"/report-a-car/{report.code}/mend/", right)
    assert mended.status_code == 200
    assert "川A·H0001" in mended.content.decode()
    assert "139****2222" in mended.content.decode()
    assert client.post(f"/report-a-car/{report.code}/mend/", right).status_code == 200
    report.refresh_from_db()
    assert (report.plate, report.phone, report.driver) == ("川AH0001", "+8613911112222", None)
    assert AuditEntry.objects.filter(action="drivers.report_mended").count() == 1
    assert [to for to, _code in codes_sent()] == ["+8613911112223", "+8613911112222"]
    prove = f"/report-a-car/{report.code}/prove/"
    assert client.post(prove, {"code": codes_sent()[0][1]}).status_code == 400  # that of the wrong phone
    assert not Hold.objects.exists()
    proved = client.post(prove, {"code": codes_sent()[1][1]}).content.decode()
    assert Hold.objects.get().driver.account.code == "driver"
    assert "/mend/" not in proved
    late = client.post(f"/report-a-car/{report.code}/mend/", right | {"plate": "川A·F9999"})
    assert late.status_code == 409
    assert client.post(f"/report-a-car/{report.code}/mend/", right).status_code == 200  # a repeat


def test_who_knows_a_reports_code_alone_puts_nothing_right(people, world, client):
    report, _page = from_stranger(client, "川A·H0001")
    sent = {"plate": "川A·F9999", "phone": "13911110000"}
    for key in ("", "x", "0" * 64):
        assert client.post(f"/report-a-car/{report.code}/mend/", sent | {"key": key}).status_code in {
            400,
            404,
        }
    bad = client.post(
        f"/report-a-car/{report.code}/mend/", sent | {"key": key_of_report(report), "plate": ""}
    )
    assert bad.status_code == 400
    for body in ({}, {"code": ""}, {"code": "000000"}, {"code": "000000", "key": "0" * 64}):
        page = client.post(f"/report-a-car/{report.code}/prove/", body)
        assert page.status_code == 400
        shown = page.content.decode()
        for secret in (key_of_report(report), "13911112222", "139****2222", "川A·H0001", "/mend/"):
            assert secret not in shown, (body, secret)
    report.refresh_from_db()
    assert (report.plate, report.phone) == ("川AH0001", "+8613911112222")


def test_who_made_a_report_and_mistypes_its_code_still_puts_it_right(people, world, client):
    report, page = from_stranger(client, "川A·F9999")
    key = key_of_report(report)
    assert page.count(f'value="{key}"') == 2  # in each of the two forms
    where = f"/report-a-car/{report.code}/prove/"
    wrong = client.post(where, {"code": "000000", "key": key})
    assert wrong.status_code == 400
    assert "/mend/" in wrong.content.decode()
    assert wrong.content.decode().count(f'value="{key}"') == 2
    proved = client.post(where, {"code": codes_sent()[0][1], "key": key}).content.decode()
    assert "川A·F9999" in proved
    assert "/mend/" not in proved
    for body in ({"code": "000000"}, {"code": codes_sent()[0][1]}):  # it is proved; whoever asks has no key
        again = client.post(where, body)
        assert again.status_code == 200
        assert "川A·F9999" not in again.content.decode()
        assert "139****2222" not in again.content.decode()


def test_what_a_reviewer_has_sorted_is_not_put_right_any_more(people, world, client):
    """The case and the hold stay with whom the reviewer named: the report may not say another car."""
    report, _page = from_stranger(client, "川A·F9999")
    key = key_of_report(report)
    sort_report(account=people("vetting"), code=report.code, driver_code="driver")
    sent = {"plate": "浙C·A6789", "phone": "13911112222", "key": key}
    late = client.post(f"/report-a-car/{report.code}/mend/", sent)
    assert late.status_code == 409
    api = client.post(f"/api/v1/mismatch-reports/{report.code}/mend/", sent, content_type="application/json")
    assert (api.status_code, api.json()["code"]) == (409, "already_reported")
    report.refresh_from_db()
    assert (report.plate, report.driver.account.code) == ("川AF9999", "driver")
    wrong = client.post(f"/report-a-car/{report.code}/prove/", {"code": "000000", "key": key})
    assert "川A·F9999" in wrong.content.decode()
    assert "/mend/" not in wrong.content.decode()
    again, page = from_stranger(client, "川A·F9999")  # the same submission, whose answer was lost
    assert again == report
    assert "/mend/" not in page


def test_a_report_is_put_right_by_api(people, world, client):
    form = {"plate": "川A·F9999", "phone": "13911112222", "submission": "p1".ljust(16, "-")}
    sent = client.post(
        "/api/v1/mismatch-reports/", form | {"photo": SimpleUploadedFile("a.jpg", photo("川A·H0001"))}
    ).json()
    body = {"plate": "川A·H0001", "phone": "13911112222", "key": sent["mend_key"]}
    where = f"/api/v1/mismatch-reports/{sent['code']}/mend/"
    assert client.post(where, body, content_type="application/json").status_code == 204
    assert MismatchReport.objects.get().plate == "川AH0001"
    wrong = client.post(where, body | {"key": "x"}, content_type="application/json")
    assert wrong.status_code == 404


@pytest.mark.parametrize("plate", ["川A·H0001", "川A·F9999"])
def test_a_code_is_sent_whatever_the_plate_so_that_nobody_learns_whose_it_is(people, world, client, plate):
    form = {"plate": plate, "phone": "13911112222", "submission": "p1".ljust(16, "-")}
    sent = client.post(
        "/api/v1/mismatch-reports/", form | {"photo": SimpleUploadedFile("a.jpg", photo("川A·H0001"))}
    )
    assert Notification.objects.filter(message="accounts.code").count() == 1
    where = f"/api/v1/mismatch-reports/{sent.json()['code']}/prove/"
    wrong = client.post(where, {"code": "000000"}, content_type="application/json")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_code")
    code = re.findall(r"\d{6}", Notification.objects.get(message="accounts.code").text)[0]
    right = client.post(where, {"code": code}, content_type="application/json")
    assert (right.status_code, right.content) == (204, b"")
    assert Hold.objects.count() == (plate == "川A·H0001")


def test_a_report_that_has_an_account_or_comes_from_a_trip_is_proved_by_no_code(people, rides, client):
    tell(people, rides.arrived(), what=PlateCheck.DIFFERS, plate="川A·F9999")
    report = MismatchReport.objects.get()
    assert client.post(f"/report-a-car/{report.code}/prove/", {"code": "000000"}).status_code == 404
    assert client.post("/report-a-car/M-XXXXXXXXXX/prove/", {"code": "000000"}).status_code == 404


@pytest.mark.parametrize("plate", ["川A·F9999", "川AH0001"])
def test_a_plate_of_nobody_or_of_several_waits_for_a_person(people, world, plate):
    if plate == "川AH0001":
        with transaction.atomic():
            driver = driver_of(people("driver"))
            bind_vehicle(
                actor=people("driver").actor,
                driver=driver_of(people("driver2")),
                vehicle=driver.bindings.get().vehicle,
            )
    report = street(people, plate=plate)
    assert (report.driver, Hold.objects.exists(), VettingCase.objects.exists()) == (None, False, False)
    with pytest.raises(Forbidden):
        sort_report(account=people("agent"), code=report.code, driver_code="driver")
    with pytest.raises(NotFound):
        sort_report(account=people("vetting"), code=report.code, driver_code="nobody")
    sort_report(account=people("vetting"), code=report.code, driver_code="driver")
    assert Hold.objects.get().driver.account.code == "driver"
    with pytest.raises(StaleState):
        sort_report(account=people("vetting"), code=report.code, driver_code="driver2")


def test_a_street_report_acts_at_once_when_nobody_is_aboard_and_is_told_the_next_day(
    people, rides, deliver, noon
):
    next_one = rides.accepted()
    street(people)
    assert Hold.objects.get().covert
    deliver()
    assert Trip.objects.get(pk=next_one.pk).driver is None
    assert Hold.objects.get().covert
    noon.shift(33 * 3600)
    QUIET_HOLDS.run(at=clock.now())
    assert not Hold.objects.get().covert


@pytest.mark.django_db(transaction=True)
def test_reports_at_once_share_one_case_and_rewards_at_once_are_paid_once(world, people):
    gate = Barrier(8)

    def report(number):
        gate.wait()
        try:
            return prove(street(people, who="", phone=f"139222200{number:02d}", submission=f"s{number}")).code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        codes = list(pool.map(report, range(8)))
    assert len(set(codes)) == 8
    assert (VettingCase.objects.count(), Hold.objects.count()) == (1, 1)
    confirm(people)
    code = Reward.objects.get().report.code
    propose_reward(account=people("vetting"), code=code, reason="x")
    second = Barrier(2)

    def approve(name):
        second.wait()
        try:
            decide_reward(account=people(name), code=code, approves=True)
        except IllegalTransition:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(approve, ["supervisor", "adjudicator"])) == [False, True]
    assert LedgerTransfer.objects.count() == 1


def test_the_database_alone_keeps_two_people_and_one_reward(people, world):
    street(people)
    confirm(people)
    reward = Reward.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        Reward.objects.filter(pk=reward.pk).update(state="approved", proposed_by="a", approved_by="a")
    with pytest.raises(IntegrityError), transaction.atomic():
        Reward.objects.create(
            case=reward.case, report=reward.report, fen=1, citation="x", due_since=reward.due_since
        )


def test_the_page_for_anybody_reports_and_says_nothing_of_drivers(people, world, client):
    page = client.post(
        "/report-a-car/",
        {
            "plate": "川A·H0001",
            "words": "x",
            "phone": "13911112222",
            "submission": "p1".ljust(16, "-"),
            "photo": SimpleUploadedFile("car.jpg", photo("川A·H0001"), "image/jpeg"),
        },
    )
    assert page.status_code == 200
    text = page.content.decode()
    assert MismatchReport.objects.get().code in text
    assert "钟大勇" not in text
    assert client.post("/report-a-car/", {"plate": "x", "submission": "p2"}).status_code == 400


def test_who_reports_a_car_once_more_by_another_plate_is_read_twice(people, world):
    wrong = street(people, plate="川A·F9999", submission="wrong")
    right = street(people, submission="right")
    assert wrong in reports_to_sort()
    assert (right.case, right.driver.account.code) == (VettingCase.objects.get(), "driver")
