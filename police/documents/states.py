"""What a copy of a release is, and how its time stamp stands."""

from django.db import models
from django.utils.translation import pgettext_lazy


class CopyKind(models.TextChoices):
    PAGE = "page", pgettext_lazy("copy of a release", "page")
    PDF = "pdf", pgettext_lazy("copy of a release", "PDF")
    JSON = "json", pgettext_lazy("copy of a release", "JSON")
    PROOF = "proof", pgettext_lazy("copy of a release", "proof document")
    LINK = "link", pgettext_lazy("copy of a release", "one-time link")
    API = "api", pgettext_lazy("copy of a release", "interface")
    HAND = "hand", pgettext_lazy("copy of a release", "read out at a terminal")
    SOUND = "sound", pgettext_lazy("copy of a release", "sound")
    LIVE = "live", pgettext_lazy("copy of a release", "followed live")


class StampState(models.TextChoices):
    NONE = "none", pgettext_lazy("time stamp", "none")
    WAITING = "waiting", pgettext_lazy("time stamp", "follows")
    STAMPED = "stamped", pgettext_lazy("time stamp", "stamped")
