"""Documents and names of everybody (A2): each is asked at its own registry, and is one account's."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import IntegrityError, transaction

from accounts import demo, guardians
from accounts.leaving import _close
from accounts.models import Account, Guardianship, RealNameCheck
from accounts.selectors import is_ended_by_staff, other_accounts, restriction_on
from accounts.services import ask_real_name, enrol, restrict, settle_real_name
from accounts.states import GuardianEndedBy
from core import clock, outside, typed
from core.actors import SYSTEM
from core.permissions import Role
from core.registries import IDENTITY
from core.typed.document import Kind
from sandbox import registries as sandbox
from sandbox.people import people as invented


@pytest.fixture
def registry(settings, tmp_path):
    """The sandbox's own registries behind a real server; gives back which were asked."""
    asked: list[str] = []

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            name = self.path.strip("/")
            asked.append(name)
            question = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, body = sandbox.answer(name, question)
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, *args):
            pass

    settings.STATE = tmp_path
    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.REGISTRY_URL = f"http://127.0.0.1:{server.server_port}"
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    yield asked
    server.shutdown()


@pytest.fixture
def member(world, db):
    def make(code):
        with transaction.atomic():
            return enrol(
                code=code,
                role=Role.MEMBER,
                phone=f"1391234{len(Account.objects.all()):04}",
                real_name="",
                id_number="",
                password_hash="!",
                verified_at=None,
            )

    return make


def verify(account, name, number, document=""):
    check = ask_real_name(account=account, real_name=name, id_number=number, document=document)
    if check.state == "asked":
        settle_real_name(check.pk)
    check.refresh_from_db()
    account.refresh_from_db()
    return check


CAST = {part.id_number for part in demo.CAST}
ADULTS = [
    (number, person)
    for number, person in invented().items()
    if number not in CAST and person["name"] != "童小满"
]


@pytest.mark.parametrize(("number", "person"), ADULTS)
def test_everybody_is_verified_at_the_registry_of_their_document(registry, member, number, person):
    kind = Kind(person.get("document", "resident_id"))
    account = member("somebody")
    assert verify(account, person["name"], number, kind).state == "verified"
    assert registry == [IDENTITY[kind]]
    born = person.get("born") or typed.document.born(number).isoformat()
    assert (account.real_name, account.id_number, account.document, account.born_on) == (
        person["name"],
        number,
        kind,
        born,
    )


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("110221197006011238", Kind.RESIDENT_ID),
        ("330321196506011236", Kind.RESIDENT_ID),
        ("110224195802031176", Kind.RESIDENT_ID),
        ("810000199001011230", Kind.RESIDENT_ID),
        ("820000199001011232", Kind.RESIDENT_ID),
        ("830000199001011234", Kind.RESIDENT_ID),
        ("H1234567801", Kind.HOME_PERMIT),
        ("Ｍ１２３４５６７８", Kind.HOME_PERMIT),
        ("12345678", Kind.TAIWAN_PERMIT),
        ("usa 1100 8001 0101", Kind.PERMANENT_RESIDENT),
        ("911124198503210017", Kind.PERMANENT_RESIDENT),
        ("E12345678", Kind.PASSPORT),
    ],
)
def test_without_a_kind_the_number_tells(member, signed_in, number, kind):
    member("somebody")
    answer = signed_in("somebody").post(
        "/api/v1/me/real-name/", {"real_name": "张三", "id_number": number}, content_type="application/json"
    )
    assert answer.status_code == 202, answer.content
    assert RealNameCheck.objects.get().document == kind


@pytest.mark.parametrize(
    ("number", "document"),
    [
        ("123456789", ""),
        ("E12345678", "resident_id"),
        ("330106199001011231", "passport"),
        ("X1234567801", "home_permit"),
        ("911124198513210013", "permanent_resident"),
        ("ABCDEFG", "passport"),
    ],
)
def test_a_number_of_another_document_is_said_at_its_field(member, signed_in, number, document):
    member("somebody")
    given = {"real_name": "张三", "id_number": number} | ({"document": document} if document else {})
    answer = signed_in("somebody").post("/api/v1/me/real-name/", given, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "id_number_wrong")
    page = signed_in("somebody").post("/me/real-name/", given)
    assert page.status_code == 400
    assert not RealNameCheck.objects.exists()


