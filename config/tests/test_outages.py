"""A process that is late is told of once, by whoever is left, to those who can be called."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier, Event

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.utils.translation import override

from complaints.models import Shift
from config import outages
from core import clock, heartbeat
from core.models import AuditEntry, Heartbeat, Notification, Outage


@pytest.fixture
def provider(monkeypatch, settings):
    """The provider's network: what was sent, and to whom it can be sent."""
    import requests

    sent = []

    def request(method, url, **options):
        answer = requests.Response()
        answer.status_code = 200
        sent.append(url)
        return answer

    settings.NOTIFY_URLS = {"sms": "json://sms.test/{to}?+key={key}"}
    monkeypatch.setattr(requests, "request", request)
    return sent


@pytest.fixture
def all_alive(world, provider):
    for watcher in heartbeat.declared():
        heartbeat.write(watcher.name)


def late(name, seconds=80):
    Heartbeat.objects.filter(name=name).update(at=Now() - timedelta(seconds=seconds))


def later(**times):
    """So much time passes for the rows of outages, by the database's clock."""
    for row in Outage.objects.all():
        for field in ("since", "noticed_at", "well_at"):
            if getattr(row, field):
                setattr(row, field, getattr(row, field) - timedelta(**times))
        row.save()


def told():
    return list(Notification.objects.order_by("pk").values_list("key", flat=True))


def on_call(account, *, on_call=True):
    at = clock.now()
    Shift.objects.create(
        account=account, starts_at=at - timedelta(hours=1), ends_at=at + timedelta(hours=7), on_call=on_call,
        made_by="x", made_at=at,
    )  # fmt: skip


def test_one_message_for_an_outage_and_one_for_its_end(all_alive, people, provider):
    on_call(people("specialist"))
    on_call(people("agent"), on_call=False)
    assert outages.look() == []
    late("monitor")
    outages.look()
    assert told() == []  # a restart is no outage
    later(seconds=61)
    outages.look()
    number = Outage.objects.get().pk
    assert told() == [f"outage:{number}:late:{people('specialist').code}"]
    assert len(provider) == 1  # handed over at once, by whoever saw it
    message = Notification.objects.get()
    assert (message.state, message.life_safety) == ("sent", True)
    for _turn in range(3):
        later(seconds=61)
        outages.look()
    assert len(told()) == 1
    heartbeat.write("monitor")
    outages.look()
    late("monitor")  # it falls over again: the same outage
    later(seconds=61)
    outages.look()
    assert len(told()) == 1
    heartbeat.write("monitor")
    outages.look()
    later(seconds=61)
    heartbeat.write("monitor")
    outages.look()
    assert told()[1:] == [f"outage:{number}:back:{people('specialist').code}"]
    assert Outage.objects.get().closed_at is not None
    assert outages.look() == []
    assert AuditEntry.objects.filter(action__in=["core.process_late", "core.process_back"]).count() == 2


def test_the_message_says_what_since_when_and_what_does_not_happen_in_the_readers_language(all_alive, people):
    person = people("supervisor")
    person.language = "zh-hans"
    person.save()
    on_call(person)
    late("beat")
    outages.look()
    later(seconds=61)
    outages.look()
    text = Notification.objects.get().text
    assert text.startswith("【护航】")
    assert "未正常运行" in text
    with override("zh-hans"):
        assert str(heartbeat.declared()[0].meanwhile) in text


def test_what_is_late_because_of_something_else_is_not_told_of(all_alive, people):
    on_call(people("supervisor"))
    late("beat")
    for queue in heartbeat.QUEUES:
        late(f"queue:{queue}", 700)
    outages.look()
    later(seconds=61)
    outages.look()
    assert [row.process for row in Outage.objects.all()] == ["beat"]
    assert len(told()) == 1


@pytest.mark.parametrize("process", ["worker:life_safety", "worker:life_messages"])
def test_where_the_worker_for_life_is_late_its_queue_is_not_trusted_with_the_message(
    all_alive, people, provider, process
):
    on_call(people("supervisor"))
    late(process)
    outages.look()
    later(seconds=61)
    outages.look()
    assert (Notification.objects.get().life_safety, len(provider)) == (False, 1)


