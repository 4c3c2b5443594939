"""A transparency report: counted by one, published by another, then kept; read as page, JSON, CSV and PDF."""

import csv
import io
import json
import re
from contextlib import closing
from datetime import date, timedelta

import jsonschema
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pypdf import PdfReader

from complaints.models import Complaint
from core import clock, idempotency, live
from core.errors import Forbidden, InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.journal import checkpoints
from core.management.commands.grant_rights import APPEND_ONLY
from core.models import AuditEntry, DataHold, JournalBatch
from governance.errors import (
    ReportDecided,
    ReportNotOver,
    ReportOutdated,
    ReportOverlaps,
    ReportsBusy,
    ReportTooLong,
    ReportWaits,
)
from governance.measures import check_measure, measure_of
from governance.models import TransparencyReport
from governance.tasks import count_reports
from governance.transparency import papers, reports
from governance.transparency.figures import count, digest_of, span_of
from governance.transparency.owed import owed
from governance.transparency.questions import MEASURES

pytestmark = pytest.mark.long


def days_of(noon_day):
    first = noon_day.replace(day=1) - timedelta(days=1)
    return first.replace(day=1), first


@pytest.fixture
def month(world):
    """The month before."""
    return days_of(clock.now().astimezone(reports.ZONE).date())


def proposed(people, month, who="admin", change=""):
    """One that the job has counted."""
    row = reports.propose(account=people(who), begins=month[0], ends=month[1], change=change)
    count_reports.apply()
    row.refresh_from_db()
    return row


def published(people, month, change=""):
    row = proposed(people, month, change=change)
    return reports.publish(account=people("supervisor"), code=row.code)


def test_one_has_it_counted_and_another_publishes_exactly_that(people, month, client):
    checkpoints.make(clock.now())
    row = proposed(people, month)
    before = row.figures
    assert client.get(f"/transparency/{row.code}/").status_code == 404
    with pytest.raises(SecondPersonNeeded):
        reports.publish(account=people("admin"), code=row.code)
    with pytest.raises(Forbidden):
        reports.publish(account=people("agent"), code=row.code)
    reports.publish(account=people("supervisor"), code=row.code)
    row = TransparencyReport.objects.get()
    assert (row.version, row.figures, row.digest) == (1, before, digest_of(before))
    line = AuditEntry.objects.filter(action="governance.report_published").get()
    assert line.facts["digest"] == row.digest
    with pytest.raises(ReportDecided):
        reports.publish(account=people("supervisor"), code=row.code)
    with pytest.raises(ReportDecided):
        reports.withdraw(account=people("supervisor"), code=row.code)
    assert client.get(f"/transparency/{row.code}/").status_code == 200


def test_the_request_counts_nothing_and_who_waits_sees_how_far_it_is(people, month, signed_in, monkeypatch):
    form = {"begins": month[0].isoformat(), "ends": month[1].isoformat(), "change": ""}
    with monkeypatch.context() as patch:
        patch.setattr("governance.transparency.figures.count", None)
        assert signed_in("admin").post("/admin/transparency/", form).status_code == 302
    row = TransparencyReport.objects.get()
    address = f"/admin/transparency/{row.code}/"
    page = signed_in("supervisor").get(address).content.decode()
    assert f'max="{len(MEASURES)}"' in page and 'value="0"' in page
    parts = re.findall(r'id="([\w-]+)"\s+data-part', page)
    answer = signed_in("supervisor").post(f"{address}do/publish/", {"do": "1"})
    assert answer.status_code == 409, "nobody publishes what nobody has seen"
    count_reports.apply()
    row.refresh_from_db()
    assert row.tables_done == len(row.figures["tables"]) == len(MEASURES)
    assert row.digest == digest_of(row.figures)
    line = AuditEntry.objects.get(action="governance.report_counted")
    assert (line.actor, line.facts["digest"]) == ("system", row.digest)
    page = signed_in("supervisor").get(address).content.decode()
    assert "<progress" not in page
    # A part that an open page has and the new one has not would stay there as it was.
    assert set(parts) <= set(re.findall(r'id="([\w-]+)"\s+data-part', page))
    count_reports.apply()
    assert AuditEntry.objects.filter(action="governance.report_counted").count() == 1


