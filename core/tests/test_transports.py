"""Transports: who is asked, in which order, what a refusal means, and what a receipt changes."""

import json
import os
import re
import shlex
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import redis
from django.conf import settings
from django.core import checks
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.module_loading import import_string

from accounts.messages import OneTimeCodeSent
from core import broker, clock, heartbeat, retry, tasks
from core.messages import outbox, transports
from core.messages.transports import NoAnswer, NotTaken, Unfit, breaker, template_sms
from core.messages.transports.template_sms import TemplateSms, to_submit
from core.models import FailedWork, Heartbeat, Notification
from core.tests.factories import Said, SaidForLife, say

pytestmark = pytest.mark.long

PHONE = "+8613800000001"


def read(body):
    """What a provider was sent; one that wants no JSON has it as it stands."""
    try:
        return dict(json.loads(body))
    except ValueError:
        return {"sent": body.decode()}


class Provider:
    """A provider on a port of its own: `answer` is status and body, `asked` what it was given."""

    def __init__(self):
        self.answer, self.asked, self.hang = (200, {"code": "OK", "id": "77"}), [], threading.Event()
        self.hang.set()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = read(self.rfile.read(int(self.headers["Content-Length"])))
                provider.asked.append(body | {"authorization": self.headers.get("Authorization")})
                provider.hang.wait(20)
                status, said = provider.answer
                try:
                    self.send_response(status)
                    self.end_headers()
                    self.wfile.write(json.dumps(said).encode())
                except OSError:
                    pass  # who asked has gone

            def log_message(self, *_args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def keys(self):
        return [body.get("key") or body.get(":key") for body in self.asked]


@contextmanager
def provider():
    made = Provider()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield made
    made.hang.set()
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def template():
    with provider() as made:
        yield made


@pytest.fixture
def gateway():
    with provider() as made:
        yield made


@pytest.fixture
def ways(settings, template, gateway, tmp_path):
    """A provider of templates first, and a gateway behind it."""
    codes = {"test.said": {"en": "SMS_1"}, "test.said_for_life": {"en": "SMS_2"}}
    codes["accounts.code"] = {"zh-hans": "SMS_3"}
    (tmp_path / "codes.json").write_text(json.dumps(codes))
    settings.MESSAGE_TRANSPORTS = {
        "sms": [
            f"first=template+{template.url}?templates={tmp_path}/codes.json&token=t&receipts=shown",
            f"second={gateway.url.replace('http', 'json')}?:key={{key}}",
        ]
    }


def sent(**options):
    with transaction.atomic():
        say(**options)
    row = Notification.objects.get()
    outbox.send(row.pk)
    row.refresh_from_db()
    return row


def test_a_provider_of_templates_gets_code_and_values(world, ways, template, gateway):
    with transaction.atomic():
        outbox.queue(OneTimeCodeSent(code="123456"), key="k", to=PHONE, language="zh-hans")
    row = Notification.objects.get()
    assert outbox.send(row.pk) is True
    (asked,) = template.asked
    assert asked == {
        "key": "k",
        "to": PHONE,
        "sign": "护航",
        "template": "SMS_3",
        "parameters": {"code": "123456"},
        "authorization": "Bearer t",
    }
    row.refresh_from_db()
    assert (row.state, row.transport, row.provider_id, gateway.asked) == ("sent", "first", "77", [])


def test_a_message_without_a_template_goes_to_the_next_provider(world, ways, template, gateway):
    with transaction.atomic():
        outbox.queue(OneTimeCodeSent(code="123456"), key="k", to=PHONE, language="en")
    row = Notification.objects.get()
    outbox.send(row.pk)
    row.refresh_from_db()
    assert (row.state, row.transport, template.asked) == ("sent", "second", [])
    assert gateway.asked[0]["message"].startswith("Huhang: your code is 123456")


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"code": "isv.SMS_TEMPLATE_ILLEGAL"}),
        (200, {"code": "isv.BUSINESS_LIMIT_CONTROL"}),
        (403, {"code": "isv.ACCOUNT_NOT_EXISTS"}),
        (503, {"code": "isp.SYSTEM_ERROR"}),
        (404, "nothing here"),
    ],
)
@pytest.mark.parametrize("life_safety", [False, True])
def test_who_says_no_is_followed_by_the_next(world, ways, template, gateway, answer, life_safety):
    template.answer = answer
    row = sent(life_safety=life_safety)
    assert (row.state, row.transport, row.answer) == ("sent", "second", "taken")
    assert not FailedWork.objects.exists()


