"""Recordings (S7): consent of both, keys of the day, destruction on time with a receipt, holds, playing in a case."""

import hashlib
import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from complaints.models import Complaint
from complaints.services import close_windows, decide
from complaints.states import Finding
from core import clock, holds, jobs, retry
from core.actions import NotNow
from core.actors import SYSTEM
from core.errors import NotFound
from core.four_eyes import SecondPersonNeeded
from core.journal.sequence import sequence
from core.journal.verify import verify
from core.models import AuditEntry, DataHold, FailedWork, Notification
from core.tests.factories import set_policy
from drivers.selectors import driver_of
from police.services import Question, open_phone_request, refuse_request
from police.states import Query
from rides.services import end_trip
from rides.states import Line, Party
from rides.tokens import TripKey
from safety import chunks, keys, selectors, services
from safety.errors import CaseNeeded, ChunkDiffers, ChunkUnreadable, NoConsent, NotAfterHelp, ReasonMissing
from safety.models import Incident, Recording, RecordingKey, RecordingPlay
from safety.states import RecordingPurpose, RecordingState
from safety.tests.factories import Phone, agree, begin

pytestmark = pytest.mark.django_db
HER = Party.PASSENGER


def recorded(rides, *numbers):
    """A trip that was recorded with both consents and is over; (trip, phone)."""
    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    phone.keep(*(numbers or (0, 1, 2)))
    services.end_recording(code=phone.code)
    return trip, phone


def over(rides, people, deliver, *numbers):
    trip, phone = recorded(rides, *numbers)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    return trip, phone


# --- Consent -----------------------------------------------------------------------------------------------


def test_nothing_is_recorded_unless_both_agree(rides):
    trip = rides.under_way()
    with pytest.raises(NoConsent):
        begin(trip)
    agree(trip, HER)
    with pytest.raises(NoConsent):
        begin(trip)
    agree(trip, Party.DRIVER)
    assert begin(trip).code


def test_who_withdraws_stops_it_for_both(rides):
    trip = rides.under_way()
    agree(trip)
    services.answer_recording(key=TripKey(trip.code, HER, "wenzhou"), agreed=False)
    for party in Party:
        assert not selectors.recording_question(trip, party).runs
    with pytest.raises(NoConsent):
        begin(trip, party=Party.DRIVER)


def test_a_refusal_never_refuses_the_ride(rides, people):
    trip = rides.arrived()
    services.answer_recording(key=TripKey(trip.code, HER, "wenzhou"), agreed=False)
    from rides.services import board_trip, confirm_car

    confirm_car(passenger=people("passenger"), trip_code=trip.code)
    assert (
        board_trip(driver=driver_of(people("driver")), trip_code=trip.code, code=trip.boarding_code).refusal
        is None
    )


def test_a_line_may_make_it_a_condition_for_drivers_alone(rides):
    trip = rides.under_way()
    set_policy("safety.recording_of_drivers", [Line.HITCH])
    assert not selectors.recording_question(trip, HER).runs
    assert not selectors.recording_question(trip, Party.DRIVER).may_answer
    agree(trip, HER)
    assert selectors.recording_question(trip, Party.DRIVER).runs


def test_nothing_is_recorded_before_boarding_or_after_the_end(rides, people, deliver):
    waiting = rides.accepted("passenger2", "driver2")
    agree(waiting)
    with pytest.raises(NoConsent):
        begin(waiting)
    trip, _phone = over(rides, people, deliver)
    with pytest.raises(NoConsent):
        begin(trip)


def test_live_sound_needs_a_call_for_help_of_the_same_side(rides):
    trip = rides.under_way()
    with pytest.raises(NotAfterHelp):
        begin(trip, RecordingPurpose.SOS)
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    with pytest.raises(NotAfterHelp):
        begin(trip, RecordingPurpose.SOS, Party.DRIVER)
    assert begin(trip, RecordingPurpose.SOS).code


# --- Chunks ------------------------------------------------------------------------------------------------


