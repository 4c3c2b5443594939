"""Asking the registries about somebody, and keeping what they say (D2, D10). Nothing here is asked inside a transaction."""

import json
from typing import Any

import msgspec
from django.utils import timezone

from core import clock, registries
from core.actors import SYSTEM
from core.transactions import joins_transaction
from drivers import screening as rules
from drivers.models import Driver, Screening
from drivers.policies import SCREENING_RULE
from drivers.screening import Subject
from drivers.services.cases import open_case
from drivers.services.people import hold_driver
from drivers.states import CaseKind, Finding, HoldKind

Answers = dict[str, dict[str, Any] | None]


def ask_registries(subject: Subject) -> Answers:
    """Every answer, or `RegistryDown` where one is silent or says what is not the contract: half an answer is none."""
    answers: Answers = {}
    for question in rules.questions(subject):
        found = registries.ask(question.asked, question.body)
        try:
            rules.understand(question.registry, found)
        except msgspec.ValidationError:
            raise registries.RegistryDown from None
        answers[question.key] = found
    return answers


def result_of(subject: Subject, answers: Answers) -> dict[str, Any]:
    """The columns of an answered screening."""
    at = clock.now()
    found = rules.judge(subject, answers, timezone.localtime(at).date())
    return {
        "answers": json.dumps(answers, ensure_ascii=False),
        "findings": [each.as_json() for each in found],
        "verdict": rules.worst(found),
        "proven": rules.proves_certificates(found),
        "answered_at": at,
    }


@joins_transaction
def act_on(driver: Driver, screening: Screening) -> None:
    """What a screening of the fleet does to somebody who drives already: a hold where it bars, a case for a person.

    The hold begins covertly: whoever sits in the car must not be put in danger by it (S11). `DriverHeld` is heard by
    those who know whether anybody does.
    """
    if screening.verdict == Finding.CLEAR:
        return
    wrong = [row for row in screening.findings if row["verdict"] != Finding.CLEAR]
    case = open_case(driver=driver, kind=CaseKind.SCREENING, screening=screening.code, findings=wrong)
    if screening.verdict == Finding.BAR:
        citation = next((row["citation"] for row in wrong if row["citation"]), SCREENING_RULE)
        hold_driver(
            actor=SYSTEM,
            driver=driver,
            kind=HoldKind.SCREENING,
            source=case.code,
            citation=citation,
            covert=True,
        )
