"""Rules about changing rules."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, limits, policy
from core.limits import Per
from core.policy import Unit

CHANGE, TIGHTEN = "rules.change", "rules.tighten"
PAIR = four_eyes.declare(
    "governance.rule_change",
    _("A proposed version of a rule"),
    table="governance.RuleChange",
    first="proposed_by",
    second="approved_by",
    law="rule_change_takes_two_people",
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
