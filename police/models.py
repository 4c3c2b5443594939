from datetime import datetime

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes, typed
from core.errors import InvalidInput
from core.formats import place
from core.privacy import EncryptedTextField
from police.states import (
    ENDED_BY,
    INSPECTED,
    UNDECIDED,
    AgencyKind,
    Asked,
    Channel,
    ErrorKind,
    Grade,
    GradeReason,
    IdentityState,
    OfficerState,
    Owned,
    Paper,
    Query,
    RefusalCode,
    RequestState,
    Tier,
    Urgency,
)


class Agency(models.Model):
    """A police station as the public register has it; we call back only the published number (P4)."""

    code = models.SlugField(_("code"), unique=True)
    name_zh = models.CharField(pgettext_lazy("station", "name"), max_length=80)
    name_en = models.CharField(pgettext_lazy("field", "name in English"), max_length=80)
    published_phone = models.CharField(_("published number"), max_length=20)
    registered_email = models.EmailField(_("registered address"))
    # ISO 3166: only authorities of the country are answered here (PIPL art. 41, DSL art. 36).
    country = models.CharField(_("country"), max_length=2, default="CN")
    kind = models.CharField(
        pgettext_lazy("agency", "kind"), max_length=10, choices=AgencyKind.choices, default=AgencyKind.POLICE
    )
    # What two people entered in place of number and address: until its time has come nobody calls or writes there (P1+).
    coming_phone = models.CharField(pgettext_lazy("agency", "coming number"), max_length=20, blank=True)
    coming_email = models.EmailField(pgettext_lazy("agency", "coming address"), blank=True)
    coming_at = models.DateTimeField(pgettext_lazy("agency", "counts from"), null=True)
    # Its names, its code and how they are written in pinyin, for whoever looks for it by a part of any.
    search = models.CharField(pgettext_lazy("agency", "words to find it by"), max_length=600, default="")

    class Meta:
        verbose_name = _("police station")
        verbose_name_plural = _("police stations")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=AgencyKind.values), name="agency_kind_is_known"),
            models.CheckConstraint(
                condition=Q(coming_at__isnull=True) ^ (~Q(coming_phone="") | ~Q(coming_email="")),
                name="agency_change_has_a_time",
            ),
        ]
        indexes = [
            # `selectors.find_agencies`: a part of a name, in characters or pinyin, among 40 000 stations.
            GinIndex(OpClass("search", "gin_trgm_ops"), name="agency_words"),
            models.Index(fields=["coming_at"], condition=Q(coming_at__isnull=False), name="agency_changes"),
        ]

    def __str__(self) -> str:
        return place(self.names)

    @property
    def names(self) -> str:
        """Both names, as rows hold a station."""
        return f"{self.name_zh} {self.name_en}"


class Officer(models.Model):
    """A verified liaison officer with an account (P1)."""

    account = models.OneToOneField(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="officer",
        verbose_name=pgettext_lazy("officer", "officer's account"),
    )
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="officers", verbose_name=_("police station")
    )
    badge_number = EncryptedTextField(pgettext_lazy("field", "badge number"))
    state = models.CharField(
        _("state"), max_length=10, choices=OfficerState.choices, default=OfficerState.ACTIVE
    )
    expires_at = models.DateTimeField(_("expires"))
    # How far it is known that they are one; `policies.tier_of` says what of it still holds.
    tier = models.PositiveSmallIntegerField(
        pgettext_lazy("officer", "tier"), choices=Tier.choices, default=Tier.MAILBOX
    )
    # Who of us called which published number of the station and when, and reached the officer.
    called_back_at = models.DateTimeField(pgettext_lazy("officer", "called back at"), null=True)
    called_back_by = models.CharField(pgettext_lazy("officer", "called back by"), max_length=40, blank=True)
    called_back_number = models.CharField(
        pgettext_lazy("officer", "number called back"), max_length=20, blank=True
    )
    # The head of the station who confirmed them.
    head_confirmed_at = models.DateTimeField(pgettext_lazy("officer", "confirmed by the head at"), null=True)
    head = EncryptedTextField(pgettext_lazy("officer", "name of the head"))
    # When station and officer were last told that the entry or the call-back ends.
    end_told_at = models.DateTimeField(pgettext_lazy("officer", "told of the end at"), null=True)
    # The two people who let an officer in again whom an improper request had suspended.
    reinstate_by = models.CharField(
        pgettext_lazy("officer", "reinstating proposed by"), max_length=40, blank=True, default=""
    )
    reinstate_reason = EncryptedTextField(pgettext_lazy("officer", "reason for reinstating"))
    reinstated_by = models.CharField(
        pgettext_lazy("officer", "reinstated by"), max_length=40, blank=True, default=""
    )

    class Meta:
        verbose_name = _("officer")
        verbose_name_plural = _("officers")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=OfficerState.values), name="officer_state_is_known"),
            models.CheckConstraint(condition=Q(tier__in=Tier.values), name="officer_tier_is_known"),
            models.CheckConstraint(
                condition=Q(tier=Tier.MAILBOX)
                | (Q(called_back_at__isnull=False) & ~Q(called_back_by="") & ~Q(called_back_number="")),
                name="officer_of_tier_two_was_called_back",
            ),
            models.CheckConstraint(
                condition=~Q(tier=Tier.CONFIRMED) | Q(head_confirmed_at__isnull=False),
                name="officer_of_tier_three_was_confirmed",
            ),
            four_eyes.law("reinstate_by", "reinstated_by", name="officer_reinstated_by_two"),
        ]

    def __str__(self) -> str:
        return self.account.code


