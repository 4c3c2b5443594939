"""Health, readiness, metrics, and the API's documentation page."""

import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Generic, TypeVar

from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from accounts.looks import day_of, looks_since, unanswered, unusual
from core import broker, build, clock, heartbeat, refusals, retry
from core.errors import NotFound
from core.journal import checkpoints
from core.machines import check_token
from core.messages import outbox, transports
from core.messages.transports import breaker
from core.models import Notification, OutboxEvent
from core.schema import Generator
from police.selectors import release_clocks
from rides.positions import REASONS, backlog, lag, not_taken
from safety.monitor.quarantine import set_aside_count
from safety.selectors import late_destructions, live_counts, sos_answered

T = TypeVar("T")


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "live"})


class Asked(Generic[T]):
    """A question whose answer is waited for only so long: it is asked in a thread, one at a time.

    Whoever asks while it is still being asked waits for the same answer, so that a server that hangs costs one thread.
    """

    def __init__(self, ask: Callable[[], T]) -> None:
        self._ask = ask
        self._lock = threading.Lock()
        self._waiting: Future[T] | None = None

    def begin(self) -> "Future[T]":
        """Ask, or join whoever asks already."""
        with self._lock:
            if self._waiting is None or self._waiting.done():
                self._waiting = Future()
                threading.Thread(target=self._run, args=(self._waiting,), daemon=True).start()
            return self._waiting

    def _run(self, waiting: "Future[T]") -> None:
        try:
            waiting.set_result(self._ask())
        except Exception as why:  # whatever it was, it is not an answer
            waiting.set_exception(why)


@dataclass(frozen=True, slots=True)
class _Known:
    signs: list[heartbeat.Sign]
    lives: int


def _signs() -> _Known:
    try:
        return _Known(heartbeat.signs(), retry.lives_at_stake())
    finally:
        connection.close()  # this thread's own


_database = Asked(_signs)
WAIT = 1.0  # seconds for both answers together


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """Within a second: whether the database answers. A broker that is down, and processes whose signs of life are late,
    are said, but the page for SOS works without them: they degrade and do not make it unready.

    `lives` is how much work on which a life may depend failed and needs a person now.
    """
    until = time.monotonic() + WAIT
    asked = _database.begin()
    answers = broker.ask(lambda client: bool(client.ping()), False)
    try:
        known: _Known | None = asked.result(max(until - time.monotonic(), 0.0))
    except Exception:  # whatever keeps the database away, or too long
        known = None
    if known is None:
        return JsonResponse({"status": "not ready", "database": False, "broker": answers}, status=503)
    late = [sign.watcher.name for sign in heartbeat.late(known.signs)]
    return JsonResponse(
        {
            "status": "ready",
            "database": True,
            "broker": answers,
            "degraded": bool(late or known.lives) or not answers,
            "lives": known.lives,
            "late": late,
            "heartbeats": {
                sign.watcher.name: {"age": sign.age, "late": sign.late, "delay": sign.delay}
                for sign in known.signs
            },
        }
    )


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, read from the database when asked, the same from every process.

    For whoever sends `Authorization: Bearer HUHANG_METRICS_TOKEN`; without a token set, for nobody.
    """
    check_token(request, settings.METRICS_TOKEN, door="metrics", error=NotFound)
    registry = CollectorRegistry()
    at = clock.now()
    day = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)

    def gauge(name: str, about: str, value: float) -> None:
        Gauge(name, about, registry=registry).set(value)

    Gauge("huhang_build", "Which code answers", ["digest"], registry=registry).labels(build.digest()).set(1)
    alive, nobody = live_counts()
    gauge("huhang_incidents_live", "Incidents that are not closed", alive)
    gauge("huhang_incidents_without_owner", "Incidents that nobody has taken", nobody)
    answered = sos_answered(day)
    gauge("huhang_sos_today", "SOS incidents today", answered[0])
    gauge("huhang_sos_answered_in_time_today", "of which taken within the limit", answered[1])
    clocks = release_clocks(day)
    gauge("huhang_police_release_p95_seconds", "Emergency requests today: asked to released", clocks.p95)
    gauge("huhang_police_requests_waiting", "Emergency requests without an answer", clocks.waiting)
    oldest = OutboxEvent.objects.filter(delivered_at=None).aggregate(oldest=Min("created_at"))["oldest"]
    gauge(
        "huhang_outbox_age_seconds",
        "Age of the oldest undelivered event",
        (at - oldest).total_seconds() if oldest else 0,
    )
    _failed_work(registry)
    _looks(registry)
    gauge(
        "huhang_lives_need_person",
        "Failed work on which a life may depend and that needs a person",
        retry.lives_at_stake(),
    )
    gauge(
        "huhang_messages_need_person",
        "Messages that could not be sent",
        Notification.objects.filter(state="needs_person").count(),
    )
    _messages(registry)
    gauge("huhang_monitor_backlog", "Batches of positions that no monitor has finished", backlog("monitor"))
    gauge("huhang_monitor_lag_seconds", "How long the oldest of them waits", lag("monitor"))
    gauge("huhang_monitor_set_aside", "Entries of positions that no monitor could take", set_aside_count())
    _positions(registry)
    _refusals(registry)
    _heartbeats(registry)
    _journal(registry)
    gauge(
        "huhang_recordings_overdue",
        "Recordings whose key lives a minute after its time",
        len(late_destructions(at, timedelta(minutes=1))),
    )
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _looks(registry: CollectorRegistry) -> None:
    """How often staff looked at people's data today, and who of them unusually often."""
    at = clock.now()
    today = looks_since(day_of(at)).values()
    number = Gauge(
        "huhang_looks_today",
        "Looks of staff at people today: in the clear inside a case or with a reason, at pages with neither",
        ["basis"],
        registry=registry,
    )
    number.labels("case").set(sum(each.inside for each in today))
    number.labels("reason").set(sum(each.with_reason for each in today))
    number.labels("none").set(sum(each.pages for each in today))
    for name, about, value in (
        (
            "most_by_one_today",
            "The most looks of one colleague today",
            max((each.all for each in today), default=0),
        ),
        ("unusual", "Colleagues who looked unusually often today", len(unusual(at))),
        ("unanswered", "Looks without a case that no supervisor answered", unanswered().count()),
    ):
        Gauge(f"huhang_looks_{name}", about, registry=registry).set(value)


