from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import clock, four_eyes
from core.links import HasLink
from core.privacy import EncryptedTextField
from rides.states import Party
from safety.sentences import why
from safety.states import LIVE, Answer, Harm, Heard, IncidentOutcome, IncidentState, Origin, SignalKind


class IncidentQuerySet(models.QuerySet["Incident"]):
    def live(self) -> "IncidentQuerySet":
        """Not closed."""
        return self.filter(state__in=LIVE)

    def real(self) -> "IncidentQuerySet":
        """Without those of the hourly drill's marked accounts: they enter no figure and no strip (G3)."""
        return self.filter(drill=False)


class Incident(models.Model):
    """Somebody may be in danger. One live incident for each trip, or for each missing person whose trip is not known."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    trip = models.ForeignKey(
        "rides.Trip", on_delete=models.PROTECT, null=True, related_name="incidents", verbose_name=_("trip")
    )
    # The blind index of the missing person's phone, where no trip was found.
    missing_index = models.CharField(
        pgettext_lazy("field", "index of the missing phone"), max_length=64, blank=True
    )
    origin = models.CharField(_("origin"), max_length=20, choices=Origin.choices)
    state = models.CharField(
        _("state"), max_length=10, choices=IncidentState.choices, default=IncidentState.OPEN
    )
    score = models.PositiveSmallIntegerField(_("risk"), default=0)
    has_sos = models.BooleanField(pgettext_lazy("field", "has an SOS"), default=False)
    drill = models.BooleanField(pgettext_lazy("field", "drill"), default=False)
    opened_at = models.DateTimeField(_("opened"))
    opened_by = models.CharField(pgettext_lazy("incident", "opened by"), max_length=40)
    changed_at = models.DateTimeField(pgettext_lazy("field", "changed at"))
    taken_at = models.DateTimeField(pgettext_lazy("time", "taken"), null=True)
    taken_by = models.CharField(_("owner"), max_length=40, blank=True)
    # Whom the owner hands it over to; it stays the owner's until that person takes it.
    offered_to = models.CharField(pgettext_lazy("field", "offered to"), max_length=40, blank=True)
    # How often something came that a person has to look at: what a page says that it shows.
    news = models.PositiveIntegerField(pgettext_lazy("field", "news"), default=0)
    # The oldest of what nobody has looked at yet; empty where a person has seen all.
    news_at = models.DateTimeField(pgettext_lazy("field", "not looked at since"), null=True)
    # When somebody has to look at it again, as whoever acted last said; it rings from then on until a person has.
    look_at = models.DateTimeField(pgettext_lazy("field", "to be looked at again at"), null=True)
    high_risk_at = models.DateTimeField(pgettext_lazy("field", "high risk since"), null=True)
    safe_check_at = models.DateTimeField(pgettext_lazy("field", "safe check at"), null=True)
    police_called_at = models.DateTimeField(pgettext_lazy("field", "police called at"), null=True)
    # Who said that the police were called by hand, when, and the second person who looked: then the clock stops (S10).
    police_said_by = models.CharField(
        pgettext_lazy("field", "police called by hand, by"), max_length=40, blank=True
    )
    police_said_at = models.DateTimeField(pgettext_lazy("field", "police called by hand at"), null=True)
    police_seen_by = models.CharField(
        pgettext_lazy("field", "police call seen by"), max_length=40, blank=True
    )
    police_excused_at = models.DateTimeField(pgettext_lazy("field", "police call excused at"), null=True)
    outcome = models.CharField(_("outcome"), max_length=12, choices=IncidentOutcome.choices, blank=True)
    # Whoever gives the outcome says it; known sometimes only days after it was closed. The grave opens a review (G10).
    harm = models.CharField(
        pgettext_lazy("incident", "harm"), max_length=10, choices=Harm.choices, blank=True
    )
    harm_at = models.DateTimeField(pgettext_lazy("incident", "harm recorded at"), null=True)
    resolved_by = models.CharField(pgettext_lazy("field", "resolved by"), max_length=40, blank=True)
    closed_at = models.DateTimeField(pgettext_lazy("field", "closed at"), null=True)
    closed_by = models.CharField(pgettext_lazy("field", "closed by"), max_length=40, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=IncidentState.values), name="incident_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["trip"],
                condition=~Q(state="closed") & Q(trip__isnull=False),
                name="one_live_incident_per_trip",
            ),
            models.UniqueConstraint(
                fields=["missing_index"],
                condition=~Q(state="closed") & ~Q(missing_index=""),
                name="one_live_incident_per_missing_person",
            ),
            models.CheckConstraint(
                condition=Q(state="open") ^ Q(taken_at__isnull=False), name="incident_taken_has_a_time"
            ),
            models.CheckConstraint(
                condition=Q(taken_at=None) | ~Q(taken_by=""), name="incident_taken_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(state="closed") ^ Q(closed_at=None), name="incident_closed_has_a_time"
            ),
            four_eyes.law(
                "resolved_by",
                "closed_by",
                name="incident_closed_by_a_second_person",
                once=Q(state="closed"),
            ),
            four_eyes.law("police_said_by", "police_seen_by", name="police_call_seen_by_a_second_person"),
            models.CheckConstraint(
                condition=Q(harm="", harm_at=None) | (Q(harm__in=Harm.values) & Q(harm_at__isnull=False)),
                name="incident_harm_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["resolved", "closed"]) | ~Q(outcome=""),
                name="incident_resolved_has_an_outcome",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["resolved", "closed"]) | ~Q(harm=""),
                name="incident_resolved_says_who_was_hurt",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-score", "opened_at"], condition=~Q(state="closed"), name="incident_burning"
            ),
            models.Index(fields=["-changed_at"], condition=Q(drill=False), name="incident_newest_change"),
            models.Index(
                fields=["look_at"],
                condition=Q(state="taken", look_at__isnull=False),
                name="incident_looked_at_again",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def missing_phone(self) -> str:
        """The number of whom its reports are about, as E.164, where one of them names it surely; else empty."""
        rows = self.welfare_checks.filter(missing_doubted=False).order_by("-pk")
        return next((row.missing_phone for row in rows if row.missing_phone), "")

    @property
    def is_grave(self) -> bool:
        """True where somebody called for help or the risk is high: its driver gets no next order (D15)."""
        return self.has_sos or self.high_risk_at is not None

    def answer(self, *times: datetime | None) -> datetime | None:
        """The first of these times that answers the newest danger: what came before it answers nothing (S10)."""
        since = self.high_risk_at
        return min((at for at in times if at and (since is None or at >= since)), default=None)

    def risk_since(self, at: datetime) -> datetime:
        """Since when the risk is high for somebody who calls for help at this time: a clock that runs is not put off."""
        answered = self.answer(self.safe_check_at, self.police_called_at, self.police_excused_at)
        return at if self.high_risk_at is None or answered else self.high_risk_at

    @property
    def with_police(self) -> bool:
        """True where the police of the place were called since the newest danger."""
        return self.answer(self.police_called_at) is not None

    @property
    def police_call_waits(self) -> bool:
        """True where one person said that the police were called by hand, and no second one has looked at it."""
        return bool(self.police_said_by) and not self.police_seen_by and not self.with_police

    @property
    def look_due(self) -> bool:
        """Whether the time has come at which somebody looks at it again."""
        return self.look_at is not None and self.look_at <= clock.now()

    @property
    def caller(self) -> "Caller | None":
        """The side that is called back: the passenger where she called for help, else the driver where he did."""
        called = {each.party: each for each in self.callers.all() if each.called_at}
        return called.get(Party.PASSENGER) or called.get(Party.DRIVER)

    @cached_property
    def written_by_staff(self) -> int:
        """How many messages our staff wrote to those who called, asked once of each row that is read."""
        return self.help_messages.exclude(staff="").count()


class Caller(models.Model):
    """One side of a trip as an incident knows it: whether its phone may ring, and who has called it back.

    The other side never reads or writes it.
    """

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        related_name="callers",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    silent = models.BooleanField(pgettext_lazy("field", "silent mode"), default=False)
    # The oldest tap on SOS after which nobody has called back yet, else the newest; empty where it never tapped.
    called_at = models.DateTimeField(pgettext_lazy("soscall", "called at"), null=True)
    called_back_at = models.DateTimeField(pgettext_lazy("field", "called back at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "caller")
        verbose_name_plural = pgettext_lazy("model", "callers")
        constraints = [
            models.UniqueConstraint(fields=["incident", "party"], name="one_caller_per_incident_and_side")
        ]

    def __str__(self) -> str:
        return f"{self.incident_id} {self.party}"

    @property
    def spoken_to_at(self) -> datetime | None:
        """When somebody had spoken to this side after it called for help; None where nobody has."""
        since, known = self.called_at, self.incident
        times = (self.called_back_at, known.safe_check_at, known.closed_at)
        return min((at for at in times if at and since and at >= since), default=None)


class Signal(models.Model):
    """Something that speaks for danger on a trip, once for each kind and side; they add up to the score."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.PROTECT,
        null=True,
        related_name="signals",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        null=True,
        related_name="signals",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    kind = models.CharField(_("kind"), max_length=24, choices=SignalKind.choices)
    # Which phone, or which repetition: what makes a second signal of one kind a new one.
    detail = models.CharField(pgettext_lazy("signal", "what tells it apart"), max_length=24, blank=True)
    score = models.PositiveSmallIntegerField(_("points"))
    # What `safety.sentences` says in the reader's language.
    facts = models.JSONField(pgettext_lazy("field", "why"), default=dict, blank=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("signal")
        verbose_name_plural = _("signals")
        constraints = [
            models.UniqueConstraint(
                fields=["trip", "kind", "detail"],
                condition=Q(trip__isnull=False),
                name="signal_once_per_trip_kind_and_detail",
            ),
            models.CheckConstraint(condition=Q(kind__in=SignalKind.values), name="signal_kind_is_known"),
            models.CheckConstraint(
                condition=Q(trip__isnull=False) | Q(incident__isnull=False), name="signal_belongs_somewhere"
            ),
        ]
        # The board asks each minute whether each crash of its time was asked about.
        indexes = [models.Index(fields=["at"], condition=Q(kind="crash"), name="signal_crash")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.trip_id}"

    @property
    def why(self) -> str:
        """The facts in the reader's language."""
        return why(self.facts)


class SafetyQuestion(models.Model):
    """'Are you all right?', asked of the passenger alone (S5)."""

    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.PROTECT,
        related_name="safety_questions",
        verbose_name=pgettext_lazy("field", "trip"),
    )
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    expires_at = models.DateTimeField(pgettext_lazy("safetyquestion", "answer until"))
    answer = models.CharField(
        pgettext_lazy("safetyquestion", "passenger's answer"),
        max_length=10,
        choices=Answer.choices,
        blank=True,
    )
    answered_at = models.DateTimeField(pgettext_lazy("field", "answered at"), null=True)
    # 'Fine' after a cancel that is doubted, while it waits for a position of hers apart from the car (R6).
    doubted = models.BooleanField(pgettext_lazy("field", "answer not shown by her phone"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "safety question")
        verbose_name_plural = pgettext_lazy("model", "safety questions")
        constraints = [
            models.UniqueConstraint(
                fields=["trip"], condition=Q(answer=""), name="one_open_question_per_trip"
            ),
            models.CheckConstraint(
                condition=Q(answer="") ^ Q(answered_at__isnull=False), name="question_answered_has_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(answer=""), name="question_open"),
            # The monitor asks each second for what was answered lately.
            models.Index(fields=["answered_at"], condition=Q(answer="fine"), name="question_called_fine"),
            models.Index(fields=["answered_at"], condition=Q(doubted=True), name="question_doubted"),
            # Whoever is to be rung, asked for every two seconds.
            models.Index(
                fields=["asked_at"], condition=Q(answer__in=["", "none"]), name="question_unanswered"
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"


class AutomatedCall(models.Model):
    """A question that stood unanswered on her page, asked by her telephone: once for each question (S15).

    What is pressed is evidence, by whoever holds the phone: the question stays as it is.
    """

    question = models.OneToOneField(
        SafetyQuestion,
        on_delete=models.PROTECT,
        related_name="call",
        verbose_name=pgettext_lazy("field", "safety question"),
    )
    at = models.DateTimeField(pgettext_lazy("field", "at"))
    # When the relay first said that it rings; None until then, also where it was away from the beginning.
    rung_at = models.DateTimeField(pgettext_lazy("automatedcall", "rung since"), null=True)
    state = models.CharField(_("state"), max_length=10, choices=Heard.choices, default=Heard.RINGING)
    over_at = models.DateTimeField(pgettext_lazy("automatedcall", "over at"), null=True)
    # Given up while the relay was away: what was pressed until then it may still know.
    unheard = models.BooleanField(
        pgettext_lazy("automatedcall", "not heard yet"), default=False, db_default=False
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "automated call")
        verbose_name_plural = pgettext_lazy("model", "automated calls")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=Heard.values), name="automated_call_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="ringing") ^ Q(over_at__isnull=False), name="automated_call_over_has_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["at"], condition=Q(state="ringing"), name="automated_call_rings"),
            models.Index(fields=["at"], condition=Q(unheard=True), name="automated_call_unheard"),
        ]

    def __str__(self) -> str:
        return f"automated call {self.pk}"

    @property
    def key(self) -> str:
        """What the relay knows it by."""
        return f"question:{self.question_id}"


class SosCall(models.Model):
    """One tap on SOS; a second tap is a second row of the same incident."""

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        related_name="sos_calls",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10)
    at = models.DateTimeField(pgettext_lazy("soscall", "called at"))
    # Of a call that came as a message: what the phone's clock said.
    sent_at = models.DateTimeField(pgettext_lazy("field", "sent at"), null=True)
    latitude = models.FloatField(pgettext_lazy("field", "latitude"), null=True)
    longitude = models.FloatField(pgettext_lazy("field", "longitude"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "SOS call")
        verbose_name_plural = pgettext_lazy("model", "SOS calls")
        indexes = [models.Index(fields=["incident", "party"], name="sos_call_of_side")]

    def __str__(self) -> str:
        return f"SOS {self.pk}"


class WelfareCheck(HasLink):
    """A worried person's report (失联核查). Its code is what any police station can quote (P2)."""

    code = models.CharField(_("report code"), max_length=20, unique=True)
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    incident = models.ForeignKey(
        Incident, on_delete=models.PROTECT, related_name="welfare_checks", verbose_name=_("incident")
    )
    # E.164, empty where no number could be read; what was written stands beside it, for a person to look at.
    missing_phone = EncryptedTextField(pgettext_lazy("field", "phone of the missing person"))
    missing_written = EncryptedTextField(
        pgettext_lazy("field", "phone of the missing person as written"), default=""
    )
    reporter_written = EncryptedTextField(pgettext_lazy("field", "reporter's phone as written"), default="")
    # Marks: none of them kept the report from being taken.
    missing_doubted = models.BooleanField(pgettext_lazy("field", "number may be wrong"), default=False)
    reporter_doubted = models.BooleanField(
        pgettext_lazy("field", "reporter's number may be wrong"), default=False
    )
    from_crowd = models.BooleanField(pgettext_lazy("field", "many from this address"), default=False)
    # How often its numbers were put right.
    mends = models.PositiveSmallIntegerField(pgettext_lazy("field", "put right so often"), default=0)
    reporter_phone = EncryptedTextField(pgettext_lazy("field", "reporter's phone"))
    reporter_index = models.CharField(pgettext_lazy("field", "index of the reporter's phone"), max_length=64)
    reporter_name = EncryptedTextField(pgettext_lazy("field", "reporter's name"))
    relation = EncryptedTextField(pgettext_lazy("field", "relation to the missing person"))
    filed_at = models.DateTimeField(_("filed"))
    verified_at = models.DateTimeField(_("reporter verified"), null=True)

    class Meta:
        verbose_name = _("welfare check")
        verbose_name_plural = _("welfare checks")

    def __str__(self) -> str:
        return self.code


class MaliceAppeal(models.Model):
    """One side whose call for help was called malicious says why it was not; another person decides (S3)."""

    incident = models.ForeignKey(
        Incident,
        on_delete=models.PROTECT,
        related_name="appeals",
        verbose_name=pgettext_lazy("field", "incident"),
    )
    party = models.CharField(pgettext_lazy("field", "side of the trip"), max_length=10, choices=Party.choices)
    account = models.CharField(pgettext_lazy("field", "account"), max_length=20)
    words = EncryptedTextField(pgettext_lazy("maliceappeal", "what they say"))
    filed_at = models.DateTimeField(pgettext_lazy("field", "filed at"))
    decided_at = models.DateTimeField(pgettext_lazy("field", "decided at"), null=True)
    decided_by = models.CharField(pgettext_lazy("field", "decided by"), max_length=40, blank=True)
    upheld = models.BooleanField(pgettext_lazy("maliceappeal", "appeal upheld"), null=True)
    reason = models.CharField(pgettext_lazy("field", "reason"), max_length=1000, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "appeal about a malicious alarm")
        verbose_name_plural = pgettext_lazy("model", "appeals about malicious alarms")
        constraints = [
            models.CheckConstraint(
                condition=Q(decided_at=None, upheld=None, decided_by="")
                | (Q(decided_at__isnull=False, upheld__isnull=False) & ~Q(decided_by="")),
                name="malice_appeal_decided_by_somebody",
            ),
            models.UniqueConstraint(fields=["incident", "party"], name="one_appeal_per_incident_and_side"),
        ]

    def __str__(self) -> str:
        return f"appeal {self.incident_id} {self.party}"
