"""What the police liaison tells other rooms."""

from core import cases
from police.selectors import open_requests_about


@cases.register_open_cases
def requests_about(subject: str) -> list[cases.OpenCase]:
    """Whoever answers a request of the police has a case about both sides of the trip that is asked about."""
    return open_requests_about(subject)
