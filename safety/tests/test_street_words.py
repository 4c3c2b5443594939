"""Grave words that rows keep ring until a person looked at them, and those from the street about a trip open its incident."""

from datetime import timedelta

import pytest
from django.db import transaction

from core import alarms, clock
from core.alarms import Rank
from core.errors import Forbidden
from core.models import TimelineEntry
from core.states import StaleState
from drivers import services
from drivers.models import Appeal, Hold, MismatchReport
from drivers.selectors import driver_of, reports_to_sort
from drivers.services import appeal, hold_driver
from drivers.states import HoldKind
from safety.models import Incident
from sandbox.plates import photo

GRAVE = "司机拿刀逼一个女孩上车，她在喊救命"
PLATE = "川A·H0001"


def tell(people, words=GRAVE, plate=PLATE, who=None, key="s1"):
    return services.report_from_street(
        account=people(who) if who else None,
        phone="" if who else "13911112222",
        plate=plate,
        words=words,
        content=photo(PLATE),
        submission=key.ljust(16, "-"),
    )


def rings(person, code, after=0):
    at = clock.now() + timedelta(seconds=after)
    return [each for each in alarms.ringing_for(person, at) if each.code == code]


def test_a_grave_report_rings_until_somebody_looked_at_it(people, world):
    report = tell(people)
    assert [each.rank for each in rings(people("agent"), report.code)] == [Rank.OUTSIDE]
    assert not rings(people("officer"), report.code)
    services.look_at_report(account=people("agent"), code=report.code)
    assert not rings(people("agent"), report.code, after=60)
    with pytest.raises(StaleState):
        services.look_at_report(account=people("agent2"), code=report.code)
    with pytest.raises(Forbidden):
        services.look_at_report(account=people("officer"), code=report.code)


def test_one_in_a_crowd_of_reports_rings_behind_all_others(people, world):
    report = tell(people)
    MismatchReport.objects.update(from_crowd=True)
    assert [each.rank for each in rings(people("agent"), report.code)] == [Rank.CROWD]


def test_an_ordinary_report_does_not_ring(people, world):
    report = tell(people, words="另一个人开的")
    assert not rings(people("agent"), report.code)


def test_one_that_holds_a_driver_at_once_rings_and_stands_on_the_desk_too(people, world, signed_in):
    report = tell(people, who="passenger2")
    assert report.driver
    assert rings(people("agent"), report.code)
    assert report in reports_to_sort()
    page = signed_in("agent").get("/admin/vetting/", headers={"accept-language": "en"}).content.decode()
    assert "I have looked at it" in page
    signed_in("agent").post(f"/admin/vetting/reports/{report.code}/do/look/", {"do": "1"})
    assert not rings(people("agent"), report.code)
    assert report not in reports_to_sort()


def test_whoever_says_whom_it_is_about_has_looked(people, world):
    report = tell(people)
    services.sort_report(account=people("vetting"), code=report.code, driver_code=people("driver").code)
    assert not rings(people("agent"), report.code)


def test_a_trip_under_way_with_that_plate_has_an_incident_and_its_driver_is_not_held(people, rides, deliver):
    trip = rides.under_way()
    report = tell(people, plate=trip.plate_registered)
    deliver()
    incident = Incident.objects.get(trip=trip)
    assert rings(people("agent"), incident.code)
    line = TimelineEntry.objects.get(kind="safety.street_report", incident=incident.code)
    assert line.words == GRAVE and line.facts["code"] == report.code
    assert not Hold.objects.exists(), "nobody proved the phone"
    assert not incident.is_grave, "a grave incident stops his next order"


def test_it_is_news_where_the_incident_is_there_and_nothing_where_the_trip_is_over(people, rides, deliver):
    rides.ended()
    tell(people)
    deliver()
    assert not Incident.objects.exists()
    trip = rides.under_way(driver="driver2")
    tell(people, plate=trip.plate_registered, key="s2")
    deliver()
    first = Incident.objects.get().news
    tell(people, plate=trip.plate_registered, key="s3", words=f"{GRAVE}！")
    deliver()
    assert Incident.objects.get().news == first + 1


def test_a_drivers_appeal_with_grave_words_rings_until_somebody_looked(people, world):
    driver = driver_of(people("driver"))
    with transaction.atomic():
        hold = hold_driver(
            actor=people("vetting").actor,
            driver=driver,
            kind=HoldKind.STAFF,
            source="X-1",
            citation="D8",
            covert=False,
        )
    row = appeal(driver=driver, code=hold.code, words="再不解封我就拿刀去杀了她")
    assert Appeal.objects.get().danger == "severe"
    assert rings(people("adjudicator"), row.code)
    services.look_at_appeal(account=people("supervisor"), code=row.code)
    assert not rings(people("adjudicator"), row.code)