@pytest.mark.parametrize("sign", [heartbeat.worker_of, heartbeat.queue_of])
@pytest.mark.parametrize("queue", heartbeat.QUEUES)
def test_only_what_sends_messages_for_life_is_not_trusted_with_the_message(
    all_alive, people, provider, settings, queue, sign
):
    """Of all else people are told by such a message: also of the worker that speaks to the emergency centre."""
    sends = {
        each["options"]["queue"]
        for each in settings.CELERY_BEAT_SCHEDULE.values()
        if each["task"] == "core.tasks.sweep_notifications"
    }
    on_call(people("supervisor"))
    late(sign(queue), 700)
    outages.look()
    later(seconds=61)
    outages.look()
    message = Notification.objects.get()
    assert (message.life_safety, message.state, len(provider)) == (queue not in sends, "sent", 1)
    watcher = next(each for each in heartbeat.declared() if each.name == sign(queue))
    with override(message.language):
        assert str(watcher.meanwhile) in message.text


def waiting(**changes):
    """A message that nobody has sent, for whose worker the commit woke nobody."""
    at = clock.now() - timedelta(seconds=10)
    values = {
        "key": "alarm:1", "message": "core.test", "language": "en", "channel": "sms", "recipient": "+8613911110000",
        "text": "x", "life_safety": True, "created_at": at, "not_before": at, "helps_until": at + timedelta(hours=1),
    } | changes  # fmt: skip
    return Notification.objects.create(**values)


@pytest.mark.parametrize("process", ["worker:life_messages", "queue:life_messages"])
def test_who_is_left_hands_over_what_waits_for_the_worker_of_messages(all_alive, people, provider, process):
    """Whoever is on call is rung by messages of that queue, and so are emergency contacts."""
    on_call(people("specialist"))
    row, ordinary = waiting(), waiting(key="other", life_safety=False)
    outages.hand_over()
    assert provider == []  # its worker lives, and has it in a moment
    late(process)
    outages.hand_over()
    row.refresh_from_db()
    ordinary.refresh_from_db()
    assert (row.state, ordinary.state, len(provider)) == ("sent", "queued", 1)
    outages.hand_over()
    assert len(provider) == 1


@pytest.mark.parametrize("stuck", ["look", "hand_over"])
def test_who_cannot_tell_hands_over_all_the_same_and_the_other_way_round(monkeypatch, stuck):
    """Telling of outages waits for a lock that a process may hold which hangs; nobody's call for help waits with it."""
    ended, free, went = Event(), Event(), Event()
    for name in ("look", "hand_over"):

        def does(name=name):
            free.wait(30) if name == stuck else went.set()

        does.__name__ = name
        monkeypatch.setattr(outages, name, does)
    monkeypatch.setattr(outages, "EVERY", 0.01)
    before = set(threading.enumerate())
    outages.watch(ended)
    try:
        assert went.wait(20)
    finally:
        ended.set()
        free.set()
        for thread in set(threading.enumerate()) - before:
            thread.join(20)


@pytest.mark.django_db(transaction=True)
def test_several_who_are_left_hand_over_each_message_once(all_alive, people, provider):
    for number in range(12):
        waiting(key=f"alarm:{number}", recipient=f"+86139111100{number:02d}")
    late("worker:life_messages")
    gate = Barrier(4)

    def look(_number):
        gate.wait()
        try:
            outages.hand_over()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(look, range(4)))
    assert len(provider) == 12
    assert set(Notification.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_the_web_process_watches_as_well(monkeypatch):
    """Where beat and all workers are away nobody else is left."""
    from config import asgi

    begun = []
    monkeypatch.setattr(outages, "watch", lambda _ended: begun.append(True))

    async def serve():
        async with asgi.streams.router.lifespan_context(asgi.streams):
            assert begun == [True]

    asyncio.run(serve())


def test_an_empty_roster_is_no_reason_to_tell_nobody(all_alive, people):
    late("dispatcher")
    outages.look()
    later(seconds=61)
    outages.look()
    who = {key.rpartition(":")[2] for key in told()}
    assert who >= {people("supervisor").code, people("admin").code}
    assert people("agent").code not in who


def test_an_outage_that_ended_before_anybody_was_told_is_not_told_of(all_alive, people):
    late("monitor")
    outages.look()
    heartbeat.write("monitor")
    outages.look()
    later(seconds=61)
    assert outages.look() == []
    assert Outage.objects.get().closed_at is not None
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_several_who_watch_tell_once(all_alive, people):
    on_call(people("supervisor"))
    late("monitor")
    gate = Barrier(3)

    def look():
        gate.wait()
        try:
            outages.look()
        finally:
            connection.close()

    def all_look():
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda _n: look(), range(3)))

    all_look()
    assert Outage.objects.count() == 1
    later(seconds=61)
    all_look()
    assert len(told()) == 1


# --- One cause, one message ------------------------------------------------------------------------------------------

OF_ONE_WORKER = ["worker:live", "worker:default", "worker:bulk"]  # the queues of one process


def over(seconds=61):
    later(seconds=seconds)
    outages.look()


