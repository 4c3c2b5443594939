from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class NotADriver(DomainError):
    code, status, sentence = "not_a_driver", 403, _("This page is for drivers. Apply to drive first.")


class NotVetted(DomainError):
    code, status, sentence = "driver_not_vetted", 403, _("Your vetting is not complete yet.")


class NoVehicle(DomainError):
    code, status, sentence = "no_bound_vehicle", 403, _("No vehicle is bound to your account.")


class DriverHeld(DomainError):
    code, status, sentence = (
        "driver_held",
        403,
        _(
            "You cannot accept orders while %(why)s is looked into. You see the reason on your page and can appeal."
        ),
    )
