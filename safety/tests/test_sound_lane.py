"""The lane of sound as phones and the console reach it: what is acknowledged is kept, and nothing else is."""

import asyncio

import pytest
from django.db import OperationalError
from starlette.requests import Request
from starlette.testclient import TestClient

from accounts.models import Authenticator
from accounts.sessions import SessionStore
from core import broker, clock
from core import lane as core_lane
from core.access import staff_of_session
from core.console.stream import console_stream
from rides.states import Party
from rides.tokens import TripKey
from safety import audio, chunks, selectors, services
from safety.errors import AudioToken
from safety.models import Incident, Recording
from safety.states import RecordingPurpose
from safety.tests.factories import WEBM_HEAD, agree, begin, cluster

pytestmark = [pytest.mark.long, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def lane(monkeypatch):
    from config import outages
    from config.asgi import lane as application

    monkeypatch.setattr(
        outages, "watch", lambda _ended: None
    )  # nothing else runs here, and it would tell of that

    audio._known.clear()
    with TestClient(application) as client:
        yield client


@pytest.fixture
def phone(rides):
    trip = rides.under_way()
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    return begin(trip, RecordingPurpose.SOS)


def send(lane, phone, number, body=None, **headers):
    given = {
        "Authorization": f"Bearer {phone.token}",
        "X-Chunk": str(number),
        "Accept-Language": "en",
    } | headers
    return lane.post("/live/audio/", content=phone.seal(number) if body is None else body, headers=given)


def code_of(answer):
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_chunks_out_of_order_and_twice_are_kept_once_each(lane, phone):
    first = phone.seal(0)
    for number, body in ((2, None), (0, first), (0, first), (1, None)):
        answer = send(lane, phone, number, body)
        assert (answer.status_code, answer.json()) == (202, {"kept": number})
    assert chunks.numbers(phone.code) == [0, 1, 2]


def test_what_does_not_belong_here_is_refused_with_its_reason_and_not_kept(lane, phone, rides):
    other = rides.under_way("passenger2", "driver2")
    agree(other)
    another = begin(other)
    whole = phone.seal(5)
    for body in (
        whole[:-3],
        whole[:11],
        b"",
        another.seal(5),
        phone.seal(5, code=another.code),
        phone.seal(6),
    ):
        assert code_of(send(lane, phone, 5, body)) == (400, "chunk_unreadable")
    assert code_of(send(lane, phone, 5, b"x" * (chunks.CHUNK_LIMIT + 1))) == (413, "chunk_too_large")
    assert send(lane, phone, 5, whole).status_code == 202
    assert code_of(send(lane, phone, 5)) == (409, "chunk_differs")
    assert chunks.read(phone.code, 5) == whole
    assert chunks.numbers(phone.code) == [5]


def test_a_number_that_is_none_and_a_token_that_opens_nothing(lane, phone):
    for number in ("", "-1", "1.5", "x", "9999999", "200000", "２"):
        answer = send(lane, phone, 0, b"x", **{"X-Chunk": number.encode()})
        assert code_of(answer) == (400, "chunk_number_wrong"), number
    for token in ("", "x", "a:b:c"):
        answer = send(lane, phone, 0, Authorization=f"Bearer {token}")
        assert code_of(answer) == (401, "audio_token_invalid"), token


def test_when_a_side_withdraws_nothing_more_is_taken_from_either_phone(lane, rides, monkeypatch):
    trip = rides.under_way()
    agree(trip)
    phones = [begin(trip, party=party) for party in Party]
    for phone in phones:
        assert send(lane, phone, 0).status_code == 202
    services.answer_recording(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), agreed=False)
    monkeypatch.setattr(audio, "FRESH", 0.0)
    for phone in phones:
        assert code_of(send(lane, phone, 1)) == (409, "recording_over")
        assert chunks.numbers(phone.code) == [0]


def test_after_the_end_nothing_more_is_taken_but_what_was_recorded_before_it(lane, phone):
    send(lane, phone, 0)
    services.end_recording(code=phone.code, last=2)
    audio._known.clear()
    assert send(lane, phone, 2).status_code == 202
    assert code_of(send(lane, phone, 3)) == (409, "recording_over")


