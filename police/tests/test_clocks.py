"""The published clocks by channel, kind and outcome, and the register of errors (P8+)."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.actions import NotNow
from core.errors import Forbidden, InvalidInput
from core.four_eyes import SecondPersonNeeded
from police import services
from police.clocks import errors_since, published_clocks
from police.models import PoliceRequest, ReleaseError
from police.states import ErrorKind, Query
from police.tests.factories import notice_sent, urgent


def ask(people, trip, key):
    question = urgent(Query.TRIP, trip.code)
    return services.ask_by_form(account=people("officer"), question=question, submission=key)


def clocks():
    at = clock.now()
    return {(row.channel, row.kind, row.outcome): row for row in published_clocks(at - timedelta(days=1), at)}


def test_ranks_are_the_nearest(rides, people, noon):
    for number in range(4):
        row = ask(
            people, rides.under_way() if number == 0 else PoliceRequest.objects.latest("pk").trip, str(number)
        )
        PoliceRequest.objects.filter(pk=row.pk).update(
            decided_at=row.asked_at + timedelta(seconds=number + 1)
        )
    noon.shift(60)
    found = clocks()["form", "emergency", "released"]
    assert (found.count, found.p50, found.p95, found.longest) == (4, 2.0, 4.0, 4.0)


def test_what_the_drills_marked_people_do_is_no_clock_and_no_error(rides, people, noon):
    mine = ask(people, rides.under_way(), "s")
    note(people, mine.code)
    noon.shift(60)
    assert clocks() and errors_since(clock.now() - timedelta(days=1)).total == 1
    mine.trip.passenger.is_drill = True
    mine.trip.passenger.save(update_fields=["is_drill"])
    found = errors_since(clock.now() - timedelta(days=1))
    assert not clocks() and (found.total, found.open, found.rows) == (0, 0, [])


def test_each_channel_kind_and_outcome_has_its_own_row(rides, people, noon, signed_in):
    trip = rides.under_way()
    asked = [ask(people, trip, str(number)) for number in range(3)]
    for row, seconds in zip(asked, (5, 300, 1_200), strict=True):
        at = row.asked_at + timedelta(seconds=seconds)
        PoliceRequest.objects.filter(pk=row.pk).update(decided_at=at)
    letter = notice_sent(people("officer"), trip.code)
    noon.shift(90)
    found = clocks()
    released = found["form", "emergency", "released"]
    assert (released.count, round(released.within_1, 3), round(released.within_10, 3)) == (3, 0.333, 0.667)
    assert (released.p50, released.p95, released.longest) == (300.0, 1_200.0, 1_200.0)
    waits = found["form", "ordinary", "asked"]
    assert (waits.count, waits.within_1, waits.within_10, waits.longest >= 90) == (1, 0.0, 0.0, True)
    page = signed_in("specialist").get("/admin/police-clocks/", headers={"accept-language": "en"})
    text = page.content.decode()
    assert "33 %" in text and "67 %" in text and "92 minutes" in text
    assert letter.code not in text


def note(people, code, who="agent", **changes):
    given = {"kind": "too_much", "cause": "the letter named the trip alone", "remedy": "told, form mended"}
    return services.note_error(account=people(who), code=code, **given | changes)


def test_an_error_is_noted_by_one_and_closed_by_another(rides, people, signed_in):
    asked = ask(people, rides.under_way(), "s")
    for wrong in ({"kind": "x"}, {"cause": " "}, {"remedy": ""}):
        with pytest.raises(InvalidInput):
            note(people, asked.code, **wrong)
    note(people, asked.code, "specialist")
    with pytest.raises(NotNow):
        note(people, asked.code)
    with pytest.raises(SecondPersonNeeded):
        services.decide_error(account=people("specialist"), code=asked.code, agrees=True)
    with pytest.raises(Forbidden):
        services.decide_error(account=people("agent"), code=asked.code, agrees=True)
    for two in ({"agreed_by": "specialist"}, {"agreed_by": "specialist", "agreed_at": clock.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ReleaseError.objects.update(**two)
    page = signed_in("supervisor").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert "the letter named the trip alone" in page and "/do/error_agree/" in page
    services.decide_error(account=people("supervisor"), code=asked.code, agrees=True)
    found = errors_since(clock.now() - timedelta(days=1))
    assert (found.counts, found.open, found.total) == ({"too_much": 1}, 0, 1)
    note(people, asked.code, kind="wrong_person")  # another one of the same request
    found = errors_since(clock.now() - timedelta(days=1))
    assert (found.counts, found.open, found.total) == ({"too_much": 1}, 1, 2)
    services.decide_error(account=people("supervisor"), code=asked.code, agrees=False)
    assert ReleaseError.objects.filter(noted_by="", agreed_by="").count() == 1


def test_late_papers_are_noted_by_a_machine_once_and_closed_by_two(rides, people, noon, signed_in):
    asked = ask(people, rides.under_way(), "s")
    assert services.LATE.run(at=clock.now()).total == 0
    noon.shift(25 * 3_600)
    assert [services.LATE.run(at=clock.now()).total for _time in range(2)] == [1, 0]
    row = ReleaseError.objects.get()
    assert (row.kind, row.noted_by, row.request) == (ErrorKind.PAPERS_LATE, "", asked)
    with pytest.raises(NotNow):
        services.decide_error(account=people("supervisor"), code=asked.code, agrees=True)
    note(people, asked.code, kind="papers_late")
    services.decide_error(account=people("supervisor"), code=asked.code, agrees=True)
    row.refresh_from_db()
    assert (row.noted_by, row.agreed_by, row.kind) == ("agent", "supervisor", "papers_late")
    assert services.LATE.run(at=clock.now()).total == 0
    page = signed_in("agent").get("/admin/police-clocks/").content.decode()
    assert asked.code in page


def test_what_two_people_say_was_none_is_counted_as_none(rides, people, signed_in):
    asked = ask(people, rides.under_way(), "s")
    with pytest.raises(InvalidInput):
        note(people, asked.code, kind="none")  # there is nothing to take back
    note(people, asked.code, kind="wrong_person")
    services.decide_error(account=people("supervisor"), code=asked.code, agrees=False)
    note(people, asked.code, kind="none", cause="another trip was meant", remedy="nothing had gone wrong")
    found = errors_since(clock.now() - timedelta(days=1))
    assert (found.counts, found.open, found.none) == ({}, 1, 0)
    page = (
        signed_in("supervisor")
        .get(f"/admin/police-line/{asked.code}/", headers={"accept-language": "en"})
        .content.decode()
    )
    assert "there was no error" in page
    services.decide_error(account=people("supervisor"), code=asked.code, agrees=True)
    found = errors_since(clock.now() - timedelta(days=1))
    assert (found.counts, found.open, found.none, found.total) == ({}, 0, 1, 1)
    assert ReleaseError.objects.get().kind == "wrong_person"


def test_nobody_gives_another_name_to_what_a_machine_found(rides, people, noon):
    asked = ask(people, rides.under_way(), "s")
    noon.shift(25 * 3_600)
    services.LATE.run(at=clock.now())
    with pytest.raises(InvalidInput):
        note(people, asked.code, kind="call_back")
    note(people, asked.code, kind="none")
    services.decide_error(account=people("supervisor"), code=asked.code, agrees=True)
    row = ReleaseError.objects.get()
    assert (row.kind, row.was_none) == ("papers_late", True)
    assert services.LATE.run(at=clock.now()).total == 0


def test_only_what_was_released_has_an_error_of_a_release(rides, people):
    letter = notice_sent(people("officer"), rides.under_way().code)
    with pytest.raises(NotNow):
        note(people, letter.code)
    assert not ReleaseError.objects.exists()
