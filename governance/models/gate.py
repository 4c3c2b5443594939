"""The gate of a line: its passages, and what is judged anew."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import formats, four_eyes
from governance.states import PassageState
from rides.states import Line


class GatePassage(models.Model):
    """One relaunch of one line in one city: two people of different roles, one build, one set of rules (G2, G2+).

    The database lets a suspended line move while such a row carries it, and as far as its `share`, and ends the
    probation of a line that is suspended (`governance/migrations/0002_laws.py`).
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    city = models.SlugField(_("city"))
    state = models.CharField(
        _("state"), max_length=10, choices=PassageState.choices, default=PassageState.PROPOSED
    )
    # What the signatures hold for: the digest of the code, and of every rule in force.
    build = models.CharField(pgettext_lazy("field", "build"), max_length=64)
    rules = models.CharField(pgettext_lazy("field", "rules in force"), max_length=64)
    proposed_by = models.CharField(_("proposed by"), max_length=40)
    proposed_role = models.CharField(pgettext_lazy("field", "role of who proposed"), max_length=20)
    proposed_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    agreed_by = models.CharField(_("agreed by"), max_length=40, blank=True)
    agreed_role = models.CharField(pgettext_lazy("field", "role of who agreed"), max_length=20, blank=True)
    agreed_at = models.DateTimeField(pgettext_lazy("field", "agreed at"), null=True)
    share = models.PositiveSmallIntegerField(
        pgettext_lazy("field", "share of people, in per cent"), default=0
    )
    share_since = models.DateTimeField(pgettext_lazy("field", "share since"), null=True)
    # Each step as it was taken: when, and the share.
    steps = models.JSONField(pgettext_lazy("field", "steps"), default=list)
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)
    # The conditions that ended it, by their keys (`governance.gate.CONDITIONS`), and the measures that did.
    why = models.JSONField(pgettext_lazy("field", "why it ended"), default=list)

    class Meta:
        verbose_name = pgettext_lazy("model", "passage of the gate")
        verbose_name_plural = pgettext_lazy("model", "passages of the gate")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PassageState.values), name="passage_state_is_known"),
            four_eyes.law(
                "proposed_by",
                "agreed_by",
                name="passage_takes_two_people",
                once=Q(state__in=["probation", "done", "fallen"]),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["probation", "done", "fallen"])
                | (~Q(agreed_role="") & ~Q(proposed_role="") & ~Q(agreed_role=F("proposed_role"))),
                name="passage_takes_two_roles",
            ),
            models.CheckConstraint(
                condition=Q(share=0) | Q(share__lte=100, agreed_at__isnull=False),
                name="passage_share_is_agreed",
            ),
            models.UniqueConstraint(
                fields=["line", "city"],
                condition=Q(state__in=["proposed", "probation"]),
                name="one_passage_at_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.get_state_display()}"


class Reassessment(models.Model):
    """What a line's business model and product logic were asked, what was found and decided, and who signed (M31, G2b).

    `of_night` is another paper of the same shape: whether it can be made safe for both sides at night (M32, R4).
    """

    of_night = models.BooleanField(
        pgettext_lazy("reassessment", "of the night"), default=False, db_default=False
    )
    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    questions = models.TextField(pgettext_lazy("reassessment", "Questions"), max_length=4000)
    findings = models.TextField(pgettext_lazy("reassessment", "Findings"), max_length=4000)
    decision = models.TextField(pgettext_lazy("reassessment", "Decision"), max_length=4000)
    signed_by = models.CharField(pgettext_lazy("reassessment", "signed by"), max_length=40)
    agreed_by = models.CharField(pgettext_lazy("reassessment", "and by"), max_length=40)
    at = models.DateTimeField(pgettext_lazy("reassessment", "signed at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "reassessment of a line")
        verbose_name_plural = pgettext_lazy("model", "reassessments of lines")
        constraints = [
            four_eyes.law("signed_by", "agreed_by", name="reassessment_takes_two_people", once=Q())
        ]

    def __str__(self) -> str:
        return f"{self.line} {formats.moment(self.at)}"
