"""The other way of a face check (D4): a reviewer's video call, for one thing, once, in time."""

import re

import pytest

from core.errors import Forbidden, InvalidInput, NotFound
from core.states import IllegalTransition, StaleState
from drivers.errors import FaceFrozen
from drivers.models import FaceCheck, FaceTemplate, Hold
from drivers.selectors import driver_of, waiting_video_checks
from drivers.services import (
    ask_video_check,
    begin_application,
    claim_video_token,
    decide_video_check,
    go_online,
    submit_application,
)
from drivers.states import FacePurpose
from drivers.tests.factories import seen_by_video
from drivers.tests.test_applications import newcomer, send_photos
from rides.services import accept_trip

pytestmark = pytest.mark.long


@pytest.fixture
def driver(people):
    return driver_of(people("driver"))


def asked(driver, purpose=FacePurpose.ACCEPT, subject="T-1"):
    return ask_video_check(driver=driver, purpose=purpose, subject=subject)


@pytest.fixture
def seen(people, noon):
    """A reviewer has called, seen somebody, and says who it is."""

    def decide(check, same=True):
        seen_by_video(check, people("vetting"), noon)
        return decide_video_check(
            account=people("vetting"), code=check.code, same=same, reason="face and card"
        )

    return decide


def test_a_reviewers_yes_opens_one_order_once(rides, people, driver, seen):
    way, trip = rides.itinerary(), rides.booked()
    check = asked(driver, subject=trip.code)
    assert claim_video_token(driver=driver, code=check.code) == ""
    assert [row.code for row in waiting_video_checks()] == [check.code]
    seen(check)
    assert waiting_video_checks() == []
    first = claim_video_token(driver=driver, code=check.code)
    token = claim_video_token(driver=driver, code=check.code)  # the page was loaded again
    for wrong in (first, "x"):
        outcome = accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=wrong)
        assert outcome.refusal.code == "face_required"
    assert (
        accept_trip(driver=driver, trip_code=trip.code, itinerary_code=way, face_token=token).refusal is None
    )
    assert claim_video_token(driver=driver, code=check.code) == ""


def test_it_opens_the_day_of_the_other_lines(people, seen):
    driver = driver_of(people("driver2"))
    seen(asked(driver, FacePurpose.DAILY, ""))
    assert go_online(driver=driver, line="express").face_check.by_video


def test_the_same_wish_is_one_call_and_it_expires(people, driver, noon, seen):
    check = asked(driver)
    assert asked(driver) == check
    noon.shift(1801)
    with pytest.raises(StaleState):
        seen(check)
    assert asked(driver) != check


def test_a_token_lives_five_minutes_from_the_yes(driver, noon, seen):
    check = asked(driver)
    seen(check)
    noon.shift(301)
    assert claim_video_token(driver=driver, code=check.code) == ""


def test_somebody_else_on_the_screen_freezes_the_account_at_once(people, driver, seen):
    check = asked(driver)
    seen(check, same=False)
    assert Hold.objects.get().kind == "face"
    with pytest.raises(FaceFrozen):
        asked(driver)
    with pytest.raises(IllegalTransition):
        decide_video_check(account=people("vetting"), code=check.code, same=True, reason="x")


def test_reviewers_alone_decide_with_a_reason(people, driver, noon):
    check = asked(driver)
    seen_by_video(check, people("vetting"), noon)
    for who in ("agent", "specialist", "adjudicator", "admin", "driver"):
        with pytest.raises(Forbidden):
            decide_video_check(account=people(who), code=check.code, same=True, reason="x")
    with pytest.raises(InvalidInput):
        decide_video_check(account=people("vetting"), code=check.code, same=True, reason=" ")
    with pytest.raises(NotFound):
        claim_video_token(driver=driver_of(people("driver2")), code=check.code)


def test_an_applicant_whom_no_model_can_read_is_enrolled_by_a_person(world, seen):
    account = newcomer()
    begin_application(account=account)
    with pytest.raises(Exception, match="id_card_first"):
        asked(driver_of(account), FacePurpose.ENROL, "")
    send_photos(account, "applicant")
    seen(asked(driver_of(account), FacePurpose.ENROL, ""))
    driver = driver_of(account)
    assert driver.photo.startswith("data:image/jpeg")
    assert not FaceTemplate.objects.filter(driver=driver).exists()
    assert submit_application(account=account).state == "checking"


def test_the_pages_lead_from_the_wish_back_to_the_order(rides, people, driver, signed_in, noon):
    way, trip = rides.itinerary(), rides.booked()
    his, desk = signed_in("driver"), signed_in("vetting")
    back = f"/drive/requests/{trip.code}/face/?itinerary={way}"
    body = {"video_call": "1", "purpose": "accept", "subject": trip.code, "next": back}
    answer = his.post("/drive/face-consent/", body)
    waiting = his.get(answer.headers["location"]).content.decode()
    assert "A reviewer is being called" in waiting
    code = answer.headers["location"].split("/drive/video/")[1].split("/")[0]
    assert code in desk.get("/admin/vetting/").content.decode()
    assert desk.post(f"/admin/vetting/videos/{code}/do/take/", {"do": "1"}).status_code == 302
    calling = his.get(answer.headers["location"]).content.decode()
    assert f'data-call="/api/v1/driver/video-checks/{code}/call/"' in calling
    unseen = desk.post(f"/admin/vetting/videos/{code}/do/decide/", {"same": "yes", "reason": "card and face"})
    assert unseen.status_code == 409
    assert "Call first" in unseen.content.decode()
    seen_by_video(FaceCheck.objects.get(code=code), people("vetting"), noon)
    desk.post(f"/admin/vetting/videos/{code}/do/decide/", {"same": "yes", "reason": "card and face"})
    page = his.get(answer.headers["location"]).content.decode()
    assert "Seen: it is you." in page
    form = his.get(f"{back}&video={code}").content.decode()
    token = re.search(r'name="face_token"\s+value="([^"]+)"', form)[1]
    accepted = his.post(f"/drive/requests/{trip.code}/accept/", {"itinerary": way, "face_token": token})
    assert accepted.status_code == 302