def _ends_by(pair: str) -> list[str]:
    """The ends that two people of this pair give to a question of a letter."""
    return sorted(end for end, named in ENDED_BY.items() if named == pair)


def understood(query: str, value: str) -> str:
    """What is read of a value that is asked by, in groups, so that a person sees a slip; empty where nothing can be."""
    try:
        match Query(query):
            case Query.TRIP | Query.REPORT:
                return typed.code.read(value)
            case Query.PLATE:
                return typed.plate.shown(value)
            case Query.PHONE:
                return typed.phone.shown(typed.phone.read(value))
            case Query.PLACE:
                return typed.place.shown(typed.place.read(value))
    except InvalidInput:
        return ""


class PoliceRequest(models.Model):
    """What the police ask, and when it was answered (P2, P8)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, related_name="requests", verbose_name=_("police station")
    )
    officer = models.ForeignKey(
        Officer, on_delete=models.PROTECT, null=True, related_name="requests", verbose_name=_("officer")
    )
    badge_number = EncryptedTextField(pgettext_lazy("field", "badge number"))
    # As they were when it was asked: what kind of authority, and how far its officer was known; 0 without account.
    agency_kind = models.CharField(
        pgettext_lazy("policerequest", "kind of agency"),
        max_length=10,
        choices=AgencyKind.choices,
        default=AgencyKind.POLICE,
    )
    officer_tier = models.PositiveSmallIntegerField(
        pgettext_lazy("policerequest", "officer's tier"), default=0
    )
    channel = models.CharField(_("channel"), max_length=10, choices=Channel.choices)
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency.choices)
    query = models.CharField(_("asked by"), max_length=10, choices=Query.choices)
    query_value = EncryptedTextField(pgettext_lazy("field", "query value"))
    about = models.DateTimeField(pgettext_lazy("policerequest", "time asked about"))
    # Keyed digest of the phone that was asked by: whether other stations ask about the same number (P10).
    phone_index = models.CharField(
        pgettext_lazy("policerequest", "index of the phone asked by"), max_length=64, blank=True, default=""
    )
    # What was unlike this officer or station when it was asked (P10): codes of `Unusual`.
    unusual = models.JSONField(pgettext_lazy("policerequest", "what is unusual"), default=list, blank=True)
    # An ordinary one is a question of a letter: which of it, what categories it names, and of what time (P5+).
    notice = models.ForeignKey(
        "police.Notice",
        on_delete=models.PROTECT,
        null=True,
        related_name="requests",
        verbose_name=pgettext_lazy("policerequest", "notice"),
    )
    number = models.PositiveSmallIntegerField(
        pgettext_lazy("policerequest", "question of the notice"), default=1
    )
    # A question of an inspection becomes one of each trip, from 1. What it was asked by stays in each as it was asked.
    part = models.PositiveSmallIntegerField(
        pgettext_lazy("policerequest", "which trip of the question"), default=1, db_default=1
    )
    wanted = models.JSONField(
        pgettext_lazy("policerequest", "categories asked for"), default=list, blank=True
    )
    span_from = models.DateTimeField(pgettext_lazy("policerequest", "of the time from"), null=True)
    span_to = models.DateTimeField(pgettext_lazy("policerequest", "of the time until"), null=True)
    # What of it is not given, and the reason code of each: {category: code}.
    left_out = models.JSONField(pgettext_lazy("policerequest", "left out"), default=dict, blank=True)
    # The end of the time, where a place was asked about from one time to another.
    about_until = models.DateTimeField(pgettext_lazy("policerequest", "asked about until"), null=True)
    # What an officer says of an emergency, beside what is known (P2+).
    danger = EncryptedTextField(pgettext_lazy("policerequest", "who is in danger"), default="")
    why_not_written = EncryptedTextField(pgettext_lazy("policerequest", "why not in writing"), default="")
    # They are asked whether it was theirs (P3c).
    supervisor_name = EncryptedTextField(pgettext_lazy("policerequest", "supervisor's name"), default="")
    supervisor_phone = EncryptedTextField(pgettext_lazy("policerequest", "supervisor's number"), default="")
    declared = models.BooleanField(pgettext_lazy("policerequest", "danger to life declared"), default=False)
    legal_basis = models.CharField(pgettext_lazy("field", "legal basis"), max_length=200, blank=True)
    report_code = models.CharField(_("report code"), max_length=20, blank=True)
    trip = models.ForeignKey(
        "rides.Trip",
        on_delete=models.PROTECT,
        null=True,
        related_name="police_requests",
        verbose_name=_("trip"),
    )
    trips_found = models.PositiveSmallIntegerField(_("trips found"), default=0)
    # Its officer asked so many in a short time that a person looks whether it is they who ask.
    one_of_many = models.BooleanField(pgettext_lazy("policerequest", "many of one officer"), default=False)
    state = models.CharField(
        _("state"), max_length=12, choices=RequestState.choices, default=RequestState.ASKED
    )
    asked_at = models.DateTimeField(pgettext_lazy("time", "asked"))
    owned_at = models.DateTimeField(_("owned"), null=True)
    owned_by = models.CharField(pgettext_lazy("field", "owned by"), max_length=40, blank=True)
    # On whose word alone a call stands, whoever has the request now; empty where an officer asked by the form.
    taken_down_by = models.CharField(
        pgettext_lazy("field", "taken down by"), max_length=40, blank=True, default="", db_default=""
    )
    called_back_at = models.DateTimeField(pgettext_lazy("field", "called back at"), null=True)
    escalated_at = models.DateTimeField(pgettext_lazy("field", "escalated at"), null=True)
    executive_called_at = models.DateTimeField(pgettext_lazy("field", "executive called at"), null=True)
    # Who said which trip is meant, where the question led to none or several.
    trip_found_by = models.CharField(
        pgettext_lazy("policerequest", "trip found by"), max_length=40, blank=True, default=""
    )
    # The first of the two people of a release: who called back, checked the papers or found the trip.
    proposed_by = models.CharField(
        pgettext_lazy("policerequest", "release proposed by"), max_length=40, blank=True, default=""
    )
    # A verified officer's emergency is released at once, by nobody (P3).
    by_rule = models.BooleanField(pgettext_lazy("policerequest", "released by rule"), default=False)
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    decided_by = models.CharField(pgettext_lazy("field", "decided by"), max_length=40, blank=True)
    refusal = EncryptedTextField(pgettext_lazy("field", "reason of refusal"))
    refused_for = models.CharField(
        pgettext_lazy("policerequest", "code of the refusal"),
        max_length=12,
        choices=RefusalCode.choices,
        blank=True,
        default="",
    )
    # The first of the two people who refuse a question of a letter; `decided_by` is the second.
    refuse_by = models.CharField(
        pgettext_lazy("policerequest", "refusal proposed by"), max_length=40, blank=True, default=""
    )
    papers_due_at = models.DateTimeField(pgettext_lazy("field", "paperwork due at"), null=True)
    papers_at = models.DateTimeField(pgettext_lazy("field", "paperwork received at"), null=True)
    papers_reminded_at = models.DateTimeField(
        pgettext_lazy("policerequest", "reminded of the paperwork at"), null=True
    )
    # What is unlike its officer or station in the papers that followed (P10). Apart from `unusual`: what went out went out.
    papers_unusual = models.JSONField(
        pgettext_lazy("policerequest", "what is unusual of the papers"),
        default=list,
        db_default=[],
        blank=True,
    )
    letter_number = EncryptedTextField(pgettext_lazy("field", "letter number"))
    certificates = EncryptedTextField(pgettext_lazy("field", "certificates"))

    class Meta:
        verbose_name = _("police request")
        verbose_name_plural = _("police requests")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RequestState.values), name="request_state_is_known"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(UNDECIDED)) ^ Q(decided_at__isnull=False),
                name="request_decided_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="released") | Q(trip__isnull=False), name="request_released_for_one_trip"
            ),
            four_eyes.law(
                "proposed_by",
                "decided_by",
                name="police_release_takes_two_people",
                once=Q(state="released", by_rule=False),
            ),
            models.CheckConstraint(
                condition=~Q(state="released")
                | Q(trip_found_by="")
                | ~Q(decided_by=models.F("trip_found_by")),
                name="request_trip_found_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(by_rule=False) | Q(channel="form", urgency__in=["emergency", "reference"]),
                name="request_by_rule_is_an_emergency_by_the_form",
            ),
            models.CheckConstraint(
                condition=Q(by_rule=False) | Q(officer_tier__gte=Tier.CALLED_BACK),
                name="request_by_rule_only_to_who_was_called_back",
            ),
            models.CheckConstraint(
                condition=~Q(agency_kind=AgencyKind.TRANSPORT) | Q(urgency="ordinary"),
                name="request_of_inspection_is_no_emergency",
            ),
            models.CheckConstraint(
                condition=~Q(agency_kind=AgencyKind.TRANSPORT) | Q(wanted__contained_by=sorted(INSPECTED)),
                name="request_of_inspection_names_what_it_may",
            ),
            models.CheckConstraint(
                condition=Q(channel="form") | ~Q(state="released") | Q(called_back_at__isnull=False),
                name="request_by_phone_released_after_call_back",
            ),
            models.CheckConstraint(
                condition=~Q(channel="form") | Q(taken_down_by=""),
                name="request_by_form_taken_down_by_nobody",
            ),
            four_eyes.law(
                "refuse_by",
                "decided_by",
                name="question_of_a_letter_refused_by_two",
                once=Q(state__in=_ends_by("police.refusal"), notice__isnull=False),
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | Q(notice__isnull=True) | ~Q(refused_for=""),
                name="question_refused_with_a_code",
            ),
            # Whoever asks by the form or a call asks an ordinary question by a notice, and gets no more than it names.
            models.CheckConstraint(
                condition=~Q(urgency="ordinary") | Q(notice__isnull=False) & ~Q(wanted=[]),
                name="request_ordinary_has_a_notice",
            ),
            models.UniqueConstraint(fields=["notice", "number"], name="one_question_of_a_number_on_a_notice"),
            models.CheckConstraint(
                condition=~Q(state="released", urgency="ordinary")
                | (Q(papers_at__isnull=False) & ~Q(legal_basis="")),
                name="request_ordinary_released_on_its_papers",
            ),
        ]
        indexes = [
            models.Index(fields=["trip", "id"], name="request_of_trip"),
            models.Index(
                fields=["asked_at"],
                condition=Q(state__in=sorted(UNDECIDED)),
                name="request_undecided",
            ),
            models.Index(fields=["phone_index", "asked_at"], name="request_about_phone"),
            models.Index(
                fields=["papers_at"], condition=~Q(papers_unusual=[]), name="request_papers_came_before"
            ),
            models.Index(
                fields=["papers_due_at"],
                condition=Q(papers_at__isnull=True, papers_due_at__isnull=False),
                name="request_papers_awaited",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def all_unusual(self) -> list[str]:
        """What is unusual of it, when it was asked and in the papers that followed: codes of `Unusual`."""
        return [*self.unusual, *self.papers_unusual]

    @property
    def understood(self) -> str:
        """What was read of the value that was asked by, so that a person sees a slip; empty where nothing could be."""
        return understood(self.query, self.query_value)


class Notice(models.Model):
    """A notice to hand over evidence (调取证据通知书) as an officer fills it in, and the questions that came of it, each a
    request of its own (P2+, P5+)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    officer = models.ForeignKey(
        Officer,
        on_delete=models.PROTECT,
        related_name="notices",
        verbose_name=pgettext_lazy("notice", "officer"),
    )
    # JSON of `notices.Filled`: it names a case and people.
    filled = EncryptedTextField(pgettext_lazy("notice", "what was filled in"))
    begun_at = models.DateTimeField(pgettext_lazy("notice", "begun at"))
    saved_at = models.DateTimeField(pgettext_lazy("notice", "saved at"))
    sent_at = models.DateTimeField(pgettext_lazy("notice", "sent at"), null=True)
    # Keyed digest of the letter's number, from when it was sent: by it the same letter is found again.
    number_index = models.CharField(
        pgettext_lazy("notice", "digest of the letter's number"), max_length=64, blank=True, default=""
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "notice of an ordinary request")
        verbose_name_plural = pgettext_lazy("model", "notices of ordinary requests")
        indexes = [
            models.Index(
                fields=["number_index"], condition=~Q(number_index=""), name="notice_of_the_same_letter"
            )
        ]

    def __str__(self) -> str:
        return self.code


