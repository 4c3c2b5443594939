"""Rules about changing rules, and of the relaunch gate: how much load it asks, and the steps of a probation."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, limits, policy
from core.limits import Per
from core.policy import Unit

CHANGE, TIGHTEN = "rules.change", "rules.tighten"
RULE_PAIR = four_eyes.declare(
    "governance.rule_change",
    _("A proposed version of a rule"),
    table="governance.RuleChange",
    first="proposed_by",
    second="approved_by",
    law="rule_change_takes_two_people",
)
PUBLISH = "reports.publish"
REPORT_PAIR = four_eyes.declare(
    "governance.report",
    _("A transparency report"),
    table="governance.TransparencyReport",
    first="proposed_by",
    second="agreed_by",
    law="report_takes_two_people",
)
ALONE_LASTS = policy.declare(
    "governance.alone_lasts",  # G5+
    policy.Span(1, 24, Unit.HOURS),
    12,
    name=pgettext_lazy("policy name", "A rule made stricter by one person"),
    about=_(
        "What one person alone made stricter lapses after this time, unless a second person agrees that it stays."
    ),
)
LOOKED_AT_WITHIN = policy.declare(
    "governance.alone_looked_at_within",  # G5+
    policy.Span(60, 14_400),
    1_800,
    name=pgettext_lazy("policy name", "Second look at an urgent rule"),
    about=_("Within this time a second person looks at what one person alone made stricter."),
)
ALONE = limits.declare(
    "governance.rules_alone",
    {Per.PERSON: 5},
    within=86_400,
    name=pgettext_lazy("policy name", "Rules that one person makes stricter"),
    about=_("So many rules one person alone can make stricter."),
)
EXPECTED_ORDERS = policy.declare(
    "governance.expected_orders",  # G2+
    policy.Whole(1, 100_000),
    60,
    name=pgettext_lazy("policy name", "Orders expected in a minute"),
    about=_("A line returns only after a capacity run of the same build at twice this load."),
)
FIRST_SHARE = policy.declare(
    "governance.first_share",
    policy.Whole(1, 20),
    5,
    name=pgettext_lazy("policy name", "Probation: first share"),
    about=_("Of a hundred people so many may order when a line returns."),
)
SECOND_SHARE = policy.declare(
    "governance.second_share",
    policy.Whole(21, 60),
    25,
    name=pgettext_lazy("policy name", "Probation: second share"),
    about=_("Of a hundred people so many may order in the second part of a probation; then all."),
)
STEP_LASTS = policy.declare(
    "governance.step_lasts",
    policy.Span(86_400, 90 * 86_400),
    7 * 86_400,
    name=pgettext_lazy("policy name", "Probation: time of a step"),
    about=_("Each step of a probation lasts at least so long, with all that the gate asks green at its end."),
)
STEP_TRIPS = policy.declare(
    "governance.step_trips",
    policy.Whole(1, 1_000_000),
    200,
    name=pgettext_lazy("policy name", "Probation: trips of a step"),
    about=_(
        "Each step of a probation ends only after so many trips of people have ended: no trips prove nothing."
    ),
)
PASSAGE_PAIR = four_eyes.declare(
    "governance.passage",
    _("The relaunch of a line in a city"),
    table="governance.GatePassage",
    first="proposed_by",
    second="agreed_by",
    law="passage_takes_two_people",
)
four_eyes.declare(
    "governance.executive",
    _("Who answers for a line"),
    table="governance.Executive",
    first="named_by",
    second="agreed_by",
    law="executive_takes_two_people",
)
four_eyes.declare(
    "governance.reassessment",
    _("The reassessment of a line"),
    table="governance.Reassessment",
    first="signed_by",
    second="agreed_by",
    law="reassessment_takes_two_people",
)
four_eyes.declare(
    "governance.proof",
    _("A statement with a file, in place of a measurement"),
    table="governance.Proof",
    first="said_by",
    second="agreed_by",
    law="proof_statement_takes_two",
)

CONCERNS_ANSWER, CONCERNS_OPEN = "concerns.answer", "concerns.open"
LOOK_WITHIN = policy.declare(
    "governance.concern_looked_at_within",  # G9
    policy.Span(1, 72, Unit.HOURS),
    72,
    name=pgettext_lazy("policy name", "Reports in confidence: looked at"),
    about=_("Within this time somebody looks at a danger that was reported in confidence."),
)
ANSWER_WITHIN = policy.declare(
    "governance.concern_answered_within",  # G9
    policy.Span(1, 30, Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Reports in confidence: answered"),
    about=_("Within this time a danger that was reported in confidence is answered."),
)
KEPT = policy.declare(
    "governance.concern_kept",  # N9+
    policy.Span(90, 3_650, Unit.DAYS),
    1_095,
    name=pgettext_lazy("policy name", "Reports in confidence: kept"),
    about=_(
        "So long after its answer a report in confidence is destroyed, with the key that says who made it."
    ),
)
CONCERNS = limits.declare(
    "governance.concerns",
    {Per.PERSON: 10},
    within=86_400,
    name=pgettext_lazy("policy name", "Reports in confidence of one person"),
    about=_("So many dangers one person can report in confidence in a day."),
    here=True,
)
CONCERN_WORDS = limits.declare(
    "governance.concern_words",
    {Per.TARGET: 20},
    within=86_400,
    name=pgettext_lazy("policy name", "Words added to a report in confidence"),
    about=_("So often more can be written to one report in confidence in a day."),
)
OPENING_PAIR = four_eyes.declare(
    "governance.concern_opening",
    _("Opening who reported a danger in confidence"),
    table="governance.ConcernOpening",
    first="asked_by",
    second="agreed_by",
    law="concern_opening_takes_two_people",
)

RULE_LEAD = policy.declare(
    "governance.rule_lead",  # G5
    policy.Span(1, 336, Unit.HOURS),
    24,
    name=pgettext_lazy("policy name", "Rules: agreed to ahead"),
    about=_(
        "So long before it takes force a rule is agreed to by two people that does not protect better than the one before:"
        " those whom it meets hear of it. Whoever proposes it leaves time for the second person, too."
    ),
)
policy.safer(policy.HIGHER, RULE_LEAD)
REPORT_WITHIN = policy.declare(
    "governance.report_within",  # G7
    policy.Span(1, 30, Unit.DAYS),
    20,
    name=pgettext_lazy("policy name", "Transparency reports: published"),
    about=_("So long after the end of a month its transparency report is published at the latest."),
)
NIGHT_ASSESSED_WITHIN = policy.declare(
    "governance.night_assessed_within",  # R4
    policy.Span(30, 365, Unit.DAYS),
    183,
    name=pgettext_lazy("policy name", "Hitch at night: assessed again"),
    about=_("So long after an assessment of hitch at night the next one is on record at the latest."),
)
policy.safer(policy.LOWER, NIGHT_ASSESSED_WITHIN)
REVIEW, REVIEW_DONE = "reviews.write", "reviews.finish"
REVIEW_WITHIN = policy.declare(
    "governance.review_within",  # G10
    policy.Span(1, 14, Unit.DAYS),
    14,
    name=pgettext_lazy("policy name", "Reviews: done"),
    about=_("Within this time the review of a death, a severe injury or a broken clock of safety is done."),
)
REVIEW_PAIR = four_eyes.declare(
    "governance.review",
    _("A review of what happened"),
    table="governance.Review",
    first="written_by",
    second="done_by",
    law="review_takes_two_people",
)
ACTION_PAIR = four_eyes.declare(
    "governance.review_action",
    _("Withdrawing or correcting a published action of a review"),
    table="governance.ReviewAction",
    first="withdrawn_by",
    second="withdrawn_agreed",
    law="review_action_withdrawn_by_two",
)


def shares() -> list[int]:
    """The steps of a probation, in per cent."""
    return [policy.value(FIRST_SHARE), policy.value(SECOND_SHARE), 100]


VOTE, CONSULT = "consultations.vote", "consultations.hold"
ANSWER_WITHIN = policy.declare(
    "governance.answer_within",  # G4+
    policy.Span(1, 30, Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Answer to a public question"),
    about=_("Within this time after a public question closed the company says what it decided and why."),
)
four_eyes.declare(
    "governance.consultation",
    _("A question that the public is asked"),
    table="governance.Consultation",
    first="asked_by",
    second="agreed_by",
    law="consultation_takes_two_people",
)
four_eyes.declare(
    "governance.consultation_answer",
    _("What the company answers the public"),
    table="governance.ConsultationAnswer",
    first="written_by",
    second="agreed_by",
    law="consultation_answer_takes_two_people",
)
MODERATE = "comments.moderate"
COMMENT_PAIR = four_eyes.declare(
    "governance.comment_appeal",
    _("An appeal against a comment that was not published"),
    table="governance.Comment",
    first="decided_by",
    second="answered_by",
    law="comment_appeal_takes_another",
)
VOTES = limits.mark(
    "governance.votes",  # G4+: of one question; what comes beyond is counted apart, never refused
    {Per.DEVICE: 5, Per.ADDRESS: 50, Per.TARGET: 20},
    within=7 * 86_400,
    name=pgettext_lazy("policy name", "Votes from one source"),
    about=_(
        "What one device, network or batch of a thousand numbers sends beyond this on one question is counted, marked and shown"
        " apart."
    ),
)
LISTS = limits.declare(
    "governance.vote_lists",
    {Per.ADDRESS: 60},
    within=3_600,
    name=pgettext_lazy("policy name", "Lists of votes fetched"),
    about=_("So often one network can fetch the list of a public question."),
)
RESULTS = limits.declare(
    "governance.vote_results",
    {Per.ADDRESS: 600},
    within=3_600,
    name=pgettext_lazy("policy name", "Results of votes fetched"),
    about=_("So often the programs of one network can fetch what came of public questions."),
)
LEAST_GROUP = policy.declare(
    "governance.least_group",  # G4+, G7: nobody is seen through a count
    policy.Whole(5, 1_000),
    10,
    name=pgettext_lazy("policy name", "Smallest group of voters shown apart"),
    about=_("A group of fewer voters is not shown apart, and cannot be found by subtracting the others."),
)
