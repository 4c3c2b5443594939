"""What signals say: the sentence of each kind that people cause. Those of the monitor stand with its rules."""

from django.utils.translation import gettext_lazy as _

from core import facts
from core.facts import choice, number
from core.formats import distance
from rides.states import CancelReason, Company, Party, PhonesSay, PlateCheck
from safety.states import SignalKind

_PARTY = choice(Party, Company)
# What an end that counts as far says where no phone was heard.
ENDED_UNSEEN = "ended_unseen"
# What stands beside an accident of which nobody says anything.
NOBODY_ANSWERS = "nobody_answers_about_accident"
# What a cancel says that was believed until both phones stood at one place.
MET_AFTER_CANCEL = "met_after_cancel"
# What a call for help says that came by a key of the automated call.
HELP_BY_PHONE = "help_by_phone"
_WHO_SAID = {"party": _PARTY, "reason": choice(CancelReason)}

facts.declare(SignalKind.CANCEL_ABOARD, _("%(party)s: %(reason)s"), **_WHO_SAID)
facts.declare(SignalKind.CANCEL_AFTER_MEETING, _("%(party)s: %(reason)s"), **_WHO_SAID)
facts.declare(MET_AFTER_CANCEL, _("%(party)s: %(reason)s; both phones met after that"), **_WHO_SAID)
facts.declare(SignalKind.ENDED_FAR, _("%(metres)s from the destination"), metres=distance)
facts.declare(ENDED_UNSEEN, _("nobody knows where: no position of the driver's phone"))
facts.declare(SignalKind.ACCIDENT, _("told by the %(party)s"), party=_PARTY)
facts.declare(NOBODY_ANSWERS, _("both sides were asked, and nobody answers"))
facts.declare(HELP_BY_PHONE, _("by key 2 of the automated call"))
facts.declare(SignalKind.FINE_NOT_SHOWN, _("both phones: %(phones)s"), phones=choice(PhonesSay))
facts.declare(SignalKind.MISMATCH, "%(what)s", what=choice(PlateCheck))
facts.declare(SignalKind.REPEATED_REPORT, _("report number %(number)s"), number=number)
facts.declare(SignalKind.SOS, _("from the %(party)s's phone"), party=_PARTY)
# The kind says all there is.
facts.declare(SignalKind.BOARDING_PRESUMED)
facts.declare(SignalKind.NO_ANSWER)
facts.declare(SignalKind.ASKED_FOR_HELP)
facts.declare(SignalKind.PICKUP_LATE)
facts.declare(SignalKind.WELFARE_CHECK)
facts.declare(SignalKind.DISTRESS)


def why(stored: object) -> str:
    """Why a signal was raised, from its facts, in the reader's language; empty where its kind says all there is."""
    return facts.say(stored)
