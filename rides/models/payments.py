from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from rides.states import PaymentState


class Payment(models.Model):
    """What a trip's passenger pays (R12). The amounts move through `core.money`; the ledger has every movement."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    trip = models.OneToOneField(
        "rides.Trip",
        on_delete=models.PROTECT,
        related_name="payment",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    fen = models.PositiveIntegerField(_("amount in fen"))
    state = models.CharField(_("state"), max_length=10, choices=PaymentState.choices, default="due")
    due_at = models.DateTimeField(pgettext_lazy("field", "due at"))
    next_at = models.DateTimeField(pgettext_lazy("field", "next try at"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    paid_at = models.DateTimeField(pgettext_lazy("field", "paid at"), null=True)
    refunded = models.PositiveIntegerField(_("refunded in fen"), default=0)

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="payment_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="due") ^ Q(paid_at__isnull=False), name="payment_paid_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("fen")), name="payment_refunds_no_more_than_paid"
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="due"), name="payment_due")]

    def __str__(self) -> str:
        return self.code
