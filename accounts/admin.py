from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.models import Account
from core.admin import ReadOnlyAdmin
from core.privacy import mask_name, mask_phone


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["code", "role", "masked_name", "masked_phone", "verified_at", "is_active", "sessions"]
    list_filter = ["role", "is_active"]
    search_fields = ["code__exact"]
    ordering = ["-id"]

    @admin.display(description=_("name"))
    def masked_name(self, account: Account) -> str:
        return mask_name(account.real_name)

    @admin.display(description=_("phone"))
    def masked_phone(self, account: Account) -> str:
        return mask_phone(account.phone)

    @admin.display(description=pgettext_lazy("model", "sessions"))
    def sessions(self, account: Account) -> str:
        """Where they are signed in; who may open the list may end all of it."""
        at = reverse("accounts_console:sessions", args=[account.code])
        return format_html('<a href="{}">{}</a>', at, pgettext("sessions", "Show"))
