"""A world of shadows, in which promises are broken on purpose to see whether their checks notice (G1+).

PostgreSQL looks for a table among a session's temporary ones first. `World.table()` makes an empty temporary copy of a
table, without its laws, that stands before the real one for this transaction alone; `World.make()` writes rows into it.
A check that runs then sees exactly what was made, also what the laws of the database forbid. All of it is rolled back:
no row of the platform is read, written or locked, no trigger runs, and nothing is told to anybody.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from contextvars import ContextVar
from datetime import datetime
from itertools import count
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction

from core import policy

Spoil = Callable[[str], str]
_spoil: ContextVar[Spoil | None] = ContextVar("spoil", default=None)


class World:
    """The shadows of one transaction."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._tables: set[str] = set()
        self._numbers = count(1)
        self.contexts = ExitStack()

    def table(self, *labels: str, also: str = "") -> None:
        """Stand an empty table before each of these (`app.Model`); `also` is a column that it has besides."""
        for label in labels:
            model: Any = apps.get_model(label)
            name, key = model._meta.db_table, connection.ops.quote_name(model._meta.pk.column)
            if name in self._tables:
                continue
            self._tables.add(name)
            quoted = connection.ops.quote_name(name)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"CREATE TEMP TABLE {quoted} (LIKE public.{quoted} INCLUDING DEFAULTS) ON COMMIT DROP"
                )
                cursor.execute(f"ALTER TABLE pg_temp.{quoted} ADD PRIMARY KEY ({key})")
                if also:
                    cursor.execute(f"ALTER TABLE pg_temp.{quoted} ADD COLUMN {also}")
                # What this connection has prepared before would still read the real table.
                cursor.execute("DISCARD PLANS")

    def make(self, label: str, **values: Any) -> Any:
        """A marked row in the shadow of a model's table; what is not given is empty, or the time of this world."""
        self.table(label)
        model: Any = apps.get_model(label)
        number, row = next(self._numbers), model()
        row.pk = -number
        for column in model._meta.concrete_fields:
            if column.primary_key and column.name not in values and column.attname not in values:
                continue
            if column.attname in values or column.name in values:
                setattr(
                    row,
                    column.attname if column.attname in values else column.name,
                    values.get(column.attname, values.get(column.name)),
                )
            elif getattr(row, column.attname, None) is None and not column.null:
                setattr(row, column.attname, _filled(column, self.at))
            elif column.unique and isinstance(column, models.CharField):
                setattr(row, column.attname, f"~{number}")
        model._base_manager.bulk_create([row])
        return row

    def within(self, context: AbstractContextManager[object]) -> None:
        """Stand something that is no table before the real one, until this world ends."""
        self.contexts.enter_context(context)

    def spoil_pages(self, change: Spoil) -> None:
        """Pages that checks draw come out changed, as by a careless edit of a template."""
        _spoil.set(change)

    def trip(self, line: str = "hitch", **values: Any) -> Any:
        """A trip with two people, a car and a city."""
        self.table(
            "rides.Trip", "rides.City", "accounts.Account", "accounts.EmergencyContact", "drivers.Driver", "drivers.Vehicle"
        )  # fmt: skip
        city = self.make("rides.City", name_zh="影子城", latitude=28.0, longitude=120.7)
        passenger = self.make("accounts.Account", real_name="影子乘客", phone="+8613800009901")
        account = self.make("accounts.Account", real_name="影子司机", phone="+8613800009902")
        driver = self.make("drivers.Driver", account_id=account.pk)
        vehicle = self.make("drivers.Vehicle", plate="浙C·SHADE", model="x", colour="x")
        usual = {
            "line": line,
            "city_id": city.pk,
            "passenger_id": passenger.pk,
            "driver_id": driver.pk,
            "vehicle_id": vehicle.pk,
            "state": "accepted",
            "accepted_at": self.at,
            "plate_registered": "浙C·SHADE",
            "origin_name": "a",
            "destination_name": "b",
            "origin_latitude": 28.0,
            "origin_longitude": 120.7,
            "destination_latitude": 28.05,
            "destination_longitude": 120.7,
        }
        return self.make("rides.Trip", **(usual | values))


def _filled(column: "models.Field[Any, Any]", at: datetime) -> Any:
    match column:
        case models.DateTimeField():
            return at
        case models.DateField():
            return at.date()
        case models.BooleanField():
            return False
        case models.JSONField():
            return {}
        case models.IntegerField() | models.FloatField() | models.ForeignKey():
            return 0
        case ArrayField():
            return []
        case models.BinaryField():
            return b""
        case models.CharField() | models.TextField():
            return ""
        case _:
            raise TypeError(f"{column}: a shadow does not know how to fill it")


@contextmanager
def world(at: datetime) -> Iterator[World]:
    """A world of shadows that is gone at the end."""
    token = _spoil.set(None)
    try:
        made = World(at)
        with policy.read_once(), transaction.atomic(), made.contexts:
            yield made
            transaction.set_rollback(True)
    finally:
        _spoil.reset(token)


def drawn(page: str) -> str:
    """A page that a check drew, as it is, or spoiled where a breaker asked for it."""
    change = _spoil.get()
    return change(page) if change else page