def test_open_pages_look_again_when_the_figures_are_there(people, month):
    row = reports.propose(account=people("admin"), begins=month[0], ends=month[1])
    TransparencyReport.objects.update(tables_done=len(MEASURES))
    last_table = live.marks()["reports"]
    count_reports.apply()
    row.refresh_from_db()
    assert row.figures is not None
    assert live.marks()["reports"] != last_table


def test_how_long_the_rest_takes_is_said_by_the_rate_so_far(people, month, noon):
    row = reports.propose(account=people("admin"), begins=month[0], ends=month[1])
    assert reports.progress_of(row, clock.now()).left is None
    row.counting_since, row.tables_done = clock.now(), 4
    noon.shift(8)
    found = reports.progress_of(row, clock.now())
    assert (found.done, found.of, found.left) == (4, len(MEASURES), 2 * (len(MEASURES) - 4))


@pytest.mark.django_db(transaction=True)
def test_all_tables_are_of_one_moment_and_each_that_is_done_is_seen_at_once(people, world, month):
    row = reports.propose(account=people("admin"), begins=month[0], ends=month[1])
    seen = []

    def look(done, tell):
        tell(done)
        with closing(connection.copy()) as other, other.cursor() as cursor:
            cursor.execute("SELECT tables_done FROM governance_transparencyreport WHERE id = %s", [row.pk])
            seen.append(cursor.fetchone()[0])

    with reports._telling(row.pk) as tell:
        found = count(*span_of(*month), clock.now(), heard=lambda done: look(done, tell))
    assert found.keys() == MEASURES.keys()
    assert seen == list(range(1, len(MEASURES) + 1))


def test_the_platforms_role_may_write_what_becomes_known_of_a_report(people, month):
    """Tests run as the owner, who may write every column; the platform may write those that `grant_rights` names."""
    with CaptureQueriesContext(connection) as asked:
        published(people, month)
    updates = [
        re.match(r'UPDATE "governance_transparencyreport" SET (.*) WHERE ', each["sql"], re.S)
        for each in asked
    ]
    written = {column for each in updates if each for column in re.findall(r'"(\w+)" = ', each[1])}
    assert {"counting_since", "figures", "digest", "version"} <= written
    assert written <= set(APPEND_ONLY["governance_transparencyreport"])


# --- Months without one ----------------------------------------------------------------------------------------


def test_each_month_without_a_report_is_chased_until_it_is_published(people, month, rides, signed_in, noon):
    assert owed(clock.now()) == []
    assert check_measure(measure_of("G7")).found.status == "none"
    trip = rides.under_way()
    type(trip).objects.update(requested_at=clock.now() - timedelta(days=75))
    noon.shift(timedelta(days=-1))
    name = f"{month[0]:%Y-%m}"
    waiting = owed(clock.now())
    assert [each.name for each in waiting][-1] == name
    assert [each.late for each in waiting] == [True] * (len(waiting) - 1) + [False]
    found = check_measure(measure_of("G7")).found
    assert (found.status, found.facts[0]["rule"]) == ("fail", "board.reports_late")
    assert name in signed_in("supervisor").get("/admin/due/").content.decode()
    assert name not in signed_in("agent").get("/admin/due/").content.decode()
    for each in waiting:
        published(people, (each.begins, each.ends))
    assert owed(clock.now()) == []
    assert check_measure(measure_of("G7")).found.status == "pass"


def test_part_of_a_month_is_not_the_month(people, month, rides):
    trip = rides.under_way()
    type(trip).objects.update(requested_at=span_of(*month)[0])
    middle = month[0] + timedelta(days=10)
    published(people, (month[0], middle))
    assert len(owed(clock.now())) == 1
    published(people, (middle + timedelta(days=1), month[1]))
    assert owed(clock.now()) == []


