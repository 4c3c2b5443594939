"""What rings until it is taken: an SOS also where somebody has the incident, and whatever else waits for a person."""

import re
from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils.translation import override

from complaints.services import file_complaint, oncall, take_message
from complaints.states import Category
from core import alarms, clock
from core.console import panels
from core.messages import outbox
from core.policy import span
from core.tests.factories import set_policy
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.policies import CALLED_BACK_WITHIN, POLICE_AFTER, POLICE_LIMIT
from safety.selectors import burning, sos_answered


def tap(trip, party=Party.PASSENGER):
    return services.raise_sos(key=TripKey(trip.code, party, "wenzhou"))


def codes_for(person, at=None):
    return [each.code for each in alarms.ringing_for(person, at or clock.now())]


def test_an_sos_rings_for_everybody_until_somebody_takes_it(rides, people):
    incident = tap(rides.under_way())
    assert codes_for(people("agent")) == [incident.code]
    assert codes_for(people("specialist")) == [incident.code]
    assert codes_for(people("adjudicator")) == []
    services.take_incident(account=people("agent"), code=incident.code)
    assert codes_for(people("agent")) == []


def test_an_sos_in_an_incident_that_somebody_has_rings_until_they_looked(rides, people, noon):
    set_policy("safety.pushed_to_110", [])  # what was never sent there rings too, by an alarm of its own
    trip = rides.under_way()
    incident = tap(trip)
    services.take_incident(account=people("agent"), code=incident.code)
    # A call back that is late rings too, by an alarm of its own.
    services.record_call(account=people("agent"), code=incident.code, words="no answer")
    noon.shift(60)
    before = {row.incident.code: row for row in burning()}[incident.code]
    tap(trip)
    assert codes_for(people("agent")) == [incident.code], "its owner first"
    assert codes_for(people("agent2")) == []
    late = clock.now() + timedelta(seconds=10)
    assert codes_for(people("agent2"), late) == [incident.code], "then everybody"
    after = {row.incident.code: row for row in burning()}[incident.code]
    assert after.incident.score > before.incident.score
    assert after.news_seconds is not None
    services.see_news(account=people("agent"), code=incident.code)
    assert codes_for(people("agent"), late) == []
    assert {row.incident.code: row for row in burning()}[incident.code].news_seconds is None


def test_the_row_of_the_first_page_says_that_something_is_new(rides, people, signed_in):
    trip = rides.under_way()
    incident = tap(trip)
    services.take_incident(account=people("agent"), code=incident.code)
    page = signed_in("agent2").get("/admin/burning/", headers={"accept-language": "en"}).content.decode()
    assert 'class="news"' not in page
    tap(trip)
    page = signed_in("agent2").get("/admin/burning/", headers={"accept-language": "en"}).content.decode()
    assert 'class="news"' in page
    assert "not looked at" in page


def test_a_new_call_on_a_trip_whose_first_incident_is_closed_is_of_high_risk(rides, people):
    trip = rides.under_way()
    first = tap(trip)
    services.take_incident(account=people("agent"), code=first.code)
    services.resolve_incident(
        account=people("agent"), code=first.code, outcome="safe", harm="none", words="x"
    )
    services.close_incident(account=people("specialist"), code=first.code)
    again = tap(trip)
    assert again.code != first.code
    assert again.score >= 100
    assert again.high_risk_at is not None


def test_many_taps_add_points_and_never_too_many(rides):
    trip = rides.under_way()
    scores = [tap(trip).score for _tap in range(14)]
    assert scores[1] > scores[0]
    assert scores[-1] == scores[-2] <= 200


def test_the_figure_counts_from_each_tap(rides, people, noon):
    since = clock.now() - timedelta(hours=1)
    trip = rides.under_way()
    incident = tap(trip)
    noon.shift(5)
    services.take_incident(account=people("agent"), code=incident.code)
    assert sos_answered(since) == (1, 1)
    noon.shift(60)
    tap(trip)
    noon.shift(30)
    assert sos_answered(since) == (2, 1)
    services.see_news(account=people("agent"), code=incident.code)
    assert sos_answered(since) == (2, 1)


