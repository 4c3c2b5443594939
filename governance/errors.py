from django.utils.translation import gettext_lazy as _

from core.errors import DomainError


class GateClosed(DomainError):
    code, sentence = (
        "gate_closed",
        _("The gate is closed: %(count)s things are missing. The first: %(first)s"),
    )


class LineNotSuspended(DomainError):
    code, sentence = "line_not_suspended", _("This line is not suspended there.")


class StopsAhead(DomainError):
    code, sentence = (
        "line_stops_ahead",
        _("Two people have agreed that this line stops there from %(at)s. Until then it does not return."),
    )


class RelaunchUnderWay(DomainError):
    code, sentence = "relaunch_under_way", _("Its relaunch is proposed or under way already.")


class SamePair(DomainError):
    code, sentence = (
        "relaunch_same_pair",
        _("You two signed the papers on which this relaunch rests. Somebody else has to agree to it."),
    )


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


class RuleUnchanged(DomainError):
    code, status, sentence = (
        "rule_unchanged",
        400,
        _("This is what the rule says at that time anyway. Nothing was proposed."),
    )


class RuleMomentTaken(DomainError):
    code, sentence = (
        "rule_moment_taken",
        _("For this moment a version of this rule is proposed already, or agreed to. Choose another moment."),
    )


class RuleTimePassed(DomainError):
    code, sentence = (
        "rule_time_passed",
        _("The time from which it was to hold has passed. Propose it for a later time."),
    )


class RuleTimeTooClose(DomainError):
    code, status, sentence = (
        "rule_time_passed",
        400,
        _("A rule is proposed for a time that has yet to come."),
    )


class RuleChangedMeanwhile(DomainError):
    code, sentence = (
        "rule_changed_meanwhile",
        _(
            "What you read is not what stands there now: the rule, or a figure, has changed. Read it once more."
        ),
    )


class RuleNotSimulated(DomainError):
    code, sentence = (
        "rule_not_simulated",
        _(
            "What it would have done last week is being worked out. It can be agreed to when the figures are here."
        ),
    )


class RuleChangeOver(DomainError):
    code, sentence = "rule_change_over", _("It is decided already.")


class ForADayAlready(DomainError):
    code, sentence = (
        "rule_for_a_day_already",
        _(
            "Two people changed this rule for a day within the last seven days. Again for a day it is only made stricter;"
            " otherwise propose it for a later time."
        ),
    )


class UrgentAlready(DomainError):
    code, sentence = (
        "rule_urgent_already",
        _(
            "One person made this rule stricter within the last seven days, and nobody agreed that it stays. A second time"
            " it takes two people: propose it."
        ),
    )


class WhoAway(DomainError):
    code, status, sentence = (
        "concern_key_away",
        503,
        _("What seals a name cannot be reached now. Nothing was done. Please try again in a moment."),
    )


class TooFewLeft(DomainError):
    code, status, sentence = (
        "concern_too_few_left",
        400,
        _("At least two people have to be able to read it. Take somebody out of those who must not."),
    )


class NotAskedBack(DomainError):
    code, sentence = (
        "concern_not_asked_back",
        _("Whoever reported this does not want to be asked. Answer with what you found."),
    )


class ConcernNotLookedAt(DomainError):
    code, sentence = "concern_not_looked_at", _("Say first that you look into it.")


class ConcernLookedAt(DomainError):
    code, sentence = "concern_looked_at", _("Somebody looks into it already.")


class ConcernAnswered(DomainError):
    code, sentence = "concern_answered", _("It is answered already.")


class OpeningOver(DomainError):
    code, sentence = "opening_over", _("Nobody asks now to open who reported this.")


class OpeningAsked(DomainError):
    code, sentence = (
        "opening_asked",
        _("Somebody has asked already to open who reported this. Another person agrees or refuses."),
    )


class NotOpened(DomainError):
    code, sentence = (
        "opening_not_open",
        _("Who reported this can be read by the two who opened it, for a day."),
    )


class ReviewDone(DomainError):
    code, sentence = "review_done", _("This review is done already.")


class ReviewNotWritten(DomainError):
    code, sentence = (
        "review_not_written",
        _("First write down what happened, why, and what had warned before."),
    )


class ReviewWithoutAction(DomainError):
    code, sentence = "review_without_action", _("A review ends with at least one action that can be shown.")


class ActionShowsNothing(DomainError):
    code, status, sentence = (
        "review_action_shows_nothing",
        400,
        _("This is so already, also while it happened: it would show nothing. Name what is not so yet."),
    )