def test_a_chunk_opens_only_as_what_it_was_sealed(rides):
    trip = rides.under_way()
    agree(trip)
    phone, other = begin(trip), begin(trip, party=Party.DRIVER)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key, whole = AESGCM(phone.raw), phone.seal(3)
    assert chunks.open_chunk(key, phone.code, 3, whole).endswith(b"sound 3 ")
    for code, number, stored in (
        (phone.code, 4, whole),
        (other.code, 3, whole),
        (phone.code, 3, whole[:-1]),
        (phone.code, 3, whole[:5]),
        (phone.code, 3, b""),
        (phone.code, 3, whole[:20] + bytes([whole[20] ^ 1]) + whole[21:]),
    ):
        with pytest.raises(ChunkUnreadable):
            chunks.open_chunk(key, code, number, stored)


def test_a_chunk_is_kept_once_and_never_changed(rides):
    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    stored = phone.seal(0)
    chunks.write(phone.code, 0, stored)
    chunks.write(phone.code, 0, stored)
    with pytest.raises(ChunkDiffers):
        chunks.write(phone.code, 0, phone.seal(0))
    assert chunks.read(phone.code, 0) == stored


def test_what_a_process_left_half_written_is_cut_off_by_the_next(rides):
    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    phone.keep(0, 1)
    path = Path(chunks._path(chunks.storages["recordings"], phone.code))
    whole = path.stat().st_size
    with path.open("ab") as torn:
        torn.write(b"HHck\x00\x00\x00\x02\x00\x00\x10\x00and then it died")
    chunks._files.clear()  # another process
    assert chunks.numbers(phone.code) == [0, 1]
    phone.keep(2)
    chunks._files.clear()
    assert chunks.numbers(phone.code) == [0, 1, 2]
    assert path.stat().st_size > whole


