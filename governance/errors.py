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


class RuleLeadTooShort(DomainError):
    code, status, sentence = (
        "rule_lead_too_short",
        400,
        _(
            "Unless it protects better, a rule is proposed at least %(lead)s ahead: those whom it meets hear of it before."
            " What cannot wait is urgent."
        ),
    )


class RuleLeadPassed(DomainError):
    code, sentence = (
        "rule_lead_passed",
        _(
            "It would hold in less than %(lead)s: those whom it meets would hear of it too late. Withdraw it and propose it"
            " for a later time."
        ),
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


# --- The transparency report ---------------------------------------------------------------------------------


class ReportNotOver(DomainError):
    code, status, sentence = (
        "report_not_over",
        400,
        _("A report is about days that are over: it ends yesterday at the latest."),
    )


class ReportTooLong(DomainError):
    code, status, sentence = "report_too_long", 400, _("A report is about a year at most.")


class ReportOverlaps(DomainError):
    code, sentence = (
        "report_overlaps",
        _(
            "A published report has some of these days. Choose its days to correct it, or days that no report has: the"
            " difference of two reports would tell small counts."
        ),
    )


class ReportWaits(DomainError):
    code, sentence = (
        "report_waits",
        _("A report of these days waits for a second person already."),
    )


class ReportsBusy(DomainError):
    code, sentence = (
        "reports_busy",
        _("Somebody else is having a report counted or is publishing one. Try again in a moment."),
    )


class ReportNotCounted(DomainError):
    code, sentence = "report_not_counted", _("It is still being counted: nobody has seen its figures.")


class ReportOutdated(DomainError):
    code, sentence = (
        "report_outdated",
        _(
            "Another version of these days was published meanwhile. Withdraw this one and have it counted anew."
        ),
    )


class ReportDecided(DomainError):
    code, sentence = "report_decided", _("It is published or withdrawn already.")


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


class ReviewNotDone(DomainError):
    code, sentence = (
        "review_not_done",
        _("Nobody reads this yet: only an action of a review that is done is withdrawn or corrected by two."),
    )


class LastActionOfReview(DomainError):
    code, sentence = (
        "last_action_of_review",
        _("It is the only action of its review: correct it, so that something still follows."),
    )


class ActionShowsNothing(DomainError):
    code, status, sentence = (
        "review_action_shows_nothing",
        400,
        _("This is so already, also while it happened: it would show nothing. Name what is not so yet."),
    )


# --- What the public is asked ------------------------------------------------------------------------------------


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