def test_a_provider_that_is_down_is_followed_by_the_next(world, ways, template, gateway):
    template.server.shutdown()
    template.server.server_close()
    assert sent().transport == "second"


@pytest.mark.parametrize(("life_safety", "by"), [(True, "second"), (False, "first")])
def test_a_provider_whose_module_breaks_stops_nothing_that_saves_lives(
    world, ways, gateway, monkeypatch, life_safety, by
):
    """A new one may raise anything: nobody knows then whether it has the message, as after silence."""
    monkeypatch.setattr(TemplateSms, "hand_over", lambda *_given: {}["no such key"])
    row = sent(life_safety=life_safety)
    assert (row.transport, row.state == "sent", len(gateway.asked)) == (by, life_safety, int(life_safety))
    assert {each.error for each in FailedWork.objects.all()} == (
        set() if life_safety else {"NotTaken: first: KeyError"}
    )


def test_a_number_that_does_not_exist_is_asked_of_nobody_else_and_not_again(
    world, noon, ways, template, gateway
):
    template.answer = (200, {"code": "isv.MOBILE_NUMBER_ILLEGAL"})
    row = sent(life_safety=True, subject="I-1")
    assert (row.state, gateway.asked) == ("needs_person", [])
    failure = FailedWork.objects.get()
    assert (failure.rests, failure.needs_person_at is None, failure.subject) == (True, False, "I-1")
    noon.shift(timedelta(hours=2))
    assert outbox.sweep() == []


def test_a_message_for_later_is_tried_from_its_time_on_as_long_as_any_other(
    world, noon, ways, template, gateway
):
    template.answer = gateway.answer = (503, {})
    later = clock.now() + timedelta(days=3)
    with transaction.atomic():
        outbox.queue(OneTimeCodeSent(code="123456"), key="k", to=PHONE, language="en", not_before=later)
    row = Notification.objects.get()
    for days, state in ((3, "queued"), (0.9, "queued"), (0.2, "needs_person")):
        noon.shift(timedelta(days=days, seconds=1))
        outbox.send(row.pk)
        row.refresh_from_db()
        assert row.state == state


def test_a_value_that_no_template_holds_is_left_to_the_next(world, ways, template, gateway):
    with transaction.atomic():
        outbox.queue(OneTimeCodeSent(code="1234567"), key="k", to=PHONE, language="zh-hans")
    outbox.send(Notification.objects.get().pk)
    assert (template.asked, len(gateway.asked)) == ([], 1)


def test_what_nobody_can_carry_needs_a_person_at_once_and_is_tried_on(world, noon, ways, template, settings):
    settings.MESSAGE_TRANSPORTS = {"sms": settings.MESSAGE_TRANSPORTS["sms"][:1]}
    with transaction.atomic():
        outbox.queue(OneTimeCodeSent(code="123456"), key="k", to=PHONE, language="en")
    row = Notification.objects.get()
    outbox.send(row.pk)
    row.refresh_from_db()
    failure = FailedWork.objects.get()
    assert (row.state, failure.rests, failure.needs_person_at is None) == ("queued", False, False)


def test_who_may_have_an_ordinary_message_is_asked_alone(world, noon, ways, template, gateway):
    template.answer = (500, "broken in the midst")
    row = sent()
    assert (row.state, row.transport, row.answer, gateway.asked) == ("queued", "first", "asked", [])
    template.answer = (200, {"code": "OK", "id": "78"})
    outbox.send(row.pk)
    assert (template.keys(), gateway.asked) == (["k", "k"], [])


