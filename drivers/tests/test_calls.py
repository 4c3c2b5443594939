"""A reviewer's video call (D4): one reviewer, two sides, what they tell each other, and a recording by consent."""

import base64
import hmac
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.template.loader import render_to_string
from django.test import override_settings
from django.utils.translation import override

from accounts.models import Account
from core import clock, formats, pictures, policy
from core.actors import SYSTEM
from core.errors import Forbidden, InvalidInput, NotFound, TooMany
from core.models import AuditEntry, StoredPicture
from core.own_data import consents_of, set_consent
from core.tests.factories import set_policy
from drivers.errors import CallOver, CallTaken, NotRecorded, NotSeen
from drivers.models import VideoCall, VideoPart, VideoSignal
from drivers.own_data import _files as files_of
from drivers.own_data import face_rows
from drivers.policies import VIDEO_CALL_LASTS, VIDEO_CALL_LEAST
from drivers.selectors import driver_of, recordings_of, signals_for
from drivers.services import (
    ask_video_check,
    decide_video_check,
    give_face_consent,
    give_video_consent,
    hang_up,
    keep_part,
    read_recording,
    say_in_call,
    take_video_check,
    withdraw_face_consent,
    withdraw_video_consent,
)
from drivers.services.calls import LATE, LONGEST, MOST_SIGNALS, PART_LARGEST, PURPOSE
from drivers.states import CallSide, CallWord, FacePurpose
from drivers.tests.factories import seen_by_video

WEBM = b"\x1a\x45\xdf\xa3 a head"
TAKE = "00000000-0000-4000-8000-000000000001"


@pytest.fixture
def driver(people):
    return driver_of(people("driver"))


@pytest.fixture
def check(driver):
    return ask_video_check(driver=driver, purpose=FacePurpose.DAILY)


@pytest.fixture
def call(people, check):
    return take_video_check(account=people("vetting"), code=check.code)


def say(account, check, side, word, body=""):
    return say_in_call(account=account, code=check.code, side=side, word=word, body=body)


def decide(people, check, who="vetting", same=True):
    return decide_video_check(account=people(who), code=check.code, same=same, reason="face and card")


def part(people, check, number=0, content=WEBM, take=TAKE, who="vetting"):
    keep_part(account=people(who), code=check.code, take=take, number=number, upload=content)


# --- One reviewer --------------------------------------------------------------------------------


def test_one_reviewer_takes_it_and_others_are_told_who(people, check, call):
    assert take_video_check(account=people("vetting"), code=check.code) == call
    with pytest.raises(CallTaken) as refused:
        take_video_check(account=people("supervisor"), code=check.code)
    assert refused.value.params == {"who": "vetting"}
    for who in ("agent", "specialist", "driver"):
        with pytest.raises(Forbidden):
            take_video_check(account=people(who), code=check.code)
    assert AuditEntry.objects.get(action="drivers.video_taken").case == check.code


def test_whoever_hangs_up_leaves_it_to_others(people, check, call):
    hang_up(account=people("vetting"), code=check.code)
    call.refresh_from_db()
    assert call.ended_why == "hung_up"
    assert take_video_check(account=people("supervisor"), code=check.code) != call
    with pytest.raises(CallTaken):
        hang_up(account=people("vetting"), code=check.code)


@pytest.mark.django_db(transaction=True)
def test_of_two_reviewers_at_once_one_has_it(check):
    gate = Barrier(2)

    def take(who):
        account = Account.objects.get(code=who)
        gate.wait()
        try:
            return take_video_check(account=account, code=check.code).reviewer
        except CallTaken as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(take, ["vetting", "supervisor"]))
    call = VideoCall.objects.get()
    assert [each for each in found if isinstance(each, str)] == [call.reviewer]
    assert sum(isinstance(each, CallTaken) for each in found) == 1


def test_a_wish_lives_as_long_as_its_call_and_ends_with_it(people, check, noon):
    noon.shift(1795)
    call = take_video_check(account=people("vetting"), code=check.code)
    noon.shift(890)
    say(people("vetting"), check, CallSide.REVIEWER, CallWord.HELLO)
    noon.shift(20)
    with pytest.raises(CallOver):
        say(people("vetting"), check, CallSide.REVIEWER, CallWord.HELLO)
    assert LATE.run(at=clock.now()).total == 1
    call.refresh_from_db()
    assert call.ended_why == "late"
    assert not VideoSignal.objects.exists()


