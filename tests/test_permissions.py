"""Who may open what: every route × every role. A route that is not in the table fails the suite."""

import importlib
import re
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.db import transaction
from django.urls import NoReverseMatch, get_resolver, reverse

from core.actions import ACTION_SETS
from core.errors import NotFound
from core.permissions import roles_who
from core.tests.replay import Replay
from governance.services import check_board
from rides.models import Trip
from rides.selectors import position_key
from rides.states import Party
from safety import keys
from safety.tests.factories import wrapped
from tests.test_machines import APPS

pytestmark = pytest.mark.long

MEMBERS = {"passenger", "passenger2", "driver", "driver2"}
STAFF_ROLES = {str(role) for role in roles_who("console.open")}
RESPONDER_ROLES = {str(role) for role in roles_who("incidents.respond")}
HEARER_ROLES = {str(role) for role in roles_who("recordings.hear")}
OFFICERS = {"officer", "officer2"}
SIGNED_IN = MEMBERS | STAFF_ROLES | OFFICERS
PEOPLE = ["", *sorted(SIGNED_IN)]
EVERYBODY = set(PEOPLE)
APPLICANT = {"passenger2"}
TRIP, DRIVERS_TRIP = {"passenger", "driver"}, {"driver"}
OTHER_TRIP = {"passenger", "driver2"}
DRIVERS = {"driver", "driver2"} | APPLICANT  # who has applied has a driver's pages, and no order
WORKER_ROLES = {str(role) for role in roles_who("complaints.work")}

PAPERS = {
    "letter_number": "1",
    "certificates": ["1", "2"],
    "certificate_1": "1",
    "certificate_2": "2",
}