def test_what_saves_lives_does_not_wait_for_who_may_have_it(world, ways, template, gateway):
    template.answer = (500, "broken in the midst")
    row = sent(life_safety=True)
    assert (row.state, row.transport, len(gateway.asked)) == ("sent", "second", 1)


# --- Receipts ---


def bring(client, *receipts, name="first", token="shown"):  # noqa: S107 - of a test
    return client.post(
        f"/api/v1/receipts/{name}/",
        json.dumps({"receipts": list(receipts)}),
        content_type="application/json",
        headers={"authorization": f"Bearer {token}"},
    )


def receipt(state="delivered", key="k", **more):
    return {"key": key, "state": state, **more}


@pytest.mark.parametrize(
    ("name", "token"),
    [("first", ""), ("first", "wrong"), ("second", ""), ("second", "shown"), ("third", "shown")],
)
def test_receipts_are_taken_from_the_provider_alone(world, ways, client, name, token):
    row = sent()
    assert bring(client, receipt(), name=name, token=token).status_code == 404
    row.refresh_from_db()
    assert row.state == "sent"


def test_a_receipt_says_that_it_arrived(world, noon, ways, client):
    row = sent(life_safety=True)
    assert bring(client, receipt(key="of nobody"), receipt()).json() == {"taken": 2}
    row.refresh_from_db()
    assert (row.state, row.delivered_at is None) == ("delivered", False)
    at = row.delivered_at
    noon.shift(60)
    bring(client, receipt())
    bring(client, receipt("failed"))
    row.refresh_from_db()
    assert (row.state, row.delivered_at) == ("delivered", at)


def test_receipts_that_come_together_are_written_together(world, ways, client):
    with transaction.atomic():
        for number in range(30):
            say(key=f"k{number}", life_safety=True)
    send_all()
    with CaptureQueriesContext(connection) as asked:
        brought = bring(
            client, *(receipt(key=f"k{number}") for number in range(30)), receipt(key="of nobody")
        )
    assert brought.json() == {"taken": 31}
    assert Notification.objects.filter(state="delivered").count() == 30
    assert len(asked) < 10


def test_a_receipt_that_cannot_be_written_stops_only_itself(world, ways, client, monkeypatch):
    with transaction.atomic():
        for number in range(3):
            say(key=f"k{number}", life_safety=True)
    send_all()
    written = outbox.delivered

    def delivered(*, transport, keys):
        if "k1" in keys:
            raise ValueError
        written(transport=transport, keys=keys)

    monkeypatch.setattr(outbox, "delivered", delivered)
    assert bring(client, *(receipt(key=f"k{number}") for number in range(3))).json() == {"taken": 2}
    assert sorted(Notification.objects.filter(state="delivered").values_list("key", flat=True)) == [
        "k0",
        "k2",
    ]
    monkeypatch.undo()
    assert FailedWork.objects.filter(kind="core.receipts", closed_at=None).count() == 1
    assert bring(client, receipt(key="k1"), receipt(key="k2")).json() == {"taken": 2}
    assert not FailedWork.objects.filter(kind="core.receipts", closed_at=None).exists()


def test_who_works_a_queue_off_takes_what_others_have_not(world, ways, template):
    with transaction.atomic():
        for number in range(3):
            say(key=f"k{number}", life_safety=True)
    mine = outbox._claim_first(outbox.LIFE_MESSAGES)
    assert (mine.key, mine.state, mine.attempts) == ("k0", "sending", 1)
    assert not outbox.work_off(outbox.LIFE_MESSAGES)
    assert [each["key"] for each in template.asked] == ["k1", "k2"]
    Notification.objects.filter(key="k0").update(lease_until=timezone.now() - timedelta(seconds=1))
    assert not outbox.work_off(outbox.LIFE_MESSAGES)
    assert [each["key"] for each in template.asked] == ["k1", "k2", "k0"], "whoever had it died"


