"""What pages show of public questions: groups apart, what all agree on first, nobody seen through a small count."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

from core import clock, policy
from core.errors import NotFound
from governance.models import Ballot, Consultation, ConsultationAnswer, Option, Voter
from governance.policies import ANSWER_WITHIN, LEAST_GROUP
from governance.states import Group

MARKED = "marked"
NAMES: dict[str, str | Promise] = {
    **{group.value: group.label for group in Group},
    MARKED: pgettext_lazy("group of voters", "many from one source"),
}


def consultations() -> list[Consultation]:
    """All of them: what is open first, then the newest. Nothing is ever left out."""
    at = clock.now()
    rows = Consultation.objects.filter(opens_at__lte=at).prefetch_related("answers").order_by("-closes_at")
    return sorted(rows, key=lambda row: not is_open(row, at))


def consultation_of(slug: str) -> Consultation:
    """Raises `NotFound`, also for one that has not opened yet."""
    row = Consultation.objects.filter(slug=slug, opens_at__lte=clock.now()).first()
    if row is None:
        raise NotFound
    return row


def is_open(row: Consultation, at: datetime) -> bool:
    return row.opens_at <= at < row.closes_at


def answer_due(row: Consultation) -> datetime:
    """Until when the company answers."""
    return row.closes_at + policy.span(ANSWER_WITHIN)


def is_late(row: Consultation, at: datetime) -> bool:
    """Whether the company owes the public an answer and its time has passed."""
    return at > answer_due(row) and not row.answers.all()


def overdue(at: datetime) -> list[Consultation]:
    """Questions whose answer is late."""
    rows = Consultation.objects.filter(closes_at__lte=at).prefetch_related("answers").order_by("closes_at")
    return [row for row in rows if is_late(row, at)]


def asked_since(since: datetime) -> int:
    """How many questions the public could vote on since."""
    return Consultation.objects.filter(closes_at__gt=since, opens_at__lte=clock.now()).count()


def miscounted() -> list[Consultation]:
    """Counted questions with more ballots than voters, or fewer; then or now."""
    voters = dict(Voter.objects.values_list("consultation").annotate(Count("pk")).order_by())
    ballots = dict(Ballot.objects.values_list("option__consultation").annotate(Count("pk")).order_by())
    found = []
    for row in Consultation.objects.filter(counted_at__isnull=False):
        said: dict[str, Any] = row.result or {}
        now = {voters.get(row.pk, 0), ballots.get(row.pk, 0)}
        if len(now | {said.get("ballots"), said.get("voters")}) > 1:
            found.append(row)
    return found


def counted_in_turn(at: datetime) -> Consultation | None:
    """One of the counted questions, another each minute: to recount all of them at once would take long."""
    rows = Consultation.objects.filter(counted_at__isnull=False).order_by("pk")
    number = rows.count()
    return rows[int(at.timestamp()) // 60 % number] if number else None


def owed(at: datetime) -> list[Consultation]:
    """Questions that closed and have no answer, the oldest first."""
    return list(Consultation.objects.filter(closes_at__lte=at, answers=None).order_by("closes_at"))


def answered_about(line: str, city: str, since: datetime | None) -> bool:
    """Whether the public was asked about a line in a city, or everywhere, after `since`, and got its answer."""
    rows = Consultation.objects.filter(line=line, city__in=["", city], answers__isnull=False)
    return since is not None and rows.filter(opens_at__gte=since).exists()


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to choose with its votes; `of_groups` has the votes and the share of each group that is shown apart."""

    option: Option
    votes: int
    share: float
    of_groups: list[tuple[str | Promise, int, str]]
    # The share in the group that likes it least: high where all groups agree.
    least: float
    marked: int

    @property
    def percent(self) -> str:
        return _percent(self.share)

    @property
    def all_agree(self) -> bool:
        """More than half of each of at least two groups chose it."""
        return len(self.of_groups) > 1 and self.least > 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """What was counted, what all groups agree on first."""

    ballots: int
    voters: int
    marked: int | None  # None where it would tell of somebody, or nothing was marked
    choices: list[Choice]
    groups: dict[str, int]
    hidden: list[str | Promise]

    @property
    def sizes(self) -> list[tuple[str | Promise, int]]:
        """The groups shown apart, by name, in the order in which each choice has them."""
        return [(NAMES[name], size) for name, size in self.groups.items()]


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def hidden_cells(sizes: dict[str, int], least: int) -> set[str]:
    """Which groups are not shown apart: the small ones, and so many of the next that subtracting finds none of them.

    What came from one source covers nobody: whoever sent it knows how much it was.
    """
    hidden = {name for name, size in sizes.items() if 0 < size < least}
    next_ones = sorted((name for name in sizes if name != MARKED), key=lambda name: sizes[name])
    next_ones = [name for name in next_ones if sizes[name] >= least]
    while hidden and not _covered(hidden, sizes, least):
        if not next_ones:
            return {name for name, size in sizes.items() if size}
        hidden.add(next_ones.pop(0))
    return hidden


