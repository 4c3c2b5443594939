"""Booking and offering by page: places by typing or on the map, now or later."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from core import clock, typed
from core.errors import DomainError
from core.typed.fields import NAME, PHONE, PLATE, Moment, Typed
from rides.models import City
from rides.selectors import find_places, is_named, own_places_called, search_places
from rides.services import Journey, Place, Rider, named_place
from rides.services.own_places import LONGEST_LABEL
from rides.states import Line, OwnPlaceKind, RiderKind

if TYPE_CHECKING:
    from accounts.models import Account

HITCH_SOON = timedelta(minutes=45)


class SearchForm(forms.Form):
    """What somebody types of a place, or the point that they mean."""

    place = forms.CharField(max_length=60, required=False)
    field = forms.ChoiceField(
        choices=[(each, each) for each in ("origin", "destination", "place")], required=False
    )
    lat = forms.FloatField(required=False, min_value=-90, max_value=90)
    lon = forms.FloatField(required=False, min_value=-180, max_value=180)


class PlacesForm(forms.Form):
    """Places by a name that is typed, or a point of the map whose name the platform writes."""

    PLACES: tuple[str, ...] = ()

    def __init__(
        self, *args: Any, city: City, account: "Account | None" = None, guess: bool = False, **kwargs: Any
    ) -> None:
        """`guess` takes part of a name for the one place that it fits: enough to look at prices, never to order.

        `account` may call places by the names that it gave them.
        """
        super().__init__(*args, **kwargs)
        self.city, self.account, self.guess = city, account, guess
        for name in self.PLACES:
            self.fields[name].widget.attrs.update(
                {"list": "places", "autocomplete": "off", "data-place": name, "enterkeyhint": "next"}
            )

    def _place(self, name: str) -> Place | None:
        """The point of the map where one was tapped or chosen, else the place whose whole name was typed."""
        latitude, longitude = (self.cleaned_data.get(f"{name}_{part}") for part in ("lat", "lon"))
        if latitude is not None and longitude is not None:
            return named_place(self.city, (latitude, longitude))
        words = self.cleaned_data.get(name)
        if not words:
            return None
        known = find_places(self.city, words)
        exact = [row for row in known if is_named(row, words)]
        own = own_places_called(self.account, self.city, words) if self.account and not exact else []
        if own and own[0].is_exact:
            return Place(own[0].names, *own[0].point)
        if exact or (self.guess and len(known) == 1):
            row = (exact or known)[0]
            return Place(row.names, row.latitude, row.longitude)
        on_map = search_places(self.city, words)
        whole = [each for each in on_map if each.is_exact]
        if whole or (self.guess and not known and len(on_map) == 1):
            each = (whole or on_map)[0]
            return Place(each.names, *each.point)
        names = "; ".join(str(each) for each in known or on_map)
        if names:
            self.add_error(name, _("Which one do you mean? %(names)s") % {"names": names})
        else:
            self.add_error(
                name, _("We know no such place. Choose one of the list, or tap the point on the map.")
            )
        return None


class JourneyForm(PlacesForm):
    """Where from and where to."""

    PLACES = ("origin", "destination")

    origin = forms.CharField(label=gettext_lazy("From"), max_length=120)
    origin_lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    origin_lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    destination = forms.CharField(label=gettext_lazy("To"), max_length=120)
    destination_lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    destination_lon = forms.FloatField(
        required=False, min_value=-180, max_value=180, widget=forms.HiddenInput
    )
    client_key = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["origin_place"], cleaned["destination_place"] = (
            self._place("origin"),
            self._place("destination"),
        )
        return cleaned

    def journey(self, start: datetime, end: datetime) -> Journey:
        """What was asked for."""
        return Journey(
            self.city, self.cleaned_data["origin_place"], self.cleaned_data["destination_place"], start, end
        )


class BookForm(JourneyForm):
    """A passenger asks for a ride."""

    line = forms.ChoiceField(
        label=pgettext_lazy("booking", "Line"),
        choices=Line.choices,
        widget=forms.RadioSelect,
        initial=Line.HITCH,
    )
    when = forms.ChoiceField(
        label=gettext_lazy("When"),
        choices=[("now", gettext_lazy("as soon as possible")), ("later", gettext_lazy("later"))],
        widget=forms.RadioSelect,
        initial="now",
    )
    window_start = Moment(label=gettext_lazy("Earliest departure"), required=False)
    window_end = Moment(label=gettext_lazy("Latest departure (hitch)"), required=False)
    seats = forms.IntegerField(label=gettext_lazy("Seats"), min_value=1, max_value=4, initial=1)
    rider_kind = forms.ChoiceField(
        label=gettext_lazy("Who travels"),
        choices=RiderKind.choices,
        widget=forms.RadioSelect,
        initial=RiderKind.SELF,
    )
    rider_name = Typed(NAME, label=gettext_lazy("Their name"), max_length=40, required=False)
    rider_phone = Typed(
        PHONE,
        label=gettext_lazy("Their phone"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel"}),
        help_text=gettext_lazy("They get car, boarding code and SOS by message."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("when") == "later" and not cleaned.get("window_start"):
            self.add_error("window_start", _("When would you like to leave?"))
        if cleaned.get("rider_kind") in {RiderKind.OTHER, RiderKind.CHILD} and not cleaned.get("rider_name"):
            self.add_error("rider_name", _("Who travels? The name is for the safety staff alone."))
        if cleaned.get("rider_kind") == RiderKind.OTHER or cleaned.get("rider_phone"):
            try:
                cleaned["rider_phone"] = typed.phone.read_mobile(cleaned.get("rider_phone", ""))
            except DomainError as error:
                self.add_error("rider_phone", error.detail)
        return cleaned

    def wanted(self) -> dict[str, Any]:
        """The arguments of `book_trip`, without the passenger."""
        given = self.cleaned_data
        line = Line(given["line"])
        start = end = clock.now()
        if given["when"] == "later":
            start = given["window_start"]
            end = given["window_end"] or start + HITCH_SOON
        elif line == Line.HITCH:
            end = start + HITCH_SOON
        kind = RiderKind(given["rider_kind"])
        rider = Rider(kind, given["rider_name"], given["rider_phone"]) if kind != RiderKind.SELF else None
        return {
            "journey": self.journey(start, end if line == Line.HITCH else start),
            "seats": given["seats"],
            "client_key": given["client_key"],
            "line": line,
            "rider": rider,
        }


class RiderPhoneForm(forms.Form):
    """The number of somebody who was booked for, put right."""

    rider_phone = Typed(
        PHONE, label=gettext_lazy("Their phone"), widget=forms.TextInput(attrs={"inputmode": "tel"})
    )


class WayForm(JourneyForm):
    """A hitch owner offers a way."""

    window_start = Moment(label=gettext_lazy("Earliest departure"), required=False)
    window_end = Moment(label=gettext_lazy("Latest departure"), required=False)
    seats = forms.IntegerField(label=gettext_lazy("Seats"), min_value=1, max_value=4, initial=3)
    detour_km = forms.IntegerField(
        label=gettext_lazy("Detour that you take on, in km"), min_value=0, max_value=10, initial=4
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in ("window_start", "window_end"):
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, _("When would you like to leave?"))
        return cleaned

    def wanted(self) -> dict[str, Any]:
        """The arguments of `offer_itinerary`, without the driver."""
        given = self.cleaned_data
        return {
            "journey": self.journey(given["window_start"], given["window_end"]),
            "seats": given["seats"],
            "client_key": given["client_key"],
            "detour_limit": given["detour_km"] * 1000,
        }


class OwnPlaceForm(PlacesForm):
    """A place that somebody keeps for their own bookings."""

    PLACES = ("place",)

    place = forms.CharField(label=pgettext_lazy("own place", "Place"), max_length=120)
    place_lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    place_lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=gettext_lazy("Keep it as"),
        choices=OwnPlaceKind.choices,
        widget=forms.RadioSelect,
        initial=OwnPlaceKind.HOME,
    )
    label = forms.CharField(
        label=gettext_lazy("Your name for it"),
        required=False,
        max_length=LONGEST_LABEL,
        help_text=gettext_lazy("Only you see it. Drivers read the name of the map."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["found"] = self._place("place")
        if cleaned.get("kind") == OwnPlaceKind.NAMED and not typed.text.flat(cleaned.get("label") or ""):
            self.add_error("label", _("How do you call it?"))
        return cleaned

    def wanted(self) -> dict[str, Any]:
        """The arguments of `keep_place`, without the account."""
        given = self.cleaned_data
        return {
            "city": self.city,
            "kind": OwnPlaceKind(given["kind"]),
            "point": given["found"].point,
            "label": given["label"],
        }


def soon() -> dict[str, Any]:
    """The first values of a form: leaving in ten minutes."""
    start = timezone.localtime(clock.now() + timedelta(minutes=10)).replace(second=0, microsecond=0)
    return {"window_start": start, "window_end": start + HITCH_SOON}


class MismatchForm(forms.Form):
    plate_seen = Typed(PLATE, label=gettext_lazy("Which plate do you see? (if you can)"), required=False)


class OnlineForm(forms.Form):
    """A driver goes on duty: the line, and where they stand."""

    line = forms.ChoiceField(label=pgettext_lazy("booking", "Line"), widget=forms.RadioSelect)
    place = forms.CharField(
        label=gettext_lazy("Where you are"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"list": "places", "autocomplete": "off"}),
        help_text=gettext_lazy("Your phone's position is used where the page may know it."),
    )
    lat = forms.FloatField(required=False, min_value=-90, max_value=90, widget=forms.HiddenInput)
    lon = forms.FloatField(required=False, min_value=-180, max_value=180, widget=forms.HiddenInput)

    def __init__(self, *args: Any, city: City, lines: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.city = city
        line = self.fields["line"]
        assert isinstance(line, forms.ChoiceField)  # noqa: S101 - declared above
        line.choices = [(each.value, each.label) for each in Line if each in lines and each != Line.HITCH]
        line.initial = line.choices[0][0] if line.choices else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        cleaned["position"] = None
        if cleaned.get("lat") is not None and cleaned.get("lon") is not None:
            cleaned["position"] = (cleaned["lat"], cleaned["lon"])
        elif cleaned.get("place"):
            found = find_places(self.city, cleaned["place"])
            if found:
                cleaned["position"] = (found[0].latitude, found[0].longitude)
        if cleaned["position"] is None:
            self.add_error(
                "place", _("Where are you? Choose a place of the list, or let the page know your position.")
            )
        return cleaned
