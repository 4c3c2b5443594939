from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

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


# Why a real name was not verified: unknown to the registry, name and number differ, another account has the document; and
TOO_YOUNG = "too_young"


class PersonalField(models.TextChoices):
    """What can be revealed of a person, one field at a time (A5)."""

    PHONE = "phone", _("phone")
    REAL_NAME = "real_name", _("name")
    ID_NUMBER = "id_number", _("ID number")


class LookKind(models.TextChoices):
    """What somebody of the staff looked at: a field in the clear, or a page about people."""

    PHONE = "phone", _("phone")
    REAL_NAME = "real_name", _("name")
    ID_NUMBER = "id_number", _("ID number")
    CALLER = "caller", _("name and phone of a caller")
    PERSON = "person", pgettext_lazy("page", "person")
    INCIDENT = "incident", pgettext_lazy("page", "incident")
    COMPLAINT = "complaint", pgettext_lazy("page", "complaint")
    ACCIDENT = "accident", pgettext_lazy("page", "accident")
    APPLICATION = "application", pgettext_lazy("page", "application")
    VETTING_CASE = "vetting_case", pgettext_lazy("page", "vetting case")


class ContactState(models.TextChoices):
    ASKED = "asked", _("asked, no answer yet")
    CONFIRMED = "confirmed", _("confirmed")
    REFUSED = "refused", _("refused")


class GuardianState(models.TextChoices):
    ASKED = "asked", pgettext_lazy("guardian", "asked, no answer yet")
    CONFIRMED = "confirmed", pgettext_lazy("guardian", "confirmed")
    REFUSED = "refused", pgettext_lazy("guardian", "refused")
    ENDED = "ended", pgettext_lazy("guardian", "ended")


GUARDIAN_TRANSITIONS = Transitions(
    GuardianState,
    {"asked": frozenset({"confirmed", "refused", "ended"}), "confirmed": frozenset({"ended"})},
    ends={"refused", "ended"},
)


class GuardianEndedBy(models.TextChoices):
    """Who ended that a guardian stands for somebody."""

    TEEN = "teen", pgettext_lazy("guardian", "the one who is not of age")
    GUARDIAN = "guardian", pgettext_lazy("guardian", "the guardian")
    STAFF = "staff", pgettext_lazy("guardian", "our staff")


GUARDED = (GuardianState.ASKED, GuardianState.CONFIRMED)  # while it goes on


# Which panels and pages of the console look again when such a line is written down (`core.live`).
live.moves("", "accounts.")
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
live.moves("looks", "accounts.look_")
live.moves("guardians", "accounts.guardian_")
live.looks("accounts.revealed", "accounts.person_read")
