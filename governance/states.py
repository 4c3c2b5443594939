from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Status(models.TextChoices):
    """What a check says of a promise. Nothing that happened is no proof: `NONE` is never shown as green."""

    PASS = "pass", pgettext_lazy("measure", "kept")
    FAIL = "fail", pgettext_lazy("measure", "not kept")
    PROGRESS = "progress", pgettext_lazy("measure", "part done")
    NONE = "none", pgettext_lazy("measure", "no evidence")


class Breaker(models.TextChoices):
    """What came of the last time a promise was broken on purpose, out of sight, to see whether its check notices."""

    UNTRIED = "", pgettext_lazy("breaker", "not tried yet")
    TURNED = "turned", _("the check turned red")
    STAYED = "stayed", _("the check stayed as it was")
    FAILED = "failed", _("it could not be broken")
