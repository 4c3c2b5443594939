"""A letter carries several questions, each with its own state, reason and clock, and gets what it names and no more (P5+)."""

import base64
import json
from dataclasses import asdict, fields, replace
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from accounts.services import add_emergency_contact
from core import clock
from core.actions import NotNow
from core.errors import Forbidden, InvalidInput
from core.four_eyes import SecondPersonNeeded
from core.privacy import phone_index
from core.tests.factories import PDF
from police import notices, services
from police.answers import build_answer
from police.documents.sections import sections
from police.documents.views import schema_of
from police.errors import NoticeNeeded, QueryUnreadable
from police.models import Notice, PoliceRequest
from police.selectors import request_by_code
from police.states import NEXT_STEP, NoticePart, Paper, Query, RefusalCode, Urgency, Wanted
from police.tests.factories import complete, letter_sent, notice_sent, urgent
from rides.models import Message, Payment, Trip
from rides.states import Party
from rides.tests.test_positions import store
from rides.trails import Fix
from safety.models import Recording


@pytest.fixture
def rich(rides, people):
    """A trip of which each category holds something."""
    trip = rides.ended()
    trip.refresh_from_db()
    at = clock.now()
    for party in Party:
        store(trip, Fix(at.timestamp() - 60, 28.21987, 121.01987), party=party)
    Message.objects.create(trip=trip, party=Party.PASSENGER, phrase="here", at=at - timedelta(minutes=5))
    Payment.objects.get_or_create(
        trip=trip, defaults={"code": "Y-PAID", "fen": 4321, "due_at": at, "next_at": at}
    )
    Recording.objects.create(
        code="K-SOUND", trip=trip, party=Party.DRIVER, purpose="trip", mime="audio/webm", slice_ms=1, key_digest="x",
        begun_at=at - timedelta(minutes=9), ended_at=at, destroy_at=at + timedelta(days=7), state="ended",
    )  # fmt: skip
    return Trip.objects.get(pk=trip.pk)


def marks(trip):
    """What shows that an answer holds a category."""
    driver, her = trip.driver.account, trip.passenger
    return {
        Wanted.TRIP: {trip.origin_name, trip.destination_name, trip.code, '"history"'},
        Wanted.DRIVER: {driver.real_name, driver.id_number, driver.phone, trip.driver.licence_number},
        Wanted.VEHICLE: {trip.plate_registered, trip.vehicle.model, '"plate_read"'},
        Wanted.POSITIONS: {"28.21987", "121.01987"},
        Wanted.PASSENGER: {her.real_name, her.phone},
        Wanted.PAYMENT: {Payment.objects.get(trip=trip).code, '"fen"'},
        Wanted.RECORDING: {"K-SOUND", '"begun_at"'},
        Wanted.CONTACT: {'"kind":"phrase"', "我已到上车点。"},
    }


letters = st.tuples(
    st.sets(st.sampled_from(list(Wanted)), min_size=1),
    st.dictionaries(st.sampled_from(list(Wanted)), st.sampled_from(list(RefusalCode)), max_size=4),
)


def test_no_letter_gets_more_than_the_categories_that_it_names(rich, people):
    asked = request_by_code(notice_sent(people("officer"), rich.code, wanted=list(Wanted.values)).code)
    shows, schema = marks(rich), Draft202012Validator(schema_of("answer-1"))
    whole = json.dumps(build_answer(asked, rich), ensure_ascii=False, separators=(",", ":"))
    for category in Wanted:
        assert [each for each in shows[category] if each in whole], category

    @settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
    @given(letters)
    def look(letter):
        wanted, left_out = letter
        asked.wanted = sorted(each.value for each in wanted)
        asked.left_out = {each.value: why.value for each, why in left_out.items() if each in wanted}
        found = build_answer(asked, rich)
        schema.validate(found)
        assert set(found["answers"]) == set(asked.wanted)
        text = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
        for category in set(Wanted) - (wanted - set(left_out)):
            assert not [each for each in shows[category] if each in text], category
        for category in wanted & set(left_out):
            assert found["answers"][category]["why_not"] == left_out[category]
        assert [each.label for each in sections(found)] == [each.label for each in Wanted if each in wanted]

    look()


