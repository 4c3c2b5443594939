"""Satisfaction and care (C7): scores, calls that are due, greetings for which there is consent."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.models.cases import Complaint
from complaints.models.claims import Accident
from complaints.states import Audience, CampaignState, CareKind
from core import four_eyes
from core.links import HasLink
from core.privacy import EncryptedTextField


class Satisfaction(HasLink):
    """One question after a decided case, and the score that came, from 1 to 5."""

    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.CASCADE,
        related_name="satisfaction",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    round = models.PositiveSmallIntegerField(pgettext_lazy("field", "round"), default=1)
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    score = models.PositiveSmallIntegerField(pgettext_lazy("field", "score"), null=True)
    scored_at = models.DateTimeField(pgettext_lazy("field", "scored at"), null=True)
    # Who answered for it when it was asked: the last owner, or who decided.
    agent = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("satisfaction", "agent asked about"),
    )
    team = models.CharField(pgettext_lazy("field", "team"), max_length=40, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "satisfaction")
        verbose_name_plural = pgettext_lazy("model", "satisfactions")
        constraints = [
            models.UniqueConstraint(fields=["complaint", "round"], name="asked_once_per_round"),
            models.CheckConstraint(
                condition=Q(score=None) | (Q(score__gte=1) & Q(score__lte=5)), name="score_is_1_to_5"
            ),
            models.CheckConstraint(
                condition=Q(score=None) ^ Q(scored_at__isnull=False), name="score_has_a_time"
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], name="satisfaction_by_time")]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.score}"


class CareTask(models.Model):
    """A call or something else that is due to a person, and what came of it."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    kind = models.CharField(_("kind"), max_length=14, choices=CareKind.choices)
    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.PROTECT,
        null=True,
        related_name="care",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    accident = models.ForeignKey(
        Accident,
        on_delete=models.PROTECT,
        null=True,
        related_name="care",
        verbose_name=pgettext_lazy("field", "accident"),
    )
    words = EncryptedTextField(pgettext_lazy("caretask", "what to do"))
    due_at = models.DateTimeField(_("due"))
    owner = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="care_tasks",
        verbose_name=_("owner"),
    )
    made_by = models.CharField(pgettext_lazy("field", "made by"), max_length=40)
    made_at = models.DateTimeField(pgettext_lazy("field", "made at"))
    chased_at = models.DateTimeField(pgettext_lazy("field", "chased at"), null=True)
    done_at = models.DateTimeField(pgettext_lazy("time", "done"), null=True)
    done_by = models.CharField(pgettext_lazy("field", "done by"), max_length=40, blank=True)
    outcome = EncryptedTextField(pgettext_lazy("caretask", "what came of it"))

    class Meta:
        verbose_name = _("care task")
        verbose_name_plural = _("care tasks")
        constraints = [
            models.CheckConstraint(
                condition=Q(complaint__isnull=False) | Q(accident__isnull=False), name="care_is_about_a_case"
            ),
            models.CheckConstraint(condition=Q(done_at=None) ^ ~Q(done_by=""), name="care_done_by_somebody"),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at=None), name="care_due")]

    def __str__(self) -> str:
        return self.code

    @property
    def concerns(self) -> str:
        """The code of the case that it is about."""
        about = self.complaint or self.accident
        return about.code if about else self.code


class CareConsent(models.Model):
    """Somebody's wish to be greeted; without it nobody is (A6)."""

    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="care_consents",
        verbose_name=pgettext_lazy("field", "account"),
    )
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60)
    given_at = models.DateTimeField(pgettext_lazy("field", "given at"))
    withdrawn_at = models.DateTimeField(pgettext_lazy("field", "withdrawn at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "consent to greetings")
        verbose_name_plural = pgettext_lazy("model", "consents to greetings")
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(withdrawn_at=None), name="one_care_consent_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"care consent of {self.account_id}"


class Campaign(models.Model):
    """A greeting to many, such as at a holiday to drivers on duty: written by one, approved by another."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    title = models.CharField(_("title"), max_length=60)
    text_zh = models.CharField(pgettext_lazy("field", "text in Chinese"), max_length=200)
    text_en = models.CharField(pgettext_lazy("field", "text in English"), max_length=200)
    audience = models.CharField(_("to whom"), max_length=10, choices=Audience.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=CampaignState.choices, default=CampaignState.PROPOSED
    )
    send_at = models.DateTimeField(_("when"))
    proposed_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40)
    proposed_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    decided_by = models.CharField(pgettext_lazy("field", "decided by"), max_length=40, blank=True)
    sent_at = models.DateTimeField(pgettext_lazy("field", "sent at"), null=True)
    sent = models.PositiveIntegerField(_("sent"), default=0)
    # The last account that was written to: a greeting to many is sent in parts, each kept by itself.
    reached = models.BigIntegerField(pgettext_lazy("greeting", "reached up to account"), default=0)

    class Meta:
        verbose_name = _("greeting")
        verbose_name_plural = _("greetings")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CampaignState.values), name="campaign_state_is_known"
            ),
            four_eyes.law(
                "proposed_by",
                "decided_by",
                name="greeting_agreed_by_a_second_person",
                once=Q(state__in=["approved", "sent"]),
            ),
        ]
        indexes = [models.Index(fields=["send_at"], condition=Q(state="approved"), name="campaign_due")]

    def __str__(self) -> str:
        return self.code
