from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin
from safety.models import Incident, Recording, WelfareCheck


def incident_link(code: str) -> str:
    """A link to the incident's page."""
    return format_html('<a href="{}">{}</a>', reverse("safety_console:incident", args=[code]), code)


@admin.register(Incident)
class IncidentAdmin(ReadOnlyAdmin):
    list_display = ["page", "state", "score", "origin", "trip", "taken_by", "opened_at", "outcome"]
    list_display_links = None
    list_filter = ["state", "origin", "outcome"]
    list_select_related = ["trip"]
    search_fields = ["code__exact", "trip__code__exact"]
    ordering = ["-id"]

    @admin.display(description=_("incident"), ordering="code")
    def page(self, incident: Incident) -> str:
        return incident_link(incident.code)


@admin.register(WelfareCheck)
class WelfareCheckAdmin(ReadOnlyAdmin):
    list_display = ["code", "page", "filed_at", "verified_at"]
    list_display_links = None
    list_select_related = ["incident"]
    search_fields = ["code__exact"]
    ordering = ["-id"]

    @admin.display(description=_("incident"))
    def page(self, check: WelfareCheck) -> str:
        return incident_link(check.incident.code)


@admin.register(Recording)
class RecordingAdmin(ReadOnlyAdmin):
    list_display = ["page", "state", "purpose", "party", "trip", "begun_at", "destroy_at", "destroyed_at"]
    list_display_links = None
    list_filter = ["state", "purpose"]
    list_select_related = ["trip"]
    search_fields = ["code__exact", "trip__code__exact", "receipt__exact"]
    ordering = ["-id"]

    @admin.display(description=_("recording"), ordering="code")
    def page(self, recording: Recording) -> str:
        address = reverse("safety_console:recording", args=[recording.code])
        return format_html('<a href="{}">{}</a>', address, recording.code)
