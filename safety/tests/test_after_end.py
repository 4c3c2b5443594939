"""Both phones are watched after the end: their pages go on sending where they are, and his says nothing by it (R9, S11)."""

import re
from datetime import timedelta

import pytest

from rides.models import Trip
from rides.policies import WATCH_AFTER_END
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety.services import ask_passenger, raise_sos

SENDS = re.compile(r"data-key=\"[^\"]+\"")
SPAN = timedelta(seconds=WATCH_AFTER_END.default)
MOMENT = timedelta(seconds=1)


def paths(trip):
    return f"/trips/{trip.code}/", f"/trips/{trip.code}/status/"


@pytest.fixture
def pages(signed_in):
    """The texts of one side's page and of the part of it that is loaded anew."""

    def of(name, trip):
        return [signed_in(name).get(path).content.decode() for path in paths(trip)]

    return of


def sends(texts):
    """What the page and its part say: whether they send positions."""
    (said,) = {bool(SENDS.search(text)) for text in texts}
    return said


def plain(texts):
    """Without what is another one in every answer."""
    once = re.compile(r'name="csrfmiddlewaretoken" value="[^"]*"|"X-CSRFToken": "[^"]*"|data-key="[^"]*"')
    keys = re.compile(r'"X-Trip-Key": "[^"]*"|name="key" value="[^"]*"')
    return [keys.sub("", once.sub("", text)) for text in texts]


def test_both_pages_send_positions_for_as_long_as_both_phones_are_watched(rides, pages, noon):
    trip = rides.ended()
    assert sends(pages("passenger", trip)) and sends(pages("driver", trip))
    noon.shift(SPAN - MOMENT)
    assert sends(pages("passenger", trip)) and sends(pages("driver", trip))
    noon.shift(MOMENT)
    assert not sends(pages("passenger", trip)) and not sends(pages("driver", trip))


def test_hers_sends_for_as_long_as_an_incident_lives_and_his_does_not(rides, pages, noon):
    trip = rides.ended()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    noon.shift(SPAN + timedelta(hours=5))
    assert sends(pages("passenger", trip)) and not sends(pages("driver", trip))


def test_hers_sends_for_as_long_as_a_question_waits_and_his_does_not(rides, pages, noon):
    trip = rides.ended()
    noon.shift(SPAN)
    assert not sends(pages("passenger", trip))
    ask_passenger(trip=trip)
    assert sends(pages("passenger", trip)) and not sends(pages("driver", trip))


@pytest.mark.parametrize("after", [timedelta(minutes=1), SPAN - MOMENT, SPAN, SPAN + timedelta(minutes=30)])
def test_his_page_is_the_same_with_and_without_an_incident(rides, pages, noon, after):
    trip = rides.ended()
    noon.shift(after)
    before = plain(pages("driver", trip))
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    ask_passenger(trip=trip)
    assert plain(pages("driver", trip)) == before


def test_who_travels_on_a_trip_that_was_booked_for_them_sends_too(rides, client, noon):
    """The page that opens by its key."""
    trip = rides.ended()
    Trip.objects.filter(pk=trip.pk).update(
        rider_kind="other", rider_name="王丽", rider_phone="+8613911110077"
    )
    path = f"/ride/{position_key(trip, Party.PASSENGER)}/"
    assert SENDS.search(client.get(path).content.decode())
    noon.shift(SPAN)
    assert not SENDS.search(client.get(path).content.decode())


def test_before_the_end_nothing_changed(rides, pages):
    trip = rides.under_way()
    assert sends(pages("passenger", trip)) and sends(pages("driver", trip))
