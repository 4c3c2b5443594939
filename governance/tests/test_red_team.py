"""The red team's own eyes: what each guard holds back it does see, once the guard is gone (P11)."""

from datetime import timedelta

import httpx
import pytest
from django.core.wsgi import get_wsgi_application
from django.db import connection

from accounts.models import Account
from accounts.services import mark_drill_account
from core import alarms, clock
from core.models import AuditEntry, DataHold, StoredPicture
from core.reader.headers import Kind
from governance.checks import ask
from governance.drills import hourly, redteam
from governance.drills.world import Surprise
from governance.services import run_red_team
from governance.states import ATTACK_GOT
from police import clocks, packs, selectors
from police.models import Officer, PoliceRequest
from police.policies import Grade, GradeReason
from police.services import releases, requests
from police.states import UNDECIDED, NoticePart
from rides.models import Trip

pytestmark = pytest.mark.usefixtures("deliver")


@pytest.fixture(autouse=True)
def at_the_door(monkeypatch, world, settings):
    """Its browsers reach the platform in this process."""
    settings.PUBLIC_URL = "http://testserver"
    monkeypatch.setattr(connection, "close", lambda: None)  # as a server does behind each answer
    app, made = get_wsgi_application(), httpx.Client
    monkeypatch.setattr(
        redteam.httpx, "Client", lambda **given: made(**given, transport=httpx.WSGITransport(app=app))
    )


def got():
    return {each.way.value: each.got for each in run_red_team()}


def test_each_way_is_tried_and_refused_and_nobody_is_asked_for_anything(people, noon):
    assert got() == {way.value: [] for way in redteam.Way}
    assert PoliceRequest.objects.count() == 4
    assert got() == {way.value: [] for way in redteam.Way}, "once more, beside the trip of the run before"
    assert Officer.objects.get(account__code=redteam.OFFICER).state == "suspended"
    for code in (redteam.OFFICER, redteam.MAILBOX):
        assert not Account.objects.get(code=code).has_usable_password()
    # It tidies up behind itself: nothing waits for anybody, no file and no hold stays.
    assert not PoliceRequest.objects.filter(state__in=UNDECIDED).exists()
    files = StoredPicture.objects.filter(notice_file__isnull=False)
    assert files.count() == 6 and not files.filter(keep_until__gt=clock.now()).exists()
    letters = PoliceRequest.objects.filter(notice__isnull=False)
    assert not DataHold.objects.filter(case__in=letters.values("code"), released_at=None).exists()
    noon.shift(3 * 86_400)
    at = clock.now()
    seen = [
        selectors.undecided(), selectors.identity_waits(), selectors.unreviewed_releases(), selectors.missing_papers(at),
        selectors.disowned_unreviewed(), selectors.emergencies_without_answer(), clocks.published_clocks(at - timedelta(days=9), at),
    ]  # fmt: skip
    assert not any(seen)
    assert ask.emergencies_late(at - timedelta(days=9), at, form_seconds=1, phone_seconds=1).all == 0
    assert ask.letters_answered(at - timedelta(days=9), at, limit=timedelta(hours=1)).all == 0
    assert not [each for each in alarms.ringing(at) if "police" in each.key]


def test_it_sees_a_name_that_goes_to_a_stolen_session(monkeypatch):
    whole = releases.Graded(Grade.WHOLE, GradeReason.BORNE_OUT)
    guarded = requests.grade_of
    monkeypatch.setattr(
        requests,
        "grade_of",
        lambda request, trip: whole if request.officer_tier > 1 else guarded(request, trip),
    )
    assert any(redteam.DRIVER_NAME in each for each in got()["stolen_session"])
    assert AuditEntry.objects.filter(action=ATTACK_GOT, subject="stolen_session").exists()


def test_it_sees_what_goes_to_a_mailbox(monkeypatch):
    monkeypatch.setattr("police.preserving.may_be_by_rule", lambda tier: True)
    assert got()["wrong_mailbox"] == ["preservation"]


def test_it_sees_an_address_that_opens_for_another(monkeypatch):
    monkeypatch.setattr(
        "police.views.selectors.own_request", lambda officer, code: selectors.request_by_code(code)
    )
    assert "another officer opened pack.json" in got()["replayed_link"]


def test_it_sees_a_letter_that_goes_with_a_file_that_nobody_can_read(monkeypatch):
    monkeypatch.setattr("police.papers.door.read_file", lambda upload: (Kind.JPEG, upload.read()))
    monkeypatch.setattr("police.papers.door.pages", lambda *_args: [])  # which looks at it once more
    assert got()["forged_letter"] == ["the letter was sent"]


def test_a_letter_that_nobody_could_send_shows_nothing(monkeypatch):
    monkeypatch.setattr("police.notices.missing", lambda notice: [NoticePart.NUMBER])
    with pytest.raises(Surprise):
        run_red_team()
    assert not AuditEntry.objects.filter(subject="forged_letter").exists()


def test_it_leaves_the_drill_of_the_hour_alone(settings):
    hers = mark_drill_account(code=hourly.CODE, phone=settings.DRILL_PHONE, password="of the hour")
    assert not any(got().values())
    hers.refresh_from_db()
    assert hers.check_password("of the hour"), "it is signed in meanwhile"
    assert not Trip.objects.filter(passenger=hers).exists(), "it takes her newest trip"


def test_it_sees_a_phone_number(monkeypatch):
    guarded = packs.build_pack
    monkeypatch.setattr(
        "police.services.releases.build_pack",
        lambda request, trip, graded: guarded(request, trip, graded) | {"plate_seen": trip.passenger.phone + trip.driver.account.phone},
    )  # fmt: skip
    seen = " ".join(got()["stolen_session"])
    assert redteam.DRIVER_PHONE in seen
    assert redteam.PASSENGER_PHONE in seen


def test_it_sees_that_she_called_and_whom_we_told(monkeypatch):
    monkeypatch.setattr(packs.Graded, "guarded", False)
    monkeypatch.setattr("police.views.signs_told", lambda asked: asked.release.signs)
    seen = " ".join(got()["stolen_session"])
    for said in (*redteam.CALLED, *redteam.CALLED_IN_FILE):
        assert said in seen


def test_what_could_not_be_tried_is_no_refusal(monkeypatch):
    monkeypatch.setattr(redteam, "_mailbox", lambda *_given: (_ for _ in ()).throw(Surprise("gone")))
    with pytest.raises(Surprise):
        run_red_team()
    assert not AuditEntry.objects.filter(action__startswith="governance.attack_").exists()


def test_a_false_officer_gets_nothing_of_anybody_real(rides):
    trip = rides.under_way()
    with redteam.officer(redteam.OFFICER, 2) as browser:
        page = browser.get(redteam._asked(browser, trip.plate_registered)).text
    assert trip.vehicle.model not in page
    assert PoliceRequest.objects.get().trip is None
