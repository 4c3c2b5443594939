"""States, events, privacy, policy, clock."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import apprise
import pytest
from cryptography.exceptions import InvalidTag
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.models import Account
from core import clock, events, privacy, typed
from core.messages import outbox
from core.models import Notification, OutboxEvent
from core.states import IllegalTransition, StaleState, move
from core.tests.factories import say
from core.transactions import NoTransaction
from police.states import REQUEST_TRANSITIONS, RequestState
from rides.states import TRIP_TRANSITIONS, TripState
from safety.events import SosRaised
from safety.states import INCIDENT_TRANSITIONS, IncidentState

pytestmark = pytest.mark.long


@pytest.mark.parametrize(
    ("transitions", "states"),
    [
        (TRIP_TRANSITIONS, TripState),
        (INCIDENT_TRANSITIONS, IncidentState),
        (REQUEST_TRANSITIONS, RequestState),
    ],
)
def test_every_state_is_in_its_map(transitions, states):
    assert set(transitions) == set(states.values)
    assert all(target in states.values for targets in transitions.values() for target in targets)


def test_nobody_cancels_aboard_whatever_the_way():
    for state in ("boarded", "in_progress"):
        assert "cancelled" not in TRIP_TRANSITIONS[state]


def test_every_pair_of_states_moves_or_is_refused(rides):
    trip = rides.accepted()
    for old in TripState:
        for new in TripState:
            trip.state = old
            if new in TRIP_TRANSITIONS[old]:
                with pytest.raises(StaleState) if old != "accepted" else transaction.atomic():
                    move(
                        trip,
                        TRIP_TRANSITIONS,
                        new,
                        **(
                            {"boarded_at": clock.now(), "presumed_boarded": True}
                            if new == "boarded"
                            else {"cancelled_at": clock.now()}
                            if new == "cancelled"
                            else {}
                        ),
                    )
                type(trip).objects.filter(pk=trip.pk).update(
                    state="accepted", boarded_at=None, cancelled_at=None, presumed_boarded=False
                )
            else:
                with pytest.raises(IllegalTransition):
                    move(trip, TRIP_TRANSITIONS, new)


@given(st.text(max_size=200))
def test_encryption_opens_only_in_its_own_column(text):
    stored = privacy.encrypt(text.encode(), context="a.b")
    assert privacy.decrypt(stored, context="a.b").decode() == text
    with pytest.raises(InvalidTag):
        privacy.decrypt(stored, context="a.c")


def test_a_dump_holds_no_phone_name_or_document(world):
    account = Account.objects.get(code="passenger")
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(a)::text FROM accounts_account a")
        dump = "".join(row[0] for row in cursor.fetchall())
    for secret in (account.phone, account.phone[3:], account.real_name, account.id_number):
        assert secret not in dump
        assert secret.encode().hex() not in dump


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("138 0013 8000", "+8613800138000"),
        ("+86-13800138000", "+8613800138000"),
        ("+1 650 253 0000", "+16502530000"),
    ],
)
def test_phones_are_normalised(written, stored):
    assert typed.phone.read(written) == stored


@pytest.mark.parametrize("written", ["", "12", "abc", "9" * 40])
def test_what_is_no_phone_is_refused_with_a_code(written):
    with pytest.raises(typed.phone.InvalidPhone) as error:
        typed.phone.read(written)
    assert error.value.code == "invalid_phone"


def test_publishing_needs_a_transaction(transactional_db):
    with pytest.raises(NoTransaction):
        events.publish(SosRaised(incident="I-1", party="passenger"))


def test_an_event_that_is_delivered_twice_runs_its_handlers_once(rides, people, deliver):
    from rides.services import cancel_trip
    from rides.states import CancelReason
    from safety.models import Signal

    trip = rides.under_way()
    cancel_trip(account=people("driver"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    deliver()
    OutboxEvent.objects.update(delivered_at=None, attempts=0)
    deliver()
    assert Signal.objects.count() == 1


def test_a_handler_that_fails_is_tried_again_later(db, monkeypatch):
    with transaction.atomic():
        events.publish(SosRaised(incident="I-1", party="passenger"))

    def broken(event):
        raise RuntimeError("down")

    monkeypatch.setitem(
        events._handlers,
        SosRaised.name,
        [events._Declared("test.broken", SosRaised, broken, SosRaised.queue)],
    )
    row = OutboxEvent.objects.get(queue=SosRaised.queue)
    events.EVENTS.attempt(row.pk)
    row.refresh_from_db()
    assert (row.delivered_at, row.attempts, row.runs.count()) == (None, 1, 0)


def test_the_clock_is_shifted_only_by_its_file(settings, tmp_path):
    settings.CLOCK_FILE = str(tmp_path / "clock.json")
    (tmp_path / "clock.json").write_text(json.dumps({"real": 0, "shown": 1535090400 - 0, "rate": 0}))
    assert clock.now().isoformat() == "2018-08-24T06:00:00+00:00"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_a_message_once(monkeypatch):
    with transaction.atomic():
        say()
    row = Notification.objects.get()
    gate, sent = Barrier(2), []
    monkeypatch.setattr(apprise.Apprise, "notify", lambda self, **_: sent.append(1) or True)

    def work():
        gate.wait()
        outbox.send(row.pk)
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda _n: work(), range(2)))
    assert len(sent) == 1
    assert Notification.objects.get().state == "sent"


def test_a_provider_that_is_down_for_an_hour_gets_each_message_once_when_it_is_back(world, noon, monkeypatch):
    sent = []
    down = True

    def hand_over(self, *, body, title):
        if down:
            return False
        sent.append(body)
        return True

    monkeypatch.setattr(apprise.Apprise, "notify", hand_over)
    with transaction.atomic():
        for number in range(5):
            say(key=f"k{number}", words=f"Huhang: {number}", life_safety=number < 3)
    for _turn in range(360):
        for pk, _queue in outbox.sweep():
            outbox.send(pk)
        noon.shift(10)
    assert not sent
    down = False
    for _turn in range(70):
        for pk, _queue in outbox.sweep():
            outbox.send(pk)
        if _turn == 1:
            assert sorted(sent) == [f"Huhang: {n}" for n in range(3)], "what saves lives goes within seconds"
        noon.shift(10)
    assert sorted(sent) == [f"Huhang: {n}" for n in range(5)]


def test_a_provider_that_is_down_keeps_the_message(db, monkeypatch):
    with transaction.atomic():
        say(life_safety=True)
    monkeypatch.setattr(apprise.Apprise, "notify", lambda self, **_: False)
    outbox.send(Notification.objects.get().pk)
    row = Notification.objects.get()
    assert (row.state, row.attempts) == ("queued", 1)
    assert row.not_before > clock.now()


@pytest.mark.parametrize(
    ("language", "channel", "text", "said"),
    [
        ("zh-hans", "sms", "您好", "【护航】您好"),
        ("en", "sms", "Hello", "Huhang: Hello"),
        ("zh-hans", "sms", "【护航】您好", "【护航】您好"),
        ("en", "sms", "【护航】您好", "【护航】您好"),
        ("en", "email", "Hello", "Hello"),
    ],
)
def test_an_sms_says_first_who_sends_it(db, language, channel, text, said):
    with transaction.atomic():
        say(channel=channel, words=text, language=language)
    assert Notification.objects.get().text == said
