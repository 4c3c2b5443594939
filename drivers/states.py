from django.db import models
from django.utils.translation import gettext_lazy as _

from core.states import Transitions


class DriverState(models.TextChoices):
    APPLIED = "applied", _("applied")
    VETTED = "vetted", _("vetted")
    BARRED = "barred", _("barred")


DRIVER_TRANSITIONS: Transitions = {
    "applied": frozenset({"vetted", "barred"}),
    "vetted": frozenset({"barred"}),
    "barred": frozenset(),
}


class HoldKind(models.TextChoices):
    COMPLAINT = "complaint", _("an open severe complaint")
    MISMATCH = "mismatch", _("a driver or car that is not the registered one")
    SAFETY = "safety", _("an open safety incident")
    STAFF = "staff", _("a decision of a member of staff")
