import json
from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import formats, four_eyes
from core.privacy import EncryptedTextField
from core.states import Transitions


class OutboxEvent(models.Model):
    """An event on its way upward."""

    name = models.CharField(pgettext_lazy("outboxevent", "event name"), max_length=80)
    version = models.PositiveSmallIntegerField(pgettext_lazy("field", "version"), default=1)
    payload = models.JSONField(pgettext_lazy("field", "payload"))
    queue = models.CharField(pgettext_lazy("field", "queue"), max_length=20)
    created_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    not_before = models.DateTimeField(pgettext_lazy("field", "not before"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    delivered_at = models.DateTimeField(pgettext_lazy("field", "delivered at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "event to be delivered")
        verbose_name_plural = pgettext_lazy("model", "events to be delivered")
        indexes = [
            models.Index(fields=["not_before"], condition=Q(delivered_at=None), name="outbox_undelivered")
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class HandlerRun(models.Model):
    """One handler has run for one event; written in the handler's own transaction."""

    event = models.ForeignKey(
        OutboxEvent,
        on_delete=models.CASCADE,
        related_name="runs",
        verbose_name=pgettext_lazy("field", "event"),
    )
    handler = models.CharField(pgettext_lazy("field", "handler"), max_length=120)
    at = models.DateTimeField(pgettext_lazy("handlerrun", "handled at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "handling of an event")
        verbose_name_plural = pgettext_lazy("model", "handlings of events")
        constraints = [
            models.UniqueConstraint(fields=["event", "handler"], name="handler_runs_once_per_event")
        ]

    def __str__(self) -> str:
        return f"{self.handler} for #{self.event_id}"


class FailedWork(models.Model):
    """A piece of work that failed and is tried again, until it succeeds or a person is asked (`core.retry`)."""

    kind = models.CharField(_("kind of work"), max_length=60)
    # What the work is about, by its own key: the id of an event, the key of a message, the id of a stream's entry.
    key = models.CharField(_("key"), max_length=120)
    # The code of what it is about: an incident, a trip, an application.
    subject = models.CharField(pgettext_lazy("failed work", "about"), max_length=80, blank=True)
    life_safety = models.BooleanField(_("a life may depend on it"), default=False)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    first_at = models.DateTimeField(_("failed first"))
    last_at = models.DateTimeField(_("failed last"))
    next_at = models.DateTimeField(_("next try"))
    error = models.CharField(_("what the machine said"), max_length=300, blank=True)
    needs_person_at = models.DateTimeField(_("needs a person since"), null=True)
    # Not tried again by itself: nothing but a person helps, or its kind is given up.
    rests = models.BooleanField(_("not tried again by itself"), default=False)
    closed_at = models.DateTimeField(_("closed at"), null=True)
    # Who dealt with it by other means, and how; empty where the work was done in the end.
    closed_by = models.CharField(pgettext_lazy("failed work", "dealt with by"), max_length=40, blank=True)
    closed_reason = models.CharField(
        pgettext_lazy("failed work", "how it was dealt with"), max_length=200, blank=True
    )

    class Meta:
        verbose_name = _("failed work")
        verbose_name_plural = _("failed work")
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_by="", closed_reason="")
                | (~Q(closed_by="") & ~Q(closed_reason="") & Q(closed_at__isnull=False)),
                name="failed_work_dealt_with_says_by_whom_and_how",
            ),
            models.UniqueConstraint(
                fields=["kind", "key"], condition=Q(closed_at=None), name="one_open_failure_per_piece_of_work"
            ),
        ]
        indexes = [
            models.Index(
                fields=["first_at"],
                condition=Q(closed_at=None, needs_person_at__isnull=False),
                name="failed_work_needs_person",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class JobTurn(models.Model):
    """Who runs a periodic job now, and where the last turn of a walk over all rows stopped (`core.jobs`)."""

    job = models.CharField(pgettext_lazy("field", "job"), max_length=60, unique=True)
    holder = models.CharField(pgettext_lazy("field", "held by"), max_length=16, blank=True, default="")
    # By the database's clock.
    until = models.DateTimeField(pgettext_lazy("field", "lease until"), null=True)
    after = models.CharField(pgettext_lazy("field", "goes on after"), max_length=120, blank=True, default="")

    class Meta:
        verbose_name = pgettext_lazy("model", "turn of a periodic job")
        verbose_name_plural = pgettext_lazy("model", "turns of periodic jobs")

    def __str__(self) -> str:
        return self.job


class AuditEntry(models.Model):
    """One line of the journal. Nobody updates or deletes one; anybody can prove it (`core.journal`)."""

    at = models.DateTimeField(pgettext_lazy("field", "time"))
    actor = models.CharField(pgettext_lazy("field", "actor"), max_length=40)
    role = models.CharField(pgettext_lazy("field", "role"), max_length=20)
    action = models.CharField(pgettext_lazy("field", "action"), max_length=60)
    subject = models.CharField(pgettext_lazy("auditentry", "about"), max_length=80, blank=True)
    case = models.CharField(pgettext_lazy("field", "case"), max_length=40, blank=True)
    reason = models.TextField(pgettext_lazy("field", "reason"), blank=True)
    facts = models.JSONField(pgettext_lazy("field", "facts"), default=dict)
    # Under a key that is not in the database, and the row's leaf of the tree (`core.journal.rows`).
    seal = models.CharField(pgettext_lazy("field", "seal"), max_length=44, default="")
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    # The writing transaction: only rows whose transaction, and all before it, have ended get a place in the tree.
    transaction_id = models.BigIntegerField(
        pgettext_lazy("field", "transaction"),
        db_default=RawSQL("pg_current_xact_id()::text::bigint", []),
        editable=False,
    )
    # The database cluster that counted the transaction: a restored dump goes on in another, whose count is another.
    epoch = models.BigIntegerField(
        pgettext_lazy("field", "database cluster"),
        db_default=RawSQL("(pg_control_system()).system_identifier", []),
        editable=False,
    )

    class Meta:
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal")
        indexes = [
            models.Index(fields=["epoch", "transaction_id", "id"], name="audit_sealing_order"),
            models.Index(fields=["subject", "id"], name="audit_of_subject"),
            models.Index(fields=["action", "at"], name="audit_of_action"),
            # What auditors look for; most lines are of no case, and times come nearly in their order.
            models.Index(fields=["actor", "id"], name="audit_of_actor"),
            models.Index(fields=["case", "id"], condition=~Q(case=""), name="audit_of_case"),
            BrinIndex(fields=["at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject}"


class JournalBatch(models.Model):
    """Lines of finished transactions in the order that they keep for good, and how far the tree has grown with them."""

    at = models.DateTimeField(pgettext_lazy("field", "time"))
    epoch = models.BigIntegerField(pgettext_lazy("field", "database cluster"))
    up_to_transaction = models.BigIntegerField(pgettext_lazy("field", "up to transaction"))
    # Places in the tree, counted from 0: of the first line, and behind the last.
    first = models.BigIntegerField(pgettext_lazy("field", "first place"), unique=True)
    size = models.BigIntegerField(pgettext_lazy("field", "lines until here"), unique=True)
    row_ids = ArrayField(models.BigIntegerField(), verbose_name=pgettext_lazy("field", "rows sealed"))
    leaves = models.BinaryField(pgettext_lazy("field", "leaves of the tree"))
    peaks = models.BinaryField(pgettext_lazy("field", "peaks of the tree"))

    class Meta:
        verbose_name = pgettext_lazy("model", "batch of the journal")
        verbose_name_plural = pgettext_lazy("model", "batches of the journal")
        constraints = [
            models.CheckConstraint(
                condition=Q(size__gt=models.F("first"), first__gte=0), name="journal_batches_hold_lines"
            )
        ]
        indexes = [models.Index(fields=["epoch", "up_to_transaction"], name="journal_batch_of_line")]

    def __str__(self) -> str:
        return f"{self.first}-{self.size}"


class JournalNode(models.Model):
    """A whole subtree of the journal, of a level that is stored (`core.journal.tree`)."""

    level = models.PositiveSmallIntegerField(pgettext_lazy("field", "level"))
    index = models.BigIntegerField(pgettext_lazy("field", "place in its level"))
    hash = models.BinaryField(pgettext_lazy("field", "hash"))

    class Meta:
        verbose_name = pgettext_lazy("model", "node of the journal")
        verbose_name_plural = pgettext_lazy("model", "nodes of the journal")
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="journal_has_a_node_once")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class JournalCheckpoint(models.Model):
    """The size and root of the journal at a time, signed and published; what others said of it comes later."""

    at = models.DateTimeField(pgettext_lazy("field", "time"))
    size = models.BigIntegerField(pgettext_lazy("field", "lines until here"))
    root = models.BinaryField(pgettext_lazy("field", "root"))
    note = models.TextField(pgettext_lazy("field", "signed note"))
    # Outside the database: in the anchor, by the witness, by the time authority (RFC 3161, DER).
    anchored_at = models.DateTimeField(pgettext_lazy("field", "kept outside since"), null=True)
    cosignature = models.CharField(
        pgettext_lazy("field", "signature of the witness"), max_length=300, blank=True
    )
    cosigned_at = models.DateTimeField(pgettext_lazy("field", "signed by the witness at"), null=True)
    stamp = models.BinaryField(pgettext_lazy("field", "time stamp"), default=b"")

    class Meta:
        verbose_name = pgettext_lazy("model", "checkpoint of the journal")
        verbose_name_plural = pgettext_lazy("model", "checkpoints of the journal")
        indexes = [
            models.Index(fields=["size", "id"], name="journal_checkpoint_of_size"),
            models.Index(fields=["id"], condition=Q(anchored_at=None), name="journal_checkpoint_unkept"),
            models.Index(fields=["id"], condition=~Q(cosigned_at=None), name="journal_checkpoint_cosigned"),
        ]

    def __str__(self) -> str:
        return f"{self.size} lines"


class JournalRefusal(models.Model):
    """The witness did not sign a checkpoint, and says why under its own signature."""

    at = models.DateTimeField(pgettext_lazy("field", "time"))
    note = models.TextField(pgettext_lazy("field", "signed note"), unique=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "refusal of the witness")
        verbose_name_plural = pgettext_lazy("model", "refusals of the witness")

    def __str__(self) -> str:
        return f"refusal {self.pk}"


class PolicyVersion(models.Model):
    """One value of one policy from a time on. Never edited: a change is a new version."""

    key = models.CharField(pgettext_lazy("policyversion", "policy"), max_length=60)
    number = models.PositiveIntegerField(pgettext_lazy("policyversion", "version number"))
    value = models.JSONField(pgettext_lazy("policyversion", "value"))
    effective_from = models.DateTimeField(pgettext_lazy("field", "effective from"))
    proposed_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40)
    approved_by = models.CharField(pgettext_lazy("field", "approved by"), max_length=40)
    reason = models.TextField(pgettext_lazy("policyversion", "reason of the change"), blank=True)
    # Of an urgent one: until when it stands above the others, a day at most; and when somebody ended it before that.
    lapses_at = models.DateTimeField(pgettext_lazy("policyversion", "lapses at"), null=True)
    ended_at = models.DateTimeField(pgettext_lazy("policyversion", "ended before that at"), null=True)

    class Meta:
        verbose_name = _("policy version")
        verbose_name_plural = _("policies")
        ordering = ["key", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["key", "number"], name="policy_version_number_is_unique"),
            four_eyes.law(
                "proposed_by", "approved_by", name="policy_version_takes_two_people", once=Q(lapses_at=None)
            ),
            # What one person alone put into force, or two without the usual time, is over after a day.
            models.CheckConstraint(
                condition=Q(lapses_at=None)
                | Q(
                    lapses_at__gt=F("effective_from"),
                    lapses_at__lte=F("effective_from") + timedelta(hours=24),
                ),
                name="policy_version_urgent_lapses",
            ),
            models.CheckConstraint(
                condition=~Q(proposed_by="") & ~Q(proposed_by=F("approved_by")),
                name="policy_version_urgent_names_somebody",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None)
                | Q(lapses_at__isnull=False, ended_at__gte=F("effective_from"), ended_at__lte=F("lapses_at")),
                name="policy_version_ended_was_urgent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.number}"


class Gravity(models.TextChoices):
    """How grave words were read."""

    SEVERE = "severe", pgettext_lazy("danger words", "severe")
    RAISED = "raised", pgettext_lazy("danger words", "raised")
    ORDINARY = "ordinary", pgettext_lazy("danger words", "ordinary")


class Heard(models.Model):
    """A row that keeps words of people outside a timeline: how grave they were read when they came in.

    Whoever creates one gives `**danger.read(words).columns()`; the database refuses a row whose words nobody read.
    """

    danger = models.CharField(
        pgettext_lazy("field", "danger by its words"), max_length=10, choices=Gravity.choices
    )
    heard = models.JSONField(pgettext_lazy("field", "what was read"), default=dict)

    class Meta:
        abstract = True

    @staticmethod
    def law(name: str) -> models.CheckConstraint:
        """The constraint, among those of each model of this kind."""
        return models.CheckConstraint(condition=Q(danger__in=Gravity.values), name=name)


class HeardUntilSeen(Heard):
    """One that may wait for days until it is decided: grave words ring until a person said that they looked at them."""

    looked_at = models.DateTimeField(pgettext_lazy("field", "grave words looked at"), null=True)
    looked_by = models.CharField(
        pgettext_lazy("field", "grave words looked at by"), max_length=40, blank=True, default=""
    )

    class Meta:
        abstract = True

    @staticmethod
    def unseen() -> Q:
        """What rings."""
        return Q(danger=Gravity.SEVERE, looked_at=None)

    @property
    def rings(self) -> bool:
        """True while nobody looked at grave words in it."""
        return self.danger == Gravity.SEVERE and self.looked_at is None

    def look(self, by: str, at: datetime) -> None:
        """Somebody looked at it; whoever was first stays."""
        if self.rings:
            self.looked_at, self.looked_by = at, by
            self.save(update_fields=["looked_at", "looked_by"])


class TimelineEntry(models.Model):
    """One line of what happened, for agent, specialist and police. `kind` is a member of an app's registered kinds."""

    at = models.DateTimeField(pgettext_lazy("field", "time"))
    recorded_at = models.DateTimeField(pgettext_lazy("field", "recorded at"))
    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=60)
    trip = models.CharField(pgettext_lazy("field", "trip"), max_length=20, blank=True)
    incident = models.CharField(pgettext_lazy("field", "incident"), max_length=20, blank=True)
    # The code of a complaint, claim or other case that has a timeline of its own.
    case = models.CharField(pgettext_lazy("timelineentry", "case"), max_length=20, blank=True, default="")
    person = models.CharField(pgettext_lazy("field", "person"), max_length=20, blank=True)
    actor = models.CharField(pgettext_lazy("field", "actor"), max_length=40)
    role = models.CharField(pgettext_lazy("field", "role"), max_length=20)
    latitude = models.FloatField(pgettext_lazy("field", "latitude"), null=True)
    longitude = models.FloatField(pgettext_lazy("field", "longitude"), null=True)
    facts = models.JSONField(pgettext_lazy("field", "facts"), default=dict)
    # What somebody wrote or was told may name people, so words are encrypted.
    words = EncryptedTextField(pgettext_lazy("field", "words"))

    class Meta:
        verbose_name = pgettext_lazy("model", "line of the timeline")
        verbose_name_plural = pgettext_lazy("model", "lines of the timeline")
        indexes = [
            models.Index(fields=["trip", "at"], condition=~Q(trip=""), name="timeline_of_trip"),
            models.Index(fields=["incident", "at"], condition=~Q(incident=""), name="timeline_of_incident"),
            models.Index(fields=["case", "at"], condition=~Q(case=""), name="timeline_of_case"),
        ]

    def __str__(self) -> str:
        return f"{formats.moment(self.at)} {self.kind}"


class NotificationState(models.TextChoices):
    QUEUED = "queued", _("waiting to be sent")
    SENDING = "sending", _("being sent")
    SENT = "sent", pgettext_lazy("message", "handed over")  # to a provider; nobody knows whether it arrived
    DELIVERED = "delivered", pgettext_lazy("message", "delivered")
    NEEDS_PERSON = "needs_person", _("could not be sent; needs a person")
    LAPSED = "lapsed", pgettext_lazy("message", "over before it was shown")  # said elsewhere too


# A receipt may be faster than the worker that handed over, or find that what was thought lost has arrived.
NOTIFICATION_TRANSITIONS = Transitions(
    NotificationState,
    {
        "queued": frozenset({"sending", "delivered"}),
        "sending": frozenset({"queued", "sent", "delivered", "needs_person", "lapsed"}),
        "sent": frozenset({"delivered", "queued", "needs_person"}),
        "needs_person": frozenset({"queued", "delivered"}),
    },
    ends={"delivered", "lapsed"},
)


class Answer(models.TextChoices):
    """What the transport that was asked last said."""

    ASKED = "asked", pgettext_lazy("message", "asked, no answer yet")
    REFUSED = "refused", pgettext_lazy("message", "not taken")
    TAKEN = "taken", pgettext_lazy("message", "taken")
    UNDELIVERED = "undelivered", pgettext_lazy("message", "taken, but not delivered")


# By which ways a message leaves; each needs a transport in `MESSAGE_TRANSPORTS`.
WAYS = [
    ("sms", pgettext_lazy("channel", "text message")),
    ("email", pgettext_lazy("channel", "e-mail")),
    ("wechat", pgettext_lazy("channel", "WeChat")),
    ("weibo", pgettext_lazy("channel", "Weibo")),
    ("voice", pgettext_lazy("channel", "call that is read aloud")),
    ("push", pgettext_lazy("channel", "screen of a phone")),
]


class Notification(models.Model):
    """A message to somebody outside the pages. The row is the promise; sending happens afterwards."""

    # Sent with the message, so that a provider and a reader see a repeat as one.
    key = models.CharField(pgettext_lazy("notification", "message key"), max_length=120, unique=True)
    # Its code in the catalogue (`core.messages.catalogue`), and the language of whoever reads it.
    message = models.CharField(pgettext_lazy("notification", "message"), max_length=60, blank=True)
    language = models.CharField(pgettext_lazy("notification", "language"), max_length=10, default="zh-hans")
    channel = models.CharField(pgettext_lazy("field", "channel"), max_length=10, choices=WAYS)
    recipient = EncryptedTextField(pgettext_lazy("field", "recipient"))
    # What was said, kept as it was said; and the values in it as JSON, for providers that have the sentence already.
    text = EncryptedTextField(pgettext_lazy("field", "text"))
    parameters = EncryptedTextField(pgettext_lazy("notification", "values in the text"))
    life_safety = models.BooleanField(pgettext_lazy("field", "life safety"), default=False)
    subject = models.CharField(pgettext_lazy("notification", "about"), max_length=80, blank=True)
    state = models.CharField(
        pgettext_lazy("field", "state"),
        max_length=20,
        choices=NotificationState.choices,
        default=NotificationState.QUEUED,
    )
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    created_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    not_before = models.DateTimeField(pgettext_lazy("field", "not before"))
    # Set once, while `not_before` moves with each try.
    helps_until = models.DateTimeField(pgettext_lazy("field", "helps until"))
    lease_until = models.DateTimeField(pgettext_lazy("field", "lease until"), null=True)
    sent_at = models.DateTimeField(pgettext_lazy("notification", "handed over at"), null=True)
    # The transport that was asked last, what it said, and its own id of the message.
    transport = models.CharField(pgettext_lazy("notification", "provider"), max_length=20, blank=True)
    answer = models.CharField(
        pgettext_lazy("notification", "the provider's answer"),
        max_length=12,
        choices=Answer.choices,
        blank=True,
    )
    provider_id = models.CharField(
        pgettext_lazy("notification", "the provider's number of it"), max_length=80, blank=True
    )
    delivered_at = models.DateTimeField(pgettext_lazy("notification", "delivered at"), null=True)
    # How often a receipt said that it did not arrive: each time the next transport begins.
    undelivered = models.PositiveSmallIntegerField(
        pgettext_lazy("notification", "times not delivered"), default=0
    )

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes = [
            models.Index(
                fields=["not_before"],
                condition=Q(state__in=["queued", "sending"]),
                name="notification_unsent",
            ),
            models.Index(fields=["subject"], name="notification_of_subject"),
            # Figures of the last days; rows are written in the order of their time.
            BrinIndex(fields=["created_at"], name="notification_made"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=NotificationState.values), name="notification_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["sent", "delivered"]) ^ Q(sent_at=None),
                name="notification_sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(state="delivered") ^ Q(delivered_at=None),
                name="notification_delivered_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_channel_display()} {self.key} {self.get_state_display()}"

    @property
    def handed_over(self) -> bool:
        """A provider has it; whether it arrived is another question."""
        return self.state in {NotificationState.SENT, NotificationState.DELIVERED}

    def progress(self) -> str:
        """What is known of it now, in the reader's language: never more than that."""
        match NotificationState(self.state):
            case NotificationState.DELIVERED:
                return gettext("delivered at %(at)s") % {"at": formats.moment(self.delivered_at, "clock")}
            case NotificationState.SENT:
                return gettext("handed over to the provider at %(at)s, not confirmed yet") % {
                    "at": formats.moment(self.sent_at, "clock")
                }
            case NotificationState.QUEUED | NotificationState.SENDING:
                if not self.attempts:
                    return gettext("waiting to be sent")
                return ngettext(
                    "not handed over yet; tried %(count)s time",
                    "not handed over yet; tried %(count)s times",
                    self.attempts,
                ) % {"count": self.attempts}
            case NotificationState.NEEDS_PERSON:
                return gettext("not delivered: they have to be reached another way")
            case NotificationState.LAPSED:
                return gettext("over before it was shown; it was said elsewhere too")

    def values(self) -> dict[str, str]:
        """The values in its text by the names that its message gives them, as the reader reads them."""
        found: dict[str, str] = json.loads(self.parameters or "{}")
        return found


class StoredPicture(models.Model):
    """A picture in storage: encrypted under its name, kept until a time (`core.pictures`)."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    purpose = models.CharField(pgettext_lazy("field", "purpose"), max_length=20)
    # What it belongs to: the code of a check, an application, a report.
    subject = models.CharField(pgettext_lazy("field", "subject"), max_length=20)
    name = models.CharField(pgettext_lazy("storedpicture", "storage name"), max_length=80, unique=True)
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    size = models.PositiveIntegerField(pgettext_lazy("field", "size in bytes"))
    kept_at = models.DateTimeField(pgettext_lazy("field", "kept at"))
    keep_until = models.DateTimeField(pgettext_lazy("field", "keep until"))
    destroyed_at = models.DateTimeField(pgettext_lazy("field", "destroyed at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "stored picture")
        verbose_name_plural = pgettext_lazy("model", "stored pictures")
        indexes = [
            models.Index(fields=["keep_until"], condition=Q(destroyed_at=None), name="picture_due"),
            models.Index(fields=["subject"], name="picture_of_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.code}"


class LedgerTransfer(models.Model):
    """One movement of money: entries that sum to zero, written together and never changed (`core.ledger`)."""

    # The same `key` moves money once.
    key = models.CharField(pgettext_lazy("ledgertransfer", "transfer key"), max_length=80, unique=True)
    # The code of what it is about: a mismatch report, a claim, a refund.
    subject = models.CharField(pgettext_lazy("ledgertransfer", "about"), max_length=40)
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    actor = models.CharField(pgettext_lazy("field", "actor"), max_length=40)
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("ledger")
        indexes = [models.Index(fields=["subject"], name="transfer_of_subject")]

    def __str__(self) -> str:
        return self.key


class LedgerEntry(models.Model):
    """One side of a transfer; fen (分) as whole numbers, debit positive, credit negative."""

    transfer = models.ForeignKey(
        LedgerTransfer,
        on_delete=models.PROTECT,
        related_name="entries",
        verbose_name=pgettext_lazy("field", "transfer"),
    )
    account = models.CharField(pgettext_lazy("ledgerentry", "ledger account"), max_length=60)
    fen = models.BigIntegerField(pgettext_lazy("field", "amount in fen"))

    class Meta:
        verbose_name = pgettext_lazy("model", "ledger entry")
        verbose_name_plural = pgettext_lazy("model", "ledger entries")
        constraints = [models.CheckConstraint(condition=~Q(fen=0), name="ledger_entry_moves_something")]
        indexes = [models.Index(fields=["account"], name="ledger_of_account")]

    def __str__(self) -> str:
        return f"{self.account} {self.fen}"


class PayoutState(models.TextChoices):
    DUE = "due", pgettext_lazy("payout", "due")
    PAID = "paid", _("paid")


PAYOUT_TRANSITIONS = Transitions(
    PayoutState,
    {"due": frozenset({"paid"})},
    ends={"paid"},
)


class Payout(models.Model):
    """Money that the company owes somebody and sends through the provider (`core.money`)."""

    key = models.CharField(pgettext_lazy("payout", "payout key"), max_length=70, unique=True)
    payee = models.CharField(pgettext_lazy("field", "payee"), max_length=40)
    fen = models.PositiveBigIntegerField(pgettext_lazy("field", "amount in fen"))
    # The code of what it is about, and the account of the ledger on which it is owed.
    subject = models.CharField(pgettext_lazy("payout", "about"), max_length=40)
    account = models.CharField(pgettext_lazy("payout", "ledger account"), max_length=60)
    state = models.CharField(
        pgettext_lazy("field", "state"),
        max_length=10,
        choices=PayoutState.choices,
        default=PayoutState.DUE,
    )
    due_at = models.DateTimeField(pgettext_lazy("field", "due at"))
    next_at = models.DateTimeField(pgettext_lazy("field", "next try at"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    paid_at = models.DateTimeField(pgettext_lazy("field", "paid at"), null=True)
    reference = models.CharField(pgettext_lazy("field", "provider's reference"), max_length=80, blank=True)

    class Meta:
        verbose_name = _("payout")
        verbose_name_plural = _("payouts")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=PayoutState.values) & Q(fen__gt=0), name="payout_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="due") ^ Q(paid_at__isnull=False), name="payout_paid_has_a_time"
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="due"), name="payout_due")]

    def __str__(self) -> str:
        return f"{self.key} {self.get_state_display()}"


class DataHold(models.Model):
    """Something that must not be destroyed yet, and why (`core.holds`)."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    # What is held: the code of a trip.
    subject = models.CharField(pgettext_lazy("datahold", "what is held"), max_length=20)
    source = models.CharField(
        _("because of"),
        max_length=20,
        choices=[
            ("passenger", pgettext_lazy("data hold", "the passenger asked for it")),
            ("sos", pgettext_lazy("data hold", "call for help")),
            ("police", pgettext_lazy("data hold", "police request")),
            ("complaint", pgettext_lazy("data hold", "complaint")),
            ("preserve", pgettext_lazy("data hold", "preservation request of the police")),
        ],
    )
    case = models.CharField(_("case"), max_length=20)
    placed_at = models.DateTimeField(_("since"))
    placed_by = models.CharField(pgettext_lazy("field", "placed by"), max_length=40)
    until = models.DateTimeField(_("lapses"))
    # Who asks to renew it now, until somebody agrees.
    renewal_by = models.CharField(pgettext_lazy("field", "renewal proposed by"), max_length=40, blank=True)
    # The two people who renewed it last.
    renewed_first_by = models.CharField(
        pgettext_lazy("datahold", "renewal was proposed by"), max_length=40, blank=True, default=""
    )
    renewed_by = models.CharField(
        pgettext_lazy("datahold", "renewal agreed to by"), max_length=40, blank=True, default=""
    )
    renewed_at = models.DateTimeField(pgettext_lazy("datahold", "renewed at"), null=True)
    released_at = models.DateTimeField(pgettext_lazy("field", "released at"), null=True)
    released_by = models.CharField(pgettext_lazy("datahold", "released by"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("data hold")
        verbose_name_plural = _("data holds")
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "source", "case"],
                condition=Q(released_at=None),
                name="one_open_hold_per_subject_source_and_case",
            ),
            models.CheckConstraint(
                condition=Q(released_at=None) ^ ~Q(released_by=""), name="data_hold_released_by_somebody"
            ),
            four_eyes.law(
                "renewed_first_by",
                "renewed_by",
                name="data_hold_renewed_by_two_people",
                once=Q(renewed_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["subject"], name="data_hold_of_subject")]

    def __str__(self) -> str:
        return f"{self.subject} {self.get_source_display()} {self.case}"


class DoneAct(models.Model):
    """What was done with a row of the console (`core.idempotency`): whoever says the same again is told what is."""

    kind = models.CharField(pgettext_lazy("field", "kind"), max_length=40)
    row = models.CharField(pgettext_lazy("field", "code"), max_length=60)
    # Of who did what with which words.
    act_digest = models.CharField(pgettext_lazy("field", "digest of the act"), max_length=64)
    at = models.DateTimeField(pgettext_lazy("field", "time"))

    class Meta:
        verbose_name = pgettext_lazy("model", "act")
        verbose_name_plural = pgettext_lazy("model", "acts")
        indexes = [
            models.Index(fields=["kind", "row"], name="acts_with_a_row"),
            models.Index(fields=["at"], name="act_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.row}"


class Outage(models.Model):
    """A time in which a process behind the pages was late (`core.outages`). All times are by the database's clock."""

    process = models.CharField(pgettext_lazy("field", "process"), max_length=40)
    since = models.DateTimeField(pgettext_lazy("outage", "late since"))
    noticed_at = models.DateTimeField(pgettext_lazy("outage", "noticed"))
    told_at = models.DateTimeField(pgettext_lazy("outage", "people were told"), null=True)
    # Empty again where it was late once more before the outage was over.
    well_at = models.DateTimeField(pgettext_lazy("outage", "well again since"), null=True)
    closed_at = models.DateTimeField(_("closed at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "outage of a process")
        verbose_name_plural = pgettext_lazy("model", "outages of processes")
        constraints = [
            models.UniqueConstraint(
                fields=["process"], condition=Q(closed_at=None), name="one_open_outage_of_each_process"
            )
        ]

    def __str__(self) -> str:
        return f"{self.process} {self.pk}"


class Heartbeat(models.Model):
    """The newest sign of life of one process (`core.heartbeat`). `at` is by the database's clock."""

    name = models.CharField(pgettext_lazy("field", "process"), max_length=40)
    # Which of several of the name: host and process; empty where they stand for each other.
    instance = models.CharField(
        pgettext_lazy("field", "host and process"), max_length=80, blank=True, default=""
    )
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    facts = models.JSONField(pgettext_lazy("field", "facts"), default=dict)

    class Meta:
        verbose_name = pgettext_lazy("model", "sign of life")
        verbose_name_plural = pgettext_lazy("model", "signs of life")
        constraints = [
            models.UniqueConstraint(fields=["name", "instance"], name="one_heartbeat_of_each_process")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.instance}"


class MotionState(models.TextChoices):
    MOVED = "moved", pgettext_lazy("motion", "waits for a second person")
    CARRIED = "carried", pgettext_lazy("motion", "agreed")
    DROPPED = "dropped", pgettext_lazy("motion", "withdrawn")


MOTION_TRANSITIONS = Transitions(
    MotionState, {"moved": frozenset({"carried", "dropped"})}, ends={"carried", "dropped"}
)


class Motion(models.Model):
    """What one of the staff moves and another agrees to, before it is done (`core.motions`)."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    kind = models.CharField(pgettext_lazy("motion", "what is moved"), max_length=40)
    # The code of what it is about; empty where that comes into being by it.
    subject = models.CharField(pgettext_lazy("motion", "about"), max_length=60, blank=True)
    # What was filled in, as JSON of the kind's own shape: it may name a person.
    given = EncryptedTextField(pgettext_lazy("motion", "what was filled in"))
    state = models.CharField(
        _("state"), max_length=10, choices=MotionState.choices, default=MotionState.MOVED
    )
    moved_by = models.CharField(pgettext_lazy("field", "proposed by"), max_length=40)
    moved_at = models.DateTimeField(pgettext_lazy("field", "proposed at"))
    agreed_by = models.CharField(pgettext_lazy("motion", "agreed by"), max_length=40, blank=True, default="")
    decided_at = models.DateTimeField(pgettext_lazy("motion", "decided at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "motion")
        verbose_name_plural = pgettext_lazy("model", "motions")
        constraints = [
            models.CheckConstraint(condition=Q(state__in=MotionState.values), name="motion_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="moved") ^ Q(decided_at__isnull=False), name="motion_decided_has_a_time"
            ),
            four_eyes.law(
                "moved_by", "agreed_by", name="motion_carried_by_two_people", once=Q(state="carried")
            ),
            models.UniqueConstraint(
                fields=["kind", "subject"],
                condition=Q(state="moved") & ~Q(subject=""),
                name="one_open_motion_of_a_kind_about_one_thing",
            ),
        ]
        indexes = [models.Index(fields=["kind"], condition=Q(state="moved"), name="motion_open")]

    def __str__(self) -> str:
        return self.code
