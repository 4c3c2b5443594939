"""Every door that a stranger may push, and every message that somebody can cause, stands behind a limit or says why not."""

import re
from pathlib import Path

import pytest
from django.core.files.storage import storages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from complaints import services as complaints
from complaints.errors import TooManyComplaints
from complaints.models import Complaint
from complaints.selectors import Filter, page_of
from complaints.services import Caller, Filing
from complaints.states import Category, ClaimKind
from config.asgi import streams
from core import clock, limits
from core.limits import Limit
from core.messages import catalogue
from core.models import Notification
from core.tests.factories import set_policy
from drivers.models import Hold, MismatchReport
from drivers.services import key_of_report, report_from_street
from governance import concerns
from police import services as police
from police.models import Release
from police.states import Query
from police.tests.factories import urgent
from rides.models import Trip
from rides.selectors import position_key
from rides.services import Rider
from rides.states import Party, RiderKind
from safety import services as safety
from safety.models import WelfareCheck
from sandbox.plates import photo
from tests.test_permissions import EVERYBODY, KEYED, TABLE, shape

pytestmark = pytest.mark.long

# --- Doors -----------------------------------------------------------------------------------------------------------

LIFE = "a life may depend on it"  # taken always; whoever has no key of the trip or link of the case gets nothing by it
KEY = "only with a key that nobody guesses, and sends nothing to strangers"
NOTHING = "keeps nothing and sends nothing"
ROW = "its tries are counted in its own row"
CODES = ("accounts.codes_asked", "accounts.codes_of_phone")
# What whoever is not signed in may send, and which limits count it.
DOORS = {
    "POST api/v1/sign-in/": ("accounts.wrong_passwords", "accounts.wrong_codes"),
    "POST sign-in/": ("accounts.wrong_passwords",),
    "POST sign-in/passkey/": ("accounts.wrong_codes",),
    "POST api/v1/sign-in/code/": CODES,
    "POST sign-in/code/": (*CODES, "accounts.wrong_codes"),
    "POST api/v1/sign-in/password/code/": CODES,
    "POST api/v1/sign-in/password/": ("accounts.wrong_codes",),
    "POST sign-in/password/": (*CODES, "accounts.wrong_codes"),
    "POST api/v1/welfare-checks/": ("safety.welfare_checks", *CODES),
    "POST welfare-check/": ("safety.welfare_checks", *CODES),
    "POST welfare-check/{}/mend/": ("safety.welfare_checks", *CODES),
    "POST welfare-check/{}/evidence/": LIFE,
    "POST welfare-check/{}/verify/": ("accounts.wrong_codes",),
    "POST api/v1/mismatch-reports/": ("drivers.street_reports", *CODES),
    "POST report-a-car/": ("drivers.street_reports", *CODES),
    "POST report-a-car/{}/mend/": ("drivers.street_reports", *CODES),
    "POST api/v1/mismatch-reports/{}/mend/": ("drivers.street_reports", *CODES),
    "POST report-a-car/{}/prove/": ("accounts.wrong_codes",),
    "POST api/v1/mismatch-reports/{}/prove/": ("accounts.wrong_codes",),
    "POST api/v1/street-complaints/": ("complaints.street_complaints", "complaints.complaints", *CODES),
    "POST complain/": ("complaints.street_complaints", "complaints.complaints", *CODES),
    "POST complaints/{}/{}/{}/": ("complaints.link_words", "complaints.link_codes", "accounts.wrong_codes"),
    "POST claims/{}/{}/papers/": ("complaints.claim_papers",),
    "POST thanks/{}/{}/{}/": KEY,
    "POST contact/{}/": KEY,
    "POST police/packs/{}/": ROW,
    "POST police/owning/{}/": ("police.owning",),
    "POST police/verify/": ("police.verify",),
    "POST speak-up/{}/": ("governance.concern_words",),
    "POST practice/sos/": NOTHING,
    "POST i18n/setlang/": NOTHING,
    "POST sign-out/": NOTHING,
    "POST ride/{}/confirm-car/": KEY,
    "POST ride/{}/mismatch/": KEY,
    "POST ride/{}/never-again/": KEY,
    "POST ride/{}/never-again/undo/": KEY,
    "POST ride/{}/complaint/": LIFE,
    "POST ride/{}/reminder/": KEY,
    "POST ride/{}/other-line/": ("rides.riders_told",),
    "POST ride/{}/again/": ("rides.riders_told",),
    "POST api/v1/trips/{}/sos/": LIFE,
    "POST api/v1/trips/{}/sos/words/": LIFE,
    "POST api/v1/trips/{}/answer/": LIFE,
    "POST api/v1/trips/{}/accident/": LIFE,
    "POST api/v1/trips/{}/sound/": LIFE,
    "POST api/v1/trips/{}/recording/": LIFE,
    "POST api/v1/sound/end/": LIFE,
    "POST trips/{}/sos/": LIFE,
    "POST trips/{}/sos/word/": LIFE,
    "POST trips/{}/sos/shown/": LIFE,
    "POST trips/{}/sos/110/": LIFE,
    "POST trips/{}/sos/appeal/": LIFE,
    "POST trips/{}/answer/": LIFE,
    "POST trips/{}/recording/": LIFE,
    "POST api/v1/trips/{}/shares/": ("safety.share_links",),
    "POST trips/{}/shares/": ("safety.share_links",),
    "DELETE api/v1/trips/{}/shares/{}/": KEY,
    "POST consultations/{}/receipt/": NOTHING,
    "POST api/v1/consultations/{}/receipt/": NOTHING,
}
# Beside the pages: streams ask for a session, positions and sound for a key of the trip.
LANE = {"/trips/", "/console/", "/listen/{code}/"}


