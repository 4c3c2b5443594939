"""The police are never left waiting unheard: emergencies without an answer, and releases that want a second person."""

from datetime import datetime, timedelta

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from core import policy
from core.alarms import Alarm, Rank, alarm
from police import selectors
from police.policies import FORM_WITHIN, had_a_part
from police.states import IdentityState, Urgency


@alarm("police_second_person", permission="police.confirm")
def second_person(_at: datetime) -> list[Alarm]:
    """It rings for all who may confirm it, without those who had a part."""
    return [
        Alarm(
            key=f"police:{row.code}:second",
            code=row.code,
            what=_("The police wait for a second person"),
            link=reverse_lazy("police_console:request", args=[row.code]),
            since=row.called_back_at or row.asked_at,
            within=policy.span(FORM_WITHIN),
            without=frozenset(had_a_part(row)),
            rank=Rank.CALL if row.urgency == Urgency.EMERGENCY else Rank.KNOWN,
        )
        for row in selectors.waiting_for_second_person()
    ]


@alarm("police_emergencies", permission="police.answer")
def emergencies(_at: datetime) -> list[Alarm]:
    """Danger to life that no rule released at once, because it led to no trip or to several, or the station is called back."""
    return [
        Alarm(
            key=f"police:{row.code}",
            code=row.code,
            what=_("Police: danger to life, nobody has answered"),
            link=reverse_lazy("police_console:request", args=[row.code]),
            since=row.asked_at,
            within=policy.span(FORM_WITHIN),
            rank=Rank.CALL,
        )
        for row in selectors.emergencies_without_answer()
    ]


@alarm("police_identity", permission="police.answer")
def identity(_at: datetime) -> list[Alarm]:
    """The identity part of an emergency waits for a call-back (P3a): soon enough that it comes within its time."""
    return [
        Alarm(
            key=f"police-identity:{row.release.request.code}",
            code=row.release.request.code,
            what=_("Police: call the station back about the identity part"),
            link=reverse_lazy("police_console:request", args=[row.release.request.code]),
            since=row.asked_at,
            within=policy.span(FORM_WITHIN),
            rank=Rank.CALL,
        )
        for row in selectors.identity_waits()
        if row.state == IdentityState.WAITING
    ]


@alarm("police_identity_second", permission="police.confirm")
def identity_second(_at: datetime) -> list[Alarm]:
    """Somebody reached the officer: a second person confirms."""
    return [
        Alarm(
            key=f"police-identity:{row.release.request.code}:second",
            code=row.release.request.code,
            what=_("The police wait for a second person"),
            link=reverse_lazy("police_console:request", args=[row.release.request.code]),
            since=row.called_back_at or row.asked_at,
            within=policy.span(FORM_WITHIN),
            without=frozenset(had_a_part(row.release.request)),
        )
        for row in selectors.identity_waits()
        if row.state == IdentityState.CALLED_BACK
    ]


@alarm("police_not_theirs", permission="police.confirm")
def not_theirs(_at: datetime) -> list[Alarm]:
    """A station says that a release was not theirs (P3c): what went out is in wrong hands until somebody looks."""
    return [
        Alarm(
            key=f"police-not-theirs:{row.request.code}",
            code=row.request.code,
            what=_("The police did not ask: a release went to somebody else"),
            link=reverse_lazy("police_console:request", args=[row.request.code]),
            since=row.disowned_at or row.released_at,
            within=timedelta(seconds=10),
            rank=Rank.CALL,
        )
        for row in selectors.disowned_unreviewed()
    ]


@alarm("police_letters", permission="police.answer")
def letters(at: datetime) -> list[Alarm]:
    """Complete letters that nobody took (P5+): day and night, staff are rung before most of them should be answered."""
    half = selectors.letter_rings_within()
    return [
        Alarm(
            key=f"letter:{row.code}",
            code=row.code,
            what=_("Police: a complete letter that nobody has taken"),
            link=reverse_lazy("police_console:request", args=[row.code]),
            since=row.asked_at + half,
            within=half,
        )
        for row in selectors.letters_that_ring(at)
    ]


@alarm("police_papers_used", permission="police.answer")
def papers_used(at: datetime) -> list[Alarm]:
    """What was released, and the papers that followed had come with another request (P10): whoever has them may be nobody of
    the police. It rings for all who can look at the release."""
    return [
        Alarm(
            key=f"papers-used:{row.code}",
            code=row.code,
            what=_("Police: papers that followed a release came before"),
            link=reverse_lazy("police_console:request", args=[row.code]),
            since=row.papers_at or row.asked_at,
            within=policy.span(FORM_WITHIN),
            without=frozenset(had_a_part(row) | reviewers),
            rank=Rank.CALL if row.release.is_open(at) else Rank.KNOWN,
        )
        for row, reviewers in selectors.papers_came_before()
    ]


@alarm("police_papers", permission="police.answer")
def papers(at: datetime) -> list[Alarm]:
    """Papers that are late (P3, P4): the station was reminded before, now staff are rung, and supervisors after them, until
    the papers come or somebody has said why they do not."""
    return [
        Alarm(
            key=f"papers-late:{row.code}",
            code=row.code,
            what=_("Police: the written request is late"),
            link=reverse_lazy("police_console:request", args=[row.code]),
            since=row.papers_due_at,
            within=selectors.papers_ring_at(row.papers_due_at) - row.papers_due_at,
            rank=Rank.OUTSIDE,
        )
        for row in selectors.papers_nobody_looks_at(at)
        if row.papers_due_at
    ]
