"""One's own data (A6): consents that end, a copy with nothing of anybody else, and an account that closes."""

import difflib
import io
import json
import re
import zipfile
from datetime import timedelta

import pytest
from django.core.management import call_command

from accounts import exports, leaving
from accounts.models import Account, DataExport, Device, EmergencyContact, RealNameCheck, Session
from accounts.services import add_emergency_contact
from complaints.models import CareConsent, Complaint
from complaints.services import file_complaint, set_care_consent
from complaints.states import Category
from core import clock, holds, own_data, pictures
from core.actors import SYSTEM
from core.models import AuditEntry, Notification, StoredPicture
from core.privacy import EncryptedTextField, phone_index
from drivers.errors import DailyCheckNeeded, FaceConsentNeeded
from drivers.events import WentOffline
from drivers.models import Binding, Driver, FaceTemplate, OnlineSpell
from drivers.selectors import driver_of
from drivers.services import ask_face_check, go_online, hold_driver
from drivers.states import FacePurpose, HoldKind
from drivers.tests.factories import face_token, passed_check
from rides.errors import TripNotOver
from rides.handlers import offer_no_more
from rides.models import City, DriverOnDuty, Itinerary, Trip
from rides.services import accept_trip
from rides.services.positions import PhoneFixes, store_positions
from rides.states import Party
from rides.tests.factories import hold_out
from rides.tokens import TripKey
from rides.trails import Fix
from safety.models import RecordingConsent, RecordingRefusal
from safety.selectors import recording_question
from safety.services import answer_recording
from safety.tests.factories import agree

PAGE = "/me/data/"


def last_code():
    return re.findall(
        r"\d{6}", Notification.objects.filter(message__startswith="accounts.code").latest("pk").text
    )[0]


def described(driver):
    FaceTemplate.objects.create(driver=driver, protected=[0.1] * 128, model="x", made_at=clock.now())


def switch(client, key, on):
    return client.post(f"/me/data/consents/{key}/", {"on": "1" if on else "0"})


def ask_copy(client):
    client.post("/me/data/copy/")
    return client.post("/me/data/copy/", {"code": last_code()})


def copy_of(client):
    """The names in a copy that was asked for, made and downloaded, and its content as one text."""
    assert ask_copy(client).status_code == 302
    assert exports.MAKING.run(at=clock.now()).done == 1
    row = DataExport.objects.latest("pk")
    answer = client.get(f"/me/data/copies/{row.code}/")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


def texts(files):
    return "\n".join(content.decode() for name, content in files.items() if name.endswith((".json", ".txt")))


def close(client):
    client.post("/me/data/close/")
    return client.post("/me/data/close/", {"code": last_code(), "sure": "on"})


# --- Consents --------------------------------------------------------------------------------------------------------


def test_the_page_shows_each_consent_with_version_and_date(signed_in, people):
    set_care_consent(account=people("driver"), on=True)
    page = signed_in("driver").get(PAGE).content.decode()
    for key in ("face", "recording", "greetings", "trip_sharing"):
        assert f'id="consent-{key}"' in page
    assert "If you withdraw" in page
    assert "Consent to greetings" in page
    passenger = signed_in("passenger").get(PAGE).content.decode()
    assert 'id="consent-face"' not in passenger


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_pages_are_there_in_both_languages(signed_in, language):
    client = signed_in("driver")
    for path in (PAGE, "/me/data/copy/", "/me/data/close/"):
        assert client.get(path, headers={"accept-language": language}).status_code == 200


def test_without_a_face_nobody_accepts(rides, people, signed_in):
    driver = driver_of(people("driver"))
    described(driver)
    FaceTemplate.objects.filter(driver=driver).update(retired_at=clock.now())
    way, trip = rides.itinerary(), rides.booked()
    hold_out(way, trip)
    token = face_token(driver, trip.code)
    assert switch(signed_in("driver"), "face", False).status_code == 302
    assert not FaceTemplate.objects.filter(driver=driver).exists()  # deleted, those of before as well
    driver.refresh_from_db()
    assert driver.face_consent == ""
    outcome = accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token)
    assert outcome.refusal is not None
    with pytest.raises(FaceConsentNeeded):
        ask_face_check(driver=driver, purpose=FacePurpose.DAILY)
    assert AuditEntry.objects.filter(action="drivers.face_consent_withdrawn", subject="driver").exists()


