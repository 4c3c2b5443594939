from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class GateClosed(DomainError):
    code, sentence = (
        "gate_closed",
        _("The gate is closed: %(count)s things are missing. The first: %(first)s"),
    )


class LineNotSuspended(DomainError):
    code, sentence = "line_not_suspended", _("This line is not suspended there.")


class RelaunchUnderWay(DomainError):
    code, sentence = "relaunch_under_way", _("Its relaunch is proposed or under way already.")


class TwoRolesNeeded(DomainError):
    code, sentence = "two_roles_needed", _("Somebody of another role has to agree to this.")


class NeverWaived(DomainError):
    code, sentence = (
        "measure_never_waived",
        _("Lives depend on this measure: nobody lets it be."),
    )


class WaivedTwice(DomainError):
    code, sentence = (
        "waiver_renewed_once",
        _("It was let be twice in a row already. First the measure has to be kept again."),
    )
