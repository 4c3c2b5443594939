"""One's own data (A6): consents that end, a copy with nothing of anybody else, and an account that closes."""

import difflib
import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import transaction

from accounts import exports, leaving, seen
from accounts.looks import record_person_read
from accounts.models import (
    Account,
    DataExport,
    Device,
    EmergencyContact,
    Passkey,
    RealNameCheck,
    Session,
)
from accounts.services import add_emergency_contact
from complaints.models import CareConsent, Complaint
from complaints.services import (
    add_more,
    add_note,
    ask_statement,
    file_complaint,
    link_of,
    set_care_consent,
)
from complaints.states import Category, Side
from core import audit, clock, holds, own_data, pictures
from core.actors import SYSTEM
from core.journal import checkpoints, sequence
from core.models import AuditEntry, Notification, StoredPicture
from core.privacy import EncryptedTextField, phone_index
from core.tests import horizon
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
from rides.services import Rider, accept_trip, say
from rides.services.positions import PhoneFixes, store_positions
from rides.states import Party, RiderKind
from rides.tests.factories import hold_out
from rides.tokens import TripKey
from rides.trails import Fix
from safety.models import HelpMessage, RecordingConsent, RecordingRefusal
from safety.selectors import recording_question
from safety.services import answer_recording, raise_sos, share_trip, take_incident
from safety.tests.factories import agree

pytestmark = pytest.mark.long

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


def test_all_that_somebody_said_of_their_complaint_is_in_their_copy(rides, people, signed_in):
    """What was added later as well; and nothing of what the other side added."""
    _trip, complaint = drive_and_talk(rides, people)
    said = ("he stopped in the tunnel", "he called at night")
    for words in said:
        add_more(complaint=complaint, actor=people("passenger").actor, side=Side.COMPLAINANT, words=words)
    add_more(complaint=complaint, actor=people("driver").actor, side=Side.ACCUSED, words="she is lying")
    add_note(account=people("agent"), code=complaint.code, words="a note of ours")
    hers = json.loads(copy_of(signed_in("passenger"))["cases.json"])[0]
    assert [each["words"] for each in hers["added"]] == list(said)
    assert "she is lying" not in str(hers)


def test_what_somebody_did_for_whom_it_was_booked_is_in_no_copy_of_the_booker(rides, people, signed_in):
    """Her phone, her call for help, her words and her links are hers, whoever ordered the car (A6)."""
    trip = rides.booked(rider=Rider(RiderKind.OTHER, "王芳", "13911110077"))
    way = rides.itinerary()
    driver = driver_of(people("driver"))
    token = face_token(driver, trip.code)
    assert not accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token).refusal
    key = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    fixes = [Fix(clock.now().timestamp() - 5, 28.2099, 121.0151)]
    store_positions([PhoneFixes(trip.pk, Party.PASSENGER, fixes, away=False)])
    say(account=people("passenger"), trip_code=trip.code, phrase="coming")
    incident = raise_sos(key=key, position=(28.2098, 121.0149), silent=True)
    HelpMessage.objects.create(
        incident=incident,
        party=Party.PASSENGER,
        words="他打我 do not tell him",
        at=clock.now(),
        submission="s" * 16,
    )
    answer_recording(key=key, agreed=True)
    share_trip(key=key)
    client = signed_in("passenger")
    files = copy_of(client)
    text = texts(files)
    assert trip.code in text  # that he booked it is his
    for hers in ("28.20", "do not tell him", "sos", "coming", '"shared"', "13911110077", "王芳"):
        assert hers not in text, hers
    assert json.loads(files["sound.json"]) == []
    assert "whoever has the link" not in client.get("/me/shared/").content.decode()


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


def test_a_passkey_is_in_the_copy_and_goes_with_its_owner(signed_in, people):
    person = people("passenger")
    Passkey.objects.create(user=person, name="blue phone", digest="d", credential=b"x", added_at=clock.now())
    assert "blue phone" in texts(copy_of(signed_in("passenger")))
    assert close(signed_in("passenger")).status_code == 302
    assert not Passkey.objects.exists()


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


def test_whoever_leaves_in_the_midst_of_a_case_is_known_to_who_works_on_it(rides, signed_in, people):
    """A driver whose passenger called for help closes the account: staff still learn who he is (A6, A8)."""
    trip = rides.ended()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    phone = people("driver").phone.removeprefix("+86")
    close(signed_in("driver"))
    staff = signed_in("specialist")
    take_incident(account=people("specialist"), code=incident.code)
    page = f"/admin/people/driver/?case={incident.code}"
    assert staff.get(page).status_code == 200
    shown = staff.post(page, {"field": "phone", "case": incident.code}).content.decode()
    assert phone in shown.replace(" ", "")
    own_data.erase_for(people("driver"), clock.now())
    Account.objects.filter(code="driver").update(erased_at=clock.now())
    assert staff.get(page).status_code == 404  # when nothing is left, nothing is shown


def test_who_leaves_with_a_complaint_open_follows_it_by_the_link_in_the_messages(
    rides, signed_in, people, client
):
    """The account opens nothing any more, so what they are written has the address that needs none."""
    _trip, complaint = drive_and_talk(rides, people)
    assert link_of(complaint).endswith(f"/complaints/{complaint.code}/")
    close(signed_in("passenger"))
    complaint = Complaint.objects.get()
    ask_statement(account=people("supervisor2"), code=complaint.code, side=Side.COMPLAINANT, words="when?")
    text = Notification.objects.filter(subject=complaint.code).latest("pk").text
    (path,) = re.findall(r"(/complaints/\S+/)", text)
    page = client.get(path)
    assert page.status_code == 200
    assert "when?" in page.content.decode()
    assert client.post(f"{path}statement/", {"words": "at nine"}).status_code == 302


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