def _messages(registry: CollectorRegistry) -> None:
    """What became of the last hour's messages, by the provider that was asked last, and who is left alone now."""
    at = clock.now()
    number = Gauge("huhang_messages", "Messages of the last hour", ["transport", "state"], registry=registry)
    rests = Gauge(
        "huhang_message_transport_rests",
        "1 while a provider that did not answer is left alone",
        ["transport"],
        registry=registry,
    )
    found = outbox.figures("transport", at - timedelta(hours=1))
    for name in sorted({way.name for way in transports.every()} | {name for name in found if name}):
        for state, count in asdict(found.get(name, outbox.Tally())).items():
            number.labels(name, state).set(count)
        rests.labels(name).set(breaker.rests(name))
    Gauge(
        "huhang_life_message_oldest_seconds",
        "How long the oldest message on which a life may depend waits for a provider",
        registry=registry,
    ).set(outbox.oldest_life_message(at))


def _positions(registry: CollectorRegistry) -> None:
    """Every reason has its number, also 0: one that is missing would look like silence."""
    number = Gauge(
        "huhang_positions_not_taken",
        "Single positions that could not be right, since Valkey began",
        ["reason"],
        registry=registry,
    )
    found = not_taken()
    for reason in sorted(REASONS | found.keys()):
        number.labels(reason).set(found.get(reason, 0.0))


def _refusals(registry: CollectorRegistry) -> None:
    """Each kind has its number, also 0: what begins only with the first of its kind has grown by nothing."""
    number = Gauge(
        "huhang_refused",
        "Who was refused since Valkey began, by where and with which status",
        ["front", "status"],
        registry=registry,
    )
    for (front, status), found in refusals.figures().items():
        number.labels(front, status).set(found)


def _journal(registry: CollectorRegistry) -> None:
    """How far the journal has grown, how old its last checkpoint is, and what the witness says of it."""
    at, newest, signed = clock.now(), checkpoints.newest(), checkpoints.newest_cosigned()
    unsigned = checkpoints.unsigned_since()
    for name, about, value in (
        ("lines", "Lines of the journal in its last checkpoint", newest.size if newest else 0),
        (
            "checkpoint_age_seconds",
            "Age of the last checkpoint of the journal",
            (at - newest.at).total_seconds() if newest else math.inf,
        ),
        ("cosigned_lines", "Lines of the journal that the witness signed", signed.size if signed else 0),
        (
            "unsigned_seconds",
            "How long the oldest checkpoint behind the witness's last signature waits for one",
            (at - unsigned.at).total_seconds() if unsigned else 0,
        ),
        ("unkept", "Checkpoints that are not kept outside the database", checkpoints.unkept().count()),
        ("refusals", "Checkpoints that the witness refused to sign", checkpoints.refusals().count()),
    ):
        Gauge(f"huhang_journal_{name}", about, registry=registry).set(value)


def _heartbeats(registry: CollectorRegistry) -> None:
    """What never showed a sign of life has an age without bound, so that an alarm by age hears of it too."""
    age = Gauge(
        "huhang_heartbeat_age_seconds",
        "Seconds since the newest sign of life of a process or queue",
        ["name"],
        registry=registry,
    )
    delay = Gauge(
        "huhang_queue_delay_seconds",
        "How long the last probe waited in its queue",
        ["queue"],
        registry=registry,
    )
    for sign in heartbeat.signs():
        age.labels(sign.watcher.name).set(math.inf if sign.age is None else sign.age)
        if sign.delay is not None:
            delay.labels(sign.watcher.name.removeprefix("queue:")).set(sign.delay)


def _failed_work(registry: CollectorRegistry) -> None:
    """What failed and is not done, for every kind of work there is: a kind that is missing would look like silence."""
    at = clock.now()
    number = Gauge(
        "huhang_failed_work", "Work that failed and is not done", ["kind", "state"], registry=registry
    )
    age = Gauge(
        "huhang_failed_work_oldest_seconds", "Since when the oldest of it fails", ["kind"], registry=registry
    )
    counts, oldest = retry.counts(), retry.oldest()
    for kind in sorted({work.kind for work in retry.declared()} | set(counts)):
        waiting, people = counts.get(kind, (0, 0))
        number.labels(kind, "trying").set(waiting)
        number.labels(kind, "needs_person").set(people)
        age.labels(kind).set((at - oldest[kind]).total_seconds() if kind in oldest else 0)


@require_GET
def api_docs(request: HttpRequest) -> HttpResponse:
    """The API as one readable page, made from its schema; no script from elsewhere."""
    schema = Generator().get_schema()  # type: ignore[no-untyped-call]  # made as drf-spectacular makes it, untyped
    calls = [
        {
            "path": path,
            "method": method.upper(),
            "about": call.get("description", ""),
            "answers": list(call.get("responses", {})),
        }
        for path, methods in schema["paths"].items()
        for method, call in methods.items()
    ]
    return render(request, "api_docs.html", {"calls": calls})
