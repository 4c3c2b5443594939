"""What is handed over: sealed, stamped, marked with the code of its reader, verified, destroyed, and told of in the end."""

import hashlib
import io
import json
import re
from datetime import timedelta

import pypdf
import pypdfium2
import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator
from rapidocr_onnxruntime import RapidOCR

from core import clock, retention, retry
from core import stamps as authority
from core.errors import InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, Notification
from core.pdf import Sheet
from core.tests.stopwatch import Stopwatch
from police import selectors, services, tasks
from police.documents import paper, press, seal, telling, verify
from police.documents import services as documents
from police.documents.models import ReleaseCopy, ReleaseNotice
from police.documents.states import CopyKind
from police.documents.views import schema_of
from police.errors import LinkClosed
from police.models import Release
from police.states import Query
from police.tests.conftest import PATIENCE
from police.tests.factories import papers_filed, urgent
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos

pytestmark = pytest.mark.long

WITHIN = authority.WITHIN


def released(rides, people, who="officer", trip=None):
    """The whole pack of a trip on which she called for help."""
    trip = trip or rides.under_way()
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    question = urgent(Query.TRIP, trip.code)
    return services.ask_by_form(account=people(who), question=question, submission=f"s-{who}" * 4)


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


def pdf_of(asked, people, kind=CopyKind.PDF):
    return documents.hand_over(actor=people("officer").actor, request=asked, kind=kind)


# --- The document ---------------------------------------------------------------------------------


def test_a_cell_longer_than_a_page_goes_on_on_the_next_with_every_character():
    sheet = Sheet("x", foot="x")
    sheet.facts([("长", "𠮷" + "长" * 1_700 + "尾"), ("ئۇيغۇر", "ئۇيغۇر " * 400)])
    pages = pypdf.PdfReader(io.BytesIO(sheet.draw())).pages
    text = "".join(page.extract_text() for page in pages)
    assert len(pages) > 1
    assert (text.count("长"), text.count("尾"), text.count("𠮷")) == (1_701, 1, 1)
    # 'empty boxes' would be missing glyphs, or letters that do not join.
    assert "\ufe8b" in text or "\ufbea" in text or "ﯘ" in text


@pytest.mark.django_db
def test_the_pack_is_a_sealed_pdf_in_both_languages_with_the_time_of_the_authority(
    rides, people, time_authority
):
    asked = released(rides, people)
    press.lane().is_warm(PATIENCE)  # it was started when the officer opened the form
    watch = Stopwatch(child=press.lane()._idle[0].pid)
    handed = pdf_of(asked, people)
    assert (watch.computed() < 3, watch.waited() < 3) == (True, True)
    text = text_of(handed.content)
    assert "川A·H0001" in text
    assert "510112199106150034" in text
    for word in ("Plate registered", "登记车牌"):
        assert word in text, word
    seals = seal.look(handed.content)
    assert seals.sealed
    assert seals.stamped_at is not None
    copy = ReleaseCopy.objects.get(kind="pdf")
    assert (copy.stamp, copy.sha256) == ("stamped", hashlib.sha256(handed.content).hexdigest())
    facts = AuditEntry.objects.get(action="police.copy_made").facts
    assert (facts["copy"], facts["sha256"]) == (copy.code, copy.sha256)


def test_names_that_no_usual_font_has_are_in_the_pack(rides, people, time_authority):
    asked = released(rides, people)
    found = json.loads(asked.release.pack)
    found["driver"]["name"] = "𠮷野·ئۇيغۇر"
    copied = documents._copied(asked, "KHXR4M7D")
    text = text_of(paper.pack(found, copied, stamped=True))
    assert "𠮷野" in text
    assert "[U+" not in text


