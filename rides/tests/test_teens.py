"""Children and teens (A6, A9): who rides alone, by whose word, on which line, at which hours, and with whom."""

from datetime import timedelta

import pytest
from django.db import transaction

from accounts import guardians
from accounts.errors import (
    GuardianBooks,
    GuardianNamed,
    GuardianNeeded,
    GuardianNotAgain,
    GuardianRefusedByStaff,
    GuardianStays,
    NotATeen,
    NotGrownUp,
    NotTheirName,
)
from accounts.leaving import _close, _erase
from accounts.models import Account, EmergencyContact, Guardianship, RealNameCheck
from accounts.selectors import contacts_to_alert, contacts_who_agreed, guardian_of, named_as_guardian
from accounts.services import add_emergency_contact, remove_emergency_contact, settle_real_name
from conftest import NOON, usual_journey
from core import clock, registries, typed
from core.errors import DomainError, Forbidden, NotFound, TooMany
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, Notification
from core.privacy import phone_index
from core.states import IllegalTransition
from drivers.models import Driver
from drivers.selectors import driver_of
from rides import services
from rides.errors import GrownUpBooks, RiderGuarded, TeenHours, TeenLine
from rides.management.commands.dispatcher import turn
from rides.models import Offer, Score, Trip
from rides.selectors import position_key
from rides.services.booking import Rider
from rides.services.taking import is_lost
from rides.shown import map_data
from rides.states import Line, Party, RiderKind
from rides.tests.factories import go_on_duty
from rides.tokens import TripKey
from safety.errors import GuardianAgreed
from safety.models import TripShare
from safety.selectors import recording_question
from safety.services import answer_recording, revoke_share, share_trip

TEEN, GUARDIAN = "passenger", "passenger2"
NAMED = "林小雨"


def aged(code, born):
    Account.objects.filter(code=code).update(born_on=born)
    return Account.objects.get(code=code)


@pytest.fixture
def teen(world, db, noon):
    return aged(TEEN, "2011-05-05")


@pytest.fixture
def guarded(teen, people):
    guardians.ask_guardian(account=teen, phone=people(GUARDIAN).phone)
    guardians.answer_as_guardian(
        account=people(GUARDIAN), number=Guardianship.objects.get().pk, accepts=True, named=NAMED
    )
    return teen


def book(rides, **changes):
    return rides.booked(
        TEEN, **({"line": Line.EXPRESS, "journey": usual_journey(start=NOON, end=NOON)} | changes)
    )


@pytest.mark.parametrize("line", [Line.EXPRESS, Line.HITCH, Line.PREMIER])
def test_a_child_books_nothing(rides, people, noon, line):
    aged(TEEN, "2013-05-05")
    with pytest.raises(GuardianBooks):
        rides.booked(TEEN, line=line)


def test_whose_document_was_a_childs_books_nothing_unverified(rides, people, noon):
    account = people(TEEN)
    Account.objects.filter(pk=account.pk).update(verified_at=None, born_on="", id_index=None)
    RealNameCheck.objects.create(
        account=account, state="refused", why="too_young", asked_at=NOON, next_at=NOON, decided_at=NOON
    )
    with pytest.raises(GuardianBooks):
        book(rides)


@pytest.mark.parametrize(
    ("number", "whose"),
    [
        ("33038220110505002X", "their own"),
        ("33038220110505002X", "booked for them"),
        ("330382201305050024", "their own"),
        ("330382201305050024", "booked for them"),
        ("330382201305050024", "of a child"),
        ("330382199805050020", "their own"),
    ],
)
def test_an_order_from_before_the_age_was_known_is_no_second_door(
    rides, people, deliver, noon, monkeypatch, number, whose
):
    """Whoever orders first and shows the document then would ride as nobody of that age does."""
    person = people(TEEN)
    Account.objects.filter(pk=person.pk).update(verified_at=None, born_on="", id_number="", id_index=None)
    go_on_duty(driver_of(people("driver")), (28.2130, 121.0270))
    if whose == "their own":
        trip = book(rides)
    else:
        kind = RiderKind.CHILD if whose == "of a child" else RiderKind.OTHER
        journey = usual_journey(start=NOON, end=NOON)
        trip = rides.booked(
            GUARDIAN, line=Line.EXPRESS, journey=journey, rider=Rider(kind, NAMED, person.phone)
        )
    check = RealNameCheck.objects.create(
        account=person, real_name=NAMED, id_number=number, document="resident_id", asked_at=NOON, next_at=NOON
    )
    monkeypatch.setattr(registries, "identity", lambda *_args, **_named: registries.IdentityAnswer(True))
    settle_real_name(check.pk)
    check.refresh_from_db()
    grown_up, child = "1998" in number, "2013" in number
    assert check.state == ("refused" if child else "verified")
    rides_on = grown_up or whose == "of a child"
    with transaction.atomic():
        assert is_lost(driver_of(people("driver")), Trip.objects.get(pk=trip.pk)) is not rides_on
    deliver()
    trip.refresh_from_db()
    assert (trip.state == "requested", trip.cancel_reason) == (rides_on, "" if rides_on else "no_guardian")
    assert told("unguarded:") == (set() if rides_on else {trip.passenger.phone})


