from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


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
