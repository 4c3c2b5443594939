"""What signals say: the sentence of each kind that people cause. Those of the monitor stand with its rules."""

from django.utils.translation import gettext_lazy as _

from core import sentences
from core.sentences import choice, metres, number
from rides.states import CancelReason, Company, Party, PlateCheck
from safety.states import SignalKind

_PARTY = choice(Party, Company)
_WHO_SAID = {"party": _PARTY, "reason": choice(CancelReason)}

sentences.declare(SignalKind.CANCEL_ABOARD, _("%(party)s: %(reason)s"), **_WHO_SAID)
sentences.declare(SignalKind.CANCEL_AFTER_MEETING, _("%(party)s: %(reason)s"), **_WHO_SAID)
sentences.declare(SignalKind.ENDED_FAR, _("%(metres)s from the destination"), metres=metres)
sentences.declare(SignalKind.MISMATCH, "%(what)s", what=choice(PlateCheck))
sentences.declare(SignalKind.REPEATED_REPORT, _("report number %(number)s"), number=number)
sentences.declare(SignalKind.SOS, _("from the %(party)s's phone"), party=_PARTY)
# The kind says all there is.
sentences.declare(SignalKind.NO_ANSWER)
sentences.declare(SignalKind.ASKED_FOR_HELP)
sentences.declare(SignalKind.PICKUP_LATE)
sentences.declare(SignalKind.WELFARE_CHECK)
sentences.declare(SignalKind.DISTRESS)


def why(facts: object) -> str:
    """Why a signal was raised, from its facts, in the reader's language; empty where its kind says all there is."""
    return sentences.say(facts)
