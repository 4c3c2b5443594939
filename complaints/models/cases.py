"""A complaint, what was said and shown in it, and who has it."""

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from complaints.states import (
    LIVE,
    AccusedAs,
    Category,
    ComplaintState,
    EvidenceKind,
    Finding,
    Level,
    Side,
    Source,
)
from core import four_eyes
from core.links import HasLink
from core.privacy import EncryptedTextField
from core.states import label_of

LIVE_STATES = sorted(str(state) for state in LIVE)


class ComplaintQuerySet(models.QuerySet["Complaint"]):
    def live(self) -> "ComplaintQuerySet":
        """What somebody still has to work on."""
        return self.filter(state__in=LIVE_STATES)

    def undecided(self) -> "ComplaintQuerySet":
        return self.filter(state__in=[ComplaintState.OPEN, ComplaintState.PROPOSED])

    def counted(self) -> "ComplaintQuerySet":
        """Those that enter figures: not what the hourly drill files."""
        return self.exclude(complainant__is_drill=True)


class Complaint(HasLink):
    """What somebody says went wrong. A severe one holds the accused driver at once (C2)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    submission = models.CharField(pgettext_lazy("field", "submission key"), max_length=64, unique=True)
    source = models.CharField(_("source"), max_length=12, choices=Source.choices, default=Source.PASSENGER)
    trip = models.ForeignKey(
        "rides.Trip", on_delete=models.PROTECT, null=True, related_name="complaints", verbose_name=_("trip")
    )
    # Who complains: an account, or somebody with a phone alone.
    complainant = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="complaints",
        verbose_name=pgettext_lazy("field", "complainant"),
    )
    # The colleague who wrote it down for somebody on the telephone.
    taken_down_by = models.CharField(
        pgettext_lazy("field", "taken down by"), max_length=40, blank=True, default=""
    )
    caller_name = EncryptedTextField(pgettext_lazy("field", "caller's name"))
    # A phone number, or the address in the channel by which they wrote.
    caller_phone = EncryptedTextField(pgettext_lazy("field", "caller's phone"))
    caller_channel = models.CharField(
        pgettext_lazy("field", "caller's channel"), max_length=10, default="sms"
    )
    caller_index = models.CharField(
        pgettext_lazy("field", "index of the caller"), max_length=64, blank=True, default=""
    )
    caller_verified_at = models.DateTimeField(pgettext_lazy("field", "caller verified at"), null=True)
    # Many came from the same address just then: it stands below the others.
    from_crowd = models.BooleanField(pgettext_lazy("field", "many from this address"), default=False)
    accused = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="complaints_about",
        verbose_name=_("complained about"),
    )
    accused_as = models.CharField(
        pgettext_lazy("field", "accused as"), max_length=10, choices=AccusedAs.choices, blank=True, default=""
    )
    # Plates registered and seen, for the search; anybody can read them on the street.
    plates = models.CharField(_("plates"), max_length=60, blank=True, default="")
    category = models.CharField(_("category"), max_length=16, choices=Category.choices)
    level = models.CharField(_("class"), max_length=10, choices=Level.choices)
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    # Keyed digests of the words, so that the search finds them and a dump does not tell them (`complaints.words`).
    search = SearchVectorField(pgettext_lazy("field", "search index"), null=True)
    state = models.CharField(
        _("state"), max_length=10, choices=ComplaintState.choices, default=ComplaintState.OPEN
    )
    owner = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="owned_complaints",
        verbose_name=_("owner"),
    )
    owned_at = models.DateTimeField(pgettext_lazy("complaint", "owned since"), null=True)
    # When the owner last did something here.
    touched_at = models.DateTimeField(pgettext_lazy("field", "last worked on"), null=True)
    # Since when grave words wait that nobody looked at, and how often such came: owned is not seen.
    news_at = models.DateTimeField(pgettext_lazy("field", "not looked at since"), null=True)
    news = models.PositiveIntegerField(pgettext_lazy("field", "news"), default=0)
    # The nearest limit that still runs; what the queue is ordered by.
    due_at = models.DateTimeField(_("due"), null=True)
    # How often it was begun: opened again, its limits run anew.
    round = models.PositiveSmallIntegerField(pgettext_lazy("field", "round"), default=1)
    # One person of ours stays with whoever was harmed (C7).
    named_contact = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="named_for",
        verbose_name=pgettext_lazy("field", "named contact"),
    )
    # Since when it stops the accused driver's orders, and when a person lifted that before a decision (C2).
    stopped_at = models.DateTimeField(pgettext_lazy("field", "orders stopped at"), null=True)
    lifted_at = models.DateTimeField(pgettext_lazy("field", "lifted at"), null=True)
    # The two people who lift it: who proposed it, and who agreed.
    lift_by = models.CharField(
        pgettext_lazy("complaint", "lifting proposed by"), max_length=40, blank=True, default=""
    )
    lifted_by = models.CharField(
        pgettext_lazy("complaint", "lifting agreed by"), max_length=40, blank=True, default=""
    )
    # To which class it is to be set, while that is proposed; and the two people who set a severe one lower.
    lower_to = models.CharField(
        pgettext_lazy("complaint", "lower class proposed"),
        max_length=10,
        choices=Level.choices,
        blank=True,
        default="",
    )
    lower_by = models.CharField(
        pgettext_lazy("complaint", "lower class proposed by"), max_length=40, blank=True, default=""
    )
    lowered_by = models.CharField(
        pgettext_lazy("complaint", "lower class agreed by"), max_length=40, blank=True, default=""
    )
    # The two people who open again what two decided.
    reopen_by = models.CharField(
        pgettext_lazy("complaint", "opening again proposed by"), max_length=40, blank=True, default=""
    )
    reopened_by = models.CharField(
        pgettext_lazy("complaint", "opening again agreed by"), max_length=40, blank=True, default=""
    )
    filed_at = models.DateTimeField(_("filed"))
    # Who gave the first of two decisions, where it takes two.
    proposed_by = models.CharField(
        pgettext_lazy("complaint", "first decided by"), max_length=40, blank=True, default=""
    )
    decided_at = models.DateTimeField(pgettext_lazy("time", "decided"), null=True)
    decided_by = models.CharField(pgettext_lazy("field", "decided by"), max_length=40, blank=True)
    finding = models.CharField(_("finding"), max_length=10, choices=Finding.choices, blank=True)
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="joined",
        verbose_name=pgettext_lazy("field", "merged into"),
    )

    objects = ComplaintQuerySet.as_manager()

    class Meta:
        verbose_name = _("complaint")
        verbose_name_plural = _("complaints")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ComplaintState.values)
                & Q(category__in=Category.values)
                & Q(level__in=Level.values),
                name="complaint_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "proposed", "merged"]) ^ Q(decided_at__isnull=False),
                name="complaint_decided_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "proposed", "merged"]) | (~Q(decided_by="") & ~Q(finding="")),
                name="complaint_decided_by_somebody",
            ),
            four_eyes.law(
                "proposed_by",
                "decided_by",
                name="complaint_decided_by_a_second_person",
                once=Q(state__in=["decided", "appealed", "final"]) & ~Q(proposed_by=""),
            ),
            models.CheckConstraint(
                condition=~Q(state="proposed") | ~Q(proposed_by=""), name="complaint_proposed_by_somebody"
            ),
            four_eyes.law("lift_by", "lifted_by", name="stop_lifted_by_a_second_person"),
            four_eyes.law("lower_by", "lowered_by", name="severe_lowered_by_a_second_person"),
            four_eyes.law("reopen_by", "reopened_by", name="complaint_opened_again_by_a_second_person"),
            models.CheckConstraint(
                condition=Q(lower_to="") | (Q(lower_to__in=["raised", "ordinary"]) & ~Q(lower_by="")),
                name="complaint_lower_is_proposed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state="merged") ^ Q(merged_into__isnull=True),
                name="complaint_merged_into_another",
            ),
            models.CheckConstraint(
                condition=Q(accused__isnull=True) ^ ~Q(accused_as=""), name="complaint_accused_in_a_part"
            ),
            models.CheckConstraint(
                condition=Q(owner__isnull=True) ^ Q(owned_at__isnull=False), name="complaint_owned_since"
            ),
        ]
        indexes = [
            # The queue: what is live, by its nearest limit; the same by owner.
            models.Index(
                fields=["from_crowd", "due_at", "id"],
                condition=Q(state__in=LIVE_STATES),
                name="complaint_queue_by_limit",
            ),
            models.Index(
                fields=["owner", "due_at"],
                condition=Q(state__in=LIVE_STATES),
                name="complaint_queue_of_owner",
            ),
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=LIVE_STATES, owner__isnull=True),
                name="complaint_queue_of_nobody",
            ),
            models.Index(
                fields=["filed_at"],
                condition=Q(state__in=["open", "proposed"], level="severe"),
                name="complaint_open_severe",
            ),
            models.Index(
                fields=["news_at"],
                condition=Q(state__in=LIVE_STATES, news_at__isnull=False),
                name="complaint_not_looked_at",
            ),
            models.Index(fields=["filed_at"], name="complaint_filed"),
            # What is known of somebody, on their card.
            models.Index(fields=["accused", "finding"], name="complaint_of_accused"),
            models.Index(fields=["complainant", "finding"], name="complaint_of_complainant"),
            models.Index(fields=["caller_index"], condition=~Q(caller_index=""), name="complaint_of_caller"),
            GinIndex(fields=["search"], name="complaint_words", fastupdate=False),
            GinIndex(OpClass("plates", "gin_trgm_ops"), name="complaint_plates"),
        ]

    def __str__(self) -> str:
        return self.code

    def get_category_display(self) -> str:  # type: ignore[no-redef]  # instead of the framework's own
        return label_of(Category, self.category)

    def get_level_display(self) -> str:  # type: ignore[no-redef]
        return label_of(Level, self.level)


class Evidence(models.Model):
    """A picture or document of a case, encrypted in storage (`core.pictures`)."""

    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.PROTECT,
        related_name="evidence",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    picture = models.OneToOneField(
        "core.StoredPicture", on_delete=models.PROTECT, verbose_name=pgettext_lazy("field", "picture")
    )
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=10, choices=EvidenceKind.choices)
    side = models.CharField(
        pgettext_lazy("field", "side of the case"), max_length=12, choices=Side.choices, blank=True
    )
    given_by = models.CharField(pgettext_lazy("field", "given by"), max_length=40)
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "evidence")
        verbose_name_plural = pgettext_lazy("model", "evidence")
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=EvidenceKind.values), name="evidence_kind_is_known")
        ]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.get_kind_display()}"


class Assignment(models.Model):
    """Who had a complaint, from whom and when; a wrong one is undone, not edited."""

    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.CASCADE,
        related_name="assignments",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    by = models.CharField(pgettext_lazy("assignment", "assigned by"), max_length=40)
    before = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("field", "owner before"),
    )
    after = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("field", "owner after"),
    )
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    undone_at = models.DateTimeField(pgettext_lazy("field", "undone at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "assignment")
        verbose_name_plural = pgettext_lazy("model", "assignments")
        indexes = [models.Index(fields=["complaint", "-id"], name="assignment_of_complaint")]

    def __str__(self) -> str:
        return f"{self.complaint_id} {self.by}"