def test_every_door_for_strangers_is_listed_with_its_limit():
    doors = {f"{row[0]} {shape(row[1])}" for row in TABLE if row[2] == EVERYBODY and row[0] != "GET"}
    doors |= {f"{row[0]} {shape(row[1])}" for row in KEYED if row[0] != "GET"}
    assert doors == set(DOORS)
    (mounted,) = streams.routes
    assert {route.path for route in mounted.routes} == LANE


def test_what_is_listed_is_declared_and_help_is_never_refused():
    named = {name for what in DOORS.values() if isinstance(what, tuple) for name in what}
    named |= {name for what in SENT.values() if isinstance(what, tuple) for name in what}
    assert named <= limits.declared().keys()
    unused = limits.declared().keys() - named
    assert unused == {
        "complaints.sos_texts",  # of what the provider of SMS brings, which shows its token
        "rides.phrases",
        "drivers.certificate_photos",
        "drivers.face_challenges",
        "accounts.reveals_without_case",
        "core.witness_said",
        "core.files",  # at each door that opens files, of whom it can tell
        "accounts.guardian_names",
        "accounts.real_names",
        "police.preservations",
        "governance.rules_alone",
        "governance.concerns",
        "governance.votes",
        "governance.vote_lists",
        "governance.vote_results",
    }
    for life in ("safety.welfare_checks", "police.emergencies", "complaints.sos_texts"):
        assert not isinstance(limits.declared()[life], Limit)


# --- Messages --------------------------------------------------------------------------------------------------------