@pytest.mark.parametrize(
    ("first", "second"),
    [("H1234567801", "H1234567801"), ("H1234567801", "h12345678 02"), ("H1234567801", "H12345678")],
)
def test_a_permit_issued_anew_is_the_same_document(registry, member, first, second, monkeypatch):
    person = invented()["H1234567801"]
    known = {**invented(), **dict.fromkeys(("H12345678", "H1234567802"), person)}
    monkeypatch.setattr(sandbox, "people", lambda: known)
    assert verify(member("one"), person["name"], first).state == "verified"
    check = verify(member("other"), person["name"], second)
    assert (check.state, check.why) == ("refused", "taken")


MARTIN = "MARTIN DUPONT"
PASSPORT = ("19FV30417", Kind.PASSPORT)  # these are of one man, as both registries say
PERMANENT = ("911124198503210017", Kind.PERMANENT_RESIDENT)


@pytest.mark.parametrize(("first", "second"), [(PASSPORT, PERMANENT), (PERMANENT, PASSPORT)])
def test_one_person_has_one_account_whatever_their_documents(registry, member, first, second):
    assert verify(member("one"), MARTIN, *first).state == "verified"
    other = member("other")
    check = verify(other, MARTIN, *second)
    assert (check.state, check.why, other.verified_at) == ("refused", "taken", None)


def test_the_database_knows_one_open_account_for_a_person(registry, member):
    one, other = member("one"), member("other")
    verify(one, MARTIN, *PASSPORT)
    with pytest.raises(IntegrityError, match="one_open_account_per_person"), transaction.atomic():
        Account.objects.filter(pk=other.pk).update(person_index=one.person_index)
    _close(one)
    Account.objects.filter(pk=other.pk).update(person_index=one.person_index)


def test_who_share_name_and_birthday_are_two_people_unless_the_registry_says_one(
    registry, member, monkeypatch
):
    named = [(PASSPORT[0], "nia-1"), (PERMANENT[0], "nia-2")]
    known = {number: {**invented()[number], "person": person} for number, person in named}
    monkeypatch.setattr(sandbox, "people", lambda: known)
    assert verify(member("one"), MARTIN, *PASSPORT).state == "verified"
    assert verify(member("other"), MARTIN, *PERMANENT).state == "verified"


def test_whom_no_registry_names_is_known_by_the_document_alone(registry, member, monkeypatch):
    known = {number: {**invented()[number], "person": ""} for number, _kind in (PASSPORT, PERMANENT)}
    monkeypatch.setattr(sandbox, "people", lambda: known)
    one, other = member("one"), member("other")
    assert verify(one, MARTIN, *PASSPORT).state == verify(other, MARTIN, *PERMANENT).state == "verified"
    assert other_accounts(other) == []


def test_a_restriction_holds_the_person_by_whichever_document_they_come_back(registry, member):
    one, stranger, other = member("one"), member("stranger"), member("other")
    verify(one, MARTIN, *PASSPORT)
    with transaction.atomic():
        restrict(actor=SYSTEM, account=one, source="M-1", citation="x", until=None)
    _close(one)
    verify(other, MARTIN, *PERMANENT)
    verify(stranger, "ANNA MARIA KOWALSKA", "AB123456")
    assert other.verified_at
    assert restriction_on(other, clock.now()).source == "M-1"
    assert restriction_on(stranger, clock.now()) is None
    assert other_accounts(other) == [one.pk]
    Account.objects.filter(pk=one.pk).update(
        id_index=None, person_index="", phone_index="gone:one", verified_at=None
    )  # erased
    assert restriction_on(other, clock.now()).source == "M-1"


def test_who_was_restricted_before_they_were_verified_stays_so(registry, member):
    one, other = member("one"), member("other")
    with transaction.atomic():
        restrict(actor=SYSTEM, account=one, source="M-1", citation="x", until=None)
    verify(one, MARTIN, *PASSPORT)
    _close(one)
    verify(other, MARTIN, *PERMANENT)
    assert restriction_on(other, clock.now()).source == "M-1"