@pytest.mark.parametrize(
    "body", ["{", "[]", "{}", '{"receipts": [{"key": "k"}]}', '{"receipts": [{"key": "k", "state": "lost"}]}']
)
def test_what_is_no_receipt_is_refused(world, ways, client, body):
    row = sent()
    answer = client.post(
        "/api/v1/receipts/first/",
        body,
        content_type="application/json",
        headers={"authorization": "Bearer shown"},
    )
    assert answer.status_code == 400
    row.refresh_from_db()
    assert row.state == "sent"


def test_what_did_not_arrive_goes_to_the_next_provider(world, noon, ways, client, template, gateway):
    row = sent(life_safety=True)
    bring(client, receipt("failed", reason="isv.OUT_OF_SERVICE"))
    row.refresh_from_db()
    assert (row.state, row.answer, FailedWork.objects.filter(closed_at=None).count()) == (
        "queued",
        "undelivered",
        1,
    )
    noon.shift(2)
    for pk, _queue in outbox.sweep():
        outbox.send(pk)
    row.refresh_from_db()
    assert (row.state, row.transport, len(template.asked), len(gateway.asked)) == ("sent", "second", 1, 1)
    # Nobody knows yet that it arrived: it stays in the list until somebody does.
    assert FailedWork.objects.filter(closed_at=None).count() == 1


def test_a_receipt_of_a_number_that_does_not_exist_asks_a_person(world, noon, ways, client, gateway):
    row = sent(life_safety=True)
    bring(client, receipt("failed", reason="MOBILE_NOT_EXIST"))
    row.refresh_from_db()
    assert (row.state, gateway.asked) == ("needs_person", [])
    assert retry.needing_person().get().rests


def test_a_receipt_that_is_faster_than_the_worker_counts(world, ways, client, monkeypatch):
    from core.messages.transports.template_sms import TemplateSms

    hand_over = TemplateSms.hand_over

    def slow(self, letter):
        found = hand_over(self, letter)
        bring(client, receipt())
        return found

    monkeypatch.setattr(TemplateSms, "hand_over", slow)
    row = sent(life_safety=True)
    assert (row.state, row.provider_id) == ("delivered", "77")
    assert not FailedWork.objects.filter(closed_at=None).exists()


def test_one_row_that_cannot_be_written_does_not_cost_the_others_their_receipt(world, ways, client, poison):
    with transaction.atomic():
        say(key="a")
        say(key="b")
    first, second = Notification.objects.order_by("pk")
    for row in (first, second):
        outbox.send(row.pk)
    poison(first)
    assert bring(client, receipt(key="a"), receipt(key="b")).json() == {"taken": 1}
    second.refresh_from_db()
    assert second.state == "delivered"


# --- Settings, and what a provider approves ---


@pytest.mark.parametrize(
    "named", ["json://x", "UP PER=json://x", "=json://x", "a=nothing", "template=template+http://h/"]
)
def test_what_is_no_transport_is_refused(named):
    with pytest.raises(ValueError):
        transports.make(named)


def test_a_fault_of_the_settings_is_said_without_its_secret(settings):
    settings.MESSAGE_TRANSPORTS = {"sms": ["json://user:secret@host/"], "email": ["a=json://host/"]}
    (fault,) = transports.faults()
    assert "transport 1 of sms" in fault and "secret" not in fault


@pytest.mark.parametrize(
    "address", ["jsno://user:secret@host/", "template+htps://secret@host/", "nothing://secret/"]
)
def test_a_scheme_that_nobody_knows_stops_the_start(settings, address):
    settings.MESSAGE_TRANSPORTS = {"sms": ["first=json://host/", f"second={address}"]}
    (fault,) = [error.msg for error in checks.run_checks() if error.id == "core.E002"]
    assert fault.startswith("transport 2 of sms: ") and address.partition("://")[0] in fault
    assert "secret" not in fault
    with pytest.raises(transports.UnknownScheme):
        transports.make(f"second={address}")


