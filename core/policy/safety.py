"""Which way is the safer one: what one person alone may do to a rule in an emergency, and nothing else.

An app says beside its policies which direction protects people (`safer(LOWER, CURFEW, …)`). A policy of which nobody said
it has no such direction: it is changed by two people.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.policy.declared import Policy
from core.policy.kinds import Kind, Maybe, Record, Row, Several, Table, Words

T = TypeVar("T")
Compare = Callable[
    [Any, Any], bool
]  # old, new: whether the new value protects at least as well as the old one


class NotSafer(DomainError):
    code, status, sentence = (
        "policy_not_safer",
        409,
        _("One person alone may only make a rule stricter. This takes two people: propose it."),
    )


class Direction:
    """A way in which values are at least as safe; `says` is for who fills in the form. `whole` where the parts of a value
    mean nothing alone, such as hours from and to."""

    def __init__(self, says: str | Promise, compare: Compare, *, whole: bool = False) -> None:
        self.says, self.compare, self.whole = says, compare, whole


def _leaves(kind: Kind[Any], old: Any, new: Any) -> Iterator[tuple[Any, Any]]:
    """The same place in both values, down to what is no list and no table."""
    if isinstance(kind, Table):
        for key, inner in kind.kinds.items():
            yield from _leaves(inner, old[key], new[key])
    elif isinstance(kind, Record):
        for field, inner in kind.kinds.items():
            yield from _leaves(inner, getattr(old, field), getattr(new, field))
    elif isinstance(kind, Row):
        for one, other in zip(old, new, strict=True):
            yield from _leaves(kind.each, one, other)
    elif isinstance(kind, Maybe) and old is not None and new is not None:
        yield from _leaves(kind.kind, old, new)
    elif isinstance(kind, Several | Words):
        yield frozenset(old), frozenset(new)
    else:
        yield old, new


LOWER = Direction(_("Lower is safer."), lambda old, new: new is not None and (old is None or new <= old))
HIGHER = Direction(
    _("Higher is safer."), lambda old, new: old == new or (None not in (old, new) and new >= old)
)
MORE = Direction(_("More of them is safer."), lambda old, new: new >= old)
_ways: dict[str, Direction] = {}


def safer(way: Direction, *policies: Policy[Any]) -> None:
    """Say at import time which way of these policies is the safer one. Raises `ValueError` where it was said already."""
    for policy in policies:
        if policy.key in _ways:
            raise ValueError(f"{policy.key} has a safer way already")
        _ways[policy.key] = way


def way_of(policy: Policy[Any]) -> Direction | None:
    """The safer way of a policy; None where it has none."""
    return _ways.get(policy.key)


def is_safer(policy: Policy[T], old: T, new: T) -> bool:
    """Whether a value differs from another and protects at least as well in each of its parts."""
    way = way_of(policy)
    if way is None or policy.kind.plain(old) == policy.kind.plain(new):
        return False
    if way.whole:
        return way.compare(old, new)
    return all(way.compare(*pair) for pair in _leaves(policy.kind, old, new))


def require_safer(policy: Policy[T], old: T, new: T) -> None:
    """Raises `NotSafer`."""
    if not is_safer(policy, old, new):
        raise NotSafer


def require_as_safe(policy: Policy[T], old: T, new: T) -> None:
    """Raises `NotSafer` where a value is another one and does not protect as well."""
    if policy.kind.plain(old) != policy.kind.plain(new):
        require_safer(policy, old, new)
