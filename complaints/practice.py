"""Exercises for new agents (C9): the two cases of 2018, step by step, scored against what the rules ask.

Right answers that follow from a rule are asked from the rule itself, so that an exercise cannot teach what no longer
holds. People, plates and numbers are invented. Nothing here touches a real trip.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from complaints import words
from complaints.limits import limit_of
from complaints.states import Category, Level, TimerKind
from core import policy
from safety.selectors import OWNED_WITHIN, POLICE_AFTER, TAKEN_WITHIN

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be done, and what is said about it afterwards."""

    key: str
    text: Text
    says: Text


@dataclass(frozen=True, slots=True)
class Step:
    """What happens, what is asked, within how many seconds, and which choice the rules ask for."""

    key: str
    clock: Text
    happens: Text
    asks: Text
    choices: tuple[Choice, ...]
    right: Callable[[], str]
    rule: str
    seconds: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One exercise."""

    key: str
    title: Text
    about: Text
    steps: tuple[Step, ...]


POINTS_RIGHT, POINTS_LATE = 10, 5
PASS_SHARE = 0.8


def _is(key: str) -> Callable[[], str]:
    return lambda: key


def _within(limit: policy.SpanPolicy) -> Callable[[], int]:
    return lambda: policy.value(limit)


def _class_of(category: Category, text: str) -> Callable[[], str]:
    return lambda: str(words.level_of(category, text))


_CLASSES = (
    Choice(
        Level.ORDINARY,
        _("ordinary: five working days"),
        _("What was said decides, not how calmly it was said."),
    ),
    Choice(Level.RAISED, _("raised: answer within two hours"), _("The words stand for more than that.")),
    Choice(
        Level.SEVERE,
        _("severe: act at once"),
        _("Severe classes stop the driver's orders in the same second; nobody has to be sure first."),
    ),
)

YUEQING = Scenario(
    "yueqing",
    _("A friend who cannot reach her"),
    _("An afternoon of 2018-08-24. A complaint of the day before, a message for help, a cancelled order, an officer who waits."),
    (
        Step(
            "complaint", "08-23 14:30",
            _("A passenger writes: 'The driver took me to a remote place, and when I got out he followed me.'"),
            _("Which class is it?"),
            _CLASSES,
            _class_of(Category.OTHER, "司机把我带到偏僻的地方，下车以后还尾随我"),
            "C2", lambda: limit_of(Level.SEVERE, TimerKind.ANSWER).seconds,
        ),
        Step(
            "promise", "08-23 14:31",
            _("She asks: 'When will somebody look at this?'"),
            _("What do you tell her?"),
            (
                Choice("hours", _("'Within two hours' and on to the next"), _("That was said in 2018, and nobody looked. A time that nobody keeps is not an answer.")),
                Choice("now", _("You have it; you read it now; the driver gets no new orders until a person has decided"), _("An owner, and something that has already happened.")),
                Choice("fault", _("That nothing can be done without proof"), _("A stop on orders needs no proof; it is reviewed within two hours and paid for where it was wrong.")),
            ),
            _is("now"), "C2", lambda: limit_of(Level.SEVERE, TimerKind.ANSWER).seconds,
        ),
        Step(
            "friend", "08-24 15:42",
            _("A friend calls: 'She took a hitch ride at one. She wrote me \"help\", and her phone is off.' She has no account."),
            _("How long may this wait for a person?"),
            (
                Choice("60", _("One minute"), _("A welfare check is owned by a person within a minute, and its clock cannot be paused.")),
                Choice("600", _("Ten minutes, like any severe complaint"), _("This is no complaint. Somebody may be in a car now.")),
                Choice("3600", _("An hour: 'a reply within one hour'"), _("That was the answer of 2018.")),
            ),
            lambda: str(policy.value(OWNED_WITHIN)), "S6", _within(OWNED_WITHIN),
        ),
        Step(
            "code", "15:43",
            _("The friend has not typed in the code that proves her phone."),
            _("What do you do?"),
            (
                Choice("wait", _("Wait for the code; anybody could call"), _("The code comes after and is never waited for. A wrong alarm costs minutes; waiting may cost a life.")),
                Choice("act", _("Take the check and find the trip now"), _("Taken at once; the code comes after.")),
            ),
            _is("act"), "S6", _within(OWNED_WITHIN),
        ),
        Step(
            "record", "15:44",
            _("The record: the order was cancelled at 14:10 'by the passenger, not boarded'. Both phones had met at 13:02. Hers has been silent since 14:00; his moved on, off the way."),
            _("What do you believe?"),
            (
                Choice("record", _("The record: she was never in the car"), _("In 2018 this was passed on as true. A cancel after both phones met is an alarm, and a silent phone proves nothing.")),
                Choice("doubt", _("Nothing of it, until her own later position and answer show her safe"), _("A silent phone is never proof that she left.")),
            ),
            _is("doubt"), "R6", lambda: 120,
        ),
        Step(
            "tell", "15:45",
            _("The friend asks for the driver's name and plate."),
            _("What may she learn from you?"),
            (
                Choice("all", _("Name and plate: she is worried"), _("You do not know who is on the line. The police get them in seconds; she gets the code that makes it so.")),
                Choice("code", _("That a person has it since when, the number 110, and a report code that any station can quote"), _("With the code the station finds the trip at once.")),
                Choice("nothing", _("Nothing at all"), _("She needs the code: it is what joins her report to the police's request.")),
            ),
            _is("code"), "S6", lambda: 120,
        ),
        Step(
            "police", "15:46",
            _("You cannot reach the passenger. Three minutes have passed since the risk became high."),
            _("What now?"),
            (
                Choice("try", _("Go on calling her for another half hour"), _("Owned is not yet done: after three minutes without a safe check the police are called.")),
                Choice("call", _("Call the police of the place with the minimum pack"), _("Yourself, now; you do not wait to be asked.")),
                Choice("supervisor", _("Ask a supervisor whether that is necessary"), _("A supervisor is needed to say why not, never to say yes.")),
            ),
            _is("call"), "S10", _within(POLICE_AFTER),
        ),
        Step(
            "officer", "16:41",
            _("The friend hands her phone to an officer. He gives station and badge number and asks for the plate."),
            _("What do you answer?"),
            (
                Choice("wait", _("That a safety expert will call back within an hour"), _("In 2018 the police got the plate 92 minutes after they first asked. 'Wait' is not among the answers.")),
                Choice("line", _("Open 'police on the line', call the station's published number back, release with a second person"), _("Five minutes with all human steps.")),
                Choice("letter", _("Ask for a letter and two certificates first"), _("Where life is in danger the paperwork follows within 24 hours.")),
            ),
            _is("line"), "P4", lambda: 300,
        ),
        Step(
            "second", "16:44",
            _("Nobody else is free to confirm the release."),
            _("What now?"),
            (
                Choice("alone", _("Release it alone"), _("Two people confirm: so that nobody talks a plate out of one tired agent.")),
                Choice("escalate", _("Escalate now"), _("Two minutes, then the executive on duty is called. There is no fourth outcome.")),
                Choice("later", _("Ask the officer to call again"), _("That is 'wait' in other words.")),
            ),
            _is("escalate"), "P4", lambda: 120,
        ),
    ),
)  # fmt: skip

ZHENGZHOU = Scenario(
    "zhengzhou",
    _("An account that somebody else uses"),
    _("A night of 2018-05-05. A complaint of harassment that reached nobody, a face that does not match, a departure near midnight."),
    (
        Step(
            "class", _("earlier"),
            _("A passenger writes about route and price, and then: 'All the way he said obscene things and asked to kiss me.'"),
            _("She chose 'route or price'. Which class is it?"),
            _CLASSES,
            _class_of(Category.DISPUTE, "绕路多收钱，一路上性骚扰，还要强吻我"),
            "C2", lambda: limit_of(Level.SEVERE, TimerKind.ANSWER).seconds,
        ),
        Step(
            "calls", _("earlier"),
            _("You call the driver five times; nobody answers."),
            _("What becomes of the complaint?"),
            (
                Choice("close", _("It is closed: he could not be reached"), _("In 2018 it lay open, and he drove on.")),
                Choice("stays", _("The stop on orders stays; his statement has a deadline; then it is decided without it"), _("Silence does not end a stop.")),
                Choice("lift", _("The stop is lifted until he answers"), _("Then not answering would be the way to drive on.")),
            ),
            _is("stays"), "C5", lambda: 300,
        ),
        Step(
            "statement", _("earlier"),
            _("You ask both sides. She is still in another of his cars at this moment, so the trip's record says."),
            _("When do you ask him?"),
            (
                Choice("now", _("Now: the clock runs"), _("Nothing may show on his phone while somebody may be in the car with him.")),
                Choice("after", _("When nobody can be in the car with him any more"), _("Her safety is worth more than his deadline.")),
            ),
            _is("after"), "S11", lambda: 120,
        ),
        Step(
            "second", _("earlier"),
            _("The first adjudicator finds it upheld and asks for a ban."),
            _("What does the second adjudicator see?"),
            (
                Choice("first", _("The first decision, to save time"), _("Then it would be one decision with two names.")),
                Choice("case", _("The case, and not the first decision"), _("Where they differ a third decides.")),
            ),
            _is("case"), "C5", lambda: 120,
        ),
        Step(
            "face", "05-05 23:10",
            _("The face at the check is not the face of the account. He says: 'I am his father, my son just drives tonight.'"),
            _("What do you do?"),
            (
                Choice("once", _("Let it pass once, it is late"), _("An account was lent to a son: that is how it happened.")),
                Choice("stop", _("The trip stops, the account freezes, two people look at the frames"), _("Driver or car other than registered: zero tolerance.")),
                Choice("note", _("Note it and ask him to come by tomorrow"), _("Tomorrow does not help who gets in tonight.")),
            ),
            _is("stop"), "D5", lambda: 120,
        ),
        Step(
            "night", "05-05 23:55",
            _("An order of hitch for 23:55 is asked for."),
            _("May it go?"),
            (
                Choice("yes", _("Yes, with a reminder"), _("No hitch order departs between 22:00 and 06:00.")),
                Choice("no", _("No; another line is offered, and somebody stays with the passenger until she is safe"), _("Nobody is left in the dark by a rule.")),
            ),
            _is("no"), "R4", lambda: 120,
        ),
        Step(
            "sos", "05-06 00:05",
            _("SOS, silent mode."),
            _("First thing?"),
            (
                Choice("callback", _("Call her back to ask what happened"), _("Silent mode: a ringing phone could betray her.")),
                Choice("take", _("Take it, listen, write; do not call"), _("Taken within ten seconds; whoever is silent is written to.")),
                Choice("check", _("Look first whether it is a false alarm"), _("It is taken first; what it is comes after.")),
            ),
            _is("take"), "S3", _within(TAKEN_WITHIN),
        ),
    ),
)  # fmt: skip


@lru_cache(maxsize=1)
def scenarios() -> dict[str, Scenario]:
    """All exercises by their keys."""
    return {each.key: each for each in (YUEQING, ZHENGZHOU)}


def points_for(step: Step, choice: str, seconds: float) -> int:
    """What a choice is worth: all for the right one in time, half for the right one too late, nothing for another."""
    if choice != step.right():
        return 0
    return POINTS_RIGHT if seconds <= step.seconds() else POINTS_LATE
