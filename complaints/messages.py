"""What those who complain, who are complained of, who claim and who work at the desk are told."""

from typing import Annotated

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.messages.catalogue import (
    CHANNELS,
    Bilingual,
    Choice,
    Code,
    Count,
    Fen,
    Kind,
    Link,
    Message,
    Moment,
    Time,
    Words,
)


def _somebody(code: str | None) -> str:
    return code or str(_("nobody"))


Label = Annotated[str | Promise, Kind(pgettext_lazy("message parameter", "what waits"), str, cut=True)]
Owner = Annotated[str | None, Kind(pgettext_lazy("message parameter", "who has it"), _somebody)]


class NobodyTookIt(
    Message,
    code="complaints.nobody_took_it",
    text=_("Huhang: %(what)s (%(code)s), waiting since %(at)s. Please take it now: %(link)s"),
    channels=("voice", "sms"),
    life_safety=True,
):
    """To staff on call, one after another, about what rings in the console."""

    what: Label
    code: Code
    at: Time
    link: Link


class ComplaintReceived(
    Message,
    code="complaints.received",
    text=_("Huhang: we have your complaint %(code)s. Follow it here: %(link)s"),
    channels=CHANNELS,
    betrays=True,
):
    code: Code
    link: Link


class ComplaintAnswered(
    Message, code="complaints.answer", text="%(words)s\n%(link)s", channels=CHANNELS, betrays=True
):
    """In the words of whoever answers."""

    words: Words
    link: Link


class StatementAsked(
    Message,
    code="complaints.statement_asked",
    text=_("Huhang: please tell us what happened (%(code)s) by %(due)s: %(link)s"),
    channels=CHANNELS,
    betrays=True,
):
    code: Code
    due: Moment
    link: Link


class StatementReminded(
    Message,
    code="complaints.statement_reminded",
    text=_(
        "Huhang: we still wait for your side of %(code)s. After %(due)s it is decided without it: %(link)s"
    ),
    channels=CHANNELS,
    betrays=True,
):
    code: Code
    due: Moment
    link: Link


class ComplaintDecided(
    Message,
    code="complaints.decided",
    text=_("Huhang: %(code)s is decided. What was decided, why, and how to appeal: %(link)s"),
    channels=CHANNELS,
    betrays=True,
):
    code: Code
    link: Link


class SatisfactionAsked(
    Message,
    code="complaints.satisfaction",
    text=_("Huhang: how did we do with %(code)s? One tap: %(link)s"),
    channels=CHANNELS,
    betrays=True,
):
    code: Code
    link: Link


class ClaimFiled(
    Message,
    code="complaints.claim_filed",
    text=_("Huhang: claim %(code)s is with us. Add documents and follow it here: %(link)s"),
):
    code: Code
    link: Link


class ClaimApproved(
    Message,
    code="complaints.claim_approved",
    text=_("Huhang: claim %(code)s is approved: %(sum)s is on its way. %(link)s"),
):
    code: Code
    sum: Fen
    link: Link


class ClaimRefused(
    Message,
    code="complaints.claim_refused",
    text=_("Huhang: claim %(code)s was not granted. The reason, and what you can do: %(link)s"),
):
    code: Code
    link: Link


class LimitNear(
    Message,
    code="complaints.limit_near",
    text=_("Huhang: %(timer)s of complaint %(code)s (%(level)s) is due soon."),
):
    timer: Choice
    code: Code
    level: Choice


class LimitPassed(
    Message,
    code="complaints.limit_passed",
    text=_("Huhang: %(timer)s of complaint %(code)s (%(level)s) is late. It is with: %(who)s."),
):
    timer: Choice
    code: Code
    level: Choice
    who: Owner


class CareOverdue(
    Message, code="complaints.care_overdue", text=_("Huhang: %(kind)s about %(case)s is overdue.")
):
    kind: Choice
    case: Code


class RosterThin(
    Message,
    code="complaints.roster_thin",
    text=_("Huhang: the roster has %(have)s of %(needed)s specialists from %(hour)s on (%(n)s hours)."),
    life_safety=True,
):
    have: Count
    needed: Count
    hour: Moment
    n: Count


class Greeting(Message, code="complaints.greeting", text="%(words)s"):
    """In words that two people agreed on."""

    words: Bilingual