def test_who_was_refused_as_a_child_stays_one_whatever_is_typed_next(rides, people, noon):
    account = people(TEEN)
    Account.objects.filter(pk=account.pk).update(verified_at=None, born_on="", id_index=None)
    for why in ("too_young", "unknown"):
        RealNameCheck.objects.create(
            account=account, state="refused", why=why, asked_at=NOON, next_at=NOON, decided_at=NOON
        )
    with pytest.raises(GuardianBooks):
        book(rides)
    aged(TEEN, "1998-03-12")
    Account.objects.filter(pk=account.pk).update(verified_at=NOON, id_index="found-grown-up")
    assert not book(rides).for_teen


def test_a_guardian_books_for_a_child(rides, people, noon):
    trip = rides.booked(GUARDIAN, line=Line.EXPRESS, rider=Rider(RiderKind.CHILD, "童小满", ""))
    assert (trip.rider_kind, trip.rider_name, trip.for_teen) == ("child", "童小满", False)


def test_a_teen_rides_once_a_guardian_has_confirmed(rides, teen, people):
    with pytest.raises(GuardianNeeded):
        book(rides)
    guardians.ask_guardian(account=teen, phone=people(GUARDIAN).phone)
    with pytest.raises(GuardianNeeded):
        book(rides)
    assert Notification.objects.filter(key__startswith="guardian:").count() == 1
    guardians.answer_as_guardian(
        account=people(GUARDIAN), number=Guardianship.objects.get().pk, accepts=True, named=NAMED
    )
    assert book(rides).for_teen


def test_what_a_guardian_ends_is_over(rides, guarded, people):
    guardians.answer_as_guardian(
        account=people(GUARDIAN), number=Guardianship.objects.get().pk, accepts=False
    )
    with pytest.raises(GuardianNeeded):
        book(rides)
    with pytest.raises(IllegalTransition):
        guardians.answer_as_guardian(
            account=people(GUARDIAN), number=Guardianship.objects.get().pk, accepts=True, named=NAMED
        )


def test_who_is_not_named_or_not_of_age_confirms_nothing(teen, people):
    guardians.ask_guardian(account=teen, phone=people(GUARDIAN).phone)
    number = Guardianship.objects.get().pk
    with pytest.raises(NotFound):
        guardians.answer_as_guardian(account=people("driver"), number=number, accepts=True, named=NAMED)
    for born in ("2009-01-01", ""):
        with pytest.raises(NotGrownUp):
            guardians.answer_as_guardian(
                account=aged(GUARDIAN, born), number=number, accepts=True, named=NAMED
            )
    assert guardian_of(teen, NOON) is None


def test_a_wrong_number_is_not_another_ones_ward(teen, people):
    guardians.ask_guardian(account=teen, phone=people(GUARDIAN).phone)
    given = {"account": people(GUARDIAN), "number": Guardianship.objects.get().pk, "accepts": True}
    for name in ("", "林", "林小雨雨", "周晴", "林x雨"):
        with pytest.raises(NotTheirName):
            guardians.answer_as_guardian(**given, named=name)
    with pytest.raises(TooMany):  # nor is it found by trying
        guardians.answer_as_guardian(**given, named=NAMED)
    assert guardian_of(teen, NOON) is None


def test_one_guardian_at_a_time_and_only_of_teens(guarded, people):
    with pytest.raises(GuardianNamed):
        guardians.ask_guardian(account=guarded, phone=people("driver").phone)
    with pytest.raises(NotATeen):
        guardians.ask_guardian(account=people(GUARDIAN), phone=people("driver").phone)
    with pytest.raises(NotFound):
        guardians.take_back_question(account=guarded)


