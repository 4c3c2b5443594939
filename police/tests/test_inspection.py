"""The transport authority inspects with its own papers and clock, and what it may, trip by trip (P13)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader

from core import clock
from core.tests.factories import set_policy
from drivers.models import VettingCase
from drivers.selectors import has_covert_hold
from police import notices, papers, policies, selectors, services
from police.errors import NoticeIncomplete
from police.models import Agency, Officer, PoliceRequest
from police.states import INSPECTED, Wanted
from police.tests.factories import complete, letter_sent, notice_sent


@pytest.fixture
def inspector(people):
    Officer.objects.filter(account__code="officer").update(agency=Agency.objects.get(kind="transport"))
    return people("officer")


def test_it_asks_no_more_than_an_inspection_may(rides, inspector):
    trip = rides.under_way()
    for wanted in set(Wanted) - INSPECTED:
        with pytest.raises(NoticeIncomplete) as refused:
            notice_sent(inspector, trip.code, wanted, wanted=["trip", wanted.value])
        assert refused.value.parts == ["inspected"]
    assert not PoliceRequest.objects.exists()
    further = [notices.Further(query_value=trip.code, wanted=["recording"])]
    with pytest.raises(NoticeIncomplete):
        letter_sent(inspector, complete(trip.code, further=further), "further")
    asked = notice_sent(inspector, trip.code, wanted=sorted(INSPECTED))
    assert (asked.agency_kind, asked.wanted) == ("transport", sorted(INSPECTED))
    with pytest.raises(IntegrityError, match="names_what_it_may"), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(wanted=["passenger"])


@pytest.mark.parametrize("answered", [True, False])
def test_what_was_asked_before_that_law_stops_no_upgrade(rides, inspector, answered):
    """What waits names no more than an inspection may; what was answered stays as it went out."""
    given = [["passenger", "recording", "trip"], ["passenger"], ["payment", "trip"], ["contact", "trip"]]
    trip = rides.under_way()
    rows = [notice_sent(inspector, trip.code, f"a{number}") for number in range(len(given))]
    law, loader = "request_of_inspection_names_what_it_may", MigrationLoader(None)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # of rows of this transaction
        cursor.execute(f"ALTER TABLE police_policerequest DROP CONSTRAINT {law}")
    for row, wanted in zip(rows, given, strict=True):
        PoliceRequest.objects.filter(pk=row.pk).update(wanted=wanted, left_out={wanted[0]: "no_data"})
    if answered:
        PoliceRequest.objects.filter(pk=rows[3].pk).update(
            state="refused", decided_at=clock.now(), decided_by="specialist", refuse_by="supervisor",
            refused_for="no_data",
        )  # fmt: skip
    migration = loader.disk_migrations["police", "0005_inspection_names_what_it_may"]
    before = loader.project_state(("police", "0004_officer_is_told_of_the_end"))
    with connection.schema_editor() as editor:
        migration.apply(before, editor)
    found = [PoliceRequest.objects.get(pk=row.pk) for row in rows]
    last = (["contact", "trip"], {"contact": "no_data"}) if answered else (["trip"], {})
    assert [(row.wanted, row.left_out) for row in found] == [
        (["trip"], {}), (["trip"], {}), (["payment", "trip"], {"payment": "no_data"}), last,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT convalidated FROM pg_constraint WHERE conname = %s", [law])
        assert cursor.fetchone() == (not answered,)
    with pytest.raises(IntegrityError, match="names_what_it_may"), transaction.atomic():
        PoliceRequest.objects.filter(pk=rows[0].pk).update(wanted=["passenger"])


def test_police_may_ask_for_all(rides, people):
    assert notice_sent(people("officer"), rides.under_way().code, wanted=sorted(Wanted.values)).wanted


def test_it_has_a_clock_of_its_own(rides, inspector, people, noon):
    set_policy("police.inspection_within", 48)
    theirs = notice_sent(inspector, rides.under_way().code)
    of_police = notice_sent(people("officer2"), theirs.trip.code)
    assert selectors.answer_due(theirs) == theirs.asked_at + timedelta(hours=48)
    assert selectors.letter_due(theirs, clock.now()) == theirs.asked_at + timedelta(hours=48)
    noon.shift(timedelta(minutes=6))
    ringing = {row.code for row in selectors.letters_that_ring(clock.now())}
    assert of_police.code in ringing and theirs.code not in ringing


@pytest.mark.parametrize("by", ["plate", "phone"])
def test_a_question_about_a_car_is_one_of_each_of_its_trips(rides, inspector, people, by):
    trips = [rides.ended("passenger"), rides.under_way("passenger2")]
    assert {trip.driver for trip in trips} == {trips[0].driver}
    value = trips[0].plate_registered if by == "plate" else people("driver").phone
    span = {"span_from": clock.now() - timedelta(days=1), "span_to": clock.now() + timedelta(days=1)}
    asked = letter_sent(inspector, complete(value, query=by, wanted=["trip", "payment"], **span))
    assert {row.trip for row in asked} == set(trips)
    assert [row.number for row in asked] == [1, 2]
    assert {tuple(row.wanted) for row in asked} == {("payment", "trip")}
    # Police, who may be a thief, are not told how many there are.
    (theirs,) = letter_sent(people("officer2"), complete(value, query=by, wanted=["trip"], **span))
    assert (theirs.trip, theirs.trips_found) == (None, 2)


def test_by_whoever_rides_no_trips_are_gone_through(rides, inspector, people):
    for driver in ("driver", "driver2"):
        rides.ended("passenger", driver)
    span = {"span_from": clock.now() - timedelta(days=1), "span_to": clock.now() + timedelta(days=1)}
    her = complete(people("passenger").phone, query="phone", wanted=["trip"], **span)
    assert len(letter_sent(inspector, her)) == 1


def asked_about(rides, account, people, by="plate", **changes):
    """A letter about a car that two drivers drove, or about one of them: each of his trips."""
    trips = [rides.ended("passenger"), rides.under_way("passenger2")]
    value = trips[0].plate_registered if by == "plate" else people("driver").phone
    span = {"span_from": clock.now() - timedelta(days=1), "span_to": clock.now() + timedelta(days=1)}
    given = {"query": by, "wanted": ["trip", "payment"], **span} | changes
    return trips, letter_sent(account, complete(value, **given))


def test_it_stops_nobodys_next_order(rides, inspector, people):
    """It asks about licences and fares, of whichever car: what the police ask about a driver is another matter (D15)."""
    trips, _asked = asked_about(rides, inspector, people)
    notice_sent(inspector, trips[0].code, "one trip")
    assert not VettingCase.objects.filter(kind="police").exists()
    assert not has_covert_hold(trips[0].driver)
    notice_sent(people("officer2"), trips[0].code)
    assert has_covert_hold(trips[0].driver)


@pytest.mark.parametrize("who", ["inspector", "police"])
def test_whether_its_letter_came_before_is_looked_at_once(rides, inspector, people, monkeypatch, who):
    looked = []
    came_before = papers.came_before

    def counted(of, **given):
        looked.append(of)
        return came_before(of, **given)

    monkeypatch.setattr(papers, "came_before", counted)
    account = inspector if who == "inspector" else people("officer2")
    again = [notices.Further(query="plate", query_value=rides.ended("passenger", "driver2").plate_registered)]
    further = [replace(each, wanted=["trip"]) for each in again]
    _trips, asked = asked_about(rides, account, people, further=further)
    assert len(asked) == (3 if who == "inspector" else 2)
    assert len(looked) == 1


@pytest.mark.parametrize("by", ["plate", "phone"])
def test_no_trip_is_named_or_counted_before_people_answered(rides, inspector, people, signed_in, by):
    trips, (first, second) = asked_about(rides, inspector, people, by)
    client, notice = signed_in("officer"), first.notice

    def said():
        pages = ["/police/", f"/police/requests/{first.code}/", f"/police/ordinary/{notice.code}/"]
        answers = [client.get(each, follow=True) for each in [*pages, "/api/v1/police/requests/"]]
        assert {each.status_code for each in answers} == {200}
        return "".join(each.content.decode() for each in answers)

    before = said()
    assert trips[0].plate_registered in before if by == "plate" else people("driver").phone[-4:] in before
    assert not [code for code in (trips[0].code, trips[1].code, second.code) if code in before]
    assert "Question 1 of 2" not in before
    for address in (f"/police/requests/{second.code}/", f"/api/v1/police/requests/{second.code}/"):
        assert client.get(address).status_code == 404
    services.propose_release(account=people("agent"), code=second.code)
    assert second.code not in said()
    services.confirm_release(account=people("specialist"), code=second.code)
    after = said()
    assert second.code in after and first.trip.code not in after
    assert second.trip.code in client.get(f"/police/requests/{second.code}/").content.decode()


def test_the_interface_names_no_trip_either_and_counts_questions_as_the_letter_does(rides, inspector, people):
    trip = rides.ended("passenger", "driver2")
    further = [notices.Further(query_value=trip.code, wanted=["trip"])]
    _trips, asked = asked_about(rides, inspector, people, further=further)
    assert [row.number for row in asked] == [1, 2, 3]
    assert [(row.query, row.part, policies.number_on_letter(row)) for row in asked] == [
        ("plate", 1, 1), ("plate", 2, 1), ("trip", 1, 2),
    ]  # fmt: skip
    assert [row.code for row in notices.told_of(asked[0].notice)] == [asked[0].code, asked[2].code]
