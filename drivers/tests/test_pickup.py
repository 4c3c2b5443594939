"""Before the pick-up (D11): face and plate within ten minutes, a person where the reading is unsure."""

import pytest

from core import typed
from drivers.errors import PickupCheckNeeded, PlateDiffers, PlatePhotoWaiting
from drivers.models import PlatePhoto, VettingCase
from drivers.selectors import driver_of
from drivers.services import decide_plate_photo
from drivers.tests.factories import face_token, ready_for_pickup
from drivers.vision.plates import marks_apart, read_plate
from rides.services import arrive, check_plate
from sandbox.plates import photo


@pytest.fixture
def trip(rides):
    return rides.accepted()


def send(people, trip, content, token=None):
    driver = driver_of(people("driver"))
    return check_plate(
        driver=driver,
        trip_code=trip.code,
        token=face_token(driver, trip.code, "pickup") if token is None else token,
        content=content,
    )


def at_pickup(people, trip):
    return arrive(driver=driver_of(people("driver")), trip_code=trip.code).state


def test_the_registered_plate_is_read_and_opens_the_arrival(trip, people, signed_in):
    with pytest.raises(PickupCheckNeeded):
        at_pickup(people, trip)
    assert send(people, trip, photo("川A·H0001")).photo.state == "same"
    assert (
        "The photo shows the registered plate"
        in signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    )
    assert at_pickup(people, trip) == "arrived"


def test_another_plate_refuses_and_opens_a_case(trip, people):
    outcome = send(people, trip, photo("豫A·B1234"))
    assert outcome.refusal.code == "plate_differs"
    assert VettingCase.objects.get().facts["read"] == "豫AB1234"
    with pytest.raises(PlateDiffers):
        at_pickup(people, trip)


@pytest.mark.parametrize("same", [True, False])
def test_what_is_nearly_the_plate_waits_for_a_person(trip, people, signed_in, same):
    row = send(people, trip, photo("川A·H0007")).photo
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
