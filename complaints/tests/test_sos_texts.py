"""What comes to the SOS number and is no packet (S1): taken all the same, once, and rings until a person has read it."""

import base64
import re
import struct
from datetime import timedelta

import pytest

from accounts.models import EmergencyContact
from accounts.services import add_emergency_contact
from accounts.states import ContactState
from complaints import selectors, services
from complaints.console.panels import outside
from complaints.errors import NotNow
from complaints.models import OutsideMessage
from complaints.policies import SOS_TEXTS
from complaints.states import Category
from core import alarms, clock
from core.alarms import Rank
from core.console.panels import Due
from core.errors import Forbidden
from core.models import Notification
from core.tests.factories import set_policy
from rides.states import Party
from safety import packets
from safety.models import Incident
from safety.packets import Packet, encode
from tests.test_triage import GRAVE

PHONE = "+8613800000001"


@pytest.fixture
def gateway(signed_in, settings):
    """What the provider of SMS gets for a message that it brings."""
    settings.SMS_IN_TOKEN = "the token"
    client = signed_in("")

    def bring(text, **more):
        return client.post(
            "/api/v1/messages/in/",
            {"text": text, **more},
            content_type="application/json",
            headers={"authorization": "Bearer the token"},
        )

    return bring


@pytest.fixture
def gateway_of_bytes(signed_in, settings):
    """The same, with a body that is written by hand."""
    settings.SMS_IN_TOKEN = "the token"
    client = signed_in("")

    def bring(body, charset=""):
        kind = "application/json" + (f"; charset={charset}" if charset else "")
        headers = {"authorization": "Bearer the token"}
        return client.generic("POST", "/api/v1/messages/in/", body, content_type=kind, headers=headers)

    return bring


def packet_of(trip, **changes):
    given = {"party": Party.PASSENGER, "at": clock.now(), "position": None, "silent": False}
    return encode(Packet(trip=trip, **(given | changes)))


def ringing():
    return [each for each in alarms.ringing(clock.now()) if each.key.startswith("outside:")]


def of_zero_bytes():
    """Looks like a packet of a driver; its trip is what no column can hold."""
    body = struct.Struct(">BIii").pack(1, 0, 0, 0) + b"\0" * 6 + b"\0" * packets.MAC
    return packets.MAGIC + base64.urlsafe_b64encode(body).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    ["救命", "", "  ", "HH1nonsense", "please come", "x" * 20_000, "a\0b", "😀", of_zero_bytes(), 110, None],
    ids=["words", "empty", "blank", "half a packet", "English", "long", "a zero byte", "a picture", "zeros", "a number", "null"],
)  # fmt: skip
def test_it_is_taken_whatever_it_says_and_rings(people, gateway, text):
    assert gateway(text, sender=PHONE).status_code == 201
    row = OutsideMessage.objects.get()
    assert (row.channel, row.sender, row.sorted_at) == ("sms", PHONE, None)
    (alarm,) = ringing()
    assert (alarm.code, alarm.rank, alarm.permission) == (row.code, Rank.OUTSIDE, "complaints.work")
    assert ("Danger" in str(alarm.what)) == (row.danger == "severe"), "words of danger are said to be some"


def test_a_packet_whose_code_is_wrong_or_whose_trip_nobody_has_is_read_by_a_person(rides, gateway):
    trip = rides.under_way()
    changed = packet_of(trip.code)[:-1] + "?"
    nobodys = packet_of("T-NOBODY")
    for text in (changed, nobodys):
        assert gateway(text, sender=PHONE).status_code == 201
    assert not Incident.objects.exists()
    assert {row.words for row in OutsideMessage.objects.all()} == {changed, nobodys}


def test_a_driver_whose_trip_is_over_for_long_is_heard_as_well(rides, noon, gateway):
    trip = rides.ended()
    noon.shift(timedelta(days=3))
    text = encode(Packet(trip.code, Party.DRIVER, clock.now(), None, silent=False), trip.driver.account.code)
    assert gateway(text).status_code == 201
    assert OutsideMessage.objects.get().words == text


@pytest.mark.parametrize(("days", "opens"), [(9, True), (11, False)])
def test_a_packet_that_somebody_kept_stops_no_driver_weeks_later(rides, noon, gateway, days, opens):
    """It lies in her phone and at the provider's. It opens an incident for as long as the trip's key opens its page; then
    a person reads it, and nobody is held meanwhile."""
    text = packet_of(rides.ended().code)
    noon.shift(timedelta(days=days))
    assert gateway(text).status_code == 201
    assert Incident.objects.exists() == opens
    assert [row.words for row in OutsideMessage.objects.all()] == ([] if opens else [text])