def told(key):
    return set(Notification.objects.filter(key__startswith=key).values_list("recipient", flat=True))


def consents(client):
    return {each["key"]: each for each in client.get("/api/v1/me/consents/").json()}


def test_what_teens_agree_to_is_said_to_them_and_what_the_guardian_did(guarded, signed_in):
    client = signed_in(TEEN)
    found = consents(client)
    assert "Your guardian gets the link of every trip" in found["trip_sharing"]["purpose"]
    assert "you decide yourself" in found["trip_sharing"]["purpose"]
    assert "goes on getting it" in found["trip_sharing"]["follows"]
    assert found["recording"]["given"] is True
    assert "cannot switch it off" in found["recording"]["fixed"]
    page = client.get("/me/data/").content.decode()
    assert "Your guardian agrees to it for you" in page
    assert "Never record my trips" not in page
    put = {"content_type": "application/json"}
    answer = client.put("/api/v1/me/consents/recording/", {"on": False}, **put)
    assert (answer.status_code, answer.json()["code"]) == (403, "guardian_agreed")
    assert client.put("/api/v1/me/consents/trip_sharing/", {"on": True}, **put).status_code == 204
    assert consents(client)["trip_sharing"]["given"] is True


def test_who_is_under_fourteen_agrees_to_nothing(teen, signed_in):
    aged(TEEN, "2014-05-05")
    client = signed_in(TEEN)
    assert not {"trip_sharing", "recording"} & consents(client).keys()
    assert client.post("/me/share-trips/", {"on": "1"}).status_code == 403
    assert not Account.objects.get(code=TEEN).shares_trips
    assert "Share each trip with my contacts" not in client.get("/me/").content.decode()


@pytest.mark.parametrize("who", ["passenger", "driver"])
def test_the_page_of_the_real_name_says_who_reads_it(world, people, signed_in, who):
    Account.objects.filter(code=who).update(verified_at=None)
    page = signed_in(who).get("/me/real-name/").content.decode()
    assert "Nobody else sees yours" not in page
    assert "from the acceptance until a day after the trip" in page
    assert "The driver never does" in page


def test_from_sixteen_on_somebody_ends_alone_who_the_guardian_is(rides, guarded, people):
    sixteen = aged(TEEN, "2009-05-05")
    row = guardians.end_guardian(account=sixteen)
    assert (row.state, row.ended_by, row.ended_at) == ("ended", "teen", NOON)
    assert AuditEntry.objects.filter(action="accounts.guardian_ended", subject=TEEN).count() == 1
    assert told("guardian-over:") == {sixteen.phone, people(GUARDIAN).phone}
    with pytest.raises(GuardianNeeded):
        book(rides)
    with pytest.raises(NotFound):
        guardians.end_guardian(account=sixteen)
    contact = EmergencyContact.objects.get(account=sixteen)
    assert contacts_who_agreed(sixteen) == []
    remove_emergency_contact(account=sixteen, contact_id=contact.pk)


def test_who_is_younger_asks_the_staff_to_end_it(guarded, people, signed_in):
    page = signed_in(TEEN)
    assert "Ask the staff to end it" in page.get("/me/guardian/").content.decode()
    assert page.post("/me/guardian/end/").status_code == 302
    row = Guardianship.objects.get()
    assert (row.state, row.end_asked_at) == ("confirmed", NOON)
    assert told("guardian-over:") == set()
    waits = page.get("/me/guardian/").content.decode()
    assert "look at it and write to you" in waits
    assert "They can end it at once" in waits
    agent = signed_in("agent")
    assert f"/admin/guardians/{row.pk}/" in agent.get("/admin/due/").content.decode()
    assert (
        agent.post(f"/admin/guardians/{row.pk}/do/keep/", {"reason": "the mother was called"}).status_code
        == 302
    )
    row.refresh_from_db()
    assert (row.state, row.end_asked_at) == ("confirmed", None)
    assert told("guardian-kept:") == {guarded.phone}
    page.post("/me/guardian/end/")  # and asks once more
    assert agent.post(f"/admin/guardians/{row.pk}/do/end/", {"reason": ""}).status_code == 400
    assert (
        agent.post(f"/admin/guardians/{row.pk}/do/end/", {"reason": "nobody of the family"}).status_code
        == 302
    )
    row.refresh_from_db()
    assert (row.state, row.ended_by) == ("ended", "staff")
    entry = AuditEntry.objects.get(action="accounts.guardian_ended")
    assert (entry.actor, entry.subject, entry.reason) == ("agent", TEEN, "nobody of the family")
    assert agent.post(f"/admin/guardians/{row.pk}/do/end/", {"reason": "once more"}).status_code == 409


