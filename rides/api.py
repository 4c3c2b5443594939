"""Trips for native clients. Another's trip is 404; each side sees what its page shows and no more."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.access import check_door
from accounts.selectors import passenger_persona
from accounts.states import Role
from core.api import read
from core.errors import InvalidInput
from drivers.selectors import driver_of, visible_holds
from rides import selectors, services
from rides.models import Itinerary, Trip
from rides.positions import BATCH_LIMIT
from rides.services import Outcome, Place
from rides.states import CancelReason, Party, PlateCheck


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
        },
    }
    batch = {
        "type": "object",
        "required": ["crs", "pings"],
        "properties": {
            "crs": {"type": "string", "enum": ["WGS84"]},
            "pings": {"type": "array", "items": ping, "maxItems": BATCH_LIMIT},
            "away": {"type": "boolean", "default": False, "description": "The page goes to the background"},
        },
    }
    result["paths"]["/live/positions/"] = {
        "post": {
            "operationId": "live_positions_create",
            "description": "Positions in batches; all of a batch is taken or none.",
            "tags": ["live"],
            "security": [{"tripKey": []}],
            "requestBody": {"required": True, "content": {"application/json": {"schema": batch}}},
            "responses": {
                "202": {"description": "The stream has them."},
                "4XX": {"description": "Problem details"},
            },
        }
    }
    schemes = result.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes["tripKey"] = {"type": "http", "scheme": "bearer", "description": "`key` of the trip"}
    return result


class PlaceInput(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    lat = serializers.FloatField(min_value=-90, max_value=90)
    lon = serializers.FloatField(min_value=-180, max_value=180)


class WayInput(serializers.Serializer[Any]):
    city = serializers.SlugField()
    origin = PlaceInput()
    destination = PlaceInput()
    window_start = serializers.DateTimeField()
    window_end = serializers.DateTimeField()
    seats = serializers.IntegerField(min_value=1, max_value=4, default=1)
    client_key = serializers.CharField(max_length=64, help_text="The same key posts the same request once")


class ItineraryInput(WayInput):
    route = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2),
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


class RequestOutput(serializers.Serializer[Any]):
    """A request along the way, as a driver sees it."""

    code = serializers.CharField()
    passenger = serializers.SerializerMethodField()
    origin_name = serializers.CharField()
    destination_name = serializers.CharField()
    seats = serializers.IntegerField()

    def get_passenger(self, _trip: Trip) -> str:
        return passenger_persona().name


class CarOutput(serializers.Serializer[Any]):
    plate = serializers.CharField()
    model = serializers.CharField()
    colour = serializers.CharField()
    driver_name = serializers.CharField()


class TripOutput(serializers.Serializer[Any]):
    code = serializers.CharField()
    state = serializers.CharField()
    origin_name = serializers.CharField()
    destination_name = serializers.CharField()
    key = serializers.CharField(help_text="For /live/positions/ and SOS")
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


class PlatePhotoInput(serializers.Serializer[Any]):
    token = serializers.CharField(max_length=64)
    photo = serializers.ImageField()


class PlatePhotoOutput(serializers.Serializer[Any]):
    state = serializers.CharField(help_text="`same`, or `waiting` while a person looks")
    read = serializers.CharField()


class BoardInput(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=4)


class MismatchInput(serializers.Serializer[Any]):
    what = serializers.ChoiceField(choices=["car", "driver"])
    plate_seen = serializers.CharField(max_length=10, required=False, default="", allow_blank=True)


class CancelInput(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(
        choices=[reason.value for reason in CancelReason if reason != CancelReason.MISMATCH]
    )


def show_trip(trip: Trip, party: Party) -> dict[str, Any]:
    """A trip as one side may see it."""
    body: dict[str, Any] = {
        "code": trip.code,
        "state": trip.state,
        "origin_name": trip.origin_name,
        "destination_name": trip.destination_name,
        "key": selectors.position_key(trip, party),
    }
    if party == Party.DRIVER:
        return body | {"passenger": passenger_persona().name}
    card = selectors.driver_card(trip)
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


def _place(found: dict[str, Any]) -> Place:
    return Place(found["name"], found["lat"], found["lon"])


def _way(body: dict[str, Any]) -> dict[str, Any]:
    return body | {
        "city": selectors.city_by_code(body["city"]),
        "origin": _place(body["origin"]),
        "destination": _place(body["destination"]),
    }


def _answer(outcome: Outcome, party: Party) -> Response:
    if outcome.refusal:
        raise outcome.refusal
    return Response(show_trip(outcome.trip, party))


class TripsView(APIView):
    """My trips as a passenger; book one."""

    @extend_schema(responses=TripOutput(many=True))
    def get(self, request: Request) -> Response:
        account = check_door(request, Role.MEMBER)
        return Response([show_trip(trip, Party.PASSENGER) for trip in selectors.trips_as_passenger(account)])

    @extend_schema(request=WayInput, responses={201: TripOutput})
    def post(self, request: Request) -> Response:
        account = check_door(request, Role.MEMBER)
        trip = services.book_trip(passenger=account, **_way(read(WayInput, request)))
        return Response(show_trip(trip, Party.PASSENGER), status=201)


class TripView(APIView):
    """One of my trips, from my side."""

    @extend_schema(responses=TripOutput)
    def get(self, request: Request, code: str) -> Response:
        return Response(show_trip(*selectors.trip_of(check_door(request, Role.MEMBER), code)))


class ConfirmCarView(APIView):
    """'This is my car': afterwards the trip shows the boarding code."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_door(request, Role.MEMBER)
        return Response(show_trip(services.confirm_car(passenger=account, trip_code=code), Party.PASSENGER))


