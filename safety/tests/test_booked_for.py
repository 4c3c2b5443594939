"""Who booked a ride for somebody else reads nothing of that person's help: not the call, the words, the place, the links."""

import json

import pytest

from accounts.services import add_emergency_contact
from core import clock, disclosures
from core.models import Notification
from core.own_data import parts
from rides.models import Trip
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety import services

CRY = "我丈夫打我，不要告诉他"
PLACE = (28.2077, 121.0077)


@pytest.fixture
def hers(rides):
    """A ride that her husband booked, under way."""
    trip = rides.under_way()
    Trip.objects.filter(pk=trip.pk).update(
        rider_kind="other", rider_name="王丽", rider_phone="+8613911110077"
    )
    return Trip.objects.get(pk=trip.pk)


def what_he_reads(his, account, trip):
    """All pages and calls of who booked, their own data, and what they shared."""
    at = f"/trips/{trip.code}/"
    asked = [at, f"{at}status/", f"{at}sos/", f"{at}care/", f"{at}shares/", f"/api/v1/trips/{trip.code}/"]
    said = [his.get(path) for path in [*asked, "/api/v1/trips/", "/me/shared/", "/"]]
    data = {part.key: list(part.rows(account)) for part in parts()}
    told = disclosures.of(account.code)
    # Tokens of forms and the number of a page differ each time.
    pages = [(page.status_code, len(page.content)) for page in said]
    return b"".join(page.content for page in said).decode(), json.dumps(data, default=str), pages, told


def test_who_booked_has_no_key_to_the_help_of_who_travels(hers, signed_in):
    his = signed_in("passenger")
    page = his.get(f"/trips/{hers.code}/").content.decode()
    assert "data-live" not in page
    assert "data-key" not in page
    assert 'name="key"' not in page
    assert "welfare" in page or "worr" in page.lower()
    assert his.get(f"/api/v1/trips/{hers.code}/").json()["key"] == ""
    assert signed_in("").get(f"/ride/{position_key(hers, Party.PASSENGER)}/").status_code == 200


def test_nothing_tells_him_that_she_called_for_help(hers, signed_in, people, deliver):
    account = people("passenger")
    add_emergency_contact(account=account, name="他的兄弟", phone="13911110001")
    his = signed_in("passenger")
    before = what_he_reads(his, account, hers)
    key = TripKey(hers.code, Party.PASSENGER, "wenzhou")
    services.raise_sos(key=key, position=PLACE, silent=True)
    services.add_word(key=key, words=CRY)
    services.share_trip(key=key)
    deliver()
    after = what_he_reads(his, account, hers)
    assert CRY not in after[0] + after[1]
    assert str(PLACE[0]) not in after[0] + after[1]
    assert before[1:] == after[1:]
    assert not Notification.objects.filter(key__startswith="sos:").exists()


def test_who_booked_is_not_told_to_tap_what_is_not_on_the_page(rides, signed_in):
    trip = rides.accepted()
    Trip.objects.filter(pk=trip.pk).update(
        rider_kind="other", rider_name="王丽", rider_phone="+8613911110077",
        state="cancelled", cancelled_at=clock.now(), cancel_reason="mismatch", plate_check="differs",
    )  # fmt: skip
    page = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    assert "should not get in" in page
    assert "tap SOS" not in page


def test_where_she_makes_a_sound_the_contacts_are_told(hers, people, deliver):
    add_emergency_contact(account=people("passenger"), name="妈妈", phone="13911110001")
    services.raise_sos(key=TripKey(hers.code, Party.PASSENGER, "wenzhou"))
    deliver()
    assert "王丽" in Notification.objects.get(key__startswith="sos:").text
