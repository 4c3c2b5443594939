"""Trips for native clients. Another's trip is 404; each side sees what its page shows and no more."""

from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.selectors import passenger_persona
from core import clock
from core.access import check_permission
from core.api import read
from core.errors import InvalidInput
from core.typed.fields import NAME, PHONE, PLATE, MomentInput, TypedInput, digits
from drivers.selectors import driver_of, visible_holds
from rides import fares, routing, selectors, services
from rides.coordinates import Crs
from rides.errors import NoLongerAvailable
from rides.forms import HITCH_SOON
from rides.models import Itinerary, Trip
from rides.positions import BATCH_LIMIT
from rides.selectors import Along
from rides.services import Journey, Outcome, Rider, named_place
from rides.services.own_places import LONGEST_LABEL
from rides.states import MAY_SAY, CancelReason, Line, OwnPlaceKind, Party, Phrase, PlateCheck, RiderKind

_TAKEN = {
    "type": "object",
    "required": ["accepted"],
    "properties": {
        "accepted": {"type": "integer"},
        "set_aside": {
            "type": "array",
            "description": "Positions that cannot be right, counted from 0; there is no need to send them again",
            "items": {
                "type": "object",
                "properties": {"number": {"type": "integer"}, "reason": {"type": "string"}},
            },
        },
    },
}


