import time
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_otp import models as otp
from django_otp.oath import TOTP
from django_otp.util import random_hex

from accounts.states import ContactState, GuardianEndedBy, GuardianState, LookKind, RealNameState
from core import four_eyes
from core.actors import Actor
from core.links import HasLink
from core.permissions import TABLE, Role, may
from core.privacy import EncryptedTextField
from core.typed.document import Kind


class AccountManager(BaseUserManager["Account"]):
    def get_by_natural_key(self, username: str | None) -> "Account":
        return self.get(code=username)


class Account(AbstractBaseUser):
    """One person. The sign-in name is an opaque code, so that no library's table holds a phone number."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.MEMBER)
    phone = EncryptedTextField(pgettext_lazy("field", "phone"))
    phone_index = models.CharField(pgettext_lazy("field", "index of the phone"), max_length=64)
    real_name = EncryptedTextField(pgettext_lazy("field", "real name"))
    id_number = EncryptedTextField(pgettext_lazy("field", "ID number"))
    # Of the document whose number that is, and the birthday by it or its registry (ISO); empty until it was verified.
    document = models.CharField(
        pgettext_lazy("field", "kind of document"), max_length=20, choices=Kind.choices, blank=True
    )
    born_on = EncryptedTextField(pgettext_lazy("field", "birthday"))
    # Null until the real name was verified (A2): one document, one account.
    id_index = models.CharField(  # noqa: DJ001 - unique where present
        pgettext_lazy("field", "index of the document"), max_length=64, null=True
    )
    # Of whoever the registry knows this is, whatever their documents; empty where it does not say. One person, one account.
    person_index = models.CharField(
        pgettext_lazy("field", "index of the person"), max_length=64, blank=True, default=""
    )
    verified_at = models.DateTimeField(_("real name verified"), null=True)
    language = models.CharField(
        pgettext_lazy("field", "language"), max_length=10, default="zh-hans", choices=settings.LANGUAGES
    )
    # Trips are shared with the emergency contacts who agreed, without being asked each time (S4).
    shares_trips = models.BooleanField(pgettext_lazy("field", "shares trips by itself"), default=False)
    # An account of the hourly drill (G3): what it does is told to nobody and enters no figure.
    is_drill = models.BooleanField(pgettext_lazy("field", "drill account"), default=False)
    is_active = models.BooleanField(pgettext_lazy("field", "active"), default=True)
    # Looks at them before that time were told (`accounts.seen`); it only rises.
    looks_told_until = models.DateTimeField(pgettext_lazy("account", "looks told until"), null=True)
    created_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    # Its owner left: nobody signs in, phone and document are free for a new account. Who it was goes at the time set,
    # unless something keeps it then (`accounts.leaving`).
    closed_at = models.DateTimeField(pgettext_lazy("account", "closed at"), null=True)
    erase_at = models.DateTimeField(pgettext_lazy("account", "to be erased"), null=True)
    erased_at = models.DateTimeField(pgettext_lazy("account", "erased at"), null=True)

    USERNAME_FIELD = "code"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        constraints = [
            models.CheckConstraint(condition=Q(role__in=Role.values), name="account_role_is_known"),
            models.CheckConstraint(
                condition=Q(verified_at=None) | Q(id_index__isnull=False),
                name="account_verified_has_document",
            ),
            models.UniqueConstraint(
                fields=["phone_index"], condition=Q(closed_at=None), name="one_open_account_per_phone"
            ),
            models.UniqueConstraint(
                fields=["id_index"], condition=Q(closed_at=None), name="one_open_account_per_document"
            ),
            models.UniqueConstraint(
                fields=["person_index"],
                condition=Q(closed_at=None, person_index__gt=""),
                name="one_open_account_per_person",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, erase_at=None, erased_at=None)
                | Q(closed_at__isnull=False, is_active=False, erase_at__isnull=False),
                name="account_closed_is_erased_some_day",
            ),
        ]
        indexes = [
            # Of a number also those who left with it: the police ask whose it was.
            models.Index(fields=["phone_index"], name="account_of_phone"),
            models.Index(
                fields=["id_index"], condition=Q(id_index__isnull=False), name="account_of_document"
            ),
            models.Index(fields=["person_index"], condition=Q(person_index__gt=""), name="account_of_person"),
            models.Index(
                fields=["erase_at"],
                condition=Q(closed_at__isnull=False, erased_at=None),
                name="account_to_erase",
            ),
            models.Index(fields=["id"], condition=Q(is_drill=True), name="account_marked"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def actor(self) -> Actor:
        """How the journal knows this person."""
        return Actor(self.code, self.role)

    @property
    def is_staff(self) -> bool:
        return may(self, "console.open")

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's console asks here; it may read by role and writes nothing by itself."""
        app_label, _dot, action = perm.partition(".")
        return (
            self.is_active
            and action.startswith("view_")
            and f"{app_label}.read" in TABLE
            and may(self, f"{app_label}.read")
        )

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_active and f"{app_label}.read" in TABLE and may(self, f"{app_label}.read")