def rows_of(incident, at=None):
    """What the bar says of an incident, with the seconds that each row counts."""
    at = at or clock.now()
    found = [each for each in alarms.ringing(at) if each.key.startswith(f"incident:{incident.code}:")]
    with override("en"):
        return [(str(each.what), round((at - each.since).total_seconds())) for each in found]


def test_her_call_rings_beside_his_with_its_own_clock(rides, people, signed_in, noon):
    """He tapped first, and nobody has it yet; when she taps, that is heard, and seen in the list of what burns."""
    trip = rides.under_way()
    incident = tap(trip, Party.DRIVER)
    noon.shift(210)
    number, told = alarms.what_rings(), {each.key for each in alarms.ringing(clock.now())}
    assert rows_of(incident) == [("SOS of the driver: nobody has it", 210)]
    tap(trip)
    assert alarms.what_rings() != number
    (hers,) = [each for each in alarms.ringing(clock.now()) if each.key not in told]
    assert hers.rank == alarms.Rank.SOS and hers.step(clock.now()) == 0
    noon.shift(5)
    assert rows_of(incident) == [
        ("SOS of the driver: nobody has it", 215),
        ("SOS of the passenger: nobody has it", 5),
    ]
    page = signed_in("agent").get("/admin/burning/", headers={"accept-language": "en"}).content.decode()
    assert re.findall(r"SOS · (\w+) <span[^>]*data-age=\"(\d+)\"", " ".join(page.split())) == [
        ("passenger", "5"),
        ("driver", "215"),
    ]
    services.take_incident(account=people("agent"), code=incident.code)
    assert rows_of(incident) == []


def test_a_call_rings_beside_what_is_new_and_not_looked_at(rides, people, noon):
    trip = rides.under_way()
    incident = tap(trip, Party.DRIVER)
    services.take_incident(account=people("agent"), code=incident.code)
    noon.shift(60)
    tap(trip, Party.DRIVER)
    noon.shift(60)
    tap(trip)
    noon.shift(5)
    assert rows_of(incident) == [
        ("New in an incident: not looked at", 65),
        ("SOS of the passenger: not looked at", 5),
    ]
    services.see_news(account=people("agent"), code=incident.code)
    assert rows_of(incident) == []


def test_a_call_for_help_rings_beside_the_report_that_opened_its_incident(rides, noon):
    trip = rides.under_way()
    services.file_welfare_check(
        missing_phone=trip.passenger.phone, reporter_phone="13911110001", words="x", submission="w"
    )
    noon.shift(60)
    incident = tap(trip)
    noon.shift(5)
    assert rows_of(incident) == [
        ("Welfare check: nobody has it", 65),
        ("SOS of the passenger: nobody has it", 5),
    ]


@pytest.fixture
def emergency(rides, people):
    set_policy("police.emergency_release", False)
    question = urgent(Query.TRIP, rides.under_way().code)
    return ask_by_form(account=people("officer"), question=question, submission="s")


def test_whoever_calls_for_help_stands_before_what_an_account_can_send_by_the_dozen(
    rides, people, emergency, noon
):
    """An officer's stolen account sends fifty emergencies in a minute; the call that comes after them is seen first."""
    noon.shift(1)
    incident = tap(rides.under_way("passenger2", "driver2"))
    first, *others = codes_for(people("specialist"))
    assert first == incident.code
    assert emergency.code in others


def test_whatever_waits_for_a_person_rings(rides, people, emergency):
    trip = rides.under_way("passenger2", "driver2")
    services.file_welfare_check(
        missing_phone="13999990001", reporter_phone="13911110001", words="x", submission="w"
    )
    complaint = file_complaint(
        account=people("passenger2"),
        trip_code=trip.code,
        category=Category.VIOLENCE,
        words="x",
        submission="c",
    )
    take_message(channel="weibo", key="1", sender="someone", words="救命，司机绑架了我")
    take_message(channel="weibo", key="2", sender="someone", words="一把雨伞忘在车上")
    rings = alarms.ringing_for(people("specialist"), clock.now())
    kinds = sorted(each.key.split(":")[0] for each in rings)
    # Violence told out of a trip that goes on is a call for help as well.
    assert kinds == ["complaint", "incident", "incident", "outside", "police"]
    assert complaint.code in {each.code for each in rings}


