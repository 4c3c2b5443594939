"""Ratings (R8): a number from 1 to 5 and nothing else, anywhere; and the least score that somebody wishes for."""

import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, models, transaction
from rest_framework import serializers

from core.errors import InvalidInput, NotFound
from core.privacy import EncryptedTextField
from core.states import StaleState
from drivers.selectors import driver_of
from drivers.tests.factories import face_token
from rides import api, forms, selectors, services
from rides.models import Rating, Score
from rides.states import Party

# Text that stands in rides' tables, each with what it is. Whoever adds one says here why it is not words of one person
# about another.
NOT_WORDS = {
    "City": {"code", "name_zh", "name_en"},
    "KnownPlace": {"name_zh", "name_en"},
    "LineInCity": {"line", "state", "permit_number", "passage"},
    "LineSuspension": {"code", "line", "reason", "state", "proposed_by", "agreed_by", "passage"},  # staff's reason
    "Itinerary": {"code", "origin_name", "destination_name", "route_source", "client_key"},
    "Trip": {
        "code", "line", "client_key", "state", "origin_name", "destination_name", "route_source", "boarding_code",
        "plate_registered", "plate_to_avoid", "plate_seen", "plate_check", "cancelled_by", "cancel_reason", "tariff", "rider_kind",
        "rider_name", "rider_phone", "rider_phone_index",
    },
    "LatestPosition": {"party"},
    "TrailMinute": {"party"},
    "DriverOnDuty": {"line", "cell"},
    "Offer": {"code", "state"},
    "LostRequest": set(),
    "NeverAgain": {"party"},
    "Proposal": {"state", "citation"},
    "Rating": {"party"},
    "Score": set(),
    "Message": {"party", "phrase"},  # of a fixed list, held by a constraint
    "RelayNumber": {"number", "key"},
    "Reminder": {"party", "called_by", "outcome"},
    "LatePickup": {"code", "taken_by", "closed_by", "outcome"},
    "Payment": {"code", "state"},
    "OwnPlace": {"code", "kind", "called", "names", "coordinates"},  # read by nobody but who keeps it
}  # fmt: skip
# Fields that a passenger or driver may send as text, in forms and in the API.
SENT = {
    "origin", "destination", "client_key", "rider_name", "rider_phone", "plate_seen", "code", "place", "name", "phone",
    "itinerary", "way", "face_token", "token", "city",
    "label", "called",  # how somebody calls a place of their own, for themselves alone
}  # fmt: skip


def test_no_table_of_rides_has_a_column_for_words_or_tags():
    text = (models.CharField, models.TextField, models.JSONField, EncryptedTextField)
    for model in apps.get_app_config("rides").get_models():
        found = {
            field.name for field in model._meta.get_fields() if isinstance(field, text) and field.concrete
        } - {"route", "planned_route"}
        assert found == NOT_WORDS[model.__name__], model.__name__


def test_no_form_and_no_serializer_of_rides_takes_words_or_tags():
    for form in vars(forms).values():
        if isinstance(form, type) and issubclass(form, forms.forms.Form):
            for name, field in form.base_fields.items():
                free = type(field) is forms.forms.CharField
                assert not free or name in SENT, (form, name)
    for serializer in vars(api).values():
        if not (isinstance(serializer, type) and issubclass(serializer, serializers.Serializer)):
            continue
        if serializer.__name__.endswith("Input"):
            for name, field in serializer().fields.items():
                free = isinstance(field, serializers.CharField) and not isinstance(
                    field, serializers.ChoiceField
                )
                assert not free or name in SENT, (serializer, name)


def test_places_are_named_by_the_map_and_carry_no_message(rides, people, signed_in):
    """A name that somebody sends is not kept: it would be words to the other side."""
    body = {
        "city": "wenzhou",
        "origin": {"name": "call me 138 0000 0001", "lat": 28.2127, "lon": 121.0260},
        "destination": {"name": "pretty girl", "lat": 28.1535, "lon": 120.6905},
        "client_key": "k",
    }
    answer = signed_in("passenger").post("/api/v1/trips/", body, content_type="application/json")
    assert answer.status_code == 201
    assert (answer.json()["origin_name"], answer.json()["destination_name"]) == (
        "虹桥镇 Hongqiao",
        "上塘 Shangtang",
    )