def test_its_checkpoint_is_the_first_that_contains_its_publishing(people, month):
    row = published(people, month)
    checkpoints.make(clock.now())
    assert reports.checkpoint_of(row) == ""  # the line has no place yet
    line = AuditEntry.objects.get(action="governance.report_published")
    size = AuditEntry.objects.count()
    JournalBatch.objects.create(
        at=clock.now(), first=0, size=size, epoch=line.epoch, up_to_transaction=line.transaction_id, row_ids=[], leaves=b"",
        peaks=b"",
    )  # fmt: skip
    assert reports.checkpoint_of(row) == ""
    first = checkpoints.make(clock.now())
    checkpoints.make(clock.now())
    assert first.size == size and reports.checkpoint_of(row) == checkpoints.published(first)


def test_who_comes_while_a_report_is_counted_is_told_so_at_once(people, month):
    row = TransparencyReport.objects.create(
        code="TR-1",
        begins=month[0],
        ends=month[0],
        figures={},
        digest="x",
        proposed_by="admin",
        proposed_at=clock.now(),
    )
    who = people("supervisor")
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [idempotency.number_of("governance.reports")])
        for act in (reports.publish, reports.withdraw):
            with pytest.raises(ReportsBusy):
                act(account=who, code=row.code)
        with pytest.raises(ReportsBusy):
            proposed(people, month)
    proposed(people, month)


def test_numbers_that_are_whole_are_integers(rides, people, month):
    complain(rides, people, month, 6)
    row = proposed(people, month)

    def walk(value):
        if isinstance(value, dict | list):
            for each in value.values() if isinstance(value, dict) else value:
                yield from walk(each)
        elif isinstance(value, float):
            yield value

    assert not [value for value in walk(row.figures) if value == int(value)]


def test_holds_of_a_subject_are_found_by_an_index_when_they_are_over_too():
    assert any(each.fields == ["subject"] and each.condition is None for each in DataHold._meta.indexes)


@pytest.mark.parametrize(
    ("begins", "ends", "error"),
    [
        (0, 0, ReportNotOver),
        (-3, -5, InvalidInput),
        (-400, -1, ReportTooLong),
        (-5, 2, ReportNotOver),
        (-1_200, -1_190, InvalidInput),
    ],
)
def test_its_days_are_over_in_order_and_a_year_at_most(people, world, begins, ends, error):
    today = clock.now().astimezone(reports.ZONE).date()
    with pytest.raises(error):
        proposed(people, (today + timedelta(days=begins), today + timedelta(days=ends)))


def test_no_two_published_periods_share_a_day(people, month):
    waits = proposed(people, (month[0], month[1] - timedelta(days=1)))
    published(people, month)
    for other in ((month[0], month[0]), (month[0] - timedelta(days=3), month[0])):
        with pytest.raises(ReportOverlaps):
            proposed(people, other)
    with pytest.raises(ReportOverlaps):
        reports.publish(account=people("supervisor"), code=waits.code)
    two = {"state": "approved", "agreed_by": "supervisor", "version": 1, "decided_at": clock.now()}
    with pytest.raises(IntegrityError, match="report_periods_share_no_day"), transaction.atomic():
        TransparencyReport.objects.filter(pk=waits.pk).update(**two)
    reports.withdraw(account=people("admin"), code=waits.code)


def test_a_correction_is_another_version_that_says_what_changed(people, month, client):
    first = published(people, month)
    with pytest.raises(InvalidInput):
        proposed(people, month)
    second = proposed(people, month, change="one complaint was filed late")
    with pytest.raises(ReportWaits):
        proposed(people, month, change="again")
    reports.publish(account=people("supervisor"), code=second.code)
    second.refresh_from_db()
    assert (second.version, second.corrects) == (2, first)
    page = client.get(f"/transparency/{first.code}/").content.decode()
    assert second.code in page
    page = client.get(f"/transparency/{second.code}/").content.decode()
    assert first.code in page and "one complaint was filed late" in page


