from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin
from police.models import Agency, Officer, PoliceRequest, ReleaseCopy


@admin.register(Agency)
class AgencyAdmin(ReadOnlyAdmin):
    list_display = ["name_zh", "name_en", "published_phone", "country"]
    search_fields = ["name_zh", "name_en"]


@admin.register(Officer)
class OfficerAdmin(ReadOnlyAdmin):
    list_display = ["account", "agency", "state", "expires_at"]
    list_select_related = ["account", "agency"]


@admin.register(PoliceRequest)
class PoliceRequestAdmin(ReadOnlyAdmin):
    list_display = [
        "page",
        "agency",
        "channel",
        "urgency",
        "state",
        "asked_at",
        "decided_at",
        "papers_due_at",
        "papers_at",
    ]
    list_display_links = None
    list_filter = ["state", "channel", "urgency"]
    list_select_related = ["agency"]
    search_fields = ["code__exact"]
    ordering = ["-id"]

    @admin.display(description=_("police request"), ordering="code")
    def page(self, request: PoliceRequest) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("police_console:request", args=[request.code]), request.code
        )


@admin.register(ReleaseCopy)
class ReleaseCopyAdmin(ReadOnlyAdmin):
    """Whose copy a photographed page is: searched by the code of its watermark."""

    list_display = ["code", "page", "kind", "reader", "at", "stamp"]
    list_display_links = None
    list_filter = ["kind", "stamp"]
    list_select_related = ["release__request"]
    search_fields = ["code__exact"]
    ordering = ["-id"]
    # The file itself is shown to nobody here, nor by what it is checked.
    exclude = ["content", "blocks", "stamped_blocks"]

    @admin.display(description=_("police request"))
    def page(self, copy: ReleaseCopy) -> str:
        code = copy.release.request.code
        return format_html('<a href="{}">{}</a>', reverse("police_console:request", args=[code]), code)
