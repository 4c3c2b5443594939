"""What the police liaison tells other rooms, and what it does behind an answer."""

from core import cases
from core.events import handles
from police import preserving
from police.events import PreservationAsked
from police.selectors import open_requests_about


@cases.register_open_cases
def requests_about(subject: str) -> list[cases.OpenCase]:
    """Whoever answers a request of the police has a case about both sides of the trip that is asked about."""
    return open_requests_about(subject)


@handles(PreservationAsked)
def hold_what_it_names(event: PreservationAsked) -> None:
    preserving.hold_what_exists(code=event.code)
