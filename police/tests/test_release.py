"""Who gets the minimum pack, how, and who does not."""

import hashlib
import json

import pytest
from django.db import IntegrityError, transaction

from core import clock
from core.errors import NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, Notification, TimelineEntry
from police import services
from police.errors import LinkClosed, OfficerSuspended
from police.models import Officer, PoliceRequest, Release
from police.selectors import linked_requests, officer_of, own_request
from police.states import Query
from police.tests.factories import urgent
from rides.states import Party
from rides.tokens import TripKey
from safety.services import file_welfare_check, raise_sos


def by_trip(trip):
    return urgent(Query.TRIP, trip.code)


def test_an_emergency_by_the_form_is_released_at_once_with_its_hash_in_the_journal(rides, people):
    trip = rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    asked = services.ask_by_form(account=people("officer"), question=by_trip(trip), submission="s")
    pack = json.loads(asked.release.pack)
    assert (asked.state, pack["plate_registered"]) == ("released", "川A·H0001")
    # She said that it is this car and typed no plate; what a machine read stands apart.
    assert (pack["plate_check"], pack["plate_seen"], pack["presumed_boarded"]) == ("same", "", False)
    read = {"plate", "certainty", "state", "decided_by", "at", "metres_away", "on_sheet"}
    assert set(pack["plate_read"]) == read
    assert pack["driver"]["id_number"] == "510112199106150034"
    assert hashlib.sha256(asked.release.pack.encode()).hexdigest() == asked.release.digest
    assert AuditEntry.objects.get(action="police.released").facts["sha256"] == asked.release.digest


def test_a_report_code_links_the_stations(rides, people):
    trip = rides.under_way()
    filed = file_welfare_check(
        missing_phone="13800000001", reporter_phone="13911110001", words="x", submission="s"
    )
    first = services.ask_by_form(account=people("officer2"), question=by_trip(trip), submission="1")
    second = services.ask_by_form(
        account=people("officer"),
        question=urgent(Query.REPORT, filed.code.lower()),
        submission="2",
    )
    assert second.state == "released"
    assert [row.code for row in linked_requests(second)] == [first.code]


def test_a_query_that_leads_nowhere_is_escalated_and_the_executive_called(rides, people, noon):
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.PLATE, "沪A00000"), submission="s"
    )
    assert asked.state == "escalated"
    noon.shift(119)
    assert services.call_executive(at=clock.now()) == 0
    noon.shift(2)
    assert services.call_executive(at=clock.now()) == 1
    assert services.call_executive(at=clock.now()) == 0


def test_the_executive_is_rung_and_written_to_again_until_somebody_decides(rides, people, noon, settings):
    asked = services.ask_by_form(
        account=people("officer"), question=urgent(Query.PLATE, "沪A00000"), submission="s"
    )

    def told():
        rows = Notification.objects.filter(message="police.request_escalated").order_by("pk")
        assert {row.recipient for row in rows} <= {settings.EXECUTIVE_PHONE}
        return [row.channel for row in rows]

    noon.shift(121)
    services.call_executive(at=clock.now())
    assert told() == ["voice", "sms"], "a telephone rings"
    noon.shift(299)
    services.call_executive(at=clock.now())
    assert told() == ["voice", "sms"]
    noon.shift(1)
    services.call_executive(at=clock.now())
    assert told() == ["voice", "sms"] * 2
    assert TimelineEntry.objects.filter(kind="police.executive").count() == 1
    services.refuse_request(account=people("specialist"), code=asked.code, reason="no such plate")
    noon.shift(900)
    assert services.call_executive(at=clock.now()) == 0
    assert told() == ["voice", "sms"] * 2


def test_another_officers_request_is_not_found(rides, people):
    asked = services.ask_by_form(
        account=people("officer"), question=by_trip(rides.under_way()), submission="s"
    )
    with pytest.raises(NotFound):
        own_request(officer_of(people("officer2"), clock.now()), asked.code)


