"""The state of service lines in cities (R1)."""

from datetime import datetime
from typing import TYPE_CHECKING

from core import audit, clock
from core.actors import Actor
from core.transactions import joins_transaction
from rides.models import City, LineInCity
from rides.states import (
    Line,
    LineState,
)

if TYPE_CHECKING:
    pass


@joins_transaction
def set_line(*, actor: Actor, line: Line, city: City, state: LineState, permit_until: datetime) -> None:
    """Set the state of a line in a city."""
    LineInCity.objects.update_or_create(
        line=line,
        city=city,
        defaults={"state": state, "since": clock.now(), "permit_until": permit_until.date()},
    )
    audit.record(actor, "rides.line_set", f"{line}:{city.code}", state=state)