def describe_positions(result: dict[str, Any], **_given: Any) -> dict[str, Any]:
    """Schema hook: the call that the async lane answers stands beside the others."""
    number = {"type": "number"}
    ping = {
        "type": "object",
        "required": ["at", "lat", "lon"],
        "properties": {
            "at": number | {"description": "Unix time, seconds"},
            "lat": number | {"minimum": -90, "maximum": 90},
            "lon": number | {"minimum": -180, "maximum": 180},
            "accuracy": number
            | {
                "minimum": 0,
                "description": "Metres, as the phone says; coarse ones are shown and raise nothing",
            },
            "speed": number | {"minimum": 0, "description": "Metres per second, as the phone says"},
        },
    }
    batch = {
        "type": "object",
        "required": ["crs", "pings"],
        "properties": {
            "crs": {"type": "string", "enum": list(Crs)},
            "pings": {"type": "array", "items": ping, "maxItems": BATCH_LIMIT},
            "away": {"type": "boolean", "default": False, "description": "The page goes to the background"},
            "now": {
                "type": "number",
                "description": "The phone's own clock when it sends, Unix seconds: a clock that is wrong is put right by it",
            },
        },
    }
    result["paths"]["/live/positions/"] = {
        "post": {
            "operationId": "live_positions_create",
            "description": "Positions in batches. One that cannot be right is set aside and named; the others are taken.",
            "tags": ["live"],
            "security": [{"tripKey": []}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": batch}}},
            "responses": {
                "202": {
                    "description": "The stream has them.",
                    "content": {"application/json": {"schema": _TAKEN}},
                },
                "4XX": {"description": "Problem details"},
            },
        }
    }
    result["paths"]["/live/trips/"] = {
        "get": {
            "operationId": "live_trips_retrieve",
            "description": "Server-sent events: one whenever the trip of this key, or of your duty, has changed.",
            "tags": ["live"],
            "security": [{"tripKey": []}],
            "responses": {"200": {"description": "A stream", "content": {"text/event-stream": {}}}},
        }
    }
    schemes = result.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["tripKey"] = {"type": "http", "scheme": "bearer", "description": "`key` of the trip"}
    return result


class PlaceInput(serializers.Serializer[Any]):
    """A point in WGS-84; the platform names it by its own map."""

    lat = serializers.FloatField(min_value=-90, max_value=90)
    lon = serializers.FloatField(min_value=-180, max_value=180)


class EndsInput(serializers.Serializer[Any]):
    city = serializers.SlugField()
    origin = PlaceInput()
    destination = PlaceInput()
    seats = serializers.IntegerField(min_value=1, max_value=4, default=1)


class WayInput(EndsInput):
    window_start = MomentInput()
    window_end = MomentInput()
    client_key = serializers.CharField(max_length=64, help_text="The same key posts the same request once")


class RiderInput(serializers.Serializer[Any]):
    """Who travels, where it is somebody else (A6)."""

    kind = serializers.ChoiceField(choices=[RiderKind.OTHER.value, RiderKind.CHILD.value])
    name = TypedInput(NAME, max_length=40)
    phone = TypedInput(PHONE, required=False, default="", allow_blank=True)


class TripInput(EndsInput):
    """Hitch needs a window; the other lines leave at `window_start`, or at once without one."""

    line = serializers.ChoiceField(choices=Line.choices, default=Line.HITCH)
    window_start = MomentInput(required=False)
    window_end = MomentInput(required=False)
    rider = RiderInput(required=False)
    client_key = serializers.CharField(max_length=64, help_text="The same key posts the same request once")


class ItineraryInput(WayInput):
    detour_limit = serializers.IntegerField(
        required=False, min_value=0, max_value=10_000, help_text="Metres of detour that you take on"
    )
    route = serializers.ListField(
        child=serializers.ListField(
            child=serializers.FloatField(min_value=-180, max_value=180), min_length=2, max_length=2
        ),
        min_length=2,
        max_length=500,
        required=False,
        help_text="[lat, lon] points of the way that the client's router drew, WGS-84",
    )


class ItineraryOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    seats = serializers.IntegerField()
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    detour_limit = serializers.IntegerField()


class HitchRequestOutput(serializers.Serializer[Any]):
    """The request held out on a way, and why it is there: nothing about who asks."""

    code = serializers.CharField(source="trip.code")
    origin_name = serializers.CharField(source="trip.origin_name")
    destination_name = serializers.CharField(source="trip.destination_name")
    seats = serializers.IntegerField(source="trip.seats")
    detour_metres = serializers.SerializerMethodField()
    detour_minutes = serializers.IntegerField()
    overlap_percent = serializers.IntegerField()

    def get_detour_metres(self, along: Along) -> int:
        return round(along.candidate.detour_metres)


class PriceOutput(serializers.Serializer[Any]):
    line = serializers.CharField()
    fen = serializers.IntegerField()
    tariff = serializers.CharField()
    runs = serializers.BooleanField()


class EstimateOutput(serializers.Serializer[Any]):
    metres = serializers.IntegerField()
    seconds = serializers.IntegerField()
    drawn_by = serializers.CharField(
        help_text="`great_circle` is an estimate by straight line, `roads` one by main roads"
    )
    prices = PriceOutput(many=True)


class OfferOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    line = serializers.CharField(source="trip.line")
    origin_name = serializers.CharField(source="trip.origin_name")
    destination_name = serializers.CharField(source="trip.destination_name")
    pickup_seconds = serializers.IntegerField()
    expires_at = serializers.DateTimeField()


# The lines on which the dispatcher gives orders.
DISPATCHED = [line.value for line in Line if line != Line.HITCH]


class OnlineInput(serializers.Serializer[Any]):
    line = serializers.ChoiceField(choices=DISPATCHED)
    city = serializers.SlugField()
    lat = serializers.FloatField(min_value=-90, max_value=90)
    lon = serializers.FloatField(min_value=-180, max_value=180)


class OnlineOutput(serializers.Serializer[Any]):
    line = serializers.CharField()
    since = serializers.DateTimeField(source="began_at")
    key = serializers.SerializerMethodField(help_text="For /live/positions/ while you wait")

    def get_key(self, spell: Any) -> str:
        duty = selectors.duty_of(spell.driver)
        return selectors.duty_key(duty) if duty else ""


class StarsInput(serializers.Serializer[Any]):
    stars = serializers.IntegerField(min_value=1, max_value=5)


class ScoreInput(serializers.Serializer[Any]):
    least = serializers.IntegerField(min_value=0, max_value=50, help_text="Tenths; 0 is no wish")


class OwnPlaceInput(PlaceInput):
    kind = serializers.ChoiceField(choices=OwnPlaceKind.choices, help_text="`hidden` is suggested no more")
    called = serializers.CharField(
        max_length=LONGEST_LABEL, required=False, default="", allow_blank=True, help_text="Of `named`"
    )


class OwnPlaceOutput(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Empty where it is of one's trips and not kept")
    kind = serializers.CharField(help_text="`home`, `work`, `named`, `recent` or `hidden`")
    title = serializers.CharField(help_text="How the person calls it")
    name = serializers.CharField(source="names")
    lat = serializers.FloatField(source="latitude")
    lon = serializers.FloatField(source="longitude")


class NeverAgainOutput(serializers.Serializer[Any]):
    trip = serializers.CharField(source="trip.code")
    until = serializers.DateTimeField()


class PhraseInput(serializers.Serializer[Any]):
    phrase = serializers.ChoiceField(choices=Phrase.choices)


class MessageOutput(serializers.Serializer[Any]):
    party = serializers.CharField()
    phrase = serializers.CharField()
    at = serializers.DateTimeField()


class RelayOutput(serializers.Serializer[Any]):
    number = serializers.CharField()


class OtherLineInput(serializers.Serializer[Any]):
    line = serializers.ChoiceField(choices=DISPATCHED)


class ScoreOutput(serializers.Serializer[Any]):
    average = serializers.FloatField(allow_null=True)
    count = serializers.IntegerField()


class CarOutput(serializers.Serializer[Any]):
    plate = serializers.CharField()
    model = serializers.CharField()
    colour = serializers.CharField()
    driver_name = serializers.CharField()


class TripOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    state = serializers.CharField()
    line = serializers.CharField()
    origin_name = serializers.CharField()
    destination_name = serializers.CharField()
    fare_estimate = serializers.IntegerField(help_text="fen")
    fare = serializers.IntegerField(help_text="fen", allow_null=True)
    reminder = serializers.BooleanField(help_text="A safety reminder waits to be read")
    score = ScoreOutput(allow_null=True, help_text="Of the other side")
    key = serializers.CharField(help_text="For /live/positions/, /live/trips/ and SOS")
    car = CarOutput(allow_null=True, required=False)
    boarding_code = serializers.CharField(required=False)
    passenger = serializers.CharField(required=False)


class AcceptInput(serializers.Serializer[Any]):
    itinerary = serializers.CharField(max_length=20)
    face_token = serializers.CharField(
        max_length=64,
        required=False,
        default="",
        allow_blank=True,
        help_text="Of a passed face check for this order",
    )


class DeclineInput(serializers.Serializer[Any]):
    itinerary = serializers.CharField(max_length=20)


class ChooseInput(serializers.Serializer[Any]):
    way = serializers.CharField(max_length=20)


class OwnerOutput(serializers.Serializer[Any]):
    """A hitch owner to choose: how many trips, how long with us, score. No name, no photo, no car."""

    way = serializers.CharField(help_text="To choose this owner by")
    trips = serializers.IntegerField()
    months = serializers.IntegerField(help_text="Since the owner was vetted")
    score = ScoreOutput()
    pickup_at = serializers.DateTimeField(help_text="About")


class PlatePhotoInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=64)
    photo = serializers.FileField()


class PlatePhotoOutput(serializers.Serializer[Any]):
    state = serializers.CharField(
        help_text="`same`; `waiting` while a person looks; `unplaced` the same, where the phone did not say where it is"
    )
    read = serializers.CharField()


class BoardInput(serializers.Serializer[Any]):
    code = TypedInput(digits(4))


class MismatchInput(serializers.Serializer[Any]):
    what = serializers.ChoiceField(choices=["car", "driver"])
    plate_seen = TypedInput(PLATE, required=False, default="", allow_blank=True)


class CancelInput(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=sorted(reason.value for reason in MAY_SAY))


class MendRiderInput(serializers.Serializer[Any]):
    rider_phone = TypedInput(PHONE)


def show_trip(trip: Trip, party: Party) -> dict[str, Any]:
    """A trip as one side may see it."""
    reminder = None if trip.is_over else selectors.reminder_of(trip, party)
    body: dict[str, Any] = {
        "code": trip.code,
        "state": trip.state,
        "line": trip.line,
        "origin_name": trip.origin_name,
        "destination_name": trip.destination_name,
        "fare_estimate": trip.fare_estimate,
        "fare": trip.fare,
        "reminder": bool(reminder and reminder.acknowledged_at is None),
        "key": selectors.key_for_account(trip, party),
    }
    if party == Party.DRIVER:
        score = None if trip.is_over else ScoreOutput(selectors.score_of(trip.passenger)).data
        return body | {"passenger": passenger_persona().name, "score": score}
    card = selectors.driver_card(trip)
    body["score"] = (
        ScoreOutput(selectors.score_of(trip.driver.account)).data if card and trip.driver else None
    )
    body["car"] = (
        {
            "plate": card.car.plate,
            "model": card.car.model,
            "colour": card.car.colour,
            "driver_name": card.name,
        }
        if card
        else None
    )
    if trip.plate_check == PlateCheck.SAME:
        body["boarding_code"] = trip.boarding_code
    return body


def _journey(body: dict[str, Any], start: datetime, end: datetime) -> Journey:
    city = selectors.city_by_code(body["city"])
    origin, destination = ((body[end_]["lat"], body[end_]["lon"]) for end_ in ("origin", "destination"))
    return Journey(city, named_place(city, origin), named_place(city, destination), start, end)


def _answer(outcome: Outcome, party: Party) -> Response:
    if outcome.refusal:
        raise outcome.refusal
    return Response(show_trip(outcome.trip, party))


class TripsView(APIView):
    """My trips as a passenger; book one."""

    @extend_schema(responses=TripOutput(many=True))
    def get(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        return Response([show_trip(trip, Party.PASSENGER) for trip in selectors.trips_as_passenger(account)])

    @extend_schema(request=TripInput, responses={201: TripOutput})
    def post(self, request: Request) -> Response:
        account, body = check_permission(request, "ride"), read(TripInput, request)
        start = body.get("window_start") or clock.now()
        line, rider = Line(body["line"]), body.get("rider")
        end = body.get("window_end") or (start + HITCH_SOON if line == Line.HITCH else start)
        trip = services.book_trip(
            passenger=account,
            journey=_journey(body, start, end),
            seats=body["seats"],
            client_key=body["client_key"],
            line=line,
            rider=Rider(RiderKind(rider["kind"]), rider["name"], rider["phone"]) if rider else None,
        )
        return Response(show_trip(trip, Party.PASSENGER), status=201)


class EstimateView(APIView):
    """What a way costs on each line, before anybody decides."""

    @extend_schema(request=EndsInput, responses=EstimateOutput)
    def post(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        body = read(EndsInput, request)
        journey = _journey(body, clock.now(), clock.now())
        way = routing.route([journey.origin.point, journey.destination.point])
        running = selectors.lines_of(journey.city, clock.now(), account)
        prices = []
        for line in Line:
            fare = fares.estimate(line, way.metres, way.seconds, seats=body["seats"])
            prices.append({"line": line, "fen": fare.fen, "tariff": fare.citation, "runs": running[line]})
        found = {
            "metres": round(way.metres),
            "seconds": round(way.seconds),
            "drawn_by": way.source,
            "prices": prices,
        }
        return Response(EstimateOutput(found).data)


class TripView(APIView):
    """One of my trips, from my side."""

    @extend_schema(responses=TripOutput)
    def get(self, request: Request, code: str) -> Response:
        return Response(show_trip(*selectors.trip_of(check_permission(request, "ride"), code)))


class ConfirmCarView(APIView):
    """'This is my car': afterwards the trip shows the boarding code."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        return Response(show_trip(services.confirm_car(passenger=account, trip_code=code), Party.PASSENGER))


class MismatchView(APIView):
    """'Not this car' or 'not this driver': the trip stops before it begins."""

    @extend_schema(request=MismatchInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account, body = check_permission(request, "ride"), read(MismatchInput, request)
        what = PlateCheck.OTHER_DRIVER if body["what"] == "driver" else PlateCheck.DIFFERS
        trip = services.report_mismatch(
            passenger=account, trip_code=code, what=what, plate_seen=body["plate_seen"]
        )
        return Response(show_trip(trip, Party.PASSENGER))


class AgainView(APIView):
    """After 'not this car': another ride on the same way, asked for once."""

    @extend_schema(request=None, responses={201: TripOutput})
    def post(self, request: Request, code: str) -> Response:
        trip = services.ask_again(passenger=check_permission(request, "ride"), trip_code=code)
        return Response(show_trip(trip, Party.PASSENGER), status=201)


class MendRiderView(APIView):
    """Put the number of who travels right, before boarding: the answer is the ride that is booked anew for it."""

    @extend_schema(request=MendRiderInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        phone = read(MendRiderInput, request)["rider_phone"]
        return _answer(
            Outcome(services.mend_rider(passenger=account, trip_code=code, phone=phone)), Party.PASSENGER
        )


class CancelView(APIView):
    """Cancel before boarding; afterwards 409 `cannot_cancel_after_boarding`."""

    @extend_schema(request=CancelInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        _trip, party = selectors.trip_of(account, code)
        return _answer(
            services.cancel_trip(
                account=account, trip_code=code, reason=CancelReason(read(CancelInput, request)["reason"])
            ),
            party,
        )


class ItinerariesView(APIView):
    """My ways as a hitch owner; offer one."""

    @extend_schema(responses=ItineraryOutput(many=True))
    def get(self, request: Request) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        return Response(ItineraryOutput(selectors.itineraries_of(driver), many=True).data)

    @extend_schema(request=ItineraryInput, responses={201: ItineraryOutput})
    def post(self, request: Request) -> Response:
        driver, body = driver_of(check_permission(request, "ride")), read(ItineraryInput, request)
        route = [(lat, lon) for lat, lon in body["route"]] if "route" in body else None
        if route and not all(-90 <= lat <= 90 and -180 <= lon <= 180 for lat, lon in route):
            raise InvalidInput("route")
        itinerary: Itinerary = services.offer_itinerary(
            driver=driver,
            journey=_journey(body, body["window_start"], body["window_end"]),
            seats=body["seats"],
            client_key=body["client_key"],
            route=route,
            detour_limit=body.get("detour_limit"),
        )
        return Response(ItineraryOutput(itinerary).data, status=201)


class ItineraryView(APIView):
    """One of my ways: close it for further passengers."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, code: str) -> Response:
        services.close_itinerary(driver=driver_of(check_permission(request, "ride")), code=code)
        return Response(status=204)


class RequestView(APIView):
    """The one request that is held out to me on this way now, or nothing: an owner does not choose among passengers."""

    @extend_schema(responses={200: HitchRequestOutput, 204: None})
    def get(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        way = selectors.itinerary_of(driver, code)
        try:
            return Response(HitchRequestOutput(selectors.proposal_on(way)).data)
        except NoLongerAvailable:
            return Response(status=204)


class DeclineView(APIView):
    """Leave the request held out to me to others. Counted: after the day's limit no further one comes that day."""

    @extend_schema(request=DeclineInput, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        body = read(DeclineInput, request)
        services.decline_request(driver=driver, trip_code=code, itinerary_code=body["itinerary"])
        return Response(status=204)


class OwnersView(APIView):
    """The owners among whom I may choose while my hitch request waits, where policy lets passengers choose."""

    @extend_schema(responses=OwnerOutput(many=True))
    def get(self, request: Request, code: str) -> Response:
        trip, party = selectors.trip_of(check_permission(request, "ride"), code)
        owners = selectors.owners_for(trip) if party == Party.PASSENGER else []
        return Response(OwnerOutput(owners, many=True).data)

    @extend_schema(request=ChooseInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account, body = check_permission(request, "ride"), read(ChooseInput, request)
        trip = services.choose_owner(passenger=account, trip_code=code, way_code=body["way"])
        return Response(show_trip(trip, Party.PASSENGER))


class OnlineView(APIView):
    """Go on duty on a line with a daily check, and off."""

    @extend_schema(request=OnlineInput, responses={201: OnlineOutput})
    def post(self, request: Request) -> Response:
        driver, body = driver_of(check_permission(request, "ride")), read(OnlineInput, request)
        spell = services.go_on_duty(
            driver=driver,
            line=Line(body["line"]),
            city=selectors.city_by_code(body["city"]),
            position=(body["lat"], body["lon"]),
        )
        return Response(OnlineOutput(spell).data, status=201)

    @extend_schema(responses={204: None})
    def delete(self, request: Request) -> Response:
        services.go_off_duty(driver=driver_of(check_permission(request, "ride")))
        return Response(status=204)


class OfferView(APIView):
    """The order that the dispatcher holds out to me now, or nothing."""

    @extend_schema(responses={200: OfferOutput, 204: None})
    def get(self, request: Request) -> Response:
        offer = selectors.offer_to(driver_of(check_permission(request, "ride")))
        return Response(OfferOutput(offer).data) if offer else Response(status=204)


class AcceptOfferView(APIView):
    """Take the order."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        return _answer(services.accept_offer(driver=driver, code=code), Party.DRIVER)


class DeclineOfferView(APIView):
    """Leave the order to the next driver."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        services.decline_offer(driver=driver_of(check_permission(request, "ride")), code=code)
        return Response(status=204)


class RatingView(APIView):
    """A number from 1 to 5 for the other side of an ended trip; there is no field for words (R8)."""

    @extend_schema(request=StarsInput, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        services.rate_trip(account=account, trip_code=code, stars=read(StarsInput, request)["stars"])
        return Response(status=204)


class NeverAgainView(APIView):
    """Do not bring me together with the other side of this trip again, on any line; they are not told (R15)."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        services.never_again(account=check_permission(request, "ride"), trip_code=code)
        return Response(status=204)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, code: str) -> Response:
        services.undo_never_again(account=check_permission(request, "ride"), trip_code=code)
        return Response(status=204)


class NeverAgainsView(APIView):
    """Those with whom I am not brought together again, by the trip after which I said so."""

    @extend_schema(responses=NeverAgainOutput(many=True))
    def get(self, request: Request) -> Response:
        rows = selectors.never_again_of(check_permission(request, "ride"))
        return Response(NeverAgainOutput(rows, many=True).data)


class ScoreView(APIView):
    """My own score, and the least score of others that I ride with."""

    @extend_schema(responses=ScoreOutput)
    def get(self, request: Request) -> Response:
        return Response(ScoreOutput(selectors.score_of(check_permission(request, "ride"))).data)

    @extend_schema(request=ScoreInput, responses={204: None})
    def put(self, request: Request) -> Response:
        account = check_permission(request, "ride")
        services.wish_least_score(account=account, tenths=read(ScoreInput, request)["least"])
        return Response(status=204)


class OwnPlacesView(APIView):
    """What I keep for my bookings in a city, and where my trips went lately; keep one more. Nobody else reads them."""

    @extend_schema(responses=OwnPlaceOutput(many=True))
    def get(self, request: Request, city_code: str) -> Response:
        account = check_permission(request, "ride")
        city = selectors.city_by_code(city_code)
        rows = [*selectors.suggested_places(account, city), *selectors.hidden_places(account, city)]
        return Response(OwnPlaceOutput(rows, many=True).data)

    @extend_schema(request=OwnPlaceInput, responses={204: None})
    def post(self, request: Request, city_code: str) -> Response:
        account, body = check_permission(request, "ride"), read(OwnPlaceInput, request)
        services.keep_place(
            account=account,
            city=selectors.city_by_code(city_code),
            kind=OwnPlaceKind(body["kind"]),
            point=(body["lat"], body["lon"]),
            label=body["called"],
        )
        return Response(status=204)


class OwnPlaceView(APIView):
    """Keep it no more, or hide it no more."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, code: str) -> Response:
        services.remove_place(account=check_permission(request, "ride"), code=code)
        return Response(status=204)


class MessagesView(APIView):
    """Phrases of this trip; say one of the list (A4)."""

    @extend_schema(responses=MessageOutput(many=True))
    def get(self, request: Request, code: str) -> Response:
        trip, _party = selectors.trip_of(check_permission(request, "ride"), code)
        return Response(MessageOutput(selectors.messages_of(trip), many=True).data)

    @extend_schema(request=PhraseInput, responses={201: MessageOutput})
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        row = services.say(
            account=account, trip_code=code, phrase=Phrase(read(PhraseInput, request)["phrase"])
        )
        return Response(MessageOutput(row).data, status=201)


class RelayView(APIView):
    """The number that reaches the other side while the trip lasts."""

    @extend_schema(request=None, responses=RelayOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        return Response({"number": services.relay_number(account=account, trip_code=code)})


class ReminderView(APIView):
    """'I have read the safety reminder' (R4)."""

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request, code: str) -> Response:
        services.acknowledge_reminder(account=check_permission(request, "ride"), trip_code=code)
        return Response(status=204)


class OtherLineView(APIView):
    """After a pick-up slipped into the night: the same way on another line (R4)."""

    @extend_schema(request=OtherLineInput, responses={201: TripOutput})
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        line = Line(read(OtherLineInput, request)["line"])
        trip = services.go_on_with_other_line(passenger=account, trip_code=code, line=line)
        return Response(show_trip(trip, Party.PASSENGER), status=201)


class AcceptView(APIView):
    """Accept a request (R5); each refusal has its own code."""

    @extend_schema(request=AcceptInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        body = read(AcceptInput, request)
        outcome = services.accept_trip(
            driver=driver, trip_code=code, itinerary_code=body["itinerary"], face_token=body["face_token"]
        )
        return _answer(outcome, Party.DRIVER)


class PlatePhotoView(APIView):
    """The live photo of car and plate before the pick-up, with the token of its face check (D11)."""

    parser_classes = [MultiPartParser]

    @extend_schema(request={"multipart/form-data": PlatePhotoInput}, responses=PlatePhotoOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_permission(request, "ride")
        driver = driver_of(account)
        selectors.trip_of(account, code)
        photo = request.FILES.get("photo")
        if photo is None:
            raise InvalidInput("photo")
        outcome = services.check_plate(
            driver=driver, trip_code=code, token=request.POST.get("token", ""), content=photo
        )
        if outcome.refusal:
            raise outcome.refusal
        return Response(PlatePhotoOutput(outcome.photo).data, status=201)


class ArriveView(APIView):
    """I am at the pick-up."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        return Response(show_trip(services.arrive(driver=driver, trip_code=code), Party.DRIVER))


class BoardView(APIView):
    """Enter the passenger's boarding code."""

    @extend_schema(request=BoardInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        return _answer(
            services.board_trip(driver=driver, trip_code=code, **read(BoardInput, request)), Party.DRIVER
        )


class DepartView(APIView):
    """Set off."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        return Response(show_trip(services.depart(driver=driver, trip_code=code), Party.DRIVER))


class EndView(APIView):
    """End the trip."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        return Response(show_trip(services.end_trip(driver=driver, trip_code=code), Party.DRIVER))


class DriverView(APIView):
    """Me as a driver: my trips, and why orders stopped where they did."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        driver = driver_of(check_permission(request, "ride"))
        holds = [{"code": hold.code, "kind": hold.kind} for hold in visible_holds(driver)]
        trips = [show_trip(trip, Party.DRIVER) for trip in selectors.trips_as_driver(driver)]
        return Response({"state": driver.state, "holds": holds, "trips": trips})
