"""Places that somebody keeps for their own bookings (N6): first among what is suggested, and nobody else's to see."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from core import clock, policy
from core.errors import InvalidInput, NotFound
from core.retention import RECORDS_KEPT, rules
from rides import selectors
from rides.errors import TooManyOwnPlaces
from rides.models import City, OwnPlace
from rides.own_data import own_place_rows, rides_end
from rides.services import keep_place, own_places, remove_place
from rides.states import OwnPlaceKind

PAGE = "/book/places/mine/"
HOME, OFFICE = (28.2127, 121.0260), (27.9231, 120.7021)
ORDER = {"line": "express", "when": "now", "seats": 1, "rider_kind": "self", "client_key": "k" * 20}


@pytest.fixture
def wenzhou(world):
    return City.objects.get(code="wenzhou")


@pytest.fixture
def keep(people, wenzhou):
    def kept(kind, point=HOME, label="", who="passenger"):
        return keep_place(
            account=people(who), city=wenzhou, kind=OwnPlaceKind(kind), point=point, label=label
        )

    return kept


def places(client, **said):
    return client.post("/book/places/", {"city": "wenzhou"} | said).content.decode()


def test_home_work_and_own_names_come_first(rides, keep, signed_in):
    rides.booked()
    keep("named", (28.05, 120.65), "妈妈家")
    keep("work", OFFICE)
    keep("home")
    shown = places(signed_in("passenger"), place="")
    order = [shown.index(words) for words in ("Home", "Work", "妈妈家", "went before")]
    assert order == sorted(order)
    assert "Wenzhou University" in shown


@pytest.mark.parametrize("words", ["home", "Home", "家", "mamajia", "妈妈", "mmj"])
def test_they_are_found_by_what_one_types(keep, signed_in, words):
    keep("home")
    keep("named", OFFICE, "妈妈家")
    assert "data-name" in places(signed_in("passenger"), place=words)
    assert 'class="home"' not in places(signed_in("passenger2"), place=words)
    assert 'class="named"' not in places(signed_in("passenger2"), place=words)


def test_an_own_name_that_a_place_of_the_map_has_too_is_chosen_by_hand(keep, signed_in):
    keep("named", OFFICE, "虹桥镇")
    shown = places(signed_in("passenger"), place="虹桥镇")
    assert "Wenzhou University" in shown
    assert "Hongqiao" in shown
    assert "data-exact" not in shown


def test_one_books_by_an_own_name_without_scripts_and_the_driver_reads_the_map(keep, signed_in):
    keep("named", OFFICE, "妈妈家")
    client = signed_in("passenger")
    answer = client.post("/", ORDER | {"city": "wenzhou", "origin": "虹桥镇", "destination": "妈妈家"})
    assert answer.status_code == 302
    trip = selectors.trip_by_code(answer["Location"].strip("/").split("/")[-1])
    assert trip.destination_name == "温州大学 Wenzhou University"
    other = signed_in("passenger2")
    answer = other.post("/", ORDER | {"city": "wenzhou", "origin": "虹桥镇", "destination": "妈妈家"})
    assert answer.status_code == 400


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_one_tap_on_the_first_page_fills_the_end(keep, signed_in, language):
    row = keep("work", OFFICE)
    client = signed_in("passenger")
    page = client.get("/", {"city": "wenzhou"}, headers={"accept-language": language}).content.decode()
    assert f"to={row.code}" in page
    filled = client.get("/", {"city": "wenzhou", "to": row.code}).content.decode()
    assert 'name="destination_lat" value="27.9231"' in filled
    for who, code in (("passenger2", row.code), ("passenger", "H-0000000000"), ("passenger", "x" * 500)):
        page = signed_in(who).get("/", {"city": "wenzhou", "to": code}).content.decode()
        assert 'name="destination_lat" value=' not in page


def test_what_is_kept_again_takes_the_place_of_what_was(keep):
    first, second = keep("home"), keep("home", OFFICE)
    assert (first.pk, second.point) == (second.pk, OFFICE)
    keep("named", HOME, "Mum")
    keep("named", OFFICE, "mum")
    assert OwnPlace.objects.count() == 2


def test_a_page_keeps_and_removes_and_nobody_removes_anothers(keep, people, signed_in, wenzhou):
    client = signed_in("passenger")
    kept = client.post(PAGE, {"city": "wenzhou", "place": "上塘", "kind": "named", "label": " 外婆 "})
    assert kept.status_code == 302
    row = OwnPlace.objects.get()
    assert (row.called, row.names) == ("外婆", "上塘 Shangtang")
    assert "外婆" in client.get(kept["Location"]).content.decode()
    assert "外婆" not in signed_in("passenger2").get(PAGE).content.decode()
    assert signed_in("passenger2").post(f"{PAGE}{row.code}/remove/").status_code == 404
    assert client.post(f"{PAGE}{row.code}/remove/").status_code == 302
    assert not OwnPlace.objects.exists()
    with pytest.raises(NotFound):
        remove_place(account=people("passenger"), code=row.code)


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": "nowhere"}, {"kind": "?"}, {"kind": ""}, {"kind": "named", "label": " \u200b "}, {"label": "x" * 21},
        {"place_lat": "1", "place_lon": "1"}, {"place_lat": "nan", "place_lon": "120"}, {"place": ""},
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_said(signed_in, world, wrong):
    body = {"city": "wenzhou", "place": "上塘", "kind": "home"} | wrong
    assert signed_in("passenger").post(PAGE, body).status_code == 400
    assert not OwnPlace.objects.exists()


def test_a_point_that_is_no_number_is_refused(keep):
    with pytest.raises(InvalidInput):
        keep("home", (float("nan"), 120.0))


def test_what_one_wishes_to_see_no_more_is_suggested_no_more(rides, keep, people, signed_in, wenzhou):
    rides.booked()
    client = signed_in("passenger")
    assert "Shangtang" in places(client, place="")
    row = keep("hidden", (28.1535, 120.6905))
    assert "Shangtang" not in places(client, place="")
    assert keep("hidden", (28.1535, 120.6905)).pk == row.pk
    assert "Suggest it again" in client.get(PAGE).content.decode()
    keep("home", (28.1535, 120.6905))  # whoever keeps it wishes to see it
    assert OwnPlace.objects.get().kind == OwnPlaceKind.HOME


def test_what_is_hidden_is_listed_only_while_a_trip_would_bring_it_back(
    rides, keep, people, signed_in, wenzhou
):
    """Whoever holds her phone reads nothing there that her trips do not say."""
    keep("hidden", (28.05, 120.65))
    client = signed_in("passenger")
    address = "/api/v1/me/cities/wenzhou/places/"
    assert selectors.hidden_places(people("passenger"), wenzhou) == []
    assert "Suggest it again" not in client.get(PAGE).content.decode()
    assert client.get(address).json() == []
    rides.booked()
    row = keep("hidden", (28.1535, 120.6905))
    assert [each.code for each in selectors.hidden_places(people("passenger"), wenzhou)] == [row.code]
    page = client.get(PAGE).content.decode()
    assert page.count("Suggest it again") == 1
    assert "still stands in your trips" in page
    assert "1098 days" in page


def test_what_is_hidden_goes_with_the_trips_and_what_is_kept_stays(keep):
    keep("hidden", OFFICE)
    keep("home")
    OwnPlace.objects.update(kept_at=clock.now() - policy.span(RECORDS_KEPT) - timedelta(minutes=1))
    keep("hidden", (28.05, 120.65))
    rules()["rides.OwnPlace"].job.run(at=clock.now())
    assert sorted((row.kind, row.point) for row in OwnPlace.objects.all()) == [
        ("hidden", (28.05, 120.65)),
        ("home", HOME),
    ]


def test_there_is_an_end_to_what_is_kept(keep, monkeypatch):
    monkeypatch.setattr(own_places, "MAX_OWN_PLACES", 2)
    monkeypatch.setattr(own_places, "MAX_HIDDEN", 2)
    keep("home")
    keep("named", OFFICE, "a")
    with pytest.raises(TooManyOwnPlaces):
        keep("named", OFFICE, "b")
    keep("named", HOME, "a")
    points = [(28.0 + each / 100, 120.7) for each in range(4)]
    for point in points:
        keep("hidden", point)
    hidden = OwnPlace.objects.filter(kind="hidden").order_by("pk")
    assert [row.point for row in hidden] == points[2:]


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_home(world, people, wenzhou):
    account = people("passenger")

    def once():
        try:
            keep_place(account=account, city=wenzhou, kind=OwnPlaceKind.HOME, point=HOME)
        finally:
            connection.close()

    threads = [threading.Thread(target=once) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert OwnPlace.objects.count() == 1


def test_a_dump_shows_neither_where_somebody_lives_nor_how_they_call_it(keep):
    keep("named", OFFICE, "妈妈家")
    with connection.cursor() as cursor:
        cursor.execute("SELECT called, names, coordinates FROM rides_ownplace")
        kept = b"".join(bytes(each) for each in cursor.fetchone())
    assert "妈妈家".encode() not in kept
    assert b"27.9231" not in kept
    assert b"University" not in kept


def test_the_api_does_the_same(keep, signed_in, world):
    client = signed_in("passenger")
    address = "/api/v1/me/cities/wenzhou/places/"
    body = {"lat": OFFICE[0], "lon": OFFICE[1], "kind": "named", "called": "妈妈家"}
    assert client.post(address, body, content_type="application/json").status_code == 204
    mine = client.get(address).json()
    assert [(each["kind"], each["title"]) for each in mine] == [("named", "妈妈家")]
    assert signed_in("passenger2").get(address).json() == []
    gone = f"/api/v1/me/places/{mine[0]['code']}/"
    assert signed_in("passenger2").delete(gone).status_code == 404
    assert client.delete(gone).status_code == 204
    assert client.delete(gone).status_code == 404
    assert client.post(address, body | {"lat": "nan"}, content_type="application/json").status_code == 400
    assert client.get("/api/v1/me/cities/nowhere/places/").status_code == 404


def test_it_stands_in_the_own_copy_and_goes_when_the_person_leaves(keep, people):
    keep("named", OFFICE, "妈妈家")
    keep("home", who="passenger2")
    (row,) = own_place_rows(people("passenger"))
    assert (row["called"], row["point"], row["city"]) == ("妈妈家", [*OFFICE], "wenzhou")
    with transaction.atomic():
        rides_end(people("passenger"), clock.now())
    assert [row.account.code for row in OwnPlace.objects.all()] == ["passenger2"]
