"""What outsiders can check of the journal: pages, proofs by HTTP, the witness, and the script that needs no network."""

import base64
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as configured
from django.db import connection, transaction
from django.test import Client, override_settings

from core import alarms, audit, clock, formats, retry
from core.actors import SYSTEM
from core.journal import checkpoints, notes, offline, proofs, sequence
from core.journal.witness import Witness, make_key
from core.models import AuditEntry, JournalCheckpoint, JournalRefusal
from core.tests import horizon
from core.tests.factories import set_policy

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def outside(settings, tmp_path):
    settings.TIME_URL, settings.JOURNAL_ANCHOR = "", str(tmp_path / "anchor")
    settings.WITNESS_KEY = make_key(tmp_path / "witness", "a-witness")


def grow(count, *, publish=True):
    with transaction.atomic():
        for number in range(count):
            audit.record(SYSTEM, "test.happened", f"T-{number}")
    horizon.passes_now()
    assert sequence.sequence_all(seconds=60) >= count  # the cast writes lines too
    if publish:
        checkpoints.publish(clock.now())


class Through(httpx.BaseTransport):
    """The platform's own pages, as the witness would reach them by HTTP."""

    def __init__(self):
        self.client, self.changed = Client(), {}

    def handle_request(self, request):
        if request.url.path in self.changed:
            return httpx.Response(200, text=self.changed[request.url.path])
        address = request.url.raw_path.decode()
        if request.method == "POST":
            answer = self.client.post(address, request.read(), content_type="text/plain")
        else:
            answer = self.client.get(address)
        return httpx.Response(answer.status_code, content=answer.content)


@pytest.fixture
def through():
    return Through()


@pytest.fixture
def witness(through, tmp_path):
    client = httpx.Client(base_url="http://platform/", transport=through)
    return Witness(tmp_path / "witness", "a-witness", client, now=lambda: clock.now().timestamp())


def test_the_witness_signs_what_extends_what_it_saw(witness, client):
    grow(3)
    assert witness.turn().signed
    grow(300)
    assert witness.turn().signed
    note = client.get("/journal/checkpoint").content.decode()
    assert offline.signed_by(note, checkpoints.public_key()).at == 0
    assert offline.signed_by(note, configured.WITNESS_KEY, offline.COSIGNATURE).at > 0
    assert checkpoints.newest_cosigned() == checkpoints.newest()
    assert not JournalRefusal.objects.exists()
    page = client.get("/journal/", headers={"accept-language": "en"}).content.decode()
    assert "The witness signed." in page
    assert note.splitlines()[2] in page


def owner(statement, *given):
    with connection.cursor() as cursor:
        cursor.execute(statement, given)


def cut(size):
    """The newest entries are gone, with batches, nodes and checkpoints; another checkpoint is signed."""
    owner("DELETE FROM core_journalbatch WHERE size > %s", size)
    owner("DELETE FROM core_journalcheckpoint WHERE size > %s", size)
    checkpoints.publish(clock.now())


def rebuild(_size):
    """Something of the beginning is gone, and all is built anew, longer than before."""
    owner("DELETE FROM core_auditentry WHERE id = (SELECT min(id) FROM core_auditentry)")
    for table in ("journalbatch", "journalnode", "journalcheckpoint"):
        owner(f"DELETE FROM core_{table}")  # noqa: S608 - a table of ours
    with transaction.atomic():
        for number in range(9):
            audit.record(SYSTEM, "test.later", f"T-{number}")
    horizon.passes_now()
    sequence.sequence_all(seconds=60)
    checkpoints.publish(clock.now())


def fork(size):
    """As many lines, others."""
    row = checkpoints.newest()
    other = checkpoints.made(size, b"\1" * 32, clock.now() + timedelta(seconds=1))
    JournalCheckpoint.objects.create(at=row.at, size=size, root=b"\1" * 32, note=other)


@pytest.mark.parametrize("tamper", [cut, rebuild, fork])
def test_the_witness_signs_nothing_else_and_says_so_until_a_person_has_looked(
    tamper, witness, client, people
):
    grow(3)
    before = checkpoints.newest().size
    grow(4)
    assert witness.turn().signed
    tamper(before if tamper is cut else before + 4)
    for _turn in range(2):  # said once
        assert not witness.turn().signed
    refusal = JournalRefusal.objects.get()
    offline.signed_by(refusal.note, configured.WITNESS_KEY, offline.COSIGNATURE)
    assert checkpoints.newest().cosigned_at is None
    assert (
        "The witness refused to sign"
        in client.get("/journal/", headers={"accept-language": "en"}).content.decode()
    )
    assert sum(retry.counts()["core.journal_witness"]) == 1
    supervisor = people("supervisor")
    assert [each.key for each in alarms.ringing_for(supervisor, clock.now())] == [f"witness:{refusal.pk}"]
    row = retry.needing_person().get(kind="core.journal_witness")
    retry.deal_with(actor=supervisor.actor, failed_work_id=row.pk, reason="the police have the disk")
    assert alarms.ringing_for(supervisor, clock.now()) == []