def test_whoever_sends_learns_nothing_from_the_answer(rides, gateway):
    trip = rides.under_way()
    driver = {"party": Party.DRIVER}
    hers = packet_of(trip.code)
    his = encode(Packet(trip.code, Party.DRIVER, clock.now(), None, silent=False), trip.driver.account.code)
    forged = packet_of(trip.code, **driver)
    answers = [gateway(text, sender=PHONE) for text in (hers, his, forged, "HH1", "救命")]
    assert {(each.status_code, each.content) for each in answers} == {(201, b"")}
    assert Incident.objects.count() == 1
    assert OutsideMessage.objects.count() == 3
    assert not Notification.objects.filter(recipient=PHONE).exists()


def test_a_packet_makes_no_message(rides, gateway):
    gateway(packet_of(rides.under_way().code), sender=PHONE)
    assert Incident.objects.count() == 1
    assert not OutsideMessage.objects.exists()


@pytest.mark.parametrize("keys", [("k1", "k1"), ("k1", "k2"), ("", "")], ids=["one", "two", "none"])
def test_what_the_gateway_brings_again_is_one_message(people, gateway, noon, keys):
    for key in keys:
        gateway("救命", sender=PHONE, key=key)
        noon.shift(timedelta(minutes=1))
    assert OutsideMessage.objects.count() == 1
    gateway("救命", sender="+8613800000002", key="k9")
    assert OutsideMessage.objects.count() == 2, "of another phone it is another message"
    gateway("快来", sender=PHONE, key=keys[0])
    assert OutsideMessage.objects.count() == 3, "and so are other words"


def test_the_same_words_later_or_after_somebody_sorted_the_first_are_news(people, gateway, noon):
    gateway("救命", sender=PHONE, key="k1")
    noon.shift(timedelta(hours=1))
    gateway("救命", sender=PHONE, key="k2")
    assert OutsideMessage.objects.count() == 2
    for row in OutsideMessage.objects.all():
        services.dismiss_message(account=people("agent"), code=row.code, why="a child plays")
    gateway("救命", sender=PHONE, key="k3")
    assert OutsideMessage.objects.filter(sorted_at=None).count() == 1
    gateway("救命", sender=PHONE, key="k3")
    gateway("救命", sender=PHONE, key="k1")
    assert OutsideMessage.objects.count() == 3, "a delivery that was late is no news"


def test_a_flood_of_one_sender_is_kept_marked_and_stands_below_everybody_else(people, gateway, signed_in):
    set_policy("complaints.sos_texts", {"target": 3, "all": 60, "within": 3600})
    for number in range(60):
        assert gateway(f"spam {number}", sender=PHONE).status_code == 201
    gateway(GRAVE, sender=PHONE)
    gateway("please come", sender="+8613800000002")
    services.take_message(channel="email", key="m", sender="a@example.org", words="雨伞忘在车上了")
    rows = OutsideMessage.objects.all()
    assert rows.count() == 63
    assert rows.filter(from_crowd=True).count() == 58
    shown = selectors.waiting_messages()
    assert [row.from_crowd for row in shown[:5]] == [False] * 5
    assert shown[5].words == GRAVE
    rung = ringing()
    assert [alarm.rank for alarm in rung] == [Rank.OUTSIDE] * 4 + [Rank.CROWD]
    assert rung[-1].code == rows.get(from_crowd=True, danger="severe").code, (
        "words of danger ring in a flood too"
    )
    page = signed_in("agent").get("/admin/outside/").content.decode()
    assert "13 more wait" in " ".join(page.split())
    assert "no words" not in page
    gateway("", sender="+8613800000003")
    assert "no words" in signed_in("agent").get("/admin/outside/").content.decode()
    assert page.count("one of many just then") == 45


