"""What agents work with: macros, saved views, the knowledge base, calls and messages from outside."""

from django.db import models
from django.db.models import Q
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from complaints.models.cases import Complaint
from complaints.states import Category, MacroUse
from core.models import Heard
from core.privacy import EncryptedTextField


class Macro(models.Model):
    """What is written once and used often, in both languages: an answer to a complaint, with placeholders
    (`complaints.macros`), or a step on an incident, which may write to who called, note something, and be looked at again.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    title_zh = models.CharField(_("title (Chinese)"), max_length=60)
    title_en = models.CharField(_("title (English)"), max_length=60)
    use = models.CharField(
        pgettext_lazy("macro", "used for"),
        max_length=10,
        choices=MacroUse.choices,
        default=MacroUse.ANSWER,
        db_default=MacroUse.ANSWER,
    )
    body_zh = models.TextField(_("text (Chinese)"), blank=True)
    body_en = models.TextField(_("text (English)"), blank=True)
    note_zh = models.CharField(
        pgettext_lazy("macro", "note (Chinese)"), max_length=400, blank=True, default="", db_default=""
    )
    note_en = models.CharField(
        pgettext_lazy("macro", "note (English)"), max_length=400, blank=True, default="", db_default=""
    )
    again_minutes = models.PositiveSmallIntegerField(
        pgettext_lazy("macro", "look again after, in minutes"), null=True
    )
    category = models.CharField(_("category"), max_length=16, choices=Category.choices, blank=True)
    changed_by = models.CharField(pgettext_lazy("field", "changed by"), max_length=40)
    changed_at = models.DateTimeField(_("changed"))
    retired = models.BooleanField(_("retired"), default=False)

    class Meta:
        verbose_name = _("macro")
        verbose_name_plural = _("macros")
        constraints = [
            models.CheckConstraint(condition=Q(use__in=MacroUse.values), name="macro_use_is_known"),
            models.CheckConstraint(
                condition=Q(use="incident") | (~Q(body_zh="") & ~Q(body_en="")),
                name="macro_answers_something",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "").startswith("zh") else self.title_en


class SavedView(models.Model):
    """A filter of the queue under a name, for oneself or for everybody."""

    owner = models.ForeignKey(
        "accounts.Account",
        on_delete=models.CASCADE,
        related_name="saved_views",
        verbose_name=pgettext_lazy("field", "owner"),
    )
    name = models.CharField(pgettext_lazy("savedview", "name of the view"), max_length=40)
    query = models.CharField(pgettext_lazy("savedview", "filter"), max_length=400)
    shared = models.BooleanField(pgettext_lazy("field", "shared"), default=False)

    class Meta:
        verbose_name = pgettext_lazy("model", "saved view")
        verbose_name_plural = pgettext_lazy("model", "saved views")
        constraints = [models.UniqueConstraint(fields=["owner", "name"], name="view_named_once_per_owner")]

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """A guide or answer of the knowledge base; a change is a new version."""

    code = models.CharField(_("code"), max_length=20)
    number = models.PositiveIntegerField(_("version"))
    title_zh = models.CharField(_("title (Chinese)"), max_length=80)
    title_en = models.CharField(_("title (English)"), max_length=80)
    body_zh = models.TextField(_("text (Chinese)"))
    body_en = models.TextField(_("text (English)"))
    category = models.CharField(_("category"), max_length=16, choices=Category.choices, blank=True)
    written_by = models.CharField(pgettext_lazy("field", "written by"), max_length=40)
    written_at = models.DateTimeField(_("written"))
    current = models.BooleanField(pgettext_lazy("field", "current version"), default=True)

    class Meta:
        verbose_name = _("guide")
        verbose_name_plural = _("knowledge base")
        constraints = [
            models.UniqueConstraint(fields=["code", "number"], name="article_version_is_unique"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(current=True), name="one_current_version_per_article"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} v{self.number}"

    @property
    def title(self) -> str:
        return self.title_zh if (get_language() or "").startswith("zh") else self.title_en

    @property
    def body(self) -> str:
        return self.body_zh if (get_language() or "").startswith("zh") else self.body_en


class Call(models.Model):
    """A call that the telephone system announced to an agent (C11)."""

    key = models.CharField(pgettext_lazy("call", "call key"), max_length=64, unique=True)
    number = EncryptedTextField(pgettext_lazy("call", "number of the caller"))
    number_index = models.CharField(pgettext_lazy("field", "index of the number"), max_length=64, blank=True)
    agent = models.ForeignKey(
        "accounts.Account",
        on_delete=models.PROTECT,
        related_name="calls",
        verbose_name=pgettext_lazy("call", "agent called"),
    )
    rang_at = models.DateTimeField(pgettext_lazy("field", "rang at"))
    seen_at = models.DateTimeField(pgettext_lazy("field", "seen at"), null=True)

    class Meta:
        verbose_name = pgettext_lazy("model", "incoming call")
        verbose_name_plural = pgettext_lazy("model", "incoming calls")
        indexes = [
            models.Index(fields=["agent", "-rang_at"], condition=Q(seen_at=None), name="call_to_show"),
            models.Index(fields=["number_index", "-rang_at"], name="call_of_number"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk}"


class OutsideMessage(Heard):
    """A message that came from outside, until somebody says what it is: by e-mail, WeChat (微信) or Weibo (微博), or an
    SMS to the SOS number that is no packet.
    """

    code = models.CharField(_("code"), max_length=20, unique=True)
    channel = models.CharField(
        _("channel"),
        max_length=10,
        choices=[
            ("email", _("e-mail")),
            ("wechat", "微信 WeChat"),
            ("weibo", "微博 Weibo"),
            ("sms", _("SMS to the SOS number")),
        ],
    )
    key = models.CharField(pgettext_lazy("outsidemessage", "message key"), max_length=120, unique=True)
    sender = EncryptedTextField(pgettext_lazy("field", "sender"))
    words = EncryptedTextField(pgettext_lazy("field", "words"))
    at = models.DateTimeField(_("came"))
    # The code of the trip under way of whose phone it came by, as a passenger or driver, or as the emergency contact of one
    # of them: it stands before the others.
    trip = models.CharField(pgettext_lazy("outsidemessage", "trip"), max_length=20, blank=True)
    by_contact = models.BooleanField(pgettext_lazy("field", "from an emergency contact"), default=False)
    # Many came by the same number, or by numbers of nobody on a trip, just then: it stands below the others.
    from_crowd = models.BooleanField(pgettext_lazy("field", "one of many just then"), default=False)
    complaint = models.ForeignKey(
        Complaint,
        on_delete=models.PROTECT,
        null=True,
        related_name="outside_messages",
        verbose_name=pgettext_lazy("field", "complaint"),
    )
    # The code of the incident that was opened because of it.
    incident = models.CharField(pgettext_lazy("field", "incident"), max_length=20, blank=True)
    sorted_by = models.CharField(pgettext_lazy("field", "sorted by"), max_length=40, blank=True)
    sorted_at = models.DateTimeField(pgettext_lazy("field", "sorted at"), null=True)
    dismissed = models.CharField(pgettext_lazy("field", "why dismissed"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("message from outside")
        verbose_name_plural = _("messages from outside")
        indexes = [models.Index(fields=["at"], condition=Q(sorted_at=None), name="outside_message_waits")]
        constraints = [
            models.CheckConstraint(
                condition=Q(sorted_at=None) | ~Q(dismissed="") | Q(complaint__isnull=False) | ~Q(incident=""),
                name="outside_message_sorted_somewhere",
            ),
            Heard.law("outside_message_was_read"),
        ]

    def __str__(self) -> str:
        return self.code
