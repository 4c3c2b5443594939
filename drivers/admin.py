from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core.admin import ReadOnlyAdmin
from drivers.models import Driver, Hold, MismatchReport, Screening, Vehicle, VettingDecision
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


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ["code", "driver", "kind", "source", "covert", "opened_at", "released_at", "release_link"]
    list_filter = ["kind", ("released_at", admin.EmptyFieldListFilter)]
    list_select_related = ["driver__account"]
    search_fields = ["code__exact", "source__exact"]
    ordering = ["-id"]

    @admin.display(description=gettext_lazy("release"))
    def release_link(self, hold: Hold) -> str:

        if hold.released_at:
            return "—"
        said = _("waits for a second person") if hold.release_proposed_by else _("release")
        return format_html('<a href="{}">{}</a>', reverse("drivers_console:hold", args=[hold.code]), said)
