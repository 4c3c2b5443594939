"""What stands at the console's left, and which keys do what: offered by apps in `APP/console/panels.py`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.console import panels
from core.permissions import TABLE, HasRole, may

log = structlog.get_logger()
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Group:
    """Links that stand together under a title."""

    title: Text
    order: int


NOW = Group(_("Now"), 10)
CASES = Group(_("Cases"), 20)
DESK = Group(_("Desk"), 30)
RIDES = Group(_("Rides and people"), 40)
GOVERNANCE = Group(_("Governance"), 50)


@dataclass(frozen=True, slots=True)
class Link:
    """A page, by the name of its address, for whoever has the permission. `icon` is one of the theme's symbols."""

    group: Group
    order: int
    title: Text
    icon: str
    name: str
    permission: str


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys that do something on a page of cases, as the list of keys names them."""

    order: int
    keys: tuple[str, ...]
    does: Text

    @property
    def pressed(self) -> list[list[str]]:
        """Each of them as the keys that are pressed together."""
        return [name.split("+") for name in self.keys]


_links: list[Link] = []
_keys: list[Keys] = []


def link(group: Group, order: int, title: Text, icon: str, name: str, permission: str) -> None:
    """Offer a link to a page; whoever may not follow it does not see it.

    Raises `ValueError` for no permission of ours, for a page that has one already, and for an order that another link of
    the group has.
    """
    if any(each.name == name for each in _links):
        raise ValueError(f"two links lead to {name}")
    if permission not in TABLE:
        raise ValueError(f"{name}: no permission {permission!r}")
    if taken := [each.name for each in _links if (each.group, each.order) == (group, order)]:
        raise ValueError(f"{name}: {taken[0]} has the order {order} in this group")
    _links.append(Link(group, order, title, icon, name, permission))


def key(order: int, *keys: str, does: Text) -> None:
    """Offer a line of the list of keys. Raises `ValueError` for keys that another line has."""
    if any(each.keys == keys for each in _keys):
        raise ValueError(f"two lines are about the keys {' '.join(keys)}")
    _keys.append(Keys(order, keys, does))


def links() -> list[Link]:
    """All links of all apps, in the order in which they stand."""
    panels.offered()
    return sorted(_links, key=lambda each: (each.group.order, each.order))


def list_of_keys() -> list[Keys]:
    """All lines of the list of keys."""
    panels.offered()
    return sorted(_keys, key=lambda each: each.order)


@cache
def _address(name: str) -> str:
    """Addresses of the console are the same in each language. Raises `NoReverseMatch`."""
    return reverse(name)


def _groups_for(person: HasRole | None) -> Iterator[tuple[Group, dict[str, Any]]]:
    for each in links():
        if person is None or not may(person, each.permission):
            continue
        try:
            address = _address(each.name)
        except NoReverseMatch:  # one bad link stops only itself
            log.error("console.link_leads_nowhere", name=each.name)
            continue
        yield each.group, {"title": each.title, "icon": each.icon, "link": address}


def for_person(person: HasRole | None) -> list[dict[str, Any]]:
    """The groups that somebody finds at the left, as the theme draws them."""
    found: dict[Group, list[dict[str, Any]]] = {}
    for group, item in _groups_for(person):
        found.setdefault(group, []).append(item)
    return [{"title": group.title, "items": items} for group, items in found.items()]