def test_a_witness_that_is_silent_is_said_once_and_over_when_it_signs(witness, people):
    grow(1)
    begun = checkpoints.newest()
    late = clock.now() + checkpoints.SILENT_AFTER + timedelta(seconds=1)
    for _minute in range(2):
        checkpoints.publish(late)
    (row,) = retry.needing_person().filter(kind="core.journal_witness")
    assert (row.key, row.attempts) == (f"silent:{begun.pk}", 1)
    assert [each.code for each in alarms.ringing_for(people("supervisor"), late)] == [row.key]
    assert witness.turn().signed
    assert alarms.ringing_for(people("supervisor"), late) == []


def test_an_old_signature_ends_no_silence(witness, client, people):
    grow(1)
    assert witness.turn().signed
    old = client.get("/journal/checkpoint").content.decode()
    grow(1)
    begun = checkpoints.newest()
    late = clock.now() + checkpoints.SILENT_AFTER + timedelta(seconds=1)
    checkpoints.publish(late)
    assert client.post("/journal/witness/", old, content_type="text/plain").status_code == 200
    (row,) = retry.needing_person().filter(kind="core.journal_witness")
    assert row.key == f"silent:{begun.pk}"
    retry.done(
        checkpoints.REFUSALS, row.key
    )  # whatever ended it: while the same silence lasts, it is said again
    checkpoints.publish(late)
    (row,) = retry.needing_person().filter(kind="core.journal_witness")
    retry.deal_with(actor=people("supervisor").actor, failed_work_id=row.pk, reason="they repair it today")
    checkpoints.publish(late)
    assert not retry.needing_person().filter(kind="core.journal_witness").exists()


def test_a_witness_believes_one_key_for_good(witness, through):
    grow(3)
    assert witness.turn().signed
    other = Ed25519PrivateKey.generate()
    body = notes.body_of(checkpoints.newest().note)
    name = configured.JOURNAL_ORIGIN
    through.changed["/journal/key"] = notes.encoded(name, other) + "\n"
    through.changed["/journal/checkpoint"] = f"{body}\n{notes.signature(name, other, body)}"
    assert not witness.turn().signed


def test_a_platform_that_does_not_answer_is_no_refusal(witness):
    with pytest.raises(httpx.HTTPError):
        witness.turn()  # no checkpoint yet
    assert not JournalRefusal.objects.exists()


def test_what_is_not_the_witnesss_is_not_taken(client, witness):
    grow(2)
    row = checkpoints.newest()
    stranger = Ed25519PrivateKey.generate()
    body = notes.body_of(row.note)
    forged = f"{body}\n{notes.signature('a-witness', stranger, body, at=1)}"
    refusal = "refusal of x\nwhy\n"
    for said in (
        row.note,
        forged,
        f"{refusal}\n{notes.signature('a-witness', stranger, refusal, at=1)}",
        "",
        "x" * 20_000,
        "\xff",
    ):
        assert client.post("/journal/witness/", said, content_type="text/plain").status_code == 400
    assert client.post("/journal/witness/", b"\xff", content_type="text/plain").status_code == 400
    row.refresh_from_db()
    assert (row.cosignature, JournalRefusal.objects.count()) == ("", 0)
    with override_settings(WITNESS_KEY=""):
        assert client.post("/journal/witness/", "x", content_type="text/plain").status_code == 404


def with_line(note, line):
    """A note with another line before its signatures."""
    body, _, lines = note.partition("\n\n")
    return f"{body}\n\n{line}\n{lines}"


JUNK = (
    "\u2014 a-witness AAAA",
    "\u2014 a-witness " + "x" * 400,
    "\u2014 a-witness \0",
    "\0",
    "\u2014 a-witness \u00e9",
)


@pytest.mark.parametrize("junk", JUNK)
def test_a_stranger_puts_nothing_in_the_place_of_the_witnesss_signature(client, witness, junk):
    grow(2)
    assert witness.turn().signed
    row = checkpoints.newest()
    genuine = row.cosignature
    published = client.get("/journal/checkpoint").content.decode()
    for was in (genuine, ""):
        JournalCheckpoint.objects.filter(pk=row.pk).update(
            cosignature=was, cosigned_at=row.cosigned_at if was else None
        )
        answer = client.post("/journal/witness/", with_line(published, junk), content_type="text/plain")
        assert answer.status_code == 200
        assert client.get("/journal/checkpoint").content.decode() == published
    newer = f"{row.note}{witness._line(notes.body_of(row.note), int(row.cosigned_at.timestamp()) - 60)}"
    assert client.post("/journal/witness/", newer, content_type="text/plain").status_code == 200
    row.refresh_from_db()
    assert row.cosignature == genuine  # an older one is in the place of no newer one


