"""The page of an incident: where both are, how well that is known, calls by one key, a short list of actions, whose line each is."""

import re
from datetime import timedelta

import httpx
import pytest

from accounts.services import add_emergency_contact
from complaints.services import file_complaint
from complaints.states import Category
from core import clock, outside
from core.models import AuditEntry, TimelineEntry
from core.privacy import mask_name
from police.models import Agency
from rides.models import LatestPosition
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.errors import ActionClosed
from safety.models import PlacedCall
from safety.policies import clocks_of
from safety.selectors import check_by_code
from safety.services.calls import CALLS
from safety.states import Callee, PlacedState

EN = {"accept-language": "en"}


@pytest.fixture
def taken(rides, people):
    trip = rides.under_way()
    incident = services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    return services.take_incident(account=people("agent"), code=incident.code)


@pytest.fixture
def relay(settings, monkeypatch):
    """The relay as its contract says: what it was asked, and what it answers about calls."""
    settings.RELAY_URL = "http://relay.test"
    said = {"asked": [], "state": "ringing", "away": False}

    def answer(request):
        if said["away"]:
            raise httpx.ConnectError("away")
        said["asked"].append((request.url.path, request.content.decode()))
        return httpx.Response(200, json={"state": said["state"]})

    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(outside, "_client", lambda: client)
    monkeypatch.setattr(outside, "_breakers", type(outside._breakers)(default_threshold=50, default_ttl=30.0))
    return said


def page_of(client, incident, part="/"):
    return client.get(f"/admin/incidents/{incident.code}{part}", headers=EN).content.decode()


def test_the_newest_that_was_written_stands_first(taken, people, signed_in):
    for number in range(3):
        services.write_to_caller(
            account=people("agent"), code=taken.code, party="passenger", phrase="hurt", words=f"w{number}."
        )
    page = page_of(signed_in("agent"), taken)
    thread = page[page.index('id="thread"') : page.index('id="signals"')]
    assert [thread.index(f"w{number}.") for number in (2, 1, 0)] == sorted(
        thread.index(f"w{number}.") for number in range(3)
    )


def press(client, incident, action, **given):
    return client.post(f"/admin/incidents/{incident.code}/do/{action}/", {"do": "1", **given}, follow=True)


# --- Where ---


def place(trip, party, *, age=0, **known):
    LatestPosition.objects.update_or_create(
        trip=trip,
        party=party,
        defaults={
            "at": clock.now() - timedelta(seconds=age),
            "latitude": 28.1535,
            "longitude": 120.6905,
            **known,
        },
    )


def test_each_position_says_its_age_accuracy_speed_and_place(taken, signed_in):
    place(taken.trip, Party.PASSENGER, age=3, accuracy=12.0, speed=10.0)
    place(taken.trip, Party.DRIVER, age=300, accuracy=900.0)
    html = page_of(signed_in("agent2"), taken, "/where/")
    words = re.sub(r"<script.*?</script>", " ", html, flags=re.S)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", words))
    assert "± 12 m" in text
    assert "36 km/h" in text
    assert "old: no newer position has come" in text, "the driver's, five minutes ago"
    assert "only about here" in text
    assert "28.1535, 120" not in text, "a place is called by its name"


def test_no_position_at_all_is_said(taken, signed_in):
    assert "No position of either side has come." in page_of(signed_in("agent2"), taken, "/where/")


def test_the_open_page_asks_for_the_map_by_itself(taken, signed_in):
    html = page_of(signed_in("agent2"), taken)
    assert f'data-from="/admin/incidents/{taken.code}/where/"' in html


# --- Calls by one key ---


def test_one_key_rings_the_agent_then_the_passenger_without_a_typed_reason(taken, signed_in, relay, people):
    press(signed_in("agent"), taken, "call_passenger")
    row = PlacedCall.objects.get()
    assert (row.to, row.state, row.by) == (Callee.PASSENGER, PlacedState.RINGING, "agent")
    path, body = relay["asked"][0]
    assert path == "/calls/"
    assert people("agent").phone in body
    assert taken.trip.passenger.phone in body
    assert AuditEntry.objects.filter(action="safety.calling", subject=taken.code).count() == 1


def called_back(incident):
    incident.refresh_from_db()
    return next(each for each in clocks_of(incident) if each.key == "called_back").done


def test_the_clock_of_the_call_back_stops_when_it_is_connected_not_when_it_is_dialled(
    taken, signed_in, relay
):
    press(signed_in("agent"), taken, "call_passenger")
    CALLS.run(at=clock.now())
    assert called_back(taken) is None
    relay["state"] = "connected"
    CALLS.run(at=clock.now())
    assert called_back(taken) is not None
    assert PlacedCall.objects.get().state == PlacedState.CONNECTED
    assert "connected" in page_of(signed_in("agent"), taken)


def test_a_call_that_nobody_takes_up_stops_no_clock(taken, signed_in, relay, noon):
    press(signed_in("agent"), taken, "call_passenger")
    noon.shift(120)
    CALLS.run(at=clock.now())
    assert PlacedCall.objects.get().state == PlacedState.FAILED
    assert called_back(taken) is None


def test_while_the_relay_is_away_the_call_is_said_to_have_failed(taken, signed_in, relay):
    relay["away"] = True
    answer = press(signed_in("agent"), taken, "call_passenger").content.decode()
    assert PlacedCall.objects.get().state == PlacedState.FAILED
    assert TimelineEntry.objects.filter(kind="safety.not_connected", incident=taken.code).exists()
    assert "call by hand" in answer or "手工" in answer or "人工" in answer


