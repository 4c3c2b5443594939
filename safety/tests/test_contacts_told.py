"""Where a page speaks of a contact who was written to, it says what is known and no more."""

import pytest

from accounts.services import add_emergency_contact
from core.messages import outbox
from core.models import Notification
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident
from safety.services import raise_sos


@pytest.fixture
def called(rides, people, deliver):
    """An SOS with one contact, whose message waits."""
    people("passenger").emergency_contacts.all().delete()
    add_emergency_contact(account=people("passenger"), name="friend", phone="13900000077")
    trip = rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    deliver()
    return trip, Notification.objects.get(key__startswith="sos:")


def incident_of(trip):
    return Incident.objects.get(trip=trip).code


def becomes(row, state):
    """The row as a worker or a receipt leaves it."""
    at = row.created_at
    Notification.objects.filter(pk=row.pk).update(
        state=state,
        attempts=1,
        sent_at=at if state in {"sent", "delivered"} else None,
        delivered_at=at if state == "delivered" else None,
    )


PROGRESS = [
    ("queued", "not handed over yet; tried 1 time", "尚未发出，已试 1 次"),
    (
        "sent",
        "handed over to the provider at 12:00:00, not confirmed yet",
        "12:00:00 已交给服务商，尚未确认送达",
    ),
    ("delivered", "delivered at 12:00:00", "12:00:00 已送达"),
    ("needs_person", "not delivered: they have to be reached another way", "未送达，需换方式联系"),
]


@pytest.mark.parametrize(("state", "en", "zh"), PROGRESS)
def test_her_page_and_the_console_say_what_is_known(called, signed_in, client, state, en, zh):
    trip, row = called
    becomes(row, state)
    incident = incident_of(trip)
    key = position_key(trip, Party.PASSENGER)
    for language, words in (("en", en), ("zh-hans", zh)):
        headers = {"accept-language": language, "x-trip-key": key}
        hers = client.get(f"/trips/{trip.code}/sos/status/", headers=headers).content.decode()
        theirs = (
            signed_in("specialist").get(f"/admin/incidents/{incident}/", headers=headers).content.decode()
        )
        for told in (hers, theirs):
            assert words in told
            others = {other[1 if language == "en" else 2] for other in PROGRESS} - {words}
            assert not [other for other in others if other in told]


@pytest.mark.parametrize(("state", "en", "_zh"), PROGRESS)
def test_what_she_shared_says_whom_it_reached(called, signed_in, state, en, _zh):
    _trip, row = called
    becomes(row, state)
    told = signed_in("passenger").get("/me/shared/").content.decode()
    assert "your emergency contacts (1)" in told
    counted = {"queued": "1 waiting", "sent": "1 handed over", "delivered": "1 delivered"}
    assert counted.get(state, "1 not delivered") in told
    assert str(outbox.tally("sos:")) in told


def test_the_timeline_does_not_say_that_they_were_alerted(called, signed_in):
    trip, _row = called
    told = signed_in("specialist").get(f"/admin/incidents/{incident_of(trip)}/").content.decode()
    assert "Messages to emergency contacts on their way: 1" in told and "alerted" not in told
