"""The console, composed in one place: site, navigation, first page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET
from unfold.sites import UnfoldAdminSite

from accounts.models import Account
from complaints.selectors import care_due, claims_to_decide, due_soon, roster_gaps, waiting_messages
from config import work
from core import clock, heartbeat, policy
from core.access import account_of, door
from core.permissions import may
from drivers.selectors import (
    open_appeals,
    open_cases,
    review_queue,
    waiting_plate_photos,
    waiting_video_checks,
)
from governance.selectors import last_board
from police.selectors import missing_papers, release_clocks, undecided, unreviewed_releases
from rides.selectors import all_lines, open_late_pickups, open_suspensions, reminders_to_call
from safety.selectors import Burning, burning, sos_answered

APPS = frozenset({"core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance"})


class ConsoleSite(UnfoldAdminSite):  # type: ignore[misc]  # unfold has no stubs
    """Staff with their second factor; sign-in is the platform's own page."""

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
        return redirect("/")


@policy.read_once()
def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first page: what burns, what is due, mine, lines and promises, figures."""
    day = timezone.localtime(clock.now()).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = burning()
    return (
        context
        | due_and_mine(account_of(request), rows)
        | work.shown_to(account_of(request))
        | {
            "burning": rows,
            "lines": all_lines(),
            "board": last_board(),
            "clocks": release_clocks(day),
            "sos": sos_answered(day),
        }
    )


@policy.read_once()
def due_and_mine(account: Account, rows: list[Burning]) -> dict[str, Any]:
    """What has a clock, and what this person took."""
    at = clock.now()
    found: dict[str, Any] = {
        "late_processes": heartbeat.late(),
        "mine": [row for row in rows if row.incident.taken_by == account.code],
        "now": at,
        "may_respond": may(account, "incidents.respond"),
        "due_complaints": due_soon(account, at) if may(account, "complaints.work") else [],
        "due_claims": claims_to_decide(account) if may(account, "claims.decide") else [],
        "due_care": care_due(account, at) if may(account, "complaints.work") else [],
        "due_messages": waiting_messages(limit=5) if may(account, "complaints.work") else [],
        "roster_gaps": roster_gaps(at)[:6] if may(account, "complaints.work") else [],
        "due_requests": undecided(),
        "due_reviews": unreviewed_releases(),
        "due_papers": missing_papers(at),
        "due_late": open_late_pickups() if may(account, "incidents.respond") else [],
        "due_calls": reminders_to_call(at) if may(account, "incidents.respond") else [],
        "due_suspensions": open_suspensions() if may(account, "lines.suspend") else [],
        "due_videos": waiting_video_checks() if may(account, "vetting.decide") else [],
        "due_plates": waiting_plate_photos() if may(account, "plates.read") else [],
        "due_appeals": open_appeals() if may(account, "holds.release") else [],
        "due_applications": review_queue() if may(account, "vetting.decide") else [],
        "due_cases": open_cases() if may(account, "vetting.decide") else [],
    }
    return found | {"anything_due": any(rows for name, rows in found.items() if name.startswith("due_"))}


@require_GET
@door("console.open")
def due(request: HttpRequest) -> HttpResponse:
    """The strips *Due* and *Mine* by themselves, for the page that refreshes them."""
    return render(request, "console/_due.html", due_and_mine(account_of(request), burning()))


app_name = "console"
urlpatterns = [path("admin/due/", due, name="due")]


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """What each role finds at the left; a link that a role may not follow is not there."""
    user = request.user

    def allowed(permission: str) -> bool:
        return isinstance(user, Account) and may(user, permission)

    responds, works = allowed("incidents.respond"), allowed("complaints.work")

    def link(title: Any, icon: str, name: str, permission: bool = True) -> dict[str, Any] | None:
        return {"title": title, "icon": icon, "link": reverse(name)} if permission else None

    groups: list[dict[str, Any]] = [
        {
            "title": _("Now"),
            "items": [
                link(_("First page"), "emergency_home", "admin:index"),
                link(_("Mine and hand-over"), "swap_horiz", "safety_console:mine", responds),
                link(_("Police on the line"), "local_police", "police_console:line", responds),
                link(_("SOS by SMS"), "sms", "safety_console:packet", responds),
            ],
        },
        {
            "title": _("Cases"),
            "items": [
                link(
                    _("Incidents"), "crisis_alert", "admin:safety_incident_changelist", allowed("safety.read")
                ),
                link(
                    _("Welfare checks"),
                    "person_search",
                    "admin:safety_welfarecheck_changelist",
                    allowed("safety.read"),
                ),
                link(
                    _("Recordings"), "graphic_eq", "admin:safety_recording_changelist", allowed("safety.read")
                ),
                link(_("Complaints"), "forum", "complaints_console:queue", works),
                link(
                    _("Police requests"),
                    "gavel",
                    "admin:police_policerequest_changelist",
                    allowed("police.read"),
                ),
                link(_("Accidents and safeguards"), "personal_injury", "complaints_console:accidents", works),
                link(_("Care"), "volunteer_activism", "complaints_console:care", works),
                link(_("Messages from outside"), "forward_to_inbox", "complaints_console:outside", works),
            ],
        },
        {
            "title": _("Desk"),
            "items": [
                link(_("Roster"), "calendar_month", "complaints_console:roster", works),
                link(_("Guides"), "menu_book", "complaints_console:guides", works),
                link(_("Macros"), "quickreply", "complaints_console:macros", works),
                link(
                    _("Danger words"),
                    "priority_high",
                    "complaints_console:words",
                    allowed("danger_words.try"),
                ),
                link(_("Practice"), "school", "complaints_console:practice"),
                link(_("Work summaries"), "summarize", "complaints_console:summaries"),
                link(
                    _("Team"),
                    "diversity_3",
                    "complaints_console:team",
                    allowed("roster.plan"),
                ),
                link(_("Reports"), "bar_chart", "complaints_console:reports", works),
            ],
        },
        {
            "title": _("Rides and people"),
            "items": [
                link(_("Trips"), "route", "admin:rides_trip_changelist", allowed("rides.read")),
                link(_("Lines"), "alt_route", "rides_console:lines"),
                link(
                    _("The night"),
                    "bedtime",
                    "rides_console:night",
                    allowed("night.call"),
                ),
                link(
                    _("Vetting desk"),
                    "how_to_reg",
                    "drivers_console:desk",
                    allowed("vetting.see"),
                ),
                link(
                    _("Screening of the fleet"),
                    "groups",
                    "drivers_console:fleet",
                    allowed("vetting.see"),
                ),
                link(_("Drivers"), "badge", "admin:drivers_driver_changelist", allowed("drivers.read")),
                link(_("Holds"), "front_hand", "admin:drivers_hold_changelist", allowed("drivers.read")),
                link(_("Accounts"), "group", "admin:accounts_account_changelist", allowed("accounts.read")),
            ],
        },
        {
            "title": _("Governance"),
            "items": [
                link(_("Rectification board"), "fact_check", "governance_console:board"),
                link(
                    _("Drills"), "sprint", "admin:governance_drillrun_changelist", allowed("governance.read")
                ),
                link(_("Policies"), "rule", "admin:core_policyversion_changelist", allowed("core.read")),
                link(_("Payments"), "payments", "admin:rides_payment_changelist", allowed("rides.read")),
                link(_("Payouts"), "outbound", "admin:core_payout_changelist", allowed("core.read")),
                link(
                    _("Ledger"),
                    "account_balance",
                    "admin:core_ledgertransfer_changelist",
                    allowed("core.read"),
                ),
                link(_("Journal"), "lock_clock", "admin:core_auditentry_changelist", allowed("core.read")),
                link(_("Messages"), "sms", "admin:core_notification_changelist", allowed("core.read")),
                link(_("What we say"), "chat", "messages:index"),
            ],
        },
    ]
    # What somebody may not open is left out here, once, instead of being asked for each link of each page.
    return [group | {"items": [row for row in group["items"] if row]} for group in groups]