# --- Who looked at my data -----------------------------------------------------------------------------


FIRST_OF_MAY = datetime(2026, 5, 1, 9, 0, tzinfo=ZoneInfo("Asia/Shanghai"))


def placed():
    horizon.passes_now()
    sequence.sequence_all(seconds=60)
    checkpoints.publish(clock.now())


def checked(tmp_path, script, proof, *saved):
    """What the script says that the site gives, run by itself: nothing of ours, no network."""
    (tmp_path / "journal_check.py").write_text(script)
    (tmp_path / "proof.json").write_bytes(proof)
    names = []
    for number, note in enumerate(saved):
        names.append(f"saved-{number}.txt")
        (tmp_path / names[-1]).write_text(note)
    done = subprocess.run(
        [sys.executable, "-I", "journal_check.py", "proof.json", *names],
        cwd=tmp_path,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.django_db(transaction=True)
def test_a_line_about_me_is_proven_by_the_script_and_a_checkpoint_saved_an_hour_before(
    signed_in, people, noon, tmp_path, settings
):
    settings.TIME_URL, settings.JOURNAL_ANCHOR = "", str(tmp_path / "anchor")
    mine = signed_in("passenger")
    staff = signed_in("supervisor")
    staff.get("/admin/people/passenger/")
    placed()
    script = mine.get("/journal/journal_check.py").content.decode()
    saved = mine.get("/journal/checkpoint").content.decode()
    noon.shift(timedelta(hours=1))
    for number in range(40):
        with transaction.atomic():
            audit.record(SYSTEM, "test.happened", f"T-{number}")
    staff.get("/admin/people/passenger/")
    placed()
    switch(mine, "trip_sharing", on=True)
    page = mine.get("/me/data/looks/").content.decode()
    assert "accounts.person_read" not in page  # not before its fixed day
    noon.move_to(FIRST_OF_MAY)
    mine.force_login(people("passenger"))
    placed()
    assert not seen.TELLING.run(at=clock.now()).failed
    newest = mine.get("/journal/checkpoint").content.decode()
    size = saved.splitlines()[1]
    page = mine.get("/me/data/looks/", {"saved": size}).content.decode()
    assert page.count("accounts.person_read") == 2
    links = re.findall(r'href="(/me/data/looks/\d+/proof.json[^"]*)"', page)
    looks = 0
    for link in links:
        answer = mine.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200
        code, said = checked(tmp_path, script, answer.content, saved)
        assert code == 0, said
        assert f"all {size} lines" in said
        assert checked(tmp_path, script, answer.content, newest)[0] == 0
        assert checked(tmp_path, script, answer.content)[0] == 0
        proof = json.loads(answer.content)
        looks += "accounts.person_read" in proof["line"]
        assert (
            '"supervisor",' in proof["line"] or '"member"' in proof["line"]
        )  # a role, and no colleague's code
        for changed in (
            proof | {"line": proof["line"].replace("20", "21", 1)},
            proof | {"index": proof["index"] + 1},
            proof | {"checkpoint": saved.replace(f"\n{size}\n", "\n1\n")},
            proof | {"consistency": {size: proof["consistency"][size][:-1]}},
            proof | {"consistency": {}},
        ):
            code, said = checked(tmp_path, script, json.dumps(changed).encode(), saved)
            assert (code, said.splitlines()[-1][:10]) == (1, "NOT proven"), changed
    assert looks == 2
    theirs = signed_in("passenger2")
    assert theirs.get(links[0].partition("?")[0]).status_code == 404
    assert mine.get(links[0].partition("?")[0], {"saved": 10**9}).status_code == 404


def lines_told(client):
    """Looks that stand on somebody's page, the newest first."""
    page = client.get("/me/data/looks/").content.decode()
    return [each for each in re.findall(r'translate="no">([a-z._]+)<', page) if each.endswith("_read")]


@pytest.mark.django_db(transaction=True)
def test_what_was_told_stays_and_no_more_is_told_while_something_is_examined_of_which_one_may_not_know(
    rides, signed_in, people, noon, deliver, tmp_path, settings
):
    settings.TIME_URL, settings.JOURNAL_ANCHOR = "", str(tmp_path / "anchor")
    trip = rides.ended()
    mine, staff = signed_in("driver"), signed_in("supervisor")
    staff.get("/admin/people/driver/")
    for month, day in ((4, 1), (4, 30), (5, 2), (5, 1)):
        noon.move_to(FIRST_OF_MAY.replace(month=month, day=day))
        mine.force_login(people("driver"))
        assert lines_told(mine) == []
        told = seen.TELLING.run(at=clock.now())
        assert (told.done > 0, told.failed) == ((month, day) == (5, 1), 0)
    placed()
    assert lines_told(mine) == ["accounts.person_read"]
    page = mine.get("/me/data/looks/").content.decode()
    (when,) = re.findall(r"<strong>([^<]*)</strong> ·", page)
    assert "2 Mar" in when and ":" not in when
    look = AuditEntry.objects.get(action="accounts.person_read", subject="driver")
    record_person_read(account=people("supervisor"), person=people("driver"))
    file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category("harassment"),
        words="he frightened me",
        submission="s" * 16,
    )
    for month in (6, 7):
        assert lines_told(mine) == ["accounts.person_read"]
        assert mine.get(f"/me/data/looks/{look.pk}/proof.json").status_code == 200
        noon.move_to(FIRST_OF_MAY.replace(month=month))
        assert not seen.TELLING.run(at=clock.now()).failed
        mine.force_login(people("driver"))
    later = AuditEntry.objects.filter(action="accounts.person_read", subject="driver").last()
    assert later != look
    assert mine.get(f"/me/data/looks/{later.pk}/proof.json").status_code == 404
