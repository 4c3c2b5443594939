from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class NoDriverYet(DomainError):
    code, sentence = "no_driver_yet", _("Nobody drove this trip yet, so there is nobody to complain about.")


class NotNow(DomainError):
    """An action that the rules close now; the reason is the rule's own."""

    code, status, sentence = "action_closed", 409, _("%(why)s")


class FilterUnknown(DomainError):
    code, status, sentence = (
        "filter_unknown",
        400,
        _("This view cannot be shown: there is nothing called %(value)s."),
    )


class AlreadyOwned(DomainError):
    code, sentence = "already_owned", _("%(who)s has it already.")


class ReasonNeeded(DomainError):
    code, status, sentence = "reason_missing", 400, _("Please write what came of it, or why.")


class NobodyThere(DomainError):
    code, status, sentence = "nobody_there", 400, _("Nobody of this name works on complaints.")


class NothingWaits(DomainError):
    code, status, sentence = "nothing_waits", 404, _("Nothing waits in the queue.")


class AwardClosed(DomainError):
    code, status, sentence = "award_closed", 400, _("%(why)s")


class CitesNothing(DomainError):
    code, status, sentence = "cites_nothing", 400, _("A decision rests on something: choose what it cites.")


class CitesUnknown(DomainError):
    code, status, sentence = "cites_unknown", 400, _("%(cite)s is no part of this case.")


class PauseClosed(DomainError):
    code, sentence = "pause_closed", _("This class does not let this limit stop for that reason.")


class StatementOver(DomainError):
    code, sentence = (
        "statement_over",
        _("This statement cannot be given any more: the matter is decided, or it was given."),
    )


class AppealClosed(DomainError):
    code, sentence = "appeal_closed", _("This decision cannot be appealed: %(why)s")


class CannotMerge(DomainError):
    code, status, sentence = "cannot_merge", 400, _("These two cannot be joined: %(why)s")


class TooManyAtOnce(DomainError):
    code, status, sentence = "too_many_at_once", 400, _("At most %(limit)s at once.")


class NothingChosen(DomainError):
    code, status, sentence = (
        "nothing_chosen",
        400,
        _("Choose between 1 and %(limit)s complaints, and what to do."),
    )


class TooManyComplaints(DomainError):
    code, status, sentence = (
        "too_many_complaints",
        429,
        _("You have filed many complaints today. Call the safety line: a person will listen."),
    )


class CapReached(DomainError):
    code, sentence = (
        "cap_reached",
        _("Of the %(cap)s for this accident %(left)s are left. What the law requires beyond is not limited by it."),
    )  # fmt: skip


class FundEmpty(DomainError):
    code, sentence = "fund_empty", _("The care fund has %(left)s left this year.")


class ClaimClosed(DomainError):
    """A step of a claim that the rules close now; the reason is the rule's own."""

    code, sentence = "claim_closed", _("%(why)s")


class PapersMissing(DomainError):
    code, status, sentence = "papers_missing", 400, _("Still missing: %(papers)s.")


class AlreadyScored(DomainError):
    code, sentence = "already_scored", _("You have answered already. Thank you.")


class RosterThin(DomainError):
    code, sentence = "roster_thin", _("Too few specialists for SOS and welfare checks: %(gaps)s")


class ShiftsOverlap(DomainError):
    code, sentence = "shifts_overlap", _("%(who)s would be in two shifts at once.")


class SummaryClosed(DomainError):
    code, sentence = "summary_closed", _("This summary was handed in already.")


class PracticeOver(DomainError):
    code, sentence = "practice_over", _("This exercise is over. Begin it again if you like.")


class MacroUnknown(DomainError):
    code, status, sentence = "placeholder_unknown", 400, _("There is no placeholder %(name)s.")


class OfAnswersAlone(MacroUnknown):
    code, status, sentence = (
        "placeholder_of_answers",
        400,
        _("%(name)s is filled in only in an answer: a step knows no complaint."),
    )


class ViewTaken(DomainError):
    code, status, sentence = "view_taken", 400, _("A view of yours has this name already.")