def test_two_processes_append_to_one_recording(rides):
    import multiprocessing

    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    path = chunks._path(chunks.storages["recordings"], phone.code)
    stored = [phone.seal(number) for number in range(200)]
    fork = multiprocessing.get_context("fork")
    writers = [fork.Process(target=_append, args=(path, stored, start)) for start in (0, 1)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert chunks.numbers(phone.code) == list(range(200))
    assert all(chunks.read(phone.code, number) == stored[number] for number in range(200))


def _append(path, stored, start):
    """Every second chunk is this process's own, and each tenth both processes send."""
    found = chunks._Frames(path)
    for number, chunk in enumerate(stored):
        if number % 2 == start or number % 10 == 0:
            found.append(number, chunk)
    os._exit(0)


def test_the_end_counts_what_lies_there_and_what_is_missing(rides):
    _trip, phone = recorded(rides, 0, 1, 4)
    row = Recording.objects.get(code=phone.code)
    assert (row.state, row.chunks, row.missing) == (RecordingState.ENDED, 3, 2)
    assert row.bytes == chunks.size(phone.code)
    phone.keep(2)
    services.end_recording(code=phone.code, last=5)
    row.refresh_from_db()
    assert (row.chunks, row.missing, row.last) == (4, 2, 5)
    health = selectors.health_of(row)
    assert (health.seconds, health.gaps) == (40.0, 20.0)
    assert not health.usable


def test_chunks_after_the_last_one_are_not_taken_late_ones_before_it_are(rides):
    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    services.end_recording(code=phone.code, last=7)
    sound = selectors.sound_of(phone.code)
    assert sound.takes(7)
    assert not sound.takes(8)


def test_a_phone_that_stops_before_its_first_chunk_misses_nothing(rides):
    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    for _time in range(2):
        services.end_recording(code=phone.code, last=-1)
    row = Recording.objects.get(code=phone.code)
    assert (row.state, row.chunks, row.missing) == (RecordingState.ENDED, 0, 0)


def test_a_writer_and_listeners_share_one_file(rides):
    import threading

    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    stored = [phone.seal(number) for number in range(400)]
    wrong = []

    def listen():
        while len(chunks.numbers(phone.code)) < len(stored):
            newest = chunks.numbers(phone.code)[-3:]
            wrong.extend(number for number in newest if chunks.read(phone.code, number) != stored[number])
            chunks.size(phone.code)

    listeners = [threading.Thread(target=listen) for _each in range(3)]
    for listener in listeners:
        listener.start()
    for number, chunk in enumerate(stored):
        chunks.write(phone.code, number, chunk)
    for listener in listeners:
        listener.join()
    assert wrong == []
    assert chunks.numbers(phone.code) == list(range(400))


@pytest.mark.parametrize(
    ("mime", "known"),
    [
        ("audio/webm", True),
        ("audio/webm;codecs=opus", True),
        ('audio/mp4; codecs="mp4a.40.2"', True),
        ("audio/webm\r\nX-Injected: 1", False),
        ("audio/webm;codecs=<script>", False),
        ("audio/wav", False),
        ("", False),
    ],
)
def test_the_kind_of_sound_is_one_that_browsers_record(rides, mime, known):
    from safety.errors import SoundUnknown
    from safety.tests.factories import wrapped

    trip = rides.under_way()
    agree(trip)
    day = keys.public_key()

    def start():
        return services.begin_recording(
            key=TripKey(trip.code, HER, "wenzhou"),
            purpose=RecordingPurpose.TRIP,
            day=day.day,
            wrapped=wrapped(os.urandom(32), day.spki),
            mime=mime,
        )

    if known:
        assert start().code
    else:
        with pytest.raises(SoundUnknown):
            start()


def test_a_recording_whose_phone_went_silent_ends_by_itself(rides, noon):
    trip = rides.under_way()
    agree(trip)
    phone = begin(trip)
    phone.keep(0, 1)
    assert services.close_silent_recordings(at=clock.now()) == 0
    noon.shift(timedelta(minutes=3))
    assert services.close_silent_recordings(at=clock.now()) == 1
    assert Recording.objects.get(code=phone.code).chunks == 2


# --- Destruction -------------------------------------------------------------------------------------------


def test_72_hours_after_the_trip_key_and_objects_are_gone_and_a_receipt_proves_it(
    rides, people, deliver, noon
):
    _trip, phone = over(rides, people, deliver)
    noon.shift(timedelta(hours=72, seconds=-1))
    assert services.destroy_due(at=clock.now()) == 0
    assert selectors.sound_of(phone.code).key == phone.raw
    noon.shift(1)
    assert services.destroy_due(at=clock.now()) == 1
    assert not RecordingKey.objects.exists()
    assert chunks.numbers(phone.code) == []
    with pytest.raises(NotFound):
        selectors.sound_of(phone.code)
    sequence()
    receipt = selectors.verify_receipt(phone.code)
    assert receipt.ok, receipt.faults
    assert verify().ok


def test_a_receipt_that_is_not_true_is_found_out(rides, people, deliver, noon):
    _trip, phone = over(rides, people, deliver)
    assert "not destroyed" in selectors.verify_receipt(phone.code).faults
    noon.shift(timedelta(hours=73))
    services.destroy_due(at=clock.now())
    row = Recording.objects.get(code=phone.code)
    phone.keep(0)
    assert selectors.verify_receipt(phone.code).faults == ["its objects are there"]
    chunks.erase(phone.code)
    RecordingKey.objects.create(recording=row, wrapped_by="20200101", wrapped=b"x")
    assert selectors.verify_receipt(phone.code).faults == ["its key is there"]
    RecordingKey.objects.all().delete()
    Recording.objects.filter(pk=row.pk).update(key_digest=hashlib.sha256(b"another").hexdigest())
    assert selectors.verify_receipt(phone.code).faults == ["the receipt names other recordings"]
    Recording.objects.filter(pk=row.pk).update(key_digest=row.key_digest)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE core_auditentry SET actor = 'somebody' WHERE action = 'safety.recordings_destroyed'"
        )
    assert selectors.verify_receipt(phone.code).faults == ["the journal's line was changed"]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_auditentry WHERE action = 'safety.recordings_destroyed'")
    assert selectors.verify_receipt(phone.code).faults == ["the journal has no such receipt"]


