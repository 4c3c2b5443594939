"""The desk: hand-over between shifts, the call-back's clock, appeals against 'malicious alarm', duress, practice."""

import pytest

from core import clock, policy
from core.errors import InvalidInput, NotFound
from core.models import OutboxEvent
from governance.checks.ask import police_clock_missed
from rides.states import Party
from rides.tokens import TripKey
from safety import selectors, services
from safety.errors import ActionClosed, ReasonMissing
from safety.models import Incident, SafetyQuestion, Signal
from safety.policies import POLICE_AFTER, POLICE_LIMIT, clocks_of
from safety.states import Answer, IncidentState, SignalKind


def help_on(trip, **changes):
    return services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), **changes)


@pytest.fixture
def taken(rides, people):
    incident = help_on(rides.under_way())
    return services.take_incident(account=people("agent"), code=incident.code)


def test_it_stays_with_its_owner_until_the_other_takes_it(taken, people):
    services.offer_incident(
        account=people("agent"), code=taken.code, to="agent2", words="she writes, do not call"
    )
    taken.refresh_from_db()
    assert (taken.taken_by, taken.offered_to) == ("agent", "agent2")
    assert [row.code for row in selectors.offered_to(people("agent2"))] == [taken.code]
    with pytest.raises(ActionClosed):
        services.accept_incident(account=people("specialist"), code=taken.code)
    services.accept_incident(account=people("agent2"), code=taken.code)
    with pytest.raises(ActionClosed):
        services.accept_incident(account=people("agent2"), code=taken.code)
    taken.refresh_from_db()
    assert (taken.taken_by, taken.offered_to, taken.state) == ("agent2", "", IncidentState.TAKEN)


@pytest.mark.parametrize("to", ["", "nobody", "passenger", "adjudicator", "agent"])
def test_it_goes_only_to_somebody_who_responds(taken, people, to):
    with pytest.raises(InvalidInput):
        services.offer_incident(account=people("agent"), code=taken.code, to=to, words="x")


def test_a_whole_shift_is_offered_at_once(taken, rides, people, signed_in):
    other = help_on(rides.under_way("passenger2", "driver2"))
    services.take_incident(account=people("agent"), code=other.code)
    signed_in("agent").post("/admin/incidents/hand-over/", {"to": "specialist", "words": "both quiet"})
    assert set(Incident.objects.values_list("offered_to", flat=True)) == {"specialist"}
    page = signed_in("specialist").get("/admin/incidents/mine/").content.decode()
    assert taken.code in page
    assert other.code in page


def clock_named(incident, part):
    return next(
        (each for each in clocks_of(incident) if part in str(each.name) or "回" in str(each.name)), None
    )


def test_the_call_back_is_on_the_clock_unless_it_would_ring(taken, rides, people, noon):
    clock = clock_named(taken, "called back")
    assert clock.done is None
    noon.shift(61)
    assert clock.overdue(taken.taken_at.replace(year=2027))
    services.record_call(account=people("agent"), code=taken.code, words="she is safe")
    taken.refresh_from_db()
    assert clock_named(taken, "called back").done
    silent = help_on(rides.under_way("passenger2", "driver2"), silent=True)
    silent = services.take_incident(account=people("agent"), code=silent.code)
    assert clock_named(silent, "called back") is None


@pytest.mark.parametrize("calls", [True, False], ids=["she called", "only her friend did"])
def test_a_late_answer_is_missed_whoever_told_us(rides, people, noon, calls):
    """The clocks of S10 are told by their names: who never called has no clock of a call-back before them."""
    trip, since = rides.under_way(), clock.now()
    incident = help_on(trip) if calls else None
    if not calls:
        services.file_welfare_check(
            missing_phone=trip.passenger.phone, reporter_phone="13911110001", words="她发来：救命，救命"
        )
        incident = Incident.objects.get()
    services.take_incident(account=people("agent"), code=incident.code)
    noon.shift(5 * 60)  # after three minutes, before ten
    services.record_safe_check(account=people("agent"), code=incident.code, words="she is safe")
    noon.shift(60 * 60)
    missed = police_clock_missed(
        since, clock.now(), safe_within=policy.span(POLICE_AFTER), limit=policy.span(POLICE_LIMIT)
    )
    assert missed == [incident.code]


def s10(incident):
    incident.refresh_from_db()
    return [each.done for each in clocks_of(incident) if each.key in {"safe_check", "police"}]