def test_every_sms_can_be_submitted_in_each_language():
    rows = [row for row in to_submit() if not row["message"].startswith("test.")]
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert set(row["parameters"]) == {part.split("}")[0] for part in row["content"].split("${")[1:]}
        assert not row["content"].startswith(("【", "Huhang")) and "%" not in row["content"]
    assert Said.entry.channels == SaidForLife.entry.channels


# --- A provider that hangs ---


class Watch:
    """The clock of the breakers: it moves when a test says so, and what a busy machine needs in between does not count."""

    def __init__(self):
        self.shows = 0.0

    def __call__(self):
        return self.shows

    def shift(self, seconds):
        self.shows += seconds


@pytest.fixture
def watch(monkeypatch):
    made = Watch()
    monkeypatch.setattr(breaker, "monotonic", made)
    return made


@pytest.fixture
def impatient(monkeypatch, watch):
    """Each missing answer counts; who is asked waits a moment for it, or as long as it takes once `patient()` was said."""

    def wait(seconds):
        monkeypatch.setattr(template_sms, "TIMEOUT", seconds)
        template_sms._client.cache_clear()

    monkeypatch.setattr(breaker, "SLOW", 0.0)
    wait(0.5)
    watch.patient = partial(wait, 60)
    yield watch
    template_sms._client.cache_clear()


def send_all():
    for pk in Notification.objects.filter(state="queued").order_by("pk").values_list("pk", flat=True):
        outbox.send(pk)


def test_a_provider_that_hangs_is_left_alone_and_asked_again_later(db, ways, template, gateway, impatient):
    template.hang.clear()
    with transaction.atomic():
        for number in range(6):
            say(key=f"k{number}", life_safety=True)
    send_all()
    assert (len(template.asked), len(gateway.asked)) == (2, 6), "after two nobody waits for it"
    template.hang.set()
    impatient.patient()
    impatient.shift(breaker.REST)
    with transaction.atomic():
        say(key="later", life_safety=True)
        say(key="last", life_safety=True)
    send_all()
    assert template.keys()[2:] == ["later", "last"]
    assert len(gateway.asked) == 6


def test_one_at_a_time_asks_whether_it_is_back(monkeypatch, watch):
    monkeypatch.setattr(breaker, "SLOW", 0.0)
    ours, inside, free = breaker.Breaker("x"), threading.Event(), threading.Event()

    def nothing():
        raise NoAnswer("x")

    def slow():
        inside.set()
        free.wait(60)
        return "back"

    for _turn in range(breaker.AFTER):
        with pytest.raises(NoAnswer):
            ours.ask(nothing)
    with pytest.raises(breaker.Resting):
        ours.ask(lambda: "not asked")
    watch.shift(breaker.REST)
    found = []
    probe = threading.Thread(target=lambda: found.append(ours.ask(slow)))
    probe.start()
    assert inside.wait(60)
    with pytest.raises(breaker.Resting):
        ours.ask(lambda: "a second one")
    free.set()
    probe.join()
    assert (found, ours.ask(lambda: "all")) == (["back"], "all")


def ask(ours, why=None, seconds=0.0):
    def do():
        breaker.monotonic.shift(seconds)
        if why is not None:
            raise why

    ours.ask(do)


def test_what_was_never_asked_says_nothing_of_whether_it_is_there(watch):
    ours = breaker.Breaker("x")
    # A message that it never carries is between two that got no answer, and another is the probe.
    for why, seconds in ((NoAnswer("x"), breaker.SLOW), (Unfit("x"), 0.0), (NoAnswer("x"), breaker.SLOW)):
        with pytest.raises(type(why)):
            ask(ours, why, seconds)
    with pytest.raises(breaker.Resting):
        ask(ours)
    watch.shift(breaker.REST)
    with pytest.raises(Unfit):
        ask(ours, Unfit("x"))
    with pytest.raises(NoAnswer):
        ask(ours, NoAnswer("x"), breaker.SLOW)
    with pytest.raises(breaker.Resting):
        ask(ours)


