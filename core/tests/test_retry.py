"""One law for work that fails: again, later and later; then a person, while what saves lives goes on."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from threading import Barrier

import httpx
import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from accounts.services import add_emergency_contact
from core import clock, events, live, money, outside, retry
from core.errors import InvalidInput, NotFound
from core.messages import outbox
from core.models import AuditEntry, FailedWork, Notification, OutboxEvent, Payout
from core.retry import LIFE, Law
from core.tests.factories import say
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.events import SosRaised

pytestmark = pytest.mark.long

WORK = retry.declare(
    "test.work", "Test", law=Law(timedelta(seconds=2), timedelta(seconds=60), timedelta(hours=1))
)


@pytest.fixture(autouse=True)
def only_ours(monkeypatch):
    """Kinds that a test declares are gone after it."""
    monkeypatch.setattr(retry, "_declared", dict(retry._declared))


# --- The law ---

spans = st.timedeltas(timedelta(milliseconds=1), timedelta(days=400))


@given(first=spans, ceiling=spans, attempts=st.integers(0, 100_000))
def test_the_delay_grows_to_its_ceiling_and_never_beyond(first, ceiling, attempts):
    law = Law(first, ceiling)
    doubled = (first // timedelta.resolution) * 2 ** min(max(attempts, 1) - 1, 50)
    plain = min(doubled, ceiling // timedelta.resolution) * timedelta.resolution
    delay = law.pause(attempts)
    assert plain * 0.9 - timedelta(microseconds=1) <= delay <= ceiling
    assert delay <= max(plain, timedelta())


@given(first=spans, ceiling=spans)
def test_each_delay_is_longer_than_the_one_before_until_the_ceiling(first, ceiling):
    law = Law(first, ceiling)
    delays = [law.pause(attempts) for attempts in range(1, 20)]
    for before, after in pairwise(delays):
        assert after > before or after >= ceiling * 0.9 - timedelta(microseconds=1)


def test_where_a_life_may_depend_on_it_no_kind_waits_longer_than_seconds():
    for work in retry.declared():
        law = work.law_of(life_safety=True)
        assert (law.ceiling <= timedelta(seconds=10), law.gives_up) == (True, False), work.kind
        assert law.patience <= timedelta(minutes=2)


# --- Rows ---


def test_it_closes_by_itself_and_a_new_failure_is_a_new_row(db):
    row = retry.failed(WORK, "a", ValueError("x"))
    assert (row.attempts, row.error, row.closed_at) == (1, "ValueError: x", None)
    assert retry.failed(WORK, "a", "y").pk == row.pk
    retry.done(WORK, "a")
    row.refresh_from_db()
    assert (row.attempts, row.closed_at is None) == (2, False)
    assert retry.failed(WORK, "a", "z").pk != row.pk


def test_a_person_is_asked_after_the_patience_and_then_it_rests(world, noon):
    for _minute in range(61):
        row = retry.failed(WORK, "a", "x")
        noon.shift(60)
    assert (row.needs_person_at is not None, row.rests) == (True, True)
    assert [each.key for each in retry.needing_person()] == ["a"]
    asked = []
    assert retry.each(WORK, ["a", "b"], asked.append) == retry.Tally(done=1, failed=0, resting=1)
    assert asked == ["b"]


def test_what_a_life_may_depend_on_never_rests_and_a_person_hears_of_it_soon(world, noon):
    for _second in range(25):
        row = retry.failed(WORK, "a", "x", life_safety=True)
        noon.shift(5)
    assert (row.needs_person_at - row.first_at, row.rests) == (timedelta(minutes=2), False)
    assert row.next_at - row.last_at <= LIFE.ceiling
    retry.failed(WORK, "b", "x", needs_person=True)
    assert [each.key for each in retry.needing_person()] == ["a", "b"]


def test_what_is_hopeless_needs_a_person_at_once(db):
    assert retry.failed(WORK, "a", retry.Hopeless("no such number")).needs_person_at


def test_what_the_machine_said_names_nobody_and_any_key_fits(db):
    said = ValueError("phone +8613800000001\0 is wrong\nDETAIL: (id)=(110101199001011234)")
    row = retry.failed(WORK, "k" * 500, said)
    assert row.error == "ValueError: phone +… is wrong"
    assert retry.failed(WORK, "k" * 500, "x").pk == row.pk != retry.failed(WORK, "k" * 501, "x").pk
    assert retry.resting(WORK, ["k" * 500, "other"]) == {"k" * 500}
    retry.done(WORK, "k" * 500)
    assert FailedWork.objects.filter(closed_at=None).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_that_fail_at_once_share_one_row():
    gate = Barrier(4)

    def fail():
        gate.wait()
        for _turn in range(5):
            retry.failed(WORK, "a", "x")
        connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _n: fail(), range(4)))
    assert FailedWork.objects.get().attempts == 20


@pytest.mark.django_db(transaction=True)
def test_one_that_succeeds_while_another_fails_loses_nothing():
    gate = Barrier(2)

    def fail():
        gate.wait()
        for _turn in range(30):
            retry.failed(WORK, "a", "x")
        connection.close()

    def succeed():
        gate.wait()
        for _turn in range(30):
            retry.done(WORK, "a")
        connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda act: act(), [fail, succeed]))
    assert sum(FailedWork.objects.values_list("attempts", flat=True)) == 30
    assert FailedWork.objects.filter(closed_at=None).count() <= 1


def test_open_consoles_are_told_when_a_person_is_needed_and_sound_where_a_life_may_depend_on_it(world, noon):
    before = live.marks()
    retry.failed(WORK, "a", "x")
    assert live.marks() == before
    retry.failed(WORK, "a", "x", needs_person=True)
    after = live.marks()
    assert after["failed_work"] > before["failed_work"]
    assert after["lives"] == before["lives"] == 0
    noon.shift(1)
    retry.failed(WORK, "b", "x", life_safety=True, needs_person=True)
    assert live.marks()["lives"] > 0


def test_what_was_done_long_ago_is_forgotten_and_nothing_else(world, noon):
    retry.failed(WORK, "a", "x")
    retry.failed(WORK, "b", "x")
    retry.done(WORK, "a")
    noon.shift(retry.KEPT + timedelta(seconds=1))
    retry.forget(at=clock.now())
    assert [row.key for row in FailedWork.objects.all()] == ["b"]


# --- Events: a fault of 25 minutes ---


def test_contacts_are_told_by_itself_after_25_minutes_and_staff_have_seen_it_meanwhile(
    rides, people, signed_in, noon, monkeypatch
):
    add_emergency_contact(account=people("passenger"), name="a", phone="13911110001")
    incident = services.raise_sos(key=TripKey(rides.under_way().code, Party.PASSENGER, "wenzhou"))
    console = signed_in("agent")
    good = events._handlers[SosRaised.name]

    def broken(event):
        raise RuntimeError("down")

    halted = [replace(each, handle=broken) if each.queue == SosRaised.queue else each for each in good]
    monkeypatch.setitem(events._handlers, SosRaised.name, halted)
    seen_after = None
    for turn in range(25 * 6):
        noon.shift(10)
        events.EVENTS.work_off()
        if seen_after is None and "A life may depend on it" in console.get("/admin/").content.decode():
            seen_after = turn * 10
    assert seen_after is not None and seen_after <= 150
    assert incident.code in console.get("/admin/failed-work/").content.decode()
    assert not Notification.objects.filter(subject=incident.code).exists()

    monkeypatch.setitem(events._handlers, SosRaised.name, good)
    noon.shift(10)
    events.EVENTS.work_off()
    assert Notification.objects.filter(subject=incident.code).count() == 1
    assert not retry.needing_person().exists()


def test_no_event_is_ever_given_up(rides, people, noon, monkeypatch):
    def broken(event):
        raise RuntimeError("down")

    rides.ended()
    for name in list(events._handlers):
        monkeypatch.setitem(
            events._handlers,
            name,
            [replace(each, handle=broken) for each in events._handlers[name]],
        )
    noon.shift(timedelta(days=3))
    events.EVENTS.work_off()
    failing = OutboxEvent.objects.filter(delivered_at=None)
    assert failing.exists()
    for _day in range(3):
        noon.shift(timedelta(days=1))
        events.EVENTS.work_off()
    assert all(row.attempts == 4 for row in failing)
    noon.shift(timedelta(minutes=6))
    assert events.EVENTS.due_at(clock.now()).count() == failing.count()


def test_an_event_that_another_worker_delivered_meanwhile_is_no_failure(db):
    with transaction.atomic():
        events.publish(SosRaised(incident="I-1", party="passenger"))
    row = OutboxEvent.objects.get(name=SosRaised.name, queue=SosRaised.queue)

    def too_late(row):
        OutboxEvent.objects.filter(pk=row.pk).update(delivered_at=clock.now())
        raise RuntimeError("too late")

    assert replace(events.EVENTS, act=too_late).attempt(row.pk)
    assert not FailedWork.objects.exists()


# --- A table that is its own queue ---


@pytest.fixture
def owed(world):
    with transaction.atomic():
        return [
            money.owe_payout(key=f"k{number}", payee="passenger", fen=100, subject=f"R-{number}").pk
            for number in range(250)
        ]


@pytest.fixture
def provider(settings, monkeypatch):
    """The money provider's network: takes what is not in `refuses`."""
    asked, refuses = [], set()

    def answer(request):
        body = json.loads(request.content)
        asked.append(body["key"])
        if body["key"] in refuses:
            return httpx.Response(200, json={"state": "refused"})
        return httpx.Response(200, json={"state": "done", "reference": "r"})

    settings.MONEY_URL = "http://money"
    monkeypatch.setattr(outside, "_client", lambda: httpx.Client(transport=httpx.MockTransport(answer)))
    return asked, refuses