class MismatchView(APIView):
    """'Not this car' or 'not this driver': the trip stops before it begins."""

    @extend_schema(request=MismatchInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account, body = check_door(request, Role.MEMBER), read(MismatchInput, request)
        what = PlateCheck.OTHER_DRIVER if body["what"] == "driver" else PlateCheck.DIFFERS
        trip = services.report_mismatch(
            passenger=account, trip_code=code, what=what, plate_seen=body["plate_seen"]
        )
        return Response(show_trip(trip, Party.PASSENGER))


class CancelView(APIView):
    """Cancel before boarding; afterwards 409 `cannot_cancel_after_boarding`."""

    @extend_schema(request=CancelInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        account = check_door(request, Role.MEMBER)
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
        driver = driver_of(check_door(request, Role.MEMBER))
        return Response(ItineraryOutput(selectors.itineraries_of(driver), many=True).data)

    @extend_schema(request=ItineraryInput, responses={201: ItineraryOutput})
    def post(self, request: Request) -> Response:
        driver, body = driver_of(check_door(request, Role.MEMBER)), read(ItineraryInput, request)
        if "route" in body:
            body["route"] = [(lat, lon) for lat, lon in body["route"]]
        itinerary: Itinerary = services.offer_itinerary(driver=driver, **_way(body))
        return Response(ItineraryOutput(itinerary).data, status=201)


class RequestsView(APIView):
    """Requests along one of my ways."""

    @extend_schema(responses=RequestOutput(many=True))
    def get(self, request: Request, code: str) -> Response:
        driver = driver_of(check_door(request, Role.MEMBER))
        return Response(
            RequestOutput(selectors.requests_along(selectors.itinerary_of(driver, code)), many=True).data
        )


class AcceptView(APIView):
    """Accept a request (R5); each refusal has its own code."""

    @extend_schema(request=AcceptInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_door(request, Role.MEMBER))
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
        account = check_door(request, Role.MEMBER)
        driver = driver_of(account)
        selectors.trip_of(account, code)
        photo = request.FILES.get("photo")
        if photo is None:
            raise InvalidInput("photo")
        outcome = services.check_plate(
            driver=driver, trip_code=code, token=request.POST.get("token", ""), content=photo.read()
        )
        if outcome.refusal:
            raise outcome.refusal
        return Response(PlatePhotoOutput(outcome.photo).data, status=201)


class ArriveView(APIView):
    """I am at the pick-up."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_door(request, Role.MEMBER))
        return Response(show_trip(services.arrive(driver=driver, trip_code=code), Party.DRIVER))


class BoardView(APIView):
    """Enter the passenger's boarding code."""

    @extend_schema(request=BoardInput, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_door(request, Role.MEMBER))
        return _answer(
            services.board_trip(driver=driver, trip_code=code, **read(BoardInput, request)), Party.DRIVER
        )


class DepartView(APIView):
    """Set off."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_door(request, Role.MEMBER))
        return Response(show_trip(services.depart(driver=driver, trip_code=code), Party.DRIVER))


class EndView(APIView):
    """End the trip."""

    @extend_schema(request=None, responses=TripOutput)
    def post(self, request: Request, code: str) -> Response:
        driver = driver_of(check_door(request, Role.MEMBER))
        return Response(show_trip(services.end_trip(driver=driver, trip_code=code), Party.DRIVER))


class DriverView(APIView):
    """Me as a driver: my trips, and why orders stopped where they did."""

    @extend_schema(responses={200: dict})
    def get(self, request: Request) -> Response:
        driver = driver_of(check_door(request, Role.MEMBER))
        holds = [
            {"code": hold.code, "kind": hold.kind, "since": hold.opened_at} for hold in visible_holds(driver)
        ]
        trips = [show_trip(trip, Party.DRIVER) for trip in selectors.trips_as_driver(driver)]
        return Response({"state": driver.state, "holds": holds, "trips": trips})
