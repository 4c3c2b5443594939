from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from complaints.models import Complaint
from core.admin import ReadOnlyAdmin


@admin.register(Complaint)
class ComplaintAdmin(ReadOnlyAdmin):
    list_display = ["page", "category", "level", "state", "trip", "accused", "filed_at", "finding"]
    list_display_links = None
    list_filter = ["state", "category", "level"]
    list_select_related = ["trip", "accused"]
    search_fields = ["code__exact", "trip__code__exact"]
    ordering = ["-id"]

    @admin.display(description=_("complaint"), ordering="code")
    def page(self, complaint: Complaint) -> str:
        return format_html(
            '<a href="{}">{}</a>',
            reverse("complaints_console:case", args=[complaint.code]),
            complaint.code,
        )