@pytest.mark.parametrize("outcome", ["safe", "malicious"])
def test_the_clocks_of_the_police_end_with_who_reached_her(taken, people, noon, outcome):
    noon.shift(20 * 60)
    assert s10(taken) == [None, None]
    services.resolve_incident(
        account=people("agent"), code=taken.code, outcome=outcome, harm="none", words="she is at home"
    )
    assert s10(taken) == ([clock.now()] * 2 if outcome == "safe" else [None, None])
    noon.shift(60)
    services.send_back(account=people("specialist"), code=taken.code, words="that was her sister")
    assert s10(taken) == [None, None]


def test_a_safe_check_that_was_made_stands_when_the_outcome_goes(taken, people, noon):
    services.record_safe_check(account=people("agent"), code=taken.code, words="she is safe")
    before = s10(taken)
    noon.shift(60)
    services.resolve_incident(
        account=people("agent"), code=taken.code, outcome="safe", harm="none", words="she is at home"
    )
    services.send_back(account=people("specialist"), code=taken.code, words="say more")
    assert s10(taken) == before != [None, None]


# --- Malicious, with appeal ----------------------------------------------------------------------------------


@pytest.fixture
def malicious(taken, people):
    services.resolve_incident(
        account=people("agent"), code=taken.code, outcome="malicious", harm="none", words="for fun"
    )
    services.close_incident(account=people("specialist"), code=taken.code)
    return taken


def plead(incident, words="it was my brother's hand"):
    return services.file_appeal(key=TripKey(incident.trip.code, Party.PASSENGER, "wenzhou"), words=words)


def test_an_appeal_is_decided_by_somebody_without_a_part(malicious, people):
    plead(malicious)
    plead(malicious)
    for who in ("specialist", "agent2"):
        with pytest.raises(ActionClosed):
            services.decide_appeal(
                account=people(who), code=malicious.code, party="passenger", upheld=True, words="x"
            )
    with pytest.raises(ReasonMissing):
        services.decide_appeal(
            account=people("supervisor"), code=malicious.code, party="passenger", upheld=True, words=" "
        )
    services.decide_appeal(
        account=people("supervisor"),
        code=malicious.code,
        party="passenger",
        upheld=True,
        words="heard the sound",
    )
    with pytest.raises(ActionClosed):
        services.decide_appeal(
            account=people("supervisor"), code=malicious.code, party="passenger", upheld=False, words="again"
        )
    assert selectors.appeal_of(malicious, Party.PASSENGER).upheld


def test_only_whose_call_it_was_may_appeal(malicious):
    with pytest.raises(NotFound):
        services.file_appeal(key=TripKey(malicious.trip.code, Party.DRIVER, "wenzhou"), words="x")
    with pytest.raises(ReasonMissing):
        plead(malicious, " ")


def test_nobody_else_can_appeal_against_another_outcome(taken, people):
    services.resolve_incident(
        account=people("agent"), code=taken.code, outcome="safe", harm="none", words="fine"
    )
    services.close_incident(account=people("specialist"), code=taken.code)
    with pytest.raises(NotFound):
        plead(taken)


def test_a_malicious_alarm_does_not_take_the_button_away(malicious):
    assert help_on(malicious.trip).pk != malicious.pk


# --- Duress ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["fine", "duress"])
def test_both_answers_look_the_same_and_one_calls_for_help_silently(rides, signed_in, answer):
    from rides.selectors import position_key

    trip = rides.under_way()
    services.report_finding(trip_code=trip.code, kind=SignalKind.OFF_ROUTE)
    page = signed_in("").post(
        f"/trips/{trip.code}/answer/",
        {"answer": answer, "key": position_key(trip, Party.PASSENGER)},
        headers={"hx-request": "true"},
    )
    assert "Thank you" in page.content.decode()
    assert answer not in page.content.decode()
    assert SafetyQuestion.objects.get().answer == Answer(answer)
    incident = Incident.objects.filter(trip=trip).first()
    assert (incident is not None) == (answer == "duress")
    assert incident is None or selectors.silent_callers(incident) == [Party.PASSENGER]
    assert Signal.objects.filter(kind="asked_for_help").exists() == (answer == "duress")


# --- Practice --------------------------------------------------------------------------------------------------


def test_practice_reaches_nobody(world, signed_in):
    for client in (signed_in(""), signed_in("passenger")):
        assert "Practice" in client.get("/practice/sos/").content.decode()
        page = client.post("/practice/sos/").content.decode()
        assert "Calling a safety specialist" in page
        assert "reaches nobody" in page
    assert not Incident.objects.exists()
    assert not OutboxEvent.objects.exists()