def test_one_refusal_stays_one_however_often_and_with_whatever_it_is_said(client, witness):
    body = "refusal of a journal\nit is shorter\n"
    genuine = f"{body}\n{witness._line(body, 1_800_000_000)}"
    for said in (
        *(with_line(genuine, junk) for junk in JUNK),
        genuine,
        genuine + "x" * 900,
        f"{body}\n{witness._line(body, 1_800_000_060)}",
    ):
        assert client.post("/journal/witness/", said, content_type="text/plain").status_code == 200
    assert JournalRefusal.objects.get().note == genuine
    body = "refusal of \0\n"
    said = f"{body}\n{witness._line(body, 1)}"
    assert client.post("/journal/witness/", said, content_type="text/plain").status_code == 400


def test_a_stranger_asks_for_no_work_without_end(client, witness):
    set_policy("core.witness_said", {"address": 3, "within": 3600})
    answers = [client.post("/journal/witness/", "x", content_type="text/plain").status_code for _ in range(4)]
    assert answers == [400, 400, 400, 429]


def test_proofs_by_http_are_those_of_the_tree_and_only_of_what_was_published(client):
    grow(5)
    grow(300)
    newest = checkpoints.newest()
    found = client.get("/journal/proofs/inclusion/", {"index": 2, "size": 305}).json()
    path = [base64.b64decode(each) for each in found["path"]]
    offline.check_inclusion(base64.b64decode(found["leaf"]), 2, 305, path, bytes(newest.root))
    found = client.get("/journal/proofs/consistency/", {"from": 5, "to": 305}).json()
    path = [base64.b64decode(each) for each in found["path"]]
    offline.check_consistency(5, proofs.root(5), 305, bytes(newest.root), path)
    grow(1, publish=False)
    for address, asked, status in (
        ("inclusion", {"index": 1, "size": 306}, 404),
        ("inclusion", {"index": 305, "size": 305}, 404),
        ("inclusion", {"index": "x", "size": 305}, 400),
        ("inclusion", {}, 400),
        ("consistency", {"from": 6, "to": 5}, 404),
        ("consistency", {"from": 1, "to": 306}, 404),
        ("consistency", {"from": "-1", "to": 3}, 400),
    ):
        assert client.get(f"/journal/proofs/{address}/", asked).status_code == status, (address, asked)


def test_the_history_is_given_in_parts(client):
    grow(1)
    grow(1)
    first, second = client.get("/journal/checkpoints/").json()["checkpoints"]
    assert (first["size"], second["size"]) == (2, 1)
    assert client.get("/journal/checkpoints/", {"before": first["number"]}).json()["checkpoints"] == [second]
    assert client.get(f"/journal/checkpoints/{second['number']}/").content.decode() == second["note"]
    assert client.get("/journal/checkpoints/999999999/").status_code == 404
    assert client.get("/journal/checkpoints/", {"before": "x"}).status_code == 400
    assert client.get("/journal/key").content.decode().split() == [
        checkpoints.public_key(),
        configured.WITNESS_KEY,
    ]


def test_the_page_says_what_the_journal_is_in_both_languages(client):
    for language, words in (("en", "The journal, and how to check it"), ("zh-hans", "审计日志")):
        page = client.get("/journal/", headers={"accept-language": language}).content.decode()
        assert words in page
    assert "within a minute" in client.get("/journal/", headers={"accept-language": "en"}).content.decode()


def test_auditors_find_lines_by_person_case_action_and_day_and_each_look_is_a_line(signed_in, noon):
    day = clock.now().date().isoformat()
    with transaction.atomic():
        audit.record(SYSTEM, "test.done", "P-1", case="I-7K2M9QX4", field="phone")
        audit.record(SYSTEM, "test.done", "P-2")
    noon.shift(timedelta(days=3))
    with transaction.atomic():
        audit.record(SYSTEM, "test.done", "P-3", case="I-7K2M9QX4")
    auditor = signed_in("supervisor")

    def found(words):
        page = auditor.get("/admin/core/auditentry/", {"q": words}).content.decode()
        return [code for code in ("P-1", "P-2", "P-3") if f">{code}<" in page]

    assert found("P-1") == ["P-1"]
    assert found("i7k2m9qx4") == ["P-1", "P-3"]
    assert found("test.done") == ["P-1", "P-2", "P-3"]
    assert found(f"test.done {day}") == ["P-1", "P-2"]
    assert found(f"I-7K2M9QX4 {day}") == ["P-1"]
    assert found("system test.done P-2") == ["P-2"]
    assert found("nobody") == []
    line = AuditEntry.objects.get(subject="P-1")
    page = auditor.get(f"/admin/core/auditentry/{line.pk}/change/").content.decode()
    assert "I-7K2M9QX4" in page
    assert line.seal not in page
    looks = AuditEntry.objects.filter(action="core.list_read", actor="supervisor")
    assert looks.filter(subject="core.auditentry").count() == 7
    assert looks.get(subject="core.auditentry.line").facts["codes"] == [str(line.pk)]
    listed = auditor.get("/admin/core/auditentry/", {"q": "P-1"}).content.decode()
    assert formats.moment(line.at, "clock") in listed  # to the second: what came first
    assert formats.moment(line.at, "clock") in page
    assert signed_in("agent").get("/admin/core/auditentry/").status_code == 403
