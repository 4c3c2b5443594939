"""Rows of what was handed over to the police: each reading, and what the person whose data were read is told."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import four_eyes
from core.privacy import EncryptedTextField
from police.documents.states import CopyKind, StampState


class ReleaseCopy(models.Model):
    """One reading or download of a release, with the code that its watermark carries (P6+)."""

    code = models.CharField(_("code"), max_length=8, unique=True)
    release = models.ForeignKey(
        "police.Release",
        on_delete=models.PROTECT,
        related_name="copies",
        verbose_name=pgettext_lazy("field", "release"),
    )
    # The code of an account; empty for who opened a one-time link, whose badge number the request holds.
    reader = models.CharField(pgettext_lazy("releasecopy", "read by"), max_length=40, blank=True)
    kind = models.CharField(pgettext_lazy("releasecopy", "kind"), max_length=8, choices=CopyKind.choices)
    at = models.DateTimeField(pgettext_lazy("field", "time"))
    # Of the file as it was handed over; empty for what was a page.
    sha256 = models.CharField(pgettext_lazy("releasecopy", "SHA-256"), max_length=64, blank=True)
    sm3 = models.CharField(pgettext_lazy("releasecopy", "SM3"), max_length=64, blank=True)
    size = models.PositiveIntegerField(pgettext_lazy("releasecopy", "bytes"), default=0)
    # A keyed digest of each block of the file: says which bytes of it were changed, also when the file is gone.
    blocks = models.TextField(pgettext_lazy("releasecopy", "digests of blocks"), blank=True)
    # The file, base64, until it is destroyed.
    content = EncryptedTextField(pgettext_lazy("releasecopy", "file"))
    stamp = models.CharField(
        pgettext_lazy("releasecopy", "time stamp"),
        max_length=8,
        choices=StampState.choices,
        default=StampState.NONE,
    )
    # The same file with a time stamp that came later: what was handed over is its beginning.
    stamped_sha256 = models.CharField(
        pgettext_lazy("releasecopy", "SHA-256 with the time stamp"), max_length=64, blank=True
    )
    stamped_sm3 = models.CharField(
        pgettext_lazy("releasecopy", "SM3 with the time stamp"), max_length=64, blank=True
    )
    stamped_blocks = models.TextField(
        pgettext_lazy("releasecopy", "digests of blocks with the time stamp"), blank=True
    )
    next_at = models.DateTimeField(pgettext_lazy("releasecopy", "stamped next at"), null=True)
    attempts = models.PositiveIntegerField(pgettext_lazy("releasecopy", "attempts"), default=0)

    class Meta:
        verbose_name = pgettext_lazy("model", "copy of a release")
        verbose_name_plural = pgettext_lazy("model", "copies of releases")
        indexes = [
            models.Index(fields=["sha256"], condition=~Q(sha256=""), name="release_copy_sha256"),
            models.Index(fields=["sm3"], condition=~Q(sm3=""), name="release_copy_sm3"),
            models.Index(
                fields=["stamped_sha256"], condition=~Q(stamped_sha256=""), name="release_copy_stamped_sha256"
            ),
            models.Index(
                fields=["stamped_sm3"], condition=~Q(stamped_sm3=""), name="release_copy_stamped_sm3"
            ),
            models.Index(fields=["next_at"], condition=Q(stamp="waiting"), name="release_copy_unstamped"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=CopyKind.values), name="release_copy_kind_is_known"),
            models.CheckConstraint(
                condition=Q(stamp__in=StampState.values), name="release_copy_stamp_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(stamp=StampState.WAITING) | Q(next_at__isnull=False),
                name="release_copy_waits_until",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class ReleaseNotice(models.Model):
    """One person whose data were in a release, and the day on which they are told: the silence ends (P6+)."""

    code = models.CharField(_("code"), max_length=20, unique=True)
    release = models.ForeignKey(
        "police.Release",
        on_delete=models.PROTECT,
        related_name="notices",
        verbose_name=pgettext_lazy("field", "release"),
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        verbose_name=pgettext_lazy("releasenotice", "person"),
    )
    due_at = models.DateTimeField(pgettext_lazy("releasenotice", "told on"))
    told_at = models.DateTimeField(pgettext_lazy("releasenotice", "told at"), null=True)
    # The putting off that is in force, or is proposed: the authority's reason, the day it asks for, and the two people.
    later_at = models.DateTimeField(pgettext_lazy("releasenotice", "new day"), null=True)
    later_reason = EncryptedTextField(pgettext_lazy("releasenotice", "reason of the authority"))
    later_by = models.CharField(
        pgettext_lazy("releasenotice", "putting off proposed by"), max_length=40, blank=True, default=""
    )
    later_agreed_by = models.CharField(
        pgettext_lazy("releasenotice", "putting off agreed by"), max_length=40, blank=True, default=""
    )
    put_off = models.PositiveSmallIntegerField(pgettext_lazy("releasenotice", "times put off"), default=0)

    class Meta:
        verbose_name = pgettext_lazy("model", "notice of a release")
        verbose_name_plural = pgettext_lazy("model", "notices of releases")
        indexes = [
            models.Index(fields=["due_at"], condition=Q(told_at=None), name="release_notice_untold"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["release", "person"], name="release_notice_once_for_each"),
            four_eyes.law("later_by", "later_agreed_by", name="release_notice_put_off_by_two"),
        ]

    def __str__(self) -> str:
        return self.code