def test_a_destroyed_recording_takes_nothing(lane, phone, deliver):
    from datetime import timedelta

    from django.db import transaction

    from core import clock, holds
    from core.actors import SYSTEM
    from core.models import DataHold

    deliver()
    with transaction.atomic():
        holds.release(actor=SYSTEM, source="sos", case=DataHold.objects.get().case)
    services.destroy_due(at=clock.now() + timedelta(days=9))
    audio._known.clear()
    assert code_of(send(lane, phone, 0)) == (409, "recording_over")


def test_a_database_that_restarts_does_not_stop_a_recording(lane, phone, monkeypatch):
    send(lane, phone, 0)
    monkeypatch.setattr(audio, "FRESH", 0.0)
    monkeypatch.setattr(selectors, "sound_of", lambda code: (_ for _ in ()).throw(OperationalError("down")))
    assert send(lane, phone, 1).status_code == 202
    audio._known.clear()
    assert code_of(send(lane, phone, 2)) == (503, "storage_down")
    monkeypatch.undo()
    assert send(lane, phone, 2).status_code == 202
    assert chunks.numbers(phone.code) == [0, 1, 2]


def test_a_disk_that_is_full_is_said_and_the_next_try_is_kept(lane, phone, monkeypatch):
    monkeypatch.setattr(chunks, "write", lambda *_given: (_ for _ in ()).throw(OSError("full")))
    assert code_of(send(lane, phone, 0)) == (503, "storage_down")
    monkeypatch.undo()
    assert send(lane, phone, 0).status_code == 202


def test_without_valkey_sound_is_kept_all_the_same(lane, phone, settings, monkeypatch):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(audio, "_client", None)
    assert send(lane, phone, 0).status_code == 202
    assert chunks.numbers(phone.code) == [0]


def test_what_arrived_is_counted_with_what_the_phone_measured(phone):
    from core import clock

    services.note_chunks([services.Arrived(phone.code, 2, 700, 300, 0, clock.now())])
    services.note_chunks([services.Arrived(phone.code, 1, 300, 0, 100, clock.now())])
    row = Recording.objects.get(code=phone.code)
    assert (row.chunks, row.bytes, row.silent_ms, row.clipped_ms) == (3, 1000, 300, 100)


def test_staff_hear_it_from_the_head_and_the_newest_piece_on(lane, phone, signed_in):
    for number in range(4):
        send(lane, phone, number)
    services.end_recording(code=phone.code)
    audio._known.clear()
    client = signed_in("agent")
    with lane.stream(
        "GET", f"/live/listen/{phone.code}/", cookies={"sessionid": client.cookies["sessionid"].value}
    ) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "audio/webm;codecs=opus"
        assert answer.headers["cache-control"] == "no-store"
        assert b"".join(answer.iter_bytes()) == WEBM_HEAD + cluster(3)


def test_nobody_else_hears_it(lane, phone, signed_in):
    send(lane, phone, 0)
    for who in ("", "passenger", "driver", "officer", "vetting", "adjudicator"):
        client = signed_in(who)
        cookie = client.cookies["sessionid"].value if who else "x"
        answer = lane.get(f"/live/listen/{phone.code}/", cookies={"sessionid": cookie})
        assert code_of(answer) == (404, "not_found"), who


def test_nobody_listens_once_the_incident_is_closed(lane, phone, signed_in, people):
    from safety.models import Incident

    incident = Incident.objects.get()
    services.take_incident(account=people("agent"), code=incident.code)
    services.resolve_incident(
        account=people("agent"), code=incident.code, outcome="safe", harm="none", words="x"
    )
    services.close_incident(account=people("specialist"), code=incident.code)
    cookie = signed_in("agent").cookies["sessionid"].value
    answer = lane.get(f"/live/listen/{phone.code}/", cookies={"sessionid": cookie})
    assert code_of(answer) == (403, "case_needed")


def signs_out(session, _account):
    SessionStore(session).delete()


def loses_the_role(_session, account):
    type(account).objects.filter(pk=account.pk).update(role="member")


def loses_the_device(_session, account):
    Authenticator.objects.filter(user=account).delete()


def sees_the_case_close(_session, account):
    incident = Incident.objects.get()
    services.take_incident(account=account, code=incident.code)
    services.resolve_incident(account=account, code=incident.code, outcome="safe", harm="none", words="x")
    services.close_incident(account=type(account).objects.get(code="specialist"), code=incident.code)


def asked(path, session, **params):
    """What somebody's browser asks of the lane."""
    return Request(
        {
            "type": "http", "method": "GET", "path": path, "query_string": b"", "path_params": params,
            "headers": [(b"cookie", f"sessionid={session}".encode())],
        }
    )  # fmt: skip


