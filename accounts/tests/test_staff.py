"""The first administrator, staff added by two people, and the second factor that each sets up."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import translation
from django_otp.oath import totp

from accounts import staffing
from accounts.errors import AlreadySo, NumberInUse, OwnAccount, TooFewLeft
from accounts.models import Account, Authenticator, RecoveryCode, Session, SetUpCode
from core import motions
from core.errors import Forbidden
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, Motion, Notification
from core.permissions import Role

PHONE = "13911112222"


@pytest.fixture(autouse=True)
def in_english():
    """What the command says."""
    with translation.override("en"):
        yield


def create(**options):
    out = StringIO()
    call_command("create_administrator", stdout=out, name="王小明", phone=PHONE, **options)
    said = out.getvalue()
    return re.search(r"A-\w+", said)[0], re.search(r"code: (\S+)", said)[1]


def enter_by_code(phone):
    """A browser in which somebody is signed in by a code to their phone, without a second factor."""
    client = Client(headers={"accept-language": "en"})
    assert client.post("/sign-in/code/", {"phone": phone}).status_code == 200
    code = re.findall(r"\d{6}", Notification.objects.latest("pk").text)[0]
    answer = client.post("/sign-in/code/", {"phone": phone, "code": code})
    assert answer.status_code == 302, answer.content.decode()
    return client


def digits_of(account_code, *, confirmed):
    device = Authenticator.objects.get(user__code=account_code, confirmed=confirmed)
    return f"{totp(bytes.fromhex(device.key)):06d}"


def set_up(client, account_code, code):
    """Through both steps; the recovery codes that the last page shows."""
    answer = client.post("/sign-in/set-up/", {"code": code})
    assert answer.status_code == 302, answer.content.decode()
    page = client.get("/sign-in/set-up/").content.decode()
    assert "data:image/svg" in page
    secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page)[1]
    assert len(secret.replace(" ", "")) == 32
    answer = client.post("/sign-in/set-up/", {"token": digits_of(account_code, confirmed=False)})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return re.findall(r"<code>([0-9A-Z-]{11})</code>", answer.content.decode())


# --- The first ---------------------------------------------------------------------------------------------------


def test_the_first_administrator_comes_from_the_command_line_and_sets_up_a_second_factor(db):
    account, code = create()
    assert Account.objects.get(code=account).role == Role.ADMIN
    assert not Account.objects.get(code=account).has_usable_password()
    assert code.replace("-", "") not in SetUpCode.objects.get().digest
    client = enter_by_code(PHONE)
    assert client.get("/admin/").status_code == 302  # nothing before the second factor
    answer = client.get("/sign-in/second-factor/")
    assert answer["Location"].startswith("/sign-in/set-up/")
    codes = set_up(client, account, code)
    assert len(codes) == len(set(codes)) == 10
    assert client.get("/admin/staff/").status_code == 200
    assert Notification.objects.latest("pk").message == "accounts.second_factor_set"


def test_a_second_one_needs_a_reason_that_is_kept_and_told(db):
    create()
    with pytest.raises(CommandError, match="administrator already"):
        call_command("create_administrator", name="李四光", phone="13911113333")
    call_command(
        "create_administrator",
        name="李四光",
        phone="13911113333",
        another="two are needed",
        stdout=StringIO(),
    )
    entry = AuditEntry.objects.filter(action="accounts.administrator_made").latest("pk")
    assert (entry.reason, entry.facts["forced"]) == ("two are needed", True)
    assert Notification.objects.filter(message="accounts.administrator_made").count() == 1  # to the first


def test_the_command_refuses_a_number_that_somebody_has(world):
    Account.objects.filter(role=Role.ADMIN).update(is_active=False)
    with pytest.raises(CommandError, match="has this number"):
        call_command("create_administrator", name="王小明", phone="13800000001")


# --- The second factor -------------------------------------------------------------------------------------------


def test_the_phone_alone_sets_nothing_up(db):
    account, code = create()
    client = enter_by_code(PHONE)
    assert client.post("/sign-in/set-up/", {"code": "0000-0000-0000-0000"}).status_code == 400
    assert client.post("/sign-in/set-up/", {"token": "123456"}).status_code == 400
    assert not Authenticator.objects.exists()
    # Nor does the code in another browser set it up in this one.
    other = enter_by_code_again(client, account, code)
    assert other.get("/sign-in/set-up/").content.decode().count("data:image/svg") == 1
    assert "data:image/svg" not in client.get("/sign-in/set-up/").content.decode()


def enter_by_code_again(_client, account, code):
    other = Client(headers={"accept-language": "en"})
    other.force_login(Account.objects.get(code=account))
    assert other.post("/sign-in/set-up/", {"code": code}).status_code == 302
    return other


def test_ten_wrong_tries_use_a_set_up_code_up(db):
    _account, code = create()
    client = enter_by_code(PHONE)
    for _try in range(10):
        assert client.post("/sign-in/set-up/", {"code": "0000-0000-0000-0000"}).status_code == 400
    assert client.post("/sign-in/set-up/", {"code": code}).status_code == 400


def test_a_set_up_code_is_over_after_its_time(db, noon):
    _account, code = create()
    client = enter_by_code(PHONE)
    noon.shift(3 * 86_400 + 1)
    client = enter_by_code(PHONE)
    assert client.post("/sign-in/set-up/", {"code": code}).status_code == 400


@pytest.mark.parametrize(
    "written", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code} "]
)
def test_a_set_up_code_is_read_however_it_is_typed(db, written):
    account, code = create()
    assert len(set_up(enter_by_code(PHONE), account, written(code))) == 10


def test_a_recovery_code_stands_once_for_the_second_factor_and_its_owner_is_told(db):
    account, code = create()
    codes = set_up(enter_by_code(PHONE), account, code)
    assert RecoveryCode.objects.filter(digest__in=[each.replace("-", "") for each in codes]).count() == 0
    Notification.objects.all().delete()
    client = enter_again(account)
    assert client.post("/sign-in/second-factor/", {"token": codes[3].lower()}).status_code == 302
    assert client.get("/admin/").status_code == 200
    assert Notification.objects.latest("pk").message == "accounts.recovery_code_used"
    assert enter_again(account).post("/sign-in/second-factor/", {"token": codes[3]}).status_code == 400
    assert AuditEntry.objects.filter(action="accounts.second_factor_failed").count() == 1
    native = enter_again(account)
    answer = native.post(
        "/api/v1/sign-in/second-factor/", {"token": codes[4]}, content_type="application/json"
    )
    assert answer.status_code == 204


def enter_again(account):
    client = Client(headers={"accept-language": "en"})
    client.force_login(Account.objects.get(code=account))
    return client


def test_new_recovery_codes_ask_for_the_digits_and_void_the_old(world, signed_in):
    client = signed_in("agent")
    assert client.post("/me/recovery-codes/", {"token": "000000"}).status_code == 400
    Authenticator.objects.update(throttling_failure_timestamp=None, throttling_failure_count=0)
    answer = client.post("/me/recovery-codes/", {"token": digits_of("agent", confirmed=True)})
    assert answer.content.decode().count("<code>") == 10
    assert signed_in("passenger").get("/me/recovery-codes/").status_code == 404


# --- Two people --------------------------------------------------------------------------------------------------

NEWCOMER = {"name": "许新", "phone": "13911114444", "role": "specialist", "reason": "night shift"}


def move(signed_in, who="supervisor", **changes):
    answer = signed_in(who).post("/admin/staff/", NEWCOMER | changes)
    assert answer.status_code == 302, answer.content.decode()
    return Motion.objects.latest("pk")


def decide(client, motion, action="agree"):
    return client.post(
        reverse("accounts_console:motion_act", args=[motion.code, action]), {"do": "1"}, follow=True
    )


def test_who_agrees_in_a_browser_sends_the_form_of_the_page(world, signed_in):
    move(signed_in)
    client = signed_in("admin")
    client.handler.enforce_csrf_checks = True
    page = client.get("/admin/staff/").content.decode()
    found = re.search(r'<form[^>]*action="(?P<to>[^"]*/do/agree/)".*?</form>', page, re.S)
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', found[0])
    assert token, "the form that agrees carries no token"
    answer = client.post(found["to"], {"do": "1", "csrfmiddlewaretoken": token[1]}, secure=False)
    assert answer.status_code in {200, 302}, answer.content.decode()
    assert Account.objects.filter(role="specialist", code__startswith="A-").exists()


def test_two_people_add_a_specialist_who_then_works(world, signed_in):
    motion = move(signed_in)
    with connection.cursor() as cursor:
        cursor.execute("SELECT given FROM core_motion")
        assert NEWCOMER["phone"].encode() not in bytes(cursor.fetchone()[0])
    assert decide(signed_in("supervisor"), motion).status_code == 409
    assert not Account.objects.filter(role="specialist", code__startswith="A-").exists()
    answer = decide(signed_in("admin"), motion)
    said = answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    account, code = (
        re.search(r"Account (A-\w+)", said)[1],
        re.search(r"Set-up code: ([0-9A-Z-]{19})", said)[1],
    )
    client = enter_by_code(NEWCOMER["phone"])
    set_up(client, account, code)
    assert client.get("/admin/workspace/").status_code == 200
    decide(signed_in("admin"), motion)  # repeated
    assert Account.objects.filter(role="specialist", code__startswith="A-").count() == 1


def test_a_list_shows_no_phone_and_no_name_in_full(world, signed_in):
    move(signed_in)
    page = signed_in("admin").get("/admin/staff/").content.decode()
    assert "许*" in page
    assert "许新" not in page
    assert "11114444" not in page
    assert "38000000" not in page.replace(" ", "")


@pytest.mark.parametrize("who", ["agent", "specialist", "vetting", "adjudicator"])
def test_others_add_nobody(world, signed_in, people, who):
    assert signed_in(who).post("/admin/staff/", NEWCOMER).status_code == 403
    with pytest.raises(Forbidden):
        motions.propose(
            account=people(who),
            kind=staffing.NEWCOMER,
            given=staffing.Newcomer("许新", "+8613911114444", Role.ADMIN, "x"),
        )


@pytest.mark.parametrize(
    "wrong", [{"role": "member"}, {"role": "officer"}, {"phone": "13800000001"}, {"reason": ""}]
)
def test_what_is_wrong_is_said_before_anybody_agrees(world, signed_in, wrong):
    answer = signed_in("supervisor").post("/admin/staff/", NEWCOMER | wrong)
    assert answer.status_code in {400, 409}
    assert not Motion.objects.exists()


def test_a_number_taken_meanwhile_adds_nobody(world, signed_in, people):
    first, second = move(signed_in), move(signed_in)
    assert decide(signed_in("admin"), first).status_code == 200
    with pytest.raises(NumberInUse):
        motions.decide(account=people("admin"), code=second.code, agrees=True)
    assert decide(signed_in("supervisor"), second, "withdraw").status_code == 200
    assert not motions.waiting(staffing.KINDS)


def act(client, code, action, **typed):
    return client.post(reverse("accounts_console:staff_act", args=[code, action]), typed)


def test_a_role_changes_by_two_and_ends_the_sessions(world, signed_in, people):
    theirs = signed_in("agent")
    assert theirs.get("/admin/").status_code == 200
    assert act(signed_in("supervisor"), "agent", "role", role="specialist", reason="x").status_code == 302
    assert people("agent").role == "agent"
    assert (
        act(signed_in("supervisor2"), "agent", "role", role="vetting", reason="x").status_code == 409
    )  # one at a time
    decide(signed_in("admin"), Motion.objects.latest("pk"))
    assert people("agent").role == "specialist"
    assert not Session.objects.filter(account__code="agent").exists()
    assert theirs.get("/admin/").status_code == 302


def test_one_suspends_at_once_and_two_let_in_again(world, signed_in, people):
    theirs = signed_in("officer")
    assert theirs.get("/police/").status_code == 200
    assert act(signed_in("supervisor"), "officer", "suspend", reason="misuse").status_code == 302
    assert theirs.get("/police/").status_code == 302
    assert not people("officer").is_active
    assert act(signed_in("supervisor"), "officer", "let-in", reason="cleared").status_code == 302
    motion = Motion.objects.latest("pk")
    with pytest.raises(SecondPersonNeeded):
        motions.decide(account=people("supervisor"), code=motion.code, agrees=True)
    decide(signed_in("admin"), motion)
    assert people("officer").is_active


def test_nobody_suspends_themselves_nor_the_last_who_could_undo_it(world, people):
    with pytest.raises(OwnAccount):
        staffing.suspend(account=people("supervisor"), code="supervisor", reason="x")
    staffing.suspend(account=people("supervisor"), code="supervisor2", reason="x")
    with pytest.raises(AlreadySo):
        staffing.suspend(account=people("supervisor"), code="supervisor2", reason="x")
    with pytest.raises(TooFewLeft):
        staffing.suspend(account=people("supervisor"), code="admin", reason="x")
    with pytest.raises(Forbidden):
        staffing.suspend(account=people("specialist"), code="agent", reason="x")


def test_a_lost_device_is_replaced_by_two_and_the_old_one_opens_nothing(world, signed_in, people):
    old = digits_of("agent", confirmed=True)
    assert act(signed_in("supervisor"), "agent", "set-up-anew", reason="lost").status_code == 302
    said = decide(signed_in("admin"), Motion.objects.latest("pk")).content.decode()
    code = re.search(r"Set-up code: ([0-9A-Z-]{19})", said)[1]
    client = enter_by_code(people("agent").phone)
    assert client.post("/sign-in/second-factor/", {"token": old}).status_code == 302
    assert client.get("/admin/").status_code == 302
    set_up(client, "agent", code)
    assert client.get("/admin/").status_code == 200