def test_a_suspended_officer_gets_nothing(rides, people):
    with pytest.raises(OfficerSuspended):
        services.ask_by_form(account=people("officer3"), question=by_trip(rides.under_way()), submission="s")
    assert not PoliceRequest.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("passenger", 403), ("officer3", 403), ("agent", 403)]
)
def test_who_may_not_ask_is_refused_and_remembered(rides, signed_in, who, status):
    answer = signed_in(who).post("/api/v1/police/requests/", {}, content_type="application/json")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert AuditEntry.objects.filter(action="police.denied").count() == 1


def phone_request(people, trip, **changes):
    wanted = {
        "account": people("agent"),
        "agency_code": "shangtang",
        "badge": "331777",
        "question": by_trip(trip),
        "submission": "s",
    }
    return services.open_phone_request(**(wanted | changes)).request


def test_the_phone_needs_call_back_and_a_second_person(rides, people):
    asked = phone_request(people, rides.under_way())
    with pytest.raises(Exception, match="not_now"):
        services.confirm_release(account=people("specialist"), code=asked.code)
    services.record_call_back(account=people("agent"), code=asked.code)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_release(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("specialist"), code=asked.code)
    assert PoliceRequest.objects.get().state == "released"
    assert Notification.objects.get(channel="email").recipient == "shangtang@police.example"


def test_what_is_said_on_the_call_stands_before_what_may_be_done_later(rides, people, signed_in):
    """The officer is on the line: the code and the pack are what the page is read for."""
    asked = phone_request(people, rides.under_way())
    services.record_call_back(account=people("agent"), code=asked.code)
    services.confirm_release(account=people("specialist"), code=asked.code)
    page = signed_in("agent").get(f"/admin/police-line/{asked.code}/").content.decode()
    parts = [page.index(f'id="{name}"') for name in ("request", "say", "pack", "others", "reviews")]
    assert parts == sorted(parts)


def test_who_called_back_does_not_confirm_however_senior(rides, people):
    asked = phone_request(people, rides.under_way(), account=people("specialist"))
    services.record_call_back(account=people("specialist"), code=asked.code)
    with pytest.raises(SecondPersonNeeded):
        services.confirm_release(account=people("specialist"), code=asked.code)
    assert not Release.objects.exists()
    services.confirm_release(account=people("supervisor"), code=asked.code)


def test_the_database_refuses_a_release_by_one_person(rides, people):
    asked = phone_request(people, rides.under_way())
    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        PoliceRequest.objects.filter(pk=asked.pk).update(
            state="released", decided_at=clock.now(), decided_by="agent"
        )


def test_the_link_opens_once_with_the_spoken_code(rides, people):
    asked = phone_request(people, rides.under_way())
    services.record_call_back(account=people("agent"), code=asked.code)
    release = services.confirm_release(account=people("supervisor"), code=asked.code)
    secret = Notification.objects.get(channel="email").text.split("/police/packs/")[1].split("/")[0]
    assert (
        services.open_link(
            secret=secret, spoken="000000" if release.spoken_code != "000000" else "1"
        ).refusal.code
        == "wrong_spoken_code"
    )
    assert "川A·H0001" in services.open_link(secret=secret, spoken=release.spoken_code).pack
    with pytest.raises(LinkClosed):
        services.open_link(secret=secret, spoken=release.spoken_code)
    assert Release.objects.get().wrong_codes == 1


def test_an_authority_abroad_is_refused_and_kept(rides, people):
    outcome = services.open_phone_request(
        account=people("agent"),
        agency_code="abroad",
        badge="1",
        question=by_trip(rides.under_way()),
        submission="s",
    )
    assert (outcome.refusal.code, PoliceRequest.objects.get().state) == ("authority_abroad", "refused")


def test_an_improper_release_suspends_the_officer(rides, people):
    asked = services.ask_by_form(
        account=people("officer"), question=by_trip(rides.under_way()), submission="s"
    )
    services.review_release(account=people("specialist"), code=asked.code, proper=False)
    assert Officer.objects.get(account__code="officer").state == "suspended"


def test_what_finds_her_stands_before_what_is_downloaded_and_filled_in(rides, people, signed_in):
    """On a phone the plates are on the first screen."""
    asked = services.ask_by_form(
        account=people("officer"), question=by_trip(rides.under_way()), submission="s"
    )
    page = signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    plates = page.index('class="plates"')
    assert all(plates < page.index(later) for later in ("pack.pdf", "pack.json", "papers/"))
