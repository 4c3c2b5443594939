"""Preservation: a notice of its own, 60 days, renewed by two, and never a word on whether anything exists (P7)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from core import clock, events, holds, pictures, retention, typed
from core.actions import NotNow
from core.errors import Forbidden, InvalidInput, TooMany
from core.four_eyes import SecondPersonNeeded
from core.limits import Asker
from core.models import AuditEntry, DataHold, Notification, OutboxEvent, StoredPicture
from police import preserving
from police.errors import NotCalledBack, OfficerSuspended
from police.models import Officer, Preservation
from police.states import Query
from rides import partitions
from rides.models import TrailMinute, Trip
from rides.selectors import trail_of
from rides.states import Party
from rides.trails import Fix, pack
from safety.models import Recording
from safety.services import destroy_due

DAY = timedelta(days=1)


def asked(query, value, **changes):
    at = clock.now()
    given = {
        "span_from": at - DAY,
        "span_to": at + DAY,
        "letter_number": "调保〔2018〕1 号",
        "legal_basis": "x",
    }
    return preserving.Asked(query, value, **given | changes)


def preserve(people, query, value, who="officer", key="s", **changes):
    row = preserving.preserve(
        account=people(who),
        asked=asked(query, value, **changes),
        submission=key,
        asker=Asker(person=who),
    )
    heard()
    return row


def heard():
    """The worker has heard of what was asked."""
    waiting = OutboxEvent.objects.filter(name="police.preservation_asked", delivered_at=None)
    for pk in waiting.values_list("pk", flat=True):
        events.EVENTS.attempt(pk)


def post(client, value, key="k"):
    at = clock.now() + timedelta(hours=8)
    return client.post(
        "/police/preserve/",
        {
            "query_value": value, "submission": key, "letter_number": "1 号", "legal_basis": "x",
            "span_from": f"{at - DAY:%Y-%m-%dT%H:%M}", "span_to": f"{at + DAY:%Y-%m-%dT%H:%M}",
        },
    )  # fmt: skip


@pytest.mark.parametrize("by", [Query.PHONE, Query.PLATE, Query.TRIP])
def test_what_it_names_is_held_for_sixty_days(rides, people, by):
    trip = rides.under_way()
    value = {Query.PHONE: trip.passenger.phone, Query.PLATE: trip.plate_registered, Query.TRIP: trip.code}[by]
    row = preserve(people, by, value)
    assert row.until - row.asked_at == 60 * DAY
    (hold,) = [each for each in holds.on(trip.code) if each.source == "preserve"]
    assert (hold.case, hold.until) == (row.code, row.until)
    assert preserve(people, by, value) == row and Preservation.objects.count() == 1


def test_it_never_tells_whether_anything_exists(rides, people, signed_in):
    trip = rides.under_way()
    client = signed_in("officer")
    pages = []
    for number, value in enumerate([trip.passenger.phone, "+8613700000099"]):
        Preservation.objects.all().delete()
        DataHold.objects.filter(source="preserve").delete()
        answer = post(client, value, key=f"k{number}")
        assert (answer.status_code, answer.url) == (302, "/police/preserve/")
        assert not DataHold.objects.filter(source="preserve").exists()
        heard()
        row = Preservation.objects.get()
        page = client.get(answer.url).content.decode()
        shown = typed.phone.shown(value)
        assert shown in page  # what they typed themselves stands there
        page = page.replace(shown, "PHONE").replace(row.code, "CODE")
        pages.append(page[page.index("<main") : page.index("</main>")])
        assert trip.code not in pages[-1]
        assert DataHold.objects.filter(source="preserve").exists() is (number == 0)
    first, second = (page.partition("<h2>")[2] for page in pages)
    assert first == second
    lines = AuditEntry.objects.filter(action="police.preserved").order_by("pk")
    assert len({str(line.facts) for line in lines}) == 1


def test_its_answer_takes_as_many_statements_whatever_is_found(rides, people, signed_in):
    """Each trip that is held takes some: by the time of the answer a number would say whether somebody rides (P3b)."""
    trip, client, asked_of = rides.under_way(), signed_in("officer"), []
    post(client, "+8613700000098", key="warms")
    for number, value in enumerate(
        [trip.passenger.phone, "+8613700000099", trip.plate_registered, trip.code]
    ):
        with CaptureQueriesContext(connection) as asked:
            assert post(client, value, key=f"k{number}").status_code == 302
        asked_of.append(len(asked))
    assert len(set(asked_of)) == 1, asked_of


def test_what_was_heard_twice_is_held_once(rides, people):
    row = preserve(people, Query.TRIP, rides.under_way().code)
    with transaction.atomic():
        preserving.hold_what_exists(code=row.code)
    assert DataHold.objects.filter(case=row.code).count() == 1


def test_a_trip_that_comes_later_within_its_time_is_held_as_well(rides, people):
    plate = rides.under_way().plate_registered
    Trip.objects.update(plate_registered="川A·X0000")
    row = preserve(people, Query.PLATE, plate)
    assert not DataHold.objects.filter(case=row.code).exists()
    Trip.objects.update(plate_registered=plate)
    preserving.ANEW.run(at=clock.now())
    assert DataHold.objects.filter(case=row.code).count() == 1


def things_that_end(trip, name):
    """A recording, a picture, positions of years ago and a message of half a year ago, all of one trip."""
    at, old = clock.now(), clock.now() - timedelta(days=5 * 366)
    Recording.objects.create(
        code=f"K-{name}", trip=trip, party=Party.DRIVER, purpose="trip", mime="audio/webm", slice_ms=1, key_digest="x",
        begun_at=at, ended_at=at, destroy_at=at + 3 * DAY, state="ended",
    )  # fmt: skip
    pictures.attach(pictures.store(name.encode()), purpose="plate", subject=trip.code, keep_for=DAY)
    partitions.ensure_month(*partitions.month_of(old))
    packed = pack([Fix(old.timestamp(), 28.2, 121.0)])
    TrailMinute.objects.create(
        trip=trip, party=Party.PASSENGER, minute=packed.minute, latitude=packed.latitude, longitude=packed.longitude,
        packed=packed.packed, accuracy=packed.accuracy, far=packed.far,
    )  # fmt: skip
    Notification.objects.create(
        key=name, channel="sms", recipient="+8613800000001", text="x", subject=trip.code, state="sent",
        created_at=at - 182 * DAY, not_before=at, helps_until=at, sent_at=at,
    )  # fmt: skip


def what_is_left(trip):
    return (
        Recording.objects.filter(trip=trip).exclude(state="destroyed").count(),
        StoredPicture.objects.filter(subject=trip.code, destroyed_at=None).count(),
        len(trail_of(trip, Party.PASSENGER)),
        Notification.objects.filter(subject=trip.code, key__in=["GONE", "KEPT"]).count(),
    )


def test_all_that_would_end_is_held_and_ends_with_it(rides, people, noon):
    gone, kept = rides.ended(), rides.ended("passenger2", "driver2")
    with transaction.atomic():
        for trip, name in ((gone, "GONE"), (kept, "KEPT")):
            things_that_end(trip, name)
    preserve(people, Query.TRIP, kept.code)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # as a commit does
    before = what_is_left(kept)
    assert all(before)
    destroy_all = [
        lambda: destroy_due(at=clock.now()),
        lambda: pictures.DESTRUCTION.run(at=clock.now()),
        lambda: partitions.drop_expired(),
        lambda: retention.rules()["core.Notification"].job.run(at=clock.now()),
    ]
    noon.shift(10 * 86_400)
    for destroy in destroy_all:
        destroy()
    assert what_is_left(kept) == before
    assert what_is_left(gone) == (0, 0, 0, 0)
    noon.shift(51 * 86_400)
    for destroy in destroy_all:
        destroy()
    assert what_is_left(kept) == (0, 0, 0, 0)


def test_two_renew_it_with_all_that_it_holds(rides, people, noon, signed_in):
    trip = rides.under_way()
    row = preserve(people, Query.TRIP, trip.code)
    noon.shift(50 * 86_400)
    with pytest.raises(InvalidInput):
        preserving.propose_renewal(account=people("agent"), code=row.code, reason=" ")
    with pytest.raises(NotNow):
        preserving.decide_renewal(account=people("supervisor"), code=row.code, agrees=True)
    preserving.propose_renewal(account=people("specialist"), code=row.code, reason="侦查未结")
    with pytest.raises(SecondPersonNeeded):
        preserving.decide_renewal(account=people("specialist"), code=row.code, agrees=True)
    with pytest.raises(Forbidden):
        preserving.decide_renewal(account=people("agent"), code=row.code, agrees=True)
    page = signed_in("supervisor").get(f"/admin/preservations/{row.code}/").content.decode()
    assert "侦查未结" in page and "/do/renew_agree/" in page
    assert row.code in signed_in("supervisor").get("/admin/preservations/").content.decode()
    preserving.decide_renewal(account=people("supervisor"), code=row.code, agrees=True)
    row.refresh_from_db()
    assert (row.until, row.renewals) == (clock.now() + 60 * DAY, 1)
    assert DataHold.objects.get(case=row.code).until == row.until
    with pytest.raises(IntegrityError, match="renewed_by_two"), transaction.atomic():
        Preservation.objects.update(renewed_by="x", renewed_first_by="x")


def test_after_its_day_it_is_not_renewed_and_holds_nothing(rides, people, noon):
    trip = rides.under_way()
    row = preserve(people, Query.TRIP, trip.code)
    noon.shift(61 * 86_400)
    with pytest.raises(NotNow):
        preserving.propose_renewal(account=people("agent"), code=row.code, reason="x")
    preserving.ANEW.run(at=clock.now())
    assert holds.on(trip.code) == []


def test_renewing_one_of_its_holds_as_ours_does_not_shorten_it(rides, people):
    trip = rides.under_way()
    row = preserve(people, Query.TRIP, trip.code)
    hold = DataHold.objects.get(case=row.code)
    holds.ask_to_renew(actor=people("agent").actor, code=hold.code, reason="x")
    holds.renew(actor=people("supervisor").actor, code=hold.code, reason="x")
    assert DataHold.objects.get(case=row.code).until == row.until


def test_it_passes_the_same_verification_as_a_release(rides, people):
    trip = rides.under_way()
    with pytest.raises(OfficerSuspended):
        preserve(people, Query.TRIP, trip.code, "officer3")
    Officer.objects.filter(account__code="officer").update(tier=1)
    with pytest.raises(NotCalledBack):
        preserve(people, Query.TRIP, trip.code)
    Officer.objects.filter(account__code="officer").update(tier=2)
    for wrong in ({"letter_number": " "}, {"legal_basis": ""}, {"span_to": clock.now() - 2 * DAY}):
        with pytest.raises(InvalidInput):
            preserve(people, Query.TRIP, trip.code, **wrong)
    assert not Preservation.objects.exists()


@pytest.mark.valkey
def test_one_officer_makes_no_more_than_the_policy_says(rides, people, valkey):
    trip = rides.under_way()
    for number in range(30):
        preserve(people, Query.TRIP, trip.code, key=str(number))
    with pytest.raises(TooMany):
        preserve(people, Query.TRIP, trip.code, key="more")


def test_a_busy_car_keeps_its_oldest_trips_too(rides, people, noon, monkeypatch):
    monkeypatch.setattr("rides.selectors.police._PAGE", 2)
    mine = [rides.ended() for _each in range(3)]
    for _each in range(3):  # of another car, whose plate ends so too, and newer
        other = rides.ended()
        Trip.objects.filter(pk=other.pk).update(plate_registered="沪Z" + other.plate_registered[2:])
    row = preserve(people, Query.PLATE, mine[0].plate_registered)
    held = DataHold.objects.filter(case=row.code).values_list("subject", flat=True)
    assert set(held) == {trip.code for trip in mine}
    preserving.ANEW.run(at=clock.now())
    assert set(held.all()) == {trip.code for trip in mine}
    row.refresh_from_db()
    assert (row.walked_at, row.missed_at) == (clock.now(), None)
