"""What complaints do when other rooms say something."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from complaints import macros
from complaints.selectors import (
    at_desk,
    calls_of_last_hour,
    complaint_trip_if_open,
    complaints_about,
    newest_call,
    open_accidents_about,
    open_complaints_about,
    own_care,
    owned_complaints,
    owners_of_cases,
    prepared_steps,
    read_along,
    trips_of_claims,
    trips_of_complaints,
)
from complaints.services import give_own_care, give_own_complaints, open_recording_case
from complaints.states import Level
from core import cases, handover, holds, known, live, prepared
from core.events import handles
from core.messages import beside
from rides.selectors import trip_by_code
from safety.events import RecordingKept

if TYPE_CHECKING:
    from accounts.models import Account


@handles(RecordingKept)
def keep_recording_in_a_case(event: RecordingKept) -> None:
    """Whoever asks to keep a recording has a case about it."""
    open_recording_case(trip=trip_by_code(event.trip))


@beside.reads_along
def is_beside(subject: str, recipient: str) -> bool:
    """Nobody learns from her phone, in the car, that she complained (S11)."""
    return subject.startswith("C") and read_along(subject, recipient)


@prepared.offer
def steps() -> list[prepared.Step]:
    """What supervisors wrote down for incidents beside their answers to complaints."""
    return [
        prepared.Step(
            code=row.code,
            title={"zh": row.title_zh, "en": row.title_en},
            words={"zh": macros.fill_step(row.body_zh), "en": macros.fill_step(row.body_en)},
            note={"zh": macros.fill_step(row.note_zh), "en": macros.fill_step(row.note_en)},
            again=timedelta(minutes=row.again_minutes) if row.again_minutes else None,
        )
        for row in prepared_steps()
    ]


@cases.register_case_lookup
def trip_of_complaint(code: str) -> str:
    """A complaint that is worked on is a case in which recordings of its trip may be played."""
    return complaint_trip_if_open(code) if code.startswith("C") else ""


@cases.register_open_cases
def complaints_open_about(subject: str) -> list[cases.OpenCase]:
    """Whoever owns a complaint, and who stays with the person harmed, has a case about both sides."""
    return open_complaints_about(subject)


@cases.register_owners
def owners_of_complaints(code: str) -> list[str]:
    """Whose a complaint or accident is or was, by its code or its trip's."""
    return owners_of_cases(code)


@cases.register_open_cases
def accidents_open_about(subject: str) -> list[cases.OpenCase]:
    """Whoever stays with those concerned by an accident has a case about them while a claim is open."""
    return open_accidents_about(subject)


@cases.register_open_cases
def calls_open_about(subject: str) -> list[cases.OpenCase]:
    """Whoever answered somebody's call within the last hour has them on the line."""
    return calls_of_last_hour(subject)


@holds.things_of_trips("C")
def trips_behind_complaints(codes: Collection[str]) -> Mapping[str, str]:
    """Files of a complaint belong to its trip."""
    return trips_of_complaints(codes)


@holds.things_of_trips("K")
def trips_behind_claims(codes: Collection[str]) -> Mapping[str, str]:
    """Files of a claim belong to the trip of its accident."""
    return trips_of_claims(codes)


@known.about_people("complaints")
def complaints_known_of(code: str) -> list[known.Known]:
    """Complaints about somebody, the newest first, those that were found groundless too: they say so."""
    return [
        known.Known(
            row.code,
            reverse("complaints_console:case", args=[row.code]),
            row.get_category_display(),
            row.filed_at,
            row.get_state_display(),
            "bad" if row.level == Level.SEVERE else "warn",
        )
        for row in complaints_about(code)
    ]


def _own_complaints(account: "Account") -> list[handover.Mine]:
    return [
        handover.Mine(row.code, reverse("complaints_console:case", args=[row.code]), row.filed_at)
        for row in owned_complaints(account)
    ]


def _own_care(account: "Account") -> list[handover.Mine]:
    page = reverse("complaints_console:care")
    return [handover.Mine(row.concerns, page, until=row.due_at) for row in own_care(account)]


@handover.roster
def on_duty(at: datetime) -> set[str]:
    """Who is there to be given anything."""
    return {person.code for person in at_desk(at)}


@handover.held(
    "care",
    _("Care"),
    column="complaints.CareTask.owner",
    due="care",
    order=25,
    permission="complaints.work",
    marks=("care",),
    mine=_own_care,
)
def hand_over_care(account: "Account", heir: "Account", _words: str) -> int:
    """What somebody promised to do for a person is promised still."""
    return give_own_care(account, heir)


@handover.held(
    "complaints",
    _("Complaint"),
    column="complaints.Complaint.owner",
    due="complaints",
    order=20,
    permission="complaints.work",
    marks=("complaints",),
    mine=_own_complaints,
)
def hand_over_complaints(account: "Account", heir: "Account", words: str) -> int:
    """At the end of a shift."""
    return give_own_complaints(account, heir, words)


@live.mark("calls")
def calls_that_rang() -> int:
    """Open consoles look for a call that was put through to them when this grows."""
    return newest_call()
