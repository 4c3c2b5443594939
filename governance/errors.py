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


class NotVerifiedToVote(DomainError):
    code, status, sentence = (
        "vote_needs_real_name",
        403,
        _("One person, one vote: to vote, have your real name verified first."),
    )


class NotOpen(DomainError):
    code, sentence = "consultation_not_open", _("This question is not open. Nothing was counted.")


class AlreadyVoted(DomainError):
    code, sentence = (
        "voted_already",
        _("You have voted on this question. One person has one vote, and the receipt is shown once."),
    )


class BoxBusy(DomainError):
    code, status, sentence = (
        "vote_box_busy",
        503,
        _("Your vote could not be taken at this moment. Nothing was counted; please try again."),
    )
    retry_after = 5


class NotClosed(DomainError):
    code, sentence = (
        "consultation_not_counted",
        _("This question is not counted yet: the list and the answer come after it closes."),
    )


class CommentedAlready(DomainError):
    code, sentence = (
        "commented_already",
        _("You wrote about this question already. One person has one comment."),
    )


class TellsWho(DomainError):
    code, status, sentence = (
        "comment_tells_who",
        400,
        _("There is still a number, plate or address in it that tells who somebody is. Take it out first."),
    )


class CommentLookedAt(DomainError):
    code, sentence = "comment_looked_at", _("Somebody has looked at this comment already.")
