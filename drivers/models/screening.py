from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.privacy import EncryptedTextField
from drivers.models.people import Driver
from drivers.states import ChunkState, Finding, RunState, ScreeningState


class Screening(models.Model):
    """One round of questions to the registries about one driver, and what the rules made of the answers (D2, D6)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    driver = models.ForeignKey(
        Driver, on_delete=models.PROTECT, related_name="screenings", verbose_name=_("driver")
    )
    # What asked for it: the code of an application, with how often it was sent, or of a run over the fleet.
    subject = models.CharField(_("for"), max_length=30)
    state = models.CharField(
        _("state"), max_length=10, choices=ScreeningState.choices, default=ScreeningState.ASKED
    )
    # JSON: registry → its answer, null where it does not know whom we mean.
    answers = EncryptedTextField(pgettext_lazy("screening", "registries' answers"))
    # [{"rule", "registry", "verdict", "detail", "citation", "facts"}]: categories and codes, nothing personal.
    findings = models.JSONField(pgettext_lazy("field", "findings"), default=list)
    # All three certificates were confirmed at their source (三证验真).
    proven = models.BooleanField(_("certificates confirmed"), default=False)
    verdict = models.CharField(_("result"), max_length=10, choices=Finding.choices, blank=True)
    asked_at = models.DateTimeField(pgettext_lazy("time", "asked"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    next_at = models.DateTimeField(pgettext_lazy("field", "next try at"))
    answered_at = models.DateTimeField(_("answered"), null=True)

    class Meta:
        verbose_name = _("screening")
        verbose_name_plural = _("screenings")
        constraints = [
            # However often a run is repeated or resumed, nobody is screened twice in it.
            models.UniqueConstraint(
                fields=["driver", "subject"], name="one_screening_per_driver_and_subject"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ScreeningState.values), name="screening_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", answered_at__isnull=True, verdict="")
                | (Q(state="answered", answered_at__isnull=False) & ~Q(verdict="")),
                name="screening_answered_has_a_result",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(state="asked"), name="screening_due"),
            models.Index(fields=["subject", "verdict"], name="screening_of_subject"),
            models.Index(fields=["driver", "-answered_at"], name="screening_newest_of_driver"),
            # M08: of whom were the certificates confirmed?
            models.Index(fields=["driver"], condition=Q(proven=True), name="screening_proven"),
        ]

    def __str__(self) -> str:
        return self.code


class ScreeningRun(models.Model):
    """The whole fleet, screened again (D6)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    state = models.CharField(_("state"), max_length=10, choices=RunState.choices, default=RunState.RUNNING)
    started_by = models.CharField(_("started by"), max_length=40)
    reason = models.CharField(_("reason"), max_length=200)
    started_at = models.DateTimeField(_("started"))
    due_at = models.DateTimeField(_("due"))
    finished_at = models.DateTimeField(_("finished"), null=True)
    drivers = models.PositiveIntegerField(_("drivers"))

    class Meta:
        verbose_name = _("screening of the fleet")
        verbose_name_plural = _("screenings of the fleet")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="run_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="done") ^ Q(finished_at=None), name="run_done_has_a_time"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="one_running_screening_of_the_fleet"
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ScreeningChunk(models.Model):
    """A stretch of drivers of a run, which one worker holds under a lease."""

    run = models.ForeignKey(
        ScreeningRun,
        on_delete=models.CASCADE,
        related_name="chunks",
        verbose_name=pgettext_lazy("field", "run"),
    )
    first = models.BigIntegerField(
        pgettext_lazy("screeningchunk", "first driver")
    )  # primary keys of drivers, both included
    last = models.BigIntegerField(pgettext_lazy("screeningchunk", "last driver"))
    state = models.CharField(
        pgettext_lazy("field", "state"), max_length=10, choices=ChunkState.choices, default=ChunkState.WAITING
    )
    lease_until = models.DateTimeField(pgettext_lazy("field", "lease until"), null=True)
    not_before = models.DateTimeField(pgettext_lazy("field", "not before"))

    class Meta:
        verbose_name = pgettext_lazy("model", "stretch of a screening run")
        verbose_name_plural = pgettext_lazy("model", "stretches of screening runs")
        constraints = [
            models.UniqueConstraint(fields=["run", "first"], name="one_chunk_per_stretch"),
            models.CheckConstraint(condition=Q(state__in=ChunkState.values), name="chunk_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="working") ^ Q(lease_until=None), name="chunk_working_has_a_lease"
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "not_before"],
                condition=Q(state__in=["waiting", "working"]),
                name="chunk_to_do",
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.first}–{self.last} {self.get_state_display()}"
