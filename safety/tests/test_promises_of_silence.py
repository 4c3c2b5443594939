"""'We will not call you' is true: in silent mode nobody's call can be noted, and the phone's clock does not run."""

import pytest

from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.errors import ActionClosed
from safety.policies import clocks_of


def test_in_silent_mode_nobody_can_note_a_call(rides, people):
    trip = rides.under_way()
    key = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    incident = services.raise_sos(key=key, silent=True)
    incident = services.take_incident(account=people("agent"), code=incident.code)
    with pytest.raises(ActionClosed):
        services.record_call(account=people("agent"), code=incident.code, words="x")
    assert "called_back" not in {each.key for each in clocks_of(incident)}
    incident = services.add_word(key=key, silent=False)
    services.record_call(account=people("agent"), code=incident.code, words="she may be called")
