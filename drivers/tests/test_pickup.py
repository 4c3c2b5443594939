"""Before the pick-up (D11): face and plate within ten minutes, a person where the reading is unsure."""

import io
from datetime import timedelta

import pytest
from PIL import Image, ImageEnhance

from core import alarms, clock, typed
from drivers import policies
from drivers.errors import (
    PhotoPlaceUnknown,
    PhotoSeenBefore,
    PickupCheckNeeded,
    PlateDiffers,
    PlateNotThere,
    PlatePhotoWaiting,
)
from drivers.models import PlatePhoto, VettingCase
from drivers.selectors import driver_of, plate_read, plates_to_read
from drivers.services import decide_plate_photo
from drivers.states import PlateSpot
from drivers.tests.factories import face_token, ready_for_pickup
from drivers.vision import eyes, marks
from drivers.vision.plates import bits_apart, marks_apart, read_plate, spot_of, stands_at
from rides.services import arrive, check_plate, confirm_car
from rides.tests.factories import drivers_phone_at
from sandbox.plates import photo

pytestmark = pytest.mark.long


@pytest.fixture
def trip(rides):
    return rides.accepted()


def send(people, trip, content, token=None, *, where=drivers_phone_at):
    """`content` is a photo, or what makes one for the place that the token asks for; `where` says where the phone is."""
    if where:
        where(trip)
    driver = driver_of(people("driver"))
    token = face_token(driver, trip.code, "pickup") if token is None else token
    if callable(content):
        content = content(spot_of(token))
    return check_plate(driver=driver, trip_code=trip.code, token=token, content=content)


def car(plate, moment=1):
    return lambda spot: photo(plate, spot=spot, moment=moment)


def at_pickup(people, trip):
    return arrive(driver=driver_of(people("driver")), trip_code=trip.code).state


def test_the_registered_plate_is_read_and_opens_the_arrival(trip, people, signed_in):
    with pytest.raises(PickupCheckNeeded):
        at_pickup(people, trip)
    assert send(people, trip, car("川A·H0001")).photo.state == "same"
    assert (
        "The photo shows the registered plate"
        in signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    )
    assert at_pickup(people, trip) == "arrived"


def test_another_plate_refuses_and_opens_a_case(trip, people):
    outcome = send(people, trip, car("豫A·B1234"))
    assert outcome.refusal.code == "plate_differs"
    assert VettingCase.objects.get().facts["read"] == "豫AB1234"
    with pytest.raises(PlateDiffers):
        at_pickup(people, trip)


@pytest.mark.parametrize("same", [True, False])
def test_what_is_nearly_the_plate_waits_for_a_person(trip, people, signed_in, same):
    row = send(people, trip, car("川A·H0007")).photo
    assert row.state == "waiting"
    with pytest.raises(PlatePhotoWaiting):
        at_pickup(people, trip)
    assert trip.code in signed_in("agent").get("/admin/due/").content.decode()
    with pytest.raises(Exception, match="forbidden"):
        decide_plate_photo(account=people("adjudicator"), picture=row.picture.code, same=True)
    decide_plate_photo(account=people("agent"), picture=row.picture.code, same=same)
    if same:
        assert at_pickup(people, trip) == "arrived"
    else:
        with pytest.raises(PlateDiffers):
            at_pickup(people, trip)


def test_for_whom_somebody_waits_stands_first_and_says_until_when(trip, people, signed_in, noon):
    """Old photos would push a driver who stands at the kerb to the end of the list."""
    driver = driver_of(people("driver"))
    ready_for_pickup(driver, "T-OLD", "waiting")
    noon.shift(601)
    ready_for_pickup(driver, trip.code, "waiting")
    noon.shift(60)
    newest = ready_for_pickup(driver, trip.code, "waiting")
    rows = plates_to_read(clock.now())
    assert [row.photo.subject for row in rows] == [trip.code, "T-OLD", trip.code]
    assert [row.until for row in rows] == [newest.taken_at + timedelta(seconds=600), None, None]
    page = signed_in("agent").get("/admin/vetting/").content.decode()
    assert page.count('class="evidence car"') == 3  # what has to be read is not blurred
    assert page.index(newest.picture.code) < page.index("T-OLD")
    assert page.count("it is too old, or a newer one was sent") == 2
    assert "10:00 left" in signed_in("agent").get("/admin/due/").content.decode()
    noon.shift(601)
    assert {row.until for row in plates_to_read(clock.now())} == {None}