ACCEPTS = {"itinerary": "{itinerary}", "face_token": "{face_token}"}
# (method, route, who gets past the door). Names in braces are filled with the objects that `things` makes.
TABLE = [
    ("GET", "favicon.ico", EVERYBODY),
    ("GET", "manifest.webmanifest", EVERYBODY),
    ("GET", "service-worker.js", EVERYBODY),
    ("GET", "without-network/en/", EVERYBODY),
    ("GET", "health/live", EVERYBODY),
    ("GET", "health/ready", EVERYBODY),
    ("GET", "metrics", set()),  # for the machine that has the token (config/tests)
    # --- API ---
    ("POST", "api/v1/sign-in/code/", EVERYBODY),
    ("POST", "api/v1/sign-in/", EVERYBODY),
    ("POST", "api/v1/sign-in/second-factor/", SIGNED_IN),
    ("GET", "api/v1/me/", SIGNED_IN),
    ("POST", "api/v1/sign-in/password/code/", EVERYBODY),
    ("POST", "api/v1/sign-in/password/", EVERYBODY),
    ("GET", "api/v1/me/sessions/", SIGNED_IN),
    ("DELETE", "api/v1/me/sessions/{session}/", {"passenger"}),
    ("POST", "api/v1/me/password/", SIGNED_IN),
    ("POST", "api/v1/me/real-name/", MEMBERS),
    ("GET", "api/v1/me/consents/", MEMBERS),
    ("PUT", "api/v1/me/consents/{consent}/", MEMBERS, {"on": True}),
    ("GET", "api/v1/me/screen/", MEMBERS),
    (
        "PUT",
        "api/v1/me/screen/",
        MEMBERS,
        {"endpoint": "https://push.example/x", "p256dh": "AAAA", "auth": "AAAA"},
    ),
    ("DELETE", "api/v1/me/screen/", MEMBERS),
    ("POST", "api/v1/me/data/code/", MEMBERS, {"purpose": "copy"}),
    ("POST", "api/v1/me/data/copies/", MEMBERS, {"code": "000000"}),
    ("GET", "api/v1/me/data/copies/{copy}/", {"passenger"}),
    ("GET", "api/v1/me/data/closing/", MEMBERS),
    ("POST", "api/v1/me/data/closing/", MEMBERS, {"code": "000000"}),
    ("GET", "api/v1/me/contacts/", SIGNED_IN),
    ("POST", "api/v1/me/contacts/", SIGNED_IN),
    ("GET", "api/v1/itineraries/", DRIVERS),
    ("POST", "api/v1/itineraries/", DRIVERS),
    ("DELETE", "api/v1/itineraries/{itinerary}/", DRIVERS_TRIP),
    ("GET", "api/v1/itineraries/{itinerary}/request/", DRIVERS_TRIP),
    ("POST", "api/v1/trips/{waiting}/decline/", DRIVERS_TRIP, {"itinerary": "{itinerary}"}),
    ("GET", "api/v1/trips/{waiting}/owners/", {"passenger2"}),
    ("POST", "api/v1/trips/{waiting}/owners/", {"passenger2"}, {"way": "{itinerary}"}),
    ("GET", "api/v1/driver/", DRIVERS),
    ("POST", "api/v1/driver/vehicle/", set(), {"plate": "川A·X9999"}),  # of whose car it is (rides/tests)
    ("GET", "api/v1/driver/application/", APPLICANT),
    ("POST", "api/v1/driver/application/", MEMBERS),
    ("PATCH", "api/v1/driver/application/", APPLICANT, {"fields_typed": {}}),
    ("POST", "api/v1/driver/application/photos/id_card/", MEMBERS),
    ("POST", "api/v1/driver/application/send/", APPLICANT),
    ("POST", "api/v1/mismatch-reports/", EVERYBODY),
    ("POST", "api/v1/mismatch-reports/{report}/mend/", EVERYBODY),
    ("POST", "api/v1/mismatch-reports/{report}/prove/", EVERYBODY),
    ("POST", "api/v1/driver/face-consent/", DRIVERS),
    ("POST", "api/v1/driver/face-checks/", DRIVERS - APPLICANT, {"purpose": "daily"}),
    ("POST", "api/v1/driver/face-checks/{face_check}/next/", DRIVERS_TRIP, {}),
    ("POST", "api/v1/driver/face-checks/{face_check}/frames/", DRIVERS_TRIP, {}),
    ("POST", "api/v1/driver/online/", DRIVERS),
    ("DELETE", "api/v1/driver/online/", DRIVERS),
    ("GET", "api/v1/driver/offer/", DRIVERS),
    ("POST", "api/v1/driver/offers/{offer}/accept/", {"driver2"}),
    ("POST", "api/v1/driver/offers/{offer}/decline/", {"driver2"}),
    ("POST", "api/v1/driver/video-checks/", DRIVERS, {"purpose": "daily"}),
    ("GET", "api/v1/driver/video-checks/{video}/", DRIVERS_TRIP),
    ("POST", "api/v1/driver/video-checks/{video}/", DRIVERS_TRIP),
    ("GET", "api/v1/driver/video-checks/{video}/call/", DRIVERS_TRIP),
    ("POST", "api/v1/driver/video-checks/{video}/call/", DRIVERS_TRIP, {"kind": "hello"}),
    ("GET", "api/v1/video-checks/{video}/call/", {"vetting"}),  # who took it, and no other reviewer
    ("POST", "api/v1/video-checks/{video}/call/", {"vetting"}, {"kind": "hello"}),
    # Without a file: whose call it is stands in drivers/tests.
    ("POST", "api/v1/video-checks/{video}/recording/", {"vetting", "supervisor"}),
    ("POST", "api/v1/driver/holds/{own_hold}/appeal/", DRIVERS_TRIP, {"words": "x"}),
    ("GET", "api/v1/me/score/", MEMBERS),
    ("GET", "api/v1/me/never-again/", MEMBERS),
    ("PUT", "api/v1/me/score/", MEMBERS),
    ("GET", "api/v1/me/cities/wenzhou/places/", MEMBERS),
    ("POST", "api/v1/me/cities/wenzhou/places/", MEMBERS, {"lat": 28.1535, "lon": 120.6905, "kind": "work"}),
    ("DELETE", "api/v1/me/places/{own_place}/", {"passenger"}),
    ("POST", "api/v1/estimates/", MEMBERS),
    ("GET", "api/v1/trips/", MEMBERS),
    ("POST", "api/v1/trips/", MEMBERS),
    ("GET", "api/v1/trips/{trip}/", TRIP),
    ("POST", "api/v1/trips/{waiting}/accept/", DRIVERS_TRIP, ACCEPTS),
    ("POST", "api/v1/trips/{trip}/plate-photo/", DRIVERS_TRIP),
    ("POST", "api/v1/trips/{trip}/arrive/", DRIVERS_TRIP),
    ("POST", "api/v1/trips/{trip}/confirm-car/", {"passenger"}),
    ("POST", "api/v1/trips/{trip}/mismatch/", {"passenger"}, {"what": "car"}),
    ("POST", "api/v1/trips/{trip}/board/", DRIVERS_TRIP, {"code": "0000"}),
    ("POST", "api/v1/trips/{trip}/depart/", DRIVERS_TRIP),
    ("POST", "api/v1/trips/{trip}/end/", DRIVERS_TRIP),
    ("POST", "api/v1/trips/{late}/rider/", {"passenger"}, {"rider_phone": "13911112222"}),
    ("POST", "api/v1/trips/{trip}/cancel/", TRIP),
    ("POST", "api/v1/trips/{ended}/rating/", OTHER_TRIP, {"stars": 5}),
    ("POST", "api/v1/trips/{ended}/never-again/", OTHER_TRIP),
    ("DELETE", "api/v1/trips/{ended}/never-again/", OTHER_TRIP),
    ("GET", "api/v1/trips/{trip}/messages/", TRIP),
    ("POST", "api/v1/trips/{trip}/messages/", TRIP, {"phrase": "yes"}),
    ("POST", "api/v1/trips/{trip}/relay-number/", TRIP),
    ("POST", "api/v1/trips/{late}/reminder/", OTHER_TRIP),
    ("POST", "api/v1/trips/{late}/other-line/", {"passenger"}, {"line": "express"}),
    ("POST", "api/v1/trips/{stopped}/again/", {"passenger2"}),
    ("GET", "api/v1/sound-key/", EVERYBODY),
    ("POST", "api/v1/sound/end/", EVERYBODY, {"token": "{sound_token}", "last": 0}),
    ("POST", "api/v1/messages/in/", set()),  # for the provider that has the token (safety/tests)
    ("POST", "api/v1/receipts/template/", set()),  # for the provider that has the token (core/tests)
    ("POST", "api/v1/welfare-checks/", EVERYBODY),
    ("GET", "api/v1/welfare-checks/{check}/", EVERYBODY),
    ("POST", "api/v1/complaints/", MEMBERS),
    ("GET", "api/v1/complaints/", MEMBERS),
    ("GET", "api/v1/complaints/{complaint}/", {"passenger"}),
    ("POST", "api/v1/complaints/{complaint}/more/", {"passenger"}, {"words": "x"}),
    ("POST", "api/v1/street-complaints/", EVERYBODY),
    ("POST", "api/v1/centre/", set()),  # for 110, which signs (safety/tests)
    ("POST", "api/v1/calls/", set()),  # for the machines that have the tokens (complaints/tests)
    ("POST", "api/v1/outside-messages/", set()),
    ("POST", "api/v1/police/requests/", OFFICERS),
    ("GET", "api/v1/police/requests/", OFFICERS),
    ("GET", "api/v1/police/requests/{request}/", {"officer"}),
    ("GET", "api/v1/police/requests/{request}/live/", {"officer"}),
    ("POST", "api/v1/police/notices/", OFFICERS),
    ("POST", "api/v1/police/requests/{request}/papers/", {"officer"}, PAPERS),
    ("GET", "api/v1/consultations/", EVERYBODY),
    ("GET", "api/v1/consultations/{asked_public}/", EVERYBODY),
    ("POST", "api/v1/consultations/{asked_public}/vote/", MEMBERS),
    ("POST", "api/v1/consultations/{asked_public}/comment/", MEMBERS),
    ("POST", "api/v1/consultations/{asked_public}/comment/appeal/", {"passenger"}),
    ("POST", "api/v1/consultations/{asked_public}/receipt/", EVERYBODY),
    ("GET", "api/v1/schema/", EVERYBODY),
    ("GET", "api/v1/docs/", EVERYBODY),
    ("POST", "i18n/setlang/", EVERYBODY),
    # --- the journal, for outsiders ---
    ("GET", "journal/", EVERYBODY),
    ("GET", "journal/checkpoint", EVERYBODY),
    ("GET", "journal/checkpoints/", EVERYBODY),
    ("GET", "journal/checkpoints/{checkpoint}/", EVERYBODY),
    ("GET", "journal/key", EVERYBODY),
    ("GET", "journal/journal_check.py", EVERYBODY),
    ("GET", "journal/proofs/inclusion/", EVERYBODY),
    ("GET", "journal/proofs/consistency/", EVERYBODY),
    ("POST", "journal/witness/", set()),  # for the witness, by its signature (core/tests)
    # --- console ---
    ("GET", "admin/due/", STAFF_ROLES),
    ("GET", "admin/today/", STAFF_ROLES),
    ("GET", "admin/failed-work/", STAFF_ROLES),
    ("GET", "admin/messages/", STAFF_ROLES),
    ("GET", "admin/looks/", {"supervisor"}),
    ("GET", "admin/failed-work/strip/", STAFF_ROLES),
    (
        "POST",
        "admin/failed-work/{failed_work}/again/",
        {"specialist", "supervisor", "admin"},
        {"reason": "x"},
    ),
    (
        "POST",
        "admin/failed-work/{failed_work}/dealt-with/",
        {"specialist", "supervisor", "admin"},
        {"reason": "x"},
    ),
    ("GET", "admin/burning/", STAFF_ROLES),
    ("GET", "admin/alarms/", STAFF_ROLES),
    ("GET", "admin/incidents/mine/", RESPONDER_ROLES),
    ("POST", "admin/incidents/hand-over/", RESPONDER_ROLES),
    ("GET", "admin/incidents/{incident}/where/", RESPONDER_ROLES),
    ("POST", "admin/incidents/{incident}/here/", RESPONDER_ROLES),
    ("GET", "admin/incidents/{incident}/live-sound/", RESPONDER_ROLES),
    ("GET", "admin/recordings/{recording}/", HEARER_ROLES),
    ("POST", "admin/recordings/{recording}/", HEARER_ROLES),
    ("GET", "admin/recordings/{recording}/{play}/sound/", {"specialist"}),  # who opened it, nobody else
    ("GET", "admin/sos-packet/", RESPONDER_ROLES),
    ("POST", "admin/sos-packet/", RESPONDER_ROLES),
    ("GET", "admin/incidents/{incident}/", RESPONDER_ROLES),
    ("GET", "admin/preservations/", RESPONDER_ROLES),
    ("GET", "admin/preservations/{preservation}/", RESPONDER_ROLES),
    ("GET", "admin/police-clocks/", RESPONDER_ROLES | {"admin"}),
    ("GET", "admin/police-line/", RESPONDER_ROLES),
    ("POST", "admin/police-line/", RESPONDER_ROLES),
    ("GET", "admin/police-line/{request}/", RESPONDER_ROLES),
    ("GET", "admin/police-line/{noticed}/papers/{notice_file}/", RESPONDER_ROLES),
    ("GET", "admin/workspace/", WORKER_ROLES),
    ("POST", "admin/workspace/next/", WORKER_ROLES, {"do": "1"}),
    ("POST", "admin/workspace/bulk/", WORKER_ROLES),
    ("POST", "admin/workspace/hand-over/", WORKER_ROLES),
    ("POST", "admin/workspace/views/", WORKER_ROLES),
    ("GET", "admin/workspace/new/", WORKER_ROLES),
    ("POST", "admin/workspace/new/", WORKER_ROLES),
    ("GET", "admin/workspace/{complaint}/", WORKER_ROLES),
    ("POST", "admin/workspace/{complaint}/here/", WORKER_ROLES),
    ("POST", "admin/workspace/{complaint}/reveal/", WORKER_ROLES),
    ("GET", "admin/workspace/{complaint}/macro/{macro}/", WORKER_ROLES),
    ("GET", "admin/workspace/{complaint}/evidence/{evidence}/", WORKER_ROLES),
    ("GET", "admin/workspace/words/", {"supervisor", "adjudicator"}),
    ("POST", "admin/workspace/words/", {"supervisor", "adjudicator"}),
    ("GET", "admin/workspace/macros/", WORKER_ROLES),
    ("POST", "admin/workspace/macros/", WORKER_ROLES),
    ("GET", "admin/workspace/guides/", WORKER_ROLES),
    ("POST", "admin/workspace/guides/", WORKER_ROLES),
    ("GET", "admin/outside/", WORKER_ROLES),
    ("GET", "admin/calls/ringing/", WORKER_ROLES),
    ("GET", "admin/calls/{call}/", {"agent"}),  # to whom it was put through, nobody else
    ("GET", "admin/accidents/", WORKER_ROLES),
    ("POST", "admin/accidents/", WORKER_ROLES),
    ("GET", "admin/accidents/{accident}/", WORKER_ROLES),
    ("POST", "admin/accidents/{accident}/claims/", WORKER_ROLES),
    ("GET", "admin/accidents/{accident}/statement.pdf", WORKER_ROLES),
    ("POST", "admin/claims/{claim}/papers/", WORKER_ROLES),
    ("GET", "admin/claims/{claim}/papers/{claim_paper}/", WORKER_ROLES),
    ("GET", "admin/care/", WORKER_ROLES),
    ("POST", "admin/care/", WORKER_ROLES),
    ("GET", "admin/roster/", WORKER_ROLES),
    ("POST", "admin/roster/", WORKER_ROLES),
    ("GET", "admin/practice/", STAFF_ROLES),
    ("POST", "admin/practice/", STAFF_ROLES, {"scenario": "yueqing"}),
    ("GET", "admin/practice/{exercise}/", {"agent"}),
    ("POST", "admin/practice/{exercise}/", {"agent"}, {"step": "complaint", "choice": "severe"}),
    ("GET", "admin/summaries/", STAFF_ROLES),
    ("POST", "admin/summaries/", STAFF_ROLES),
    ("GET", "admin/summaries/{summary}/", {"agent", "supervisor"}),
    ("GET", "admin/summaries/{summary}/summary.pdf", {"agent", "supervisor"}),
    ("GET", "admin/team/", {"supervisor"}),
    ("POST", "admin/team/", {"supervisor"}),
    ("GET", "admin/reports/", WORKER_ROLES),
    ("GET", "admin/reports/volume.csv", WORKER_ROLES),
    ("GET", "admin/vetting/", RESPONDER_ROLES | {"vetting"}),
    ("GET", "admin/vetting/fleet/", RESPONDER_ROLES | {"vetting"}),
    ("POST", "admin/vetting/fleet/", {"vetting", "supervisor"}, {"reason": "x"}),
    ("GET", "admin/vetting/applications/{application}/", {"vetting", "supervisor"}),
    ("GET", "admin/vetting/videos/{video}/", {"vetting", "supervisor"}),
    ("GET", "admin/vetting/videos/{video}/recordings/{take}/", {"vetting", "supervisor"}),
    ("GET", "admin/vetting/{case}/", RESPONDER_ROLES | {"vetting"}),
    ("GET", "admin/pictures/{picture}.jpg", RESPONDER_ROLES | {"vetting"}),
    ("GET", "admin/appeals/{appeal}/", {"vetting", "adjudicator", "supervisor"}),
    ("GET", "admin/people/passenger/", RESPONDER_ROLES | {"vetting", "adjudicator"}),
    ("GET", "admin/guardians/{guardianship}/", RESPONDER_ROLES),
    ("GET", "admin/people/passenger/sessions/", {"supervisor", "admin"}),
    ("POST", "admin/people/passenger/sessions/", {"supervisor", "admin"}),
    ("POST", "admin/people/passenger/", RESPONDER_ROLES | {"vetting", "adjudicator"}),
    ("GET", "admin/staff/", {"supervisor", "admin"}),
    ("POST", "admin/staff/", {"supervisor", "admin"}),
    ("GET", "admin/staff/agent/", {"supervisor", "admin"}),
    ("GET", "admin/cities/", {"supervisor", "admin"}),
    ("POST", "admin/cities/", {"supervisor", "admin"}),
    ("GET", "admin/stations/", {"supervisor", "admin"}),
    ("POST", "admin/stations/", {"supervisor", "admin"}),
    ("GET", "admin/stations/find/", RESPONDER_ROLES | {"admin"}),
    ("GET", "admin/stations/tables/{table}/", {"supervisor", "admin"}),
    ("GET", "admin/board/", STAFF_ROLES),
    ("GET", "admin/regulator/", {"agent", "specialist", "vetting", "adjudicator", "supervisor", "admin"}),
    ("POST", "admin/board/", {"supervisor", "admin"}),
    ("GET", "admin/rules/", STAFF_ROLES),
    ("GET", "admin/rules/rides.near/", STAFF_ROLES),
    ("POST", "admin/rules/rides.near/", {"supervisor", "admin"}),
    ("POST", "admin/rules/safety.answer_within/", {"specialist", "supervisor", "admin"}),
    ("GET", "admin/gate/", STAFF_ROLES),
    ("POST", "admin/gate/", {"specialist", "supervisor", "admin"}, {"do": "executive"}),
    ("GET", "admin/gate/luxury/wenzhou/", STAFF_ROLES),
    ("POST", "admin/gate/luxury/wenzhou/", {"specialist", "supervisor", "admin"}, {"token": "000000"}),
    ("GET", "admin/reviews/", {"specialist", "adjudicator", "supervisor", "admin"}),
    ("GET", "admin/reviews/{review}/", {"specialist", "adjudicator", "supervisor", "admin"}),
    ("GET", "admin/concerns/", {"supervisor", "admin"}),
    ("GET", "admin/concerns/{concern}/", {"supervisor", "admin"}),
    ("POST", "admin/concerns/{concern}/who/", {"supervisor", "admin"}),
    ("GET", "speak-up/", STAFF_ROLES | DRIVERS),
    ("POST", "speak-up/", STAFF_ROLES | DRIVERS),
    ("GET", "speak-up/{concern_secret}/", EVERYBODY),
    ("POST", "speak-up/{concern_secret}/", EVERYBODY, {"words": "x"}),
    ("GET", "promises/", EVERYBODY),
    ("GET", "promises/board.json", EVERYBODY),
    ("GET", "promises/tree/", EVERYBODY),
    ("GET", "promises/tree.json", EVERYBODY),
    ("GET", "promises/tree.svg", EVERYBODY),
    ("GET", "promises/{promise}/", EVERYBODY),
    ("GET", "promises/{promise}.json", EVERYBODY),
    ("GET", "transparency/", EVERYBODY),
    ("GET", "transparency/report-1.schema.json", EVERYBODY),
    ("GET", "transparency/{published}/", EVERYBODY),
    ("GET", "transparency/{published}/report.json", EVERYBODY),
    ("GET", "transparency/{published}/report.csv", EVERYBODY),
    ("GET", "transparency/{published}/report.pdf", EVERYBODY),
    ("GET", "admin/transparency/", STAFF_ROLES),
    ("POST", "admin/transparency/", {"supervisor", "admin"}),
    ("GET", "admin/transparency/{transparency}/", {"supervisor", "admin"}),
    ("GET", "admin/transparency/{published}/", STAFF_ROLES),
    ("GET", "admin/comments/", {"agent", "adjudicator", "supervisor"}),
    ("GET", "admin/consultations/", STAFF_ROLES),
    ("POST", "admin/consultations/", {"supervisor", "admin"}, {"do": "question"}),
    ("GET", "consultations/", EVERYBODY),
    ("GET", "consultations/recount.py", EVERYBODY),
    ("GET", "consultations/{asked_public}/", EVERYBODY),
    ("POST", "consultations/{asked_public}/vote/", MEMBERS),
    ("POST", "consultations/{asked_public}/comment/", MEMBERS),
    ("POST", "consultations/{asked_public}/comment/appeal/", {"passenger"}),
    ("POST", "consultations/{asked_public}/receipt/", EVERYBODY),
    ("GET", "consultations/{asked_public}/list.csv", EVERYBODY),
    ("GET", "consultations/{asked_public}/list.json", EVERYBODY),
    ("GET", "consultations/{asked_public}/result.json", EVERYBODY),
    ("GET", "admin/lines/", STAFF_ROLES),
    (
        "POST",
        "admin/lines/",
        {"specialist", "supervisor", "admin"},
        {"line": "luxury", "city": "all", "reason": "x"},
    ),
    ("GET", "admin/night/", RESPONDER_ROLES),
    ("GET", "admin/drivers/hold/{hold}/release/", {"vetting", "adjudicator", "supervisor"}),
    ("GET", "admin/", STAFF_ROLES),
    ("GET", "admin/search/", STAFF_ROLES),
    ("GET", "admin/jsi18n/", STAFF_ROLES),
    ("GET", "admin/autocomplete/", set()),
    # --- pages of members, friends and police ---
    ("GET", "welfare-check/", EVERYBODY),
    ("POST", "welfare-check/", EVERYBODY),
    ("GET", "welfare-check/{check}/", EVERYBODY),
    ("POST", "welfare-check/{check}/mend/", EVERYBODY),
    ("POST", "welfare-check/{check}/evidence/", EVERYBODY),
    ("POST", "welfare-check/{check}/verify/", EVERYBODY),
    ("GET", "trips/{trip}/complaint/", TRIP),
    ("POST", "trips/{trip}/complaint/", TRIP),
    ("GET", "complain/", EVERYBODY),
    ("POST", "complain/", EVERYBODY),
    ("GET", "complaints/", MEMBERS),
    ("GET", "complaints/{complaint}/", {"passenger"}),
    ("POST", "complaints/{complaint}/more/", {"passenger"}, {"words": "x"}),
    ("GET", "complaints/{complaint}/{complaint_secret}/", EVERYBODY),
    ("POST", "complaints/{complaint}/{complaint_secret}/more/", EVERYBODY, {"words": "x"}),
    ("GET", "claims/{claim}/{claim_secret}/", EVERYBODY),
    ("POST", "claims/{claim}/{claim_secret}/papers/", EVERYBODY),
    ("GET", "claims/{claim}/{claim_secret}/statement.pdf", EVERYBODY),
    ("GET", "thanks/{scored}/1/{thanks}/", EVERYBODY),
    ("POST", "thanks/{scored}/1/{thanks}/", EVERYBODY, {"score": "5"}),
    ("GET", "me/care/", MEMBERS),
    ("POST", "me/care/", MEMBERS, {"on": "1"}),
    ("GET", "police/", OFFICERS),
    ("GET", "police/how/", EVERYBODY),
    ("GET", "police/emergency/", OFFICERS),
    ("POST", "police/emergency/", OFFICERS),
    ("GET", "police/ordinary/", OFFICERS),
    ("POST", "police/ordinary/", OFFICERS),
    ("GET", "police/ordinary/{notice}/", {"officer"}),
    ("POST", "police/ordinary/{notice}/", {"officer"}),
    ("GET", "police/requests/{request}/", {"officer"}),
    ("GET", "police/requests/{request}/live/", {"officer"}),
    ("GET", "police/preserve/", OFFICERS),
    ("POST", "police/preserve/", OFFICERS),
    ("GET", "police/code/", OFFICERS),
    ("POST", "police/code/", OFFICERS),
    ("GET", "me/police-codes/", MEMBERS),
    ("POST", "me/police-codes/", {"passenger"}, {"incident": "{reported}"}),
    ("POST", "me/police-codes/{police_code}/end/", {"passenger"}),
    ("GET", "police/requests/{request}/pack.json", {"officer"}),
    ("GET", "police/requests/{request}/pack.pdf", {"officer"}),
    ("GET", "police/requests/{request}/proof.pdf", {"officer"}),
    ("GET", "police/requests/{request}/files/{release_copy}/", {"officer"}),
    (
        "GET",
        "police/requests/{request}/sound/{recording}/",
        set(),
    ),  # of an answer that gives sound (police/tests)
    ("GET", "police/verify/", EVERYBODY),
    ("POST", "police/verify/", EVERYBODY),
    ("GET", "police/schemas/{pack_schema}.json", EVERYBODY),
    ("POST", "police/requests/{request}/papers/", {"officer"}, PAPERS),
    ("GET", "police/owning/{owning}/", EVERYBODY),
    ("POST", "police/owning/{owning}/", EVERYBODY),
    ("GET", "police/packs/{link}/", EVERYBODY),
    ("POST", "police/packs/{link}/", EVERYBODY),
    ("GET", "sign-in/", EVERYBODY),
    ("POST", "sign-in/", EVERYBODY),
    ("GET", "sign-in/passkey/", EVERYBODY),
    ("POST", "sign-in/passkey/", EVERYBODY),
    ("POST", "sign-in/code/", EVERYBODY),
    ("GET", "sign-in/second-factor/", SIGNED_IN),
    ("POST", "sign-in/second-factor/", SIGNED_IN),
    ("GET", "sign-in/set-up/", SIGNED_IN),
    ("POST", "sign-in/set-up/", SIGNED_IN),
    ("GET", "me/recovery-codes/", SIGNED_IN - MEMBERS),
    ("POST", "me/recovery-codes/", SIGNED_IN - MEMBERS),
    ("GET", "me/", SIGNED_IN),
    ("POST", "me/", SIGNED_IN),
    ("GET", "me/shared/", MEMBERS),
    ("POST", "me/share-trips/", MEMBERS, {"on": "1"}),
    ("GET", "share/{share}/", EVERYBODY),
    ("GET", "110/{push}/", EVERYBODY),
    ("GET", "practice/sos/", EVERYBODY),
    ("POST", "practice/sos/", EVERYBODY),
    ("POST", "trips/{trip}/recording/keep/", {"passenger"}),
    ("GET", "sign-in/password/", EVERYBODY),
    ("POST", "sign-in/password/", EVERYBODY),
    ("GET", "me/passkeys/", SIGNED_IN),
    ("POST", "me/passkeys/", SIGNED_IN),
    ("POST", "me/passkeys/{passkey}/remove/", {"agent"}),
    ("GET", "me/sessions/", SIGNED_IN),
    ("POST", "me/sessions/end/", SIGNED_IN),
    ("GET", "me/password/", SIGNED_IN),
    ("POST", "me/password/", SIGNED_IN),
    ("GET", "me/guardian/", MEMBERS),
    ("POST", "me/guardian/", MEMBERS),
    ("POST", "me/guardian/end/", {"passenger2"}),  # who has one that confirmed, here and in rides/tests
    ("POST", "me/guardian/take-back/", set()),  # of who has asked one alone (rides/tests)
    # Of whose phone was named alone (rides/tests).
    ("POST", "me/guardian/{contact}/answer/", set(), {"answer": "end"}),
    ("GET", "kept/", EVERYBODY),
    ("GET", "me/data/", MEMBERS),
    ("POST", "me/data/consents/{consent}/", MEMBERS, {"on": "1"}),
    ("GET", "me/data/copy/", MEMBERS),
    ("POST", "me/data/copy/", MEMBERS),
    ("GET", "me/data/copies/{copy}/", set()),  # in the session alone that asked for it
    ("GET", "me/data/looks/", MEMBERS),
    (
        "GET",
        "me/data/looks/{line}/proof.json",
        set(),
    ),  # whose line it is, once it has a place (test_own_data)
    ("GET", "me/data/close/", MEMBERS),
    ("POST", "me/data/close/", MEMBERS),
    ("GET", "me/real-name/", MEMBERS),
    ("POST", "me/real-name/", MEMBERS),
    ("POST", "me/contacts/{contact}/remove/", {"passenger"}),
    ("GET", "contact/{contact_secret}/", EVERYBODY),
    ("POST", "contact/{contact_secret}/", EVERYBODY),
    ("GET", "", EVERYBODY),
    ("GET", "trips/{trip}/", TRIP),
    ("GET", "trips/{trip}/status/", TRIP),
    ("POST", "trips/{trip}/confirm-car/", {"passenger"}),
    ("POST", "trips/{trip}/mismatch/", {"passenger"}, {"what": "car"}),
    ("POST", "trips/{late}/rider/", {"passenger"}, {"rider_phone": "13911112222"}),
    ("POST", "trips/{trip}/cancel/", TRIP, {"reason": "changed_plans"}),
    ("POST", "trips/{trip}/say/", TRIP, {"phrase": "yes"}),
    ("POST", "trips/{trip}/call/", TRIP),
    ("POST", "trips/{ended}/rate/", OTHER_TRIP, {"stars": "5"}),
    ("POST", "trips/{waiting}/choose/", {"passenger2"}, {"way": "{itinerary}"}),
    ("POST", "trips/{ended}/never-again/", OTHER_TRIP),
    ("POST", "trips/{ended}/never-again/undo/", OTHER_TRIP),
    ("POST", "trips/{late}/reminder/", OTHER_TRIP),
    ("POST", "trips/{late}/other-line/", {"passenger"}, {"line": "express"}),
    ("POST", "trips/{stopped}/again/", {"passenger2"}),
    ("POST", "book/prices/", MEMBERS),
    ("GET", "book/places/", MEMBERS),
    ("POST", "book/places/", MEMBERS),
    ("GET", "book/places/mine/", MEMBERS),
    ("POST", "book/places/mine/", MEMBERS, {"city": "wenzhou", "place": "上塘", "kind": "work"}),
    ("POST", "book/places/mine/{own_place}/remove/", {"passenger"}),
    ("POST", "book/score/", MEMBERS, {"least": "45"}),
    ("GET", "ride/{rider_key}/", EVERYBODY),
    ("GET", "ride/{rider_key}/status/", EVERYBODY),
    ("POST", "ride/{rider_key}/confirm-car/", EVERYBODY),
    ("POST", "ride/{rider_key}/mismatch/", EVERYBODY),
    ("POST", "ride/{stopped_key}/never-again/", EVERYBODY),
    ("POST", "ride/{stopped_key}/never-again/undo/", EVERYBODY),
    ("GET", "ride/{rider_key}/complaint/", EVERYBODY),
    ("POST", "ride/{rider_key}/complaint/", EVERYBODY),
    ("POST", "ride/{late_key}/reminder/", EVERYBODY),
    ("POST", "ride/{late_key}/other-line/", EVERYBODY, {"line": "express"}),
    ("POST", "ride/{stopped_key}/again/", EVERYBODY),
    ("GET", "drive/orders/", DRIVERS),
    ("GET", "drive/online/", DRIVERS),
    ("POST", "drive/online/", DRIVERS),
    ("POST", "drive/offline/", DRIVERS),
    ("POST", "drive/ways/{itinerary}/close/", DRIVERS_TRIP),
    ("GET", "drive/", DRIVERS),
    ("POST", "drive/", DRIVERS),
    ("GET", "drive/apply/", MEMBERS),
    ("POST", "drive/apply/begin/", MEMBERS),
    ("POST", "drive/apply/save/", APPLICANT),
    ("POST", "drive/apply/photos/id_card/", MEMBERS),
    ("POST", "drive/apply/send/", MEMBERS),
    ("GET", "report-a-car/", EVERYBODY),
    ("POST", "report-a-car/", EVERYBODY),
    ("POST", "report-a-car/{report}/mend/", EVERYBODY),
    ("POST", "report-a-car/{report}/prove/", EVERYBODY),
    ("POST", "drive/face-consent/", DRIVERS),
    ("GET", "drive/video/{video}/", DRIVERS_TRIP),
    ("POST", "drive/video/{video}/recording/", DRIVERS_TRIP, {"agreed": "1"}),
    ("POST", "drive/holds/{own_hold}/appeal/", DRIVERS_TRIP, {"words": "x"}),
    ("GET", "drive/requests/{waiting}/face/?itinerary={itinerary}", DRIVERS_TRIP),
    ("POST", "drive/vehicle/", set(), {"plate": "川A·X9999"}),  # of whose car it is (rides/tests)
    ("GET", "drive/trips/{trip}/pickup/", DRIVERS_TRIP),
    ("POST", "drive/trips/{trip}/pickup/", DRIVERS_TRIP),
    ("POST", "drive/requests/{waiting}/accept/", DRIVERS_TRIP, ACCEPTS),
    ("POST", "drive/requests/{waiting}/decline/", DRIVERS_TRIP, {"itinerary": "{itinerary}"}),
    # Last: these end the sessions of this test.
    ("DELETE", "api/v1/me/sessions/", SIGNED_IN),
    ("POST", "sign-out/", EVERYBODY),
]
# The key in the trip's page is the authority here, so that an expired session stops no call for help (S1).
KEYED = [
    ("POST", "api/v1/trips/{trip}/sos/"),
    ("GET", "api/v1/trips/{trip}/question/"),
    ("POST", "api/v1/trips/{trip}/answer/"),
    ("POST", "api/v1/trips/{trip}/accident/"),
    ("POST", "trips/{trip}/sos/"),
    ("GET", "trips/{trip}/sos/"),
    ("GET", "trips/{trip}/sos/status/"),
    ("POST", "trips/{trip}/sos/word/"),
    ("POST", "trips/{trip}/sos/shown/"),
    ("POST", "trips/{trip}/sos/110/"),
    ("POST", "api/v1/trips/{trip}/sos/words/"),
    ("GET", "trips/{trip}/care/"),
    ("POST", "api/v1/trips/{trip}/sound/"),
    ("POST", "api/v1/trips/{trip}/recording/"),
    ("POST", "api/v1/trips/{trip}/shares/"),
    ("DELETE", "api/v1/trips/{trip}/shares/{share_number}/"),
    ("GET", "trips/{trip}/recording/"),
    ("POST", "trips/{trip}/recording/"),
    ("GET", "trips/{trip}/shares/"),
    ("GET", "trips/{trip}/offline/"),
    ("POST", "trips/{trip}/shares/"),
    ("POST", "trips/{malicious}/sos/appeal/"),
    ("GET", "trips/{trip}/question/"),
    ("POST", "trips/{trip}/answer/"),
]
# Which of `things` each desk is tried with, and who alone finds that row, where it is somebody's own.
ROWS = {
    "guardianship": ("guardianship", None),
    "failed_work": ("failed_work", None),
    "look": ("look", None),
    "incident": ("incident", None),
    "recording": ("recording", None),
    "police_request": ("request", None),
    "preservation": ("preservation", None),
    "complaint": ("complaint", None),
    "own_case": ("complaint", {"passenger"}),
    "claim": ("claim", None),
    "accident": ("accident", None),
    "outside_message": ("letter", None),
    "care_task": ("care_task", None),
    "greeting": ("greeting", None),
    "summary": ("summary", {"agent", "supervisor"}),
    "vetting_case": ("case", None),
    "application": ("application", None),
    "plate": ("picture", None),
    "video": ("video", None),
    "mismatch_report": ("report", None),
    "reward": ("rewarded", None),
    "driver_appeal": ("appeal", None),
    "hold": ("hold", None),
    "screening_run": ("run", None),
    "driven_trip": ("trip", DRIVERS_TRIP),
    "order_offer": ("offer", {"driver2"}),
    "line_suspension": ("suspension", None),
    "staff": ("staff", None),
    "staff_motion": ("staff_motion", None),
    "line_motion": ("line_motion", None),
    "board_motion": ("board_motion", None),
    "consultation_motion": ("consultation_motion", None),
    "comment": ("public_comment", None),
    "rule_change": ("rule_change", None),
    "gate_motion": ("gate_motion", None),
    "passage": ("passage", None),
    "transparency_report": ("transparency", None),
    "concern": ("concern", None),
    "review": ("review", None),
    "review_motion": ("review_motion", None),
    "station_motion": ("station_motion", None),
    "reminder": ("reminder", None),
    "late_pickup": ("care", None),
}
# Django's own doors into the console: they lead to the platform's sign-in page or out, whoever asks.
LEADS_AWAY = {
    "admin/login/",
    "admin/logout/",
    "admin/password_change/",
    "admin/password_change/done/",
    r"admin/r/<path:content_type_id>/<path:object_id>/",
    r"admin/(?P<url>.*)$",
}


