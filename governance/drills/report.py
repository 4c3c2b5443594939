"""What a drill prints."""

import json
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
    """A whole drill; it has passed only when every step is as expected and every clock was measured."""

    drill: str
    steps: list[Step] = field(default_factory=list)
    clocks: dict[str, ClockResult] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return bool(self.steps) and all(step.ok for step in self.steps)

    def as_json(self) -> str:
        body: dict[str, Any] = {
            "drill": self.drill,
            "passed": self.passed,
            "steps": [asdict(step) for step in self.steps],
            "clocks": {name: asdict(clock) for name, clock in self.clocks.items()},
        }
        return json.dumps(body, ensure_ascii=False)

    def as_text(self) -> str:
        lines = [
            f"{'✔' if step.ok else '✘'} {step.at}  {step.what}\n      expected {step.expected}; seen {step.seen} ({step.machine_seconds:.2f} s)"
            for step in self.steps
        ]
        for name, clock in self.clocks.items():
            then = "never" if clock.history_minutes is None else f"{clock.history_minutes} min"
            human = sum(step.assumed_seconds for step in clock.human_steps)
            lines.append(
                f"{name}: {then} in 2018 → {clock.machine_seconds:.2f} s of machine + {human:.0f} s of people"
            )
            lines += [f"      {step.what}: {step.assumed_seconds:.0f} s" for step in clock.human_steps]
        lines.append("PASSED" if self.passed else "FAILED")
        return "\n".join(lines)


def play_branches(drill: str, branches: Iterable[Callable[[Report], None]]) -> Report:
    """Play all branches; one that cannot go on is a failed step, and the others are played."""
    report = Report(drill)
    for branch in branches:
        try:
            branch(report)
        except Exception as why:  # the report says what broke; the drill has failed
            seen = f"{type(why).__name__}: {why}"[:400]
            report.steps.append(Step(branch.__name__, "the branch goes on", "no surprise", seen, False, 0.0))
    return report
