"""What drivers are told: applications, papers, appeals; and a reporter of the reward."""

from typing import Annotated

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.messages.catalogue import Code, Day, Fen, Kind, Message
from drivers.states import PaperKind


def _paper(value: tuple[PaperKind, str]) -> str:
    kind, plate = value
    return f"{kind.label} {plate}".strip()


# A kind of paper, and the plate where it is a car's.
PaperOf = Annotated[
    tuple[PaperKind, str], Kind(pgettext_lazy("message parameter", "paper"), _paper, cut=True)
]


class ApplicationReturned(
    Message,
    code="drivers.application_returned",
    text=_("Huhang: your application %(code)s came back. Your page says what to mend."),
):
    code: Code


class ApplicationApproved(
    Message,
    code="drivers.application_approved",
    text=_("Huhang: your application %(code)s is approved. You can offer seats now."),
):
    code: Code


class ApplicationRefused(
    Message,
    code="drivers.application_refused",
    text=_("Huhang: your application %(code)s is refused. Your page says why, and how to object."),
):
    code: Code


class PaperEnds(
    Message,
    code="drivers.paper_ends",
    text=_(
        "Huhang: your %(paper)s is valid until %(until)s. Renew it and send the new one on your page; without it no orders can be accepted."
    ),
):
    paper: PaperOf
    until: Day


class PaperEnded(
    Message,
    code="drivers.paper_ended",
    text=_(
        "Huhang: your %(paper)s has expired on %(until)s. No orders can be accepted until the new one is checked. Send it on your page."
    ),
):
    paper: PaperOf
    until: Day


class AppealRejected(
    Message,
    code="drivers.appeal_rejected",
    text=_("Huhang: your appeal %(code)s is rejected. The reason is on your page."),
):
    code: Code


class HoldAppealGranted(
    Message,
    code="drivers.hold_appeal_granted",
    text=_("Huhang: your appeal %(code)s is granted. You can accept orders again."),
):
    code: Code


class DecisionAppealGranted(
    Message,
    code="drivers.decision_appeal_granted",
    text=_("Huhang: your appeal %(code)s is granted. Two other people decide on your application."),
):
    code: Code


class ReportRewarded(
    Message,
    code="drivers.report_rewarded",
    text=_(
        "Huhang: your report %(code)s of a car or driver that was not the registered one is confirmed. Thank you: you get %(sum)s."
    ),
):
    code: Code
    sum: Fen