def routes():
    """Every pattern of the resolver, as one string."""

    def walk(resolver, before=""):
        for pattern in resolver.url_patterns:
            route = before + str(pattern.pattern)
            if hasattr(pattern, "url_patterns"):
                yield from walk(pattern, route)
            else:
                yield route

    return sorted(set(walk(get_resolver())))


def shape(route):
    """A route without the names of its parameters."""
    route = re.sub(r"\(\?P<\w+>[^)]*\)", "{}", route.replace("admin/^", "admin/"))
    route = (
        route.replace("people/passenger/", "people/{code}/")
        .replace("staff/agent/", "staff/{code}/")
        .replace("gate/luxury/wenzhou/", "gate/{line}/{city}/")
        .replace("me/cities/wenzhou/", "me/cities/{city_code}/")
        .replace("photos/id_card/", "photos/{kind}/")
        .replace("rules/rides.near/", "rules/{key}/")
        .replace("rules/safety.answer_within/", "rules/{key}/")
    )
    route = route.replace("receipts/template/", "receipts/{transport}/")
    route = route.replace("without-network/en/", "without-network/{language}/")
    route = re.sub(r"(complaints/\{\w+\}(?:/\{\w+\})?)/more/", r"\1/{what}/", route)
    route = route.replace("reports/volume.csv", "reports/{name}.csv").replace(
        "/1/{thanks}", "/{number}/{thanks}"
    )
    route = route.replace("{late}/passenger/", "{late}/{party}/")
    route = re.sub(r"<[^>]*>|\{\w+\}", "{}", route.partition("?itinerary")[0]).strip("^$")
    return re.sub(
        r"(/do|drive/trips/\{\}|drive/offers/\{\})/(note|arrive|escalate|accept|propose)/$",
        r"\1/{}/",
        route,
    )


