"""Who asks by telephone says why not in writing, and the written request follows, chased until it is there (P4)."""

from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction

from complaints import calendars
from complaints.services.oncall import ladder, ring_on_call
from core import alarms, cases, clock, handover
from core.actions import NotNow
from core.errors import Forbidden, InvalidInput
from core.models import Notification
from core.tests.factories import PDF
from police import papers, services
from police.models import NoticeFile, PoliceRequest
from police.selectors import request_by_code
from police.states import Paper, Query
from police.tests.factories import papers_filed, urgent
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos

FRIDAY_NIGHT = datetime(2018, 8, 24, 23, 0, tzinfo=calendars.ZONE)


def taken_down(people, trip, **changes):
    question = urgent(Query.TRIP, trip.code, **{"why_not_written": "民警在高速路口，无法出具文书"} | changes)
    return services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="331777",
        question=question,
        submission=trip.code,
    ).request


def released(people, trip):
    asked = taken_down(people, trip)
    services.record_call_back(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("specialist"), code=asked.code)
    return request_by_code(asked.code)


def came(people, asked, who="agent", **changes):
    read = papers.read({paper: PDF + paper.encode() for paper in Paper})
    given = {"letter_number": "1", "certificate_1": "331001", "certificate_2": "331002", "legal_basis": ""}
    return services.receive_papers(account=people(who), code=asked.code, files=read, **given | changes)


def test_why_it_is_not_asked_in_writing_is_asked_and_kept(rides, people, signed_in):
    trip = rides.under_way()
    with pytest.raises(InvalidInput):
        taken_down(people, trip, why_not_written=" ")
    form = {
        "agency": "shangtang", "badge": "331777", "query": "trip", "query_value": trip.code, "submission": "s",
    }  # fmt: skip
    agent = signed_in("agent")
    assert agent.post("/admin/police-line/", form).status_code == 400
    kept = agent.post("/admin/police-line/", form | {"why_not_written": "在高速路口"})
    assert kept.status_code == 302
    assert PoliceRequest.objects.get().why_not_written == "在高速路口"
    assert "在高速路口" in agent.get(kept.url).content.decode()
    ours = agent.post("/admin/police-line/", form | {"outbound": "on", "submission": "t"})
    assert ours.status_code == 302  # whom we call ourselves owes no reason


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        (FRIDAY_NIGHT, datetime(2018, 8, 28, tzinfo=calendars.ZONE)),
        (FRIDAY_NIGHT - timedelta(days=1), datetime(2018, 8, 25, tzinfo=calendars.ZONE)),
        (datetime(2018, 9, 29, 12, tzinfo=calendars.ZONE), datetime(2018, 10, 1, tzinfo=calendars.ZONE)),
        (datetime(2018, 9, 30, 12, tzinfo=calendars.ZONE), datetime(2018, 10, 9, tzinfo=calendars.ZONE)),
    ],
)
def test_the_next_working_day_ends(at, ends):
    """Of 2018 the 29th and 30th of September were worked, for the first week of October."""
    assert calendars.end_of_next_working_day(at) == ends


def test_the_written_request_is_due_by_the_end_of_the_next_working_day(rides, people):
    asked = released(people, rides.under_way())
    assert asked.papers_due_at == calendars.end_of_next_working_day(asked.decided_at)


def test_whoever_took_it_down_has_it_among_theirs_until_it_came(rides, people, signed_in):
    asked = released(people, rides.under_way())

    def of(who):
        return [row.code for row in handover.kinds()["police_papers"].mine(people(who))]

    assert (of("agent"), of("specialist")) == ([asked.code], [])
    row = f'<a class="btn plain" href="/admin/police-line/{asked.code}/">'
    assert row in signed_in("agent").get("/admin/due/").content.decode()
    came(people, asked)
    assert of("agent") == []


def test_staff_take_the_written_request(rides, people, signed_in):
    asked = released(people, rides.under_way())
    agent, address = signed_in("agent"), f"/admin/police-line/{asked.code}/do/papers/"
    form = {"letter_number": "1", "certificate_1": "331001", "certificate_2": "331002"}
    assert agent.post(address, form).status_code == 400  # numbers without files are no papers
    names = ("letter", "file_1", "file_2")
    files = {name: SimpleUploadedFile(f"{name}.pdf", PDF + name.encode()) for name in names}
    answer = agent.post(address, form | files)
    assert answer.status_code == 302, answer.content.decode()
    there = request_by_code(asked.code)
    assert (there.letter_number, there.certificates) == ("1", "331001, 331002")
    assert there.papers_at and NoticeFile.objects.filter(request=there).count() == len(Paper)
    with pytest.raises(NotNow):
        came(people, asked, letter_number="2")
    with pytest.raises(Forbidden):
        came(people, asked, "passenger")