@pytest.mark.parametrize("whose", ["passenger", "rider", "contact"])
def test_a_letter_by_her_number_returns_nothing_of_hers(rich, people, whose):
    rider, contact = "+8613977770009", "+8613911110001"
    Trip.objects.filter(pk=rich.pk).update(
        rider_kind="other", rider_name="欧阳晓雨", rider_phone=rider, rider_phone_index=phone_index(rider)
    )
    add_emergency_contact(account=people("passenger"), name="周知己", phone=contact)
    trip, at = Trip.objects.get(pk=rich.pk), clock.now()
    store(trip, Fix(at.timestamp() - 3_000, *trip.destination), party=Party.DRIVER)
    number = {"passenger": trip.passenger.phone, "rider": rider, "contact": contact}[whose]
    asked = notice_sent(people("officer"), number, wanted=list(Wanted.values), about=at)
    assert asked.trip == trip
    services.propose_release(account=people("agent"), code=asked.code)
    text = services.confirm_release(account=people("supervisor"), code=asked.code).pack
    found = json.loads(text)["answers"]
    Draft202012Validator(schema_of("answer-1")).validate(json.loads(text))
    assert found["passenger"] == {"given": False, "why_not": "her_number", "data": None}
    assert (found["driver"]["given"], found["vehicle"]["given"], found["trip"]["given"]) == (True,) * 3
    assert {row["phone"] for row in found["positions"]["data"]} == {"driver"}
    assert len(found["positions"]["data"]) == 1  # not the one at her door
    hers = {trip.passenger.real_name, trip.passenger.phone, rider, "欧阳晓雨", contact}
    hers |= {trip.origin_name, trip.destination_name}
    assert not {each for each in hers if each in text}


def test_what_is_hers_cannot_be_put_back_and_by_the_drivers_number_it_is_given(rich, people):
    her, his = rich.passenger.phone, rich.driver.account.phone
    asked = notice_sent(people("officer"), her, wanted=["passenger", "driver"])
    services.leave_out(account=people("agent"), code=asked.code, category="passenger", why="")
    assert not build_answer(request_by_code(asked.code), rich)["answers"]["passenger"]["given"]
    by_his = notice_sent(people("officer"), his, "his", wanted=["passenger", "trip"])
    found = build_answer(request_by_code(by_his.code), rich)["answers"]
    assert found["passenger"]["given"] and found["trip"]["data"]["to"] == rich.destination_name


def test_a_later_question_by_her_number_leads_to_no_other_trip_of_hers(rides, people):
    first, at = rides.ended(), clock.now()
    Trip.objects.filter(pk=first.pk).update(
        accepted_at=at - timedelta(hours=5), ended_at=at - timedelta(hours=4)
    )
    second, her = rides.under_way(), people("passenger").phone
    assert first.pk != second.pk
    further = [
        notices.Further(query_value=her, about=clock.now(), wanted=["trip"]),
        notices.Further(query_value=second.driver.account.phone, about=clock.now(), wanted=["trip"]),
    ]
    given_ = complete(her, wanted=["trip"], about=at - timedelta(hours=4), further=further)
    one, other, by_his = letter_sent(people("officer"), given_)
    assert (one.trip, other.trip, by_his.trip) == (first, second, second)
    services.propose_release(account=people("agent"), code=one.code)
    services.propose_release(account=people("agent"), code=by_his.code)
    with pytest.raises(NotNow):
        services.propose_release(account=people("agent"), code=other.code)
    services.propose_refusal(account=people("agent"), code=other.code, reason="x", why="her_number")
    services.decide_refusal(account=people("supervisor"), code=other.code, agrees=True)
    assert request_by_code(other.code).refused_for == "her_number"


def test_nothing_outside_of_the_time_that_it_names_is_given(rich, people):
    asked = request_by_code(notice_sent(people("officer"), rich.code, wanted=list(Wanted.values)).code)
    asked.span_from, asked.span_to = clock.now() - timedelta(seconds=30), clock.now() + timedelta(hours=1)
    found = build_answer(asked, rich)["answers"]
    assert (found["positions"]["given"], found["positions"]["why_not"]) == (False, "no_data")
    assert found["contact"]["why_not"] == "no_data"


def several(trip, **changes):
    further = [
        notices.Further(query_value=trip.plate_registered, wanted=["vehicle"]),
        notices.Further(query="trip", query_value="T-NOTHERE00", wanted=["payment", "driver"]),
    ]
    return complete(trip.code, wanted=["trip"], further=further, **changes)


