"""Real names (A2) and a registry that answers, is silent, slow or says nothing that can be used (D10)."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.db import connection

from accounts.errors import RealNameOpen, RealNameVerified
from accounts.forms import RealNameForm, WardForm
from accounts.models import Account, RealNameCheck
from accounts.services import ask_real_name, due_real_names, enrol, settle_real_name
from core import clock, outside, registries, typed
from core.errors import TooMany
from core.permissions import Role
from sandbox.registries import PEOPLE

NUMBER = next(number for number, name in PEOPLE.items() if name == "陈新")


class Registry(BaseHTTPRequestHandler):
    """A real server on loopback that answers what a test wants."""

    replies: list = []
    asked: list = []

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        type(self).asked.append(body)
        status, text = self.replies[min(len(self.asked), len(self.replies)) - 1]
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *args):
        pass


@pytest.fixture
def registry(settings):
    """Say what it answers, one reply after another, the last one for ever; returns what it was asked."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.REGISTRY_URL = f"http://127.0.0.1:{server.server_port}"
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)

    def says(*replies):
        Registry.replies, Registry.asked = list(replies), []
        return Registry.asked

    yield says
    server.shutdown()


@pytest.fixture
def newcomer(world, db):
    from django.db import transaction

    with transaction.atomic():
        return enrol(
            code="newcomer", role=Role.MEMBER, phone="13912340001", real_name="", id_number="", password_hash="!", verified_at=None
        )  # fmt: skip


MATCH, NO_MATCH = (200, '{"match": true}'), (200, '{"match": false}')


def settle(newcomer, name="陈新", number=NUMBER):
    check = ask_real_name(account=newcomer, real_name=name, id_number=number)
    settle_real_name(check.pk)
    check.refresh_from_db()
    newcomer.refresh_from_db()
    return check


def test_a_match_verifies_and_opens_hitch(registry, newcomer):
    asked = registry(MATCH)
    assert settle(newcomer).state == "verified"
    assert asked == [{"name": "陈新", "id_number": NUMBER}]
    assert (newcomer.real_name, newcomer.id_number, newcomer.verified_at is not None) == (
        "陈新",
        NUMBER,
        True,
    )
    with pytest.raises(RealNameVerified):
        ask_real_name(account=newcomer, real_name="陈新", id_number=NUMBER)


def test_who_types_traditional_characters_is_asked_about_in_the_other_ones_too(registry, newcomer):
    """Many type them, of whom the card has simplified ones; kept is the name that the registry has."""
    asked = registry(NO_MATCH, MATCH)
    assert settle(newcomer, "林志偉").state == "verified"
    assert [each["name"] for each in asked] == ["林志偉", "林志伟"]
    assert newcomer.real_name == "林志伟"
    assert RealNameCheck.objects.get().real_name == "林志伟"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (
            "买买提吐尔逊 · 阿卜杜热西提 · 努尔麦麦提 · 依布拉音江 · 阿卜杜克热木 · 吾布力喀斯木江",
            "买买提吐尔逊·阿卜杜热西提·努尔麦麦提·依布拉音江·阿卜杜克热木·吾布力喀斯木江",
        ),
        ("WARNAKULASURIYA PATABENDIGE USHANTHA JOSEPH CHAMINDA VAAS", None),
    ],
    ids=["40 with spaces", "57"],
)
def test_a_long_name_is_neither_cut_nor_refused(registry, newcomer, written, kept):
    asked = registry(MATCH)
    assert settle(newcomer, written).state == "verified"
    assert asked[0]["name"] == newcomer.real_name == (kept or written)
    for form in (RealNameForm(), WardForm()):
        name = form.fields.get("real_name") or form.fields["name"]
        assert name.clean(written) == (kept or written)
        assert int(name.widget.attrs["maxlength"]) >= 100


def test_a_name_that_the_registry_has_in_traditional_characters_is_kept_so(registry, newcomer):
    asked = registry(MATCH)
    assert settle(newcomer, "林志偉").state == "verified"
    assert (len(asked), newcomer.real_name) == (1, "林志偉")


