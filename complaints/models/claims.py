"""Safeguards (C6): accidents with a cap that the database holds, and claims that rest on documents."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import ClaimKind, ClaimState, Paper, Settlement
from core import four_eyes
from core.links import HasLink
from core.privacy import EncryptedTextField


class Accident(models.Model):
    """One accident. `reserved_fen` is what was granted under the cap, and never passes it however claims race."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    trip = models.OneToOneField(
        "rides.Trip", on_delete=models.PROTECT, null=True, related_name="accident", verbose_name=_("trip")
    )
    happened_at = models.DateTimeField(_("when"))
    place = EncryptedTextField(pgettext_lazy("accident", "place of the accident"))
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    opened_by = models.CharField(pgettext_lazy("accident", "recorded by"), max_length=40)
    opened_at = models.DateTimeField(_("opened"))
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    # The cap by the policy that held when it happened; fen.
    cap_fen = models.PositiveBigIntegerField(_("cap"))
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60)
    reserved_fen = models.PositiveBigIntegerField(
        pgettext_lazy("field", "granted under the cap (fen)"), default=0
    )
    # One person of ours stays with those concerned (C7).
    named_contact = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="accidents_named_for",
        verbose_name=pgettext_lazy("field", "named contact"),
    )

    class Meta:
        verbose_name = _("accident")
        verbose_name_plural = _("accidents")
        constraints = [
            models.CheckConstraint(
                condition=Q(reserved_fen__lte=F("cap_fen")), name="accident_never_passes_its_cap"
            )
        ]

    def __str__(self) -> str:
        return self.code


class Claim(HasLink):
    """What somebody asks for after an accident, and what they were granted; fen."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    accident = models.ForeignKey(
        Accident,
        on_delete=models.PROTECT,
        related_name="claims",
        verbose_name=pgettext_lazy("field", "accident"),
    )
    kind = models.CharField(_("kind"), max_length=14, choices=ClaimKind.choices)
    state = models.CharField(_("state"), max_length=10, choices=ClaimState.choices, default=ClaimState.OPEN)
    # Whoever is to be paid: often a family without an account.
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="claims",
        verbose_name=pgettext_lazy("field", "account"),
    )
    name = EncryptedTextField(pgettext_lazy("claim", "claimant's name"))
    phone = EncryptedTextField(pgettext_lazy("claim", "claimant's phone"))
    phone_index = models.CharField(pgettext_lazy("field", "index of the phone"), max_length=64)
    asked_fen = models.PositiveBigIntegerField(pgettext_lazy("claim", "asked"))
    granted_fen = models.PositiveBigIntegerField(pgettext_lazy("claim", "granted"), default=0)
    filed_at = models.DateTimeField(_("filed"))
    filed_by = models.CharField(pgettext_lazy("field", "filed by"), max_length=40)
    proposed_fen = models.PositiveBigIntegerField(pgettext_lazy("field", "amount proposed (fen)"), default=0)
    proposed_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40, blank=True)
    reason = EncryptedTextField(pgettext_lazy("field", "reason"))
    decided_by = models.CharField(pgettext_lazy("claim", "second person"), max_length=40, blank=True)
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    # Up to how much one person granted alone when it was granted, by the policy of then; fen.
    alone_fen = models.PositiveBigIntegerField(
        pgettext_lazy("claim", "granted by one person up to (fen)"), default=0
    )
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60, blank=True)
    settled_at = models.DateTimeField(pgettext_lazy("field", "settled at"), null=True)
    settled_how = models.CharField(
        pgettext_lazy("field", "settled how"), max_length=10, choices=Settlement.choices, blank=True
    )
    # How it is to be settled, while that is proposed, and by whom it was.
    settle_how = models.CharField(
        pgettext_lazy("claim", "settlement proposed"),
        max_length=10,
        choices=Settlement.choices,
        blank=True,
        default="",
    )
    settle_by = models.CharField(
        pgettext_lazy("claim", "settlement proposed by"), max_length=40, blank=True, default=""
    )
    settled_by = models.CharField(pgettext_lazy("field", "settled by"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("claim")
        verbose_name_plural = _("claims")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ClaimState.values) & Q(kind__in=ClaimKind.values),
                name="claim_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "settled"]) ^ Q(granted_fen=0),
                name="claim_granted_when_approved",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "proposed"]) ^ Q(decided_at__isnull=False),
                name="claim_decided_has_a_time",
            ),
            four_eyes.law(
                "proposed_by",
                "decided_by",
                name="claim_above_the_limit_takes_two",
                once=Q(granted_fen__gt=F("alone_fen")),
            ),
            four_eyes.law(
                "settle_by",
                "settled_by",
                name="advance_above_the_limit_settled_by_two",
                once=Q(state="settled") & Q(granted_fen__gt=F("alone_fen")),
            ),
            models.CheckConstraint(
                condition=Q(settle_how="") | (Q(state="approved") & ~Q(settle_by="")),
                name="claim_settlement_is_proposed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="settled") ^ Q(settled_how=""), name="claim_settled_somehow"
            ),
            models.CheckConstraint(
                condition=~Q(state="settled") | Q(kind="advance"), name="only_advances_are_settled"
            ),
        ]
        indexes = [
            models.Index(fields=["filed_at"], condition=Q(state__in=["open", "proposed"]), name="claim_waits")
        ]

    def __str__(self) -> str:
        return self.code


class ClaimPaper(models.Model):
    """A document of a claim, encrypted in storage."""

    claim = models.ForeignKey(
        Claim, on_delete=models.PROTECT, related_name="papers", verbose_name=pgettext_lazy("field", "claim")
    )
    picture = models.OneToOneField(
        "core.StoredPicture",
        on_delete=models.PROTECT,
        related_name="claim_paper",
        verbose_name=pgettext_lazy("field", "picture"),
    )
    paper = models.CharField(pgettext_lazy("field", "kind of document"), max_length=10, choices=Paper.choices)
    is_document = models.BooleanField(pgettext_lazy("field", "document, not a picture"), default=False)
    given_by = models.CharField(pgettext_lazy("field", "given by"), max_length=40)
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "document of a claim")
        verbose_name_plural = pgettext_lazy("model", "documents of claims")

    def __str__(self) -> str:
        return f"{self.claim_id} {self.get_paper_display()}"
