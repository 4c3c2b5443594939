from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.formats import place
from rides.states import Line, LineState, SuspensionState


class City(models.Model):
    """A city in which lines run. Positions of all its trips go to one shard of the stream."""

    code = models.SlugField(_("code"), unique=True)
    name_zh = models.CharField(pgettext_lazy("field", "name in Chinese"), max_length=40)
    name_en = models.CharField(pgettext_lazy("field", "name in English"), max_length=40)
    latitude = models.FloatField(pgettext_lazy("field", "latitude"))
    longitude = models.FloatField(pgettext_lazy("field", "longitude"))
    # How far from its middle trips may begin and end, in metres.
    radius = models.PositiveIntegerField(pgettext_lazy("field", "radius in metres"), default=120_000)

    class Meta:
        verbose_name = _("city")
        verbose_name_plural = _("cities")

    def __str__(self) -> str:
        return place(self.names)

    @property
    def names(self) -> str:
        """Both names, as rows hold a place."""
        return f"{self.name_zh} {self.name_en}"


class KnownPlace(models.Model):
    """A place that people choose by name."""

    city = models.ForeignKey(
        City, on_delete=models.CASCADE, related_name="places", verbose_name=pgettext_lazy("field", "city")
    )
    name_zh = models.CharField(pgettext_lazy("field", "name in Chinese"), max_length=60)
    name_en = models.CharField(pgettext_lazy("field", "name in English"), max_length=60)
    latitude = models.FloatField(pgettext_lazy("field", "latitude"))
    longitude = models.FloatField(pgettext_lazy("field", "longitude"))

    class Meta:
        verbose_name = pgettext_lazy("model", "known place")
        verbose_name_plural = pgettext_lazy("model", "known places")

    def __str__(self) -> str:
        return place(self.names)

    @property
    def names(self) -> str:
        """Both names, as rows hold a place."""
        return f"{self.name_zh} {self.name_en}"


class LineInCity(models.Model):
    """The state of one service line in one city, with the company's own permit for it (R1)."""

    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="lines", verbose_name=_("city"))
    state = models.CharField(
        _("state"), max_length=12, choices=LineState.choices, default=LineState.SUSPENDED
    )
    since = models.DateTimeField(_("since"))
    # The company's own permit for the city (准入许可).
    permit_number = models.CharField(_("permit"), max_length=40, blank=True)
    permit_until = models.DateField(_("permit valid until"))
    # Of a hundred people, how many may order: less than all only while a relaunch is tried (G2+).
    share = models.PositiveSmallIntegerField(
        pgettext_lazy("field", "share of people, in per cent"), default=100
    )
    # The passage of the relaunch gate by which it returned; empty where it has run since it began.
    passage = models.CharField(pgettext_lazy("field", "passage of the gate"), max_length=20, blank=True)
    # When it was last looked after on its way back.
    looked_at = models.DateTimeField(pgettext_lazy("field", "looked after at"), null=True)
    # Before this moment a line that was opened takes no order yet; null where it began at once.
    starts_at = models.DateTimeField(_("runs from"), null=True)
    # From this moment on the line refuses new orders, whether or not the job that tells people has run yet.
    suspends_at = models.DateTimeField(_("suspended from"), null=True)

    class Meta:
        verbose_name = _("line in a city")
        verbose_name_plural = _("lines")
        constraints = [
            models.UniqueConstraint(fields=["line", "city"], name="one_state_per_line_and_city"),
            models.CheckConstraint(
                condition=Q(state__in=LineState.values) & Q(line__in=Line.values), name="line_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(share=100) | Q(share__lt=100, state=LineState.RELAUNCHING),
                name="line_share_is_of_a_relaunch",
            ),
            models.CheckConstraint(
                condition=~Q(state=LineState.RELAUNCHING) | ~Q(passage=""),
                name="line_relaunch_names_its_passage",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_line_display()} {self.city} {self.get_state_display()}"


class LineSuspension(models.Model):
    """One decision of two people to suspend a line, in one city or in all of them, from a time on (R1).

    Or of nobody: a relaunch that the gate took back names its passage and no person. Nothing here starts a line again:
    that is the relaunch gate's.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    line = models.CharField(_("line"), max_length=10, choices=Line.choices)
    # Null means the whole country.
    city = models.ForeignKey(City, on_delete=models.PROTECT, null=True, verbose_name=_("city"))
    at = models.DateTimeField(_("suspended from"))
    reason = models.CharField(_("reason"), max_length=300)
    state = models.CharField(_("state"), max_length=12, choices=SuspensionState.choices, default="proposed")
    proposed_by = models.CharField(_("proposed by"), max_length=40)
    proposed_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    agreed_by = models.CharField(_("agreed by"), max_length=40, blank=True)
    agreed_at = models.DateTimeField(pgettext_lazy("field", "agreed at"), null=True)
    carried_out_at = models.DateTimeField(pgettext_lazy("field", "carried out at"), null=True)
    passage = models.CharField(pgettext_lazy("field", "passage of the gate"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("suspension")
        verbose_name_plural = _("suspensions")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SuspensionState.values), name="suspension_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["proposed", "withdrawn"]) | Q(agreed_at__isnull=False),
                name="suspension_agreed_has_a_time",
            ),
            four_eyes.law(
                "proposed_by",
                "agreed_by",
                name="suspension_two_people",
                once=~Q(state__in=["proposed", "withdrawn"]) & Q(passage=""),
            ),
            models.CheckConstraint(
                condition=Q(passage="") | Q(proposed_by="", agreed_by="", city__isnull=False),
                name="suspension_by_the_gate_names_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["at"], condition=Q(state__in=["proposed", "agreed"]), name="suspension_under_way"
            )
        ]

    def __str__(self) -> str:
        return self.code
