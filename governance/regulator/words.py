"""The words of the feed: what each interface is, and why an item did not leave or was not taken."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

KINDS: dict[str, Promise] = {
    "orderCreate": pgettext_lazy("feed", "order placed"),
    "orderMatch": pgettext_lazy("feed", "order matched"),
    "orderCancel": pgettext_lazy("feed", "order cancelled"),
    "operateLogin": pgettext_lazy("feed", "driver online"),
    "operateLogout": pgettext_lazy("feed", "driver offline"),
    "operateDepart": pgettext_lazy("feed", "passenger aboard"),
    "operateArrive": pgettext_lazy("feed", "trip ended"),
    "operatePay": pgettext_lazy("feed", "trip paid"),
    "positionVehicle": pgettext_lazy("feed", "position of a car"),
    "ratedPassenger": pgettext_lazy("feed", "rating by a passenger"),
    "ratedPassengerComplaint": pgettext_lazy("feed", "complaint of a passenger"),
    "ratedDriverPunish": pgettext_lazy("feed", "punishment of a driver"),
    "baseInfoCompany": pgettext_lazy("feed", "the company"),
    "baseInfoCompanyPermit": pgettext_lazy("feed", "permit of the company in a city"),
    "baseInfoCompanyStat": pgettext_lazy("feed", "how many cars and drivers"),
    "baseInfoCompanyFare": pgettext_lazy("feed", "fares of a line in a city"),
    "baseInfoVehicle": pgettext_lazy("feed", "car"),
    "baseInfoVehicleInsurance": pgettext_lazy("feed", "insurance of a car"),
    "baseInfoDriver": pgettext_lazy("feed", "driver"),
}
# The other interfaces of the layout, by table, and why nothing is told by them: staff and the authority read what is missing.
NOT_TOLD: dict[str, tuple[str, Promise]] = {
    "baseInfoCompanyPay": (
        "A.4.3",
        _("This platform does not know the company's contracts with payment institutions."),
    ),
    "baseInfoCompanyService": ("A.4.4", _("This platform has no register of the company's offices.")),
    "baseInfoVehicleTotalMile": (
        "A.4.9",
        _("This platform knows the way of trips alone, and no car's mileage."),
    ),
    "baseInfoDriverEducate": (
        "A.4.11",
        _("This platform knows no hours of courses as the layout asks for them."),
    ),
    "baseInfoDriverApp": ("A.4.12", _("This platform does not know a phone's operator.")),
    "baseInfoDriverStat": ("A.4.13", _("This platform does not know traffic violations of a month.")),
    "baseInfoPassenger": ("A.4.14", _("Who travels is not told: the Measures name orders and not people.")),
    "positionDriver": ("A.7.1", _("The car's position says it without a person.")),
    "ratedDriver": ("A.8.4", _("This platform does not know the authority's examination of drivers.")),
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
