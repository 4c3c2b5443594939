"""How long what holds a person is kept: one line for each table of ours, and the work that destroys what is over.

Each app says it in its `retention.py`, and nowhere else: what a table holds of whom, what for, on which ground, and when
it goes. From these lines come the jobs, `docs/processing.md` (`manage.py processing`), and what somebody who leaves is
told. A table that says nothing fails a test. Whatever goes asks `core.holds` first.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.db.models import F, Func, Q, QuerySet
from django.db.models.expressions import Combinable
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import holds, jobs, policy
from core.jobs import Job
from core.models import DataHold
from core.policy import SpanPolicy, Unit
from core.privacy import EncryptedTextField, encrypt
from core.transactions import begins_transaction

Text = str | Promise

# --- How long ------------------------------------------------------------------------------------

RECORDS_KEPT = policy.declare(
    "core.records_kept",
    # E-Commerce Law art. 31: three years after the transaction; Interim Measures on online taxis art. 27: two years.
    policy.Span(3 * 366, 10 * 366, Unit.DAYS),
    3 * 366,
    name=pgettext_lazy("policy name", "Records of trips and cases"),
    about=_(
        "Trips, complaints, incidents and police requests are kept this long, then what names people goes."
    ),
)
MESSAGES_KEPT = policy.declare(
    "core.messages_kept",
    policy.Span(183, 3 * 366, Unit.DAYS),  # Cybersecurity Law art. 21: logs of six months
    183,
    name=pgettext_lazy("policy name", "Messages and calls"),
    about=_("What was written to people, their calls and their devices are kept this long."),
)
TRACES_KEPT = policy.declare(
    "core.traces_kept",
    policy.Span(2, 90, Unit.DAYS),
    30,
    name=pgettext_lazy("policy name", "Traces of what is done"),
    about=_("Codes, questions to registries and links that served their purpose are kept this long."),
)


class Ground(models.TextChoices):
    """Why it may be processed at all (PIPL art. 13)."""

    CONTRACT = "contract", _("contract with the person (PIPL art. 13, no. 2)")
    LAW = "law", _("duty by law (PIPL art. 13, no. 3)")
    LIFE = "life", _("protection of life (PIPL art. 13, no. 4)")
    CONSENT = "consent", _("consent (PIPL art. 13, no. 1)")


@dataclass(frozen=True, slots=True)
class Data:
    """A kind of data: what for, on which ground, by which law it is kept, and who else gets it."""

    key: str
    label: Text
    purpose: Text
    ground: Ground
    law: Text
    processors: Text = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """What becomes of one table. `ends` says it to a reader; `work` names the kind of work (`core.retry`) that does it."""

    table: str
    data: Data | None
    holds: str
    ends: str
    work: str = ""
    also_work: str = ""
    job: Job[Any] | None = field(default=None, compare=False)
    span: SpanPolicy | None = None
    trip: str = ""
    person: tuple[str, ...] = ()


_data: dict[str, Data] = {}
_rules: dict[str, Rule] = {}


def data(
    key: str, label: Text, *, purpose: Text, ground: Ground, law: Text = "", processors: Text = ""
) -> Data:
    """Declare a kind of data. Raises `ValueError` for a key that is taken."""
    if key in _data:
        raise ValueError(f"two kinds of data {key}")
    _data[key] = found = Data(key, label, purpose, ground, law, processors)
    return found


def _keep(rule: Rule) -> None:
    if rule.table in _rules:
        raise ValueError(f"{rule.table} says twice how long it is kept")
    apps.get_model(rule.table)  # LookupError for a table that is not there
    _rules[rule.table] = rule


def rules() -> dict[str, Rule]:
    """What all tables say, by their names."""
    return dict(_rules)


def kinds() -> list[Data]:
    """All kinds of data, in the order of their declaration."""
    return list(_data.values())


def kept() -> list[tuple[Data, list[SpanPolicy]]]:
    """Each kind of data that is kept of somebody, by its name to the reader, with the times after which parts of it go."""
    spans: dict[str, dict[str, SpanPolicy]] = {}
    for rule in _rules.values():
        if rule.data is not None:
            found = spans.setdefault(rule.data.key, {})
            if rule.span is not None:
                found[rule.span.key] = rule.span
    known = [(_data[key], [found[each] for each in sorted(found)]) for key, found in spans.items()]
    return sorted(known, key=lambda each: str(each[0].label))


def jobs_of(app: str) -> list[Job[Any]]:
    """The work that destroys what is over in an app's tables."""
    return [rule.job for rule in _rules.values() if rule.job and rule.table.startswith(f"{app}.")]