def test_a_process_that_died_between_key_and_objects_leaves_noise_and_the_next_one_removes_it(
    rides, people, deliver, noon, monkeypatch
):
    _trip, phone = over(rides, people, deliver)
    noon.shift(timedelta(hours=73))
    monkeypatch.setattr(chunks, "erase", lambda code: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        services.destroy_due(at=clock.now())
    monkeypatch.undo()
    assert not RecordingKey.objects.exists()
    assert chunks.numbers(phone.code)
    assert services.erase_rest() == 1
    assert selectors.verify_receipt(phone.code).ok


def test_yesterdays_backup_opens_nothing(rides, people, deliver, noon, settings):
    """The rows of yesterday are put back, with all that yesterday's database knew; the folder of keys is today's."""
    _trip, phone = over(rides, people, deliver)
    backup = list(RecordingKey.objects.values("recording_id", "wrapped_by", "wrapped"))
    assert keys.unwrap(backup[0]["wrapped_by"], bytes(backup[0]["wrapped"]), context=phone.code) == phone.raw
    noon.shift(timedelta(days=1))
    assert services.turn_wrapping_keys() == 1
    assert selectors.sound_of(phone.code).key == phone.raw  # what lives is open under the key of today
    RecordingKey.objects.all().delete()
    for row in backup:
        RecordingKey.objects.create(**row)
    with pytest.raises(keys.KeyUnreadable):
        selectors.sound_of(phone.code)
    assert keys.days() == [keys.today()]


def test_the_keys_of_a_day_are_not_destroyed_while_something_lives_under_them(
    rides, people, deliver, noon, monkeypatch
):
    _trip, phone = over(rides, people, deliver)
    noon.shift(timedelta(days=1))
    monkeypatch.setattr("safety.services.recordings._rewrap", lambda newest, limit, *, after: None)
    services.turn_wrapping_keys()
    assert len(keys.days()) == 2
    assert selectors.sound_of(phone.code).key == phone.raw


def test_a_browser_that_wrapped_to_a_day_that_is_over_is_told(rides, noon):
    trip = rides.under_way()
    agree(trip)
    day = keys.public_key()
    noon.shift(timedelta(days=1))
    services.turn_wrapping_keys()
    from safety.tests.factories import wrapped

    with pytest.raises(keys.KeyChanged):
        services.begin_recording(
            key=TripKey(trip.code, HER, "wenzhou"),
            purpose=RecordingPurpose.TRIP,
            day=day.day,
            wrapped=wrapped(os.urandom(32), day.spki),
            mime="audio/webm",
        )


@pytest.mark.parametrize("day", ["../../etc", "20260302/..", "", "2026030"])
def test_a_day_that_is_none_reads_no_file(day):
    with pytest.raises(keys.KeyChanged):
        keys.open_from_browser(day, "AAAA")


# --- Holds -------------------------------------------------------------------------------------------------


def test_a_call_for_help_holds_the_recording_and_closing_releases_it_at_once(rides, people, deliver, noon):
    trip, phone = recorded(rides)
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    noon.shift(timedelta(hours=80))
    assert services.destroy_due(at=clock.now()) == 0
    incident = Incident.objects.get(trip=trip)
    agent, specialist = people("agent"), people("specialist")
    services.take_incident(account=agent, code=incident.code)
    services.resolve_incident(account=agent, code=incident.code, outcome="safe", harm="none", words="at home")
    services.close_incident(account=specialist, code=incident.code)
    assert services.destroy_due(at=clock.now()) == 1
    assert phone.code


def test_what_the_police_have_stays_held_until_it_lapses(rides, people, deliver, noon):
    trip, _phone = recorded(rides)
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    incident = Incident.objects.get(trip=trip)
    services.take_incident(account=people("agent"), code=incident.code)
    services.resolve_incident(
        account=people("agent"), code=incident.code, outcome="police", harm="none", words="they have it"
    )
    services.close_incident(account=people("specialist"), code=incident.code)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    noon.shift(timedelta(days=13))
    assert services.destroy_due(at=clock.now()) == 0
    noon.shift(timedelta(days=1))
    assert services.destroy_due(at=clock.now()) == 1


def test_a_hold_lapses_after_14_days_unless_two_people_renew_it(rides, people, noon, deliver):
    trip = rides.under_way()
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    deliver()
    hold = DataHold.objects.get()
    agent, specialist = people("agent").actor, people("specialist").actor
    with pytest.raises(NotNow):
        holds.renew(actor=agent, code=hold.code, reason="nobody asked")
    holds.ask_to_renew(actor=agent, code=hold.code, reason="the court asks")
    with pytest.raises(SecondPersonNeeded):
        holds.renew(actor=agent, code=hold.code, reason="me again")
    noon.shift(timedelta(days=13))
    holds.renew(actor=specialist, code=hold.code, reason="agreed")
    noon.shift(timedelta(days=13))
    assert holds.held([trip.code]) == {trip.code}
    noon.shift(timedelta(days=1))
    assert holds.held([trip.code]) == set()
    with pytest.raises(NotFound):
        holds.ask_to_renew(actor=agent, code=hold.code, reason="too late")


def test_what_two_renewed_is_not_released_by_one(rides, people, deliver):
    """One agent refuses the request of the police whose hold two people renewed: what was recorded stays."""
    trip = rides.under_way()
    asked = open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="1",
        question=Question(Query.TRIP, trip.code, clock.now(), why_not_written="x"),
        submission="s",
    ).request
    hold = DataHold.objects.get()
    holds.ask_to_renew(actor=people("agent").actor, code=hold.code, reason="the court asks")
    holds.renew(actor=people("specialist").actor, code=hold.code, reason="agreed")
    holds.ask_to_renew(actor=people("agent").actor, code=hold.code, reason="once more")
    refuse_request(account=people("agent"), code=asked.code, reason="x", why="no_data")
    assert holds.held([trip.code]) == {trip.code}


