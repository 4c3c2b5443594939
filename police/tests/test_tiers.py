"""How far it is known that an officer is one, and what goes to them by rule (P1+); inspection never is an emergency (P13)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from core import clock, motions
from core.actions import NotNow
from core.errors import InvalidInput
from core.four_eyes import SecondPersonNeeded
from core.tests.factories import set_policy
from police import register, services
from police.errors import InspectionInWriting, NotThePublishedNumber
from police.models import Agency, Officer, PoliceRequest, Release
from police.policies import CALL_BACK_HOLDS, tier_of
from police.services import Question
from police.states import Query, Tier
from police.tests.factories import notice_sent, urgent
from tests.test_typed import EMERGENCY

NUMBER = "0577-6231-0110"


def known(tier, **found):
    Officer.objects.filter(account__code="officer").update(tier=tier, **found)


def ask(people, trip, who="officer", **changes):
    question = replace(urgent(Query.TRIP, trip.code), **changes)
    return services.ask_by_form(account=people(who), question=question, submission="s")


def call(people, by="admin", **changes):
    given = {"tier": 2, "number": NUMBER, "called_at": clock.now()} | changes
    return motions.propose(
        account=people(by), kind=register.CALLED, given=register.Called(**given), subject="officer"
    )


def test_an_emergency_of_a_mailbox_goes_to_people_at_once_and_its_page_says_so(rides, people, signed_in):
    known(Tier.MAILBOX)
    asked = ask(people, rides.under_way())
    assert (asked.state, asked.officer_tier) == ("escalated", 1)
    assert not Release.objects.exists()
    page = signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    assert "has not been called back yet" in page
    assert f"/admin/police-line/{asked.code}/" in signed_in("agent").get("/admin/alarms/").content.decode()


def test_nobody_releases_to_a_mailbox_without_a_call_to_its_station(rides, people):
    known(Tier.MAILBOX)
    asked = ask(people, rides.under_way())
    for refused in (services.propose_release, services.confirm_release):
        with pytest.raises(NotNow):
            refused(account=people("supervisor"), code=asked.code)
    services.record_call_back(account=people("agent"), code=asked.code)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_release(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("supervisor"), code=asked.code)
    asked.refresh_from_db()
    assert (asked.state, asked.by_rule) == ("released", False)


def test_who_was_called_back_by_two_is_released_to_by_rule(rides, people, signed_in):
    known(Tier.MAILBOX, called_back_at=None, called_back_by="", called_back_number="")
    form = {"do": "called", "officer": "officer", "tier": "2", "number": NUMBER}
    form["called_at"] = f"{clock.now() + timedelta(hours=8) - timedelta(minutes=1):%Y-%m-%dT%H:%M}"
    answer = signed_in("admin").post("/admin/stations/", form)
    assert answer.status_code == 302, answer.content.decode()
    motion = motions.waiting({register.CALLED.key})[0]
    with pytest.raises(SecondPersonNeeded):
        motions.decide(account=people("admin"), code=motion.code, agrees=True)
    motions.decide(account=people("supervisor"), code=motion.code, agrees=True)
    officer = Officer.objects.get(account__code="officer")
    assert (officer.tier, officer.called_back_by, officer.called_back_number) == (2, "admin", NUMBER)
    assert ask(people, rides.under_way()).state == "released"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"number": "0577-6722-0110"}, NotThePublishedNumber),
        ({"tier": 1}, InvalidInput),
        ({"tier": 4}, InvalidInput),
        ({"called_at": timedelta(minutes=5)}, InvalidInput),
        ({"called_at": -timedelta(hours=25)}, InvalidInput),
        ({"tier": 3}, InvalidInput),
    ],
)
def test_a_call_back_that_was_none_raises_nobody(world, people, wrong, error):
    if isinstance(wrong.get("called_at"), timedelta):
        wrong = {"called_at": clock.now() + wrong["called_at"]}
    with pytest.raises(error):
        call(people, **wrong)


def test_what_the_head_confirmed_holds_a_year_and_a_call_back_too(world, people, noon):
    set_policy(CALL_BACK_HOLDS, 100)
    motion = call(people, tier=3, head="陈所长")
    motions.decide(account=people("supervisor"), code=motion.code, agrees=True)
    officer = Officer.objects.get(account__code="officer")
    assert (tier_of(officer, clock.now()), officer.head) == (Tier.CONFIRMED, "陈所长")
    later = officer.called_back_at + timedelta(days=101)
    assert tier_of(officer, later) == Tier.MAILBOX
    officer.called_back_at = later
    assert tier_of(officer, later) == Tier.CALLED_BACK


@pytest.mark.parametrize(
    "columns",
    [
        {"tier": 2, "called_back_at": None},
        {"tier": 2, "called_back_number": ""},
        {"tier": 3, "head_confirmed_at": None},
        {"tier": 4},
    ],
)
def test_the_database_knows_no_tier_without_its_call(world, columns):
    with pytest.raises(IntegrityError, match="officer_"), transaction.atomic():
        Officer.objects.filter(account__code="officer").update(**columns)


def test_the_database_refuses_a_release_by_rule_to_a_mailbox(rides, people):
    asked = ask(people, rides.under_way())
    with pytest.raises(IntegrityError, match="only_to_who_was_called_back"), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(officer_tier=1)


def test_the_transport_authority_never_asks_by_the_emergency_rule(rides, people, signed_in):
    Officer.objects.filter(account__code="officer").update(agency=Agency.objects.get(kind="transport"))
    trip = rides.under_way()
    with pytest.raises(InspectionInWriting):
        ask(people, trip)
    form = {"query_value": trip.code, "submission": "x"} | EMERGENCY
    assert "own papers" in signed_in("officer").post("/police/emergency/", form).content.decode()
    assert 'class="way danger"' not in signed_in("officer").get("/police/").content.decode()
    with pytest.raises(InspectionInWriting):
        services.open_phone_request(
            account=people("agent"),
            agency_code="wenzhou-transport",
            badge="1",
            question=Question(Query.TRIP, trip.code, clock.now(), why_not_written="x"),
            submission="p",
        )
    assert not PoliceRequest.objects.exists()
    asked = notice_sent(people("officer"), trip.code)
    PoliceRequest.objects.update(agency_kind="transport")
    with pytest.raises(IntegrityError, match="inspection"), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(urgency="emergency")


def test_suspension_ends_sessions_here_and_now(rides, people, signed_in):
    theirs = signed_in("officer")
    assert theirs.get("/police/").status_code == 200
    asked = ask(people, rides.under_way())
    services.review_release(account=people("specialist"), code=asked.code, proper=False)
    assert not people("officer").sessions.exists()
    assert theirs.get(f"/police/requests/{asked.code}/").status_code == 302
    assert signed_in("officer").get("/police/").status_code == 403
