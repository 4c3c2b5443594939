"""One person alone changes nothing that takes two, by whatever action and address of the console; nor does an empty form.

Each of the staff tries every form of every page, then every registered action on every row with every choice, and these
once more, because what was proposed in one round could be agreed to in the next.
"""

from datetime import timedelta

import pytest
from django.db.models import F
from django.urls import Resolver404, resolve

from complaints.models import Campaign, Claim, Decision, Measure
from complaints.policies import needs_second
from complaints.safeguards import CLAIM_ALONE
from complaints.services.sanctions import Award
from complaints.states import Finding, Outcome, Side
from core import clock, events, four_eyes, holds, policy
from core.actions import DESKS, Action, Desk, Sure
from core.models import DataHold, OutboxEvent, PolicyVersion
from drivers.models import Hold, Reward, VettingCase, VettingDecision
from drivers.services import hold_driver
from drivers.states import HoldKind
from police import services as police
from police.models import Release
from police.states import Query, Urgency
from rides.models import LineInCity, LineSuspension
from safety.models import Incident
from tests.doors import (
    console_routes,
    digests,
    posts_of,
    rows,
    staff,
    try_everything,
    undone,
)
from tests.test_permissions import TABLE, things  # noqa: F401 - the fixture with one of everything

ROUNDS = 2


# --- The facts that take two -------------------------------------------------------------------------------------


def guards() -> set[tuple]:
    """What stands until two people lift it: nothing of it may go by one."""
    found = {
        ("hold", kind, pk) for kind, pk in Hold.objects.filter(released_at=None).values_list("kind", "pk")
    }
    found |= {
        ("renewed data hold", pk)
        for pk in DataHold.objects.filter(released_at=None, renewed_at__isnull=False).values_list(
            "pk", flat=True
        )
    }
    found |= {
        ("suspended line", pk)
        for pk in LineInCity.objects.exclude(suspends_at=None).values_list("pk", flat=True)
    }
    found |= {
        ("agreed suspension", pk)
        for pk in LineSuspension.objects.filter(state__in=["agreed", "carried_out"]).values_list(
            "pk", flat=True
        )
    }
    found |= {
        ("measure", pk)
        for pk in Measure.objects.filter(undone_at=None, ended_at=None)
        .filter(decision__in=_of_two())
        .values_list("pk", flat=True)
    }
    found |= {("rule", pk) for pk in PolicyVersion.objects.values_list("pk", flat=True)}
    for pair in four_eyes.PAIRS.values():
        two = (
            pair.model.objects.exclude(**{pair.first: ""})
            .exclude(**{pair.second: ""})
            .exclude(**{pair.first: F(pair.second)})
        )
        found |= {(pair.key, *each) for each in two.values_list("pk", pair.first, pair.second)}
    return found


def grants() -> set[tuple]:
    """What there is only once two people agreed: nothing of it may come by one."""
    found = {("release", pk) for pk in Release.objects.values_list("pk", flat=True)}
    found |= {("rule", pk) for pk in PolicyVersion.objects.values_list("pk", flat=True)}
    found |= {
        ("claim", pk)
        for pk in Claim.objects.filter(granted_fen__gt=policy.value(CLAIM_ALONE)).values_list("pk", flat=True)
    }
    found |= {
        ("greeting", pk)
        for pk in Campaign.objects.filter(state__in=["approved", "sent"]).values_list("pk", flat=True)
    }
    found |= {
        ("closed incident", pk) for pk in Incident.objects.filter(state="closed").values_list("pk", flat=True)
    }
    found |= {("reward", pk) for pk in Reward.objects.filter(state="approved").values_list("pk", flat=True)}
    found |= {("application", pk) for pk in VettingDecision.objects.values_list("pk", flat=True)}
    found |= {("case", pk) for pk in VettingCase.objects.filter(state="decided").values_list("pk", flat=True)}
    found |= {
        ("agreed suspension", pk)
        for pk in LineSuspension.objects.filter(state__in=["agreed", "carried_out"]).values_list(
            "pk", flat=True
        )
    }
    found |= {("grave decision", pk) for pk in _grave_in_force()}
    found |= {
        ("renewed data hold", pk)
        for pk in DataHold.objects.filter(renewed_at__isnull=False).values_list("pk", flat=True)
    }
    return found


def _of_two():
    """Decisions that came into force by two people."""
    return Decision.objects.filter(stage__in=["second", "third", "appeal_second", "appeal_third"]).values(
        "pk"
    )


def _grave_in_force() -> list[int]:
    """Complaints over, whose decision takes two."""
    found = []
    for row in Decision.objects.filter(complaint__state__in=["decided", "appealed", "final"]).select_related(
        "complaint"
    ):
        awards = [
            Award(Outcome(each["outcome"]), Side(each["side"]), each.get("days", 0), each.get("fen", 0))
            for each in row.outcomes
        ]
        if needs_second(row.complaint.level, Finding(row.finding), awards):
            found.append(row.complaint_id)
    return found