def test_a_connected_call_to_a_contact_is_no_call_back(taken, signed_in, relay, people):
    contact = add_emergency_contact(account=people("passenger"), name="Mother", phone="13911110001")
    html = page_of(signed_in("agent"), taken)
    assert mask_name("Mother") in html
    assert "Mother" not in html
    relay["state"] = "connected"
    press(signed_in("agent"), taken, "call_contact", contact=str(contact.pk))
    CALLS.run(at=clock.now())
    assert PlacedCall.objects.get().state == PlacedState.CONNECTED
    assert called_back(taken) is None


def test_nothing_is_seen_by_a_call(taken, signed_in, relay):
    services.add_word(key=TripKey(taken.trip.code, Party.PASSENGER, "wenzhou"), words="he is back")
    press(signed_in("agent"), taken, "call_passenger")
    taken.refresh_from_db()
    assert taken.news_at


def test_a_station_is_rung_at_its_published_number_also_where_no_trip_is_known(people, signed_in, relay):
    filed = services.file_welfare_check(
        missing_phone="13899990000", words="x", reporter_phone="13911110001", submission="s"
    )
    incident = check_by_code(filed.code).incident
    services.take_incident(account=people("agent"), code=incident.code)
    assert "Call a police station" in page_of(signed_in("agent"), incident)
    press(signed_in("agent"), incident, "call_station", station="")
    press(signed_in("agent"), incident, "call_station", station="nowhere")
    assert PlacedCall.objects.count() == 0
    press(signed_in("agent"), incident, "call_station", station="shangtang")
    row = PlacedCall.objects.get()
    assert (row.to, row.station, row.by) == (Callee.STATION, "shangtang", "agent")
    assert Agency.objects.get(code="shangtang").published_phone in relay["asked"][0][1]
    # A connected call is no word of the police: their clock runs until a second person has looked.
    relay["state"] = "connected"
    CALLS.run(at=clock.now())
    incident.refresh_from_db()
    assert incident.police_called_at is None


def test_the_driver_is_not_called_while_she_may_sit_beside_him(taken, people, relay):
    with pytest.raises(ActionClosed):
        services.place_call(account=people("agent"), code=taken.code, to=Callee.DRIVER)
    assert relay["asked"] == []
    services.record_safe_check(account=people("agent"), code=taken.code, words="she is at home")
    services.place_call(account=people("agent"), code=taken.code, to=Callee.DRIVER)
    assert len(relay["asked"]) == 1


def test_the_telephone_of_the_caller_alone_is_said_to_ring_and_for_as_long_as_it_does(
    taken, signed_in, relay
):
    said = "Your telephone rings; whoever you call rings once you take it."
    press(signed_in("agent"), taken, "call_passenger")
    assert page_of(signed_in("agent"), taken).count(said) == 1
    assert said not in page_of(signed_in("specialist"), taken)
    relay["state"] = "connected"
    CALLS.run(at=clock.now())
    assert said not in page_of(signed_in("agent"), taken)


def test_whoever_must_not_be_called_is_not_called(rides, people, relay):
    trip = rides.under_way()
    incident = services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), silent=True)
    services.take_incident(account=people("agent"), code=incident.code)
    with pytest.raises(ActionClosed):
        services.place_call(account=people("agent"), code=incident.code, to=Callee.PASSENGER)
    assert relay["asked"] == []


# --- What is shown ---


def test_actions_are_a_short_list_and_what_is_closed_is_folded_with_its_reason(taken, signed_in):
    html = page_of(signed_in("agent"), taken)
    actions = html[html.index('id="actions"') : html.index('id="who"')]
    before, closed = actions.split('id="closed-actions"')
    assert "<details" in before
    assert " open" not in re.findall(r"<details[^>]*>", before)[0]
    keys = re.findall(r'data-shortcut="(\w)"', before)
    assert len(keys) == len(set(keys)) >= 6
    everywhere = re.findall(r'data-shortcut="(\w)"', html)
    assert len(everywhere) == len(set(everywhere)), "one key, two acts"
    assert keys[0] == "p", "the police first"
    assert "She may sit beside him" in closed
    assert "<button disabled" not in actions


def test_what_is_known_of_the_driver_stands_beside_him(taken, signed_in, people, rides):
    earlier = rides.under_way("passenger2", "driver2")
    complaint = file_complaint(
        account=people("passenger2"),
        trip_code=earlier.code,
        category=Category.HARASSMENT,
        words="x",
        submission="e",
    )
    other = services.raise_sos(key=TripKey(earlier.code, Party.PASSENGER, "wenzhou"))
    html = page_of(signed_in("agent"), other)
    who = html[html.index('id="who"') :]
    assert complaint.code in who
    assert f"/admin/workspace/{complaint.code}/" in who
    assert "vetted" in who


def test_a_line_says_whose_it_is_and_leads_there(taken, signed_in, people):
    complaint = file_complaint(
        account=people("passenger"),
        trip_code=taken.trip.code,
        category=Category.DISPUTE,
        words="x",
        submission="d",
    )
    html = page_of(signed_in("agent"), taken)
    lines = html[html.index('<ol class="timeline" tabindex') :]
    assert 'data-group="incident"' in lines
    assert re.search(rf'data-group="case">.*?{complaint.code}</a>', lines, re.S)
    assert 'data-show="incident"' in html


def test_colleagues_see_each_other(taken, signed_in):
    address = f"/admin/incidents/{taken.code}/here/"
    assert signed_in("agent").post(address, {"writing": "0"}).status_code == 200
    assert f'data-here="{address}"' in page_of(signed_in("agent"), taken)
