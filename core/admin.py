"""Journal, policies and messages in the console: read, never written here."""

from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin

from core import formats
from core.models import AuditEntry, LedgerTransfer, Notification, Payout, PolicyVersion
from core.privacy import EncryptedTextField


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no stubs
    """A list and a page to read. State changes through services that ask for a reason; encrypted fields stay hidden."""

    list_per_page = 50
    show_full_result_count = False
    paginator = Paginator

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        """Every column but encrypted ones, indexes and digests."""
        hidden = ("_index", "_digest", "password")
        fields = [field for field in self.model._meta.fields if not isinstance(field, EncryptedTextField)]
        return [field.name for field in fields if field.name != "id" and not field.name.endswith(hidden)]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    list_display = ["at", "actor", "role", "action", "subject", "case"]
    list_filter = ["action", "role"]
    search_fields = ["subject__exact", "case__exact", "actor__exact"]
    ordering = ["-id"]


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ["key", "number", "value", "effective_from", "approved_by"]


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = ["created_at", "channel", "subject", "life_safety", "state", "attempts", "sent_at"]
    list_filter = ["state", "channel", "life_safety"]
    ordering = ["-id"]


@admin.register(LedgerTransfer)
class LedgerTransferAdmin(ReadOnlyAdmin):
    list_display = ["key", "subject", "at", "actor", "citation", "moved"]
    search_fields = ["subject__exact", "key__exact"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[LedgerTransfer]:
        return LedgerTransfer.objects.prefetch_related("entries")

    @admin.display(description=_("entries"))
    def moved(self, transfer: LedgerTransfer) -> str:
        """Each entry in yuan."""
        return " · ".join(f"{entry.account} {formats.money(entry.fen)}" for entry in transfer.entries.all())


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = ["key", "payee", "fen", "subject", "state", "due_at", "paid_at"]
    list_filter = ["state"]
    search_fields = ["key", "subject__exact"]
    ordering = ["-id"]