def test_a_days_pass_ends_with_the_face(people, signed_in, noon, deliver):
    driver = driver_of(people("driver"))
    Driver.objects.filter(pk=driver.pk).update(lines=["hitch", "express"])
    driver.refresh_from_db()
    passed_check(driver, "daily", "2026-03-02")
    go_online(driver=driver, line="express")
    DriverOnDuty.objects.create(
        driver=driver,
        line="express",
        city=City.objects.get(code="wenzhou"),
        latitude=28.2,
        longitude=121.0,
        cell="x",
        at=clock.now(),
    )
    client = signed_in("driver")
    switch(client, "face", False)
    assert not OnlineSpell.objects.filter(driver=driver, ended_at=None).exists()
    deliver()
    assert not DriverOnDuty.objects.exists()  # no order is offered to who has no face
    offer_no_more(WentOffline(driver_code="driver"))  # a repeat is harmless
    noon.shift(60)
    switch(client, "face", True)
    driver.refresh_from_db()
    with pytest.raises(DailyCheckNeeded):
        go_online(driver=driver, line="express")


def test_withdrawing_recording_holds_for_this_trip_and_the_next(rides, people, signed_in):
    trip = rides.under_way()
    agree(trip)
    assert recording_question(trip, Party.PASSENGER).runs
    client = signed_in("passenger")
    switch(client, "recording", False)
    asked = recording_question(trip, Party.PASSENGER)
    assert (asked.runs, asked.answer) == (False, False)
    assert RecordingRefusal.objects.get().version.startswith("safety.recording_text")
    later = rides.accepted("passenger", "driver2")
    assert recording_question(later, Party.PASSENGER).answer is False
    assert recording_question(later, Party.DRIVER).answer is None
    # One trip can be agreed to all the same.
    answer_recording(key=TripKey(later.code, Party.PASSENGER, "wenzhou"), agreed=True)
    assert recording_question(later, Party.PASSENGER).answer is True
    switch(client, "recording", True)
    assert not RecordingRefusal.objects.exists()
    assert RecordingConsent.objects.filter(trip=trip, audio=False).count() == 1


def test_greetings_end_and_begin(people, signed_in):
    client = signed_in("passenger")
    switch(client, "greetings", True)
    assert CareConsent.objects.filter(withdrawn_at=None).count() == 1
    switch(client, "greetings", False)
    assert not CareConsent.objects.filter(withdrawn_at=None).exists()


def test_there_is_no_switch_for_what_is_not_theirs(signed_in):
    assert switch(signed_in("passenger"), "face", True).status_code == 404
    assert switch(signed_in("passenger"), "nothing", True).status_code == 404
    assert switch(signed_in("passenger"), "greetings", True).status_code == 302
    assert signed_in("passenger").post("/me/data/consents/greetings/", {"on": "perhaps"}).status_code == 400


# --- A copy ----------------------------------------------------------------------------------------------------------


def test_a_copy_takes_a_fresh_code_and_is_journalled(rides, signed_in):
    rides.ended()
    client = signed_in("passenger")
    assert client.post("/me/data/copy/", {"code": "000000"}).status_code == 400
    assert not DataExport.objects.exists()
    files = copy_of(client)
    assert {"account.json", "trips.json", "consents.json", "README.en.txt", "README.zh-hans.txt"} <= set(
        files
    )
    actions = set(AuditEntry.objects.filter(subject="passenger").values_list("action", flat=True))
    assert {"accounts.copy_asked", "accounts.copy_made", "accounts.copy_fetched"} <= actions
    assert Notification.objects.filter(message="accounts.copy_asked").count() == 1
    mine = json.loads(files["account.json"])[0]
    assert (mine["real_name"], mine["phone"]) == ("林小雨", "+8613800000001")


def test_only_the_session_that_asked_fetches_it(signed_in, people):
    client = signed_in("passenger")
    copy_of(client)
    code = DataExport.objects.get().code
    assert signed_in("passenger").get(f"/me/data/copies/{code}/").status_code == 403
    assert signed_in("passenger2").get(f"/me/data/copies/{code}/").status_code == 404
    # Nor does anybody of the staff, by any door that opens pictures.
    picture = DataExport.objects.get().picture
    assert signed_in("vetting").get(f"/admin/pictures/{picture.code}.jpg").status_code == 404
    with pytest.raises(pictures.NotFound):
        pictures.read(actor=SYSTEM, code=picture.code)


