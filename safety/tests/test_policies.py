"""The monitor's and the desk's rules as they stand in the database: whatever is stored there, help works."""

from datetime import timedelta

import pytest

from core import clock
from core.models import PolicyVersion
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident
from safety.services import file_welfare_check, raise_sos


def written_by_hand(key, value):
    """A row that no service wrote: of an older release, or put in by hand."""
    PolicyVersion.objects.create(
        key=key, number=1, value=value, effective_from=clock.now() - timedelta(hours=1), proposed_by="a", approved_by="b"
    )  # fmt: skip


@pytest.mark.parametrize(
    "value", [{"off_route": 40}, {}, {"sos": "many"}, {"sos": None}, {"sos": -5}, [], False, "x", 7, {"new_kind": 3}]
)  # fmt: skip
def test_whatever_weights_are_stored_an_sos_opens_an_incident(rides, value):
    trip = rides.under_way()
    written_by_hand("safety.weights", value)
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    incident = Incident.objects.get()
    assert incident.has_sos and incident.score == 100 and incident.high_risk_at


@pytest.mark.parametrize(
    ("key", "value"),
    [("safety.incident_threshold", "70"), ("safety.incident_threshold", {}), ("safety.distress_words", 5)],
)
def test_whatever_limits_are_stored_a_welfare_check_is_taken(rides, people, value, key):
    rides.under_way()
    written_by_hand(key, value)
    file_welfare_check(
        missing_phone=people("passenger").phone, reporter_phone="13911110001", words="救命", submission="one"
    )
    assert Incident.objects.get().high_risk_at