# --- Two sides -----------------------------------------------------------------------------------


def test_each_side_hears_the_other_one_alone(people, driver, check, call):
    reviewer = people("vetting")
    first = say(driver.account, check, CallSide.DRIVER, CallWord.HELLO)
    say(reviewer, check, CallSide.REVIEWER, CallWord.OFFER, "{}")
    say(driver.account, check, CallSide.DRIVER, CallWord.ANSWER, '{"a": 1}')
    assert [row.kind for row in signals_for(call, CallSide.DRIVER, first)] == ["offer"]
    assert [row.kind for row in signals_for(call, CallSide.REVIEWER, 0)] == ["hello", "answer"]
    say(driver.account, check, CallSide.DRIVER, CallWord.HELLO)  # its page was loaded anew
    assert [row.kind for row in signals_for(call, CallSide.REVIEWER, 0)] == ["hello"]


def test_nobody_else_hears_or_says_anything(people, check, call, signed_in):
    own, theirs = (f"/api/v1/{way}video-checks/{check.code}/call/" for way in ("driver/", ""))
    hello = {"kind": "hello"}
    assert signed_in("driver").post(own, hello, "application/json").status_code == 200
    assert signed_in("vetting").post(theirs, hello, "application/json").status_code == 200
    for who, path in (
        ("driver2", own),
        ("passenger", own),
        ("supervisor", theirs),
        ("agent", theirs),
        ("driver", theirs),
        ("vetting", own),
    ):
        client = signed_in(who)
        assert client.get(path).status_code in {403, 404}, (who, path)
        assert client.post(path, hello, "application/json").status_code in {403, 404}, (who, path)
    hang_up(account=people("vetting"), code=check.code)
    for who, path in (("driver", own), ("vetting", theirs)):
        assert signed_in(who).get(path).json()["code"] == "call_over"
        assert signed_in(who).post(path, hello, "application/json").status_code == 409
    assert not VideoSignal.objects.exists()


def test_before_anybody_calls_there_is_nothing_to_hear(check, signed_in):
    assert signed_in("driver").get(f"/api/v1/driver/video-checks/{check.code}/call/").status_code == 409
    assert signed_in("vetting").get(f"/api/v1/video-checks/{check.code}/call/").status_code == 404


@pytest.mark.parametrize(
    ("side", "word", "body"),
    [
        (CallSide.DRIVER, CallWord.OFFER, "{}"),
        (CallSide.REVIEWER, CallWord.ANSWER, "{}"),
        (CallSide.DRIVER, CallWord.ANSWER, "x" * (LONGEST[CallWord.ANSWER] + 1)),
        (CallSide.DRIVER, CallWord.CANDIDATE, "x" * (LONGEST[CallWord.CANDIDATE] + 1)),
        (CallSide.DRIVER, CallWord.HELLO, "x"),
        (CallSide.DRIVER, CallWord.TROUBLE, "bored"),
    ],
)
def test_what_no_browser_says_is_not_kept(people, driver, check, call, side, word, body):
    account = driver.account if side == CallSide.DRIVER else people("vetting")
    with pytest.raises(InvalidInput):
        say(account, check, side, word, body)
    assert not VideoSignal.objects.exists()


def test_nobody_fills_it(driver, check, call):
    VideoSignal.objects.bulk_create(
        VideoSignal(call=call, side="driver", kind="candidate") for _each in range(MOST_SIGNALS)
    )
    with pytest.raises(TooMany):
        say(driver.account, check, CallSide.DRIVER, CallWord.CANDIDATE, "{}")
    say(driver.account, check, CallSide.DRIVER, CallWord.HELLO)
    say(driver.account, check, CallSide.DRIVER, CallWord.CANDIDATE, "{}")


def test_a_driver_who_hangs_up_waits_for_another(people, driver, check, call):
    say(driver.account, check, CallSide.DRIVER, CallWord.BYE)
    call.refresh_from_db()
    assert call.ended_why == "left"
    take_video_check(account=people("supervisor"), code=check.code)