MODELS = sorted(f"{model._meta.app_label}/{model._meta.model_name}" for model in admin.site._registry)
get_resolver().url_patterns  # noqa: B018 - the fronts register their desks


def route_of(desk):
    """The route by which a desk's actions are reached, as a row of the table would name it."""
    for code in ("C-1", "1"):  # some converters take a complaint's code or a number alone
        with suppress(NoReverseMatch):
            at = reverse(desk.route, args=[code, "note"]).lstrip("/")
            return at.replace(f"/{code}/", "/{row}/").replace("/note/", "/{action}/")
    raise AssertionError(desk.route)


OF_DESKS = {route_of(desk) for desk in ACTION_SETS.values()}
LISTED = {shape(row[1]) for row in TABLE + KEYED} | {shape(route) for route in LEADS_AWAY | OF_DESKS}


def test_every_route_is_in_the_table():
    ours = {
        shape(f"admin/{model}/{page}")
        for model in MODELS
        for page in ("", "add/", "{x}/history/", "{x}/delete/", "{x}/change/", "{x}/")
    }
    lists = {shape(route) for route in routes() if route.startswith("admin/^(?P<app_label>")}
    missing = {shape(route) for route in routes()} - LISTED - ours - lists
    assert not missing


def test_only_the_platforms_own_tables_stand_in_the_console():
    assert {model.split("/")[0] for model in MODELS} <= {
        "core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance",
    }  # fmt: skip