# --- What a table says ---------------------------------------------------------------------------


_named: list[tuple[str, str]] = []


def named(table: str, trip: str) -> None:
    """Rows of other tables may name one of this table by its `code` instead of its trip, to which `trip` leads."""
    _named.append((table, trip))


_whose: list[tuple[str, str, tuple[str, ...]]] = []


def whose(table: str, trip: str, *accounts: str) -> None:
    """To which accounts, by their keys, the rows of the table of trips lead, and to the trip's code: while a hold is on a
    trip, what is kept of its people by themselves is held too."""
    _whose.append((table, trip, accounts))


def _people_held(as_what: str) -> "list[QuerySet[Any, Any]]":
    """The accounts of trips that are held, by a column of theirs (`pk`, `code`, `phone_index`), to be asked within a
    statement."""
    held = DataHold.objects.filter(holds.in_force()).values("subject")
    found: list[QuerySet[Any, Any]] = []
    for table, trip, accounts in _whose:
        trips = apps.get_model(table)._base_manager.filter(**{f"{trip}__in": held})
        found += [
            trips.filter(**{f"{path}__isnull": False}).values(f"{path}__{as_what}") for path in accounts
        ]
    return found


def not_held(rows: "QuerySet[Any]", *person: str) -> "QuerySet[Any]":
    """Without the rows of people of whom a trip is held; `person` as in `destroyed`."""
    for each in person:
        path, _mark, as_what = each.partition(":")
        for people in _people_held(as_what or "pk"):
            rows = rows.exclude(**{f"{path}__in": people})
    return rows


def holds_person(pk: int) -> bool:
    """Whether a hold is on a trip of this account, so that nothing which is kept of its owner goes now."""
    held = DataHold.objects.filter(holds.in_force()).values("subject")
    return any(
        apps.get_model(table)._base_manager.filter(**{f"{trip}__in": held, path: pk}).exists()
        for table, trip, accounts in _whose
        for path in accounts
    )


def nobody(*tables: str, why: str) -> None:
    """Tables that hold nothing of a person."""
    for table in tables:
        _keep(Rule(table, None, why, "holds nobody"))


def stays(table: str, of: Data, holds_what: str, why: str) -> None:
    """A table whose rows are not destroyed, with the reason."""
    _keep(Rule(table, of, holds_what, f"stays: {why}"))


def goes_with(table: str, of: Data, holds_what: str, parent: str) -> None:
    """A table whose rows, or what is personal of them, go with those of another one."""
    _keep(Rule(table, of, holds_what, f"goes with `{parent}`"))


def goes_by(table: str, of: Data, holds_what: str, work: str, ends: str) -> None:
    """A table that a job of its own empties; `work` is its kind."""
    _keep(Rule(table, of, holds_what, ends, work=work))


def goes_when_left(table: str, of: Data, holds_what: str) -> None:
    """A table whose rows are there as long as the account is open."""
    _keep(Rule(table, of, holds_what, "goes when its owner closes the account"))


def _paths(person: tuple[str, ...] | str) -> tuple[str, ...]:
    return (person,) if isinstance(person, str) else person


def _span_said(span: SpanPolicy, since: str) -> str:
    return f"`{span.key}` ({span.default} {span.kind.unit.value}) after {since}"  # type: ignore[attr-defined]  # spans count


