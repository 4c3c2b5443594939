"""The SMS packet (S1): small, genuine, readable in the console, and as good as the button."""

import base64
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import NOON
from rides.states import Party
from rides.tokens import TripKey
from safety import packets, selectors, services
from safety.models import Incident, SosCall
from safety.packets import Packet, PacketUnreadable, decode, encode

HERE = (28.212712, 121.026034)


def packet(trip, **changes):
    given = {"party": Party.PASSENGER, "at": NOON, "position": HERE, "silent": False}
    return Packet(trip=trip, **(given | changes))


def understood(text):
    return decode(text, lambda _trip: "")


@given(
    st.floats(-90, 90),
    st.floats(-180, 180),
    st.sampled_from(list(Party)),
    st.booleans(),
    st.integers(0, 2**31),
)
def test_what_is_written_is_read_and_fits_into_one_message(latitude, longitude, party, silent, seconds):
    at = NOON.replace(microsecond=0) + timedelta(seconds=seconds % 10_000_000)
    said = packet("T-7K2M9QX4ZB", position=(latitude, longitude), party=party, silent=silent, at=at)
    text = encode(said)
    assert len(text.encode()) <= packets.LIMIT
    found = understood(f"求救 {text} sent by SMS")
    assert (found.trip, found.party, found.silent, found.at) == (said.trip, party, silent, at)
    assert found.position == pytest.approx((latitude, longitude), abs=1e-6)


@pytest.mark.parametrize("party", list(Party))
@pytest.mark.parametrize(
    "sent",
    [
        lambda text: f"{text[:20]} {text[20:]}",
        lambda text: "求救 " + "\n".join(text[at : at + 10] for at in range(0, len(text), 10)) + " 救命",
        lambda text: "".join(chr(ord(each) + 0xFEE0) for each in text),
        lambda text: f"help{text}please",
        lambda text: f"{text[:20]}\u200b{text[20:40]}\u00ad{text[40:]}",
        lambda text: "我在车上，他不让我下车。" * 60 + text,
        lambda text: "HH1 does not go out, help me " * 20 + text,
    ],
    ids=[
        "a space",
        "lines",
        "wide letters",
        "words beside it",
        "signs nobody sees",
        "many words",
        "words like it",
    ],
)
def test_it_is_read_however_a_phone_sent_it(sent, party):
    said = packet("T-7K2M9QX4ZB", party=party)
    assert understood(sent(encode(said))).trip == said.trip


def test_what_only_looks_like_one_is_not_tried_for_ever():
    """Whoever writes to the number chooses what is asked of the database."""
    asked = []
    looks_so = base64.urlsafe_b64encode(b"\x01" + b"0" * 380).decode().rstrip("=")
    with pytest.raises(PacketUnreadable):
        decode(f"{packets.MAGIC} {looks_so}", lambda trip: asked.append(trip) or "")
    assert 0 < len(asked) <= packets.CODE + 1
    asked.clear()
    many = " ".join(packets.MAGIC + looks_so[:40] for _each in range(500))
    with pytest.raises(PacketUnreadable):
        decode(many, lambda trip: asked.append(trip) or "")
    assert 0 < len(asked) <= packets.TRIED


def test_an_unknown_position_stays_unknown():
    assert understood(encode(packet("T-1", position=None))).position is None


@pytest.mark.parametrize(
    "text", ["", "HH1", "HH1####", "hello", "HH1" + "A" * 60, "HH1" + "A" * 9000, "HH1é"]
)
def test_what_is_no_packet_is_refused(text):
    with pytest.raises(PacketUnreadable):
        understood(text)


def test_a_changed_packet_is_refused():
    text = encode(packet("T-1"))
    for place in range(3, len(text), 5):
        other = "A" if text[place] != "A" else "B"
        with pytest.raises(PacketUnreadable):
            understood(text[:place] + other + text[place + 1 :])


def test_the_message_opens_an_incident_as_the_button_does_and_twice_changes_nothing(rides):
    trip = rides.under_way()
    text = encode(packet(trip.code, silent=True))
    incident = services.raise_by_packet(text=text)
    assert services.raise_by_packet(text=text).pk == incident.pk
    call = SosCall.objects.get()
    assert (call.latitude, call.longitude) == HERE
    incident.refresh_from_db()
    assert (selectors.silent_callers(incident), incident.has_sos) == ([Party.PASSENGER], True)
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    assert Incident.objects.count() == 1


def test_the_providers_call_needs_its_token(rides, signed_in, settings):
    """But for a packet that its trip signed, which calls for help by itself (`tests/test_refused_machines.py`)."""
    packed = encode(packet(rides.under_way().code))

    def call(token, text="help"):
        return signed_in("").post(
            "/api/v1/messages/in/",
            {"text": text},
            content_type="application/json",
            headers={"authorization": f"Bearer {token}"},
        )

    assert call("").status_code == 401
    settings.SMS_IN_TOKEN = "the token"
    assert call("another").status_code == 401
    assert not Incident.objects.exists()
    assert call("the token", packed).status_code == 201
    assert Incident.objects.count() == 1


def test_an_agent_reads_it_and_opens_the_incident(rides, signed_in):
    trip = rides.under_way()
    client, text = signed_in("agent"), encode(packet(trip.code))
    page = client.post("/admin/sos-packet/", {"text": text}).content.decode()
    assert trip.code in page
    assert "28.212712" in page
    assert not Incident.objects.exists()
    answer = client.post("/admin/sos-packet/", {"text": text, "act": "1"})
    assert answer.url == f"/admin/incidents/{Incident.objects.get().code}/"
    assert client.post("/admin/sos-packet/", {"text": "HH1nonsense"}).status_code == 200


def test_the_sos_page_has_the_message_ready_without_a_script(rides, signed_in):
    from rides.selectors import position_key

    trip = rides.under_way()
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    page = (
        signed_in("")
        .get(f"/trips/{trip.code}/sos/", headers={"x-trip-key": position_key(trip, Party.PASSENGER)})
        .content.decode()
    )
    text = page.split("?body=")[1].split('"')[0]
    assert understood(text).trip == trip.code


def test_a_page_from_before_the_secret_was_turned_still_calls_for_help(settings):
    text, before = encode(packet("T-1")), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another " * 8, [before]
    assert understood(text).trip == "T-1"
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(PacketUnreadable):
        understood(text)