def test_a_flood_of_nobody_or_of_many_numbers_does_not_hide_who_is_on_a_trip(rides, people, gateway):
    set_policy("complaints.sos_texts", {"target": 5, "all": 3, "within": 3600})
    trip = rides.under_way()
    for number in range(30):
        gateway(f"spam {number}", sender="" if number % 2 else f"+86138001000{number:02}")
    gateway("please come", sender=trip.passenger.phone)
    gateway("here too", sender=trip.driver.account.phone)
    rows = OutsideMessage.objects.all()
    assert rows.filter(from_crowd=True).count() == 27
    assert {(row.words, row.trip, row.from_crowd) for row in rows.exclude(trip="")} == {
        ("please come", trip.code, False),
        ("here too", trip.code, False),
    }
    assert [row.words for row in selectors.waiting_messages()[:2]] == ["please come", "here too"]
    first = ringing()[0]
    assert (first.rank, str(first.what)) == (
        Rank.KNOWN,
        "SMS to the SOS number from somebody on a trip: nobody has read it",
    )
    assert len(ringing()) == 5


def test_a_flood_does_not_hide_the_emergency_contact_of_who_is_on_a_trip(rides, people, gateway, signed_in):
    """Her mother has the last message from the car, no page and no packet; she writes to the number that she was given."""
    set_policy("complaints.sos_texts", {"target": 5, "all": 3, "within": 3600})
    trip = rides.under_way()
    named = {
        add_emergency_contact(account=account, name="Mother", phone=phone).phone
        for account, phone in [(trip.passenger, "13911110001"), (trip.driver.account, "13911110002")]
    }
    refused = add_emergency_contact(account=trip.passenger, name="Ex", phone="13911110003")
    EmergencyContact.objects.filter(pk=refused.pk).update(state=ContactState.REFUSED)
    for number in range(30):
        gateway(f"{GRAVE} {number}", sender=f"+86138001000{number:02}")
    for phone in (*sorted(named), refused.phone):
        gateway(GRAVE, sender=phone)
    rows = OutsideMessage.objects.all()
    assert set(rows.filter(by_contact=True).values_list("trip", "from_crowd")) == {(trip.code, False)}
    assert {row.sender for row in rows.exclude(trip="")} == named
    assert {row.sender for row in selectors.waiting_messages()[:2]} == named
    assert [(alarm.rank, str(alarm.what)) for alarm in ringing()[:3]] == [
        (Rank.CALL, "Danger in an SMS from the emergency contact of somebody on a trip: nobody has read it")
    ] * 2 + [(Rank.OUTSIDE, "Danger in a message from outside")]
    page = " ".join(signed_in("agent").get("/admin/outside/").content.decode().split())
    assert page.count(f"emergency contact of somebody on trip {trip.code} at that moment") == 2


@pytest.mark.parametrize("named_by", ["passenger", "driver"])
def test_what_a_contact_writes_opens_the_incident_of_who_named_them(rides, people, gateway, named_by):
    trip = rides.under_way()
    whose = trip.passenger if named_by == "passenger" else trip.driver.account
    contact = add_emergency_contact(account=whose, name="Mother", phone="13911110001")
    before = set(Notification.objects.values_list("pk", flat=True))
    gateway(GRAVE, sender=contact.phone)
    code = services.open_incident_from(account=people("agent"), code=OutsideMessage.objects.get().code)
    incident = Incident.objects.get()
    assert (incident.code, incident.trip) == (code, trip)
    assert incident.welfare_checks.get().missing_phone == whose.phone
    written_to = Notification.objects.exclude(pk__in=before).values_list("recipient", flat=True)
    assert not {contact.phone, trip.passenger.phone, trip.driver.account.phone} & set(written_to)


def test_danger_on_a_trip_rings_before_what_else_came_from_it(rides, people, gateway, noon):
    """His phone writes this and that; a bar of alarms has room for few."""
    trip = rides.under_way()
    for number in range(5):
        gateway(f"here {number}", sender=trip.driver.account.phone)
        noon.shift(timedelta(seconds=1))
    gateway(GRAVE, sender=trip.passenger.phone)
    first = ringing()[0]
    assert (first.code, first.rank) == (OutsideMessage.objects.get(danger="severe").code, Rank.CALL)
    assert str(first.what) == "Danger in an SMS from somebody on a trip: nobody has read it"


def test_danger_on_a_trip_rings_however_much_else_came_from_trips(rides, people, gateway, noon):
    """What rings has room for fifty."""
    set_policy("complaints.sos_texts", {"target": 100, "all": 100, "within": 3600})
    trip = rides.under_way()
    for number in range(51):
        gateway(f"here {number}", sender=trip.driver.account.phone)
        noon.shift(timedelta(seconds=1))
    gateway(GRAVE, sender=trip.passenger.phone)
    assert ringing()[0].code == OutsideMessage.objects.get(danger="severe").code