def test_a_photo_rings_until_a_person_has_looked_and_louder_by_step(trip, people, noon):
    """Who stands beside the car in the dark waits for that look: a line in a list is not enough."""

    def rings(person):
        found = alarms.ringing_for(people(person), clock.now())
        return [(each.code, each.step(clock.now())) for each in found]

    driver = driver_of(people("driver"))
    ready_for_pickup(driver, "T-OLD", "waiting")
    noon.shift(601)
    assert rings("agent") == [], "with an old one nobody can arrive"
    row = ready_for_pickup(driver, trip.code, "unplaced")
    assert rings("agent") == [(trip.code, 0)]
    assert rings("adjudicator") == []
    noon.shift(10)
    assert rings("agent") == [(trip.code, 1)]
    noon.shift(10)
    assert rings("specialist") == [(trip.code, 2)]
    decide_plate_photo(account=people("agent"), picture=row.picture.code, same=True)
    assert rings("agent") == []


def test_who_waits_for_a_look_may_send_another_photo(trip, people, signed_in):
    ready_for_pickup(driver_of(people("driver")), trip.code, "waiting")
    page = signed_in("driver").get(f"/trips/{trip.code}/").content.decode()
    assert f'href="/drive/trips/{trip.code}/pickup/">Take another photo' in page


def test_a_photo_needs_the_face_of_the_same_pickup(trip, people):
    driver = driver_of(people("driver"))
    for token in ("", face_token(driver, trip.code, "accept"), face_token(driver, "T-OTHER", "pickup")):
        with pytest.raises(Exception, match="face_required"):
            send(people, trip, photo("川A·H0001"), token)
    assert not PlatePhoto.objects.exists()


def test_after_ten_minutes_it_is_asked_again(trip, people, noon):
    ready_for_pickup(driver_of(people("driver")), trip.code)
    noon.shift(601)
    with pytest.raises(PickupCheckNeeded):
        at_pickup(people, trip)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff\xd8\xff"])
def test_what_is_no_photo_is_refused(trip, people, content):
    with pytest.raises(Exception, match="picture_unreadable"):
        send(people, trip, content)


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("川AH0001", True), ("粤BD12345", True), ("粤B12345D", True), ("川IH0001", False), ("川AH000I", False), ("AH0001", False), ("川AI00012", False)],
)  # fmt: skip
def test_what_a_plate_looks_like(text, is_one):
    assert bool(typed.plate.FORM.match(text)) is is_one


@pytest.mark.parametrize("plate", ["川A·H0001", "浙C·D0002", "粤B·D12345", "京N·8K3C5"])
def test_drawn_plates_are_read(plate):
    reading, _drawn = read_plate(photo(plate))
    assert reading.plate == plate.replace("·", "")
    assert reading.is_sure(0.85)
    assert marks_apart(reading.plate, "川AH0001") == 0 or plate != "川A·H0001"


def test_a_mismatch_opens_a_case_and_clearing_it_ends_the_hold(rides, people):
    from drivers.models import Hold
    from drivers.services import agree, propose
    from drivers.states import CaseOutcome
    from rides.services import report_mismatch
    from rides.states import PlateCheck

    trip = rides.arrived()
    report_mismatch(passenger=people("passenger"), trip_code=trip.code, what=PlateCheck.OTHER_DRIVER)
    case = VettingCase.objects.get()
    assert (case.kind, Hold.objects.get().source, Hold.objects.get().released_at) == (
        "mismatch",
        case.code,
        None,
    )
    assert case.reports.get().trip == trip.code
    propose(
        account=people("vetting"),
        code=case.code,
        outcome=CaseOutcome.CLEARED,
        reason="the twin brother is bound",
    )
    agree(account=people("supervisor"), code=case.code, agrees=True)
    assert Hold.objects.get().released_at is not None


@pytest.mark.parametrize("spot", list(PlateSpot))
@pytest.mark.parametrize("plate", ["川A·H0001", "粤B·D12345"])
def test_a_plate_is_read_and_found_wherever_it_was_asked_to_stand(plate, spot):
    reading, _drawn = read_plate(photo(plate, spot=spot, moment=3))
    assert reading.plate == plate.replace("·", "")
    assert reading.is_sure(0.85)
    assert [each for each in PlateSpot if stands_at(reading.middle, each)] == [spot]


def test_a_plate_that_stands_elsewhere_is_asked_for_once_more(trip, people):
    driver = driver_of(people("driver"))
    token = face_token(driver, trip.code, "pickup")
    wrong = next(spot for spot in PlateSpot if spot != spot_of(token))
    with pytest.raises(PlateNotThere) as refused:
        send(people, trip, photo("川A·H0001", spot=wrong), token)
    assert str(spot_of(token).label) in refused.value.detail
    assert not PlatePhoto.objects.exists()
    assert send(people, trip, car("川A·H0001"), token).photo.spot == spot_of(token)