def test_the_database_refuses_a_renewal_by_one_person(rides, people, deliver):
    trip = rides.under_way()
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    deliver()
    with pytest.raises(IntegrityError, match="data_hold_renewed_by_two_people"), transaction.atomic():
        DataHold.objects.update(renewed_first_by="agent", renewed_by="agent", renewed_at=clock.now())


def test_holds_are_renewed_on_the_recordings_page_and_a_refusal_keeps_it(rides, signed_in, deliver):
    trip, phone = recorded(rides)
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    deliver()
    hold, before = DataHold.objects.get(), DataHold.objects.get().until
    hers, address = signed_in("agent"), f"/admin/recordings/{phone.code}/do"
    for action in ("ask-to-renew", "renew"):
        assert hers.post(f"{address}/{action}/").status_code == 400
        assert hers.post(f"{address}/{action}/", {"hold": hold.code}).status_code == 400
    assert hers.post(f"{address}/ask-to-renew/", {"hold": hold.code, "reason": "court"}).status_code == 302
    refused = hers.post(f"{address}/renew/", {"hold": hold.code, "reason": "me again"})
    assert (refused.status_code, "me again" in refused.content.decode()) == (409, True)
    assert "you had a part in it already" in refused.content.decode()
    assert DataHold.objects.get().renewed_at is None
    signed_in("supervisor").post(f"{address}/renew/", {"hold": hold.code, "reason": "agreed"})
    assert DataHold.objects.get().until >= before
    assert DataHold.objects.get().renewed_by == "supervisor"


def test_a_hold_that_lapsed_may_be_placed_anew(rides, noon, django_db_blocker):
    from django.db import transaction

    trip = rides.under_way()
    for _time in range(2):
        with transaction.atomic():
            holds.place(actor=SYSTEM, subject=trip.code, source="sos", case="I-1")
        noon.shift(timedelta(days=15))
    assert DataHold.objects.count() == 2
    assert DataHold.objects.filter(released_by="lapsed").count() == 1


def test_keep_this_recording_opens_a_case_that_holds_it(rides, people, deliver, noon):
    trip, phone = over(rides, people, deliver)
    services.keep_recording(account=people("passenger"), trip_code=trip.code, words="he shouted")
    assert holds.held([trip.code])
    deliver()
    case = Complaint.objects.get(trip=trip)
    noon.shift(timedelta(hours=100))
    assert services.destroy_due(at=clock.now()) == 0
    services.play_recording(
        account=people("agent"), code=phone.code, case=case.code, reason="what was shouted"
    )
    decide(
        account=people("adjudicator"), code=case.code, finding=Finding.UPHELD, awards=[], reason="heard",
        cites=[phone.code],
    )  # fmt: skip
    # Whoever decides on an appeal must be able to hear it.
    assert services.destroy_due(at=clock.now()) == 0
    noon.shift(timedelta(days=15, seconds=1))
    close_windows(at=clock.now())
    assert services.destroy_due(at=clock.now()) == 1