def test_a_worker_of_three_queues_that_stops_is_one_message_and_its_return_another(
    all_alive, people, provider
):
    on_call(people("supervisor"))
    for name in OF_ONE_WORKER[:2]:
        late(name)
    outages.look()
    later(seconds=5)  # the third was seen five seconds longer
    late(OF_ONE_WORKER[2], 75)
    outages.look()
    over()
    number = Outage.objects.order_by("since", "pk").first().pk
    assert told() == [f"outage:{number}:late:supervisor"]
    assert len(provider) == 1
    text = Notification.objects.get().text
    assert all(str(each.label) in text for each in heartbeat.declared() if each.name in OF_ONE_WORKER)
    assert AuditEntry.objects.filter(action="core.process_late").count() == 3  # each by its name
    for _turn in range(3):
        over()
    assert len(told()) == 1
    for name in OF_ONE_WORKER[:2]:
        heartbeat.write(name)
    outages.look()
    late(OF_ONE_WORKER[2])
    over()
    assert len(told()) == 1  # a part of it is not all of it
    assert Outage.objects.filter(closed_at=None).count() == 1
    heartbeat.write(OF_ONE_WORKER[2])
    outages.look()
    for name in OF_ONE_WORKER:
        heartbeat.write(name)
    over()
    assert told()[1:] == [f"outage:{number}:back:supervisor"]
    back = Notification.objects.get(key=told()[1]).text
    assert all(str(each.label) in back for each in heartbeat.declared() if each.name in OF_ONE_WORKER)
    assert outages.look() == []


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_what_stops_with_its_broker_is_one_message_that_names_the_gravest_first(
    all_alive, people, provider, language
):
    person = people("supervisor")
    person.language = language
    person.save()
    on_call(person)
    for queue in reversed(heartbeat.QUEUES):
        late(f"worker:{queue}")
    late("monitor")
    outages.look()
    over()
    message = Notification.objects.get()
    # A worker for lives is among them, so the message waits for none of them.
    assert (message.life_safety, len(provider)) == (False, 1)
    with override(language):
        first = next(each for each in heartbeat.declared() if each.name == "worker:life_safety")
        assert str(first.meanwhile) in message.text
        assert message.text.index(str(first.label)) < message.text.index(
            str(next(each.label for each in heartbeat.declared() if each.name == "worker:bulk"))
        )


def test_what_stops_later_for_another_reason_is_a_message_of_its_own(all_alive, people):
    on_call(people("supervisor"))
    late("monitor")
    outages.look()
    later(seconds=45)
    late("dispatcher")
    outages.look()
    over(20)
    assert len(told()) == 1
    over()
    assert len(told()) == 2


def test_what_is_called_late_later_of_the_same_cause_is_no_second_message(all_alive, people, provider):
    """A broker hangs, and the workers go on beating: no probe comes through from one moment on. Each queue waits for its
    own before it is called late, half a minute to ten."""
    on_call(people("supervisor"))
    queues = [f"queue:{queue}" for queue in heartbeat.QUEUES]
    before = 0
    for seconds in (40, 105, 120, 180, 610, 680, 740):
        later(seconds=seconds - before)
        for name in queues:
            late(name, seconds)
        outages.look()
        before = seconds
    assert Outage.objects.filter(closed_at=None).count() == len(queues)
    assert len(told()) == len(provider) == 1
    assert AuditEntry.objects.filter(action="core.process_late").count() == len(queues)
    # The last of it is well again: all of it is named.
    for name in queues:
        heartbeat.write(name)
    outages.look()
    for name in queues:
        heartbeat.write(name)
    over()
    assert len(told()) == 2
    back = Notification.objects.get(key=told()[1]).text
    assert all(str(each.label) in back for each in heartbeat.declared() if each.name in queues)
    assert outages.look() == []


def test_what_is_graver_and_stops_while_another_outage_goes_on_is_told_of(all_alive, people):
    on_call(people("supervisor"))
    late("worker:bulk", 20)
    outages.look()
    later(seconds=61)
    late("worker:bulk", 81)
    outages.look()
    assert len(told()) == 1
    late("worker:life_safety", 20)  # a minute after the first
    outages.look()
    later(seconds=61)
    late("worker:life_safety", 81)
    outages.look()
    assert len(told()) == 2


@pytest.mark.django_db(transaction=True)
def test_several_who_watch_tell_of_all_of_it_once(all_alive, people):
    on_call(people("supervisor"))
    for name in OF_ONE_WORKER:
        late(name)
    outages.look()
    later(seconds=61)
    gate = Barrier(3)

    def look():
        gate.wait()
        try:
            outages.look()
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _n: look(), range(3)))
    assert len(told()) == 1
