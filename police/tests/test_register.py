"""The register: two people enter stations and officers; who was entered asks, and is let in until a day."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import Account
from accounts.tests.test_staff import enter_by_code, set_up
from core import clock, motions
from core.errors import Forbidden, InvalidInput, NotFound
from core.models import Motion, Notification
from police import register, services
from police.errors import NotThePublishedNumber
from police.models import Agency, Officer
from police.services import Question
from police.states import Query

STATION = {
    "do": "station", "changes": "new", "code": "jiaojiang", "name_zh": "台州市公安局椒江分局", "name_en": "Jiaojiang, Taizhou",
    "published_phone": "0576-8888-0110", "registered_email": "desk@jiaojiang.example", "country": "cn",
}  # fmt: skip


def post(client, **typed):
    return client.post("/admin/stations/", typed)


def agree(client, action="agree"):
    motion = Motion.objects.latest("pk")
    return client.post(
        reverse("police_console:motion_act", args=[motion.code, action]), {"do": "1"}, follow=True
    )


def officer(**changes):
    until = clock.now().date() + timedelta(days=100)
    given = {
        "do": "officer",
        "agency": "jiaojiang",
        "name": "韩警官",
        "phone": "13911116666",
        "badge": "331099",
    }
    return given | {"until": until} | changes


def test_a_station_and_its_officer_are_entered_by_two_and_the_officer_asks(world, signed_in):
    first, second = signed_in("supervisor"), signed_in("admin")
    answer = post(first, **STATION)
    assert answer.status_code == 302, answer.content.decode()
    assert agree(first).status_code == 409
    assert not Agency.objects.filter(code="jiaojiang").exists()
    assert agree(second).status_code == 200
    assert Agency.objects.get(code="jiaojiang").country == "CN"
    answer = post(second, **officer())
    assert answer.status_code == 302, answer.content.decode()
    said = agree(first).content.decode()
    code = re.search(r"Set-up code: ([0-9A-Z-]{19})", said)[1]
    account = re.search(r"Account (A-\w+)", said)[1]
    assert Officer.objects.get(account__code=account).badge_number == "331099"
    client = enter_by_code("13911116666")
    set_up(client, account, code)
    assert "has not been called back" in client.get("/police/").content.decode()
    assert client.get("/admin/").status_code != 200


CHANGE = STATION | {
    "changes": "change",
    "code": "hongqiao",
    "published_phone": "0577-6231-9999",
    "registered_email": "thief@mail.example",
}


def change_number(signed_in):
    assert post(signed_in("admin"), **CHANGE).status_code == 302
    agree(signed_in("supervisor"))


def test_another_number_takes_two_and_counts_after_its_time(world, signed_in, noon):
    assert post(signed_in("admin"), **CHANGE).status_code == 302
    assert Agency.objects.get(code="hongqiao").coming_at is None
    agree(signed_in("supervisor"))
    agency = Agency.objects.get(code="hongqiao")
    assert (agency.name_en, agency.published_phone) == ("Jiaojiang, Taizhou", "0577-6231-0110")
    noon.shift(72 * 3600 - 1)
    assert register.CHANGES.run(at=clock.now()).total == 0
    noon.shift(2)
    assert register.CHANGES.run(at=clock.now()).total == 1
    agency = Agency.objects.get(code="hongqiao")
    assert (agency.published_phone, agency.registered_email) == ("0577-6231-9999", "thief@mail.example")
    assert (agency.coming_phone, agency.coming_at) == ("", None)


def test_a_thief_who_changes_a_station_gets_no_call_and_no_mail(rides, people, signed_in):
    """With two stolen accounts of ours: the old number and address hear of it, and the next release still goes to them."""
    change_number(signed_in)
    told = {row.channel: row.recipient for row in Notification.objects.filter(subject="hongqiao")}
    assert told == {"email": "hongqiao@police.example", "voice": "+8657762310110"}
    asked = services.open_phone_request(
        account=people("agent"),
        agency_code="hongqiao",
        badge="1",
        question=Question(Query.TRIP, rides.under_way().code, clock.now(), why_not_written="x"),
        submission="s",
    ).request
    page = signed_in("agent").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert "0577-6231-0110" in page
    assert "0577-6231-9999" not in page
    services.record_call_back(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("specialist"), code=asked.code)
    mail = Notification.objects.get(message="police.pack_released")
    assert mail.recipient == "hongqiao@police.example"
    given = register.Called(2, "0577-6231-9999", clock.now())
    with pytest.raises(NotThePublishedNumber):
        motions.propose(account=people("admin"), kind=register.CALLED, given=given, subject="officer")


def test_one_person_stops_a_change_that_the_station_does_not_know(world, signed_in, noon):
    change_number(signed_in)
    stop = {"do": "stop", "station": "hongqiao", "reason": "they rang: not ours"}
    assert post(signed_in("agent"), **stop).status_code == 403
    assert post(signed_in("supervisor"), **stop | {"reason": " "}).status_code == 400
    assert post(signed_in("supervisor"), **stop).status_code == 302
    noon.shift(73 * 3600)
    assert register.CHANGES.run(at=clock.now()).total == 0
    assert Agency.objects.get(code="hongqiao").published_phone == "0577-6231-0110"
    assert post(signed_in("supervisor"), **stop).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"changes": ""}, {"code": "hongqiao"}, {"published_phone": "call me"}, {"registered_email": "x"}, {"country": "1!"},
        {"changes": "change"}, {"changes": "nowhere"}, {"kind": "army"},
    ],
)  # fmt: skip
def test_a_station_that_cannot_be_is_refused(world, signed_in, wrong):
    assert post(signed_in("admin"), **STATION | wrong).status_code in {400, 404, 409}
    assert not Motion.objects.exists()


@pytest.mark.parametrize(
    "wrong",
    [{"agency": "abroad"}, {"agency": "x"}, {"badge": " "}, {"until": "2018-01-01"}, {"until": "9999-12-31"}, {"phone": "13800000001"}],
)  # fmt: skip
def test_an_officer_who_cannot_be_is_refused(world, signed_in, wrong):
    answer = post(signed_in("admin"), **officer(agency="hongqiao") | wrong)
    assert answer.status_code in {400, 409}
    assert not Motion.objects.exists()


def test_an_officer_is_let_in_until_another_day(world, signed_in):
    until = clock.now().date() + timedelta(days=300)
    assert post(signed_in("admin"), do="until", officer="officer", until=until).status_code == 302
    agree(signed_in("supervisor"))
    assert register.officer_by_code("officer").expires_at.date() in {
        until,
        until - timedelta(days=1),
    }  # in UTC


def test_nobody_abroad_becomes_an_officer_by_the_service(world, people):
    until = clock.now().date() + timedelta(days=9)
    given = register.Liaison("abroad", "x", "+8613911116666", "1", until)
    with pytest.raises(InvalidInput):
        motions.propose(account=people("admin"), kind=register.OFFICER, given=given)
    with pytest.raises(NotFound):
        motions.propose(
            account=people("admin"), kind=register.LONGER, given=register.Until(until), subject="agent"
        )
    assert Account.objects.filter(role="officer").count() == 3


@pytest.mark.parametrize("who", ["agent", "specialist", "vetting", "adjudicator"])
def test_others_enter_nobody(world, signed_in, people, who):
    assert post(signed_in(who), **STATION).status_code == 403
    with pytest.raises(Forbidden):
        motions.propose(
            account=people(who),
            kind=register.LONGER,
            given=register.Until(clock.now().date()),
            subject="officer",
        )
