from django.db import models
from django.utils.translation import gettext_lazy as _

from core import live, timeline
from core.permissions import Role
from core.states import Transitions

timeline.vocabulary(role=Role)


class RealNameState(models.TextChoices):
    ASKED = "asked", _("the registry is being asked")
    VERIFIED = "verified", _("verified")
    REFUSED = "refused", _("not verified")


REAL_NAME_TRANSITIONS = Transitions(
    RealNameState,
    {"asked": frozenset({"verified", "refused"})},
    ends={"verified", "refused"},
)


class PersonalField(models.TextChoices):
    """What can be revealed of a person, one field at a time (A5)."""

    PHONE = "phone", _("phone")
    REAL_NAME = "real_name", _("name")
    ID_NUMBER = "id_number", _("ID number")


class ContactState(models.TextChoices):
    ASKED = "asked", _("asked, no answer yet")
    CONFIRMED = "confirmed", _("confirmed")
    REFUSED = "refused", _("refused")


# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("", "accounts.")
live.looks("accounts.revealed")
live.moves(
    "staff",
    *(
        "accounts.taken_on",
        "accounts.role_changed",
        "accounts.suspended",
        "accounts.let_in",
        "accounts.second_factor",
    ),
)