def changes(before: tuple[set, set]) -> list[str]:
    """What one person has done that takes two, since `before`."""
    gone, come = before[0] - guards(), grants() - before[1]
    return [f"gone: {each}" for each in sorted(gone, key=str)] + [
        f"come: {each}" for each in sorted(come, key=str)
    ]


# --- One person alone ----------------------------------------------------------------------------------------------


@pytest.fixture
def stages(things, rides, people, deliver, noon):  # noqa: F811 - the fixture
    """What stands and waits at each stage, beside one of everything."""
    driver = Hold.objects.first().driver
    for kind in HoldKind:
        hold_driver_of(driver, kind)
    code = things["trip"]
    for number, urgency in enumerate(Urgency):
        question = police.Question(Query.TRIP, code, clock.now(), urgency, "Criminal Procedure Law art. 54")
        asked = police.open_phone_request(
            account=people("agent2"), agency_code="shangtang", badge="1", question=question,
            submission=f"open-{number}",
        ).request  # fmt: skip
        if urgency == Urgency.ORDINARY:
            asked = police.ask_by_form(
                account=people("officer"), question=question, submission=f"form-{number}"
            )
            police.file_papers(
                account=people("officer"), code=asked.code, letter_number="1", certificates=["1", "2"]
            )
    lost = police.Question(Query.PLATE, "沪A00000", clock.now())
    police.ask_by_form(account=people("officer"), question=lost, submission="lost")
    held = DataHold.objects.filter(subject=code, source="police").first()
    holds.ask_to_renew(actor=people("agent2").actor, code=held.code, reason="x")
    holds.renew(actor=people("supervisor").actor, code=held.code, reason="x")
    deliver()
    return things


def hold_driver_of(driver, kind):
    from core.actors import SYSTEM
    from django.db import transaction

    with transaction.atomic():
        return hold_driver(
            actor=SYSTEM, driver=driver, kind=kind, source=f"S-{kind}", citation="x", covert=False
        )


def proposed_by(person):
    """What waits for a second person was proposed by this one."""
    for pair in four_eyes.PAIRS.values():
        waiting = pair.model.objects.exclude(**{pair.first: ""}).filter(**{pair.second: ""})
        waiting.update(**{pair.first: person.code})


def deliver_events():
    while waiting := list(
        OutboxEvent.objects.filter(delivered_at=None, attempts=0).values_list("pk", flat=True)
    ):
        for event_id in waiting:
            events.deliver(event_id)


def alone(person, desks, targets, client=None, pages=(), look=lambda *_step: None, known=None):
    """One person tries everything; returns how much was done."""
    done = 0
    for page in pages if client is not None else ():
        answer = client.get(page)
        if answer.status_code == 200 and "html" in answer.headers.get("content-type", ""):
            for address, typed in posts_of(answer.content.decode(), page):
                if not acts_by_registry(address):
                    client.post(address, typed)
                    look("", address, "", typed)
    for _round in range(ROUNDS):
        deliver_events()
        done += try_everything(person, desks, targets, known or {}, look)
    deliver_events()
    return done


def acts_by_registry(address: str) -> bool:
    try:
        return "action" in resolve(address).kwargs or not address.startswith("/admin/")
    except Resolver404:
        return True


def test_one_person_alone_changes_nothing_that_takes_two(stages, people, signed_in):
    targets = rows(DESKS.values(), staff())
    wrong, done = [], {}
    for person in staff():
        client = signed_in(person.code)
        pages = [
            "/" + route.format(**stages)
            for method, route, allowed, *_body in TABLE
            if method == "GET"
            and route.startswith("admin/")
            and route.endswith("/")
            and person.code in allowed
        ]
        with undone():
            proposed_by(person)
            before = guards(), grants()
            done[person.code] = alone(person, DESKS.values(), targets, client, pages, known=stages)
            found = changes(before)
        if found:
            wrong += [
                f"{person.code}: {each}" for each in found + whence(person, targets, client, pages, stages)
            ]
    print(done)
    assert not wrong, "\n".join(wrong)
    assert {desk.kind for desk, _code in targets} == set(DESKS), "a row of each kind is tried"


def whence(person, targets, client, pages, known):
    """Once more, looking after each step: which of them did it."""
    steps = []
    with undone():
        proposed_by(person)
        seen = [(guards(), grants())]

        def look(desk, code, key, typed):
            deliver_events()
            if found := changes(seen[0]):
                steps.append(f"  by {getattr(desk, 'kind', '')} {code} {key} {typed}: {found}")
                seen[0] = guards(), grants()

        alone(person, DESKS.values(), targets, client, pages, look, known)
    return steps