class NoticeFile(models.Model):
    """The letter or a certificate of a notice, or of an emergency, as a picture or document, encrypted in storage."""

    notice = models.ForeignKey(
        Notice,
        on_delete=models.PROTECT,
        null=True,
        related_name="files",
        verbose_name=pgettext_lazy("field", "notice"),
    )
    # The emergency whose papers followed.
    request = models.ForeignKey(
        PoliceRequest,
        on_delete=models.PROTECT,
        null=True,
        related_name="files",
        verbose_name=pgettext_lazy("release", "police request"),
    )
    picture = models.OneToOneField(
        "core.StoredPicture",
        on_delete=models.PROTECT,
        related_name="notice_file",
        verbose_name=pgettext_lazy("field", "picture"),
    )
    paper = models.CharField(pgettext_lazy("noticefile", "which paper"), max_length=20, choices=Paper.choices)
    is_document = models.BooleanField(pgettext_lazy("field", "document, not a picture"), default=False)
    # Of a letter the shapes of its lines, of a certificate that of the whole (`police.vision`): by them it is known when it
    # is scanned or pressed again.
    lines = EncryptedTextField(pgettext_lazy("noticefile", "shapes of its lines"), default="")
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "file of a notice")
        verbose_name_plural = pgettext_lazy("model", "files of notices")
        constraints = [
            models.CheckConstraint(
                condition=Q(notice__isnull=True) ^ Q(request__isnull=True),
                name="file_of_a_notice_or_of_an_emergency",
            )
        ]

    def __str__(self) -> str:
        return f"{self.notice_id or self.request_id} {self.get_paper_display()}"