def test_only_the_passenger_may_ask_and_only_while_it_is_there(rides, people, deliver, noon):
    trip, _phone = over(rides, people, deliver)
    with pytest.raises(NotFound):
        services.keep_recording(account=people("driver"), trip_code=trip.code, words="")
    noon.shift(timedelta(hours=73))
    services.destroy_due(at=clock.now())
    with pytest.raises(NotFound):
        services.keep_recording(account=people("passenger"), trip_code=trip.code, words="")


# --- Playing -----------------------------------------------------------------------------------------------


def test_a_recording_is_played_only_in_an_open_case_of_its_trip_and_with_a_reason(rides, people):
    trip, phone = recorded(rides)
    agent = people("agent")
    with pytest.raises(CaseNeeded):
        services.play_recording(account=agent, code=phone.code, case="I-NONE", reason="curious")
    other = rides.under_way("passenger2", "driver2")
    services.raise_sos(key=TripKey(other.code, HER, "wenzhou"))
    with pytest.raises(CaseNeeded):
        services.play_recording(
            account=agent, code=phone.code, case=Incident.objects.get().code, reason="another trip's"
        )
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    case = Incident.objects.get(trip=trip).code
    with pytest.raises(ReasonMissing):
        services.play_recording(account=agent, code=phone.code, case=case, reason=" ")
    play = services.play_recording(account=agent, code=phone.code, case=case, reason="hear what happens")
    mime, pieces = services.sound_of_play(account=agent, code=phone.code, play=play.pk)
    heard = b"".join(pieces)
    assert mime == "audio/webm"
    assert heard.count(b"sound 2 ") == 20
    assert AuditEntry.objects.filter(action="safety.recording_played", case=case, subject=phone.code).exists()
    with pytest.raises(NotFound):
        services.sound_of_play(account=people("specialist"), code=phone.code, play=play.pk)


def test_after_a_gap_it_is_played_from_a_whole_piece_on(rides, people):
    trip, phone = recorded(rides, 0, 1)
    chunks.write(phone.code, 5, phone.seal(5, b"the rest of a piece" + b"\x1f\x43\xb6\x75next"))
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    case = Incident.objects.get().code
    play = services.play_recording(account=people("agent"), code=phone.code, case=case, reason="hear")
    _mime, pieces = services.sound_of_play(account=people("agent"), code=phone.code, play=play.pk)
    assert list(pieces)[-1] == b"\x1f\x43\xb6\x75next"


def test_those_concerned_are_told_after_a_week_when_no_case_is_open_any_more(rides, people, deliver, noon):
    trip, phone = recorded(rides)
    services.raise_sos(key=TripKey(trip.code, HER, "wenzhou"))
    incident, agent = Incident.objects.get(), people("agent")
    for _time in range(2):
        services.play_recording(account=agent, code=phone.code, case=incident.code, reason="hear")
    noon.shift(timedelta(days=8))
    assert services.tell_of_plays() == 0
    services.take_incident(account=agent, code=incident.code)
    services.resolve_incident(account=agent, code=incident.code, outcome="safe", harm="none", words="fine")
    services.close_incident(account=people("specialist"), code=incident.code)
    assert services.tell_of_plays() == 0  # somebody is aboard: nothing on the driver's phone may change
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    assert services.tell_of_plays() == 2
    told = Notification.objects.filter(key__startswith="played:")
    assert sorted(row.key.rsplit(":", 1)[1] for row in told) == ["driver", "passenger"]
    assert not RecordingPlay.objects.filter(told_at=None).exists()


def test_a_line_in_the_journal_names_no_sound(rides):
    _trip, phone = recorded(rides)
    said = str(list(AuditEntry.objects.values("action", "facts")))
    assert phone.raw.hex() not in said
    assert isinstance(phone, Phone)


# --- One bad row ----------------------------------------------------------------------------------------------


