from django.db import models
from django.utils.translation import gettext_lazy as _

from core import timeline
from core.states import Transitions


class Category(models.TextChoices):
    DANGER = "danger", _("danger to life")
    HARASSMENT = "harassment", _("sexual harassment")
    VIOLENCE = "violence", _("violence or threat")
    MISMATCH = "mismatch", _("not the registered car or driver")
    DISCRIMINATION = "discrimination", _("discrimination")
    DISPUTE = "dispute", _("route or price")
    LOST_PROPERTY = "lost_property", _("lost property")
    OTHER = "other", _("other")


SEVERE = frozenset({Category.DANGER, Category.HARASSMENT, Category.VIOLENCE, Category.MISMATCH})


class ComplaintState(models.TextChoices):
    OPEN = "open", _("open")
    DECIDED = "decided", _("decided")


COMPLAINT_TRANSITIONS: Transitions = {"open": frozenset({"decided"}), "decided": frozenset()}


class Finding(models.TextChoices):
    UNFOUNDED = "unfounded", _("unfounded")
    UPHELD = "upheld", _("upheld")


timeline.vocabulary(category=Category, finding=Finding)


@timeline.kinds
class ComplaintLine(models.TextChoices):
    FILED = "complaints.filed", _("Complaint %(code)s filed: %(category)s")
    HELD = "complaints.held", _("Severe: the driver gets no new orders")
    DECIDED = "complaints.decided", _("Complaint %(code)s decided: %(finding)s")
