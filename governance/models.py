from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from core import formats, four_eyes
from governance import evidence
from governance.states import Breaker, Mode, ProposalState, Status


class MeasureState(models.Model):
    """A measure as the last round found it: what every page shows."""

    measure = models.CharField(_("measure"), max_length=8, unique=True)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices)
    share = models.FloatField(pgettext_lazy("field", "share done"), null=True)
    # Facts of `governance.evidence`, said in the reader's language.
    facts = models.JSONField(pgettext_lazy("field", "evidence"), default=list)
    since = models.DateTimeField(pgettext_lazy("field", "in this state since"))
    checked_at = models.DateTimeField(_("checked"))
    seconds = models.FloatField(_("seconds"), default=0)
    # What came of the last time it was broken on purpose.
    breaker = models.CharField(
        pgettext_lazy("field", "breaker"), max_length=10, choices=Breaker.choices, blank=True
    )
    broken_at = models.DateTimeField(pgettext_lazy("field", "broken on purpose at"), null=True)
    breaker_said = models.CharField(
        pgettext_lazy("field", "what stood in its way"), max_length=80, blank=True
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "state of a measure")
        verbose_name_plural = pgettext_lazy("model", "states of measures")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="measure_state_is_known"),
            models.CheckConstraint(condition=Q(breaker__in=Breaker.values), name="measure_breaker_is_known"),
        ]

    def __str__(self) -> str:
        return f"{self.measure} {self.get_status_display()}"


class MeasureResult(models.Model):
    """What a measure's live check found; a row for each change and for each day (the board's history)."""

    measure = models.CharField(_("measure"), max_length=8)
    status = models.CharField(_("state"), max_length=10, choices=Status.choices)
    share = models.FloatField(pgettext_lazy("field", "share done"), null=True)
    facts = models.JSONField(pgettext_lazy("field", "evidence"), default=list)
    checked_at = models.DateTimeField(_("checked"))

    class Meta:
        verbose_name = _("measure result")
        verbose_name_plural = _("measure results")
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="measure_status_is_known")
        ]
        indexes = [models.Index(fields=["measure", "-checked_at"], name="measure_history")]

    def __str__(self) -> str:
        return f"{self.measure} {self.get_status_display()}"

    @property
    def evidence(self) -> str:
        """In the reader's language."""
        return evidence.told(self.facts)


class Waiver(models.Model):
    """Two people let a measure be red for a time, and say why (G1+). It is public, and renewed once at most."""

    measure = models.CharField(_("measure"), max_length=8)
    reason = models.CharField(_("reason"), max_length=300)
    asked_by = models.CharField(_("proposed by"), max_length=40)
    agreed_by = models.CharField(_("agreed by"), max_length=40)
    begins_at = models.DateTimeField(pgettext_lazy("field", "begins at"))
    ends_at = models.DateTimeField(pgettext_lazy("field", "ends at"))
    renews = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, verbose_name=pgettext_lazy("field", "renews")
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "waiver")
        verbose_name_plural = pgettext_lazy("model", "waivers")
        constraints = [
            four_eyes.law("asked_by", "agreed_by", name="waiver_takes_two_people", once=Q()),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("begins_at")), name="waiver_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["measure", "-ends_at"], name="waiver_of_measure")]

    def __str__(self) -> str:
        return f"{self.measure} {formats.moment(self.ends_at)}"


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


class DrillRun(models.Model):
    """One run of the hourly drill on the live stack (G3)."""

    begun_at = models.DateTimeField(_("begun"))
    seconds = models.FloatField(_("seconds"))
    passed = models.BooleanField(_("passed"))
    # What was expected and what was seen, step by step.
    steps = models.JSONField(pgettext_lazy("field", "steps"))

    class Meta:
        verbose_name = _("drill")
        verbose_name_plural = _("drills")
        indexes = [models.Index(fields=["-begun_at"], name="drill_newest")]

    def __str__(self) -> str:
        return f"{formats.moment(self.begun_at)} {pgettext('drill', 'passed') if self.passed else pgettext('drill', 'failed')}"