def test_a_network_that_swallows_connections_is_left_alone_too(watch):
    ours = breaker.Breaker("x")
    for _turn in range(breaker.AFTER):
        with pytest.raises(NotTaken):
            ask(ours, NotTaken("no connection"), breaker.SLOW)
    with pytest.raises(breaker.Resting):
        ask(ours)


def test_who_refuses_at_once_is_asked_each_time(db, ways, template, gateway):
    template.answer = (500, "broken")
    with transaction.atomic():
        for number in range(5):
            say(key=f"k{number}", life_safety=True)
    send_all()
    assert len(template.asked) == 5


def test_an_ordinary_message_stays_with_who_may_have_it_while_that_one_rests(
    db, ways, template, gateway, impatient
):
    template.hang.clear()
    with transaction.atomic():
        for number in range(3):
            say(key=f"k{number}")
    send_all()
    # Two were asked and may be there; the third was asked of nobody, and goes by the other way.
    assert (
        len(template.asked),
        [body[":key"] if ":key" in body else body["key"] for body in gateway.asked],
    ) == (
        2,
        ["k2"],
    )
    send_all()
    assert len(gateway.asked) == 1
    assert Notification.objects.filter(state="queued", answer="asked", transport="first").count() == 2


QUEUES = ["life_safety", "life_messages"]


@pytest.fixture
def workers(settings, db_is_real, template, tmp_path):
    """The workers of the queues that save lives, started as supervisord.conf starts them."""
    told = settings.BASE_DIR / "supervisord.conf"
    commands = [
        shlex.split(
            line.partition("=")[2].replace("%(ENV_HUHANG_PYTHON)s", sys.executable).replace("%%", "%")
        )
        for line in told.read_text().splitlines()
        if re.search(r"^command=.* --queues \S*life_", line)
    ]
    database = settings.DATABASES["default"]
    env = os.environ | {
        "DATABASE_URL": os.environ["DATABASE_URL"].rpartition("/")[0] + f"/{database['NAME']}",
        "HUHANG_SMS_TRANSPORTS": f"gateway={template.url.replace('http', 'json')}?:key={{key}}",
    }
    client = redis.Redis.from_url(settings.REDIS_URL)
    client.delete(*QUEUES)
    with (tmp_path / "log").open("wb") as log:
        running = [
            subprocess.Popen(each, env=env, stdout=log, stderr=log, cwd=settings.BASE_DIR)
            for each in commands
        ]
        yield commands
        template.hang.set()
        client.delete(*QUEUES, *client.keys("waking:*"))
        for process in running:
            process.terminate()
        for process in running:
            process.wait(60)


@pytest.fixture
def db_is_real(transactional_db):
    """What workers in processes of their own see."""


def came_through(queue):
    """How long a task of this queue waited for its turn, in seconds."""
    Heartbeat.objects.filter(name=heartbeat.queue_of(queue)).delete()
    broker.wake(tasks.probe, queue, time.time(), queue=queue)
    until = time.monotonic() + 300  # until its worker is there, on a busy machine
    while True:
        found = Heartbeat.objects.filter(name=heartbeat.queue_of(queue)).first()
        if found:
            return found.facts["delay"]
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.xdist_group("broker")
def test_a_provider_that_hangs_holds_up_nothing_else_that_saves_lives(workers, template):
    """Fifty messages wait for a provider that says nothing; what else saves lives has its turn at once."""
    read = {queue for each in workers for queue in each[each.index("--queues") + 1].split(",")}
    for queue in read:
        came_through(queue)
    template.hang.clear()
    with transaction.atomic():
        for number in range(50):
            say(key=f"k{number}", life_safety=True)
    until = time.monotonic() + 30
    while not template.asked:
        assert time.monotonic() < until
        time.sleep(0.02)
    assert max(came_through("life_safety") for _turn in range(3)) < 2
    assert Notification.objects.filter(sent_at=None).count() == 50


