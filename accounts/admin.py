from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from accounts.models import Account
from core.admin import ReadOnlyAdmin
from core.privacy import mask_name, mask_phone


@admin.register(Account)
class AccountAdmin(ReadOnlyAdmin):
    list_display = ["code", "role", "masked_name", "masked_phone", "verified_at", "is_active"]
    list_filter = ["role", "is_active"]
    search_fields = ["code__exact"]
    ordering = ["-id"]

    @admin.display(description=_("name"))
    def masked_name(self, account: Account) -> str:
        return mask_name(account.real_name)

    @admin.display(description=_("phone"))
    def masked_phone(self, account: Account) -> str:
        return mask_phone(account.phone)