def test_a_call_to_the_police_by_hand_rings_for_everybody_but_who_made_it(rides, people):
    incident = tap(rides.under_way())
    services.take_incident(account=people("agent"), code=incident.code)
    services.record_police_call(
        account=people("agent"), code=incident.code, station="Hongqiao, Li", number="0577-110"
    )
    assert codes_for(people("agent")) == []
    assert codes_for(people("agent2")) == [incident.code]
    services.confirm_police_call(account=people("agent2"), code=incident.code)
    assert codes_for(people("specialist")) == []


def ran_out(person, at=None):
    """What rings for somebody because a clock of an incident ran out: its code and what it says."""
    rings = alarms.ringing_for(person, at or clock.now())
    with override("en"):
        return [(each.code, str(each.what)) for each in rings if each.key.startswith("clock:")]


@pytest.fixture
def owned(rides, people, noon):
    """An SOS that somebody has, and has looked at."""
    set_policy("safety.pushed_to_110", [])
    return services.take_incident(account=people("agent"), code=tap(rides.under_way()).code)


def test_a_call_back_that_is_late_rings_its_owner_then_everybody(owned, people, noon):
    late = span(CALLED_BACK_WITHIN) + timedelta(seconds=1)
    assert codes_for(people("agent"), clock.now() + late - timedelta(seconds=2)) == []
    noon.shift(late)
    assert ran_out(people("agent")) == [(owned.code, "A call for help, and nobody has called back in time")]
    assert ran_out(people("agent2")) == []
    noon.shift(10)
    for who in ("agent", "agent2", "specialist", "supervisor"):
        assert [code for code, _what in ran_out(people(who))] == [owned.code], who
    assert ran_out(people("adjudicator")) == []
    services.record_call(account=people("agent"), code=owned.code, words="no answer")
    assert ran_out(people("agent")) == []


def test_the_clocks_of_the_police_ring_until_they_are_met(owned, people, noon):
    services.record_call(account=people("agent"), code=owned.code, words="no answer")
    noon.shift(span(POLICE_AFTER) + timedelta(seconds=1))
    no_check = "No safe check in time: the police of the place are to be called"
    assert ran_out(people("agent")) == [(owned.code, no_check)]
    noon.shift(span(POLICE_LIMIT) - span(POLICE_AFTER))
    not_called = "The police of the place are not called, and no supervisor has said why not"
    # As loud as before, though another clock began to be late: it is one incident.
    assert ran_out(people("agent2")) == [(owned.code, not_called)]
    services.record_safe_check(account=people("agent"), code=owned.code, words="spoke to her at the door")
    assert ran_out(people("agent2")) == []


def test_a_call_to_the_police_that_waits_for_a_second_person_rings_once(owned, people, noon):
    services.record_call(account=people("agent"), code=owned.code, words="no answer")
    noon.shift(span(POLICE_LIMIT) + timedelta(seconds=11))
    services.record_police_call(account=people("agent"), code=owned.code, station="A", number="0577-110")
    assert ran_out(people("agent2")) == []
    assert codes_for(people("agent2")) == [owned.code], "the call waits for a second person"
    services.confirm_police_call(account=people("agent2"), code=owned.code)
    assert codes_for(people("agent2")) == []


def test_a_supervisor_who_says_why_not_ends_both_clocks_of_the_police(owned, people, noon):
    services.record_call(account=people("agent"), code=owned.code, words="no answer")
    noon.shift(span(POLICE_AFTER) + timedelta(seconds=11))
    assert ran_out(people("supervisor"))
    services.excuse_police_call(account=people("supervisor"), code=owned.code, words="she sits here")
    assert ran_out(people("supervisor")) == []
    noon.shift(span(POLICE_LIMIT))
    assert ran_out(people("supervisor")) == []


def test_a_clock_that_ran_out_brings_staff_by_telephone_with_code_and_link(owned, people, noon):
    noon.shift(span(POLICE_AFTER) + timedelta(seconds=61))
    oncall.ring_on_call(at=clock.now())
    assert outbox.count_keys(f"alarm:clock:{owned.code}:")
    link = f"/admin/incidents/{owned.code}/"
    told = [each.text for each in outbox.about(owned.code) if each.message == "complaints.nobody_took_it"]
    assert told
    assert all(owned.code in each and link in each for each in told)


