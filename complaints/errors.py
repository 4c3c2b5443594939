from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class NoDriverYet(DomainError):
    code, sentence = "no_driver_yet", _("Nobody drove this trip yet, so there is nobody to complain about.")


class NotAdjudicator(DomainError):
    code, status, sentence = "not_adjudicator", 403, _("An adjudicator or supervisor decides complaints.")


class AlreadyDecided(DomainError):
    code, sentence = "already_decided", _("This complaint is decided already.")