RELAYS = ["stun:relay.example.com", "turns:relay.example.com:5349?transport=tcp"]


def relay_knows(username, credential):
    """As coturn looks at it (`use-auth-secret`): whether it lets them in now, and who it is."""
    made = hmac.digest(b"shared with the relay", username.encode(), "sha1")
    until, _colon, who = username.partition(":")
    return credential == base64.b64encode(made).decode() and int(until) > time.time(), who


@override_settings(TURN_URLS=RELAYS, TURN_SECRET="shared with the relay")
def test_a_relay_is_told_to_the_two_alone_for_as_long_as_the_call(check, call, signed_in, people):
    """Each has their own words for it, once for a page, which end with the call."""
    driver, reviewer = (
        f"/api/v1/driver/video-checks/{check.code}/call/",
        f"/api/v1/video-checks/{check.code}/call/",
    )
    for who, at in (("driver", driver), ("vetting", reviewer)):
        client = signed_in(who)
        free, relayed = client.post(at, {"kind": "hello"}, "application/json").json()["ice_servers"]
        assert free == {"urls": RELAYS[:1]}
        assert relayed["urls"] == RELAYS[1:]
        assert relay_knows(relayed["username"], relayed["credential"]) == (True, people(who).code)
        left = int(relayed["username"].partition(":")[0]) - time.time()
        check.refresh_from_db()
        ends = min(check.expires_at, call.taken_at + policy.span(VIDEO_CALL_LASTS))
        assert left == pytest.approx((ends - clock.now()).total_seconds(), abs=5)
        for word in ({"kind": "seen"}, {"kind": "candidate", "body": "{}"}):
            assert client.post(at, word, "application/json").json()["ice_servers"] == []
        assert not {"username", "credential"} & client.get(at).json().keys()
    for who, at in (("driver2", driver), ("supervisor", reviewer), ("passenger", driver)):
        refused = signed_in(who).post(at, {"kind": "hello"}, "application/json")
        assert refused.status_code in {403, 404}
        assert b"relay.example.com" not in refused.content


@override_settings(TURN_URLS=RELAYS, TURN_SECRET="shared with the relay")
def test_words_for_a_relay_end_with_the_longest_call_though_the_wish_is_open_for_hours(
    check, call, signed_in
):
    check.expires_at = call.taken_at + timedelta(hours=9)
    check.save()
    at = f"/api/v1/driver/video-checks/{check.code}/call/"
    _free, relayed = signed_in("driver").post(at, {"kind": "hello"}, "application/json").json()["ice_servers"]
    left = int(relayed["username"].partition(":")[0]) - time.time()
    longest = policy.span(VIDEO_CALL_LASTS).total_seconds()
    assert longest - 60 < left <= longest + 2


@override_settings(TURN_URLS=RELAYS, TURN_SECRET="shared with the relay")
def test_who_hung_up_is_told_of_no_relay(check, call, signed_in):
    client, at = signed_in("driver"), f"/api/v1/driver/video-checks/{check.code}/call/"
    assert client.post(at, {"kind": "bye"}, "application/json").json()["ice_servers"] == []
    assert client.post(at, {"kind": "hello"}, "application/json").status_code == 409


@override_settings(TURN_URLS=RELAYS, TURN_SECRET="shared with the relay")
def test_no_page_names_the_relay_and_its_policy_of_content_lets_calls_be(check, call, signed_in):
    for who, at in (
        ("driver", f"/drive/video/{check.code}/"),
        ("vetting", f"/admin/vetting/videos/{check.code}/"),
        ("passenger", "/me/"),
    ):
        page = signed_in(who).get(at)
        assert page.status_code == 200, at
        assert b"relay.example.com" not in page.content and b"shared with" not in page.content
        assert "webrtc" not in page.headers.get("Content-Security-Policy", "")  # nothing blocks it


def test_without_a_relay_none_is_told(check, call, signed_in):
    at = f"/api/v1/driver/video-checks/{check.code}/call/"
    assert signed_in("driver").post(at, {"kind": "hello"}, "application/json").json()["ice_servers"] == []


# --- Nobody decides unseen -----------------------------------------------------------------------