def test_the_queue_puts_who_is_on_a_trip_before_what_strangers_sent_earlier(
    rides, people, gateway, noon, signed_in
):
    """On the first page as well: of a flood there stand four rows there, each older and as loud as hers."""
    trip = rides.under_way()
    for number in range(9):
        gateway(f"{GRAVE} {number}", sender=f"+86138001000{number:02}")
        noon.shift(timedelta(seconds=1))
    gateway(GRAVE, sender=trip.passenger.phone)
    hers = OutsideMessage.objects.get(trip=trip.code)
    due = signed_in("agent").get("/admin/due/").content.decode()
    shown = list(dict.fromkeys(re.findall(r"N-\w{10}", due)))
    assert shown[0] == hers.code
    assert len(shown) == 5
    more = r'badge bad">Message from outside</span>\s*</td>\s*<td><a href="[^"]*">5 more<'
    assert re.search(more, due)  # and what is not shown is not silent


def test_a_crowds_words_of_danger_do_not_stand_before_the_cases_of_others(people, gateway):
    set_policy("complaints.sos_texts", {"target": 5, "all": 1, "within": 3600})
    for number in range(3):
        gateway(f"{GRAVE} {number}", sender=f"+86138001000{number:02}")
    first, *crowd = outside(people("agent"), clock.now())
    grave = Due("C-1", "/", since=clock.now(), danger=2)
    assert first.urgency < grave.urgency
    assert all(row.urgency > grave.urgency for row in crowd)


def test_a_flood_uses_up_nothing_of_who_is_on_a_trip(rides, people, gateway):
    """Whoever can name her number has no part in what her phone may send."""
    set_policy("complaints.sos_texts", {"target": 2, "all": 2, "within": 3600})
    phone = people("passenger").phone
    for number in range(9):
        gateway(f"spam {number}", sender=phone)
    trip = rides.under_way()
    gateway("please come", sender=phone)
    assert not OutsideMessage.objects.get(trip=trip.code).from_crowd


def test_the_trip_stands_beside_what_was_written_from_it(rides, gateway, signed_in):
    trip = rides.under_way()
    gateway("please come", sender=trip.passenger.phone)
    assert f"on trip {trip.code} at that moment" in " ".join(
        signed_in("agent").get("/admin/outside/").content.decode().split()
    )


def test_two_who_write_the_same_by_a_gateway_that_names_nobody_are_two(people, gateway):
    for key in ("", "", "k1", "k2", "k2"):
        gateway("救命", key=key)
    assert OutsideMessage.objects.count() == 4


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"text": "救命 \\ud83d"}'.encode(), "救命 ?"),
        ('{"text": "救\n命"}'.encode(), "救\n命"),
        ('\ufeff{"text": "救命"}'.encode(), "救命"),
        ('{"text": "救命'.encode() + b'\xe6"}', "救命\ufffd"),
        (b'{"text": "help", "sender": {"number": 1}, "key": [1]}', "help"),
        (b'{"text": "help", "sender": true}', "help"),
    ],
    ids=["half a picture", "a line end", "a mark of order", "half a character", "a sender in parts", "a sender that is none"],
)  # fmt: skip
def test_what_a_gateway_writes_badly_is_taken(people, gateway_of_bytes, body, words):
    assert gateway_of_bytes(body).status_code == 201
    assert OutsideMessage.objects.get().words == words


@pytest.mark.parametrize("charset", ["klingon", "zlib", "hex", "idna", "undefined", "gbk", "utf-16"])
def test_in_whichever_encoding_it_says(people, gateway_of_bytes, charset):
    real = charset if charset in {"gbk", "utf-16"} else "utf-8"
    assert gateway_of_bytes('{"text": "救命"}'.encode(real), charset).status_code == 201
    assert OutsideMessage.objects.get().words == "救命"


def test_a_letter_is_taken_however_long_it_is(people, signed_in, settings):
    settings.OUTSIDE_TOKEN = "the token"
    client = signed_in("")
    ids = [f"<{'a' * 300}{number}@example.org>" for number in (1, 2, 2)]
    for key in ids:
        said = {
            "channel": "email",
            "key": key,
            "sender": "a" * 130 + "@example.org",
            "words": GRAVE + "x" * 9_000,
        }
        sent = client.post(
            "/api/v1/outside-messages/",
            said,
            content_type="application/json",
            headers={"authorization": "Bearer the token"},
        )
        assert sent.status_code == 201
    assert {(row.danger, row.sender) for row in OutsideMessage.objects.all()} == {
        ("severe", "a" * 130 + "@example.org")
    }
    assert OutsideMessage.objects.count() == 2


