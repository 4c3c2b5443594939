"""What failed is seen by machines as by people, and everything that may fail or wake goes through its one door."""

import ast
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from core import broker, clock, events, recipients, retry
from core.messages import outbox
from core.models import AuditEntry, OutboxEvent
from safety.events import SosRaised

ROOT = Path(__file__).resolve().parents[2]
APPS = ["core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance", "config"]


def modules():
    for app in APPS:
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" not in name and "/migrations/" not in name and "/drills/" not in name:
                yield name, path.read_text()


@pytest.fixture
def figures(client, settings):
    settings.METRICS_TOKEN = "t"

    def read():
        text = client.get("/metrics", headers={"authorization": "Bearer t"}).content.decode()
        return dict(re.findall(r"^(huhang_\S+) (\S+)$", text, re.MULTILINE))

    return read


def test_every_kind_of_work_has_its_figures_also_while_nothing_fails(world, figures):
    found = figures()
    for work in retry.declared():
        for state in ("trying", "needs_person"):
            assert found[f'huhang_failed_work{{kind="{work.kind}",state="{state}"}}'] == "0.0"
        assert found[f'huhang_failed_work_oldest_seconds{{kind="{work.kind}"}}'] == "0.0"
    assert found["huhang_lives_need_person"] == "0.0"


# Readiness asks over a connection of its own, which sees what is committed.
@pytest.mark.django_db(transaction=True)
def test_what_fails_is_counted_with_its_age_and_readiness_names_lives(world, noon, figures, client):
    retry.failed(events.EVENTS.work, "1", "x", life_safety=True)
    noon.shift(120)
    retry.failed(events.EVENTS.work, "1", "x", life_safety=True)
    retry.failed(events.EVENTS.work, "2", "x")
    found = figures()
    assert found['huhang_failed_work{kind="core.events",state="needs_person"}'] == "1.0"
    assert found['huhang_failed_work{kind="core.events",state="trying"}'] == "1.0"
    assert found['huhang_failed_work_oldest_seconds{kind="core.events"}'] == "120.0"
    assert found["huhang_lives_need_person"] == "1.0"
    assert client.get("/health/ready").json()["lives"] == 1


def test_the_age_of_the_outbox_counts_all_that_is_undelivered(world, noon, figures, monkeypatch):
    def broken(event):
        raise RuntimeError("down")

    with transaction.atomic():
        events.publish(SosRaised(incident="I-1", party="passenger"))
    monkeypatch.setitem(
        events._handlers,
        SosRaised.name,
        [events._Declared("test.broken", SosRaised, broken, SosRaised.queue)],
    )
    for _turn in range(20):
        noon.shift(timedelta(minutes=5))
        events.EVENTS.work_off()
    assert OutboxEvent.objects.get(name=SosRaised.name, queue=SosRaised.queue).attempts == 20
    assert figures()["huhang_outbox_age_seconds"] == "6000.0"


# --- The doors ---

# Who talks to Valkey by itself: loops that listen or write on the async lane, and the monitor. No answer to a person
# and nothing after a commit is among them but `presence`, which asks through the door's circuit.
OWN_CLIENTS = re.compile(
    r"core/(broker|lane)\.py|core/presence\.py|rides/positions\.py|safety/audio\.py|safety/monitor.*|config/.*"
)


def test_answers_and_commits_reach_valkey_through_one_door():
    wrong = [
        name
        for name, text in modules()
        if re.search(r"Redis\.from_url|core\.cache", text) and not OWN_CLIENTS.fullmatch(name)
    ]
    assert not wrong
    assert "circuit" in (ROOT / "core" / "presence.py").read_text()
    assert broker.LIMIT < 0.5


def test_tasks_are_put_into_queues_through_the_same_door_or_by_tasks():
    wrong = [
        name
        for name, text in modules()
        if re.search(r"\.(apply_async|delay|delay_on_commit|send_task)\(", text)
        and not re.fullmatch(r"core/broker\.py|\w+/tasks\.py|config/.*|core/retry\.py", name)
    ]
    assert not wrong


def test_nobody_has_a_back_off_of_their_own():
    """A power of two by a count of attempts, or a constant that gives up, stands in the law alone."""
    wrong = []
    for name, text in modules():
        if name == "core/retry.py":
            continue
        for node in ast.walk(ast.parse(text)):
            power = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)
            if power and re.search(r"attempts|tries|failures", ast.unparse(node)):
                wrong.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.Name) and re.fullmatch(
                r"(MAX_ATTEMPTS|GIVE_UP|RETRY|REWAKE|BACK_?OFF)\w*", node.id
            ):
                wrong.append(f"{name}:{node.lineno}")
    assert not wrong


# --- What no repeat can help ---


def unwritten(life_safety=True):
    return retry.failed(
        recipients.UNWRITTEN, "sos:I-1:7", retry.Hopeless("InvalidTag"), life_safety=life_safety
    )


@pytest.mark.parametrize("life_safety", [True, False])
def test_what_no_repeat_can_help_is_closed_by_a_person_who_says_what_they_did(
    signed_in, people, noon, life_safety
):
    row = unwritten(life_safety)
    hers = signed_in("supervisor")
    page = hers.get("/admin/failed-work/").content.decode()
    assert "Dealt with" in page
    assert "Try again" not in page
    address = f"/admin/failed-work/{row.pk}/dealt-with/"
    for typed in ({}, {"reason": "  "}):
        refused = hers.post(address, typed)
        assert (refused.status_code, "Something is missing" in refused.content.decode()) == (400, True)
    assert retry.needing_person().get() == row
    hers.post(address, {"reason": "called her mother by phone"})
    row.refresh_from_db()
    assert (row.closed_at, row.closed_by) == (clock.now(), people("supervisor").code)
    assert row.closed_reason == "called her mother by phone"
    assert not retry.needing_person().exists()
    entry = AuditEntry.objects.get(action="core.work_dealt_with")
    assert (entry.actor, entry.reason, entry.facts["kind"], entry.facts["life_safety"]) == (
        row.closed_by, "called her mother by phone", "core.recipients", life_safety,
    )  # fmt: skip
    assert hers.post(address, {"reason": "again"}).status_code == 404
    row.refresh_from_db()
    assert row.closed_reason == "called her mother by phone"
    unwritten()  # what fails again stands there again
    assert retry.needing_person().count() == 1


@pytest.mark.parametrize("life_safety", [True, False])
def test_what_is_still_tried_by_itself_cannot_be_closed_by_hand(signed_in, noon, life_safety):
    retry.failed(outbox.MESSAGES, "m", "x", life_safety=life_safety)
    noon.shift(timedelta(hours=2))
    row = retry.failed(outbox.MESSAGES, "m", "x", life_safety=life_safety)
    assert (row.rests, row.needs_person_at is not None) == (False, True)
    hers = signed_in("supervisor")
    assert "Dealt with" not in hers.get("/admin/failed-work/").content.decode()
    refused = hers.post(f"/admin/failed-work/{row.pk}/dealt-with/", {"reason": "it annoys"})
    page = refused.content.decode()
    assert (refused.status_code, "It leaves the list when it succeeds." in page) == (409, True)
    row.refresh_from_db()
    assert row.closed_at is None
    assert not AuditEntry.objects.filter(action="core.work_dealt_with").exists()


def test_every_kind_is_tried_again_by_somebody_or_can_be_closed(db, noon):
    for work in retry.declared():
        row = retry.failed(work, "k", retry.Hopeless("x"))
        assert work.again is not None or retry.can_be_dealt_with(row), work.kind
