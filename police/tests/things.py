"""What the addresses of police are about: one of each (`tests/test_permissions.py`)."""

from datetime import timedelta

from core import clock, motions
from core.limits import Asker
from core.models import Notification
from police import notices, register, services, tables
from police.documents.services import hand_over
from police.documents.states import CopyKind
from police.preserving import Asked as Preserve
from police.preserving import preserve
from police.states import Query
from police.tests.factories import notice_sent, urgent


def things(rides, people, made):
    officer, question = people("officer"), urgent(Query.TRIP, made["trip"])
    asked = services.ask_by_form(account=officer, question=question, submission="s")
    hand_over(actor=officer.actor, request=asked, kind=CopyKind.JSON)
    release_copy = asked.release.copies.get().code
    phone = services.open_phone_request(
        account=people("agent"), agency_code="shangtang", badge="1", question=question, submission="p"
    ).request
    services.record_call_back(account=people("agent"), code=phone.code)
    services.confirm_release(account=people("specialist"), code=phone.code)
    liaison = motions.propose(
        account=people("admin"),
        kind=register.OFFICER,
        given=register.Liaison("hongqiao", "许新", "+8613911119002", "1", clock.now().date() + timedelta(9)),
    )
    sent = notice_sent(officer, made["trip"])
    table = motions.propose(
        account=people("admin"),
        kind=tables.STATIONS,
        given=tables.Table([register.Station("new-1", "新", "NEW-1", "110", "new@police.example", "CN")], []),
    )
    preserved = preserve(
        account=officer,
        asked=Preserve(Query.TRIP, made["trip"], clock.now(), clock.now() + timedelta(1), "1", "x"),
        submission="p",
        asker=Asker(person="officer"),
    )
    passenger = people("passenger")
    services.make_code(account=passenger, incident=made["incident"], asker=Asker(person=passenger.code))
    link = Notification.objects.get(key__startswith="pack:").text
    owning = Notification.objects.get(key__startswith="owning:", channel="email").text
    return {
        "request": asked.code,
        "release_copy": release_copy,
        "pack_schema": "pack-1",
        "link": link.split("/police/packs/")[1].split("/")[0],
        "owning": owning.split("/police/owning/")[1].split("/")[0],
        "station_motion": liaison.code,
        "notice": notices.begin(account=officer, submission="draft").code,
        "noticed": sent.code,
        "notice_file": sent.notice.files.first().picture.code,
        "table": table.code,
        "preservation": preserved.code,
        "police_code": passenger.police_codes.get().code,
    }
