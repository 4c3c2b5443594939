"""What the addresses of safety are about: one of each (`tests/test_permissions.py`)."""

from rides.models import Trip
from rides.states import Party
from rides.tokens import TripKey
from safety import services as safety
from safety.tests.factories import agree, begin


def things(rides, people, made):
    key = TripKey(made["trip"], Party.PASSENGER, "wenzhou")
    incident = safety.raise_sos(key=key)
    push = safety.ask_110(key=key)
    check = safety.file_welfare_check(
        missing_phone="13800000001", reporter_phone="13911110001", words="x", submission="s"
    )
    trip = Trip.objects.get(code=made["trip"])
    agree(trip)
    phone_that_records = begin(trip)
    phone_that_records.keep(0)
    play = safety.play_recording(
        account=people("specialist"), code=phone_that_records.code, case=incident.code, reason="x"
    )
    share = safety.share_trip(key=key)
    meant = safety.raise_sos(key=TripKey(made["ended"], Party.PASSENGER, "wenzhou"))
    safety.take_incident(account=people("agent"), code=meant.code)
    safety.resolve_incident(
        account=people("agent"), code=meant.code, outcome="malicious", harm="none", words="x"
    )
    safety.close_incident(account=people("specialist"), code=meant.code)
    return {
        "incident": incident.code,
        "reported": incident.code,
        "push": push.secret,
        "check": check.secret,
        "recording": phone_that_records.code,
        "sound_token": phone_that_records.token,
        "play": play.pk,
        "share": share.token,
        "share_number": share.pk,
        "malicious": made["ended"],
    }
