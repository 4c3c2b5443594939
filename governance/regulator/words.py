"""The words of the feed: what each interface is, and why an item did not leave or was not taken."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS: dict[str, Promise] = {
    "orderCreate": pgettext_lazy("feed", "order placed"),
    "orderMatch": pgettext_lazy("feed", "order matched"),
    "orderCancel": pgettext_lazy("feed", "order cancelled"),
    "operateDepart": pgettext_lazy("feed", "passenger aboard"),
    "operateArrive": pgettext_lazy("feed", "trip ended"),
    "operatePay": pgettext_lazy("feed", "trip paid"),
    "positionVehicle": pgettext_lazy("feed", "position of a car"),
    "ratedPassenger": pgettext_lazy("feed", "rating by a passenger"),
    "ratedPassengerComplaint": pgettext_lazy("feed", "complaint of a passenger"),
    "baseInfoCompany": pgettext_lazy("feed", "the company"),
    "baseInfoCompanyPermit": pgettext_lazy("feed", "permit of the company in a city"),
    "baseInfoCompanyStat": pgettext_lazy("feed", "how many cars and drivers"),
    "baseInfoVehicle": pgettext_lazy("feed", "car"),
    "baseInfoDriver": pgettext_lazy("feed", "driver"),
}
# What we find ourselves; the platform's own words are shown as they came.
WHY: dict[str, Promise] = {
    "missing": _("the layout asks for it, and it is not known"),
    "not_asked": _("the layout does not ask for it"),
    "form": _("not written as the layout asks"),
    "negative": _("less than nothing"),
    "too_early": _("before ride-hailing began: a clock that was never set"),
    "in_future": _("has not happened yet"),
    "out_of_order": _("ends before it begins"),
    "no_time": _("a trip of no time"),
    "out_of_country": _("a place outside the country"),
    "other_datum": _("positions of another datum than WGS-84"),
    "unreadable": _("our row cannot be read"),
    "unanswered": _("the platform never answers this one"),
}


def why(cause: str) -> str:
    """What stands behind `INTERFACE:FIELD:WORD`, for a reader."""
    _kind, field, word = cause.split(":", 2)
    said = str(WHY.get(word, word))
    return said if field == "-" else f"{field}: {said}"