@pytest.fixture
def things(rides, people):
    """One of each object, so that every route can be filled in: made once a process, and put back."""
    if not MADE:
        MADE.append(Replay(lambda: MADE.append(_made(rides, people))))
    MADE[0]()
    return dict(MADE[1])


MADE = []
# Trips before who drives them is stopped, and what happened before what is said of it.
MAKING = ("rides", "accounts", "safety", "complaints", "police", "drivers", "governance", "core")


def _made(rides, people):
    """Each app says beside its tests what its addresses are about: `things(rides, people, made)`, by name."""
    made = {}
    for app in MAKING:
        new = importlib.import_module(f"{app}.tests.things").things(rides, people, made)
        assert not made.keys() & new.keys(), (
            f"{app}: {made.keys() & new.keys()} is made by another app already"
        )
        made |= new
    return made


def test_what_stands_in_an_address_of_the_table_is_made(things):
    assert set(MAKING) == set(APPS)
    named = {name for row in TABLE + KEYED for part in row for name in _names(part)}
    missing = sorted(named - things.keys())
    assert not missing, f"{missing}: made by no `things()` of APP/tests/things.py"


def _names(part):
    """The names in braces of a row's address and of what it sends."""
    for text in part.values() if isinstance(part, dict) else [part]:
        yield from re.findall(r"\{(\w+)\}", text) if isinstance(text, str) else ()


