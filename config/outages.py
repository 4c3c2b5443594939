"""Staff on call hear by message when a process behind the pages is late, and when it works again.

Beat and every worker watch, each in a thread of its own, so that one that is left tells of the others; who is first
writes, the others find it written (`core.outages`). The message is handed over here at once: the worker that would send
it may be what is late.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import structlog
from django.db import close_old_connections, connection
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override

from accounts.selectors import people_who_may
from complaints.selectors import on_shift
from core import clock, formats, heartbeat, notify, outages
from core.models import NotificationState, Outage
from core.permissions import may
from core.recipients import write_to_each

if TYPE_CHECKING:
    from accounts.models import Account

log = structlog.get_logger()
EVERY = 5.0  # seconds


def on_call() -> "list[Account]":
    """Who can be called now, and the supervisors and administrators on shift; all of these where there is nobody."""
    found = [
        shift.account
        for shift in on_shift(clock.now())
        if shift.account.is_active and (shift.on_call or may(shift.account, "duty.answer"))
    ]
    return found or people_who_may("duty.answer")


def look() -> list[Outage]:
    """Look once, and tell whom it concerns; returns the outages of which people were told."""
    told = outages.look(begun=_say_begun, ended=_say_ended)
    for row in told:
        for message in notify.about(_subject(row)):
            if message.state == NotificationState.QUEUED:
                notify.send(message.pk)
    return told


def _subject(row: Outage) -> str:
    return f"outage:{row.pk}"


def _say_begun(row: Outage) -> None:
    def text(what: str | Promise, meanwhile: str | Promise) -> str:
        return _("Huhang: %(what)s has not worked as it should since %(since)s. %(meanwhile)s") % {
            "what": what,
            "since": formats.moment(row.since),
            "meanwhile": meanwhile,
        }

    _say(row, "late", text)


def _say_ended(row: Outage) -> None:
    def text(what: str | Promise, _meanwhile: str | Promise) -> str:
        return _("Huhang: %(what)s works again since %(at)s. It had not since %(since)s.") % {
            "what": what,
            "at": formats.moment(row.well_at),
            "since": formats.moment(row.since),
        }

    _say(row, "back", text)


def _say(row: Outage, step: str, text: Callable[[str | Promise, str | Promise], str]) -> None:
    watcher = next((each for each in heartbeat.declared() if each.name == row.process), None)
    # Whoever could not be handed the message here waits for a worker that is not the late one.
    by_life = "life_safety" not in row.process

    def write(person: "Account") -> None:
        with override(person.language):
            said = text(watcher.label, watcher.meanwhile) if watcher else text(row.process, "")
        notify.queue_message(
            key=f"{_subject(row)}:{step}:{person.code}",
            channel="sms",
            to=person.phone,
            text=said.strip(),
            life_safety=by_life,
            subject=_subject(row),
        )

    write_to_each(on_call(), write, about=f"{_subject(row)}:{step}", life_safety=True)


def watch() -> threading.Thread:
    """Look every few seconds for as long as this process lives."""
    thread = threading.Thread(target=_watch, args=(threading.Event(),), name="outages", daemon=True)
    thread.start()
    return thread


def _watch(ended: threading.Event) -> None:
    while not ended.wait(EVERY):
        try:
            close_old_connections()
            look()
        except Exception:  # a database that is away, or anything else: who watches must not end
            log.exception("outages.could_not_look")
            connection.close()