def test_an_incident_with_an_outcome_or_without_an_owner_rings_no_clock(rides, people, noon):
    nobodys = tap(rides.under_way())
    noon.shift(span(POLICE_LIMIT) + timedelta(seconds=60))
    assert ran_out(people("agent")) == [], "it rings because nobody has it"
    services.take_incident(account=people("agent"), code=nobodys.code)
    assert ran_out(people("agent"))
    services.resolve_incident(
        account=people("agent"), code=nobodys.code, outcome="safe", harm="none", words="x"
    )
    assert ran_out(people("agent")) == [], "a second person reviews it"


def test_open_consoles_are_told_of_a_clock_that_runs_out_and_of_another_owner(owned, people, noon):
    before = alarms.what_rings()
    noon.shift(span(CALLED_BACK_WITHIN) + timedelta(seconds=1))
    late = alarms.what_rings()
    services.offer_incident(account=people("agent"), code=owned.code, to=people("agent2").code, words="x")
    services.accept_incident(account=people("agent2"), code=owned.code)
    assert len({before, late, alarms.what_rings()}) == 3


def test_each_kind_of_alarm_is_offered():
    assert alarms.sources() == [
        "appeal_danger",
        "clocks_ran_out",
        "comment_danger",
        "complaint_news",
        "concerns",
        "emergency_centre",
        "emergency_centre_not_told",
        "incidents",
        "journal_witness",
        "look_again",
        "machines_refused",
        "outside_danger",
        "plates",
        "police_calls",
        "police_emergencies",
        "police_identity",
        "police_identity_second",
        "police_letters",
        "police_not_theirs",
        "police_papers",
        "police_papers_used",
        "police_second_person",
        "rules_alone",
        "severe_complaints",
        "street_danger",
    ]


def test_an_alarm_that_cannot_be_read_rings_as_such_and_stops_no_other(rides, people, monkeypatch):
    incident = tap(rides.under_way())

    def broken(_at):
        raise RuntimeError("no")

    alarms.ringing_for(people("agent"), clock.now())  # whoever asks first finds the sources
    monkeypatch.setattr(alarms._sources["severe_complaints"], "query", broken)
    found = alarms.ringing_for(people("agent"), clock.now())
    assert {each.code for each in found} == {incident.code, "severe_complaints"}


def test_the_bar_asks_for_what_rings_and_takes_it(rides, signed_in, people):
    incident = tap(rides.under_way())
    agent = signed_in("agent")
    page = agent.get("/admin/alarms/").content.decode()
    assert f'data-alarm="incident:{incident.code}:' in page
    agent.post(f"/admin/incidents/{incident.code}/do/take/", {"do": "1"})
    assert "data-alarm=" not in agent.get("/admin/alarms/").content.decode()


def test_a_page_whose_session_ended_keeps_what_it_had(client, rides):
    """A part that asks for itself gets no sign-in page, which would stand where the alarms, or her car's plate, stood."""
    trip = rides.under_way()
    for address in ("/admin/alarms/", "/admin/burning/", f"/trips/{trip.code}/status/"):
        assert client.get(address, headers={"HX-Request": "true"}).status_code == 401, address
        assert client.get(address).status_code == 302, address


def test_every_page_of_the_console_rings(signed_in, rides):
    """Lists and forms of the admin too, with rows and without."""
    from django.contrib import admin
    from django.urls import reverse

    client, trip = signed_in("supervisor"), rides.under_way()
    tap(trip)
    silent = []
    for model, site in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        addresses = [reverse(f"{name}_changelist")]
        row = model._default_manager.first()
        if row is not None:
            addresses.append(reverse(f"{name}_change", args=[row.pk]))
        for address in addresses:
            answer = client.get(address, follow=True)
            if answer.status_code == 200 and "data-alarms" not in answer.content.decode():
                silent.append(address)
        assert site
    assert silent == []
    assert panels.offered()


