"""Web push: the standard's own example, which addresses are asked, and that nobody is bothered by what has passed."""

from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.test import override_settings

from core import clock, retry
from core.messages import outbox, push, transports
from core.messages.catalogue import PUSH, Message
from core.messages.transports import breaker, web_push
from core.messages.transports.web_push import from_text, to_text
from core.models import FailedWork, Notification
from core.tests.factories import say

# RFC 8291, appendix A.
OURS = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
POINT = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
SECRET = "BTBZMqHH6r4Tts7J_aSIgg"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
SEALED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
    "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)
SERVICE = "webpush+https://push.example"


def test_the_example_of_the_standard():
    key = ec.derive_private_key(int.from_bytes(from_text(OURS), "big"), ec.SECP256R1())
    made = web_push.encrypt(
        b"When I grow up, I want to be a watermelon",
        p256dh=from_text(POINT),
        auth=from_text(SECRET),
        key=key,
        salt=from_text(SALT),
    )
    assert to_text(made) == SEALED


@pytest.mark.parametrize(
    ("service", "endpoint", "takes"),
    [
        (SERVICE, "https://push.example/send/abc", True),
        (SERVICE, "http://push.example/send/abc", False),
        (SERVICE, "https://push.example:8443/send/abc", False),
        (SERVICE, "https://push.example@10.0.0.1/send", False),
        (SERVICE, "https://push.example.evil.example/send", False),
        (SERVICE, "https://evil.example/push.example", False),
        (SERVICE, "https://169.254.169.254/latest/meta-data", False),
        (SERVICE, "https://[::1]/x", False),
        (SERVICE, "https://push.example\\@evil.example/", False),
        (SERVICE, "https://push.example:x/", False),
        (SERVICE, "https://push.example/#x", False),
        (SERVICE, "https://push.example/" + "x" * 1000, False),
        (SERVICE, "file:///etc/passwd", False),
        ("webpush+https://*.push.example", "https://web.push.example/x", True),
        ("webpush+https://*.push.example", "https://push.example/x", False),
        ("webpush+https://*.push.example", "https://a.b.push.example/x", False),
        ("webpush+https://*.push.example", "https://.push.example/x", False),
    ],
)
def test_only_a_known_service_is_asked(service, endpoint, takes):
    assert web_push.WebPush("x", service).takes(endpoint) is takes


def test_what_is_no_service_cannot_be_set():
    for address in ("webpush+https://", "webpush+https://a.example/path", "webpush+https://u@a.example"):
        with pytest.raises(ValueError):
            web_push.WebPush("x", address)
    with override_settings(STAGE="production"), pytest.raises(ValueError):
        web_push.WebPush("x", "webpush+http://a.example")


class OnScreen(Message, code="test.on_screen", text="护航：有新消息", channels=(PUSH,)):
    pass


class Phone:
    """One subscription, and a push service that answers `status`."""

    def __init__(self):
        self.status, self.asked, self.there = 201, [], True

    def find(self, code):
        if not self.there:
            return None
        return push.Subscription("https://push.example/1", from_text(POINT), from_text(SECRET), 1)

    def gone(self, code):
        self.there = False

    def answer(self, request):
        self.asked.append(request)
        if isinstance(self.status, Exception):
            raise self.status
        return httpx.Response(self.status, headers={"Location": "https://push.example/m/77"})


@pytest.fixture
def phone(db, settings, monkeypatch):
    made = Phone()
    settings.MESSAGE_TRANSPORTS = settings.MESSAGE_TRANSPORTS | {
        "push": ["other=webpush+https://other.example", f"ours={SERVICE}"]
    }
    monkeypatch.setattr(push, "_keepers", [made])
    monkeypatch.setattr(web_push, "_client", lambda: httpx.Client(transport=httpx.MockTransport(made.answer)))
    breaker.forget()
    return made


def tell(until=timedelta(minutes=10)):
    with transaction.atomic():
        outbox.queue(
            OnScreen(),
            key="k",
            to="N-1",
            language="en",
            channel=PUSH,
            subject="T-1",
            until=clock.now() + until,
        )
    row = Notification.objects.get()
    outbox.send(row.pk)
    row.refresh_from_db()
    return row


def test_the_service_of_the_browser_gets_it_sealed_and_signed(phone):
    row = tell()
    (asked,) = phone.asked
    assert (row.state, row.transport, row.provider_id) == ("sent", "ours", "77")
    assert asked.headers["Authorization"].startswith("vapid t=")
    assert (asked.headers["Content-Encoding"], asked.headers["Urgency"]) == ("aes128gcm", "high")
    assert 590 <= int(asked.headers["TTL"]) <= 600
    assert b"waits" not in asked.content


@pytest.mark.parametrize("status", [404, 410])
def test_where_nobody_is_any_more_the_subscription_ends_and_no_person_is_asked(phone, status):
    phone.status = status
    row = tell()
    assert (row.state, phone.there) == ("lapsed", False)
    assert not FailedWork.objects.exists()


def test_what_the_service_does_not_take_now_is_tried_again_until_it_helps_nobody(phone, monkeypatch):
    phone.status = 503
    row = tell()
    assert (row.state, phone.there) == ("queued", True)
    assert FailedWork.objects.get(kind="core.messages").needs_person_at is None
    phone.status = 201
    later = clock.now() + timedelta(minutes=11)
    monkeypatch.setattr(clock, "now", lambda: later)
    outbox.send(row.pk)
    row.refresh_from_db()
    assert (row.state, len(phone.asked)) == ("lapsed", 1)
    assert not retry.resting(outbox.MESSAGES, [row.key])


def test_a_redirect_is_followed_nowhere(phone):
    phone.status = 307
    assert tell().state == "queued"
    assert len(phone.asked) == 1


def test_who_signed_out_is_told_nothing(phone):
    phone.there = False
    assert (tell().state, phone.asked) == ("lapsed", [])


def test_what_is_hushed_leaves_no_more(phone, monkeypatch):
    monkeypatch.setattr(push, "_hushes", [lambda subject: subject == "T-1"])
    assert (tell().state, phone.asked) == ("lapsed", [])


def test_a_key_that_was_turned_away_ends_what_trusts_it(phone, settings):
    settings.PUSH_KEYS = ["2:" + settings.PUSH_KEYS[0].partition(":")[2]]
    assert (tell().state, phone.asked, phone.there) == ("lapsed", [], False)


def test_other_channels_are_never_lapsed(phone, settings):
    settings.MESSAGE_TRANSPORTS = settings.MESSAGE_TRANSPORTS | {"sms": []}
    transports._made.cache_clear()
    with transaction.atomic():
        say()
    row = Notification.objects.get()
    outbox.send(row.pk)
    row.refresh_from_db()
    assert row.state == "queued" and FailedWork.objects.get().needs_person_at


def test_no_life_depends_on_what_passes():
    with pytest.raises(ValueError):

        class Both(Message, code="test.both", text="x", channels=("sms", PUSH), life_safety=True):
            pass
