"""Papers are made by a process of their own: no thread of a server draws one, few wait, and the others are told by when."""

import ast
import base64
import heapq
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest

from core import clock, wrapped
from core.errors import AGAIN
from core.reader import child
from core.reader.pool import Broke, Busy, Lane
from police import services
from police.documents import press, seal
from police.documents import services as documents
from police.documents.models import ReleaseCopy
from police.documents.states import CopyKind
from police.errors import PaperNotMade, PaperWaits
from police.states import Query
from police.tests.factories import urgent
from safety.tests.test_keystore import address, service  # noqa: F401 - fixtures

pytestmark = pytest.mark.django_db
HERE = Path(documents.__file__).parent


@pytest.fixture
def asked(rides, people):
    return services.ask_by_form(
        account=people("officer"), question=urgent(Query.TRIP, rides.under_way().code), submission="s" * 12
    )


@pytest.fixture
def others(monkeypatch):
    """So many as may be at the press are there already."""
    queue = press._Queue()
    monkeypatch.setattr(press, "_queue", queue)
    for number in range(press.lane().size + queue.line):
        queue.come(f"other-{number}")
        queue.begin(f"other-{number}")
    return queue


@pytest.mark.long
def test_a_paper_is_drawn_and_sealed_elsewhere(asked, people, monkeypatch):
    def never(*_args, **_given):
        raise AssertionError("drawn in the server")

    monkeypatch.setattr(seal, "seal", never)
    monkeypatch.setattr("police.documents.paper.pack", never)
    press.lane().is_warm(120.0)
    actor = people("officer").actor
    handed = documents.hand_over(actor=actor, request=asked, kind=CopyKind.PDF)
    assert seal.look(handed.content).sealed
    assert seal.look(documents.hand_over(actor=actor, request=asked, kind=CopyKind.PROOF).content).sealed


@pytest.mark.long
def test_a_press_that_starts_while_the_key_service_is_away_seals(asked, people, service, monkeypatch):  # noqa: F811
    """The settings hold the seal's key wrapped; the server had it opened when it started."""
    service.SEAL_KEY = wrapped.wrap(base64.b64decode(service.SEAL_KEY))
    wrapped.opened(service.SEAL_KEY)
    monkeypatch.setenv("HUHANG_SEAL_KEY", service.SEAL_KEY)  # what a child would read
    monkeypatch.setenv("HUHANG_KEY_SERVICE_URL", "http://127.0.0.1:1/keys/")
    usual = press.lane()
    lane = Lane(usual.bounds, size=1, queue=1, patience=60.0, within=60.0, program=usual.program)
    monkeypatch.setattr(press, "lane", lambda: lane)
    assert lane.is_warm(120.0)
    handed = documents.hand_over(actor=people("officer").actor, request=asked, kind=CopyKind.PDF)
    lane.close()
    assert seal.look(handed.content).sealed


@pytest.mark.long
def test_what_makes_them_stays_and_is_started_once():
    lane = press.lane()
    assert lane.is_warm(120.0)
    lane.warm()
    first = lane._idle[0].pid
    assert lane.is_warm(0.0)
    with lane.slot() as slot:
        slot.child = lane.fit()
        assert slot.child.pid == first
        slot.child.since -= 10 * 3600
        slot.child.served += 10_000
        assert slot.child.is_fit()


@pytest.mark.parametrize("path", ["/police/", "/police/emergency/", "/police/requests/{}/"])
def test_it_is_started_while_the_officer_reads_and_writes(asked, signed_in, monkeypatch, path):
    begun = []
    monkeypatch.setattr(press, "warm", lambda: begun.append(path))
    assert signed_in("officer").get(path.format(asked.code)).status_code == 200
    assert begun


def test_no_front_draws_or_seals():
    """Only the press calls what draws: whoever else did would do it in a server."""
    for path in HERE.parent.rglob("*.py"):
        if "tests" in path.parts or path.name in {"press.py", "paper.py"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in {
                    ("seal", "seal"), ("paper", "pack"), ("paper", "answer"), ("paper", "record"), ("paper", "proof"),
                }, path  # fmt: skip


@pytest.mark.parametrize("paper", ["pack.pdf", "proof.pdf"])
def test_who_comes_when_many_are_there_reads_how_many_and_by_when(asked, signed_in, others, paper):
    client = signed_in("officer")
    readings = ReleaseCopy.objects.count()
    answer = client.get(f"/police/requests/{asked.code}/{paper}")
    page = answer.content.decode()
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "2", "no-store")
    assert 'http-equiv="refresh" content="2"' in page
    assert f"<dd>{len(others._seen) - 1}</dd>" in page
    assert f'href="/police/requests/{asked.code}/"' in page
    assert ReleaseCopy.objects.count() == readings  # who waits has read nothing
    said = client.get(f"/police/requests/{asked.code}/{paper}", headers={"Accept": "application/json"})
    assert (said.status_code, said.json()["code"]) == (503, "paper_waits")


def test_they_keep_the_order_in_which_they_came(others, monkeypatch):
    now = press.time.monotonic()
    monkeypatch.setattr(press.time, "monotonic", lambda: now)
    there = len(others._seen)
    assert [others.come("first"), others.come("second"), others.come("first")] == [there, there + 1, there]
    others.leave("other-0", 2.0)
    assert others.come("second") == there
    now += press.MISSED * AGAIN - 0.1
    assert others.come("second") == there
    now += 0.2  # the first has gone
    assert others.come("second") == there - 1