def test_after_a_day_the_file_is_gone(signed_in, noon):
    client = signed_in("passenger")
    copy_of(client)
    noon.shift(86_401)
    assert pictures.sweep(at=clock.now()) >= 1
    assert StoredPicture.objects.get(purpose=pictures.OWN).destroyed_at
    code = DataExport.objects.get().code
    assert client.get(f"/me/data/copies/{code}/").status_code in {302, 404}


def test_copies_are_limited(signed_in, noon):
    client, seen = signed_in("passenger"), []
    for _turn in range(7):
        noon.shift(3_600)
        seen.append(ask_copy(client).status_code)
        exports.MAKING.run(at=clock.now())
    assert seen[0] == 302
    assert 429 in seen


def test_a_part_that_cannot_be_read_stops_only_itself(signed_in, monkeypatch):
    def broken(account):
        raise ValueError

    monkeypatch.setitem(own_data._parts, "care", own_data.Part("care", "care", broken))
    files = copy_of(signed_in("passenger"))
    assert "care.json" not in files
    assert "trips.json" in files
    assert DataExport.objects.get().missing == ["care"]
    assert "care" in files["README.en.txt"].decode()


def drive_and_talk(rides, people):
    """A trip of which both sides hold much, and about which she complained."""
    trip = rides.ended()
    add_emergency_contact(account=people("passenger"), name="妈妈", phone="13911110099")
    for party, place in ((Party.PASSENGER, (28.21, 121.02)), (Party.DRIVER, (28.11, 120.88))):
        fixes = [Fix(clock.now().timestamp() - 5, *place)]
        store_positions([PhoneFixes(trip.pk, party, fixes, away=False)])
    complaint = file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category("harassment"),
        words="他说的话很可怕 he frightened me",
        submission="s" * 16,
    )
    return trip, complaint


def test_nothing_of_the_other_side_is_in_a_copy(rides, people, signed_in):
    trip, complaint = drive_and_talk(rides, people)
    hers, his = copy_of(signed_in("passenger")), copy_of(signed_in("driver"))
    driver, passenger = people("driver"), people("passenger")
    for whose, other in ((hers, driver), (his, passenger)):
        text = texts(whose)
        for value in (other.real_name, other.phone, other.phone.removeprefix("+86"), other.id_number):
            assert value not in text
    assert "13911110099" not in texts(hers)
    text = texts(his)
    assert complaint.code not in text
    assert "he frightened me" not in text
    assert trip.origin_name not in his["trips.json"].decode()
    assert "28.21" not in text
    assert trip.code in text
    assert "he frightened me" in texts(hers)


def test_a_driver_learns_nothing_from_a_copy_or_from_leaving(rides, people, signed_in, noon):
    """The same bytes with and without a complaint, a hold and a case that he may not know of."""
    trip = rides.ended()

    client = signed_in("driver")

    def seen():
        files = copy_of(client)
        del files["signing_in.json"]  # when a page was used
        pages = [client.get(path).content.decode() for path in (PAGE, "/me/data/close/")]
        stays = client.get("/api/v1/me/data/closing/").content
        known = re.sub(r"data-now=\S+", "", texts(files) + "".join(pages))
        return re.sub(r"[A-Za-z0-9]{64}|Q-\w+|\d\d:\d\d(:\d\d)?", "", known), re.sub(
            rb"T[0-9:.+]+", b"", stays
        )

    before = seen()
    file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category("harassment"),
        words="he frightened me",
        submission="s" * 16,
    )
    hold_driver(
        actor=SYSTEM,
        driver=driver_of(people("driver")),
        kind=HoldKind.SAFETY,
        source="I-1",
        citation="D15",
        covert=True,
    )
    noon.shift(120)
    after = seen()
    differs = list(difflib.unified_diff(before[0].splitlines(), after[0].splitlines(), n=0))
    assert not differs, "\n".join(differs)
    assert before[1] == after[1]


# --- Leaving ---------------------------------------------------------------------------------------------------------


def test_a_trip_that_goes_on_keeps_an_account_open(rides, signed_in, people):
    trip = rides.under_way()
    for who in ("passenger", "driver"):
        client = signed_in(who)
        page = client.get("/me/data/close/").content.decode()
        assert trip.code in page
        client.post("/me/data/close/")
        answer = client.post("/me/data/close/", {"code": last_code(), "sure": "on"})
        assert answer.status_code == TripNotOver.status
        assert people(who).closed_at is None