@pytest.fixture
def kept_board(things):
    """The board as its job keeps it: a page that finds none checks each measure by itself, for everybody who looks."""
    check_board()


# What a driver who is held reads behind the door: the rule's answer, which nobody gets who is kept out.
HELD = b"You cannot accept orders while"


def refused(answer):
    """401, 403, 404, or on to the sign-in page."""
    if answer.status_code == 403 and HELD in answer.content:
        return False
    if answer.status_code in {301, 302}:
        return answer.headers["location"] == "/sign-in/" or answer.headers["location"].startswith(
            ("/sign-in/?next", "/sign-in/second-factor/?next", "/admin/login/")
        )
    return answer.status_code in {401, 403, 404}


def ask(client, method, path, body=None, **headers):
    """One request whose effects are undone, so that each role meets the same things."""
    undone = transaction.atomic()
    undone._from_testcase = (
        True  # Django's mark for a test's own transaction: durable services may begin inside
    )
    multipart = path.endswith(("/frames/", "/plate-photo/", "/mismatch-reports/")) or "/photos/" in path
    multipart = multipart or re.search(r"/video-checks/[^/]+/recording/$", path)
    json = path.startswith("/api/") and method in {"POST", "PATCH", "PUT", "DELETE"} and not multipart
    kind = {"content_type": "application/json"} if json else {}
    if method == "GET" and body and "key" in body:  # a key stands in no address
        body = dict(body)
        headers = headers | {"x-trip-key": body.pop("key")}
    if headers:
        kind["headers"] = headers
    with undone:
        answer = getattr(client, method.lower())(path, body or {}, **kind)
        transaction.set_rollback(True)
    return answer