def test_of_the_form_its_officer_sends_them(rides, people):
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.TRIP, rides.under_way().code), submission="s"
    )
    with pytest.raises(NotNow):
        came(people, asked)
    papers_filed(people("officer"), asked)


def test_they_are_chased(rides, people, noon):
    asked = released(people, rides.under_way())
    due = asked.papers_due_at
    key = f"papers-late:{asked.code}"
    services.CHASE.run(at=due - timedelta(hours=5))
    assert not Notification.objects.filter(key__startswith="papers-due:").exists()
    for _time in range(2):
        services.CHASE.run(at=due - timedelta(hours=3))
    told = Notification.objects.get(key__startswith="papers-due:")
    assert (told.channel, told.recipient) == ("email", asked.agency.registered_email)
    # At night nobody is rung about a paper.
    assert key not in {each.key for each in alarms.ringing(due + timedelta(hours=2))}
    morning = due + timedelta(hours=9, minutes=30)
    (rings,) = [each for each in alarms.ringing(morning) if each.key == key]
    assert not ring_on_call(at=morning) or not Notification.objects.filter(key__startswith=f"alarm:{key}")
    later = due + timedelta(hours=12)
    ring_on_call(at=later)
    assert Notification.objects.filter(key__startswith=f"alarm:{key}").exists()
    assert "supervisor" in {
        each.code for each in ladder(rings, later)
    }  # whose turn comes after those on call
    noon.shift(morning - clock.now())
    came(people, asked)
    assert key not in {each.key for each in alarms.ringing(clock.now())}


def test_the_second_person_is_rung_and_shown(rides, people, signed_in, noon):
    asked = taken_down(people, rides.under_way())
    services.record_call_back(account=people("agent"), code=asked.code)
    rings = {each.key: each for each in alarms.ringing(clock.now())}[f"police:{asked.code}:second"]
    noon.shift(61)
    ring_on_call(at=clock.now())
    assert Notification.objects.filter(key__startswith=f"alarm:{rings.key}").exists()
    page = signed_in("agent").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert "Rung for it" in page


def test_the_case_stands_beside_the_call(rides, people, signed_in):
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    asked = taken_down(people, trip)
    page = signed_in("agent").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert f"/admin/incidents/{incident.code}/" in page


@pytest.mark.parametrize("when", ["before the call-back", "after the call-back", "after the release"])
def test_a_call_is_no_ground_for_whoever_took_it_down_also_once_a_colleague_has_it(rides, people, when):
    trip = rides.under_way()
    asked = taken_down(people, trip)
    if when != "before the call-back":
        services.record_call_back(account=people("agent"), code=asked.code)
    if when == "after the release":
        services.confirm_release(account=people("specialist"), code=asked.code)
    handover.hand_over_all(account=people("agent"), heir=people("agent2"), words="x")
    assert PoliceRequest.objects.get().owned_by == "agent2"
    for subject in (asked.code, trip.passenger.code, trip.driver.account.code):
        (case,) = [each for each in cases.open_about(subject) if each.code == asked.code]
        assert not case.is_ground_for("agent"), "made by a call of one's own"
        assert case.is_ground_for("agent2"), "a colleague's call, which one was given"


def test_a_call_that_one_called_back_oneself_is_no_ground_for_whoever_took_it_down(rides, people):
    asked = taken_down(people, rides.under_way())
    services.record_call_back(account=people("specialist"), code=asked.code)
    (case,) = cases.open_about(asked.code)
    assert case.is_ground_for("specialist") and not case.is_ground_for("agent")


def test_what_an_officer_asks_by_the_form_nobody_took_down(rides, people):
    taken_down(people, rides.under_way())
    with pytest.raises(IntegrityError, match="taken_down_by_nobody"), transaction.atomic():
        PoliceRequest.objects.update(channel="form")


def test_a_call_that_the_release_before_wrote_stands_on_the_word_of_whoever_had_it(rides, people):
    """Until it is restarted it names nobody else."""
    asked = taken_down(people, rides.under_way())
    PoliceRequest.objects.update(taken_down_by="")
    (case,) = cases.open_about(asked.code)
    assert not case.is_ground_for("agent")