def test_it_is_decided_only_once_both_have_seen_each_other(people, driver, check, call, noon):
    reviewer = people("vetting")
    for _turn in range(10):  # the reviewer's page alone says so
        noon.shift(2)
        say(reviewer, check, CallSide.REVIEWER, CallWord.SEEN)
    with pytest.raises(NotSeen):
        decide(people, check)
    for _turn in range(5):  # ten times a second is no more than a second
        noon.shift(0.1)
        say(driver.account, check, CallSide.DRIVER, CallWord.SEEN)
    call.refresh_from_db()
    assert (call.connected_at is not None, call.seconds) == (True, 0)
    with pytest.raises(NotSeen):
        decide(people, check, same=False)
    for _turn in range(6):
        noon.shift(2)
        say(driver.account, check, CallSide.DRIVER, CallWord.SEEN)
    decide(people, check)
    call.refresh_from_db()
    assert (call.ended_why, call.seconds) == ("decided", 12)
    assert AuditEntry.objects.filter(action="drivers.video_connected", case=check.code).count() == 1


def test_a_silence_counts_for_no_more_than_a_beat(people, driver, check, call, noon):
    for _turn in range(2):
        for account, side in ((driver.account, CallSide.DRIVER), (people("vetting"), CallSide.REVIEWER)):
            say(account, check, side, CallWord.SEEN)
        noon.shift(300)
    call.refresh_from_db()
    assert call.seconds == 5


def test_what_another_reviewer_saw_decides_nothing(people, check, noon):
    seen_by_video(check, people("vetting"), noon)
    with pytest.raises(CallTaken):
        decide(people, check, "supervisor")
    hang_up(account=people("vetting"), code=check.code)
    with pytest.raises(NotSeen):
        decide(people, check, "supervisor")
    decide(people, check)  # seen is seen, also after a connection that broke


def test_how_long_is_a_policy(people, check, noon):
    set_policy(VIDEO_CALL_LEAST, 60)
    seen_by_video(check, people("vetting"), noon)
    with pytest.raises(NotSeen) as refused:
        decide(people, check)
    assert refused.value.params == {"seconds": 60}


# --- The recording -------------------------------------------------------------------------------


def test_nothing_is_recorded_without_the_drivers_consent(people, driver, check, call):
    with pytest.raises(NotRecorded):
        part(people, check)
    give_video_consent(driver=driver)
    part(people, check)
    withdraw_video_consent(driver=driver)
    with pytest.raises(NotRecorded):
        part(people, check, 1)
    seen = StoredPicture.objects.get(purpose=PURPOSE)
    pictures.sweep(at=seen.keep_until)
    assert not StoredPicture.objects.filter(purpose=PURPOSE, destroyed_at=None).exists()
    say(driver.account, check, CallSide.DRIVER, CallWord.HELLO)  # the call goes on


def test_a_recording_lies_encrypted_and_each_look_is_noted(people, driver, check, call, signed_in):
    give_video_consent(driver=driver)
    for number, content in enumerate((WEBM, b"more", b"most")):
        part(people, check, number, content)
    part(people, check, 1, b"more")  # its answer was lost
    assert VideoPart.objects.count() == 3
    for row in StoredPicture.objects.filter(purpose=PURPOSE):
        with storages["pictures"].open(row.name) as stored:
            found = stored.read()
            assert not any(said in found for said in (WEBM, b"more", b"most"))
    at = f"/admin/vetting/videos/{check.code}/recordings/{TAKE}/"
    before = AuditEntry.objects.filter(action="core.picture_read").count()
    answer = signed_in("supervisor").get(at)
    assert b"".join(answer.streaming_content) == WEBM + b"moremost"
    assert answer.headers["content-type"] == "video/webm"
    assert answer.headers["cache-control"] == "no-store"
    looks = AuditEntry.objects.filter(action="core.picture_read")
    assert looks.count() == before + 1
    assert looks.latest("pk").case == check.code
    for who in ("agent", "specialist", "adjudicator", "driver"):
        assert signed_in(who).get(at).status_code in {302, 403}
    code = VideoPart.objects.first().picture.code
    assert signed_in("vetting").get(f"/admin/pictures/{code}.jpg").status_code == 404