def test_each_side_rates_once_and_the_first_number_stays(rides, people):
    trip = rides.ended()
    services.rate_trip(account=people("passenger"), trip_code=trip.code, stars=5)
    services.rate_trip(account=people("passenger"), trip_code=trip.code, stars=1)
    services.rate_trip(account=people("driver"), trip_code=trip.code, stars=4)
    assert {row.party: row.stars for row in Rating.objects.all()} == {"passenger": 5, "driver": 4}
    score = Score.objects.get(account=people("driver"))
    assert (score.stars, score.count) == (5, 1)


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_only_one_to_five(rides, people, stars):
    trip = rides.ended()
    with pytest.raises(InvalidInput):
        services.rate_trip(account=people("passenger"), trip_code=trip.code, stars=stars)
    with pytest.raises(IntegrityError), transaction.atomic():
        Rating.objects.create(trip=trip, party=Party.PASSENGER, stars=max(stars, 0) or 9, at=trip.ended_at)


def test_only_ended_trips_of_ones_own_and_in_time(rides, people, noon):
    trip = rides.under_way()
    with pytest.raises(StaleState):
        services.rate_trip(account=people("passenger"), trip_code=trip.code, stars=5)
    services.end_trip(driver=driver_of(people("driver")), trip_code=trip.code)
    with pytest.raises(NotFound):
        services.rate_trip(account=people("passenger2"), trip_code=trip.code, stars=5)
    noon.shift(timedelta(days=8))
    with pytest.raises(StaleState):
        services.rate_trip(account=people("passenger"), trip_code=trip.code, stars=5)


def test_a_number_is_shown_with_its_count_and_not_before_there_are_enough(people):
    Score.objects.create(account=people("driver"), stars=19, count=4)
    assert selectors.score_of(people("driver")) == selectors.ScoreShown(None, 4)
    Score.objects.filter(account=people("driver")).update(stars=24, count=5)
    assert selectors.score_of(people("driver")) == selectors.ScoreShown(4.8, 5)


def test_a_wish_for_a_score_holds_on_both_sides(rides, people, signed_in):
    way, trip = rides.itinerary(), rides.booked()
    driver = driver_of(people("driver"))
    Score.objects.create(account=people("driver"), stars=20, count=5)
    assert selectors.requests_along(selectors.itinerary_of(driver, way))
    signed_in("passenger").post("/book/score/", {"least": "45"})
    assert not selectors.requests_along(selectors.itinerary_of(driver, way))
    outcome = services.accept_trip(
        driver=driver, trip_code=trip.code, itinerary_code=way, face_token=face_token(driver, trip.code)
    )
    assert outcome.refusal.code == "score_too_low"
    services.wish_least_score(account=people("passenger"), tenths=40)
    assert selectors.requests_along(selectors.itinerary_of(driver, way))


def test_each_wish_for_a_score_is_said_as_it_is_kept(rides, signed_in):
    page = signed_in("passenger").get("/").content.decode()
    wishes = page.split('name="least"')[1].split("</select>")[0]
    said = {int(value): text.strip() for value, text in re.findall(r'value="(\d+)"[^>]*>([^<]*)<', wishes)}
    assert {tenths: text for tenths, text in said.items() if tenths} == {
        10: "1.0", 15: "1.5", 20: "2.0", 25: "2.5", 30: "3.0", 35: "3.5", 40: "4.0", 45: "4.5", 50: "5.0",
    }  # fmt: skip


def test_bad_numbers_over_http(rides, people, signed_in):
    trip = rides.ended()
    client = signed_in("passenger")
    for bad in ("", "x", "9", "-1", "99999999999"):
        assert client.post(f"/trips/{trip.code}/rate/", {"stars": bad}).status_code == 400
        assert client.post("/book/score/", {"least": bad}).status_code == 400
    assert not Rating.objects.exists()
