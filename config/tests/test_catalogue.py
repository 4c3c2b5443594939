"""The console's page of everything the company says, and the figures of providers."""

import json
import re

import pytest
from django.db import transaction
from django.utils.html import escape
from django.utils.translation import override

from core.messages import catalogue, outbox
from core.messages.catalogue import entries
from core.models import Notification
from core.tests.factories import say


def page(client, language="en"):
    answer = client.get("/admin/messages/", headers={"accept-language": language})
    assert answer.status_code == 200
    return answer.content.decode()


def shown(part):
    return re.sub(r"%\((\w+)\)s", r"{\1}", str(part))


def test_it_lists_every_message_in_both_languages(signed_in):
    told = page(signed_in("agent"))
    for entry in entries():
        if entry.app == "test":
            continue
        assert entry.code in told
        for language in ("zh-hans", "en"):
            with override(language):
                for part in entry.parts:
                    assert escape(shown(part)).replace("\n", "<br>") in told, entry.code
        for name, kind in entry.kinds.items():
            with override("en"):
                assert f"{kind.name}, at most {kind.longest} letters" in " ".join(told.split()), name


def test_it_says_what_became_of_them_this_week(signed_in, people, noon):
    from accounts.messages import OneTimeCodeSent

    noon.shift(-8 * 86_400)
    for number in range(5):
        with transaction.atomic():
            outbox.queue(OneTimeCodeSent(code="1"), key=f"k{number}", to="+8613800000001", language="en")
        noon.shift(1.6 * 86_400)
    rows = Notification.objects.order_by("pk")
    at = rows[0].created_at
    rows.filter(key="k1").update(state="sent", sent_at=at)
    rows.filter(key="k2").update(state="delivered", sent_at=at, delivered_at=at)
    rows.filter(key="k3").update(state="needs_person")
    assert "1 delivered, 1 handed over and not confirmed, 1 waiting, 1 not delivered" in page(
        signed_in("agent")
    )


def test_each_app_is_one_line_until_it_is_opened_with_what_became_of_all_that_it_said(
    signed_in, people, noon
):
    from accounts.messages import OneTimeCodeSent, SignedInElsewhere

    with transaction.atomic():
        outbox.queue(OneTimeCodeSent(code="1"), key="k1", to="+8613800000001", language="en")
        outbox.queue(OneTimeCodeSent(code="2"), key="k2", to="+8613800000001", language="en")
    told = " ".join(page(signed_in("agent")).split())
    folded = re.findall(r'<details class="strip"> <summary> (.*?) </summary>(.*?)</details>', told)
    assert len(folded) == len({entry.app for entry in entries()})
    whose = [head for head, body in folded if SignedInElsewhere.entry.code in body]
    assert len(whose) == 1 and "0 handed over and not confirmed, 2 waiting" in whose[0]
    silent = [head for head, _body in folded if "waiting" not in head]
    assert len(silent) == len(folded) - 1, "where nothing was said no figure stands"


def test_it_names_the_providers_in_their_order_and_their_templates(signed_in, settings, tmp_path):
    codes = tmp_path / "codes.json"
    codes.write_text(json.dumps({"accounts.code": {"zh-hans": "SMS_4711"}}))
    settings.MESSAGE_TRANSPORTS = {
        "sms": [
            f"aliyun=template+http://127.0.0.1:1/?templates={codes}&token=secret",
            "other=json://127.0.0.1:1",
        ]
    }
    told = page(signed_in("agent"))
    assert "aliyun → other" in told
    assert "SMS_4711" in told
    assert "secret" not in told
    missing = [each for each in entries() if "sms" in each.channels and each.code != "accounts.code"]
    assert told.count("no template") == len(missing)


def test_the_catalogue_of_this_process_holds_all_apps():
    apps = {entry.app for entry in catalogue.entries()}
    assert {"accounts", "drivers", "rides", "safety", "complaints", "police", "governance"} <= apps


@pytest.fixture
def figures(client, settings):
    def read():
        answer = client.get("/metrics", headers={"authorization": f"Bearer {settings.METRICS_TOKEN}"})
        return answer.content.decode()

    return read


def test_metrics_know_each_provider(world, noon, figures, settings):
    settings.MESSAGE_TRANSPORTS = {"sms": ["first=json://127.0.0.1:1", "second=json://127.0.0.1:1"]}
    with transaction.atomic():
        say(key="a", life_safety=True)
        say(key="b")
    Notification.objects.filter(key="b").update(
        state="sent", sent_at=Notification.objects.first().created_at, transport="second"
    )
    noon.shift(30)
    told = figures()
    assert 'huhang_messages{state="handed_over",transport="second"} 1.0' in told
    assert 'huhang_messages{state="delivered",transport="first"} 0.0' in told
    assert 'huhang_message_transport_rests{transport="first"} 0.0' in told
    assert "huhang_life_message_oldest_seconds 30.0" in told