def test_a_key_that_nothing_opens_is_set_aside_and_the_old_days_end_all_the_same(
    rides, people, deliver, noon
):
    """Its day was destroyed by design, a backup brought the row back: it must not keep other days alive for ever."""
    _trip, phone = over(rides, people, deliver)
    lost = RecordingKey.objects.get()
    old = RecordingKey(recording_id=lost.recording_id, wrapped_by="20200101", wrapped=lost.wrapped)
    other = Recording.objects.create(
        **{
            field.attname: getattr(lost.recording, field.attname)
            for field in Recording._meta.concrete_fields
            if field.attname not in {"id", "code"}
        },
        code="A-LOST",
    )
    old.recording_id = other.pk
    old.save(force_insert=True)
    noon.shift(timedelta(days=1))
    assert services.turn_wrapping_keys() == 1
    assert keys.days() == [keys.today()]
    assert selectors.sound_of(phone.code).key == phone.raw
    row = FailedWork.objects.get(kind="safety.recording_keys")
    assert (row.key, row.needs_person_at is not None) == ("A-LOST", True)
    noon.shift(timedelta(days=1))
    assert services.turn_wrapping_keys() == 1  # and so on the days after
    assert keys.days() == [keys.today()]
    old.delete()
    services.turn_wrapping_keys()
    row.refresh_from_db()
    assert row.closed_at is not None  # what is destroyed needs nobody


def test_a_key_file_that_cannot_be_read_now_keeps_its_day(rides, people, deliver, noon, settings):
    """What it wraps is not lost: an error of the disk must not become the end of evidence."""
    _trip, phone = over(rides, people, deliver)
    day = keys.today()
    noon.shift(timedelta(days=1))
    path = Path(settings.RECORDING_KEYS) / f"{day}.aes"
    kept = path.read_bytes()
    path.unlink()
    path.mkdir()  # reading it is an error of the file system, not its absence
    assert services.turn_wrapping_keys() == 0
    assert path.exists()
    assert FailedWork.objects.get(kind="safety.recording_keys").needs_person_at is None
    path.rmdir()
    path.write_bytes(kept)
    noon.shift(timedelta(seconds=30))
    assert services.turn_wrapping_keys() == 1
    assert selectors.sound_of(phone.code).key == phone.raw
    assert FailedWork.objects.get(kind="safety.recording_keys").closed_at is not None


def test_recordings_are_destroyed_behind_one_whose_file_cannot_be_removed(rides, people, deliver, noon):
    trip = rides.under_way()
    agree(trip)
    phones = [begin(trip), begin(trip, party=Party.DRIVER)]
    for each in phones:
        each.keep(0, 1)
        services.end_recording(code=each.code)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    files = [Path(chunks._path(chunks.storages["recordings"], each.code)) for each in phones]
    files[0].rename(files[0].with_suffix(".kept"))
    files[0].mkdir()  # what stands there is no file, and removing it as one fails
    noon.shift(timedelta(hours=73))
    assert services.destroy_due(at=clock.now()) == 2
    assert not RecordingKey.objects.exists()
    assert (files[0].exists(), files[1].exists()) == (True, False)
    row = FailedWork.objects.get(kind="safety.erase_recordings")
    assert row.closed_at is None
    files[0].rmdir()
    files[0].with_suffix(".kept").rename(files[0])
    noon.shift(timedelta(minutes=1))
    assert services.erase_rest() == 1
    assert not files[0].exists()
    row.refresh_from_db()
    assert row.closed_at is not None


def test_destruction_and_turning_of_keys_stop_when_their_turn_is_over_and_go_on_in_the_next(
    rides, people, deliver, noon
):
    trip = rides.under_way()
    agree(trip)
    phones = [begin(trip), begin(trip, party=Party.DRIVER)]
    for each in phones:
        each.keep(0)
        services.end_recording(code=each.code)
    end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    deliver()
    noon.shift(timedelta(days=1))

    def in_a_turn_that_is_over(act):
        job = jobs.whole("test.turn", "x", act)
        retry._declared.pop("test.turn")
        return job.run(at=clock.now(), seconds=0)

    ran = in_a_turn_that_is_over(lambda _at: services.turn_wrapping_keys(limit=1))
    assert (ran.total, ran.left, len(keys.days())) == (1, True, 2)  # the day of the other stays
    assert services.turn_wrapping_keys(limit=1) == 1
    assert keys.days() == [keys.today()]
    noon.shift(timedelta(hours=73))
    ran = in_a_turn_that_is_over(lambda at: services.destroy_due(at=at, limit=1))
    assert (ran.total, ran.left) == (1, True)
    assert services.destroy_due(at=clock.now(), limit=1) == 1
