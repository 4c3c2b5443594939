"""What a drill prints."""

import json
import sys
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class Step:
    """One expectation and what was seen."""

    at: str
    what: str
    expected: str
    seen: str
    ok: bool
    machine_seconds: float


@dataclass(slots=True)
class HumanStep:
    """What a person does, with the seconds that the drill lets pass for it."""

    what: str
    assumed_seconds: float


@dataclass(slots=True)
class ClockResult:
    """One of history's clocks beside the platform's."""

    history_minutes: float | None
    machine_seconds: float
    human_steps: list[HumanStep] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """A whole drill; it has passed only when every step is as expected and every clock was measured.

    `apart` are branches that are known not to hold, by name: each is played, has a report of its own with the reason,
    and is counted neither as passed nor against the others.
    """

    drill: str
    steps: list[Step] = field(default_factory=list)
    clocks: dict[str, ClockResult] = field(default_factory=dict)
    apart: "dict[str, Apart]" = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    @property
    def verdict(self) -> str:
        """One word for what counts, and plainly what does not."""
        said = "PASSED" if self.passed else "FAILED"
        return "; ".join([said, *(each.verdict for each in self.apart.values())])

    def add(self, step: Step) -> None:
        """Keep a step, and say it as it comes: a drill takes minutes."""
        self.steps.append(step)
        sys.stderr.write(_told(step) + "\n")
        sys.stderr.flush()

    def as_json(self) -> str:
        body: dict[str, Any] = {
            "drill": self.drill,
            "passed": self.passed,
            "verdict": self.verdict,
            "steps": [asdict(step) for step in self.steps],
            "clocks": {name: asdict(clock) for name, clock in self.clocks.items()},
            "apart": {
                name: {
                    "passed": each.report.passed,
                    "why": each.why,
                    "steps": [asdict(step) for step in each.report.steps],
                }
                for name, each in self.apart.items()
            },
        }
        return json.dumps(body, ensure_ascii=False)

    def as_text(self) -> str:
        lines = [_told(step) for step in self.steps]
        for name, clock in self.clocks.items():
            then = "never" if clock.history_minutes is None else f"{clock.history_minutes} min"
            human = sum(step.assumed_seconds for step in clock.human_steps)
            lines.append(
                f"{name}: {then} in 2018 → {clock.machine_seconds:.2f} s of machine + {human:.0f} s of people"
            )
            lines += [f"      {step.what}: {step.assumed_seconds:.0f} s" for step in clock.human_steps]
        for name, each in self.apart.items():
            lines += [f"Apart: {name}: {each.why}", *map(_told, each.report.steps)]
        lines.append(self.verdict)
        return "\n".join(lines)


@dataclass(slots=True)
class Apart:
    """A branch that is reported apart, and why it is not expected to hold."""

    name: str
    why: str
    report: Report

    @property
    def verdict(self) -> str:
        held = "held" if self.report.passed else "DID NOT HOLD"
        return f"'{self.name}' is reported apart, is not counted as passed, and {held}"


def _told(step: Step) -> str:
    return (
        f"{'✔' if step.ok else '✘'} {step.at}  {step.what}\n"
        f"      expected {step.expected}; seen {step.seen} ({step.machine_seconds:.2f} s)"
    )


Branch = Callable[[Report], None]


def play_branches(
    drill: str,
    branches: Iterable[Branch],
    apart: Iterable[tuple[Branch, str]] = (),
    *,
    only: str = "",
) -> Report:
    """Play all branches, or the one of a name; one that cannot go on is a failed step, and the others are played.

    `apart` are branches that are known not to hold, each with the reason.
    """
    report = Report(drill)
    for branch in branches:
        if only in {"", branch.__name__}:
            _play(branch, report)
    for branch, why in apart:
        if only not in {"", branch.__name__}:
            continue
        name = branch.__name__.replace("_", " ")
        report.apart[name] = Apart(name, why, Report(f"{drill}: {name}"))
        _play(branch, report.apart[name].report)
    return report


def _play(branch: Branch, report: Report) -> None:
    try:
        branch(report)
    except Exception as why:  # the report says what broke; the drill has failed
        seen = f"{type(why).__name__}: {why}"[:400]
        report.add(Step(branch.__name__, "the branch goes on", "no surprise", seen, False, 0.0))