def test_neither_writing_is_another_persons_name(registry, newcomer):
    registry(NO_MATCH, NO_MATCH)
    assert settle(newcomer, "林志偉").why == "differs"
    assert RealNameCheck.objects.get().real_name == "林志偉"


@pytest.mark.parametrize(("reply", "why"), [(NO_MATCH, "differs"), ((404, ""), "unknown")])
def test_no_match_refuses_and_another_try_is_free(registry, newcomer, reply, why):
    registry(reply)
    check = settle(newcomer)
    assert (check.state, check.why, newcomer.verified_at) == ("refused", why, None)
    registry(MATCH)
    assert settle(newcomer).state == "verified"


@pytest.mark.parametrize(
    "reply",
    [
        (503, ""),
        (500, '{"match": true}'),
        (200, "not json"),
        (200, "[]"),
        (200, "{}"),
        (200, '{"match": "yes"}'),
    ],
)
def test_a_registry_that_says_nothing_delays_and_decides_nothing(registry, newcomer, noon, reply):
    registry(reply)
    check = settle(newcomer)
    assert (check.state, check.attempts, newcomer.verified_at) == ("asked", 1, None)
    assert due_real_names(at=clock.now()) == []
    with pytest.raises(RealNameOpen):
        ask_real_name(account=newcomer, real_name="陈新", id_number=NUMBER)
    noon.shift(6)
    assert due_real_names(at=clock.now()) == [check.pk]
    registry(MATCH)
    settle_real_name(check.pk)
    assert RealNameCheck.objects.get().state == "verified"


def test_a_hiccup_is_tried_again_at_once(registry, newcomer):
    asked = registry((503, ""), MATCH)
    assert settle(newcomer).state == "verified"
    assert len(asked) == 2


def test_after_five_failures_nobody_asks_for_a_while(registry, world):
    asked = registry((503, ""))
    for _call in range(8):
        with pytest.raises(registries.RegistryDown):
            registries.ask("identity", {})
    assert len(asked) == 5 * outside.ATTEMPTS


def test_one_document_is_one_account(registry, newcomer, people):
    from core.privacy import blind_index

    Account.objects.filter(code="passenger").update(id_index=blind_index(NUMBER, purpose="id-number"))
    registry(MATCH)
    check = settle(newcomer)
    assert (check.state, check.why) == ("refused", "taken")
    assert people("passenger").verified_at is not None


@pytest.mark.parametrize(
    "number", ["", "1", "330106199001011231", "330106199013011239", "33010619900230123X", "x" * 24]
)
def test_what_is_no_id_number_is_said_at_its_field(newcomer, number):
    with pytest.raises(typed.document.IdNumberWrong) as error:
        ask_real_name(account=newcomer, real_name="陈新", id_number=number)
    assert error.value.field == "id_number"
    assert not RealNameCheck.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_settle_one_question_once(registry, newcomer):
    registry(MATCH)
    check = ask_real_name(account=newcomer, real_name="陈新", id_number=NUMBER)

    def work(_number):
        try:
            settle_real_name(check.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    from core.models import AuditEntry

    assert AuditEntry.objects.filter(action="accounts.real_name_settled").count() == 1


def test_the_page_keeps_what_was_typed_and_shows_the_answer(registry, newcomer, signed_in):
    client = signed_in("newcomer")
    page = client.post("/me/real-name/", {"real_name": "陈新", "id_number": "1"})
    assert page.status_code == 400
    assert "陈新" in page.content.decode()
    client.post("/me/real-name/", {"real_name": "陈新", "id_number": NUMBER})
    assert "being asked" in client.get("/me/real-name/").content.decode()
    registry(MATCH)
    settle_real_name(RealNameCheck.objects.get().pk)
    assert "verified" in client.get("/me/real-name/").content.decode()


def test_nobody_asks_the_registry_who_somebody_is_one_number_after_another(newcomer, registry):
    """Its answers tell whether a name goes with a number, and whether that person has an account."""
    asked = registry(NO_MATCH)
    for _time in range(10):
        assert settle(newcomer).why == "differs"
    with pytest.raises(TooMany) as refused:
        ask_real_name(account=newcomer, real_name="陈新", id_number=NUMBER)
    assert refused.value.field == "id_number"
    assert len(asked) == 10