@pytest.mark.parametrize("who", ["agent", "specialist", "supervisor"])
def test_other_pages_ring_before_whoever_is_on_duty(signed_in, who):
    """Errors of the console, one's own password, what everybody may read: somebody on duty may stand there."""
    client = signed_in(who)
    refused = client.get("/admin/incidents/I-NOBODY/")
    assert refused.status_code == 404
    assert client.get("/admin/nowhere/").status_code == 404
    pages = [
        client.get(page)
        for page in ("/me/", "/me/password/", "/me/sessions/", "/welfare-check/", "/promises/")
    ]
    if who == "agent":
        pages.append(client.get("/admin/staff/"))
        assert pages[-1].status_code == 403
    for page in (refused, client.get("/admin/nowhere/"), *pages):
        text = page.content.decode()
        assert text.count("data-alarms") == 1, page.request["PATH_INFO"]
        assert "js/duty" in text
        assert 'hx-get="/admin/alarms/"' in text


@pytest.mark.parametrize("who", ["", "passenger", "driver", "officer"])
def test_nobody_else_has_anything_of_it(signed_in, who):
    client = signed_in(who)
    for address in ("/", "/me/password/", "/admin/nowhere/", "/welfare-check/", "/promises/"):
        assert "data-alarms" not in client.get(address, follow=True).content.decode(), address


def test_staff_without_their_second_factor_are_shown_nothing(people, client):
    client.force_login(people("specialist"))
    for address in ("/me/", "/welfare-check/", "/admin/nowhere/"):
        assert "data-alarms" not in client.get(address, follow=True).content.decode(), address


def test_a_page_draws_few_of_many_and_says_how_many_more(signed_in):
    for number in range(11):
        services.file_welfare_check(
            missing_phone=f"1399999{number:04d}",
            reporter_phone="13911110001",
            words="x",
            submission=f"w{number}",
        )
    html = signed_in("agent").get("/admin/alarms/", headers={"accept-language": "en"}).content.decode()
    assert html.count("data-alarm=") == alarms.SHOWN
    assert "3 more" in " ".join(html.split())


def test_a_call_for_help_stands_before_all_that_strangers_can_send(rides, signed_in, noon):
    """The form needs no account and letters come from anywhere: neither hides an SOS, on the bar or on the telephone."""
    for number in range(alarms.SHOWN):
        services.file_welfare_check(
            missing_phone=f"1399999{number:04d}",
            reporter_phone="13911110001",
            words="救命",
            submission=f"w{number}",
        )
        take_message(channel="email", sender=f"x{number}@example.org", words="救命，他有刀", key=f"m{number}")
    noon.shift(60)
    incident = tap(rides.under_way())
    html = signed_in("agent").get("/admin/alarms/").content.decode()
    assert re.findall(r'data-alarm="incident:(I-\w+):', html)[0] == incident.code
    noon.shift(60)
    oncall.ring_on_call(at=clock.now())
    assert outbox.count_keys(f"alarm:incident:{incident.code}:")


def test_it_asks_as_many_questions_for_many_as_for_one(signed_in, django_assert_max_num_queries):
    for number in range(11):
        services.file_welfare_check(
            missing_phone=f"1399999{number:04d}",
            reporter_phone="13911110001",
            words="x",
            submission=f"w{number}",
        )
    with django_assert_max_num_queries(len(alarms.sources()) + 1):
        alarms.ringing(clock.now())


def test_open_consoles_are_told_of_each_other_set_of_alarms(rides, people, noon):
    """Consoles fetch what rings when a number changes, which is made without making the alarms."""
    told = []

    def tell(what):
        rings = [(each.key, each.rank, each.owner, str(each.what)) for each in alarms.ringing(clock.now())]
        told.append((rings, alarms.what_rings(), what))

    tell("nothing")
    trip = rides.under_way()
    services.file_welfare_check(
        missing_phone=trip.passenger.phone, reporter_phone="13911110001", words="x", submission="w"
    )
    tell("a welfare check")
    noon.shift(1)
    incident = tap(trip)
    tell("an SOS in the same incident")
    noon.shift(1)
    services.take_incident(account=people("agent"), code=incident.code)
    tell("somebody took it")
    noon.shift(1)
    tap(trip)
    tell("a second tap")
    noon.shift(1)
    services.record_police_call(account=people("agent"), code=incident.code, station="A", number="0577-110")
    tell("a call to the police")
    for (rings, number, _), (others, other, what) in pairwise(told):
        assert (rings != others) == (number != other), what
