"""Health, readiness, metrics, and the API's documentation page."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models import Min
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from core import broker, clock, retry
from core.api import shows_token
from core.errors import NotFound
from core.models import Notification, OutboxEvent
from police.selectors import release_clocks
from rides.positions import backlog, lag
from safety.monitor.quarantine import set_aside_count
from safety.selectors import late_destructions, live_counts, sos_answered


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "live"})


@require_GET
def ready(request: HttpRequest) -> HttpResponse:
    """The database answers; a broker that is down is said, but SOS works without it.

    `lives` is how much work on which a life may depend failed and needs a person now.
    """
    try:
        connection.ensure_connection()
    except Exception:  # whatever keeps the database away
        return JsonResponse({"status": "not ready", "database": False}, status=503)
    answers = broker.ask(lambda client: bool(client.ping()), False)
    return JsonResponse(
        {"status": "ready", "database": True, "broker": answers, "lives": retry.lives_at_stake()}
    )


@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, read from the database when asked, the same from every process.

    For whoever sends `Authorization: Bearer HUHANG_METRICS_TOKEN`; without a token set, for nobody.
    """
    if not shows_token(request, settings.METRICS_TOKEN):
        raise NotFound
    registry = CollectorRegistry()
    at = clock.now()
    day = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)

    def gauge(name: str, about: str, value: float) -> None:
        Gauge(name, about, registry=registry).set(value)

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
    gauge("huhang_monitor_backlog", "Batches of positions that no monitor has finished", backlog("monitor"))
    gauge("huhang_monitor_lag_seconds", "How long the oldest of them waits", lag("monitor"))
    gauge("huhang_monitor_set_aside", "Entries of positions that no monitor could take", set_aside_count())
    gauge(
        "huhang_recordings_overdue",
        "Recordings whose key lives a minute after its time",
        len(late_destructions(at, timedelta(minutes=1))),
    )
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


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
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # drf-spectacular is untyped
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
