"""Machines at our doors that show a wrong token: a gateway whose token was turned at one end alone loses what it brings.

Each door that a machine shows its token at asks here, so that no refusal stays between the two of them. A network that is
refused at a door is one row of failed work, however often it tries: nobody buries one alarm under many. Who tries once
and goes is counted and rings nowhere; who is refused for `PATIENCE` is told of. A door on which a life may depend tells
at once of what reads as its gateway's. No right token silences it, since one of two gateways may have the old one: a
person who looked does. Networks beyond `MOST` of one door share a row.
"""

import threading
from datetime import timedelta
from time import monotonic
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import clock, retry
from core.api import shows_token
from core.errors import DomainError
from core.limits import address_of, roughly
from core.models import FailedWork

PATIENCE = timedelta(seconds=45)
FORGOTTEN = timedelta(hours=1)  # who came back after it tries once again
REFUSED = retry.declare(
    "core.machines", _("A machine shows a wrong token at our door"), law=retry.Law(patience=PATIENCE)
)
MOST = 5
OTHERS = "…"
EVERY = 5.0  # seconds between two times that a process writes the same down
_told: dict[tuple[str, bool], float] = {}
_lock = threading.Lock()


def check_token(request: Any, known: str, *, door: str, error: type[DomainError]) -> None:
    """Raises `error` for a machine that does not show the token `known`, and writes that down."""
    if not shows_token(request, known):
        note_refused(request, door)
        raise error


def note_refused(request: Any, door: str, *, at_once: bool = False) -> None:
    """A machine was refused at a door; `at_once` where a life may depend on what it brought. Call it outside of transactions."""
    network = roughly(address_of(request))
    if not _is_due(f"{door} {network}", at_once):
        return
    key = _key(door, network)
    gone = FailedWork.objects.filter(kind=REFUSED.kind, key=key, closed_at=None, needs_person_at=None)
    if gone.filter(last_at__lt=clock.now() - FORGOTTEN).exists():
        retry.done(REFUSED, key)
    why = f"{network}: shows none of the tokens that are set here"
    retry.failed(REFUSED, key, why, life_safety=at_once, rests=at_once, subject=door)


def _key(door: str, network: str) -> str:
    rows = FailedWork.objects.filter(kind=REFUSED.kind, subject=door, closed_at=None)
    known = set(rows.values_list("key", flat=True))
    mine = f"{door} {network}"
    return mine if mine in known or len(known) < MOST else f"{door} {OTHERS}"


def _is_due(key: str, at_once: bool) -> bool:
    now = monotonic()
    with _lock:
        if now - _told.get((key, at_once), -EVERY) < EVERY:
            return False
        if len(_told) > 1000:
            _told.clear()
        _told[key, at_once] = now
    return True