def test_one_turn_works_off_more_than_a_batch_and_a_bad_row_stops_only_itself(owed, provider):
    asked, refuses = provider
    refuses |= {"k0", "k7"}
    assert money.PAYOUT_QUEUE.work_off(seconds=120) is False
    assert sorted(asked) == sorted(f"k{number}" for number in range(250))
    assert sorted(Payout.objects.filter(state="due").values_list("key", flat=True)) == ["k0", "k7"]
    assert {row.subject for row in FailedWork.objects.filter(closed_at=None)} == {"R-0", "R-7"}


def test_a_row_is_written_down_and_closed_when_it_is_done(owed, provider, noon):
    _asked, refuses = provider
    refuses.add("k3")
    money.settle_payout(owed[3])
    row = FailedWork.objects.get()
    assert (row.kind, row.key, row.subject, row.life_safety) == ("core.payouts", "k3", "R-3", False)
    assert Payout.objects.get(pk=owed[3]).next_at == row.next_at
    refuses.clear()
    money.settle_payout(owed[3])
    row.refresh_from_db()
    assert row.closed_at is not None


def test_a_turn_ends_when_its_time_is_over_and_says_that_more_waits(owed, provider):
    asked, _refuses = provider
    assert money.PAYOUT_QUEUE.work_off(seconds=0) is True
    assert len(asked) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_claim_the_same_row():
    with transaction.atomic():
        for number in range(40):
            money.owe_payout(key=f"k{number}", payee="passenger", fen=100, subject="x")
    gate = Barrier(3)

    def claim():
        gate.wait()
        found = []
        while rows := money.PAYOUT_QUEUE.claim():
            found += [row.pk for row in rows]
        connection.close()
        return found

    with ThreadPoolExecutor(3) as pool:
        found = [pk for part in pool.map(lambda _n: claim(), range(3)) for pk in part]
    assert len(found) == len(set(found)) == 40


