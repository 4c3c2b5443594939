"""What complaints do when other rooms say something."""

from complaints.selectors import complaint_trip_if_open, newest_call
from complaints.services import open_recording_case
from core import cases, live
from core.events import handles
from rides.selectors import trip_by_code
from safety.events import RecordingKept


@handles(RecordingKept)
def keep_recording_in_a_case(event: RecordingKept) -> None:
    """Whoever asks to keep a recording has a case about it."""
    open_recording_case(trip=trip_by_code(event.trip))


@cases.register_case_lookup
def trip_of_complaint(code: str) -> str:
    """A complaint that is worked on is a case in which recordings of its trip may be played."""
    return complaint_trip_if_open(code) if code.startswith("C") else ""


@live.mark("calls")
def calls_that_rang() -> int:
    """Open consoles look for a call that was put through to them when this grows."""
    return newest_call()
