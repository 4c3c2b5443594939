"""Template tags of all pages."""

import math
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core import actors, clock, danger, formats, permissions, policy, typed
from core.console import navigation
from core.permissions import HasRole

register = template.Library()


register.filter("moment", formats.moment)
register.filter("span", formats.span)
register.filter("minutes", formats.minutes)
register.filter("seconds", formats.seconds)
register.filter("distance", formats.distance)
register.filter("money", formats.money)
register.filter("place", formats.place)
register.filter("actor", actors.name_of)
register.filter("heard", danger.said_of)


@register.filter
def unbroken(written: str) -> str:
    """A figure and its unit on one line, where several stand beside each other on a small screen."""
    return str(written).replace(" ", "\u00a0")


@register.filter
def age(at: datetime) -> int:
    """Whole seconds since, for a page that goes on counting."""
    return int((clock.now() - at).total_seconds())


@register.filter
def ago(at: datetime) -> SafeString:
    """Time since, as a clock that runs: on pages of the console it goes on by itself (`static/js/console/ages.js`)."""
    since = clock.now() - at
    return format_html(
        '<span data-age="{}">{}</span>', int(since.total_seconds()), formats.span(since, "clock")
    )


@register.filter
def until(at: datetime) -> SafeString:
    """Time left, or how long it is overdue, which is red; on pages of the console it goes on as `ago` does."""
    left = at - clock.now()
    late = left < timedelta()
    said = _("%(time)s overdue") if late else _("%(time)s left")
    return format_html(
        '<span {}data-left="{}">{}</span>',
        SafeString('class="bad" ') if late else "",
        math.floor(left.total_seconds()),
        said % {"time": formats.span(abs(left), "clock")},
    )


@register.inclusion_tag("console/_duty.html", takes_context=True)
def duty(context: template.Context) -> dict[str, object]:
    """What rings, on a page outside the console; nothing before whoever may not open the console."""
    # What is refused before sessions are read has nobody. Who is not of the staff is asked nothing more.
    user: Any = getattr(context.get("request"), "user", None)
    on_duty = (
        getattr(user, "is_staff", False) and user.is_verified() and permissions.may(user, "console.open")
    )
    return {"on_duty": on_duty, "page_time": context.get("page_time"), "reader": context.get("reader")}


@register.filter
def may(person: HasRole, permission: str) -> bool:
    """Whether somebody has a permission."""
    return permissions.may(person, permission)


@register.filter
def group_phone(phone: str) -> str:
    """`+8613800138000` → `138 0013 8000`."""
    return typed.phone.shown(phone)


@register.filter
def rule(citation: str) -> str:
    """What a citation is called before people: 'Curfew of hitch, version 2'."""
    return policy.title(citation)


@register.filter
def cited(citation: str) -> str:
    """The same for staff, who also see the key that they may look up."""
    called = policy.title(citation)
    return called if called == citation else format_html("{} <small>{}</small>", called, citation)


@register.simple_tag
def length_of(key: str) -> str:
    """How long a rule in force says, in words: a page that promises a time promises this one. Raises `LookupError`."""
    declared = policy.of_key(key)
    if not isinstance(declared, policy.SpanPolicy):
        raise LookupError(key)
    return formats.span(policy.span(declared))


class _Squeezed(template.Node):
    def __init__(self, inner: template.NodeList) -> None:
        self.nodelist = inner

    def render(self, context: template.Context) -> str:
        return " ".join(self.nodelist.render(context).split())


@register.tag
def squeezed(parser: template.base.Parser, _token: template.base.Token) -> _Squeezed:
    """What stands between, each run of white space as one: for markup that is not ours, without a `<pre>` or a text field."""
    inner = parser.parse(("endsqueezed",))
    parser.delete_first_token()
    return _Squeezed(inner)


@register.simple_tag
def keys() -> list[navigation.Keys]:
    """What keys do, as apps offer it."""
    return navigation.list_of_keys()