def wrongs(table, things, signed_in):
    clients = {who: signed_in(who) for who in PEOPLE}
    for method, route, allowed, *given in table:
        path = "/" + route.format(**things)
        body = [
            {
                name: value.format(**things) if isinstance(value, str) else value
                for name, value in each.items()
            }
            for each in given
        ]
        for who, client in clients.items():
            # A refusal is the same decision, told without the page around it: most of what is asked here is refused.
            tell = {} if who in allowed else {"accept": "application/json"}
            answer = ask(client, method, path, *(body or [None]), **tell)
            # 503 is a service outside the company that does not answer here.
            assert answer.status_code < 500 or answer.status_code == 503, (method, route, who)
            if refused(answer) == (who in allowed):
                yield f"{method} {route} as {who or 'nobody'}: {answer.status_code} {answer.headers.get('location', '')}"


@pytest.mark.parametrize("who", ["", "passenger", "officer", "supervisor"])
def test_help_opens_by_its_key_alone(things, signed_in, people, who):
    trip = Trip.objects.get(code=things["trip"])
    key, other = position_key(trip, Party.PASSENGER), position_key(rides_other(things), Party.PASSENGER)
    day = keys.public_key()
    sound = {
        "purpose": "sos",
        "day": day.day,
        "wrapped": wrapped(bytes(32), day.spki),
        "mime": "audio/webm",
    }
    ours = key
    for method, route in KEYED:
        path = "/" + route.format(**things)
        body = {"answer": "fine", "words": "x", "agreed": "1"} | sound
        meant = Trip.objects.get(code=things["malicious"])
        key = position_key(meant, Party.PASSENGER) if "{malicious}" in route else ours
        assert not refused(ask(signed_in(who), method, path, body | {"key": key})), route
        for wrong in ({"key": ""}, {"key": other}, {"key": key[:-1] + ("A" if key[-1] != "A" else "B")}):
            answer = ask(signed_in(who), method, path, body | wrong, accept="application/json")
            assert answer.status_code in {400, 401}, (route, wrong)