def test_who_is_far_behind_asks_seldom_and_keeps_the_place_meanwhile(others, monkeypatch):
    now = press.time.monotonic()
    monkeypatch.setattr(press.time, "monotonic", lambda: now)
    near, far = len(others._seen), len(others._seen) + 12
    for number in range(12):
        others.come(f"between-{number}")
    assert others.pause(near) == AGAIN
    assert AGAIN < others.pause(far) <= press.LONGEST
    assert others.pause(10_000) == press.LONGEST
    assert others.come("far") == far
    now += others.pause(far) + 1  # as it was told; the others asked in between, or have gone
    assert "far" in others._seen
    others.come("behind")
    assert list(others._seen).index("far") < list(others._seen).index("behind")


def test_a_press_without_work_waits_for_nobody_who_has_gone(monkeypatch):
    queue = press._Queue()
    monkeypatch.setattr(press, "_queue", queue)
    monkeypatch.setattr("core.reader.pool.Lane.is_warm", lambda *_args: True)
    for number in range(40):
        queue.come(f"gone-{number}")
    with press.place("here"), pytest.raises(PaperWaits), press.place("other"):
        pass


def test_by_when_follows_from_what_papers_take(others):
    before = others.ready(10)
    for _each in range(20):
        others.leave("x", 6.0)
    assert (others.ready(10) - clock.now()).total_seconds() > 11 * 5
    assert others.ready(10) > before


def test_what_a_paper_takes_is_no_waiting_for_others(monkeypatch):
    """Else who is far behind is told to come back when the press has long had nothing to do."""
    now = [100.0]
    monkeypatch.setattr(press.time, "monotonic", lambda: now[0])
    queue = press._Queue()
    monkeypatch.setattr(press, "_queue", queue)

    class Line:
        size = 1

        @contextmanager
        def slot(self):
            now[0] += 5.0  # those before
            yield self

        def ask(self, _wish):
            now[0] += 0.1
            return child.Answer(drawn=b"x", said=press.msgspec.Raw(press.msgspec.msgpack.encode(True)))

        def is_warm(self, _seconds):
            return True

    monkeypatch.setattr(press, "lane", Line)
    order = press.Order(copied=press.Copied("X", "P-1", "s", "o", clock.now()))
    for number in range(20):
        with press.place(f"{number}") as make:
            make(order)
    assert queue._takes == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize("takes", [0.1, 0.3, 1.0])
def test_ninety_nine_at_once_keep_the_press_at_work(monkeypatch, takes):
    """On a simulated clock: each asks again when it was told to, and all are served in little more than the papers take."""
    now = [100.0]
    monkeypatch.setattr(press.time, "monotonic", lambda: now[0])
    queue, free, ends = press._Queue(), now[0], []
    events = [(now[0], number, "asks") for number in range(99)]
    heapq.heapify(events)
    most = waiting = 0
    while events:
        now[0], number, what = heapq.heappop(events)
        who = f"officer-{number}"
        if what == "made":
            queue.leave(who, takes)
            ends.append(now[0])
            waiting -= 1
            continue
        ahead = queue.come(who)
        if queue.is_full(ahead):
            heapq.heappush(events, (now[0] + queue.pause(ahead), number, "asks"))
            continue
        queue.begin(who)
        waiting += 1
        most = max(most, waiting)
        free = max(free, now[0]) + takes
        heapq.heappush(events, (free, number, "made"))
    assert len(ends) == 99
    assert most <= 1 + press.MOST_ON_THE_LINE
    assert max(ends) - 100.0 < max(25.0, 99 * takes * 1.1)


def test_a_page_waits_for_no_child_that_is_not_there_yet(asked, people, monkeypatch):
    begun, go = threading.Event(), threading.Event()

    class Slow:
        def __init__(self, *_args):
            begun.set()
            go.wait()

    lane = Lane(press.lane().bounds, size=1, queue=1, patience=0.1, within=1.0, program=press.lane().program)
    monkeypatch.setattr("core.reader.pool.Child", Slow)
    monkeypatch.setattr(press, "lane", lambda: lane)
    monkeypatch.setattr(press, "STARTS", 0.01)
    with pytest.raises(PaperWaits):
        documents.hand_over(actor=people("officer").actor, request=asked, kind=CopyKind.PDF)
    assert begun.wait(10)
    go.set()
    assert lane.is_warm(10)


@pytest.mark.parametrize(("why", "error"), [(Busy, PaperWaits), (Broke, PaperNotMade), ("x", PaperNotMade)])
def test_what_cannot_be_made_is_said(asked, people, monkeypatch, why, error):
    def ask(_slot, _wish):
        if why == "x":
            return child.Answer(refused="ValueError at table:3")
        raise why

    monkeypatch.setattr("core.reader.pool.Slot.ask", ask)
    monkeypatch.setattr("core.reader.pool.Lane.is_warm", lambda *_args: True)
    queue = press._Queue()
    monkeypatch.setattr(press, "_queue", queue)
    with pytest.raises(error):
        documents.hand_over(actor=people("officer").actor, request=asked, kind=CopyKind.PDF)
    assert queue._seen == {}
    assert not ReleaseCopy.objects.filter(kind=CopyKind.PDF).exists()


def test_a_fault_says_where_and_nothing_of_what_stood_there(monkeypatch):
    def fails(_order):
        raise ValueError("林小姐 13800000000")

    monkeypatch.setattr(press, "draw", fails)
    order = press.Order(copied=press.Copied("X", "P-1", "s", "o", clock.now()))
    said = press.answer(child.Wish(press.msgspec.msgpack.encode(order)))
    assert said.refused.startswith("ValueError at fails:")
    assert "138" not in said.refused