def again(content, **changes):
    """The same photo, as somebody would send it once more: smaller, lighter, pressed anew."""
    picture = Image.open(io.BytesIO(content))
    picture = ImageEnhance.Brightness(picture.resize((800, 560))).enhance(1.1)
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=70)
    return out.getvalue()


@pytest.mark.parametrize("change", [lambda content: content, again])
def test_a_photo_that_was_sent_before_is_refused(rides, people, change):
    driver = driver_of(people("driver"))
    first, second = rides.accepted("passenger"), rides.accepted("passenger2")
    token = face_token(driver, first.code, "pickup")
    kept = photo("川A·H0001", spot=spot_of(token), moment=5)
    assert send(people, first, kept, token).refusal is None
    other = token
    while spot_of(other) != spot_of(token) or other == token:  # another token that asks for the same place
        other = face_token(driver, second.code, "pickup")
    outcome = send(people, second, change(kept), other)
    assert (outcome.photo.state, outcome.refusal.code) == ("reused", "photo_seen_before")
    assert outcome.photo.like.subject == first.code
    with pytest.raises(PhotoSeenBefore):
        arrive(driver=driver, trip_code=second.code)
    assert send(people, second, car("川A·H0001", moment=6)).refusal is None
    assert arrive(driver=driver, trip_code=second.code).state == "arrived"


def laid(content, spot, *, share, sheet):
    """An earlier photo, or as much of it about its plate as `share`, laid on a sheet so that the plate stands in a quarter."""
    picture = Image.open(io.BytesIO(content))
    left, top, right, bottom = read_plate(content)[0].box
    x, y = (left + right) / 2 * picture.width, (top + bottom) / 2 * picture.height
    around = (x - 500 * share, y - 350 * share, x + 500 * share, y + 350 * share)
    part = picture.crop([round(each) for each in around])
    if share == 1:
        part = picture.resize((600, 420))
        x, y = x * 0.6, y * 0.6
    else:
        x, y = part.width / 2, part.height / 2
    whole = Image.new("RGB", (1000, 700), sheet)
    at = (300 if spot.endswith("left") else 700, 190 if spot.startswith("upper") else 510)
    whole.paste(part, (round(at[0] - x), round(at[1] - y)))
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.mark.parametrize("share", [1, 0.7, 0.45])
@pytest.mark.parametrize("sheet", ["white", (128, 128, 128), (60, 20, 90)])
def test_a_picture_laid_on_a_sheet_waits_for_a_person(trip, people, signed_in, share, sheet):
    earlier = photo("川A·H0001", moment=7)
    row = send(people, trip, lambda spot: laid(earlier, spot, share=share, sheet=sheet)).photo
    assert (row.read, row.state, row.on_sheet, row.decided_by) == ("川AH0001", "waiting", True, "")
    with pytest.raises(PlatePhotoWaiting):
        at_pickup(people, trip)
    assert "picture on a sheet" in signed_in("vetting").get("/admin/vetting/").content.decode()
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert "Not verified" in page
    assert "The photo shows the registered plate" not in page


def cut(content):
    """A part of it, as large as the whole was, turned a little."""
    picture = Image.open(io.BytesIO(content)).rotate(4, Image.Resampling.BICUBIC)
    wide, high = picture.size
    picture = picture.crop((wide // 20, high // 16, wide - wide // 16, high - high // 20)).resize(
        (wide, high)
    )
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85)
    return out.getvalue()


def test_a_part_of_a_photo_that_was_sent_before_waits_for_a_person(rides, people):
    """Its fingerprint is another one: half of its bits differ."""
    driver = driver_of(people("driver"))
    first, second = rides.accepted("passenger"), rides.accepted("passenger2")
    token = face_token(driver, first.code, "pickup")
    kept = photo("川A·H0001", spot=spot_of(token), moment=5)
    row = send(people, first, kept, token).photo
    other = token
    while spot_of(other) != spot_of(token) or other == token:
        other = face_token(driver, second.code, "pickup")
    found = send(people, second, cut(kept), other).photo
    assert bits_apart(found.fingerprint, row.fingerprint) > policies.PHOTO_ALIKE.default
    assert (found.state, found.like) == ("waiting", row)


def test_another_photo_of_the_car_is_no_part_of_an_earlier_one():
    seen = [marks_at(spot, moment) for moment, spot in enumerate([*PlateSpot] * 2)]
    least = policies.PHOTO_SHARED.default
    assert max(marks.shared(one, other) for one in seen for other in seen if one is not other) < least


def marks_at(spot, moment):
    picture = eyes.shrink(Image.open(io.BytesIO(photo("川A·H0001", spot=spot, moment=moment))))
    high, wide = picture.shape[:2]
    middle = (
        (0.3 if spot.endswith("left") else 0.7) * wide,
        (0.28 if spot.startswith("upper") else 0.72) * high,
    )
    plate = (middle[0] - 0.2 * wide, middle[1] - 0.1 * high, middle[0] + 0.2 * wide, middle[1] + 0.1 * high)
    return eyes.marks_of(picture, [plate])