class Release(models.Model):
    """What was released: the pack as it was, its hash, and until when it opens."""

    request = models.OneToOneField(
        PoliceRequest,
        on_delete=models.PROTECT,
        related_name="release",
        verbose_name=pgettext_lazy("release", "police request"),
    )
    pack = EncryptedTextField(pgettext_lazy("field", "minimum pack"))
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    released_at = models.DateTimeField(pgettext_lazy("release", "handed over at"))
    expires_at = models.DateTimeField(pgettext_lazy("field", "expires at"))
    # For an officer without account: a link in the station's mailbox that opens once, with a code spoken on the call.
    link_digest = models.CharField(pgettext_lazy("field", "digest of the link"), max_length=64, blank=True)
    spoken_code = EncryptedTextField(pgettext_lazy("field", "spoken code"))
    wrong_codes = models.PositiveSmallIntegerField(pgettext_lazy("field", "wrong codes entered"), default=0)
    opened_at = models.DateTimeField(pgettext_lazy("release", "opened at"), null=True)
    # What went out, and why no more (P3a): codes, said in the reader's language.
    grade = models.CharField(
        pgettext_lazy("release", "what went out"), max_length=8, choices=Grade.choices, default=Grade.WHOLE
    )
    reason = models.CharField(
        pgettext_lazy("release", "reason of the grade"), max_length=12, choices=GradeReason.choices
    )
    signs = models.JSONField(pgettext_lazy("release", "what bears it out"), default=list, blank=True)
    # When the station or the supervisor said that it was not theirs, or a reviewer found it improper: nobody reads it any
    # more (P3c).
    disowned_at = models.DateTimeField(pgettext_lazy("release", "disowned at"), null=True)
    # Whether the pack says of the plate what it has to; the pack itself is destroyed after its time.
    has_plates = models.BooleanField(pgettext_lazy("release", "says both plates"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("police", "release")
        verbose_name_plural = _("releases")
        constraints = [
            models.CheckConstraint(
                condition=Q(grade__in=["car", "whole"]) & Q(reason__in=GradeReason.values),
                name="release_grade_is_known",
            ),
            # Without a call-back or papers, who the driver is goes out only where our own data bear the claim out.
            models.CheckConstraint(
                condition=~Q(grade="whole")
                | Q(reason__in=["borne_out", "called_back", "on_papers", "her_code"]),
                name="release_of_identity_is_borne_out",
            ),
            models.UniqueConstraint(
                fields=["link_digest"], condition=~Q(link_digest=""), name="release_link_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"release:{self.request_id}"

    def is_open(self, at: datetime) -> bool:
        """The pack can still be read."""
        return at <= self.expires_at and self.disowned_at is None

    @property
    def is_destroyed(self) -> bool:
        """The pack is gone; its digest and the record of who read it stay."""
        part: IdentityPart | None = getattr(self, "identity", None)
        return not self.pack and not (part and part.pack)

    @property
    def newest(self) -> "Release | IdentityPart":
        """What is read of it: with the identity part from when that was released."""
        part: IdentityPart | None = getattr(self, "identity", None)
        return part if part and part.state == IdentityState.RELEASED else self


class IdentityPart(models.Model):
    """Who the driver is, where the car part went out alone: its own clock, a call-back, and two people (P3a)."""

    release = models.OneToOneField(
        Release,
        on_delete=models.PROTECT,
        related_name="identity",
        verbose_name=pgettext_lazy("identity part", "release"),
    )
    state = models.CharField(
        _("state"), max_length=12, choices=IdentityState.choices, default=IdentityState.WAITING
    )
    asked_at = models.DateTimeField(pgettext_lazy("time", "asked"))
    due_at = models.DateTimeField(pgettext_lazy("identity part", "due at"))
    called_back_at = models.DateTimeField(pgettext_lazy("field", "called back at"), null=True)
    called_back_by = models.CharField(
        pgettext_lazy("identity part", "called back by"), max_length=40, blank=True, default=""
    )
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    decided_by = models.CharField(pgettext_lazy("field", "decided by"), max_length=40, blank=True, default="")
    refusal = EncryptedTextField(pgettext_lazy("field", "reason of refusal"), default="")
    # The whole pack as it was when this part was released, with newer positions; empty before.
    pack = EncryptedTextField(pgettext_lazy("field", "minimum pack"), default="")
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64, blank=True, default="")

    class Meta:
        verbose_name = pgettext_lazy("police", "identity part")
        verbose_name_plural = pgettext_lazy("police", "identity parts")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=IdentityState.values), name="identity_state_is_known"
            ),
            four_eyes.law(
                "called_back_by",
                "decided_by",
                name="identity_part_takes_two_people",
                once=Q(state="released"),
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["called_back", "released"]) | Q(called_back_at__isnull=False),
                name="identity_part_after_a_call_back",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "called_back"]) ^ Q(decided_at__isnull=False),
                name="identity_decided_has_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["waiting", "called_back"]), name="identity_waits"
            )
        ]

    def __str__(self) -> str:
        return f"identity part of {self.release_id}"