@pytest.mark.parametrize("how", [{"hang": PATIENCE}, {"status": 500}])
def test_a_time_authority_that_is_slow_or_dead_delays_nothing_and_its_time_comes_later(
    rides, people, time_authority, monkeypatch, how
):
    asked = released(rides, people)
    time_authority.behave(how)
    monkeypatch.setattr(authority, "WITHIN", WITHIN)
    watch = Stopwatch()
    handed = pdf_of(asked, people)
    assert watch.waited() < PATIENCE
    assert "Sealed without the time of an authority" in text_of(handed.content)
    assert seal.look(handed.content) == seal.Seals(sealed=True)
    copy = ReleaseCopy.objects.get()
    assert copy.stamp == "waiting"
    assert not documents.STAMPS.attempt(copy.pk)
    assert retry.counts()["police.time_stamps"] == (1, 0)
    time_authority.behave({})
    monkeypatch.setattr(authority, "WITHIN", PATIENCE)
    assert documents.STAMPS.attempt(copy.pk)
    assert "police.time_stamps" not in retry.counts()
    later = documents.hand_over_again(actor=people("officer").actor, request=asked, code=copy.code)
    assert later.content.startswith(handed.content)
    assert seal.look(later.content).stamped_at is not None
    assert verify.examine(handed.content).genuine
    assert verify.examine(later.content).genuine


# --- The mark ------------------------------------------------------------------------------------------


