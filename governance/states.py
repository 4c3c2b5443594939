from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.states import Transitions


class Status(models.TextChoices):
    """What a check says of a promise. Nothing that happened is no proof: `NONE` is never shown as green."""

    PASS = "pass", pgettext_lazy("measure", "kept")
    FAIL = "fail", pgettext_lazy("measure", "not kept")
    PROGRESS = "progress", pgettext_lazy("measure", "part done")
    NONE = "none", pgettext_lazy("measure", "no evidence")


class PassageState(models.TextChoices):
    """Where a relaunch stands: what two propose and agree to, its probation, and its three ends."""

    PROPOSED = "proposed", pgettext_lazy("passage", "proposed")
    PROBATION = "probation", pgettext_lazy("passage", "probation")
    DONE = "done", pgettext_lazy("passage", "returned whole")
    WITHDRAWN = "withdrawn", pgettext_lazy("passage", "withdrawn")
    LAPSED = "lapsed", pgettext_lazy("passage", "lapsed")
    FALLEN = "fallen", pgettext_lazy("passage", "suspended again")


PASSAGE_TRANSITIONS = Transitions(
    PassageState,
    {
        PassageState.PROPOSED: {PassageState.PROBATION, PassageState.WITHDRAWN, PassageState.LAPSED},
        PassageState.PROBATION: {PassageState.DONE, PassageState.FALLEN},
    },
    ends={PassageState.DONE, PassageState.WITHDRAWN, PassageState.LAPSED, PassageState.FALLEN},
)


class ProofKind(models.TextChoices):
    """What a command measured of one build, or what people say of it with a file."""

    CAPACITY = "capacity", pgettext_lazy("proof", "capacity run")
    ROLLBACK = "rollback", pgettext_lazy("proof", "rollback")


class Breaker(models.TextChoices):
    """What came of the last time a promise was broken on purpose, out of sight, to see whether its check notices."""

    UNTRIED = "", pgettext_lazy("breaker", "not tried yet")
    TURNED = "turned", _("the check turned red")
    STAYED = "stayed", _("the check stayed as it was")
    FAILED = "failed", _("it could not be broken")


class Mode(models.TextChoices):
    """How a version of a rule comes into force."""

    LATER = "later", pgettext_lazy("rule change", "by two people, from a time on")
    DAY = "day", pgettext_lazy("rule change", "urgent: by two people, at once, for one day")
    ALONE = (
        "alone",
        pgettext_lazy("rule change", "urgent: stricter at once by one person, until a second looks"),
    )


class ProposalState(models.TextChoices):
    PROPOSED = "proposed", pgettext_lazy("rule change", "waits for a second person")
    APPROVED = "approved", pgettext_lazy("rule change", "agreed")
    WITHDRAWN = "withdrawn", pgettext_lazy("rule change", "withdrawn")
    LAPSED = "lapsed", pgettext_lazy("rule change", "its time passed")


PROPOSAL_TRANSITIONS = Transitions(
    ProposalState,
    {"proposed": frozenset({"approved", "withdrawn", "lapsed"})},
    ends={"approved", "withdrawn", "lapsed"},
)


# What the red team writes of each way it tried (P11): the way is the subject.
ATTACK_GOT, ATTACK_REFUSED = "governance.attack_got", "governance.attack_refused"


class ConcernState(models.TextChoices):
    """Where a report in confidence stands (G9). Its answer ends it until whoever made it writes more."""

    RECEIVED = "received", pgettext_lazy("concern", "waits to be looked at")
    LOOKED = "looked", pgettext_lazy("concern", "is looked into")
    ANSWERED = "answered", pgettext_lazy("concern", "answered")


CONCERN_TRANSITIONS = Transitions(
    ConcernState,
    {
        ConcernState.RECEIVED: {ConcernState.LOOKED},
        ConcernState.LOOKED: {ConcernState.ANSWERED, ConcernState.RECEIVED},
        ConcernState.ANSWERED: {ConcernState.RECEIVED},
    },
    ends=set(),
)


class ConcernWord(models.TextChoices):
    """Whose words a line of a report in confidence are, and what they are for."""

    REPORT = "report", pgettext_lazy("concern", "the report")
    MORE = "more", pgettext_lazy("concern", "more from whoever reported")
    QUESTION = "question", pgettext_lazy("concern", "a question to whoever reported")
    ANSWER = "answer", pgettext_lazy("concern", "the answer")


# --- The learning loop ---------------------------------------------------------------------------------------


class ReviewKind(models.TextChoices):
    """What has to be learned from."""

    DEATH = "death", pgettext_lazy("review", "somebody died")
    INJURY = "injury", pgettext_lazy("review", "somebody was severely injured")
    CLOCK = "clock", pgettext_lazy("review", "a clock of safety was broken")


class ReviewState(models.TextChoices):
    OPEN = "open", pgettext_lazy("review", "open")
    DONE = "done", pgettext_lazy("review", "done")


REVIEW_TRANSITIONS = Transitions(ReviewState, {ReviewState.OPEN: {ReviewState.DONE}}, ends={ReviewState.DONE})


class Shows(models.TextChoices):
    """What shows that an action came true: nobody ticks a box."""

    MEASURE = (
        "measure",
        pgettext_lazy("review", "a measure of the board that is not kept now, kept for seven days"),
    )
    RULE = "rule", pgettext_lazy("review", "a rule that says something else than now")


class Group(models.TextChoices):
    """As whom somebody votes: who drives counts as a driver, who has ridden as a passenger."""

    PASSENGER = "passenger", pgettext_lazy("group of voters", "passengers")
    DRIVER = "driver", pgettext_lazy("group of voters", "drivers")
    OTHER = "other", pgettext_lazy("group of voters", "others")


class CommentState(models.TextChoices):
    """Where a comment stands. Nobody's words are read by everybody before a person of ours has looked at them."""

    WAITING = "waiting", pgettext_lazy("comment", "waits to be looked at")
    PUBLISHED = "published", pgettext_lazy("comment", "published")
    REMOVED = "removed", pgettext_lazy("comment", "not published")
    APPEALED = "appealed", pgettext_lazy("comment", "somebody else looks at it")
    RESTORED = "restored", pgettext_lazy("comment", "published after an appeal")
    UPHELD = "upheld", pgettext_lazy("comment", "not published, by two people")


COMMENT_TRANSITIONS = Transitions(
    CommentState,
    {
        CommentState.WAITING: {CommentState.PUBLISHED, CommentState.REMOVED},
        CommentState.PUBLISHED: {CommentState.REMOVED},
        CommentState.REMOVED: {CommentState.APPEALED},
        CommentState.APPEALED: {CommentState.RESTORED, CommentState.UPHELD},
    },
    ends={CommentState.RESTORED, CommentState.UPHELD},
)
SHOWN_COMMENTS = (CommentState.PUBLISHED, CommentState.RESTORED)
GONE_COMMENTS = (CommentState.REMOVED, CommentState.APPEALED, CommentState.UPHELD)


class CommentReason(models.TextChoices):
    """Why a comment is not published. That it disagrees with us is none."""

    PERSONAL = "personal", pgettext_lazy("comment", "it tells who somebody is")
    INSULT = "insult", pgettext_lazy("comment", "it insults or threatens somebody")
    UNLAWFUL = "unlawful", pgettext_lazy("comment", "law forbids it")
    ADVERT = "advert", pgettext_lazy("comment", "it advertises")
    ELSEWHERE = "elsewhere", pgettext_lazy("comment", "it is about something else")