def _covered(hidden: set[str], sizes: dict[str, int], least: int) -> bool:
    people = [sizes[name] for name in hidden - {MARKED}]
    return sum(people) >= least and (len(people) > 1 or MARKED in hidden)


def hidden_of(counts: dict[str, dict[str, int]]) -> list[str]:
    """Which groups of a count are not shown apart, by today's rule: asked when it is counted, kept with the result."""
    sizes = {name: sum(each.get(name, 0) for each in counts.values()) for name in NAMES}
    return sorted(hidden_cells(sizes, policy.value(LEAST_GROUP)))


def result_of(row: Consultation) -> Result | None:
    """What came of it; None until it was counted."""
    if row.result is None:
        return None
    counts: dict[str, dict[str, int]] = row.result["choices"]
    sizes = {name: sum(each.get(name, 0) for each in counts.values()) for name in NAMES}
    hidden = row.result["hidden"]
    apart = [name for name in NAMES if sizes[name] and name not in hidden]
    groups = [name for name in apart if name != MARKED]
    ballots = row.result["ballots"]
    choices = []
    for option in row.options.all():
        found = counts.get(option.key, {})
        votes = sum(found.values())
        share = votes / ballots if ballots else 0.0
        shares = [(name, found.get(name, 0), found.get(name, 0) / sizes[name]) for name in groups]
        choices.append(
            Choice(
                option,
                votes,
                share,
                [(NAMES[name], number, _percent(part)) for name, number, part in shares],
                min((part for _name, _number, part in shares), default=share),
                found.get(MARKED, 0),
            )
        )
    choices.sort(key=lambda each: (-each.least, -each.votes, each.option.place))
    return Result(
        ballots=ballots,
        voters=row.result["voters"],
        marked=sizes[MARKED] if MARKED in apart else None,
        choices=choices,
        groups={name: sizes[name] for name in groups},
        hidden=[NAMES[name] for name in NAMES if name in hidden],
    )


def shown(row: Consultation) -> dict[str, Any]:
    """A question with its result and answers, as JSON for everybody, in both languages."""
    at = clock.now()
    found = result_of(row)
    body: dict[str, Any] = {
        "consultation": row.slug,
        "title": {"zh": row.title_zh, "en": row.title_en},
        "background": {"zh": row.background_zh, "en": row.background_en},
        "opens_at": row.opens_at.isoformat(),
        "closes_at": row.closes_at.isoformat(),
        "options": [{"choice": each.key, "zh": each.zh, "en": each.en} for each in row.options.all()],
        "open": is_open(row, at),
        "answer_due": answer_due(row).isoformat(),
        "answer_late": is_late(row, at),
        "answers": [_answer(each) for each in row.answers.order_by("pk")],
    }
    if found is not None:
        body |= {
            "list_sha256": row.list_sha256,
            "ballots": found.ballots,
            "voters": found.voters,
            **({MARKED: found.marked} if found.marked else {}),
            "choices": {
                each.option.key: _shown_choice(row, each.option.key, found) for each in found.choices
            },
            "agreed_by_all_groups": [each.option.key for each in found.choices if each.all_agree],
        }
    return body


def _shown_choice(row: Consultation, key: str, found: Result) -> dict[str, Any]:
    counts = row.result["choices"].get(key, {}) if row.result else {}
    return {
        "votes": sum(counts.values()),
        "groups": {name: counts.get(name, 0) for name in found.groups},
        **({MARKED: counts.get(MARKED, 0)} if found.marked else {}),
    }


def _answer(row: ConsultationAnswer) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(),
        "decision": {"zh": row.decision_zh, "en": row.decision_en},
        "why": {"zh": row.why_zh, "en": row.why_en},
        "rule": row.rule or None,
        "version": row.version,
    }