class ReferenceCode(models.Model):
    """A code that a harmed person made on her own page: with it the police get her own reported incident, once (P15).

    Only a keyed digest of it is kept.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    account = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="police_codes",
        verbose_name=pgettext_lazy("reference code", "whose it is"),
    )
    incident = models.ForeignKey(
        "safety.Incident",
        on_delete=models.PROTECT,
        related_name="police_codes",
        verbose_name=pgettext_lazy("reference code", "incident"),
    )
    # None once its time is over.
    digest = models.CharField(
        pgettext_lazy("field", "digest"), max_length=64, unique=True, null=True, blank=True
    )
    made_at = models.DateTimeField(pgettext_lazy("field", "made at"))
    until = models.DateTimeField(pgettext_lazy("reference code", "valid until"))
    revoked_at = models.DateTimeField(pgettext_lazy("reference code", "revoked at"), null=True)
    used_at = models.DateTimeField(pgettext_lazy("reference code", "used at"), null=True)
    request = models.OneToOneField(
        PoliceRequest,
        on_delete=models.PROTECT,
        null=True,
        related_name="reference",
        verbose_name=pgettext_lazy("release", "police request"),
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "code for the police")
        verbose_name_plural = pgettext_lazy("model", "codes for the police")
        constraints = [
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) ^ Q(request__isnull=False),
                name="reference_used_has_a_request",
            ),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(revoked_at__isnull=True),
                name="reference_used_or_revoked",
            ),
            models.UniqueConstraint(
                fields=["incident"],
                condition=Q(used_at__isnull=True, revoked_at__isnull=True),
                name="one_open_reference_of_an_incident",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def is_open(self, at: datetime) -> bool:
        """It can still be used, and revoked."""
        return self.used_at is None and self.revoked_at is None and at <= self.until


class StationAnswer(models.Model):
    """'Was this yours?': asked of the station's address and of the named supervisor at once (P3c).

    Only the digest of the link is kept; it is answered once.
    """

    release = models.ForeignKey(
        Release,
        on_delete=models.PROTECT,
        related_name="answers",
        verbose_name=pgettext_lazy("station's answer", "release"),
    )
    asked = models.CharField(
        pgettext_lazy("station's answer", "who is asked"), max_length=10, choices=Asked.choices
    )
    link_digest = models.CharField(pgettext_lazy("field", "digest of the link"), max_length=64, unique=True)
    asked_at = models.DateTimeField(pgettext_lazy("time", "asked"))
    answer = models.CharField(
        pgettext_lazy("station's answer", "answer"),
        max_length=3,
        choices=Owned.choices,
        blank=True,
        default="",
    )
    answered_at = models.DateTimeField(pgettext_lazy("station's answer", "answered at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("police", "station's answer")
        verbose_name_plural = pgettext_lazy("police", "stations' answers")
        constraints = [
            models.UniqueConstraint(fields=["release", "asked"], name="station_asked_once"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None)
                | Q(answer__in=Owned.values, answered_at__isnull=False),
                name="station_answer_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asked} on {self.release_id}"


class Preservation(models.Model):
    """A request to preserve what would end, by a notice of its own, with an end that two people put off (P7, P7+).

    Neither its officer nor anybody outside learns whether anything is held by it.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    officer = models.ForeignKey(
        Officer,
        on_delete=models.PROTECT,
        related_name="preservations",
        verbose_name=pgettext_lazy("preservation request", "officer"),
    )
    letter_number = EncryptedTextField(pgettext_lazy("field", "letter number"))
    legal_basis = models.CharField(pgettext_lazy("field", "legal basis"), max_length=200)
    query = models.CharField(_("asked by"), max_length=10, choices=Query.choices)
    query_value = EncryptedTextField(pgettext_lazy("field", "query value"))
    span_from = models.DateTimeField(pgettext_lazy("policerequest", "of the time from"))
    span_to = models.DateTimeField(pgettext_lazy("policerequest", "of the time until"))
    asked_at = models.DateTimeField(pgettext_lazy("time", "asked"))
    until = models.DateTimeField(pgettext_lazy("preservation request", "kept until"))
    # Who proposes to renew it, and who agreed last.
    renewal_by = models.CharField(
        pgettext_lazy("preservation request", "renewal proposed by"), max_length=40, blank=True, default=""
    )
    renewal_reason = EncryptedTextField(
        pgettext_lazy("preservation request", "reason of the authority"), default=""
    )
    renewed_first_by = models.CharField(
        pgettext_lazy("preservation request", "renewed by, first"), max_length=40, blank=True, default=""
    )
    renewed_by = models.CharField(
        pgettext_lazy("preservation request", "renewed by, second"), max_length=40, blank=True, default=""
    )
    renewals = models.PositiveSmallIntegerField(pgettext_lazy("preservation request", "renewals"), default=0)
    # Of the job that holds anew: when it last went through all trips that it names, and when it last found one not held.
    walked_at = models.DateTimeField(pgettext_lazy("preservation request", "gone through at"), null=True)
    missed_at = models.DateTimeField(
        pgettext_lazy("preservation request", "found something not held at"), null=True
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "preservation request")
        verbose_name_plural = pgettext_lazy("model", "preservation requests")
        constraints = [
            models.CheckConstraint(
                condition=Q(span_to__gt=models.F("span_from")), name="preservation_has_a_span"
            ),
            four_eyes.law("renewed_first_by", "renewed_by", name="preservation_renewed_by_two"),
        ]
        indexes = [models.Index(fields=["until"], name="preservation_kept")]

    def __str__(self) -> str:
        return self.code

    @property
    def understood(self) -> str:
        """As that of a request."""
        return understood(self.query, self.query_value)

    def is_kept(self, at: datetime) -> bool:
        """It holds what it names."""
        return at < self.until


