from django.db import models
from django.utils.translation import gettext_lazy as _

from core import timeline
from core.states import Transitions


class Role(models.TextChoices):
    MEMBER = "member", _("member")  # passenger, driver or both
    AGENT = "agent", _("customer-service agent")
    SPECIALIST = "specialist", _("safety specialist")
    VETTING = "vetting", _("vetting reviewer")
    ADJUDICATOR = "adjudicator", _("adjudicator")
    SUPERVISOR = "supervisor", _("supervisor")
    OFFICER = "officer", _("police liaison officer")
    ADMIN = "admin", _("administrator")


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
