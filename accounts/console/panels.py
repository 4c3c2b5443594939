"""What accounts offer to the console."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.console.navigation import GOVERNANCE, RIDES, link

link(RIDES, 80, _("Accounts"), "group", "admin:accounts_account_changelist", "accounts.read")
link(GOVERNANCE, 32, pgettext_lazy("staff", "Staff"), "badge", "accounts_console:staff", "staff.appoint")
