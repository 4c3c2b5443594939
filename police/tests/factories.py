"""What an officer asks, as small as it may be."""

from core import clock
from police.services import Question
from police.states import Query, Urgency

SUPERVISOR = "+8613955550001"


def urgent(query=Query.TRIP, value="", about=None, **changes):
    """An emergency by the form, with the supervisor whom it has to name."""
    given = {"supervisor_name": "王所长", "supervisor_phone": SUPERVISOR} | changes
    return Question(query, value, about or clock.now(), Urgency.EMERGENCY, "", **given)