# --- Messages ---


@pytest.fixture
def gateway(monkeypatch):
    """The provider's answer: a status, logged by Apprise as it logs each that is not 2xx."""
    import requests

    said = {"status": 503, "sent": []}

    def request(method, url, **options):
        answer = requests.Response()
        answer.status_code = said["status"]
        if answer.ok:
            said["sent"].append(url)
        return answer

    monkeypatch.setattr(requests, "request", request)
    return said


def queued(**options):
    with transaction.atomic():
        say(**options)
    return Notification.objects.get()


@pytest.mark.parametrize("status", [410, 422])
def test_a_number_that_does_not_exist_needs_a_person_at_once(world, noon, gateway, status):
    row = queued(life_safety=True, subject="I-1")
    gateway["status"] = status
    assert outbox.send(row.pk) is False
    row.refresh_from_db()
    failure = FailedWork.objects.get()
    assert (row.state, row.attempts) == ("needs_person", 1)
    assert (failure.rests, failure.subject, failure.needs_person_at is None) == (True, "I-1", False)
    assert str(status) in failure.error
    noon.shift(timedelta(hours=1))
    assert outbox.sweep() == []

    gateway["status"] = 200
    assert retry.again("core.messages", "k") is None
    row.refresh_from_db()
    assert (row.state, len(gateway["sent"])) == ("sent", 1)
    assert not retry.needing_person().exists()


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_what_may_pass_is_tried_again(world, gateway, status):
    row = queued()
    gateway["status"] = status
    outbox.send(row.pk)
    row.refresh_from_db()
    assert (row.state, FailedWork.objects.get().needs_person_at) == ("queued", None)