def test_what_comes_again_uses_up_nobodys_turns(people, gateway):
    set_policy("complaints.sos_texts", {"target": 2, "all": 60, "within": 3600})
    for _again in range(9):
        gateway("救命", sender=PHONE)
    gateway("快来", sender=PHONE)
    assert not OutsideMessage.objects.filter(from_crowd=True).exists()


def test_a_gateway_that_names_no_sender_marks_nobody(people, gateway):
    set_policy("complaints.sos_texts", {"target": 1, "all": 60, "within": 3600})
    for number in range(4):
        gateway(f"help {number}")
    assert not OutsideMessage.objects.filter(from_crowd=True).exists()
    assert SOS_TEXTS.policy.key == "complaints.sos_texts"


def test_who_reads_it_sees_by_which_phone_it_came_and_can_make_a_case_of_it(people, gateway, signed_in):
    gateway("他锁了车门", sender="138 0000 0001")
    row = OutsideMessage.objects.get()
    page = signed_in("agent").get("/admin/outside/").content.decode()
    assert "138****0001" in page
    assert PHONE not in page
    filed = services.file_from_message(
        account=people("agent"), code=row.code, category=Category.DANGER, name=""
    )
    assert (filed.caller_phone, filed.caller_channel, filed.level) == (PHONE, "sms", "severe")
    call = services.announce_call(key="t", number=PHONE, agent="agent")
    assert filed in selectors.caller_of(call).complaints


def test_a_call_for_help_opens_the_incident_of_whose_phone_it_is(rides, people, gateway, signed_in):
    """She writes by hand from the car: her trip is found by her number, once, and nobody's phone is written to."""
    trip = rides.under_way()
    gateway(GRAVE, sender=trip.passenger.phone)
    row = OutsideMessage.objects.get()
    client = signed_in("agent")
    answer = client.post(f"/admin/outside/{row.code}/do/help/", {"do": "1"})
    incident = Incident.objects.get()
    assert answer.url == f"/admin/incidents/{incident.code}/"
    assert incident.trip == trip
    assert incident.high_risk_at is not None
    row.refresh_from_db()
    assert (row.incident, row.sorted_by, row.complaint) == (incident.code, "agent", None)
    assert ringing() == []
    assert not Notification.objects.filter(recipient=trip.passenger.phone).exists()
    client.post(f"/admin/outside/{row.code}/do/help/", {"do": "1"})
    assert Incident.objects.count() == 1
    with pytest.raises(NotNow):
        services.open_incident_from(account=people("agent2"), code=row.code)


def test_whose_phone_no_trip_is_known_of_can_be_rung_all_the_same(people, gateway, signed_in, monkeypatch):
    asked = []
    monkeypatch.setattr("safety.services.calls.relay.call", lambda **said: asked.append(said["then"]))
    for sender in ("+8613800000177", ""):
        gateway(GRAVE, sender=sender)
        row = OutsideMessage.objects.get(sorted_at=None)
        code = services.open_incident_from(account=people("agent"), code=row.code)
        client = signed_in("agent")
        client.post(f"/admin/incidents/{code}/do/take/", {"do": "1"})
        client.post(f"/admin/incidents/{code}/do/call_passenger/", {"do": "1"})
    assert asked == ["+8613800000177"]


def test_a_letter_that_calls_for_help_opens_one_as_well(people):
    row = services.take_message(channel="email", key="m", sender="13800000001@example.org", words=GRAVE)
    code = services.open_incident_from(account=people("agent"), code=row.code)
    assert Incident.objects.get().code == code
    assert not Notification.objects.exists()
    with pytest.raises(Forbidden):
        services.open_incident_from(account=people("vetting"), code=row.code)


@pytest.mark.parametrize("body", [{}, {"text": {}}, {"text": []}])
def test_what_brings_no_text_at_all_is_a_fault_of_the_gateway(people, signed_in, settings, body):
    settings.SMS_IN_TOKEN = "the token"
    answer = signed_in("").post(
        "/api/v1/messages/in/",
        body,
        content_type="application/json",
        headers={"authorization": "Bearer the token"},
    )
    assert answer.status_code == 400
