from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    PASS = "pass", _("holds")
    FAIL = "fail", _("does not hold")
    PROGRESS = "progress", _("under way")