def test_a_channel_without_a_provider_needs_a_person_at_once_and_is_tried_on(world, noon, settings):
    settings.MESSAGE_TRANSPORTS = {}
    row = queued()
    outbox.send(row.pk)
    row.refresh_from_db()
    assert (row.state, FailedWork.objects.get().needs_person_at is None) == ("queued", False)


def test_a_message_that_helps_nobody_any_more_rests(world, noon, gateway):
    row = queued(life_safety=True)
    for _hour in range(27):
        for pk, _queue in outbox.sweep():
            outbox.send(pk)
        row.refresh_from_db()
        noon.shift(timedelta(hours=1))
    assert (row.state, FailedWork.objects.get().rests) == ("needs_person", True)


# --- A person tries it again ---


def test_trying_again_needs_a_reason_and_is_in_the_journal(people):
    retry.declare("test.again", "Test", again=lambda key: True)
    row = retry.failed(retry.of_kind("test.again"), "a", "x", subject="I-1")
    actor = people("supervisor").actor
    with pytest.raises(InvalidInput):
        retry.ask_again(actor=actor, failed_work_id=row.pk, reason=" ")
    retry.ask_again(actor=actor, failed_work_id=row.pk, reason="the network is back")
    line = AuditEntry.objects.get(action="core.work_tried_again")
    assert (line.actor, line.subject, line.reason) == (actor.code, "I-1", "the network is back")
    assert retry.again("test.again", "a") is None
    for gone in (lambda: retry.again("test.again", "a"), lambda: retry.again("no.such", "a")):
        with pytest.raises(NotFound):
            gone()
    with pytest.raises(NotFound):
        retry.ask_again(actor=actor, failed_work_id=row.pk, reason="x")


def test_what_nobody_can_try_again_has_no_button(signed_in):
    row = retry.failed(WORK, "a", "x", needs_person=True)
    client = signed_in("supervisor")
    assert f"/admin/failed-work/{row.pk}/again/" not in client.get("/admin/failed-work/").content.decode()
    other = retry.failed(events.EVENTS.work, "1", "x", needs_person=True)
    page = client.get("/admin/failed-work/").content.decode()
    assert f"/admin/failed-work/{other.pk}/again/" in page
    agent = signed_in("agent").get("/admin/failed-work/").content.decode()
    assert "Passing on what happened" in agent and "/again/" not in agent


def test_the_button_wakes_a_worker_that_tries_it(people, signed_in, django_capture_on_commit_callbacks):
    from config.celery import app

    tried = []
    retry.declare("test.again", "Test", again=tried.append)
    row = retry.failed(retry.of_kind("test.again"), "a", "x", life_safety=True)
    with app.connection_for_write() as broker:
        broker.default_channel.client.delete("life_safety")
        with django_capture_on_commit_callbacks(execute=True):
            answer = signed_in("specialist").post(f"/admin/failed-work/{row.pk}/again/", {"reason": "x"})
        assert answer.status_code == 302
        (waiting,) = broker.default_channel.client.lrange("life_safety", 0, -1)
        broker.default_channel.client.delete("life_safety")
    assert json.loads(waiting)["headers"]["task"] == "core.tasks.try_again"
    from core.tasks import try_again

    try_again("test.again", "a")
    assert tried == ["a"]
    try_again("test.again", "a")  # done meanwhile
    assert tried == ["a"]


def test_the_command_tries_again_and_says_what_came_of_it(db):
    bad = {"a"}

    def act(key):
        if key in bad:
            raise ValueError("still broken")

    work = retry.declare("test.again", "Test", again=act)
    for key in ("a", "b"):
        retry.failed(work, key, "x")
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("retry", "--all", "test.again", stdout=out)
    assert stopped.value.code == 1
    assert "test.again b: done" in out.getvalue()
    assert "test.again a: still fails after 2 tries: ValueError: still broken" in out.getvalue()
    call_command("retry", stdout=out)
    assert "test.again a: tried by itself; 2 tries since" in out.getvalue()
    bad.clear()
    call_command("retry", "test.again", "a", "--reason", "mended", stdout=out)
    assert not FailedWork.objects.filter(closed_at=None).exists()
    assert AuditEntry.objects.filter(action="core.work_tried_again").count() == 3
    retry.failed(work, "c", "x")
    call_command("retry", "c", stdout=out)
    for wrong in (["no.such", "a"], ["test.again", "a"], ["a"], ["a", "b", "c"]):
        with pytest.raises(CommandError):
            call_command("retry", *wrong)