def test_a_quarter_of_a_photographed_page_leads_to_whoever_had_it(rides, people, time_authority):
    asked = released(rides, people)
    page = pypdfium2.PdfDocument(pdf_of(asked, people).content)[0].render(scale=2.2).to_pil()
    code = ReleaseCopy.objects.get().code
    wide, high = page.size
    reader = RapidOCR()
    for left, top in ((0, 0), (wide // 2, 0), (0, high // 2), (wide // 2, high // 2)):
        quarter = page.crop((left, top, left + wide // 2, top + high // 2))
        photo = io.BytesIO()
        quarter.convert("L").save(photo, "JPEG", quality=40)
        assert stands_in(photo.getvalue(), code, reader), (left, top)


def stands_in(photo, code, reader):
    """Whether a line of the photo has the code; of some fifty lines one after another is read until one has it."""
    seen, _high, _wide = reader.preprocess(reader.load_img(photo))
    lines = reader.get_crop_img_list(seen, reader.auto_text_det(seen)[0])
    for line in lines:
        ((words, score),), _seconds = reader.text_rec([line], False)
        if code in words.replace(" ", "") and score >= reader.text_score:
            return True
    return False


def test_each_reading_has_a_code_of_its_own_which_its_page_repeats(rides, people, signed_in):
    asked = released(rides, people)
    client = signed_in("officer")
    first = client.get(f"/police/requests/{asked.code}/").content.decode()
    second = client.get(f"/police/requests/{asked.code}/").content.decode()
    one, two = ReleaseCopy.objects.order_by("pk")
    assert one.code != two.code
    assert (first.count(one.code), second.count(two.code)) == (81, 81)
    assert two.code not in first
    assert (one.kind, one.reader, one.release.request.code) == ("page", "officer", asked.code)
    out = io.StringIO()
    call_command("verify_release", code=one.code, stdout=out)
    assert "officer" in out.getvalue()
    assert asked.code in out.getvalue()


def test_the_page_of_a_link_is_marked_too(rides, people, client):
    trip = rides.under_way()
    asked = services.open_phone_request(
        account=people("agent"),
        agency_code="shangtang",
        badge="331777",
        question=urgent(Query.TRIP, trip.code),
        submission="s",
    ).request
    services.record_call_back(account=people("agent"), code=asked.code)
    release = services.confirm_release(account=people("supervisor"), code=asked.code)
    secret = Notification.objects.get(channel="email").text.split("/police/packs/")[1].split("/")[0]
    page = client.post(f"/police/packs/{secret}/", {"spoken": release.spoken_code}).content.decode()
    copy = ReleaseCopy.objects.get()
    assert (copy.kind, copy.reader) == ("link", "")
    assert page.count(copy.code) == 81
    assert "331777" in page


def test_what_a_system_of_a_station_is_given_names_its_copy_too(rides, people, signed_in):
    asked = released(rides, people)
    found = signed_in("officer").get(f"/api/v1/police/requests/{asked.code}/").json()["pack"]
    copy = ReleaseCopy.objects.get()
    assert (copy.kind, found["copy"]["code"]) == ("api", copy.code)
    Draft202012Validator(schema_of("pack-1")).validate(found)


def test_nobody_gets_the_file_of_another(rides, people, time_authority):
    asked = released(rides, people)
    pdf_of(asked, people)
    with pytest.raises(NotFound):
        documents.hand_over_again(
            actor=people("officer2").actor, request=asked, code=ReleaseCopy.objects.get().code
        )


# --- JSON and the proof document -----------------------------------------------------------------


def test_every_pack_keeps_to_the_schema_that_it_names_and_that_is_published(rides, people, signed_in, client):
    asked = released(rides, people)
    answer = signed_in("officer").get(f"/police/requests/{asked.code}/pack.json")
    found = json.loads(answer.content)
    published = client.get(f"/police/schemas/{found['schema']}.json")
    assert published.status_code == 200
    schema = published.json()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(found)
    Draft202012Validator(schema).validate(json.loads(asked.release.pack))
    assert answer["X-SHA256"] == ReleaseCopy.objects.get().sha256
    assert schema_of("pack-9") is None
    assert client.get("/police/schemas/pack-9.json").status_code == 404


def test_an_answer_to_another_question_is_no_time(rides, people, time_authority, monkeypatch):
    asked = released(rides, people)
    kept = []
    answer = time_authority.answer
    monkeypatch.setattr(time_authority, "answer", lambda query: kept.append(answer(query)) or kept[0])
    for again in (False, True):
        handed = pdf_of(asked, people)
        assert seal.look(handed.content).sealed
        assert (seal.look(handed.content).stamped_at is None) == again


@pytest.mark.parametrize("name", ["pack-0", "x" * 300, "9" * 4000])
def test_a_schema_that_never_was_is_not_there(client, name):
    assert client.get(f"/police/schemas/{name}.json").status_code == 404


def test_the_proof_document_lists_each_file_with_both_digests(rides, people, time_authority):
    asked = released(rides, people)
    papers_filed(people("officer"), asked, letter_number="乐公（刑）调证字〔2018〕88号", legal_basis="x")
    asked = selectors.request_by_code(asked.code)
    handed = [pdf_of(asked, people), pdf_of(asked, people, CopyKind.JSON)]
    proof = pdf_of(asked, people, CopyKind.PROOF)
    text = re.sub(r"\s", "", text_of(proof.content))
    assert "乐公（刑）调证字〔2018〕88号" in text
    for each in handed:
        assert hashlib.sha256(each.content).hexdigest() in text
        assert seal.sm3(each.content) in text
    assert asked.release.digest in text
    assert seal.look(proof.content).sealed


def test_sm3_is_that_of_the_standard():
    assert seal.sm3(b"abc") == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


# --- Verification -----------------------------------------------------------------------------------


def verified(path):
    out = io.StringIO()
    try:
        call_command("verify_release", str(path), stdout=out)
    except CommandError as why:
        return why.returncode, out.getvalue()
    return 0, out.getvalue()


def test_the_command_says_genuine_of_which_release_and_which_bytes_were_changed(
    rides, people, time_authority, tmp_path
):
    asked = released(rides, people)
    for kind in (CopyKind.PDF, CopyKind.JSON):
        content = pdf_of(asked, people, kind).content
        path = tmp_path / "file"
        path.write_bytes(content)
        code, said = verified(path)
        assert (code, asked.code in said) == (0, True)
        changed = bytearray(content)
        changed[1_500] ^= 1
        path.write_bytes(changed)
        code, said = verified(path)
        assert (code, "changed: bytes 1024 to 2047" in said) == (1, True), said
        assert asked.code in said
    assert verified(tmp_path / "none")[0] == 2
    path.write_bytes(b"%PDF-1.7 nothing")
    assert verified(path)[0] == 1


def test_the_public_page_says_genuine_or_not_and_nothing_else(rides, people, time_authority, client):
    asked = released(rides, people)
    handed = pdf_of(asked, people)

    def ask(content=None, digest=""):
        data = {"digest": digest} | ({"file": io.BytesIO(content)} if content else {})
        answer = client.post("/police/verify/", data)
        return answer.status_code, answer.content.decode()

    status, page = ask(handed.content)
    assert (status, "真实</strong>" in page, ">genuine</strong>" in page) == (200, True, True)
    copy = ReleaseCopy.objects.get()
    for secret in (asked.code, copy.code, "officer", "shangtang", "H0001"):
        assert secret not in page
    assert ">genuine</strong>" in ask(digest=copy.sha256.upper())[1]
    assert ">genuine</strong>" in ask(digest=copy.sm3)[1]
    assert ">genuine</strong>" in ask(digest=asked.release.digest)[1]
    assert ">not genuine</strong>" in ask(handed.content + b" ")[1]
    assert ">not genuine</strong>" in ask(digest="0" * 64)[1]
    assert ask(digest="what")[0] == 400
    assert ask()[0] == 400


# --- The end of a pack -----------------------------------------------------------------------------------


def destroy(*tables):
    return [retention.rules()[table].job.run(at=clock.now()).total for table in tables]


BOTH = tasks.PACKS


def test_pack_and_files_are_gone_after_their_time_and_digest_and_record_stay(
    rides, people, time_authority, signed_in
):
    asked = released(rides, people)
    handed = pdf_of(asked, people)
    digest = asked.release.digest
    assert destroy(*BOTH) == [0, 0, 0]
    at = clock.now() - timedelta(hours=73)
    Release.objects.update(released_at=at, expires_at=at + timedelta(hours=72))
    # The hold that the request placed on its trip is still there, and keeps no pack.
    assert destroy(*BOTH) == [1, 0, 1]
    release, copy = Release.objects.get(), ReleaseCopy.objects.get()
    assert (release.pack, release.digest, copy.content) == ("", digest, "")
    assert copy.sha256 == hashlib.sha256(handed.content).hexdigest()
    assert verify.examine(handed.content).genuine
    changed = bytearray(handed.content)
    changed[5_000] ^= 1
    assert verify.examine(bytes(changed)).changed == [(4_096, 5_119)]
    page = signed_in("officer").get(f"/police/requests/{asked.code}/").content.decode()
    assert "It has been destroyed" in page
    with pytest.raises(LinkClosed):
        pdf_of(asked, people)
    console = signed_in("specialist").get(f"/admin/police-line/{asked.code}/").content.decode()
    assert copy.code in console


def test_what_names_the_request_itself_keeps_its_pack(rides, people):
    from core import holds
    from core.actors import SYSTEM

    asked = released(rides, people)
    holds.place(actor=SYSTEM, subject=asked.code, source="police", case="C-1")
    at = clock.now() - timedelta(hours=73)
    Release.objects.update(released_at=at, expires_at=at + timedelta(hours=72))
    assert destroy("police.Release") == [0]


# --- The silence ends ------------------------------------------------------------------------------------


def test_the_person_is_told_on_the_day_and_then_sees_who_read_what(rides, people, signed_in, noon):
    asked = released(rides, people)
    signed_in("officer").get(f"/police/requests/{asked.code}/")
    told = {row.person.code for row in ReleaseNotice.objects.all()}
    assert told == {"passenger", asked.trip.driver.account.code}
    silent = signed_in("passenger").get("/me/data/").content.decode()
    assert "police" not in silent.lower().split("<footer")[0]
    noon.shift(timedelta(days=29))
    assert telling.TELLING.run(at=clock.now()).total == 0
    noon.shift(timedelta(days=2))
    assert telling.TELLING.run(at=clock.now()).total == 2
    assert telling.TELLING.run(at=clock.now()).total == 0
    assert Notification.objects.filter(message="police.data_were_read").count() == 2
    page = signed_in("passenger").get("/me/data/").content.decode()
    assert asked.agency.name_en in page or asked.agency.name_zh in page
    assert "331" not in page.split("<main")[1].split("</main")[0]


def test_putting_it_off_takes_the_authoritys_reason_a_new_day_and_two_people(rides, people, noon):
    asked = released(rides, people)
    day = clock.now() + timedelta(days=60)
    with pytest.raises(InvalidInput) as refused:
        telling.propose_later(account=people("agent"), code=asked.code, reason=" ", day=day)
    assert refused.value.field == "reason"
    with pytest.raises(InvalidInput) as refused:
        telling.propose_later(
            account=people("agent"), code=asked.code, reason="x", day=clock.now() + timedelta(days=365)
        )
    assert refused.value.field == "day"
    telling.propose_later(account=people("specialist"), code=asked.code, reason="侦查需要", day=day)
    with pytest.raises(SecondPersonNeeded):
        telling.decide_later(account=people("specialist"), code=asked.code, agrees=True)
    # Until a second person agrees, the day stays.
    assert {row.due_at for row in ReleaseNotice.objects.all()} == {
        asked.release.released_at + timedelta(days=30)
    }
    telling.decide_later(account=people("supervisor"), code=asked.code, agrees=True)
    noon.shift(timedelta(days=31))
    assert telling.TELLING.run(at=clock.now()).total == 0
    noon.shift(timedelta(days=30))
    assert telling.TELLING.run(at=clock.now()).total == 2
