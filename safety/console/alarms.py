"""Incidents that ring: that nobody has, in which something is new, or a clock ran out, though somebody has them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from django.urls import reverse_lazy
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import policy
from core.alarms import Alarm, Rank, alarm
from rides.states import Party
from safety import selectors
from safety.models import EmergencyPush, Incident
from safety.policies import OWNED_WITHIN, PUSH_CONFIRMED, clock_that_rings
from safety.states import IncidentState, Origin

_NOBODY: dict[str, Promise] = {
    Origin.WELFARE_CHECK: _("Welfare check: nobody has it"),
    Origin.MONITOR: _("Danger on a trip: nobody has it"),
    Origin.RULE: _("Danger on a trip: nobody has it"),
    Origin.SOS: _("SOS: nobody has it"),
}
_NOBODY_HEARS: dict[str, Promise] = {
    Party.PASSENGER: _("SOS of the passenger: nobody has it"),
    Party.DRIVER: _("SOS of the driver: nobody has it"),
}
_NOT_SEEN: dict[str, Promise] = {
    Party.PASSENGER: _("SOS of the passenger: not looked at"),
    Party.DRIVER: _("SOS of the driver: not looked at"),
}


def _what(row: Incident, first: str) -> Promise:
    if row.state != IncidentState.OPEN:
        return _("New in an incident: not looked at")
    return _NOBODY_HEARS[first] if first else _NOBODY[row.origin]


def _rank(row: Incident) -> Rank:
    if row.has_sos:
        return Rank.SOS
    return Rank.KNOWN if row.trip_id else Rank.OUTSIDE


@alarm("incidents", permission="incidents.respond", sign=selectors.sign_of_what_rings)
def incidents(_at: datetime) -> Iterator[Alarm]:
    """One alarm for each, and one for whoever calls for help in it later; a live incident has a person, whatever its risk.

    Who calls second, or in what a report opened, would be heard by nobody in a row that rings for minutes already.
    """
    for row, calls in selectors.incidents_that_ring():
        is_open = row.state == IncidentState.OPEN
        clock = clock_that_rings(row)
        opener = min(calls, key=lambda party: calls[party], default="")
        first = opener if is_open and row.origin == Origin.SOS else ""
        whole = Alarm(
            key=f"incident:{row.code}:{clock.started.timestamp():.3f}",
            code=row.code,
            what=_what(row, first),
            link=reverse_lazy("safety_console:incident", args=[row.code]),
            since=clock.started,
            within=clock.due - clock.started,
            owner="" if is_open else row.taken_by,
            # What is new is acknowledged on the page that shows it, and not from a list.
            act=reverse_lazy("safety_console:act", args=[row.code, "take"]) if is_open else "",
            does=pgettext_lazy("incident", "Take"),
            rank=_rank(row),
        )
        yield whole
        for party, since in calls.items():
            if party != first and (is_open or since > clock.started):
                yield replace(
                    whole,
                    key=f"incident:{row.code}:{party}:{since.timestamp():.3f}",
                    what=(_NOBODY_HEARS if is_open else _NOT_SEEN)[party],
                    since=since,
                )


_RAN_OUT: dict[str, Promise] = {
    "called_back": _("A call for help, and nobody has called back in time"),
    "safe_check": _("No safe check in time: the police of the place are to be called"),
    "police": _("The police of the place are not called, and no supervisor has said why not"),
}


@alarm("clocks_ran_out", permission="incidents.respond", sign=selectors.sign_of_clocks_that_ran_out)
def clocks_ran_out(at: datetime) -> list[Alarm]:
    """One alarm for each owned incident with clocks of S2 and S10 that ran out, as old as the first of them.

    A clock that nobody has met saves nobody because somebody has the incident: its owner first, then everybody.
    """
    return [
        Alarm(
            key=f"clock:{row.code}:{late.first.key}:{late.first.started.timestamp():.0f}",
            code=row.code,
            what=_RAN_OUT[late.gravest.key],
            link=reverse_lazy("safety_console:incident", args=[row.code]),
            since=late.first.due,
            within=policy.span(OWNED_WITHIN),
            owner=row.taken_by,
            rank=_rank(row),
        )
        for row, late in selectors.incidents_that_ran_out(at)
    ]


@alarm("police_calls", permission="incidents.respond")
def police_calls(_at: datetime) -> list[Alarm]:
    """Calls to the police by hand that wait for a second person: until then nobody but one says that they were made (S10)."""
    return [
        Alarm(
            key=f"police-call:{row.code}",
            code=row.code,
            what=_("A call to the police waits for a second person"),
            link=reverse_lazy("safety_console:incident", args=[row.code]),
            since=row.police_said_at or row.opened_at,
            within=policy.span(OWNED_WITHIN),
            without=frozenset({row.police_said_by}),
        )
        for row in selectors.police_calls_to_confirm()
    ]


@alarm("look_again", permission="incidents.respond")
def look_again(at: datetime) -> list[Alarm]:
    """Incidents at which somebody said that they are looked at again, and nobody has."""
    return [
        Alarm(
            key=f"look:{row.code}:{since.timestamp():.0f}",
            code=row.code,
            what=_("To be looked at again"),
            link=reverse_lazy("safety_console:incident", args=[row.code]),
            since=since,
            within=policy.span(OWNED_WITHIN),
            owner=row.taken_by,
            rank=_rank(row),
        )
        for row in selectors.incidents_to_look_at(at)
        if (since := row.look_at) is not None
    ]


def _what_of_centre(row: EmergencyPush) -> Promise:
    if row.ended_there:
        return _("110 ended a case that is open with us: call there")
    if row.received_at:
        return _("110 has the case and gets no new position: call there by telephone")
    return _("110 does not answer: call there by telephone")


@alarm("emergency_centre", permission="incidents.respond")
def emergency_centre(at: datetime) -> list[Alarm]:
    """Cases that 110 has not confirmed, hears no more of, or ended: until a person called there, and said so (P12)."""
    return [
        Alarm(
            key=f"110:{row.key}:{row.said}",
            code=row.incident.code,
            what=_what_of_centre(row),
            link=reverse_lazy("safety_console:incident", args=[row.incident.code]),
            since=(row.said_at if row.ended_there else row.traced_at) or row.asked_at,
            within=policy.span(PUSH_CONFIRMED),
            rank=Rank.CALL,
        )
        for row in selectors.pushes_that_ring(at)
    ]


@alarm("emergency_centre_not_told", permission="incidents.respond")
def emergency_centre_not_told(at: datetime) -> list[Alarm]:
    """Calls for help that we did not send to 110 ourselves: until a person called there, and said so (P12)."""
    return [
        Alarm(
            key=f"110:{row.code}:",
            code=row.code,
            what=_("110 does not answer: call there by telephone"),
            link=reverse_lazy("safety_console:incident", args=[row.code]),
            since=row.opened_at,
            within=policy.span(PUSH_CONFIRMED),
            rank=Rank.CALL,
        )
        for row in selectors.calls_not_pushed(at)
    ]
