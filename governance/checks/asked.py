"""The live check of what the public is asked and answered, with its breaker."""

from datetime import datetime, timedelta

from django.utils.translation import gettext_noop as noop

from governance.checks.verdicts import NO_LAW, laws, trigger_always_stands, verdict
from governance.consultations import changed_since_the_count
from governance.counted import asked_since, counted_in_turn, miscounted, overdue
from governance.evidence import fault, line, named
from governance.measures import Found, breaks, live_check
from governance.shadow import World

YEAR = timedelta(days=365)
LAWS = (
    "question_stays", "question_is_not_deleted", "option_comes_first", "option_stays", "answer_stays", "list_stays",
    "ballot_before_the_count", "voter_before_the_count", "ballot_stays", "voter_stays", "consultations_are_not_emptied",
    "options_are_not_emptied", "consultationanswers_are_not_emptied", "ballots_are_not_emptied", "voters_are_not_emptied",
    "votelists_are_not_emptied",
)  # fmt: skip
UNANSWERED = fault("asked_unanswered", noop("Asked, closed, and not answered in time: %(codes)s"))
MISCOUNTED = fault("asked_miscounted", noop("The votes are not as many as the voters: %(codes)s"))
CHANGED = fault("asked_changed", noop("The votes are not those which were counted: %(codes)s"))
SILENT = fault("asked_nothing", noop("The public was asked nothing for a year"))
ASKED = line("asked", noop("Put to the public within a year: %(questions)s; no answer is late."))


@live_check("M22")
def the_public_is_asked_and_answered(at: datetime) -> Found:
    """Somebody was asked within a year, each answer came in time, votes are as many as voters and those which were counted
    (one question each minute), and nothing can be changed.
    """
    faults = laws("consultation_answer_takes_two_people", "consultation_takes_two_people")
    faults += [NO_LAW(law=name) for name in trigger_always_stands(*LAWS)]
    turn = counted_in_turn(at)
    changed = [turn] if turn is not None and changed_since_the_count(turn) else []
    for rows, said in ((overdue(at), UNANSWERED), (miscounted(), MISCOUNTED), (changed, CHANGED)):
        if rows:
            faults.append(said(codes=named([row.slug for row in rows])))
    asked = asked_since(at - YEAR)
    if not asked:
        faults.append(SILENT())
    return verdict(faults, ASKED(questions=asked))


@breaks("M22", UNANSWERED)
def a_question_that_nobody_answers(world: World) -> None:
    world.table(
        "governance.ConsultationAnswer",
        "governance.Ballot",
        "governance.Voter",
        "governance.Option",
        "governance.VoteList",
    )
    at = world.at - timedelta(days=60)
    world.make("governance.Consultation", slug="late", opens_at=at, closes_at=at + timedelta(days=14))


@breaks("M22", MISCOUNTED)
def a_vote_of_nobody(world: World) -> None:
    world.table("governance.ConsultationAnswer", "governance.Voter", "governance.VoteList")
    at = world.at - timedelta(days=20)
    asked = world.make(
        "governance.Consultation",
        slug="stuffed",
        opens_at=at,
        closes_at=at + timedelta(days=14),
        counted_at=world.at,
        result={"ballots": 1, "voters": 0},
    )
    option = world.make("governance.Option", consultation_id=asked.pk, key="yes")
    world.make("governance.Ballot", option_id=option.pk, group="other")
