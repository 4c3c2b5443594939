"""S11: nothing on the driver's phone betrays the passenger while somebody may be in the car.

Everything that the driver's pages and API say is compared, byte for byte but for tokens, with and without an incident:
SOS, sound, sharing, the monitor's question, a welfare check, a severe complaint with its hold, the police's request,
a hold on the recording. The routes are those of the permission table, so a new page is compared as soon as it exists.
"""

import re

from complaints.services import file_complaint
from complaints.states import Category
from core import clock
from core.models import DataHold
from drivers.models import Hold
from drivers.selectors import driver_of
from drivers.tests.factories import face_token
from police.services import Question, ask_by_form
from police.states import Query
from rides.selectors import position_key
from rides.services import cancel_trip
from rides.states import CancelReason, Party
from rides.tokens import TripKey
from safety import services
from safety.models import Incident, RecordingPlay, SafetyQuestion, TripShare, WelfareCheck
from safety.states import RecordingPurpose, SignalKind
from safety.tests.factories import agree, begin
from tests.test_permissions import KEYED, TABLE

NOISE = re.compile(
    r'csrfmiddlewaretoken" value="[^"]*"|X-CSRFToken": "[^"]*"|"key": ?"[^"]*"|data-(?:key|live|record)="[^"]*"'
    r'|name="key" value="[^"]*"|name="client_key" value="[^"]*"|key=[^"& ]*|data-now="[^"]*"'
    r'|body=HH1[\w-]*"'
    r'|name="submission" value="[^"]*"|"spki": ?"[^"]*"'
)
# What a driver opens only with an object of another person or of another journey: nothing of this trip is on it.
ELSEWHERE = {"{check}", "{contact_secret}", "{link}", "{share}", "{rider_key}", "{late_key}", "{video}"} | {
    "{complaint_secret}",
    "{claim_secret}",
    "{thanks}",
}


def drivers_pages(trip, waiting):
    """Each address that the driver may open by GET, filled in for this trip."""
    key = position_key(trip, Party.DRIVER)
    names = {"trip": trip.code, "itinerary": trip.itinerary.code, "waiting": waiting.code}
    for method, route, allowed, *_body in TABLE:
        if method == "GET" and "driver" in allowed and not any(name in route for name in ELSEWHERE):
            yield "/" + route.format(**names)
    for method, route in KEYED:
        if method == "GET" and "/sos/" not in route:  # his own SOS page opens after his own call alone
            yield "/" + route.format(**names) + f"?key={key}"


def test_nothing_on_the_drivers_phone_betrays_the_passenger(
    rides, people, signed_in, deliver, settings, tmp_path
):
    settings.RECORDING_KEYS = str(tmp_path / "keys")
    trip = rides.under_way()
    waiting = rides.booked("passenger2")
    agree(trip)
    begin(trip)
    client = signed_in("driver")
    paths = sorted(set(drivers_pages(trip, waiting)))
    assert len(paths) > 35

    def seen():
        found = {}
        for path in paths:
            answer = client.get(path)
            found[path] = (answer.status_code, NOISE.sub("", answer.content.decode(errors="replace")))
        return found

    before = seen()
    her = TripKey(trip.code, Party.PASSENGER, "wenzhou")
    incident = services.raise_sos(key=her)
    phone = begin(trip, RecordingPurpose.SOS)
    services.note_listening(account=people("agent"), code=phone.code)
    services.share_trip(key=her)
    services.file_welfare_check(
        missing_phone=people("passenger").phone, reporter_phone="13911110001", words="救命", submission="s"
    )
    file_complaint(
        account=people("passenger"),
        trip_code=trip.code,
        category=Category.HARASSMENT,
        words="救命",
        submission="c",
    )
    services.report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    cancel_trip(account=people("passenger"), trip_code=trip.code, reason=CancelReason.NOT_BOARDED)
    services.take_incident(account=people("agent"), code=incident.code)
    ask_by_form(
        account=people("officer"), question=Question(Query.TRIP, trip.code, clock.now()), submission="p"
    )
    deliver()
    assert Hold.objects.get().covert
    for rows in (Incident, SafetyQuestion, TripShare, WelfareCheck, RecordingPlay, DataHold):
        assert rows.objects.exists(), rows
    after = seen()
    for path in paths:
        assert after[path] == before[path], path
    # A new order is refused as one that somebody else took a moment ago.
    answer = client.post(
        f"/api/v1/trips/{waiting.code}/accept/",
        {
            "itinerary": trip.itinerary.code,
            "face_token": face_token(driver_of(people("driver")), waiting.code),
        },
        content_type="application/json",
    )
    assert answer.json()["code"] == "no_longer_available"
