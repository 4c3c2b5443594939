"""What accounts offer to the console."""

from django.utils.translation import gettext_lazy as _

from core.console.navigation import RIDES, link

link(RIDES, 80, _("Accounts"), "group", "admin:accounts_account_changelist", "accounts.read")