def destroyed(
    table: str,
    of: Data,
    holds_what: str,
    *,
    after: SpanPolicy,
    since: str | Combinable,
    said: str,
    where: Q | None = None,
    trip: str = "",
    case: str = "",
    thing: str = "",
    person: tuple[str, ...] | str = (),
    one_by_one: bool = False,
) -> None:
    """Rows are deleted so long after `since`, a column or expression that is null while the time does not run.

    `trip` and `case` are columns that name what a hold may be on, `thing` one that may name an incident, a complaint or
    whatever else of a trip was declared as `named`: it is kept with its trip. `person` is where the accounts stand of whom
    the row is, by their keys, or with `:code` or `:phone_index` behind it by those: it is kept while any trip of theirs is
    held. `one_by_one` where a row may have others that protect it: then it is set aside alone.
    """

    @begins_transaction
    def act(pk: Any, at: datetime) -> bool:
        row = _due_rows(known, at).filter(pk=pk).first()
        return row is not None and row.delete()[0] > 0

    known = _Due(table, after, since, where or Q(), trip, case, thing=thing, person=_paths(person))
    job = _one_by_one(known, act) if one_by_one else _at_once(known)
    _keep(
        Rule(
            table,
            of,
            holds_what,
            f"destroyed {_span_said(after, said)}",
            job.work.kind,
            job=job,
            span=after,
            trip=trip,
            person=known.person,
        )
    )


def emptied(
    table: str,
    of: Data,
    holds_what: str,
    *,
    after: SpanPolicy,
    since: str | Combinable,
    said: str,
    columns: Mapping[str, Any],
    where: Q | None = None,
    trip: str = "",
    case: str = "",
    person: tuple[str, ...] | str = (),
    also: tuple[str, str] = ("", ""),
) -> None:
    """Rows stay as codes and figures; `columns` get these values, so long after `since`. As `destroyed` otherwise.

    `also` is the kind of another work that empties the table, and what it does.
    """
    full = _anything_in(table, columns)
    known = _Due(
        table, after, since, (where or Q()) & full, trip, case, tuple(columns), person=_paths(person)
    )

    @begins_transaction
    def act(pk: Any, at: datetime) -> bool:
        # What stands in the columns is not read: a value that does not open goes like the others.
        found = _due_rows(known, at).filter(pk=pk).values_list("pk", flat=True).first()
        return found is not None and bool(known.model._base_manager.filter(pk=pk).update(**columns))

    job = _one_by_one(known, act)
    names = ", ".join(f"`{name}`" for name in columns)
    ends = f"{names} emptied {_span_said(after, said)}"
    work, said_also = also
    ends += f"; {said_also}" if said_also else ""
    _keep(Rule(table, of, holds_what, ends, job.work.kind, work, job, after, trip, known.person))


def let_go(
    table: str,
    of: Data,
    holds_what: str,
    *,
    after: SpanPolicy,
    since: str,
    said: str,
    ends: str,
    trip: str = "",
    case: str = "",
    person: tuple[str, ...] | str = (),
    where: Q | None = None,
    columns: Iterable[str] = (),
) -> None:
    """Rows that the platform's role may not rewrite: a function of the database's owner lets them go, never before
    the law's least time (`core_let_go` of `0003_laws`)."""
    full = _anything_in(table, dict.fromkeys(columns, "")) if columns else Q()
    known = _Due(
        table, after, since, (where or Q()) & full, trip, case, tuple(columns), person=_paths(person)
    )

    def act(pk: Any, at: datetime) -> bool:
        if not _due_rows(known, at).filter(pk=pk).exists():
            return False
        return _let_go(known.model._meta.db_table, [pk], known.model) > 0

    job = _one_by_one(known, act)
    _keep(
        Rule(
            table,
            of,
            holds_what,
            f"{ends} {_span_said(after, said)}",
            job.work.kind,
            job=job,
            span=after,
            trip=trip,
            person=known.person,
        )
    )


@begins_transaction
def _let_go(table: str, pks: list[int], model: type[models.Model]) -> int:
    # The owner of the database has no key: what an empty value looks like comes from here.
    empty = {
        each.column: encrypt(b"", context=f"{table}.{each.column}")
        for each in model._meta.concrete_fields
        if isinstance(each, EncryptedTextField)
    }
    with connection.cursor() as cursor:
        names, values = list(empty), list(empty.values())
        cursor.execute("SELECT core_let_go(%s, %s, %s, %s::bytea[])", [table, pks, names, values])
        return int(cursor.fetchone()[0])


