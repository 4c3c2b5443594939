"""What the addresses of governance are about: one of each (`tests/test_permissions.py`)."""

from datetime import timedelta

from core import clock, motions, policy
from governance import concerns, relaunch, reviews, rules, waivers
from governance.consultations import QUESTION
from governance.models import GatePassage
from governance.tests import asking
from governance.tests.factories import published_review, reviewed, shown_concern
from governance.transparency import reports


def things(rides, people, made):
    admin, supervisor = people("admin"), people("supervisor")
    waiver = motions.propose(
        account=admin, kind=waivers.WAIVER, given=waivers.Wanted("M16", "x", 9), subject="M16"
    )
    change = rules.propose(
        account=admin,
        rule=policy.of_key("rides.near"),
        value=700,
        mode="later",
        reason="x",
        effective_from=clock.now() + timedelta(days=9),
    )
    ending = motions.propose(
        account=supervisor,
        kind=reviews.ENDING,
        given=reviews.Ending("x", "x"),
        subject=published_review(made["incident"]).actions.earliest("pk").code,
    )
    consultation = motions.propose(
        account=supervisor, kind=QUESTION, given=asking.ASKED, subject="women-ride"
    )
    executive = motions.propose(
        account=admin, kind=relaunch.EXECUTIVE, given=relaunch.Answers("hitch", "x", "x")
    )
    passage = GatePassage.objects.create(
        code="G-00000001",
        line="luxury",
        city="zhengzhou",
        build="x",
        rules="x",
        proposed_by="admin",
        proposed_role="admin",
        proposed_at=clock.now(),
    )
    concern = shown_concern(people("agent"))
    concerns.ask_to_open(account=admin, code=concern.code, reason="x")
    last = clock.now().date() - timedelta(days=40)
    published = reports.propose(account=admin, begins=last, ends=last)
    reports.COUNT.run(at=clock.now())
    reports.publish(account=supervisor, code=published.code)
    last -= timedelta(days=1)
    transparency = reports.propose(account=admin, begins=last, ends=last)
    reports.COUNT.run(at=clock.now())
    return {
        "board_motion": waiver.code,
        "rule_change": change.code,
        "review_motion": ending.code,
        "review": reviewed(made["incident"]).code,
        "consultation_motion": consultation.code,
        "gate_motion": executive.code,
        "passage": passage.code,
        "concern": concern.code,
        "concern_secret": concern.secret,
        "promise": "m04",
        "published": published.code,
        "transparency": transparency.code,
        "asked_public": asking.question().slug,
        "public_comment": asking.removed_comment(people).code,
    }