async def last_of(pieces, then):
    """What still comes after something has happened; it must end."""
    await asyncio.to_thread(then)
    async with asyncio.timeout(60):
        return [piece async for piece in pieces]


@pytest.mark.parametrize("end", [signs_out, loses_the_role, loses_the_device, sees_the_case_close])
def test_who_may_not_listen_any_more_hears_no_more(lane, phone, signed_in, people, monkeypatch, end):
    for number in range(2):
        send(lane, phone, number)
    monkeypatch.setattr(core_lane, "ASKED_AGAIN", 0.0, raising=False)
    session = signed_in("agent").cookies["sessionid"].value
    account = people("agent")

    async def listens():
        audio._client = None  # each loop has its own
        answer = await audio.listen(asked("/live/listen/", session, code=phone.code))
        pieces = answer.body_iterator
        assert [await anext(pieces), await anext(pieces)] == [WEBM_HEAD, cluster(1)]
        assert await last_of(pieces, lambda: end(session, account)) == []

    asyncio.run(listens())
    audio._client = None


@pytest.mark.parametrize("end", [signs_out, loses_the_role, loses_the_device])
def test_a_console_that_may_not_be_open_is_told_no_more(signed_in, people, monkeypatch, end):
    monkeypatch.setattr(core_lane, "ASKED_AGAIN", 0.1, raising=False)
    session = signed_in("agent").cookies["sessionid"].value
    account = people("agent")

    async def watches():
        answer = await console_stream(asked("/live/console/", session))
        events = answer.body_iterator
        async with asyncio.timeout(60):
            await anext(events)
        await last_of(events, lambda: end(session, account))

    asyncio.run(watches())


def test_another_persons_device_is_no_second_factor(people, signed_in):
    client = signed_in("agent")
    session = client.session
    session["otp_device_id"] = Authenticator.objects.get(user__code="agent2").persistent_id
    session.save()
    assert staff_of_session(session.session_key) is None
    assert client.get("/admin/").status_code == 302


def test_a_key_that_is_not_needed_leaves_the_memory(lane, phone, rides, monkeypatch):
    send(lane, phone, 0)
    assert phone.code in audio._known
    other = rides.under_way("passenger2", "driver2")
    agree(other)
    monkeypatch.setattr(audio, "STALE", 0.0)
    assert send(lane, begin(other), 0).status_code == 202
    assert phone.code not in audio._known


def test_a_token_is_remembered_for_a_moment_and_no_longer_than_it_lives(phone, noon):
    assert services.recording_of_token(phone.token) == phone.code
    noon.shift(2 * 24 * 3600 + 60)
    with pytest.raises(AudioToken):
        services.recording_of_token(phone.token)


@pytest.mark.valkey
def test_she_is_told_that_somebody_hears_her_only_while_sound_reaches_a_listener(phone, noon, monkeypatch):
    """What a listener took says so for a moment; opened once, or standing still, is not listening."""
    trip = Recording.objects.get(code=phone.code).trip
    now = lambda party=Party.PASSENGER: selectors.sound_now(trip.code, party)  # noqa: E731
    assert now() == selectors.SoundNow(arrives=False, heard_since=None)
    services.note_chunks([services.Arrived(phone.code, 1, 1, 0, 0, clock.now())])
    assert now() == selectors.SoundNow(arrives=True, heard_since=None)
    audio._client = None  # each loop has its own
    asyncio.run(audio._Heard(phone.code).heard())
    audio._client = None
    assert now().heard_since == clock.now()
    assert now(Party.DRIVER) == selectors.SoundNow(arrives=False, heard_since=None)
    assert broker.ask(lambda client: client.ttl(selectors.heard_mark(phone.code)), 0) <= selectors.HEARD_FOR
    broker.ask(
        lambda client: client.delete(selectors.heard_mark(phone.code)), 0
    )  # a few seconds without a piece
    assert now().heard_since is None
    with monkeypatch.context() as only:
        only.setattr(broker, "ask", lambda _do, otherwise: otherwise)  # Valkey is away
        assert now() == selectors.SoundNow(arrives=True, heard_since=None, known=False)
    noon.shift(11)  # nothing arrives any more
    assert now() == selectors.SoundNow(arrives=False, heard_since=None)