# --- The work ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Due:
    table: str
    after: SpanPolicy
    since: str | Combinable
    where: Q
    trip: str
    case: str
    columns: tuple[str, ...] = ()
    thing: str = ""
    person: tuple[str, ...] = ()

    @property
    def model(self) -> type[models.Model]:
        return apps.get_model(self.table)


class _Octets(Func):
    function = "octet_length"
    output_field = models.IntegerField()


_EMPTY = 30  # bytes of an empty value: version, nonce, tag (`core.privacy`)


def _anything_in(table: str, columns: Mapping[str, Any]) -> Q:
    """The condition of a row in which any of the columns still holds something."""
    model, found = apps.get_model(table), Q()
    for name, value in columns.items():
        if isinstance(model._meta.get_field(name), EncryptedTextField):
            found |= Q(**{f"size_of_{name}__gt": _EMPTY})
        elif value is None:
            found |= Q(**{f"{name}__isnull": False})
        else:
            found |= ~Q(**{name: value})
    return found


def _leads_to_many(model: type[models.Model], path: str) -> bool:
    """Whether a path begins with a relation to several rows."""
    first = model._meta.get_field(path.split("__")[0])
    return bool(first.one_to_many or first.many_to_many)


def _due_rows(known: _Due, at: datetime) -> "QuerySet[Any]":
    """What is over and nobody holds."""
    rows = known.model._base_manager.all()
    sizes = {
        f"size_of_{name}": _Octets(F(name))
        for name in known.columns
        if isinstance(known.model._meta.get_field(name), EncryptedTextField)
    }
    over = F(known.since) if isinstance(known.since, str) else known.since
    rows = rows.annotate(over_since=over, **sizes).filter(
        known.where, over_since__lte=at - policy.span(known.after)
    )
    held = DataHold.objects.filter(holds.in_force()).values("subject")
    by_case = DataHold.objects.filter(holds.in_force()).values("case")
    for path in filter(None, (known.trip,)):
        if _leads_to_many(known.model, path):
            # One of several that is held holds the row, whatever the others are of.
            rows = rows.exclude(**{f"{path}__in": held})
        else:
            rows = rows.filter(Q(**{f"{path}__isnull": True}) | ~Q(**{f"{path}__in": held}))
    rows = not_held(rows, *known.person)
    if known.thing:
        for table, path in _named:
            things = apps.get_model(table)._base_manager.filter(**{f"{path}__in": held})
            rows = rows.exclude(**{f"{known.thing}__in": things.values("code")})
    if known.case:
        rows = rows.exclude(**{f"{known.case}__in": by_case})
    found: QuerySet[Any] = rows.order_by("over_since", "pk")
    return found


def due(table: str, at: datetime) -> "QuerySet[Any]":
    """The rows of a table that are over at this time. Raises `KeyError` where they go in another way."""
    return _due_of[table](at)


_due_of: dict[str, Callable[[datetime], "QuerySet[Any]"]] = {}


def _label(known: _Due) -> Promise:
    return format_lazy("{}: {}", _("destroying what is over"), known.model._meta.verbose_name_plural or "")


def _kind(known: _Due) -> str:
    app, _dot, name = known.table.partition(".")
    return f"{app}.over.{name.lower()}"


def _one_by_one(known: _Due, act: Callable[[Any, datetime], bool]) -> Job[Any]:
    _due_of[known.table] = lambda at: _due_rows(known, at)

    def keys(at: datetime, limit: int) -> list[Any]:
        return list(_due_rows(known, at).values_list("pk", flat=True)[:limit])

    return jobs.rows(_kind(known), _label(known), due=keys, act=act, key=int)


def _at_once(known: _Due) -> Job[Any]:
    """Nothing of these rows is read and nothing hangs on them: many go at once."""
    _due_of[known.table] = lambda at: _due_rows(known, at)
    return jobs.whole(_kind(known), _label(known), lambda at: jobs.delete(_due_rows(known, at)))