def test_who_counted_before_another_version_was_published_counts_anew(people, month, monkeypatch):
    first = published(people, month)
    row = proposed(people, month, change="late ones")
    monkeypatch.setattr(reports, "_newest", lambda *_days: None)
    with pytest.raises(ReportOutdated):
        reports.publish(account=people("supervisor"), code=row.code)
    assert list(reports.versions_of(first)) == [first]


@pytest.mark.parametrize(
    "change",
    [
        {"figures": {}},
        {"digest": "0" * 64},
        {"version": 7},
        {"state": "proposed"},
        {"ends": date(2018, 8, 24)},
    ],
)
def test_the_database_keeps_what_was_published_as_it_is(people, month, change):
    row = published(people, month)
    with pytest.raises(IntegrityError, match="a report stays"), transaction.atomic():
        TransparencyReport.objects.filter(pk=row.pk).update(**change)
    with pytest.raises(IntegrityError, match="a report stays"), transaction.atomic():
        row.delete()


def test_what_waits_is_not_counted_otherwise(people, month):
    row = proposed(people, month)
    with pytest.raises(IntegrityError, match="a report stays"), transaction.atomic():
        TransparencyReport.objects.filter(pk=row.pk).update(figures={})
    with pytest.raises(IntegrityError, match="report_takes_two_people"), transaction.atomic():
        TransparencyReport.objects.filter(pk=row.pk).update(
            state="approved", agreed_by="admin", version=1, decided_at=clock.now()
        )


def test_a_withdrawn_one_is_read_by_nobody_outside(people, month, client):
    row = proposed(people, month)
    reports.withdraw(account=people("admin"), code=row.code)
    for end in ("", "report.json", "report.csv", "report.pdf"):
        assert client.get(f"/transparency/{row.code}/{end}").status_code == 404
    with pytest.raises(NotFound):
        reports.publish(account=people("supervisor"), code="TR-NOT")


def complain(rides, people, month, many, category="dispute"):
    """Complaints of the month before, about one trip each."""
    at = clock.now()
    trip = rides.ended()
    day = month[0] + timedelta(days=4)
    filed = at.replace(year=day.year, month=day.month, day=day.day)
    for number in range(many):
        Complaint.objects.create(
            code=f"K-{category[:3].upper()}{number}",
            submission=f"{category}{number}",
            trip=trip,
            complainant=people("passenger"),
            category=category,
            level="ordinary",
            words="x",
            filed_at=filed,
        )


def test_json_keeps_its_schema_and_its_digest_can_be_checked(rides, people, month, client):
    complain(rides, people, month, 6)
    row = published(people, month)
    said = client.get(f"/transparency/{row.code}/report.json").json()
    jsonschema.Draft202012Validator.check_schema(client.get("/transparency/report-1.schema.json").json())
    jsonschema.validate(said, client.get("/transparency/report-1.schema.json").json())
    assert digest_of(said["figures"]) == said["figures_sha256"]
    tables = {each["measure"]: each for each in said["figures"]["tables"]}
    assert tables.keys() == MEASURES.keys()
    assert tables["complaints"]["total"]["count"] == 6
    assert tables["complaints"]["sha256"] == MEASURES["complaints"].digest
    assert said["dictionary"]["complaints"]["title"]["zh"] != said["dictionary"]["complaints"]["title"]["en"]


def test_csv_has_a_line_for_each_category_and_each_sum(rides, people, month, client):
    complain(rides, people, month, 6)
    row = published(people, month)
    answer = client.get(f"/transparency/{row.code}/report.csv")
    text = answer.content.decode("utf-8-sig")
    assert text.count("\r\n") == text.count("\n")
    lines = list(csv.DictReader(io.StringIO(text), strict=True))
    assert len(lines) == sum(len(each.cells) + 1 for each in MEASURES.values())
    found = {(line["measure"], line["category"]): line for line in lines}
    assert found["complaints", "dispute"]["count"] == "6" == found["complaints", ""]["count"]
    assert not any(cell[:1] in {"=", "+", "@"} for line in lines for cell in line.values())


