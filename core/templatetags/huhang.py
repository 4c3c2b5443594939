"""Template tags of all pages."""

from datetime import datetime, timedelta

from django import template
from django.utils.html import format_html
from django.utils.translation import gettext as _

from core import clock, policy

register = template.Library()


@register.filter
def span(seconds: float) -> str:
    """Seconds as a person reads them: `0:07`, `12:30`, `3 h 05`."""
    whole = max(0, int(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    return f"{whole // 3600} h {whole % 3600 // 60:02d}"


@register.filter
def age(at: datetime) -> int:
    """Whole seconds since, for a page that goes on counting."""
    return int((clock.now() - at).total_seconds())


@register.filter
def ago(at: datetime) -> str:
    """Time since, as `span`."""
    return span((clock.now() - at).total_seconds())


@register.filter
def until(at: datetime) -> str:
    """Time left, or how long it is overdue."""
    left = at - clock.now()
    if left >= timedelta():
        return _("%(time)s left") % {"time": span(left.total_seconds())}
    return _("%(time)s overdue") % {"time": span(-left.total_seconds())}


@register.filter
def group_phone(phone: str) -> str:
    """`+8613800138000` → `138 0013 8000`."""
    local = phone.removeprefix("+86")
    return f"{local[:3]} {local[3:7]} {local[7:]}" if local != phone else phone


@register.filter
def yuan(fen: int) -> str:
    """Whole fen as yuan: `30000` → `¥300.00`."""
    return f"¥{fen / 100:,.2f}"


@register.filter
def rule(citation: str) -> str:
    """What a citation is called before people: 'Curfew of hitch, version 2'."""
    return policy.title(citation)


@register.filter
def cited(citation: str) -> str:
    """The same for staff, who also see the key that they may look up."""
    called = policy.title(citation)
    return called if called == citation else format_html("{} <small>{}</small>", called, citation)