def rides_other(things):
    return Trip.objects.get(code=things["waiting"])


@pytest.mark.edges
def test_every_route_opens_to_those_of_the_table_and_to_nobody_else(things, kept_board, signed_in):
    found = list(wrongs(TABLE, things, signed_in))
    assert not found, "\n".join(found)


def people_who(permission):
    """Those of `PEOPLE` who have a permission; staff are called after their role."""
    of_role = {"member": MEMBERS, "officer": OFFICERS}
    return {who for role in roles_who(permission) for who in of_role.get(role, {str(role)})}


def test_every_desk_is_tried():
    assert set(ROWS) == set(ACTION_SETS)


@pytest.mark.edges
def test_every_action_opens_to_those_of_its_permission_and_to_nobody_else(things, signed_in):
    """Asked for with nothing said: whoever may is told what is missing, and nothing is done."""
    table = []
    for kind, (name, own) in ROWS.items():
        desk = ACTION_SETS[kind]
        for key, action in desk.actions.items():
            at = reverse(desk.route, args=[things[name], key]).lstrip("/")
            allowed = people_who(action.permission)
            table.append(("POST", at, allowed & own if own else allowed))
    found = list(wrongs(table, things, signed_in))
    assert not found, "\n".join(found)


# Who pays rewards alone is shown nothing of the desk, also by a refusal (`drivers/tests/test_actions.py`).
WITHOUT_PAGE = {("reward", "adjudicator")}


@pytest.mark.edges
def test_whoever_has_an_action_of_a_row_may_open_its_page(things, people, signed_in):
    """A refusal is drawn on that page: who may not open it would read the row by being refused, and finds no button."""
    clients, closed, met = {who: signed_in(who) for who in PEOPLE if who}, [], set()
    for kind, (name, own) in ROWS.items():
        desk = ACTION_SETS[kind]
        for key, action in desk.actions.items():
            for who in sorted(people_who(action.permission) & (own or SIGNED_IN)):
                with suppress(NotFound):  # it shows nothing
                    page = urlsplit(desk.back(desk.find(str(things[name]), people(who)))).path
                    if refused(clients[who].get(page)):
                        met.add((kind, who))
                        closed.append(f"{kind}.{key}: {page} as {who}")
    assert met == WITHOUT_PAGE, "\n".join(closed)


@pytest.mark.edges
def test_console_lists_open_to_their_readers_and_nothing_is_written_there(things, signed_in):
    table = []
    for model in MODELS:
        app = model.split("/")[0]
        readers = STAFF_ROLES & set(map(str, roles_who(f"{app}.read")))
        row = admin.site._registry.keys()
        found = next(each for each in row if f"{each._meta.app_label}/{each._meta.model_name}" == model)
        pk = found._default_manager.values_list("pk", flat=True).first()
        table += [
            ("GET", f"admin/{model}/", readers),
            ("GET", f"admin/{app}/", readers),
            ("GET", f"admin/{model}/add/", set()),
        ]
        if pk is not None:
            table += [
                ("GET", f"admin/{model}/{pk}/change/", readers),
                ("GET", f"admin/{model}/{pk}/history/", readers),
                ("GET", f"admin/{model}/{pk}/delete/", set()),
                ("POST", f"admin/{model}/{pk}/delete/", set()),
                ("POST", f"admin/{model}/{pk}/change/", set()),
            ]
    found = list(wrongs(table, things, signed_in))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("who", sorted(STAFF_ROLES | OFFICERS))
def test_nothing_opens_without_the_second_factor(things, signed_in, who):
    client = signed_in(who, second_factor=False)
    for path in (
        "/admin/",
        "/admin/due/",
        "/admin/board/",
        "/police/",
        "/api/v1/police/requests/",
        "/me/",
        "/api/v1/me/",
    ):
        assert refused(client.get(path)), path