STAFF = "somebody of the staff or the platform itself decides it"
SELF = "to the account's own phone, after what only its owner can do"
ONCE = "its key says it once for one event of a trip that has a driver, or of a case"
SENT = {
    "accounts.code": CODES,
    "accounts.code_for_copy": CODES,
    "accounts.code_to_close": CODES,
    "accounts.code_for_police": CODES,
    "accounts.code_for_passkey": CODES,
    "accounts.contact_asked": ("accounts.invitations",),
    "accounts.guardian_asked": ("accounts.invitations",),
    "accounts.guardian_confirmed": ("accounts.invitations",),
    "accounts.guardian_over": ("accounts.invitations",),
    "accounts.ward_over": ("accounts.invitations",),
    "accounts.guardian_kept": STAFF,
    "accounts.wrong_tries": ("accounts.warnings",),
    "accounts.password_changed": SELF,
    "accounts.signed_in_elsewhere": SELF,
    "accounts.second_factor_set": SELF,
    "accounts.passkey_added": SELF,
    "accounts.passkey_removed": SELF,
    "accounts.recovery_code_used": SELF,
    "accounts.administrator_made": STAFF,
    "accounts.signed_out": STAFF,
    "accounts.copy_asked": ("accounts.copies",),
    "accounts.closed": SELF,
    "complaints.received": ("complaints.street_complaints", "complaints.complaints"),
    "rides.booked_for_you": ("rides.riders_told",),
    "rides.car_found": ONCE,
    "rides.car_near": ONCE,
    "rides.car_waits": ONCE,
    "rides.car_found_on_screen": ONCE,
    "rides.car_near_on_screen": ONCE,
    "rides.car_waits_on_screen": ONCE,
    "rides.order_on_screen": ONCE,
    "rides.request_on_screen": ONCE,
    "rides.driver_unproved": ONCE,
    "rides.nobody_was_free": ONCE,
    "rides.order_without_guardian": ONCE,
    "rides.night_reminder": ONCE,
    "rides.late_pickup": ONCE,
    "safety.trip_shared": ONCE,
    "safety.sos": LIFE,
    "safety.sos_car": LIFE,
    "safety.sos_where": LIFE,
    "safety.how_is_the_ride": ONCE,
    "complaints.satisfaction": ONCE,
    "complaints.statement_asked": ONCE,
    "complaints.statement_reminded": ONCE,
    # Of a release by rule: beyond so many emergencies of an officer there is none.
    "police.was_this_yours": ("police.emergencies",),
    "police.was_this_yours_spoken": ("police.emergencies",),
    "police.code_used": ("police.codes_tried",),
    "police.code_made": ("police.codes_made",),
    **dict.fromkeys(
        [
            "complaints.answer",
            "complaints.care_overdue",
            "complaints.claim_approved",
            "complaints.claim_filed",
            "complaints.claim_refused",
            "complaints.decided",
            "complaints.greeting",
            "complaints.limit_near",
            "complaints.limit_passed",
            "complaints.nobody_took_it",
            "complaints.roster_thin",
            "config.life_worker_back",
            "config.life_worker_late",
            "config.process_back",
            "config.process_late",
            "drivers.appeal_rejected",
            "drivers.application_approved",
            "drivers.application_refused",
            "drivers.application_returned",
            "drivers.decision_appeal_granted",
            "drivers.hold_appeal_granted",
            "drivers.paper_ended",
            "drivers.paper_ends",
            "drivers.report_rewarded",
            "governance.alarm_trial",
            "governance.drill_failed",
            "governance.measure_failed",
            "governance.relaunch_fell",
            "police.not_theirs",
            "police.officer_ends",
            "police.papers_awaited",
            "police.data_were_read",
            "police.pack_released",
            "police.request_escalated",
            "police.station_changes",
            "rides.line_suspended",
            "rides.line_suspended_again",
            "safety.recording_played",
        ],
        STAFF,
    ),
}


def test_every_message_says_what_bounds_it():
    assert {entry.code for entry in catalogue.entries() if entry.app != "test"} == SENT.keys()


# --- That the doors ask ----------------------------------------------------------------------------------------------


def client(address="127.0.0.1", headers=None):
    return Client(headers={"accept-language": "en"} | (headers or {}), REMOTE_ADDR=address)


def counted(valkey):
    return {re.search(r"{(.*?)}", key.decode())[1] for key in valkey.scan_iter("limit:*")}


CHECK = {"missing_phone": "13800000001", "words": "x", "reporter_phone": "13977770001"}


