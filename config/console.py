"""The console's site, its first page and its navigation: loops over what apps offer."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from unfold.sites import UnfoldAdminSite

from accounts.models import Account
from accounts.views import sign_out
from config import work
from core import alarms, clock, heartbeat, motions, policy
from core.access import account_of, permission_required
from core.console import panels
from core.console.navigation import GOVERNANCE, NOW, for_person, link
from core.console.panels import DUE, FAILED, NOTICES, Due, panel

APPS = frozenset({"core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance"})


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no stubs
    """Staff with their second factor; to sign in, to sign out and to change a password there are the platform's own doors.

    Django's would count no wrong password, tell no owner and leave what the browser kept.
    """

    index_title = _("First page")
    site_title = "Huhang 护航"

    def has_permission(self, request: HttpRequest) -> bool:
        user = request.user
        return isinstance(user, Account) and user.is_staff and user.is_active and user.is_verified()  # type: ignore[attr-defined]  # django-otp adds it

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only the platform's own tables: what libraries register would be written outside the services."""
        models: list[Any] = (
            [model_or_iterable] if isinstance(model_or_iterable, type) else list(model_or_iterable)
        )
        ours = [model for model in models if model._meta.app_label in APPS]
        super().register(ours, admin_class, **options)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """Django's list of all models is drawn nowhere in our frame: it is made where one app is asked for alone."""
        return super().get_app_list(request, app_label) if app_label else []

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        """Our navigation as unfold draws it; the link of this page, or of the page above it, is marked."""
        groups, path, index = navigation(request), request.path, reverse("admin:index")
        links = [row["link"] for group in groups for row in group["items"]]
        here = max(
            (link for link in links if path == link or (link != index and path.startswith(link))),
            key=len,
            default="",
        )
        return [
            group
            | {
                "items": [
                    row | {"active": row["link"] == here, "has_permission": True} for row in group["items"]
                ]
            }
            for group in groups
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        wanted = request.GET.get("next") or reverse("admin:index")
        if not request.user.is_authenticated:
            return redirect(f"{reverse('accounts:sign_in')}?{urlencode({'next': wanted})}")
        if request.user.is_staff:
            return redirect(f"{reverse('accounts:second_factor')}?{urlencode({'next': wanted})}")
        return redirect("/")

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        return sign_out(request)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("accounts:password")

    def password_change_done(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("accounts:password")


@policy.read_once()
def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first page: strips of places, filled by the panels that apps offer."""
    person = account_of(request)
    strips = [
        (strip, " ".join(panels.marks_of(strip)), panels.draw(strip, request, person))
        for strip in panels.STRIPS
    ]
    return context | {"strips": strips}


def _view_of(shown: panels.Strip) -> Callable[..., HttpResponse]:
    @require_GET
    @permission_required("console.open")
    @policy.read_once()
    def strip(request: HttpRequest) -> HttpResponse:
        """One strip of the first page by itself, for the page that refreshes it."""
        html = panels.draw(shown, request, account_of(request))
        follows = " ".join(panels.marks_of(shown))
        return render(request, "console/_strip.html", {"strip": shown, "follows": follows, "html": html})

    return strip


@require_GET
@permission_required("console.open")
@policy.read_once()
def what_rings(request: HttpRequest) -> HttpResponse:
    """What rings for whoever looks, as the bar of each page draws it."""
    person, at = account_of(request), clock.now()
    rows = [(each, each.step(at)) for each in alarms.ringing_for(person, at)]
    shown = rows[: alarms.SHOWN]
    context = {
        "alarms": shown,
        "more": len(rows) - len(shown),
        "louder": policy.value(alarms.LOUDER_AFTER),
    }
    return render(request, "console/_alarms.html", context)


app_name = "console"
urlpatterns = [
    *(path(strip.address, _view_of(strip), name=strip.key) for strip in panels.STRIPS),
    path("admin/alarms/", what_rings, name="alarms"),
]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """What each role finds at the left; a link that a role may not follow is not there."""
    return for_person(request.user if isinstance(request.user, Account) else None)


# --- What belongs to no app ----------------------------------------------------------------------

link(NOW, 10, _("First page"), "emergency_home", "admin:index", "console.open")

link(GOVERNANCE, 50, _("Payouts"), "outbound", "admin:core_payout_changelist", "core.read")
link(GOVERNANCE, 60, _("Ledger"), "account_balance", "admin:core_ledgertransfer_changelist", "core.read")
link(GOVERNANCE, 70, _("Journal"), "lock_clock", "admin:core_auditentry_changelist", "core.read")
link(GOVERNANCE, 80, _("Messages"), "sms", "admin:core_notification_changelist", "core.read")
link(GOVERNANCE, 90, _("What we say"), "chat", "messages:index", "console.open")


@panel(
    "late_processes",
    _("Processes of the platform"),
    place=NOTICES,
    order=10,
    marks=("processes",),
    permission="console.open",
    template="console/_late.html",
)
def late_processes(_person: Account, _at: datetime) -> list[list[heartbeat.Sign]]:
    """What shows no signs of life, or is slow, all in one notice."""
    late = heartbeat.late()
    return [late] if late else []


@panel("motions", _("To agree to"), place=DUE, order=200, marks=("motions",), permission="console.open")
def to_agree(person: Account, _at: datetime) -> list[Due]:
    """What somebody moved and this person may carry: staff, lines, stations."""
    return [
        Due(
            row.code,
            reverse(motions.KINDS[row.kind].page),
            since=row.moved_at,
            beside=motions.KINDS[row.kind].label,
            holder=row.moved_by,
        )
        for row in motions.waiting_for(person)
    ]


@panel(
    "failed_work",
    _("Needs a person"),
    place=FAILED,
    order=10,
    marks=("failed_work",),
    permission="console.open",
    template="console/_failed_work.html",
)
def failed_work(person: Account, _at: datetime) -> list[dict[str, object]]:
    """Work that no repeat has done, what a life may depend on first."""
    found = work.shown_to(person)
    return [found] if found["failed_work"] else []