def test_each_question_has_its_own_state_reason_and_clock(rides, people, signed_in, noon):
    trip = rides.under_way()
    first, second, third = letter_sent(
        people("officer"), several(trip, span_from=clock.now() - timedelta(minutes=1))
    )
    assert [row.number for row in (first, second, third)] == [1, 2, 3]
    assert (first.wanted, second.wanted, third.wanted) == (["trip"], ["vehicle"], ["driver", "payment"])
    assert (first.trip, third.trip) == (trip, None)
    services.propose_release(account=people("agent"), code=first.code)
    noon.shift(60)
    services.confirm_release(account=people("supervisor"), code=first.code)
    services.propose_refusal(
        account=people("agent"), code=third.code, reason="无此行程", why=RefusalCode.CANNOT
    )
    services.decide_refusal(account=people("specialist"), code=third.code, agrees=True)
    states = [request_by_code(row.code).state for row in (first, second, third)]
    assert states == ["released", "asked", "refused"]
    client = signed_in("officer")
    letter = client.get(f"/police/ordinary/{first.notice.code}/", headers={"accept-language": "en"})
    text = letter.content.decode()
    assert all(row.code in text for row in (first, second, third))
    assert text.count("at the latest") == 1
    refused = client.get(
        f"/police/requests/{third.code}/", headers={"accept-language": "en"}
    ).content.decode()
    assert "无此行程" in refused
    assert str(NEXT_STEP[RefusalCode.CANNOT]) in refused
    given = client.get(f"/police/requests/{first.code}/").content.decode()
    assert trip.destination_name in given and "510112199106150034" not in given
    pack = client.get(f"/police/requests/{first.code}/pack.json").json()
    assert set(pack["answers"]) == {"trip"}
    Draft202012Validator(schema_of(pack["schema"])).validate(pack)
    assert client.get(f"/police/requests/{first.code}/pack.pdf").content.startswith(b"%PDF")


