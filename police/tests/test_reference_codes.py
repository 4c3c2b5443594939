"""A harmed person lets the police have her own incident by a code: once, revocable until then, and she is told (P15)."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection

from accounts.errors import WrongCode
from core import clock, retention
from core.errors import Forbidden, NotFound, TooMany
from core.limits import Asker
from core.models import AuditEntry, Notification
from drivers.models import Driver
from police import services
from police.errors import CodeUnknown, InspectionInWriting, NotCalledBack, OfficerSuspended
from police.models import Agency, Officer, PoliceRequest, ReferenceCode, Release
from police.selectors import missing_papers
from police.states import Query
from police.tests.factories import urgent
from rides.models import Trip
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Incident
from safety.services import close_incident, raise_sos, resolve_incident, take_incident


@pytest.fixture
def incident(rides):
    trip = rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    return Incident.objects.get(trip=trip)


def asker(who):
    return Asker(person=who)


def make(people, incident, who="passenger"):
    return services.make_code(account=people(who), incident=incident.code, asker=asker(who))


def use(people, secret, who="officer"):
    return services.use_code(account=people(who), secret=secret, asker=asker(who))


def test_her_code_opens_her_own_incident_at_once_without_papers_and_she_is_told(incident, people, signed_in):
    hers = signed_in("passenger").post("/me/police-codes/", {"incident": incident.code})
    secret = re.search(r'<p class="big" translate="no">([^<]+)</p>', hers.content.decode())[1]
    assert re.fullmatch(r"([A-Z0-9]{4}-){2}[A-Z0-9]{4}", secret)
    client = signed_in("officer")
    assert "/police/code/" in client.get("/police/").content.decode()
    answer = client.post("/police/code/", {"code": secret.lower().replace("-", " ")})
    asked = PoliceRequest.objects.get()
    assert answer.url == f"/police/requests/{asked.code}/"
    pack = json.loads(Release.objects.get().pack)
    assert (asked.state, asked.trip, asked.by_rule) == ("released", incident.trip, True)
    assert (pack["grade"]["reason"], pack["driver"]["name"]) == ("her_code", "钟大勇")
    assert asked.papers_due_at is None and missing_papers(clock.now() + timedelta(days=9)) == []
    page = client.get(answer.url, headers={"accept-language": "en"}).content.decode()
    assert "handed over a code of her own" in page and "Send paperwork" not in page
    told = Notification.objects.get(key__startswith="police-code:")
    assert told.recipient == people("passenger").phone and "/me/police-codes/" in told.text
    seen = signed_in("passenger").get("/me/police-codes/", headers={"accept-language": "en"}).content.decode()
    assert "used by" in seen and secret not in seen
    used = AuditEntry.objects.get(action="police.code_for_police_used")
    assert (used.actor, used.case) == ("officer", asked.code)


def closed(people, incident):
    take_incident(account=people("agent"), code=incident.code)
    resolve_incident(account=people("agent"), code=incident.code, outcome="safe", harm="none", words="x")
    close_incident(account=people("specialist"), code=incident.code)


def one_time_code():
    return re.search(r"\d{6}", Notification.objects.filter(key__startswith="code:").latest("pk").text)[0]


def test_a_session_alone_makes_no_code_once_her_call_for_help_is_over(incident, people, signed_in):
    """A phone that lay open, or a stolen session: without what comes to her number there is no code."""
    closed(people, incident)
    client = signed_in("passenger")
    page = client.post("/me/police-codes/", {"incident": incident.code}, headers={"accept-language": "en"})
    assert (page.status_code, "one-time code" in page.content.decode()) == (200, True)
    assert not ReferenceCode.objects.exists()
    sent = Notification.objects.get(key__startswith="code:")
    assert sent.recipient == people("passenger").phone
    for wrong in ("000000" if one_time_code() != "000000" else "111111", "abc", ""):
        bad = client.post("/me/police-codes/", {"incident": incident.code, "code": wrong})
        assert bad.status_code == 400, wrong
    assert not ReferenceCode.objects.exists()
    with pytest.raises(WrongCode):
        make(people, incident)
    good = client.post("/me/police-codes/", {"incident": incident.code, "code": one_time_code()})
    assert re.search(r'<p class="big" translate="no">([^<]+)</p>', good.content.decode())
    again = client.post("/me/police-codes/", {"incident": incident.code, "code": one_time_code()})
    assert again.status_code == 400, "it is used up"
    assert ReferenceCode.objects.count() == 1


def test_the_page_says_that_a_code_was_sent_only_where_it_was(incident, people, signed_in):
    """Who asks twice within a minute is told to wait for the first, and can write it; nobody waits for what never left."""
    closed(people, incident)
    client, english = signed_in("passenger"), {"accept-language": "en"}
    first = client.post("/me/police-codes/", {"incident": incident.code}, headers=english).content.decode()
    again = client.post("/me/police-codes/", {"incident": incident.code}, headers=english)
    assert Notification.objects.filter(key__startswith="code:").count() == 1
    assert ("We sent a one-time code" in first, "We sent a one-time code" in again.content.decode()) == (
        True,
        False,
    )
    assert again.status_code == 429
    assert 'name="code"' in again.content.decode(), "the one before is good still"
    wrong = client.post("/me/police-codes/", {"incident": incident.code, "code": "x"}, headers=english)
    assert "We sent a one-time code" not in wrong.content.decode()


def test_nobody_has_a_code_sent_for_what_is_not_theirs(incident, people, signed_in):
    closed(people, incident)
    assert signed_in("driver").post("/me/police-codes/", {"incident": incident.code}).status_code == 404
    assert signed_in("passenger2").post("/me/police-codes/", {"incident": incident.code}).status_code == 404
    assert not Notification.objects.filter(key__startswith="code:").exists()


def test_while_she_calls_for_help_nothing_waits_for_an_sms_and_her_phone_is_told_of_each(incident, people):
    """What is told says nothing of the police: who sits beside her may read it."""
    assert make(people, incident)
    told = Notification.objects.get(key__startswith="police-code-made:")
    assert told.recipient == people("passenger").phone
    assert "/me/police-codes/" in told.text
    assert not {"police", "警", "110"} & set(re.findall(r"police(?!-codes)|警|110", told.text))


def test_the_question_to_the_station_does_not_call_it_an_emergency(incident, people, client):
    use(people, make(people, incident))
    link = re.search(
        r"/police/owning/[^/ ]+/", Notification.objects.filter(key__startswith="owning:").first().text
    )[0]
    page = client.get(link, headers={"accept-language": "en"}).content.decode()
    assert "emergency request" not in page
    assert "by a code that the harmed person gave" in page


def test_it_is_kept_as_a_digest_alone(incident, people):
    secret = make(people, incident)
    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM police_referencecode c")
        kept = "".join(row[0] for row in cursor.fetchall())
    assert secret not in kept and secret.replace("-", "") not in kept
    facts = json.dumps(list(AuditEntry.objects.values_list("facts", "subject")), default=str)
    assert secret not in facts


def test_it_works_once_and_finds_its_own_request_again(incident, people):
    secret = make(people, incident)
    asked = use(people, secret)
    assert use(people, secret) == asked
    with pytest.raises(CodeUnknown):
        use(people, secret, "officer2")
    assert PoliceRequest.objects.count() == 1


def test_it_can_be_taken_back_until_it_is_used(incident, people, signed_in):
    secret = make(people, incident)
    row = ReferenceCode.objects.get()
    with pytest.raises(NotFound):
        services.revoke_code(account=people("passenger2"), code=row.code)
    assert signed_in("passenger").post(f"/me/police-codes/{row.code}/end/").status_code == 302
    with pytest.raises(CodeUnknown):
        use(people, secret)
    assert not PoliceRequest.objects.exists()
    again = make(people, incident)
    asked = use(people, again)
    services.revoke_code(account=people("passenger"), code=asked.reference.code)
    asked.reference.refresh_from_db()
    assert asked.reference.revoked_at is None


def test_a_new_one_ends_the_one_before_and_time_ends_it(incident, people, noon):
    first, second = make(people, incident), make(people, incident)
    with pytest.raises(CodeUnknown):
        use(people, first)
    noon.shift(15 * 86_400)
    Officer.objects.update(expires_at=clock.now() + timedelta(days=9))
    with pytest.raises(CodeUnknown):
        use(people, second)


def test_nobody_makes_one_for_what_is_not_theirs(incident, people, rides):
    for who in ("driver", "passenger2"):
        with pytest.raises(NotFound):
            make(people, incident, who)
    with pytest.raises(Forbidden):
        make(people, incident, "agent")


def test_an_incident_that_the_driver_reported_is_not_hers(rides, people):
    trip = rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.DRIVER, "wenzhou"))
    with pytest.raises(NotFound):
        make(people, Incident.objects.get())


def test_who_booked_for_somebody_else_learns_nothing_of_her_call_and_hands_nothing_out(
    rides, people, signed_in
):
    trip = rides.under_way()
    Trip.objects.filter(pk=trip.pk).update(
        rider_kind="other", rider_name="王丽", rider_phone="+8613911110077"
    )
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    hers = Incident.objects.get(trip=trip)
    page = signed_in("passenger").get("/me/police-codes/").content.decode()
    assert hers.code not in page and trip.code not in page
    with pytest.raises(NotFound):
        make(people, hers)
    Incident.objects.update(opened_by="passenger")
    with pytest.raises(NotFound):
        make(people, hers)


@pytest.fixture
def given_to_another(rides, people, noon):
    """She called for help before one driver; then another took the same trip. Her code was made before."""
    trip = rides.accepted()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    hers = Incident.objects.get(trip=trip)
    secret = make(people, hers)
    noon.shift(600)
    other = Driver.objects.get(account=people("driver2"))
    Trip.objects.filter(pk=trip.pk).update(driver=other, accepted_at=clock.now())
    return trip, hers, secret


def test_a_code_names_no_other_driver_than_whom_the_incident_concerns(
    given_to_another, people, signed_in, rides
):
    _trip, hers, secret = given_to_another
    with pytest.raises(CodeUnknown):
        use(people, secret)
    assert not PoliceRequest.objects.exists()
    assert not AuditEntry.objects.filter(facts__icontains="driver2").exists()
    assert hers.code not in signed_in("passenger").get("/me/police-codes/").content.decode()
    with pytest.raises(NotFound):
        make(people, hers)


def test_a_call_about_one_driver_bears_out_no_claim_about_another(given_to_another, people):
    trip, _hers, _secret = given_to_another

    def asked(key):
        question = urgent(Query.TRIP, trip.code)
        return services.ask_by_form(account=people("officer"), question=question, submission=key).release

    assert (asked("1").grade, asked("1").signs) == ("car", [])
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    assert (asked("2").grade, asked("2").signs) == ("whole", ["sos"])


def test_who_is_not_known_well_enough_gets_nothing_by_it(incident, people):
    secret = make(people, incident)
    with pytest.raises(OfficerSuspended):
        use(people, secret, "officer3")
    Officer.objects.filter(account__code="officer").update(tier=1)
    with pytest.raises(NotCalledBack):
        use(people, secret)
    Agency.objects.filter(code="hongqiao").update(kind="transport")
    with pytest.raises(InspectionInWriting):
        use(people, secret)
    assert not PoliceRequest.objects.exists()


@pytest.mark.valkey
def test_guessing_and_making_are_limited(incident, people, valkey):
    for number in range(10):
        with pytest.raises(CodeUnknown):
            use(people, f"KHXR4M7D{number:04}")
    with pytest.raises(TooMany):
        use(people, "KHXR4M7DACDE")
    for _time in range(5):
        make(people, incident)
    with pytest.raises(TooMany):
        make(people, incident)


def test_after_their_time_the_second_code_is_emptied_as_the_first(incident, people, noon):
    make(people, incident), make(people, incident)
    noon.shift(20 * 366 * 86_400)
    done = retention.rules()["police.ReferenceCode"].job.run(at=clock.now())
    assert done.total == 2
    assert set(ReferenceCode.objects.values_list("digest", flat=True)) == {None}


def test_the_station_hears_of_it_and_its_no_closes_the_pack(incident, people):
    asked = use(people, make(people, incident))
    told = Notification.objects.get(key__startswith="owning:")
    assert (told.recipient, told.subject) == (asked.agency.registered_email, asked.code)
    secret = re.findall(r"/police/owning/([^/]+)/", told.text)[0]
    services.answer_owning(secret=secret, answer="no", asker=Asker(address="10.0.0.1"))
    assert not Release.objects.get().is_open(clock.now())


def test_what_is_unusual_of_an_officer_waits_for_a_call_back_with_a_code_too(rides, people, incident, noon):
    for number in range(4):
        services.ask_by_form(
            account=people("officer"), question=urgent(Query.TRIP, incident.trip.code), submission=f"{number}"
        )
        noon.shift(900)
    asked = use(people, make(people, incident))
    assert "officer_rate" in asked.unusual
    assert (asked.release.grade, asked.release.reason) == ("car", "unusual")
    assert json.loads(asked.release.pack)["driver"] is None
    services.call_back_for_identity(account=people("agent"), code=asked.code)
    services.release_identity(account=people("supervisor"), code=asked.code)
    assert json.loads(Release.objects.get(request=asked).newest.pack)["driver"]