def test_who_leaves_is_signed_out_and_what_nothing_keeps_goes(rides, signed_in, people):
    rides.ended()
    person = people("passenger")
    add_emergency_contact(account=person, name="妈妈", phone="13911110099")
    Device.objects.create(account=person, digest="d", first_seen_at=clock.now(), last_seen_at=clock.now())
    RealNameCheck.objects.create(
        account=person, real_name="x", id_number="x", asked_at=clock.now(), next_at=clock.now()
    )
    client = signed_in("passenger")
    page = client.get("/me/data/close/").content.decode()
    assert "E-Commerce Law art. 31" in page
    assert "2029" in page
    answer = close(client)
    assert answer.status_code == 302
    assert client.get("/me/").status_code == 302
    assert not Session.objects.filter(account=person).exists()
    for model in (EmergencyContact, Device, RealNameCheck):
        assert not model.objects.filter(account=person).exists()
    assert Notification.objects.filter(message="accounts.closed").count() == 1
    row = people("passenger")
    assert (row.is_active, bool(row.closed_at), row.erased_at) == (False, True, None)
    assert row.phone  # the law wants to know whose the trip was


def test_without_a_code_nobody_closes_it(signed_in, people):
    client = signed_in("passenger")
    assert client.post("/me/data/close/", {"code": "123456", "sure": "on"}).status_code == 400
    client.post("/me/data/close/")
    assert client.post("/me/data/close/", {"code": last_code()}).status_code == 400  # not sure
    assert people("passenger").closed_at is None


def test_the_rest_goes_on_its_day_and_not_before(rides, signed_in, people, noon):
    trip = rides.ended()
    index = people("passenger").phone_index
    close(signed_in("passenger"))
    assert leaving.ERASING.run(at=clock.now()).total == 0
    day = people("passenger").erase_at
    assert day == trip.requested_at + timedelta(days=3 * 366)
    noon.move_to(day - timedelta(minutes=1))
    assert leaving.ERASING.run(at=clock.now()).total == 0
    noon.move_to(day + timedelta(minutes=1))
    assert leaving.ERASING.run(at=clock.now()).total == 1
    row = people("passenger")
    sealed = [each.name for each in Account._meta.concrete_fields if isinstance(each, EncryptedTextField)]
    assert {name: getattr(row, name) for name in sealed} == dict.fromkeys(sealed, "")
    assert (row.id_index, row.document, row.verified_at) == (None, "", None)
    assert row.erased_at
    assert row.phone_index != index


def test_a_case_and_a_hold_put_it_off_without_a_word(rides, signed_in, people, noon):
    trip = rides.ended()
    complaint = file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category("harassment"),
        words="he frightened me",
        submission="s" * 16,
    )
    page = signed_in("driver").get("/me/data/close/").content.decode()
    assert complaint.code not in page
    close(signed_in("driver"))
    noon.move_to(trip.requested_at + timedelta(days=4 * 366))
    assert leaving.ERASING.run(at=clock.now()).total == 0  # the case is open still
    assert people("driver").real_name
    own = signed_in("passenger").get("/me/data/close/").content.decode()
    assert complaint.code in own  # her own case she may know of


def test_who_may_have_to_be_told_is_known_while_a_case_is_open(rides, signed_in, people, noon):
    trip = rides.ended()
    add_emergency_contact(account=people("passenger"), name="妈妈", phone="13911110099")
    file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category("harassment"),
        words="he frightened me",
        submission="s" * 16,
    )
    close(signed_in("passenger"))
    assert EmergencyContact.objects.count() == 1
    Complaint.objects.update(
        state="final", decided_at=clock.now(), decided_by="adjudicator", finding="unfounded"
    )
    noon.move_to(clock.now() + timedelta(days=4 * 366))
    assert leaving.ERASING.run(at=clock.now()).total == 1
    assert not EmergencyContact.objects.exists()