def test_a_part_is_left_out_with_its_code_and_the_rest_is_given(rides, people, signed_in):
    asked = notice_sent(people("officer"), rides.under_way().code, wanted=["driver", "vehicle"])
    services.propose_release(account=people("agent"), code=asked.code)
    services.leave_out(account=people("agent"), code=asked.code, category="driver", why="beyond")
    with pytest.raises(NotNow):  # whoever proposed it proposed something else
        services.confirm_release(account=people("supervisor"), code=asked.code)
    with pytest.raises(InvalidInput):  # all of it is a refusal
        services.leave_out(account=people("agent"), code=asked.code, category="vehicle", why="beyond")
    for category in ("passenger", ""):
        with pytest.raises(InvalidInput):
            services.leave_out(account=people("agent"), code=asked.code, category=category, why="beyond")
    services.propose_release(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    client = signed_in("officer")
    found = client.get(f"/police/requests/{asked.code}/pack.json").json()["answers"]
    assert (found["driver"]["why_not"], found["vehicle"]["given"]) == ("beyond", True)
    page = client.get(f"/police/requests/{asked.code}/", headers={"accept-language": "en"}).content.decode()
    assert "beyond what the letter covers" in page and "510112199106150034" not in page


def test_refusing_a_question_takes_two_and_waits_for_the_second(rides, people, signed_in):
    asked = notice_sent(people("officer"), rides.under_way().code)
    with pytest.raises(NotNow):
        services.refuse_request(account=people("specialist"), code=asked.code, reason="x", why="beyond")
    for wrong in ({"reason": " ", "why": "beyond"}, {"reason": "x", "why": "because"}):
        with pytest.raises(InvalidInput):
            services.propose_refusal(account=people("specialist"), code=asked.code, **wrong)
    services.propose_refusal(account=people("specialist"), code=asked.code, reason="x", why="beyond")
    assert (
        "beyond"
        not in signed_in("officer")
        .get(f"/police/requests/{asked.code}/", headers={"accept-language": "en"})
        .content.decode()
        .partition("<main")[2]
        .partition("Categories")[0]
    )
    with pytest.raises(NotNow):
        services.propose_release(account=people("agent"), code=asked.code)
    with pytest.raises(SecondPersonNeeded):
        services.decide_refusal(account=people("specialist"), code=asked.code, agrees=True)
    with pytest.raises(Forbidden):
        services.decide_refusal(account=people("agent"), code=asked.code, agrees=True)
    with pytest.raises(IntegrityError, match="refused_by_two"), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(
            state="refused", decided_at=clock.now(), decided_by="specialist"
        )
    services.decide_refusal(account=people("supervisor"), code=asked.code, agrees=False)
    assert (request_by_code(asked.code).state, request_by_code(asked.code).refused_for) == ("asked", "")
    with pytest.raises(NotNow):
        services.decide_refusal(account=people("supervisor"), code=asked.code, agrees=True)


def test_a_trip_outside_of_the_letters_time_is_not_released(rides, people):
    trip = rides.under_way()
    at = clock.now()
    asked = notice_sent(
        people("officer"), trip.code, span_from=at + timedelta(days=1), span_to=at + timedelta(days=2)
    )
    with pytest.raises(NotNow, match="not_now"):
        services.propose_release(account=people("agent"), code=asked.code)


def test_a_further_question_that_is_half_said_is_on_the_list_and_one_unreadable_is_named(rides, people):
    trip = rides.under_way()
    half = replace(several(trip), further=[notices.Further(query_value="x")])
    assert notices.missing_of(half, dict.fromkeys(Paper, object()), clock.now().date()) == [
        NoticePart.FURTHER
    ]
    with pytest.raises(QueryUnreadable) as wrong:
        letter_sent(
            people("officer"), replace(half, further=[notices.Further(query_value="。", wanted=["trip"])])
        )
    assert wrong.value.field == "q2-query_value"
    assert not PoliceRequest.objects.exists() and Notice.objects.get().sent_at is None


def test_the_form_carries_further_questions(rides, signed_in):
    client, trip = signed_in("officer"), rides.under_way()
    address = client.post("/police/ordinary/", {"submission": "s"}).url
    assert 'name="q2-query_value"' in client.get(address).content.decode()
    given_ = complete(trip.code)
    form = {
        each.name: getattr(given_, each.name) or ""
        for each in fields(notices.Filled)
        if each.name != "further"
    }
    for name in ("span_from", "span_to"):
        form[name] = f"{form[name] + timedelta(hours=8):%Y-%m-%dT%H:%M}"
    form["deadline"] = f"{form['deadline']:%Y-%m-%d}"
    files = {paper.value: SimpleUploadedFile(f"{paper}.pdf", PDF) for paper in Paper}
    wrong = client.post(address, form | files | {"do": "send", "q2-query_value": "。", "q2-wanted": ["trip"]})
    assert (wrong.status_code, PoliceRequest.objects.count()) == (400, 0)
    sent = client.post(
        address, form | {"do": "send", "q2-query_value": trip.plate_registered, "q2-wanted": ["vehicle"]}
    )
    assert (sent.status_code, sent.url) == (302, address)
    assert sorted(PoliceRequest.objects.values_list("number", flat=True)) == [1, 2]
    assert client.get(address).content.decode().count("/police/requests/") == 2


# --- The other doors ----------------------------------------------------------------------------------


def body(trip, **changes):
    filled = asdict(complete(trip.code))
    questions = [{"query_value": trip.code, "wanted": ["trip", "driver"]}]
    content = base64.b64encode(PDF).decode()
    files = [{"paper": paper.value, "content": content} for paper in Paper]
    names = [
        "number", "organ", "case_name", "case_number", "span_from", "span_to", "deadline", "approved_by",
        "first_officer", "first_certificate", "second_officer", "second_certificate", "legal_basis",
    ]  # fmt: skip
    filled["deadline"] = f"{filled['deadline']}T00:00:00+08:00"
    given_ = {name: filled[name] for name in names} | {
        "questions": questions,
        "files": files,
        "submission": "n",
    }
    return json.loads(json.dumps(given_ | changes, default=str))


def post(client, given_):
    return client.post("/api/v1/police/notices/", given_, content_type="application/json")


def test_a_call_asks_with_as_much_as_the_form(rides, signed_in):
    client, trip = signed_in("officer"), rides.under_way()
    answer = post(client, body(trip))
    assert answer.status_code == 201, answer.content
    (question,) = answer.json()["questions"]
    assert (question["state"], question["wanted"]) == ("asked", ["driver", "trip"])
    assert post(client, body(trip)).json() == answer.json()
    assert PoliceRequest.objects.count() == 1


@pytest.mark.parametrize(
    "left_out", ["number", "legal_basis", "files", "deadline", "second_certificate", "questions"]
)
def test_what_a_call_leaves_out_asks_nothing(rides, signed_in, left_out):
    whole = body(rides.under_way())
    whole.pop(left_out)
    assert post(signed_in("officer"), whole).status_code == 400
    assert not PoliceRequest.objects.exists()


def test_a_call_with_a_paper_missing_gets_the_list_in_the_same_minute(rides, signed_in):
    trip = rides.under_way()
    whole = body(trip)
    answer = post(signed_in("officer"), whole | {"files": whole["files"][:1]})
    assert (answer.status_code, answer.json()["missing"]) == (200, ["certificate_1", "certificate_2"])
    assert not PoliceRequest.objects.exists()


def test_no_other_door_asks_what_is_no_emergency(rides, people, signed_in):
    trip = rides.under_way()
    question = urgent(Query.TRIP, trip.code, urgency=Urgency.ORDINARY, legal_basis="x")
    with pytest.raises(NoticeNeeded):
        services.ask_by_form(account=people("officer"), question=question, submission="s")
    with pytest.raises(NoticeNeeded):
        services.open_phone_request(
            account=people("agent"), agency_code="shangtang", badge="1", question=question, submission="p"
        )
    answer = signed_in("officer").post(
        "/api/v1/police/requests/",
        {"query": "trip", "value": trip.code, "urgency": "ordinary", "submission": "x", "legal_basis": "x"},
        content_type="application/json",
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "notice_needed")
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.TRIP, trip.code), submission="e"
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(urgency="ordinary")
