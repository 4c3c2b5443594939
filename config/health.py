"""Health, readiness, metrics, and the API's documentation page."""

from datetime import timedelta

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from core import clock
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
    """The database answers; a broker that is down is said, but SOS works without it."""
    try:
        connection.ensure_connection()
    except Exception:  # whatever keeps the database away
        return JsonResponse({"status": "not ready", "database": False}, status=503)
    try:
        broker = bool(
            redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=0.5, socket_timeout=0.5).ping()
        )
    except redis.RedisError:
        broker = False
    return JsonResponse({"status": "ready", "database": True, "broker": broker})


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
    oldest = OutboxEvent.objects.filter(delivered_at=None, needs_person=False).order_by("pk").first()
    gauge(
        "huhang_outbox_age_seconds",
        "Age of the oldest undelivered event",
        (at - oldest.created_at).total_seconds() if oldest else 0,
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
