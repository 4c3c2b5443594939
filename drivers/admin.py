from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods

from core.access import account_of, door
from core.admin import ReadOnlyAdmin
from core.console import page
from core.errors import DomainError
from drivers import services
from drivers.models import Driver, Hold, MismatchReport, Screening, Vehicle, VettingDecision
from drivers.selectors import hold_by_code
from drivers.states import Line


@admin.register(Driver)
class DriverAdmin(ReadOnlyAdmin):
    list_display = ["account", "state", "licence_class", "vetted_at"]
    list_filter = ["state"]
    list_select_related = ["account"]
    in_words = {"lines": "vetted_lines"}
    search_fields = ["account__code__exact"]
    ordering = ["-id"]

    @admin.display(description=pgettext_lazy("field", "lines"))
    def vetted_lines(self, driver: Driver) -> str:
        return ", ".join(str(Line(line).label) for line in driver.lines)


@admin.register(Vehicle)
class VehicleAdmin(ReadOnlyAdmin):
    list_display = ["plate", "model", "colour", "seats"]
    search_fields = ["plate"]
    ordering = ["-id"]


@admin.register(Screening)
class ScreeningAdmin(ReadOnlyAdmin):
    list_display = ["code", "driver", "subject", "state", "verdict", "asked_at", "answered_at"]
    list_filter = ["state", "verdict"]
    list_select_related = ["driver__account"]
    search_fields = ["code__exact", "subject__exact", "driver__account__code__exact"]
    ordering = ["-id"]


@admin.register(MismatchReport)
class MismatchReportAdmin(ReadOnlyAdmin):
    list_display = ["code", "source", "driver", "case", "trip", "plate", "reported_at"]
    list_filter = ["source"]
    list_select_related = ["driver__account", "case"]
    search_fields = ["code__exact", "plate", "trip__exact"]
    ordering = ["-id"]


@admin.register(VettingDecision)
class VettingDecisionAdmin(ReadOnlyAdmin):
    list_display = ["application", "outcome", "proposed_by", "agreed_by", "decided_at", "citation"]
    list_filter = ["outcome"]
    list_select_related = ["application"]
    search_fields = ["application__code__exact"]
    ordering = ["-id"]


@require_http_methods(["GET", "POST"])
@door("holds.release")
def release_view(request: HttpRequest, code: str) -> HttpResponse:
    """Release one hold, with a reason."""
    hold = hold_by_code(code)
    if request.method == "POST":
        try:
            services.release_hold(
                actor=account_of(request).actor, code=code, reason=request.POST.get("reason", "")
            )
            messages.success(request, _("The hold is released."))
            return redirect("admin:drivers_hold_changelist")
        except DomainError as error:
            messages.error(request, error.detail)
    return page(
        request,
        "console/release_hold.html",
        {"title": _("Release hold %(code)s") % {"code": code}, "hold": hold},
    )


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ["code", "driver", "kind", "source", "covert", "opened_at", "released_at", "release_link"]
    list_filter = ["kind", ("released_at", admin.EmptyFieldListFilter)]
    list_select_related = ["driver__account"]
    search_fields = ["code__exact", "source__exact"]
    ordering = ["-id"]

    def get_urls(self) -> list[object]:
        return [path("<str:code>/release/", release_view, name="drivers_hold_release"), *super().get_urls()]

    @admin.display(description=gettext_lazy("release"))
    def release_link(self, hold: Hold) -> str:

        if hold.released_at:
            return "—"
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:drivers_hold_release", args=[hold.code]), _("release")
        )