class Restriction(models.Model):
    """Somebody may not order rides, for a time or for good, by a decision (C5). It holds the person, not the account:
    their document and phone, and who the registry says it is, are kept as keyed indexes, so that a new account does not
    help."""

    account = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        related_name="restrictions",
        verbose_name=pgettext_lazy("field", "account"),
    )
    id_index = models.CharField(pgettext_lazy("field", "index of the document"), max_length=64, blank=True)
    person_index = models.CharField(
        pgettext_lazy("field", "index of the person"), max_length=64, blank=True, default=""
    )
    phone_index = models.CharField(pgettext_lazy("field", "index of the phone"), max_length=64)
    # The code of the decision's measure that it comes from.
    source = models.CharField(
        pgettext_lazy("restriction", "measure it comes from"), max_length=20, unique=True
    )
    citation = models.CharField(pgettext_lazy("field", "rule cited"), max_length=60)
    since = models.DateTimeField(pgettext_lazy("restriction", "restricted since"))
    until = models.DateTimeField(pgettext_lazy("restriction", "restricted until"), null=True)
    lifted_at = models.DateTimeField(pgettext_lazy("field", "lifted at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "restriction")
        verbose_name_plural = pgettext_lazy("model", "restrictions")
        indexes = [
            models.Index(fields=["id_index"], condition=Q(lifted_at=None), name="restriction_of_document"),
            models.Index(
                fields=["person_index"],
                condition=Q(lifted_at=None, person_index__gt=""),
                name="restriction_of_person",
            ),
            models.Index(fields=["phone_index"], condition=Q(lifted_at=None), name="restriction_of_phone"),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.source}"


class OneTimeCode(models.Model):
    """A code sent to a phone. Only its keyed digest is kept."""

    purpose = models.CharField(pgettext_lazy("field", "purpose"), max_length=20)
    phone_index = models.CharField(pgettext_lazy("field", "index of the phone"), max_length=64)
    subject = models.CharField(pgettext_lazy("onetimecode", "about"), max_length=40, blank=True)
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    created_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    expires_at = models.DateTimeField(pgettext_lazy("onetimecode", "valid until"))
    attempts = models.PositiveSmallIntegerField(pgettext_lazy("field", "attempts"), default=0)
    # Who asked for it, and the wrong tries of each who typed one: keyed digests (`accounts.codes`).
    asked_by = models.CharField(pgettext_lazy("onetimecode", "asked for by"), max_length=32, blank=True)
    tries = models.JSONField(pgettext_lazy("onetimecode", "wrong tries by each"), default=dict)
    used_at = models.DateTimeField(pgettext_lazy("field", "used at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "one-time code")
        verbose_name_plural = pgettext_lazy("model", "one-time codes")
        indexes = [
            models.Index(fields=["phone_index", "purpose", "created_at"], name="one_time_code_of_phone")
        ]

    def __str__(self) -> str:
        return f"{self.purpose} #{self.pk}"


class EmergencyContact(models.Model):
    """Somebody whom an SOS reaches, unless they refused (A7)."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="emergency_contacts",
        verbose_name=pgettext_lazy("field", "account"),
    )
    name = EncryptedTextField(pgettext_lazy("emergencycontact", "contact's name"))
    phone = EncryptedTextField(pgettext_lazy("emergencycontact", "contact's phone"))
    phone_index = models.CharField(pgettext_lazy("field", "index of the phone"), max_length=64)
    state = models.CharField(
        pgettext_lazy("field", "state"),
        max_length=10,
        choices=ContactState.choices,
        default=ContactState.ASKED,
    )
    created_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    # Null where no message went: they were asked a moment ago, or refused before.
    asked_at = models.DateTimeField(pgettext_lazy("emergencycontact", "asked at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "emergency contact")
        verbose_name_plural = pgettext_lazy("model", "emergency contacts")
        constraints = [
            models.UniqueConstraint(fields=["account", "phone_index"], name="contact_named_once_per_account"),
            models.CheckConstraint(condition=Q(state__in=ContactState.values), name="contact_state_is_known"),
        ]
        # Each SMS to the SOS number asks who named its sender.
        indexes = [models.Index(fields=["phone_index"], name="contact_of_phone")]

    def __str__(self) -> str:
        return f"contact {self.pk} of {self.account_id}"


class ContactQuestion(HasLink):
    """That somebody asked a phone to be their emergency contact. Its link answers, and what was answered stays, also
    where they are taken away and named again."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="contact_questions",
        verbose_name=pgettext_lazy("field", "account"),
    )
    phone_index = models.CharField(pgettext_lazy("field", "index of the phone"), max_length=64)
    # Messages since they last answered.
    asked = models.PositiveSmallIntegerField(pgettext_lazy("contactquestion", "times asked"), default=0)
    refused_at = models.DateTimeField(pgettext_lazy("contactquestion", "refused at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "question to an emergency contact")
        verbose_name_plural = pgettext_lazy("model", "questions to emergency contacts")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "phone_index"], name="phone_asked_once_by_each_account"
            )
        ]

    def __str__(self) -> str:
        return f"question {self.pk} of {self.account_id}"


class Guardianship(models.Model):
    """Somebody of 14 to 17 named a grown-up by phone, who confirms on an account of their own (A9)."""

    teen = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="guardianships",
        verbose_name=pgettext_lazy("field", "who is not of age"),
    )
    phone_index = models.CharField(pgettext_lazy("field", "index of the phone"), max_length=64)
    guardian = models.ForeignKey(
        Account,
        on_delete=models.PROTECT,
        null=True,
        related_name="wards",
        verbose_name=pgettext_lazy("field", "guardian"),
    )
    state = models.CharField(
        pgettext_lazy("field", "state"),
        max_length=10,
        choices=GuardianState.choices,
        default=GuardianState.ASKED,
    )
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    answered_at = models.DateTimeField(pgettext_lazy("field", "answered at"), null=True)
    # Somebody too young to end it alone asked our staff to; null again once they looked and it stays.
    end_asked_at = models.DateTimeField(pgettext_lazy("field", "end asked for at"), null=True)
    # Where nobody asked, two of our staff end it: it is what protects the one who is not of age.
    end_proposed_by = models.CharField(pgettext_lazy("field", "end proposed by"), max_length=40, blank=True)
    end_agreed_by = models.CharField(pgettext_lazy("field", "end agreed by"), max_length=40, blank=True)
    end_proposed_at = models.DateTimeField(pgettext_lazy("field", "end proposed at"), null=True)
    ended_at = models.DateTimeField(pgettext_lazy("field", "ended at"), null=True)
    ended_by = models.CharField(
        pgettext_lazy("field", "ended by"), max_length=10, choices=GuardianEndedBy.choices, blank=True
    )
    # Of whom our staff ended, so that another account, phone or document does not make them the guardian again.
    id_index = models.CharField(pgettext_lazy("field", "index of the document"), max_length=64, blank=True)
    person_index = models.CharField(
        pgettext_lazy("field", "index of the person"), max_length=64, blank=True, default=""
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "guardianship")
        verbose_name_plural = pgettext_lazy("model", "guardianships")
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=GuardianState.values), name="guardianship_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["teen"], condition=Q(state__in=["asked", "confirmed"]), name="one_guardian_at_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | Q(guardian__isnull=False, answered_at__isnull=False),
                name="guardianship_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=(~Q(state="ended") & Q(ended_by="", ended_at=None))
                | Q(state="ended", ended_by__in=GuardianEndedBy.values, ended_at__isnull=False),
                name="guardianship_ended_by_somebody",
            ),
            four_eyes.law(
                "end_proposed_by",
                "end_agreed_by",
                name="guardianship_ended_by_two",
                once=Q(ended_by="staff", end_asked_at=None),
            ),
        ]
        indexes = [
            models.Index(
                fields=["end_asked_at"],
                condition=Q(state="confirmed", end_asked_at__isnull=False),
                name="guardianship_end_asked",
            ),
            models.Index(
                fields=["phone_index"],
                condition=Q(state__in=["asked", "confirmed"]),
                name="guardianship_of_phone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.teen_id} {self.get_state_display()}"

    @property
    def end_waits(self) -> str:
        """Why our staff have to say whether it ends: `asked`, or the code of the colleague who proposed it; empty where
        they have not."""
        return "asked" if self.end_asked_at else self.end_proposed_by


class RealNameCheck(models.Model):
    """A member's question to the identity registry (A2). It stays open until the registry answers."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="real_name_checks",
        verbose_name=pgettext_lazy("field", "account"),
    )
    real_name = EncryptedTextField(pgettext_lazy("field", "real name"))
    id_number = EncryptedTextField(pgettext_lazy("field", "ID number"))
    document = models.CharField(
        pgettext_lazy("field", "kind of document"),
        max_length=20,
        choices=Kind.choices,
        default=Kind.RESIDENT_ID,
    )
    state = models.CharField(
        _("state"), max_length=10, choices=RealNameState.choices, default=RealNameState.ASKED
    )
    why = models.CharField(pgettext_lazy("field", "why"), max_length=20, blank=True)
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    attempts = models.PositiveIntegerField(pgettext_lazy("field", "attempts"), default=0)
    next_at = models.DateTimeField(pgettext_lazy("field", "next try at"))
    decided_at = models.DateTimeField(pgettext_lazy("field", "decided at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "real-name check")
        verbose_name_plural = pgettext_lazy("model", "real-name checks")
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=Q(state="asked"), name="one_open_real_name_check"
            ),
            models.CheckConstraint(
                condition=Q(state__in=RealNameState.values), name="real_name_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state="asked") ^ Q(decided_at__isnull=False), name="real_name_decided_has_a_time"
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="asked"), name="real_name_due")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.get_state_display()}"


class Device(models.Model):
    """A browser or phone in which an account signed in; only the keyed digest of its number is kept."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="devices",
        verbose_name=pgettext_lazy("field", "account"),
    )
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    first_seen_at = models.DateTimeField(pgettext_lazy("field", "first seen at"))
    last_seen_at = models.DateTimeField(pgettext_lazy("field", "last seen at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "device")
        verbose_name_plural = pgettext_lazy("model", "devices")
        constraints = [models.UniqueConstraint(fields=["account", "digest"], name="device_once_per_account")]
        indexes = [models.Index(fields=["digest"], name="device_on_several_accounts")]

    def __str__(self) -> str:
        return f"device {self.pk} of {self.account_id}"


class SignInPlace(models.Model):
    """Where a sign-in happened, as far as the page was allowed to know; forgotten after a day."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="sign_in_places",
        verbose_name=pgettext_lazy("field", "account"),
    )
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    # "latitude,longitude" in degrees, WGS-84.
    place = EncryptedTextField(pgettext_lazy("signinplace", "place of the sign-in"))

    class Meta:
        verbose_name = pgettext_lazy("model", "place of a sign-in")
        verbose_name_plural = pgettext_lazy("model", "places of sign-ins")
        indexes = [models.Index(fields=["at"], name="sign_in_place_age")]

    def __str__(self) -> str:
        return f"sign-in {self.pk} of {self.account_id}"


class Session(AbstractBaseSession):
    """A browser in which somebody is signed in, or a visitor's. Its key is kept as a digest (`accounts.sessions`)."""

    session_key = models.CharField(
        pgettext_lazy("field", "digest of the key"), max_length=64, primary_key=True
    )
    session_data = models.TextField(pgettext_lazy("field", "data of the session"))
    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        null=True,
        related_name="sessions",
        verbose_name=pgettext_lazy("field", "account"),
    )
    # In which they signed in; a session ends with the role.
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, blank=True)
    begun_at = models.DateTimeField(pgettext_lazy("session", "signed in at"))
    used_at = models.DateTimeField(pgettext_lazy("session", "last used at"))
    expire_date = models.DateTimeField(pgettext_lazy("session", "ends at"))
    browser = models.CharField(pgettext_lazy("session", "browser"), max_length=60, blank=True)
    # The part of the address that a provider or a quarter shares.
    network = models.CharField(pgettext_lazy("session", "network"), max_length=45, blank=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "session")
        verbose_name_plural = pgettext_lazy("model", "sessions")
        indexes = [models.Index(fields=["expire_date"], name="session_over")]

    def __str__(self) -> str:
        return f"session {self.name}"

    @property
    def name(self) -> str:
        """What a form calls it: enough of the digest to tell a person's sessions apart."""
        return self.session_key[:16]


class PushSubscription(models.Model):
    """A browser whose owner asked to be told on its screen (`accounts.push`). It ends with the session that it is of."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    session = models.OneToOneField(
        Session,
        on_delete=models.CASCADE,
        related_name="push",
        verbose_name=pgettext_lazy("model", "session"),
    )
    # Where its push service takes messages, and under which keys only it opens them: an index, so that nobody who signs in
    # later in the same browser has it beside whom was there before.
    endpoint = EncryptedTextField(pgettext_lazy("push", "address at the push service"))
    endpoint_index = models.CharField(
        pgettext_lazy("push", "index of the address"), max_length=64, unique=True
    )
    keys = EncryptedTextField(pgettext_lazy("push", "keys of the browser"))
    version = models.PositiveSmallIntegerField(pgettext_lazy("push", "our key that it trusts"))
    agreed_at = models.DateTimeField(pgettext_lazy("push", "agreed at"))

    class Meta:
        verbose_name = pgettext_lazy("model", "screen that is told")
        verbose_name_plural = pgettext_lazy("model", "screens that are told")

    def __str__(self) -> str:
        return f"screen {self.code}"


class SetUpCode(models.Model):
    """What lets somebody set up a second factor for the first time, or anew; a person handed it over. Used once."""

    account = models.OneToOneField(
        Account,
        on_delete=models.CASCADE,
        related_name="set_up_code",
        verbose_name=pgettext_lazy("field", "account"),
    )
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64)
    made_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    expires_at = models.DateTimeField(pgettext_lazy("onetimecode", "valid until"))
    attempts = models.PositiveSmallIntegerField(pgettext_lazy("field", "attempts"), default=0)
    used_at = models.DateTimeField(pgettext_lazy("field", "used at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "set-up code")
        verbose_name_plural = pgettext_lazy("model", "set-up codes")

    def __str__(self) -> str:
        return f"set-up code of {self.account_id}"


class RecoveryCode(models.Model):
    """Stands for the second factor once, where its device is lost. Only the keyed digest is kept."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="recovery_codes",
        verbose_name=pgettext_lazy("field", "account"),
    )
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64, unique=True)
    made_at = models.DateTimeField(pgettext_lazy("field", "created at"))
    used_at = models.DateTimeField(pgettext_lazy("field", "used at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "recovery code")
        verbose_name_plural = pgettext_lazy("model", "recovery codes")

    def __str__(self) -> str:
        return f"recovery code {self.pk} of {self.account_id}"


def new_seed() -> str:
    """The secret of an authenticator: 160 bits in hexadecimal (RFC 4226 §4)."""
    return str(random_hex(20))


class Authenticator(otp.ThrottlingMixin, otp.Device):  # type: ignore[misc]  # untyped library
    """Somebody's second factor: six digits each half minute (RFC 6238). The library's own model keeps seeds in clear."""

    user = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=pgettext_lazy("field", "account"),
    )
    name = models.CharField(pgettext_lazy("authenticator", "name of the device"), max_length=64)
    confirmed = models.BooleanField(pgettext_lazy("authenticator", "digits were shown"), default=True)
    key = EncryptedTextField(pgettext_lazy("authenticator", "seed"), default=new_seed)
    # How many half minutes the person's clock is off, and the last half minute whose digits were used.
    drift = models.SmallIntegerField(pgettext_lazy("authenticator", "drift"), default=0)
    last_t = models.BigIntegerField(pgettext_lazy("authenticator", "last digits used"), default=-1)

    throttling_failure_timestamp = models.DateTimeField(
        pgettext_lazy("authenticator", "last wrong digits at"), null=True, default=None
    )
    throttling_failure_count = models.PositiveIntegerField(
        pgettext_lazy("authenticator", "wrong digits in a row"), default=0
    )

    class Meta:
        verbose_name = pgettext_lazy("model", "authenticator")
        verbose_name_plural = pgettext_lazy("model", "authenticators")

    def verify_token(self, token: str) -> bool:
        """The library's question: whether these are the digits of now, of half a minute before or after, unused."""
        allowed, _why = self.verify_is_allowed()
        if not allowed:
            return False
        totp = TOTP(bytes.fromhex(self.key), drift=self.drift)
        totp.time = time.time()
        right = token.isdecimal() and totp.verify(int(token), 1, self.last_t + 1)
        if right:
            self.last_t, self.drift = totp.t(), totp.drift
            self.throttle_reset(commit=False)
            self.save()
        else:
            self.throttle_increment(commit=True)
        return bool(right)

    def is_shown_again(self, token: str) -> bool:
        """Whether these are digits of this moment that opened something already."""
        totp = TOTP(bytes.fromhex(self.key), drift=self.drift)
        totp.time = time.time()
        return token.isdecimal() and bool(totp.verify(int(token), 1)) and totp.t() <= int(self.last_t)

    def __str__(self) -> str:
        return f"authenticator {self.pk} of {self.user_id}"

    def get_throttle_factor(self) -> int:
        """Seconds to wait after the first wrong digits; each further wrong try doubles them."""
        return 1


class Passkey(otp.Device):  # type: ignore[misc]  # untyped library
    """A passkey of somebody beside their authenticator (WebAuthn level 3). What is kept is public: with it nobody signs in."""

    user = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=pgettext_lazy("field", "account"),
    )
    name = models.CharField(pgettext_lazy("passkey", "name of the passkey"), max_length=40)
    confirmed = models.BooleanField(pgettext_lazy("passkey", "was shown"), default=True)
    # SHA-256 of the credential's id, in hexadecimal.
    digest = models.CharField(pgettext_lazy("field", "digest"), max_length=64, unique=True)
    # AAGUID, id and public key of the credential (WebAuthn §6.5.1).
    credential = models.BinaryField(pgettext_lazy("passkey", "public key"))
    # How often it signed, where it counts: a copy of it falls behind.
    counter = models.PositiveBigIntegerField(pgettext_lazy("passkey", "how often it signed"), default=0)
    added_at = models.DateTimeField(pgettext_lazy("passkey", "added at"))
    used_at = models.DateTimeField(pgettext_lazy("passkey", "last used at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "passkey")
        verbose_name_plural = pgettext_lazy("model", "passkeys")

    def __str__(self) -> str:
        return f"passkey {self.pk} of {self.user_id}"


class Look(models.Model):
    """Somebody of the staff looked at data of a person about whom they have no open case: a supervisor answers for it
    (A5, A8). Looks inside a case are in the journal alone."""

    at = models.DateTimeField(pgettext_lazy("field", "time"))
    actor = models.CharField(pgettext_lazy("look", "who looked"), max_length=40)
    # The code of the account, or of the case of somebody without one.
    subject = models.CharField(pgettext_lazy("look", "at whom"), max_length=40)
    seen = models.CharField(pgettext_lazy("look", "what was seen"), max_length=16, choices=LookKind.choices)
    # Which case they named: not theirs, closed, or about others.
    case = models.CharField(pgettext_lazy("field", "case"), max_length=40, blank=True)
    reason = EncryptedTextField(pgettext_lazy("field", "reason"))
    proper = models.BooleanField(pgettext_lazy("look", "justified"), null=True)
    words = EncryptedTextField(pgettext_lazy("look", "what the supervisor says"))
    answered_by = models.CharField(pgettext_lazy("look", "answered by"), max_length=40, blank=True)
    answered_at = models.DateTimeField(pgettext_lazy("look", "answered at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "look without a case")
        verbose_name_plural = pgettext_lazy("model", "looks without a case")
        constraints = [
            models.CheckConstraint(condition=Q(seen__in=LookKind.values), name="look_is_known"),
            models.CheckConstraint(
                condition=Q(answered_by="", answered_at=None, proper=None)
                | (~Q(answered_by="") & Q(answered_at__isnull=False, proper__isnull=False)),
                name="look_answer_is_whole",
            ),
            four_eyes.law("actor", "answered_by", name="look_answered_by_a_second_person"),
        ]
        indexes = [
            models.Index(fields=["at"], name="look_of_day"),
            models.Index(fields=["actor", "at"], condition=Q(answered_by=""), name="look_unanswered"),
        ]

    def __str__(self) -> str:
        return f"look {self.pk}"


class DataExport(models.Model):
    """A copy of all that is kept of somebody, that they asked for (A6): made by a job, a file in storage for a day."""

    code = models.CharField(pgettext_lazy("field", "code"), max_length=20, unique=True)
    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="exports",
        verbose_name=pgettext_lazy("field", "account"),
    )
    asked_at = models.DateTimeField(pgettext_lazy("field", "asked at"))
    # How many of its topics are in it, of how many.
    done = models.PositiveSmallIntegerField(pgettext_lazy("dataexport", "topics done"), default=0)
    of = models.PositiveSmallIntegerField(pgettext_lazy("dataexport", "topics"), default=0)
    made_at = models.DateTimeField(pgettext_lazy("dataexport", "made at"), null=True)
    picture = models.ForeignKey(
        "core.StoredPicture",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=pgettext_lazy("dataexport", "file"),
    )
    # Keys of the topics that could not be read: the copy says so too.
    missing = models.JSONField(pgettext_lazy("dataexport", "topics that are missing"), default=list)

    class Meta:
        verbose_name = pgettext_lazy("model", "copy of one's own data")
        verbose_name_plural = pgettext_lazy("model", "copies of people's own data")
        constraints = [
            models.CheckConstraint(
                condition=Q(made_at=None) ^ Q(picture__isnull=False), name="export_made_has_a_file"
            )
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(made_at=None), name="export_to_make")]

    def __str__(self) -> str:
        return self.code
