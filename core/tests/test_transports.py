"""Transports: who is asked, in which order, what a refusal means, and what a receipt changes."""

import json
import threading
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import transaction

from accounts.messages import OneTimeCodeSent
from core import retry
from core.messages import outbox, transports
from core.messages.transports.template_sms import to_submit
from core.models import FailedWork, Notification
from core.tests.factories import Said, SaidForLife, say

PHONE = "+8613800000001"


class Provider:
    """A provider on a port of its own: `answer` is status and body, `asked` what it was given."""

    def __init__(self):
        self.answer, self.asked, self.hang = (200, {"code": "OK", "id": "77"}), [], threading.Event()
        self.hang.set()
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
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


def test_every_sms_can_be_submitted_in_each_language():
    rows = [row for row in to_submit() if not row["message"].startswith("test.")]
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows:
        assert set(row["parameters"]) == {part.split("}")[0] for part in row["content"].split("${")[1:]}
        assert not row["content"].startswith(("【", "Huhang")) and "%" not in row["content"]
    assert Said.entry.channels == SaidForLife.entry.channels
