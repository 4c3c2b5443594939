"""Changes of rules, by two people."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from governance.states import Mode, ProposalState


class RuleChange(models.Model):
    """A version of a rule that one person proposed and another agrees to (G5). What is proposed is never rewritten.

    Of an urgent one by one person the version holds already, until it lapses; a second person makes it stay.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    key = models.CharField(pgettext_lazy("policyversion", "policy"), max_length=60)
    value = models.JSONField(pgettext_lazy("policyversion", "value"))
    mode = models.CharField(pgettext_lazy("rulechange", "how"), max_length=8, choices=Mode.choices)
    effective_from = models.DateTimeField(pgettext_lazy("field", "effective from"), null=True)
    reason = models.CharField(pgettext_lazy("policyversion", "reason of the change"), max_length=500)
    # The version in force when it was proposed, whose value stands beside it.
    base = models.CharField(pgettext_lazy("rulechange", "version then in force"), max_length=80)
    state = models.CharField(
        _("state"), max_length=10, choices=ProposalState.choices, default=ProposalState.PROPOSED
    )
    proposed_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40)
    proposed_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    approved_by = models.CharField(pgettext_lazy("field", "approved by"), max_length=40, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("field", "decided at"), null=True)
    # What it would have done to the week before, and what it would have done since it was proposed, in shadow.
    simulated = models.JSONField(pgettext_lazy("rulechange", "simulated"), null=True)
    shadowed = models.JSONField(pgettext_lazy("rulechange", "in shadow"), null=True)
    # How far the first of them is: since when it is worked out, and of how many rows how many are done.
    counting_since = models.DateTimeField(pgettext_lazy("report", "counting since"), null=True)
    rows_done = models.PositiveIntegerField(pgettext_lazy("rulechange", "rows done"), default=0)
    rows_of = models.PositiveIntegerField(pgettext_lazy("rulechange", "rows in all"), default=0)
    # Of all that the second person read and agreed to.
    signed_digest = models.CharField(
        pgettext_lazy("rulechange", "digest of what was read"), max_length=64, blank=True
    )
    # The version that came of it, and the urgent one that held before somebody agreed.
    number = models.PositiveIntegerField(pgettext_lazy("policyversion", "version number"), null=True)
    urgent_number = models.PositiveIntegerField(pgettext_lazy("rulechange", "urgent version"), null=True)
    # What was counted in the seven days before and after it took force.
    effect = models.JSONField(pgettext_lazy("rulechange", "effect after seven days"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "change of a rule")
        verbose_name_plural = pgettext_lazy("model", "changes of rules")
        constraints = [
            four_eyes.law("proposed_by", "approved_by", name="rule_change_takes_two_people"),
            models.CheckConstraint(
                condition=Q(state__in=ProposalState.values) & Q(mode__in=Mode.values),
                name="rule_change_is_known",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="approved") & ~Q(approved_by="") & ~Q(signed_digest="") & Q(number__isnull=False)
                )
                | (~Q(state="approved") & Q(approved_by="") & Q(number=None)),
                name="rule_change_agreed_was_signed",
            ),
            models.CheckConstraint(
                condition=Q(mode="later") ^ Q(effective_from=None), name="rule_change_later_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(mode="alone") ^ Q(urgent_number=None), name="rule_change_alone_holds_already"
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") ^ Q(decided_at__isnull=False),
                name="rule_change_decided_has_a_time",
            ),
            # Two versions of one rule for the same moment: nobody would know which of them is meant.
            models.UniqueConstraint(
                fields=["key", "effective_from"],
                condition=Q(state__in=["proposed", "approved"]),
                name="rule_change_one_for_a_moment",
            ),
        ]
        indexes = [
            models.Index(fields=["key", "-id"], name="rule_change_of_rule"),
            models.Index(fields=["id"], condition=Q(state="proposed"), name="rule_change_waits"),
        ]

    def __str__(self) -> str:
        return self.code