def test_a_small_count_of_people_stands_nowhere(rides, people, month, client):
    complain(rides, people, month, 3, category="harassment")
    row = published(people, month)
    tables = {each["measure"]: each for each in row.figures["tables"]}
    assert tables["complaints"]["total"] == {"cell": "", "count": None}
    page = client.get(f"/transparency/{row.code}/", headers={"accept-language": "en"}).content.decode()
    assert "not told" in page
    complain(rides, people, month, 9)
    corrected = published(people, month, change="nine came late")
    tables = {each["measure"]: each for each in corrected.figures["tables"]}
    untold = {each["cell"] for each in tables["complaints"]["cells"] if each["count"] is None}
    assert {"harassment", "dispute"} <= untold and tables["complaints"]["total"]["count"] == 12
    assert "per_million_trips" not in tables["complaints"]["cells"][1]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_pages_and_pdf_are_in_the_readers_language(people, month, client, language):
    row = published(people, month)
    headers = {"accept-language": language}
    for path in ("/transparency/", f"/transparency/{row.code}/"):
        page = client.get(path, headers=headers).content.decode()
        minutes = "92 minutes" if language == "en" else "92 分钟"
        assert (minutes in page) == (path != "/transparency/")
        assert row.code in page
    answer = client.get(f"/transparency/{row.code}/report.pdf", headers=headers)
    assert answer["content-type"] == "application/pdf"
    text = " ".join(
        "".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages).split()
    )
    assert row.code in text and ("92 minutes" in text) == (language == "en")


def test_pages_count_nothing(people, month, client, monkeypatch):
    row = published(people, month)
    monkeypatch.setattr("governance.transparency.figures.count", None)
    monkeypatch.setattr("core.pdf.Sheet.draw", None)
    for end in ("", "report.json", "report.csv", "report.pdf"):
        assert client.get(f"/transparency/{row.code}/{end}").status_code == 200


def test_staff_do_it_on_their_pages(signed_in, people, month):
    admin, supervisor, agent = signed_in("admin"), signed_in("supervisor"), signed_in("agent")
    form = {"begins": month[0].isoformat(), "ends": month[1].isoformat(), "change": ""}
    assert agent.post("/admin/transparency/", form).status_code == 403
    assert admin.post("/admin/transparency/", {"begins": "", "ends": "x"}).status_code == 400
    answer = admin.post("/admin/transparency/", form)
    row = TransparencyReport.objects.get()
    assert answer["location"] == f"/admin/transparency/{row.code}/"
    assert admin.post("/admin/transparency/", form).status_code == 409
    page = supervisor.get(f"/admin/transparency/{row.code}/").content.decode()
    assert f"/admin/transparency/{row.code}/do/publish/" not in page  # nobody has seen its figures
    reports.COUNT.run(at=clock.now())
    page = supervisor.get(f"/admin/transparency/{row.code}/").content.decode()
    assert f"/admin/transparency/{row.code}/do/publish/" in page
    assert admin.post(f"/admin/transparency/{row.code}/do/publish/", {"do": "1"}).status_code == 409
    assert supervisor.post(f"/admin/transparency/{row.code}/do/publish/", {}).status_code == 400
    assert supervisor.post(f"/admin/transparency/{row.code}/do/publish/", {"do": "1"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.agreed_by) == ("approved", "supervisor")
    assert row.code in agent.get("/admin/transparency/").content.decode()


def test_what_it_says_fits_a_canonical_text(people, month):
    row = proposed(people, month)
    assert digest_of(json.loads(json.dumps(row.figures))) == row.digest
    assert papers.as_json(row, schema_at="x", checkpoint="")["report"] == row.code