PHOTO = "a picture"
COMPLAINT = {
    "name": "路人", "phone": "13911110003", "plate": "川A·H0001", "category": "dispute", "words": "绕路了",
    "submission": "s",
}  # fmt: skip
REPORT = {
    "phone": "13911110002",
    "plate": "川A·X9999",
    "words": "另一个人开的",
    "submission": "s",
    "photo": PHOTO,
}
MENDED = {"key": "{report_key}", "plate": "川A·X9998", "phone": "13911110010"}
# How each of these doors is pushed: JSON or a form, where, what is sent.
PUSHED = {
    "POST speak-up/{}/": [("form", "/speak-up/{concern}/", {"words": "x"})],
    "POST police/owning/{}/": [("form", f"/police/owning/{'a' * 32}/", {"answer": "no"})],
    "POST police/verify/": [("form", "/police/verify/", {"digest": "0" * 64})],
    "POST api/v1/sign-in/": [
        ("json", "/api/v1/sign-in/", {"name": "13800000001", "password": "x"}),
        ("json", "/api/v1/sign-in/", {"name": "13800000001", "code": "000000"}),
    ],
    "POST sign-in/": [("form", "/sign-in/", {"name": "passenger", "password": "x"})],
    "POST sign-in/passkey/": [("form", "/sign-in/passkey/", {"passkey": "x", "sealed": "x"})],
    "POST api/v1/sign-in/code/": [("json", "/api/v1/sign-in/code/", {"phone": "13800000001"})],
    "POST sign-in/code/": [
        ("form", "/sign-in/code/", {"phone": "13800000001"}),
        ("form", "/sign-in/code/", {"phone": "13800000001", "code": "000000"}),
    ],
    "POST api/v1/sign-in/password/code/": [
        ("json", "/api/v1/sign-in/password/code/", {"phone": "13800000001"})
    ],
    "POST api/v1/sign-in/password/": [
        (
            "json",
            "/api/v1/sign-in/password/",
            {"phone": "13800000001", "code": "000000", "new": "a new one of hers"},
        )
    ],
    "POST sign-in/password/": [
        ("form", "/sign-in/password/", {"phone": "13800000001"}),
        (
            "form",
            "/sign-in/password/",
            {"phone": "13800000001", "code": "000000", "new": "a new one of hers"},
        ),
    ],
    "POST api/v1/welfare-checks/": [("json", "/api/v1/welfare-checks/", CHECK)],
    "POST welfare-check/": [("form", "/welfare-check/", CHECK)],
    "POST welfare-check/{}/mend/": [
        ("form", "/welfare-check/{check}/mend/", {"reporter_phone": "13977770002"})
    ],
    "POST welfare-check/{}/verify/": [("form", "/welfare-check/{check}/verify/", {"code": "000000"})],
    "POST api/v1/mismatch-reports/": [("form", "/api/v1/mismatch-reports/", REPORT)],
    "POST report-a-car/": [("form", "/report-a-car/", REPORT)],
    "POST report-a-car/{}/mend/": [("form", "/report-a-car/{report}/mend/", MENDED)],
    "POST api/v1/mismatch-reports/{}/mend/": [("json", "/api/v1/mismatch-reports/{report}/mend/", MENDED)],
    "POST report-a-car/{}/prove/": [("form", "/report-a-car/{report}/prove/", {"code": "000000"})],
    "POST api/v1/mismatch-reports/{}/prove/": [
        ("json", "/api/v1/mismatch-reports/{report}/prove/", {"code": "000000"})
    ],
    "POST api/v1/street-complaints/": [("json", "/api/v1/street-complaints/", COMPLAINT)],
    "POST complain/": [("form", "/complain/", COMPLAINT)],
    "POST complaints/{}/{}/{}/": [
        ("form", "/complaints/{complaint}/more/", {"words": "x"}),
        ("form", "/complaints/{complaint}/verify/", {"code": "000000"}),
    ],
    "POST claims/{}/{}/papers/": [
        ("form", "/claims/{claim}/papers/", {"paper": "identity", "uploads": PHOTO})
    ],
    "POST api/v1/trips/{}/shares/": [("json", "/api/v1/trips/{trip}/shares/", {"key": "{key}"})],
    "POST trips/{}/shares/": [("form", "/trips/{trip}/shares/", {"key": "{key}"})],
    "POST ride/{}/again/": [("form", "/ride/{stopped}/again/", {})],
}


@pytest.fixture
def there(rides, people):
    """What an address names."""
    trip = rides.under_way()
    check = safety.file_welfare_check(
        missing_phone="13800000002", reporter_phone="13977770009", words="x", submission="there"
    )
    complaint = street("there")
    accident = complaints.open_accident(
        account=people("agent"), trip_code="", happened_at=clock.now(), place="x", words="x", submission="x"
    )
    claim = complaints.file_claim(
        account=people("agent"), accident_code=accident.code, kind=ClaimKind.ADVANCE, name="x",
        phone="13911110001", fen=100, submission="k",
    )  # fmt: skip
    stopped = rides.booked("passenger2", rider=Rider(RiderKind.OTHER, "x", "13911110007"))
    Trip.objects.filter(pk=stopped.pk).update(
        state="cancelled", cancelled_at=clock.now(), cancel_reason="mismatch", plate_check="differs"
    )
    report = report_from_street(
        account=None,
        phone="13911110009",
        plate="川A·X9999",
        words="x",
        content=photo("川A·H0001"),
        submission=whole("there"),
    )
    return {
        "concern": concerns.report(
            account=people("agent"),
            words="x",
            about="",
            asks_back=True,
            barred=[],
            submission=whole("there"),
            asker=limits.NOBODY,
        ).secret,
        "check": check.secret,
        "complaint": f"{complaint.code}/{complaint.secret}",
        "claim": f"{claim.code}/{claim.secret}",
        "trip": trip.code,
        "key": position_key(trip, Party.PASSENGER),
        "stopped": position_key(stopped, Party.PASSENGER),
        "report": report.code,
        "report_key": key_of_report(report),
    }