def test_an_honest_photo_of_a_car_is_no_sheet(trip, people):
    row = send(people, trip, car("川A·H0001", moment=11)).photo
    assert (row.state, row.on_sheet) == ("same", False)


def fingerprint_of(spot, moment):
    picture = Image.open(io.BytesIO(photo("川A·H0001", spot=spot, moment=moment)))
    return eyes.fingerprint(eyes.shrink(picture))


def test_other_photos_of_one_car_are_far_from_each_other():
    prints = [fingerprint_of(spot, 4 * n + at) for n in range(3) for at, spot in enumerate(PlateSpot)]
    assert min(bits_apart(one, other) for at, one in enumerate(prints) for other in prints[at + 1 :]) > 40


def test_another_street_of_the_same_light_is_not_taken_for_an_earlier_photo():
    """Two of four hundred that a coarse fingerprint took for one: whoever drives for a year would wait for a person."""
    one, other = (fingerprint_of("upper_left", moment) for moment in (545, 6256))
    assert bits_apart(one, other) > policies.PHOTO_ALIKE.default


def test_what_resembles_an_earlier_photo_waits_for_a_person(trip, people):
    row = send(people, trip, car("川A·H0001", moment=5)).photo
    near = f"{int(row.fingerprint, 16) ^ (1 << 20) - 1:064x}"  # twenty bits
    PlatePhoto.objects.filter(pk=row.pk).update(fingerprint=near)
    token = None
    while token is None or spot_of(token) != row.spot:
        token = face_token(driver_of(people("driver")), trip.code, "pickup")
    found = send(people, trip, car("川A·H0001", moment=5), token).photo
    assert (found.state, found.like) == ("waiting", row)


@pytest.mark.parametrize(("degrees", "state"), [(0.0, "same"), (0.05, "waiting")])
def test_a_phone_far_from_the_pickup_lets_a_person_look(trip, people, degrees, state):
    row = send(people, trip, car("川A·H0001"), where=lambda trip: drivers_phone_at(trip, away=degrees)).photo
    assert (row.state, row.metres_away is not None, row.placed_at is not None) == (state, True, True)


def long_ago(trip):
    drivers_phone_at(trip, at=clock.now() - timedelta(seconds=301))


def anywhere(trip):
    drivers_phone_at(trip, accuracy=5_000)


@pytest.mark.parametrize("where", [None, long_ago, anywhere])
def test_a_photo_from_nobody_knows_where_is_not_verified(trip, people, signed_in, where):
    row = send(people, trip, car("川A·H0001"), where=where).photo
    assert (row.read, row.state, row.decided_by) == ("川AH0001", "unplaced", "")
    assert (row.metres_away, row.placed_at) == (None, None)
    with pytest.raises(PhotoPlaceUnknown):
        at_pickup(people, trip)
    passenger, driver = signed_in("passenger"), signed_in("driver")
    assert "Not verified: nobody knows where" in passenger.get(f"/trips/{trip.code}/").content.decode()
    assert "did not say where the photo" in driver.get(f"/trips/{trip.code}/").content.decode()
    assert (
        "look whether the photo shows the place"
        in signed_in("vetting").get("/admin/vetting/").content.decode()
    )
    decide_plate_photo(account=people("agent"), picture=row.picture.code, same=True)
    assert at_pickup(people, trip) == "arrived"
    assert plate_read(trip.code, trip.driver).metres_away is None


def test_another_photo_with_its_place_needs_nobody(trip, people):
    assert send(people, trip, car("川A·H0001"), where=None).photo.state == "unplaced"
    assert send(people, trip, car("川A·H0001", moment=2)).photo.state == "same"
    assert at_pickup(people, trip) == "arrived"


def test_the_page_of_the_photo_says_where_its_phone_is(trip, signed_in):
    page = signed_in("driver").get(f"/drive/trips/{trip.code}/pickup/").content.decode()
    assert "data-key=" in page
    assert 'data-no-place="refused"' in page


def test_what_was_read_and_what_somebody_saw_stand_apart(rides, trip, people, signed_in):
    send(people, trip, car("川A·H0001"))
    arrive(driver=driver_of(people("driver")), trip_code=trip.code)
    confirm_car(passenger=people("passenger"), trip_code=trip.code)
    trip.refresh_from_db()
    assert (trip.plate_check, trip.plate_seen) == ("same", "")
    read = plate_read(trip.code, trip.driver)
    assert (read.plate, read.decided_by, read.state) == ("川A·H0001", "ocr", "same")