# What each kind of provider needs in its address, behind SCHEME://HOST/.
NEEDS = {
    "core.messages.transports.template_sms.TemplateSms": "?templates=/nowhere",
    "core.messages.transports.web_push.WebPush": "",
    transports.OTHERWISE: "?:key={key}",
}
# Whose address is said by whoever is told, so that it cannot be one of ours here: what these tests ask stands there.
TRIED_ELSEWHERE = {"core.messages.transports.web_push.WebPush": "core/tests/test_web_push.py"}


@pytest.mark.parametrize("scheme", [*transports.SCHEMES, "json"])
def test_every_scheme_leads_to_a_transport(scheme):
    """A provider that is half there would be found out by the first message."""
    path = transports.SCHEMES.get(scheme, transports.OTHERWISE)
    assert path in NEEDS, f"{path}: what its address needs belongs into NEEDS"
    made = transports.make(f"name={scheme}://127.0.0.1:1/{NEEDS[path]}")
    assert type(made) is import_string(path)
    assert (made.name, made.receipt_token) == ("name", "")
    assert made.templates() == {}
    assert made.says_wrong_recipient("") is False
    assert callable(made.hand_over)
    assert isinstance(made.sends_text, bool)
    assert isinstance(made, transports.Transport)


CARRYING = sorted({*transports.SCHEMES.values(), transports.OTHERWISE} - set(TRIED_ELSEWHERE))


@pytest.fixture(params=CARRYING, ids=lambda path: path.rpartition(".")[2])
def way(request, template, tmp_path):
    """Each kind of provider, before a server of ours."""
    codes = tmp_path / "codes.json"
    codes.write_text(json.dumps({"accounts.code": {"zh-hans": "T-1"}}))
    scheme = next((each for each, path in transports.SCHEMES.items() if path == request.param), "json")
    address = template.url.replace("http", scheme.removesuffix("s"), 1)
    return transports.make(f"name={address}{NEEDS[request.param].replace('/nowhere', str(codes))}")


LETTER = transports.Letter(
    "key-of-it", "sms", PHONE, "护航：验证码 123456", "accounts.code", "zh-hans", {"code": "123456"}
)


@pytest.mark.parametrize(
    ("answer", "raised"), [((500, ""), NoAnswer), ((502, ""), NoAnswer), ((404, "nothing here"), NotTaken)]
)
def test_what_every_kind_of_provider_makes_of_an_answer(way, template, answer, raised):
    """Who is asked next follows from it: of 'nobody knows' an ordinary message is not sent twice."""
    template.answer = answer
    with pytest.raises(NotTaken) as told:
        way.hand_over(LETTER)
    assert isinstance(told.value, NoAnswer) is (raised is NoAnswer)
    (asked,) = template.asked
    assert LETTER.key in json.dumps(asked), "a repeat is seen by its key alone"


def test_every_kind_of_provider_leaves_who_is_silent_within_five_seconds(way, template):
    template.hang.clear()
    began = time.monotonic()
    with pytest.raises(NoAnswer):
        way.hand_over(LETTER)
    assert time.monotonic() - began < 5


def test_no_kind_of_provider_thinks_that_who_is_down_may_have_it(way, template):
    template.server.shutdown()
    template.server.server_close()
    with pytest.raises(NotTaken) as told:
        way.hand_over(LETTER)
    assert not isinstance(told.value, NoAnswer) or way.sends_text  # Apprise does not tell one from the other


def test_every_scheme_of_ours_is_documented():
    said = (settings.BASE_DIR / "docs/messages.md").read_text()
    assert [each for each in transports.SCHEMES if f"{each.partition('+')[0]}+http" not in said] == []
    assert all((settings.BASE_DIR / where).exists() for where in TRIED_ELSEWHERE.values())