def test_a_recording_is_made_by_its_reviewer_alone_and_of_parts_that_fit(
    people, driver, check, call, signed_in
):
    give_video_consent(driver=driver)
    at = f"/api/v1/video-checks/{check.code}/recording/"

    def send(who, content=WEBM, **changes):
        body = {"take": str(uuid.uuid4()), "number": 0, "part": SimpleUploadedFile("part", content)} | changes
        return signed_in(who).post(at, body).status_code

    assert send("vetting") == 204
    assert send("supervisor") == 404
    assert send("driver") == 403
    for wrong in (
        {"content": b"GIF89a"},
        {"content": WEBM + bytes(PART_LARGEST)},
        {"take": "../x"},
        {"number": -1},
    ):
        assert send("vetting", **wrong) == 400, wrong
    assert VideoPart.objects.count() == 1
    hang_up(account=people("vetting"), code=check.code)
    assert send("vetting") == 409


@pytest.mark.parametrize(("same", "days"), [(True, 3), (False, 180)])
def test_it_is_kept_like_the_frames_of_a_check(people, driver, check, noon, same, days):
    give_video_consent(driver=driver)
    seen_by_video(check, people("vetting"), noon)
    part(people, check)
    decide(people, check, same=same)
    row = StoredPicture.objects.get(purpose=PURPOSE)
    assert round((row.keep_until - row.kept_at).total_seconds() / 86_400) == days
    assert len(recordings_of(check)) == 1
    # Who takes the consent back has it destroyed, unless it shows somebody else.
    give_face_consent(driver=driver)
    withdraw_face_consent(driver=driver)
    driver.refresh_from_db()
    assert driver.video_consent == ""
    pictures.sweep(at=clock.now())
    assert bool(recordings_of(check)) is not same
    if same:
        with pytest.raises(NotFound):
            read_recording(actor=SYSTEM, code=check.code, take=TAKE)


def test_ones_own_data_hold_calls_consent_and_recording(people, driver, check, call):
    account = driver.account
    set_consent(account, "video", on=True)
    driver.refresh_from_db()
    assert driver.video_consent == "video-1"
    assert next(row for row in consents_of(account) if row.key == "video").given
    part(people, check)
    found = {each.name: each for each in files_of(account)}
    assert found[f"{check.code}-call-1.webm"].read() == WEBM
    assert [row["check"] for row in face_rows(account) if row["kind"] == "video_call"] == [check.code]
    set_consent(account, "video", on=False)
    again = next(row for row in consents_of(account) if row.key == "video")
    assert (again.given, again.at is not None) == (False, True)


@pytest.mark.parametrize("body", [{}, {"agreed": ""}, {"agreed": "yes"}])
def test_an_empty_answer_is_none(check, signed_in, driver, body):
    give_video_consent(driver=driver)
    at = f"/drive/video/{check.code}/recording/"
    assert signed_in("driver").post(at, body).status_code == 400
    driver.refresh_from_db()
    assert driver.video_consent
    assert signed_in("driver").post(at, {"agreed": "0"}).status_code == 302
    driver.refresh_from_db()
    assert not driver.video_consent
    assert signed_in("driver2").post(at, {"agreed": "1"}).status_code == 404


def test_refusing_is_noted_too(driver, check):
    withdraw_video_consent(driver=driver)
    assert AuditEntry.objects.filter(action="drivers.video_recording_refused").count() == 1


def test_what_is_said_of_how_long_pictures_and_sound_are_kept_is_the_rule_in_force(people):
    rules = {"drivers.face_frames_kept": 5, "drivers.failed_face_frames_kept": 60}
    for key, days in rules.items():
        set_policy(key, days * 86_400)
    set_policy("safety.recording_kept", 240)
    with override("en"):
        kept, failed, sound = (formats.span(days * 86_400) for days in (*rules.values(), 10))
        camera = " ".join(render_to_string("drivers/_camera.html", {"consented": False}).split())
        assert f"the pictures of a passed check for {kept}, and those of a failed one for {failed}" in camera
        said = {each.key: f"{each.purpose} {each.follows}" for each in consents_of(people("driver"))}
        assert f"destroyed after {kept}." in said["video"]
        assert f"is kept for {failed} as evidence" in said["video"]
        assert f"destroyed after its {sound}," in said["recording"]