def end_by_two(people, number, reason):
    guardians.propose_end(account=people("agent2"), number=number, reason=reason)
    guardians.end_for_somebody(account=people("agent"), number=number, reason=reason)


def test_who_did_not_ask_keeps_the_guardian_until_two_of_our_staff_say_otherwise(guarded, people, signed_in):
    """One agent, bribed or fooled on the telephone, would take away who follows each trip of somebody of 15."""
    row = Guardianship.objects.get()
    given = {"number": row.pk, "reason": "x"}
    for who in ("agent", "supervisor"):
        with pytest.raises(SecondPersonNeeded):
            guardians.end_for_somebody(account=people(who), **given)
    page = f"/admin/guardians/{row.pk}/"
    agent, agent2 = signed_in("agent"), signed_in("agent2")
    assert agent.post(f"{page}do/end/", {"reason": "x"}).status_code == 409
    assert agent.post(f"{page}do/propose/", {"reason": "a stranger answers"}).status_code == 302
    with pytest.raises(IllegalTransition):
        guardians.propose_end(account=people("agent2"), **given)
    assert agent.post(f"{page}do/end/", {"reason": "x"}).status_code == 409
    assert guardian_of(guarded, NOON) == people(GUARDIAN)
    assert page in agent2.get("/admin/due/").content.decode()
    assert agent2.post(f"{page}do/keep/", {"reason": "the mother was called"}).status_code == 302
    assert told("guardian-kept:") == set(), "nobody had asked"
    assert agent2.post(f"{page}do/propose/", {"reason": "a stranger answers"}).status_code == 302
    assert agent.post(f"{page}do/end/", {"reason": "a stranger answers"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.ended_by, row.end_proposed_by, row.end_agreed_by) == (
        "ended",
        "staff",
        "agent2",
        "agent",
    )


@pytest.mark.parametrize("who", ["vetting", "adjudicator", "admin", "driver", TEEN])
def test_not_everybody_ends_it_for_somebody(guarded, people, who):
    number = Guardianship.objects.get().pk
    for service in (guardians.propose_end, guardians.end_for_somebody, guardians.keep_for_somebody):
        with pytest.raises(Forbidden):
            service(account=people(who), number=number, reason="x")
    assert guardian_of(guarded, NOON) == people(GUARDIAN)


def test_whom_the_staff_ended_sees_nothing_more_and_is_not_taken_again(rides, guarded, people, deliver):
    test_a_teen_rides_with_drivers_of_tenure_and_score(rides, guarded, people, 200, 48, 10, True)
    deliver()
    trip = Trip.objects.get()
    key = TripKey(trip.code, Party.PASSENGER, trip.city.code)
    hers = share_trip(key=key)
    number = Guardianship.objects.get().pk
    end_by_two(people, number, "passed for the father")
    deliver()
    assert [share.pk for share in TripShare.objects.filter(revoked_at=None)] == [hers.pk]
    assert not EmergencyContact.objects.filter(account=guarded).exists()
    with pytest.raises(GuardianRefusedByStaff):
        guardians.ask_guardian(account=guarded, phone=people(GUARDIAN).phone)
    guardians.ask_guardian(account=guarded, phone="13912340099")


def test_who_ends_it_alone_is_followed_to_the_end_of_a_trip_under_way(rides, guarded, people, deliver):
    test_a_teen_rides_with_drivers_of_tenure_and_score(rides, guarded, people, 200, 48, 10, True)
    deliver()
    trip, share = Trip.objects.get(), TripShare.objects.get()
    sixteen = aged(TEEN, "2009-05-05")
    guardians.end_guardian(account=sixteen)
    deliver()
    remove_emergency_contact(account=sixteen, contact_id=EmergencyContact.objects.get().pk)
    with pytest.raises(GuardianStays):
        revoke_share(key=TripKey(trip.code, Party.PASSENGER, trip.city.code), number=share.pk)
    assert TripShare.objects.get().revoked_at is None


@pytest.mark.parametrize("by", ["teen", "guardian"])
def test_who_was_the_guardian_gets_no_links_of_new_trips_and_hears_a_call_for_help(guarded, people, by):
    Account.objects.filter(pk=guarded.pk).update(shares_trips=True)
    sixteen = aged(TEEN, "2009-05-05")
    if by == "teen":
        guardians.end_guardian(account=sixteen)
    else:
        number = Guardianship.objects.get().pk
        guardians.answer_as_guardian(account=people(GUARDIAN), number=number, accepts=False)
    assert contacts_who_agreed(sixteen) == []
    assert [each.phone for each in contacts_to_alert(sixteen)] == [people(GUARDIAN).phone]


def under(code, phone, like):
    """Another account of whoever an account was, which they closed."""
    account = Account.objects.get(code=like)
    known = {name: getattr(account, name) for name in ("real_name", "id_number", "born_on", "id_index")}
    _close(account)
    phone = typed.phone.read(phone)
    new = Account(code=code, phone=phone, phone_index=phone_index(phone), role="member", verified_at=NOON)
    for name, value in {**known, "created_at": NOON, "password": "!"}.items():
        setattr(new, name, value)
    new.save(force_insert=True)
    return new


@pytest.mark.parametrize("phone", ["13912340088", ""])
def test_whom_the_staff_ended_does_not_come_back_by_another_account(guarded, people, noon, phone):
    number = Guardianship.objects.get().pk
    end_by_two(people, number, "passed for the father")
    gone = people(GUARDIAN)
    back = under("back", phone or gone.phone, GUARDIAN)
    noon.shift(20 * 365 * 86_400)
    _erase(gone.pk, clock.now())
    noon.shift(-20 * 365 * 86_400)
    teen = Account.objects.get(code=TEEN)
    if phone:
        guardians.ask_guardian(account=teen, phone=phone)
        number = Guardianship.objects.latest("pk").pk
        with pytest.raises(GuardianNotAgain):
            guardians.answer_as_guardian(account=back, number=number, accepts=True, named=NAMED)
    else:
        with pytest.raises(GuardianRefusedByStaff):
            guardians.ask_guardian(account=teen, phone=gone.phone)
    assert guardian_of(teen, NOON) is None


def test_nobody_becomes_the_guardian_of_who_came_of_age(teen, people):
    guardians.ask_guardian(account=teen, phone=people(GUARDIAN).phone)
    grown = aged(TEEN, "2000-05-05")
    with pytest.raises(NotFound):
        guardians.answer_as_guardian(
            account=people(GUARDIAN), number=Guardianship.objects.get().pk, accepts=True, named=NAMED
        )
    assert not grown.emergency_contacts.exists()


def test_whose_guardian_leaves_is_told(rides, guarded, people):
    _close(people(GUARDIAN))
    assert guarded.phone in told("guardian-over:")
    assert not Guardianship.objects.exists()
    with pytest.raises(GuardianNeeded):
        book(rides)
    guardians.ask_guardian(account=guarded, phone="13912340099")


def test_what_a_guardian_says_again_stays_as_it_is(guarded, people):
    given = {"account": people(GUARDIAN), "number": Guardianship.objects.get().pk}
    assert guardians.answer_as_guardian(**given, accepts=True, named=NAMED).state == "confirmed"
    for _tap in range(2):
        assert guardians.answer_as_guardian(**given, accepts=False).state == "ended"
    assert Notification.objects.filter(key__startswith="guardian-over:").count() == 1


def test_whom_the_staff_ended_sees_no_car_of_a_trip_that_they_ordered(rides, guarded, people, signed_in):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    Driver.objects.filter(pk=driver.pk).update(vetted_at=NOON - timedelta(days=200))
    Score.objects.update_or_create(account=driver.account, defaults={"stars": 48, "count": 10})
    rides.booked(
        GUARDIAN,
        line=Line.EXPRESS,
        rider=Rider(RiderKind.OTHER, NAMED, guarded.phone),
        journey=usual_journey(start=NOON, end=NOON),
    )
    turn()
    driver.refresh_from_db()
    assert services.accept_offer(driver=driver, code=Offer.objects.get().code).refusal is None
    trip = Trip.objects.get()
    assert map_data(trip, Party.PASSENGER, by_account=True)["route"]
    number = Guardianship.objects.get().pk
    end_by_two(people, number, "passed for the father")
    assert map_data(trip, Party.PASSENGER, by_account=True) == {"route": [], "points": [], "ends": []}
    assert map_data(trip, Party.PASSENGER)["route"]
    assert signed_in(GUARDIAN).get(f"/trips/{trip.code}/").status_code == 200


@pytest.mark.parametrize("by", ["teen", "guardian", "staff"])
def test_with_the_guardian_end_the_orders_that_nobody_has_taken(rides, guarded, people, deliver, by):
    """Otherwise a car would be found later, and nobody followed the trip."""
    go_on_duty(driver_of(people("driver")), (28.2130, 121.0270))
    mine = book(rides)
    theirs = rides.booked(
        GUARDIAN,
        line=Line.EXPRESS,
        rider=Rider(RiderKind.OTHER, "林小雨", guarded.phone),
        journey=usual_journey(start=NOON, end=NOON),
    )
    other = rides.booked("passenger2", line=Line.EXPRESS, journey=usual_journey(start=NOON, end=NOON))
    number = Guardianship.objects.get().pk
    if by == "teen":
        guardians.end_guardian(account=aged(TEEN, "2009-05-05"))
    elif by == "guardian":
        guardians.answer_as_guardian(account=people(GUARDIAN), number=number, accepts=False)
    else:
        end_by_two(people, number, "nobody of the family")
    with transaction.atomic():
        driver = driver_of(people("driver"))
        assert is_lost(driver, Trip.objects.get(pk=mine.pk))
    deliver()
    states = {trip.pk: (trip.state, trip.cancel_reason) for trip in Trip.objects.all()}
    assert states[mine.pk] == states[theirs.pk] == ("cancelled", "no_guardian")
    assert states[other.pk][0] == "requested"
    assert told("unguarded:") == {guarded.phone, people(GUARDIAN).phone}


def test_who_has_a_new_guardian_by_then_keeps_the_order(rides, guarded, people, deliver):
    mine = book(rides)
    sixteen = aged(TEEN, "2009-05-05")
    guardians.end_guardian(account=sixteen)
    guardians.ask_guardian(account=sixteen, phone=people("driver").phone)
    guardians.answer_as_guardian(
        account=people("driver"), number=Guardianship.objects.latest("pk").pk, accepts=True, named=NAMED
    )
    deliver()
    mine.refresh_from_db()
    assert mine.state == "requested"


def test_who_ends_it_just_after_a_car_was_found_is_followed(rides, guarded, people, deliver):
    """The link goes out a moment after the acceptance."""
    test_a_teen_rides_with_drivers_of_tenure_and_score(rides, guarded, people, 200, 48, 10, True)
    guardians.end_guardian(account=aged(TEEN, "2009-05-05"))
    deliver()
    share = TripShare.objects.get()
    assert share.contact_phone == people(GUARDIAN).phone
    assert Trip.objects.get().state == "accepted"


def test_who_turned_sixteen_meanwhile_ends_it_alone(guarded, people, signed_in):
    guardians.end_guardian(account=guarded)
    aged(TEEN, "2009-05-05")
    page = signed_in(TEEN)
    assert "/me/guardian/end/" in page.get("/me/guardian/").content.decode()
    page.post("/me/guardian/end/")
    assert Guardianship.objects.get().ended_by == "teen"


def test_who_is_of_age_is_nobodys_ward(guarded, people):
    assert len(named_as_guardian(people(GUARDIAN))) == 1
    aged(TEEN, "2000-05-05")
    assert named_as_guardian(people(GUARDIAN)) == []


def test_a_question_can_be_taken_back(teen, people):
    guardians.ask_guardian(account=teen, phone="13912340099")
    guardians.take_back_question(account=teen)
    guardians.ask_guardian(account=teen, phone=people(GUARDIAN).phone)
    assert [row.state for row in Guardianship.objects.order_by("pk")] == ["ended", "asked"]


@pytest.mark.parametrize("line", [Line.HITCH, Line.PREMIER, Line.LUXURY])
def test_a_teen_rides_by_express_only(rides, guarded, line):
    with pytest.raises(TeenLine):
        book(rides, line=line)


def test_a_teen_books_for_nobody_else(rides, guarded):
    for kind in (RiderKind.CHILD, RiderKind.OTHER):
        with pytest.raises(GrownUpBooks):
            book(rides, rider=Rider(kind, "x", "13912340099"))


@pytest.mark.parametrize(
    ("minutes", "rides_then"),
    [(599, False), (600, False), (1079, False), (1080, True), (590 - 120, True), (0, True)],
)
def test_a_teen_rides_by_day_from_departure_to_arrival(rides, guarded, minutes, rides_then):
    start = NOON + timedelta(minutes=minutes)  # noon and so much: 22:00 is 600, 06:00 is 1080
    journey = usual_journey(start=start, end=start)
    if rides_then:
        assert book(rides, journey=journey).for_teen
    else:
        with pytest.raises(TeenHours):
            book(rides, journey=journey)


@pytest.mark.parametrize(
    ("days", "stars", "count", "gets"),
    [
        (200, 48, 10, True),
        (100, 48, 10, False),
        (200, 44, 10, False),
        (200, 15, 3, False),
        (200, 0, 0, False),
    ],
)
def test_a_teen_rides_with_drivers_of_tenure_and_score(rides, guarded, people, days, stars, count, gets):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    Driver.objects.filter(pk=driver.pk).update(vetted_at=NOON - timedelta(days=days))
    Score.objects.update_or_create(account=driver.account, defaults={"stars": stars, "count": count})
    book(rides)
    assert turn() == (1 if gets else 0)
    if gets:
        driver.refresh_from_db()
        assert services.accept_offer(driver=driver, code=Offer.objects.get().code).refusal is None


def test_who_lost_the_score_meanwhile_gets_no_teen(rides, guarded, people):
    driver = driver_of(people("driver"))
    go_on_duty(driver, (28.2130, 121.0270))
    Driver.objects.filter(pk=driver.pk).update(vetted_at=NOON - timedelta(days=200))
    Score.objects.update_or_create(account=driver.account, defaults={"stars": 50, "count": 10})
    book(rides)
    turn()
    Score.objects.filter(account=driver.account).update(stars=20)
    refusal = services.accept_offer(driver=driver_of(people("driver")), code=Offer.objects.get().code).refusal
    assert refusal.code == "no_longer_available"


def test_the_guardian_follows_and_the_teen_cannot_end_it(rides, guarded, people, deliver):
    test_a_teen_rides_with_drivers_of_tenure_and_score(rides, guarded, people, 200, 48, 10, True)
    deliver()
    trip = Trip.objects.get()
    contact = EmergencyContact.objects.get(account=guarded)
    assert contacts_who_agreed(guarded) == [contact]
    assert TripShare.objects.get(trip=trip).contact_phone == contact.phone
    assert Notification.objects.get(key__startswith="share:").recipient == people(GUARDIAN).phone
    with pytest.raises(GuardianStays):
        remove_emergency_contact(account=guarded, contact_id=contact.pk)
    key = TripKey(trip.code, Party.PASSENGER, trip.city.code)
    assert recording_question(trip, Party.PASSENGER).answer is True
    assert not recording_question(trip, Party.PASSENGER).may_answer
    with pytest.raises(GuardianAgreed):
        answer_recording(key=key, agreed=False)


def test_the_teen_does_not_end_the_guardians_link(rides, guarded, people, deliver, signed_in):
    test_a_teen_rides_with_drivers_of_tenure_and_score(rides, guarded, people, 200, 48, 10, True)
    deliver()
    trip = Trip.objects.get()
    guardians_own = TripShare.objects.get(trip=trip)
    key = TripKey(trip.code, Party.PASSENGER, trip.city.code)
    with pytest.raises(GuardianStays):
        revoke_share(key=key, number=guardians_own.pk)
    page, header = f"/trips/{trip.code}/shares/", position_key(trip, Party.PASSENGER)
    assert 'name="revoke"' not in signed_in(TEEN).get(page, headers={"x-trip-key": header}).content.decode()
    assert signed_in("").post(page, {"key": header, "revoke": guardians_own.pk}).status_code == 403
    assert signed_in("").get(f"/share/{guardians_own.token}/").status_code == 200
    another = share_trip(key=key)
    revoke_share(key=key, number=another.pk)
    assert [share.pk for share in TripShare.objects.filter(trip=trip, revoked_at=None)] == [guardians_own.pk]


@pytest.mark.parametrize("kind", [RiderKind.OTHER, RiderKind.CHILD])
@pytest.mark.parametrize("line", [Line.HITCH, Line.EXPRESS])
def test_nobody_but_the_guardian_books_for_a_teen(rides, guarded, people, kind, line):
    with pytest.raises(RiderGuarded):
        rides.booked("driver2", line=line, seats=2, rider=Rider(kind, "x", guarded.phone))
    assert not Trip.objects.exists()


def test_a_guardian_books_for_a_teen_by_the_teens_rules(rides, guarded):
    rider = Rider(RiderKind.OTHER, "童大满", guarded.phone)
    with pytest.raises(TeenLine):
        rides.booked(GUARDIAN, rider=rider)
    night = NOON + timedelta(hours=11)
    with pytest.raises(TeenHours):
        rides.booked(GUARDIAN, line=Line.EXPRESS, rider=rider, journey=usual_journey(start=night, end=night))
    journey = usual_journey(start=NOON, end=NOON)
    assert rides.booked(GUARDIAN, line=Line.EXPRESS, rider=rider, journey=journey).for_teen


def test_somebody_else_is_no_way_around_a_child(rides, people, noon):
    child = aged(TEEN, "2013-05-05")
    with pytest.raises(RiderGuarded):
        rides.booked(GUARDIAN, line=Line.EXPRESS, rider=Rider(RiderKind.OTHER, "x", child.phone))
    assert rides.booked(GUARDIAN, line=Line.EXPRESS, rider=Rider(RiderKind.CHILD, "x", child.phone))


def test_nobody_tries_out_which_phones_are_minors(rides, guarded):
    for _turn in range(4):
        with pytest.raises(RiderGuarded):
            rides.booked("driver2", rider=Rider(RiderKind.OTHER, "x", guarded.phone))
    with pytest.raises(TooMany):
        rides.booked("driver2", rider=Rider(RiderKind.OTHER, "x", guarded.phone))


@pytest.mark.parametrize("wrong", ["window", "name"])
def test_what_is_refused_anyway_says_nothing_of_whose_phone_it_is(rides, guarded, wrong):
    """A booking that comes to nothing sends no message and counts nowhere: it would try out phones without end."""
    seen = set()
    for phone in (guarded.phone, "13911110077"):
        rider = Rider(RiderKind.OTHER, "" if wrong == "name" else "x", phone)
        journey = usual_journey(end=NOON - timedelta(hours=1)) if wrong == "window" else usual_journey()
        with pytest.raises(DomainError) as refused:
            rides.booked("driver2", rider=rider, journey=journey)
        seen.add(refused.value.code)
    assert len(seen) == 1 and seen.isdisjoint({"rider_guarded"})


def test_the_teen_is_told_who_follows(guarded, signed_in):
    told = Notification.objects.get(message="accounts.guardian_confirmed")
    assert told.recipient == guarded.phone
    assert "400-000-0110" in told.text
    add_emergency_contact(account=guarded, name="外婆", phone="13911110099")
    page = signed_in(TEEN).get("/me/").content.decode()
    assert "Your guardian gets the link of every trip." in page
    assert "Your trips are not shared" not in page
    assert page.count(">Remove<") == 1  # of whoever may be removed


def test_from_the_eighteenth_birthday_on_nothing_is_kept_back(rides, people, noon):
    aged(TEEN, "2008-03-02")
    assert not rides.booked(TEEN, line=Line.HITCH).for_teen


def test_the_pages_ask_and_answer(rides, teen, people, signed_in):
    client = signed_in(TEEN)
    assert "Ask my guardian" in client.get("/me/guardian/").content.decode()
    assert client.post("/me/guardian/", {"phone": people(GUARDIAN).phone}).status_code == 302
    assert "Your guardian was asked" in client.get("/me/guardian/").content.decode()
    other = signed_in(GUARDIAN)
    page = other.get("/me/guardian/").content.decode()
    assert "I am the guardian" in page
    assert NAMED not in page  # a wrong number may have been written
    answer = f"/me/guardian/{Guardianship.objects.get().pk}/answer/"
    for wrong in ("", "林小", "张三"):
        refused = other.post(answer, {"answer": "accept", "name": wrong})
        assert refused.status_code == 400
        assert "errorlist" in refused.content.decode()
        assert NAMED not in refused.content.decode()
    assert other.post(answer, {"answer": "accept", "name": "林 小雨"}).status_code == 302
    assert NAMED in other.get("/me/guardian/").content.decode()
    assert "Your guardian has confirmed" in client.get("/me/guardian/").content.decode()
    assert signed_in("driver").post(answer, {"answer": "end"}).status_code == 404