def street(submission, words="绕路了", category=Category.DISPUTE, **more):
    return complaints.file_from_street(
        caller=Caller("路人", "13911110002"),
        plate="川A·H0001",
        told=Filing(category, words, whole(submission)),
        **more,
    )


def whole(key):
    """As long as a key has to be."""
    return key.ljust(20, "-")


def push(browser, kind, path, body, there=None):
    path = path.format(**(there or {}))
    body = {name: value.format(**(there or {})) for name, value in body.items()}
    if "submission" in body:
        body["submission"] = whole(body["submission"])
    if kind == "json":
        return browser.post(path, body, content_type="application/json")
    files = {
        name: SimpleUploadedFile("a.jpg", photo("川A·H0001"), "image/jpeg")
        for name, value in body.items()
        if value == PHOTO
    }
    return browser.post(path, body | files)


def test_every_limited_door_is_pushed():
    limited = {door for door, what in DOORS.items() if isinstance(what, tuple)}
    # The way of a trip anew on another line: by the same service as `again`.
    assert limited - PUSHED.keys() == {"POST ride/{}/other-line/"}
    assert PUSHED.keys() <= limited


@pytest.mark.parametrize("door", PUSHED)
def test_a_door_is_counted_by_what_is_listed(door, there, valkey):
    browser = client()
    for each in PUSHED[door]:
        assert push(browser, *each, there).status_code < 500
    assert counted(valkey) == set(DOORS[door])


# --- What strangers send: wrong forms, shared addresses, no cookies --------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "wrong"),
    [
        ("/complain/", COMPLAINT, {"phone": "nonsense"}),
        ("/api/v1/street-complaints/", COMPLAINT, {"phone": "nonsense"}),
        ("/report-a-car/", REPORT, {"phone": "nonsense"}),
        ("/api/v1/mismatch-reports/", REPORT, {"phone": "nonsense"}),
        ("/report-a-car/", REPORT, {"plate": " · "}),
    ],
)
def test_wrong_forms_use_up_nobodys_turn(world, path, body, wrong):
    for name in ("complaints.street_complaints", "drivers.street_reports"):
        set_policy(name, {"device": 3, "address": 3, "within": 3_600})
    kind = "json" if "street" in path else "form"
    bad = [push(client(), kind, path, body | wrong | {"submission": f"b{n}"}).status_code for n in range(10)]
    assert set(bad) == {400}
    good = [push(client(), kind, path, body | {"submission": f"g{n}"}).status_code for n in range(4)]
    assert all(status in {200, 201, 302} for status in good[:3])
    assert good[3] == 429


@pytest.mark.parametrize("proxies", [0, 1])
def test_thirty_three_people_behind_one_address(world, settings, proxies):
    settings.PROXIES = proxies
    for number in range(33):
        browser = client(headers={"X-Forwarded-For": f"10.1.0.{number}"})
        check = CHECK | {"reporter_phone": f"139777700{number:02}", "submission": f"s{number}"}
        assert push(browser, "form", "/welfare-check/", check).status_code == 302
        told = COMPLAINT | {"phone": f"139111100{number:02}", "submission": f"s{number}"}
        assert push(browser, "form", "/complain/", told).status_code == 302
    assert WelfareCheck.objects.count() == 33
    assert WelfareCheck.objects.filter(from_crowd=True).count() == (0 if proxies else 3)
    assert Complaint.objects.filter(from_crowd=False).count() == 33


@pytest.mark.parametrize("path", ["/welfare-check/", "/complain/", "/report-a-car/"])
def test_no_cookie_is_needed(world, path):
    body = {"/welfare-check/": CHECK, "/complain/": COMPLAINT, "/report-a-car/": REPORT}[path]
    assert push(Client(enforce_csrf_checks=True), "form", path, body).status_code in {200, 302}


def narrow(name, **bounds):
    set_policy(name, bounds | {"within": 3_600})


GRAVE = "他拿刀威胁她，救命"