def test_a_hold_on_a_trip_keeps_whose_it_was(
    rides, signed_in, people, noon, django_capture_on_commit_callbacks
):
    trip = rides.ended()
    close(signed_in("passenger"))
    day = trip.requested_at + timedelta(days=3 * 366, minutes=1)
    noon.move_to(day)
    holds.place(actor=SYSTEM, subject=trip.code, source="police", case="R-1")
    assert leaving.ERASING.run(at=clock.now()).total == 0
    holds.release(actor=SYSTEM, source="police", case="R-1")
    noon.shift(86_401)
    assert leaving.ERASING.run(at=clock.now()).total == 1


def test_a_phone_whose_owner_left_is_free_and_its_past_is_another_ones(rides, signed_in, people, client):
    rides.ended()
    close(signed_in("passenger"))
    client.post("/sign-in/code/", {"phone": "13800000001"})
    assert client.post("/sign-in/code/", {"phone": "13800000001", "code": last_code()}).status_code == 302
    again = Account.objects.get(phone_index=phone_index("+8613800000001"), closed_at=None)
    assert again.code != "passenger"
    assert not Trip.objects.filter(passenger=again).exists()
    assert client.get(PAGE).status_code == 200


def test_a_driver_leaves_with_car_face_and_ways(rides, signed_in, people, noon):
    rides.ended()
    driver = driver_of(people("driver"))
    described(driver)
    rides.itinerary()
    page = signed_in("driver").get("/me/data/close/").content.decode()
    assert "Papers and vetting of drivers" in page
    close(signed_in("driver"))
    assert not FaceTemplate.objects.filter(driver=driver).exists()
    assert not Binding.objects.filter(driver=driver, ended_at=None).exists()
    assert not Itinerary.objects.filter(driver=driver, closed_at=None).exists()
    noon.shift(timedelta(days=4 * 366))
    assert leaving.ERASING.run(at=clock.now()).total == 1
    driver.refresh_from_db()
    assert (driver.licence_number, driver.photo) == ("", "")


def test_one_who_cannot_be_erased_stops_nobody_else(signed_in, people, monkeypatch):
    for who in ("passenger", "passenger2"):
        close(signed_in(who))
    first = people("passenger").pk

    def keeper(account, at):
        if account.pk == first:
            raise ValueError
        return []

    monkeypatch.setattr(own_data, "_keepers", [keeper])
    ran = leaving.ERASING.run(at=clock.now())
    assert (ran.failed, ran.total) == (1, 1)
    assert people("passenger2").erased_at
    assert people("passenger").erased_at is None


def test_staff_do_not_leave_by_this_page(signed_in):
    for who in ("agent", "officer"):
        for path in (PAGE, "/me/data/close/", "/me/data/copy/"):
            assert signed_in(who).get(path).status_code == 403


# --- The same for native clients -----------------------------------------------------------------------------------


def test_the_api_does_the_same(signed_in, people):
    client = signed_in("passenger")
    rows = {each["key"]: each for each in client.get("/api/v1/me/consents/").json()}
    assert set(rows) == {"trip_sharing", "recording", "greetings"}
    put = {"content_type": "application/json"}
    assert client.put("/api/v1/me/consents/greetings/", {"on": True}, **put).status_code == 204
    assert client.post("/api/v1/me/data/code/", {"purpose": "copy"}, **put).status_code == 202
    answer = client.post("/api/v1/me/data/copies/", {"code": last_code()}, **put)
    assert answer.status_code == 202
    exports.MAKING.run(at=clock.now())
    state = client.get(f"/api/v1/me/data/copies/{answer.json()['code']}/").json()
    assert state["done"] == state["of"]
    assert state["made_at"]
    assert client.get("/api/v1/me/data/closing/").json() == []
    assert client.post("/api/v1/me/data/closing/", {"code": "000000"}, **put).status_code == 400


def test_a_code_says_what_it_is_for_and_does_nothing_else(signed_in):
    """Whoever holds a session and rings the owner up for 'the code' gets one that says what it would do."""
    client = signed_in("passenger")
    client.post("/me/data/copy/")
    asked = Notification.objects.get(message="accounts.code_for_copy")
    assert "副本" in asked.text or "copy" in asked.text
    assert client.post("/me/data/close/", {"code": last_code(), "sure": "on"}).status_code == 400
    client.post("/me/data/close/")
    closing = Notification.objects.get(message="accounts.code_to_close").text
    assert "注销" in closing or "close" in closing
    assert client.post("/me/data/copy/", {"code": last_code()}).status_code == 400


def test_the_register_is_current():
    call_command("processing", check=True)