class ReleaseError(models.Model):
    """What went wrong with a request, why, and what was done about it; the second person agrees that this is so (P8+)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    request = models.ForeignKey(
        PoliceRequest,
        on_delete=models.PROTECT,
        related_name="errors",
        verbose_name=pgettext_lazy("release", "police request"),
    )
    kind = models.CharField(
        pgettext_lazy("release error", "what went wrong"), max_length=12, choices=ErrorKind.choices
    )
    found_at = models.DateTimeField(pgettext_lazy("release error", "found at"))
    # Empty until a person has said it, where a machine found it.
    cause = EncryptedTextField(pgettext_lazy("release error", "cause"), default="")
    remedy = EncryptedTextField(pgettext_lazy("release error", "remedy"), default="")
    noted_by = models.CharField(
        pgettext_lazy("release error", "noted by"), max_length=40, blank=True, default=""
    )
    agreed_by = models.CharField(
        pgettext_lazy("release error", "agreed by"), max_length=40, blank=True, default=""
    )
    agreed_at = models.DateTimeField(pgettext_lazy("release error", "agreed at"), null=True)
    # What was noted was none: said by the first, true once the second agreed. The kind stays what it was taken for.
    was_none = models.BooleanField(pgettext_lazy("error of a release", "there was no error"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "error of a release")
        verbose_name_plural = pgettext_lazy("model", "errors of releases")
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=ErrorKind.values), name="release_error_kind_is_known"
            ),
            four_eyes.law("noted_by", "agreed_by", name="release_error_closed_by_two"),
            models.CheckConstraint(
                condition=Q(agreed_by="") ^ Q(agreed_at__isnull=False), name="release_error_agreed_has_a_time"
            ),
            models.UniqueConstraint(
                fields=["request"], condition=Q(agreed_by=""), name="one_open_error_of_a_request"
            ),
        ]
        indexes = [models.Index(fields=["found_at"], name="release_error_found")]

    def __str__(self) -> str:
        return self.code


class ReleaseReview(models.Model):
    """Two people look at each release afterwards (P3)."""

    release = models.ForeignKey(
        Release,
        on_delete=models.PROTECT,
        related_name="reviews",
        verbose_name=pgettext_lazy("field", "release"),
    )
    reviewer = models.CharField(pgettext_lazy("field", "reviewer"), max_length=40)
    proper = models.BooleanField(pgettext_lazy("field", "proper"))
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "review of a release")
        verbose_name_plural = pgettext_lazy("model", "reviews of releases")
        constraints = [
            models.UniqueConstraint(fields=["release", "reviewer"], name="release_reviewed_once_by_each")
        ]

    def __str__(self) -> str:
        return f"{self.reviewer} on {self.release_id}"


# What of a release is handed over, and who is told: `police.documents`.
from police.documents.models import ReleaseCopy as ReleaseCopy  # noqa: E402
from police.documents.models import ReleaseNotice as ReleaseNotice  # noqa: E402
