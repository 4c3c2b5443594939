from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class ActionClosed(DomainError):
    code, status, sentence = "action_closed", 403, _("This cannot be done now: %(why)s")


class AlreadyTaken(DomainError):
    code, sentence = "already_taken", _("%(who)s took this incident a moment ago. It has an owner.")


class ReasonMissing(DomainError):
    code, status, sentence = "reason_missing", 400, _("Please write a reason.")


class OutcomeUnknown(DomainError):
    code, status, sentence = "outcome_unknown", 400, _("Please choose an outcome.")


class QuestionClosed(DomainError):
    code, sentence = "question_closed", _("There is no open question.")