def test_a_grave_complaint_is_taken_beyond_marked_and_last(rides, signed_in, people):
    narrow("complaints.street_complaints", device=2, address=2)
    for number in range(2):
        push(client(), "form", "/complain/", COMPLAINT | {"submission": f"s{number}"})
    refused = push(client(), "form", "/complain/", COMPLAINT | {"submission": "s3"})
    assert refused.status_code == 429
    assert COMPLAINT["words"] in refused.content.decode(), "what was typed is there still"
    before = Notification.objects.count()
    taken = push(client(), "form", "/complain/", COMPLAINT | {"submission": "s4", "words": GRAVE})
    assert taken.status_code == 302
    grave = Complaint.objects.get(from_crowd=True)
    assert grave.level == "severe"
    assert Notification.objects.filter(subject=grave.code).count() == 0
    assert Notification.objects.count() == before
    elsewhere = push(
        client("203.0.113.1"), "form", "/complain/", COMPLAINT | {"submission": "s5", "phone": "13911110005"}
    )
    assert elsewhere.status_code == 302
    agent = people("agent")
    shown = page_of(Filter(), agent, clock.now()).rows
    assert shown[-1] == grave
    assert "many from this address" in signed_in("agent").get("/admin/workspace/").content.decode()
    taken_first = [complaints.take_next(account=people(who)) for who in ("agent", "agent2")]
    assert grave not in taken_first


def test_a_grave_complaint_of_a_phone_that_complained_all_day_is_taken(rides):
    narrow("complaints.complaints", person=2, target=2)
    for number in range(2):
        street(f"s{number}")
    with pytest.raises(TooManyComplaints):
        street("s3")
    assert street("s4", GRAVE).level == "severe"


def opened():
    """How many files of strangers were opened and written to storage so far."""
    return sum(1 for each in Path(storages["pictures"].location).rglob("*") if each.is_file())


def test_no_file_of_a_stranger_is_opened_beyond_the_limit_or_twice(rides):
    narrow("complaints.street_complaints", device=1, address=1)
    before = opened()
    sent = COMPLAINT | {"uploads": PHOTO}
    for changes, status, files in [
        ({"submission": "s1"}, 302, 1),
        ({"submission": "s1"}, 302, 1),
        ({"submission": "s2", "phone": "13911110002"}, 429, 1),
        ({"submission": "s2", "phone": "13911110002", "words": GRAVE}, 302, 2),
    ]:
        assert push(client(), "form", "/complain/", sent | changes).status_code == status
        assert opened() - before == files, changes


def test_all_files_that_one_device_sends_in_a_day_have_a_bound(rides):
    """The words are taken whatever becomes of the file; what comes with words of danger is opened, and so is another's."""
    narrow("core.files", person=2, device=2)
    mine, others = client(), client()
    mine.cookies["device"], others.cookies["device"] = "a" * 24, "b" * 24
    before = opened()
    sent = COMPLAINT | {"uploads": PHOTO}
    for browser, changes, files in [
        (mine, {"submission": "s1"}, 1),
        (mine, {"submission": "s2", "phone": "13911110004"}, 2),
        (mine, {"submission": "s3", "phone": "13911110005"}, 2),
        (mine, {"submission": "s4", "phone": "13911110006", "words": GRAVE}, 3),
        (others, {"submission": "s5", "phone": "13911110007"}, 4),
    ]:
        assert push(browser, "form", "/complain/", sent | changes).status_code == 302
        assert opened() - before == files, changes
    assert Complaint.objects.count() == 5