def test_accounts_are_one_persons_through_a_third(registry, member, monkeypatch):
    """Verified before the registry said who it is, and since: the document leads to the person, who leads to the other."""
    one, two, three = member("one"), member("two"), member("three")
    monkeypatch.setattr(sandbox, "people", lambda: {PASSPORT[0]: {**invented()[PASSPORT[0]], "person": ""}})
    verify(one, MARTIN, *PASSPORT)
    _close(one)
    monkeypatch.undo()
    verify(two, MARTIN, *PASSPORT)
    _close(two)
    verify(three, MARTIN, *PERMANENT)
    assert other_accounts(three) == [one.pk, two.pk]
    one.refresh_from_db()
    assert other_accounts(one) == [two.pk, three.pk]


def test_whom_staff_ended_as_a_guardian_is_known_by_another_document(registry, member):
    one, other, teen = member("one"), member("other"), member("teen")
    verify(one, MARTIN, *PASSPORT)
    at = clock.now()
    Guardianship.objects.create(
        teen=teen,
        guardian=one,
        phone_index=one.phone_index,
        asked_at=at,
        answered_at=at,
        state="confirmed",
        end_asked_at=at,
    )
    row = Guardianship.objects.get()
    with transaction.atomic():
        guardians._end(row, GuardianEndedBy.STAFF)
    _close(one)
    verify(other, MARTIN, *PERMANENT)
    assert is_ended_by_staff(teen, other)
    assert not is_ended_by_staff(teen, member("stranger"))


def test_passports_of_two_countries_may_have_one_number(registry, member, monkeypatch):
    verify(member("one"), "ANNA MARIA KOWALSKA", "AB123456")
    other = {"AB123456": {"name": "JI HO KIM", "document": "passport", "born": "1990-01-01", "country": "KR"}}
    monkeypatch.setattr(sandbox, "people", lambda: other)
    assert verify(member("other"), "JI HO KIM", "AB123456").state == "verified"


def test_one_document_in_two_widths_is_one_account(registry, member, monkeypatch):
    person = {"330302199001010013": {"name": "陈新"}}
    monkeypatch.setattr(sandbox, "people", lambda: person)
    assert verify(member("one"), "陈新", "330302199001010013").state == "verified"
    check = verify(member("other"), "陈新", "３３０３０２１９９００１０１００１３")
    assert (check.state, check.why) == ("refused", "taken")


@pytest.mark.parametrize(
    "answer", [{"match": True}, {"match": True, "born": "never"}, {"match": True, "born": "1990-01-01"}]
)
def test_a_passport_without_birthday_or_country_is_no_answer(registry, member, monkeypatch, answer):
    monkeypatch.setitem(sandbox.REGISTRIES, "passports", lambda _question: answer)
    assert verify(member("one"), "李华", "E12345678").state == "asked"


def test_of_a_child_nothing_is_kept_and_nobody_is_asked(registry, member, noon):
    account = member("child")
    number = next(number for number, person in invented().items() if person["name"] == "童小满")
    check = verify(account, "童小满", number)
    assert (check.state, check.why, check.real_name, check.id_number) == ("refused", "too_young", "", "")
    assert (registry, account.verified_at) == ([], None)


def test_a_child_by_a_passport_is_known_by_the_registry_alone(registry, member, monkeypatch):
    born = f"{clock.now().year - 11}-01-01"
    child = {"AB123456": {"name": "ANNA", "document": "passport", "born": born, "country": "CA"}}
    monkeypatch.setattr(sandbox, "people", lambda: child)
    account = member("child")
    check = verify(account, "ANNA", "AB123456")
    assert (check.why, check.real_name, check.id_number, account.id_index) == ("too_young", "", "", None)


@pytest.mark.parametrize("dot", "·•‧・")
def test_a_name_is_kept_with_the_registrys_dot(registry, member, dot):
    assert verify(member("one"), f"古丽{dot}艾合买提", "65010219880215004X").state == "verified"


def test_the_page_offers_every_document_and_says_what_came_of_it(registry, member, signed_in):
    member("somebody")
    client = signed_in("somebody")
    page = client.get("/me/real-name/").content.decode()
    assert all(f'value="{kind}"' in page for kind in Kind)
    client.post("/me/real-name/", {"real_name": "x", "id_number": "E99999999", "document": "passport"})
    settle_real_name(RealNameCheck.objects.get().pk)
    assert "does not know this number" in client.get("/me/real-name/").content.decode()