def test_all_files_that_one_person_sends_in_a_day_have_a_bound(signed_in):
    narrow("core.files", person=1, device=9)
    answers = [
        signed_in("passenger").post(
            "/api/v1/mismatch-reports/",
            {"plate": plate, "words": "x", "submission": whole(plate), "photo": picture()},
        )
        for plate in ("川A·X0001", "川A·X0002")
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert sorted(MismatchReport.objects.values_list("picture_fault", flat=True)) == ["", "files_of_a_day"]


def picture():
    return SimpleUploadedFile("a.jpg", photo("川A·H0001"), "image/jpeg")


def test_no_document_of_a_claim_is_opened_beyond_the_limit(there):
    narrow("complaints.claim_papers", target=1)
    before, page = opened(), f"/claims/{there['claim']}/papers/"
    form = {"paper": "identity", "uploads": PHOTO}
    assert [push(client(), "form", page, form).status_code for _time in range(3)] == [302, 429, 429]
    assert opened() - before == 1


def test_words_of_danger_are_added_to_a_case_whatever_was_added_before(rides):
    narrow("complaints.link_words", target=1)
    filed = street("s")
    page = f"/complaints/{filed.code}/{filed.secret}/more/"
    assert [client().post(page, {"words": "x"}).status_code for _time in range(2)] == [302, 429]
    assert client().post(page, {"words": GRAVE}).status_code == 302


def test_a_report_of_danger_is_taken_beyond_and_holds_nobody_by_itself(world, signed_in):
    narrow("drivers.street_reports", device=1, address=1)
    own = REPORT | {"plate": "川A·H0001"}
    assert push(client(), "form", "/report-a-car/", own | {"submission": "a"}).status_code == 200
    code = re.findall(r"\d{6}", Notification.objects.get(message="accounts.code").text)[0]
    proved = f"/report-a-car/{MismatchReport.objects.get().code}/prove/"
    assert push(client(), "form", proved, {"code": code}).status_code == 200
    assert Hold.objects.count() == 1
    other = REPORT | {"plate": "川A·H0002"}
    assert push(client(), "form", "/report-a-car/", other | {"submission": "b"}).status_code == 429
    taken = push(client(), "form", "/report-a-car/", other | {"submission": "c", "words": GRAVE})
    assert taken.status_code == 200
    report = MismatchReport.objects.get(from_crowd=True)
    assert (report.driver, Hold.objects.count()) == (None, 1)
    assert "many from this address" in signed_in("vetting").get("/admin/vetting/").content.decode()


def test_the_code_of_a_report_is_not_used_up_from_another_page(world):
    """Whoever files a report that names somebody's phone has a page on which codes to that phone can be typed."""
    filed = safety.file_welfare_check(**CHECK, submission="a")
    (code,) = [
        re.findall(r"\d{6}", row.text)[0] for row in Notification.objects.filter(message="accounts.code")
    ]
    strange = safety.file_welfare_check(**CHECK | {"words": "another"}, submission="b")
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _try in range(6):
        assert client().post(f"/welfare-check/{strange.secret}/verify/", {"code": wrong}).status_code == 400
    wide = code.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    page = f"/welfare-check/{filed.secret}/verify/"
    assert client().post(page, {"code": f"【{wide[:3]} {wide[3:]}】"}).status_code == 302


@pytest.mark.parametrize("typed", ["{wide}", "{code:.3} 123456", "【{code}】"])
def test_a_callers_code_is_read_as_people_type_it(rides, typed):
    filed = street("s")
    code = re.findall(r"\d{6}", Notification.objects.get(message="accounts.code").text)[0]
    wide = code.translate({ord(str(n)): chr(0xFF10 + n) for n in range(10)})
    page = f"/complaints/{filed.code}/{filed.secret}/verify/"
    expected = 400 if "123456" in typed else 302
    assert client().post(page, {"code": typed.format(wide=wide, code=code)}).status_code == expected


def test_links_to_one_trip_have_an_end(rides):
    trip = rides.under_way()
    key = {"key": position_key(trip, Party.PASSENGER)}
    path = f"/api/v1/trips/{trip.code}/shares/"
    seen = [client().post(path, key, content_type="application/json").status_code for _time in range(31)]
    assert seen == [201] * 30 + [429]


# --- The police ------------------------------------------------------------------------------------------------------


def emergency(people, trip, number, who="officer"):
    question = urgent(Query.TRIP, trip.code)
    return police.ask_by_form(account=people(who), question=question, submission=f"{who}{number}")


def test_emergencies_of_one_officer_beyond_a_number_are_taken_and_go_to_two_people(
    rides, people, noon, signed_in
):
    trip = rides.under_way()
    asked = [emergency(people, trip, number) for number in range(15)]
    assert [each.state for each in asked] == ["released"] * 6 + ["escalated"] * 9
    last = asked[-1]
    assert (last.one_of_many, last.trip) == (True, trip)
    assert not Release.objects.filter(request=last).exists()
    assert (
        "many of one officer"
        in signed_in("specialist").get(f"/admin/police-line/{last.code}/").content.decode()
    )
    assert emergency(people, trip, 1, "officer2").state == "released"
    police.propose_release(account=people("specialist"), code=last.code)
    police.confirm_release(account=people("supervisor"), code=last.code)
    assert Release.objects.filter(request=last).exists()
    noon.shift(601)
    assert emergency(people, trip, 99).state == "released"
