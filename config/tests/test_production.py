"""What production refuses to start with: each fault of the list, by settings, by the database, and at each door."""

import base64
import json
import os
import secrets
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection, transaction

from accounts.demo import CAST
from config.local import new_seal, new_secrets
from core import at_rest, outside, production
from core.management.commands.grant_rights import APPEND_ONLY
from core.messages.transports.template_sms import to_submit

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]
SEAL, CHAIN = new_seal("Some company")
REAL = {
    "HUHANG_SEAL_KEY": SEAL,
    "HUHANG_SEAL_CHAIN": CHAIN,
    "HUHANG_TIME_URL": "https://time.example.com",
    "HUHANG_REGULATOR_URL": "https://regulator.example.com/feed",
    "HUHANG_REGULATOR_COMPANY": "/etc/huhang/regulator.json",
    "HUHANG_TIME_AUTHORITIES": "/etc/huhang/time.pem",
    "HUHANG_STAGE": "production",
    "HUHANG_HOSTS": "ride.example.com",
    "HUHANG_PUBLIC_URL": "https://ride.example.com",
    "HUHANG_STATIC_ROOT": "/nowhere",
    "HUHANG_REGISTRY_URL": "https://registry.example.com",
    "HUHANG_MONEY_URL": "https://money.example.com",
    "HUHANG_RELAY_URL": "https://relay.example.com",
    "HUHANG_SMS_TRANSPORTS": "gateway=jsons://sms.example.com/?:to={to}&:key={key}",
    "HUHANG_VOICE_TRANSPORTS": "gateway=jsons://voice.example.com/?:to={to}&:key={key}",
    "HUHANG_EXECUTIVE_PHONE": "+8613912345678",
    "HUHANG_EXECUTIVE_NAME": "Wang",
    "HUHANG_SOS_SMS_NUMBER": "106912345678",
    "HUHANG_DRILL_PHONE": "+8613912345601",
    "HUHANG_DRILL_CONTACT_PHONE": "+8613912345602",
    "HUHANG_SAFETY_LINE": "400-123-4567",
    "HUHANG_LIAISON_LINE": "400-123-4568",
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}

STRONG = secrets.token_urlsafe(24)


def environment(**changes):
    """That of a host of a company, with `changes`; nothing of this machine's stack."""
    ours = ("HUHANG_", "DATABASE_URL", "REDIS_URL", "DJANGO_", "PYTEST_")
    rest = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    made = {name: value for name, value in new_secrets().items() if name != "HUHANG_DEMO_PASSWORD"}
    return rest | made | REAL | changes


@pytest.fixture
def real(settings, monkeypatch):
    """Settings that production takes, one of which a test then spoils."""
    for name, value in new_secrets().items():
        field = name.removeprefix("HUHANG_")
        if hasattr(settings, field):
            setattr(settings, field, [value] if field in {"FIELD_KEYS", "PUSH_KEYS"} else value)
    for name, value in REAL.items():
        field = {"HUHANG_HOSTS": "ALLOWED_HOSTS"}.get(name, name.removeprefix("HUHANG_"))
        if field.endswith("_TRANSPORTS") or field == "STATIC_ROOT" or not name.startswith("HUHANG_"):
            continue
        setattr(settings, field, [value] if field == "ALLOWED_HOSTS" else value)
    settings.MESSAGE_TRANSPORTS = {
        "sms": [REAL["HUHANG_SMS_TRANSPORTS"]],
        "voice": [REAL["HUHANG_VOICE_TRANSPORTS"]],
        "email": [],
    }
    settings.SANDBOX_URL = ""
    settings.ADVISORIES_URL = "https://api.osv.dev"  # what stands there where nobody says anything
    settings.SCRIPTS_URL = "https://registry.npmjs.org"
    settings.SMS_IN_TOKEN = ""
    settings.LOGS_URL, settings.LOGS_TOKEN = "https://logs.example.com", STRONG
    monkeypatch.delenv("HUHANG_DEMO_PASSWORD", raising=False)
    return settings


def faults():
    return [each.msg for each in run_checks(tags=[production.TAG]) if each.is_serious()]


def test_a_company_starts(real):
    assert faults() == []


NOT_RANDOM = "QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUE="  # 32 times A


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("SECRET_KEY", "x", "HUHANG_SECRET_KEY"),
        ("SECRET_KEY", "x" * 64, "HUHANG_SECRET_KEY"),
        ("INDEX_KEY", "", "HUHANG_INDEX_KEY"),
        ("AUDIT_KEY", "YQ==", "HUHANG_AUDIT_KEY"),
        ("AUDIT_KEY", "not base64!", "HUHANG_AUDIT_KEY"),
        ("FACE_KEY", NOT_RANDOM, "HUHANG_FACE_KEY is not random"),
        ("FIELD_KEYS", ["1:YQ=="], "HUHANG_FIELD_KEYS, version 1"),
        ("SEAL_KEY", "", "HUHANG_SEAL_KEY or HUHANG_SEAL_CHAIN cannot be read"),
        pytest.param("SEAL_KEY", new_seal("Some company")[0], "HUHANG_SEAL_KEY is not the key", id="another seal"),
        ("TIME_URL", "", "HUHANG_TIME_URL is empty"),
        ("TIME_URL", "https://127.0.0.1:8001/time/", "HUHANG_TIME_URL leads to a sandbox"),
        ("TIME_AUTHORITIES", "", "HUHANG_TIME_AUTHORITIES is empty"),
        ("METRICS_TOKEN", "secret", "HUHANG_METRICS_TOKEN"),
        ("PUBLIC_URL", "http://ride.example.com", "not https"),
        ("PUBLIC_URL", "https://127.0.0.1", "this machine"),
        ("ALLOWED_HOSTS", ["ride.example.com", "*"], "any host"),
        ("ALLOWED_HOSTS", ["other.example.com"], "lacks ride.example.com"),
        ("EXECUTIVE_PHONE", "", "HUHANG_EXECUTIVE_PHONE is empty"),
        ("EXECUTIVE_PHONE", "+8613900000009", "demo's number"),
        ("EXECUTIVE_NAME", " ", "HUHANG_EXECUTIVE_NAME"),
        ("SAFETY_LINE", "400-000-0110", "HUHANG_SAFETY_LINE"),
        ("LIAISON_LINE", "400-000-0120", "HUHANG_LIAISON_LINE"),
        ("SOS_SMS_NUMBER", "10690000110", "HUHANG_SOS_SMS_NUMBER"),
        ("DRILL_PHONE", "+8613900000090", "HUHANG_DRILL_PHONE"),
        ("DRILL_CONTACT_PHONE", "+8613900000091", "HUHANG_DRILL_CONTACT_PHONE"),
        ("SANDBOX_URL", "http://box.example.com", "HUHANG_SANDBOX_URL is set"),
        ("REGISTRY_URL", "", "HUHANG_REGISTRY_URL is empty"),
        ("REGISTRY_URL", "http://registry.example.com", "HUHANG_REGISTRY_URL is not https"),
        ("REGISTRY_URL", "https://127.0.0.1:8001/registries", "leads to a sandbox"),
        ("MONEY_URL", "https://sandbox.example.com/money", "leads to a sandbox"),
        ("RELAY_URL", "https://localhost/relay", "leads to a sandbox"),
        ("ROUTER_URL", "http://router.example.com", "HUHANG_ROUTER_URL"),
        ("LOGS_URL", "http://logs.example.com", "HUHANG_LOGS_URL is not https"),
        ("LOGS_URL", "https://127.0.0.1:9000/", "HUHANG_LOGS_URL leads to a sandbox"),
        ("LOGS_TOKEN", "secret", "HUHANG_LOGS_TOKEN is weak"),
        pytest.param("LOGS_TOKEN", "", "HUHANG_LOGS_TOKEN is empty", id="no token of the collector"),
        ("REGULATOR_URL", "http://regulator.example.com", "HUHANG_REGULATOR_URL is not https"),
        ("REGULATOR_URL", "https://127.0.0.1:8001/regulator", "HUHANG_REGULATOR_URL leads to a sandbox"),
        ("REGULATOR_KEY", "secret", "HUHANG_REGULATOR_KEY is weak"),
        pytest.param("REGULATOR_KEY", "", "HUHANG_REGULATOR_KEY is empty", id="no key of the regulator"),
        ("REGULATOR_COMPANY", "", "HUHANG_REGULATOR_COMPANY is empty"),
        ("REGULATOR_COMPANY", "/srv/sandbox/regulator_company.json", "is the demo's file"),
        ("ADVISORIES_URL", "http://advisories.example.com", "HUHANG_ADVISORIES_URL"),
        ("SCRIPTS_URL", "http://scripts.example.com", "HUHANG_SCRIPTS_URL"),
        ("MESSAGE_TRANSPORTS", {"sms": [], "voice": ["a=jsons://b.example.com"]}, "HUHANG_SMS_TRANSPORTS is empty"),
        ("MESSAGE_TRANSPORTS", {"sms": ["a=json://127.0.0.1:1/x"], "voice": ["a=jsons://b.example.com"]}, "SMS_TRANSPORTS leads"),
    ],
)  # fmt: skip
def test_production_refuses(real, setting, value, said):
    setattr(real, setting, value)
    found = faults()
    assert len(found) == 1, found
    assert said in found[0]


def test_production_refuses_the_seal_of_a_demo(real):
    real.SEAL_KEY, real.SEAL_CHAIN = new_seal()
    assert faults() == ["HUHANG_SEAL_CHAIN is a demo's: have a seal issued to the company."]


@pytest.mark.parametrize(
    ("host", "mode", "broker", "said"),
    [
        ("db.example.com", "", "redis://127.0.0.1:1/0", "DATABASE_URL leads to db.example.com"),
        ("10.0.0.7", "require", "redis://127.0.0.1:1/0", "DATABASE_URL leads to 10.0.0.7"),
        ("127.0.0.1", "", "redis://:x@10.0.0.8:6379/0", "REDIS_URL leads to 10.0.0.8 without TLS"),
        ("127.0.0.1", "", "rediss://:x@10.0.0.8:6379/0", "takes any certificate of 10.0.0.8"),
        ("127.0.0.1", "", "rediss://10.0.0.8/0?ssl_cert_reqs=none", "takes any certificate of 10.0.0.8"),
        ("db.example.com", "verify-full", "rediss://:x@10.0.0.8/0?ssl_cert_reqs=required", ""),
        ("/run/postgresql", "", "unix:///run/valkey.sock", ""),
        ("::1", "", "redis://localhost/0", ""),
    ],
)
def test_between_hosts_nothing_goes_in_the_clear(real, monkeypatch, host, mode, broker, said):
    monkeypatch.setitem(real.DATABASES["default"], "HOST", host)
    monkeypatch.setitem(real.DATABASES["default"], "OPTIONS", {"sslmode": mode} if mode else {})
    real.REDIS_URL = broker
    found = faults()
    assert [said in each for each in found] == ([True] if said else []), found


def test_what_the_address_of_the_database_says_of_certificates_is_what_is_asked_for():
    """From the environment on: a test that sets the settings would not notice that they lose it."""
    asked = {
        "sslmode": "verify-full",
        "sslrootcert": "/etc/huhang/db.pem",
        "sslcrldir": "/etc/huhang/revoked",
    }
    address = "postgres://huhang_app:x@db.example.com/huhang?" + "&".join(
        f"{k}={v}" for k, v in asked.items()
    )
    code = "import json; from django.conf import settings; print(json.dumps(settings.DATABASES['default']['OPTIONS']))"
    env = environment(DATABASE_URL=address, DJANGO_SETTINGS_MODULE="config.settings")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    options = json.loads(done.stdout)
    assert {key: options.get(key) for key in asked} == asked
    assert options["connect_timeout"] == 2  # and ours stand beside it


@pytest.mark.parametrize(
    "address", ["huhang", "postgress://huhang_app:a-password@127.0.0.1/huhang", "a-password"]
)
def test_an_address_of_no_database_is_told_without_the_password_in_it(address):
    env = environment(DATABASE_URL=address, DJANGO_SETTINGS_MODULE="config.settings")
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert done.stderr.strip().splitlines() == [
        "DATABASE_URL cannot be read: it is not postgres://USER:PASSWORD@HOST/NAME"
    ]


def test_a_shell_that_lost_one_key_is_no_shell_of_those_who_write_the_platform():
    """Without it a check would look at throw-away settings, and find that all is well."""
    env = environment()
    del env["HUHANG_SECRET_KEY"], env["HUHANG_STAGE"]
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert (done.returncode, "HUHANG_SECRET_KEY is not set" in done.stderr) == (1, True), done.stderr


def test_each_key_has_a_job_of_its_own(real):
    real.INDEX_KEY = real.AUDIT_KEY
    assert [each for each in faults() if "same key" in each]


def test_production_refuses_the_demos_password(real, monkeypatch):
    monkeypatch.setenv("HUHANG_DEMO_PASSWORD", "huhang-1234")
    assert [each for each in faults() if "HUHANG_DEMO_PASSWORD" in each]


def test_a_company_without_a_relay_is_warned_that_video_calls_may_not_come_about(settings):
    settings.TURN_URLS = ["stun:relay.example.com"]
    assert [each.id for each in production.relays()] == ["huhang.W004"]
    settings.TURN_URLS = ["stun:relay.example.com", "turns:relay.example.com:5349"]
    assert production.relays() == []


@pytest.mark.parametrize(
    ("urls", "secret", "said"),
    [
        (["turns:relay.example.com:5349"], "", "HUHANG_TURN_SECRET is empty"),
        (["turns:relay.example.com:5349"], "secret", "HUHANG_TURN_SECRET is weak"),
        (["turn:127.0.0.1:3478?transport=udp"], STRONG, "HUHANG_TURN_URLS leads to a sandbox"),
        (["stun:relay.example.com"], "", ""),
        (["stun:relay.example.com", "turns:relay.example.com:5349"], STRONG, ""),
    ],
    ids=["no secret", "a weak one", "a sandbox", "no relay", "as it should be"],
)  # fmt: skip
def test_a_relay_is_not_open_to_the_world(real, urls, secret, said):
    real.TURN_URLS, real.TURN_SECRET = urls, secret
    found = faults()
    assert [said in each for each in found] == ([True] if said else []), found


def block(devices, name, uuid="", over=()):
    folder = devices / name
    (folder / "dm").mkdir(parents=True)
    (folder / "slaves").mkdir()
    if uuid:
        (folder / "dm" / "uuid").write_text(uuid)
    for each in over:
        (folder / "slaves" / each).symlink_to(devices / each)


@pytest.mark.parametrize(
    ("disks", "good"),
    [
        (["CRYPT-LUKS2-0123-db"], True),
        (["CRYPT-LUKS1-0123-db"], True),
        (["CRYPT-PLAIN-db"], True),
        (["CRYPT-VERITY-0123-db"], False),
        (["CRYPT-INTEGRITY-0123-db"], False),
        (["CRYPT-LUKS2-0123-a", "CRYPT-LUKS2-0123-b"], True),
        (["CRYPT-LUKS2-0123-a", ""], False),
        (["LVM-0123"], False),
        ([], False),
    ],
)
def test_sums_of_money_lie_on_a_disk_that_is_encrypted(settings, monkeypatch, tmp_path, disks, good):
    """As the kernel says it, below a volume of several disks too."""
    number = tmp_path.stat().st_dev
    names = [f"disk{at}" for at, _uuid in enumerate(disks)]
    for name, uuid in zip(names, disks, strict=True):
        block(tmp_path / "sys", name, uuid)
    block(tmp_path / "sys", f"{os.major(number)}:{os.minor(number)}", "LVM-9", names)
    assert at_rest.is_encrypted(str(tmp_path), devices=tmp_path / "sys") is good
    monkeypatch.setattr(
        production, "is_encrypted", lambda folder: at_rest.is_encrypted(folder, devices=tmp_path / "sys")
    )
    settings.DATABASE_AT_REST = str(tmp_path)
    assert [each.id for each in production.at_rest()] == ([] if good else ["huhang.E010"])


def test_who_says_nothing_about_the_disk_of_the_database_is_told_so(settings, tmp_path):
    said = {
        "": ["huhang.E010"],
        str(tmp_path / "none"): ["huhang.E010"],
        "no": ["huhang.E010"],
        "the provider, by our contract": ["huhang.E010"],
        "elsewhere": ["huhang.E010"],
        "elsewhere: the provider, by our contract": [],
    }
    for value, ids in said.items():
        settings.DATABASE_AT_REST = value
        assert [each.id for each in production.at_rest()] == ids


def test_a_process_starts_whatever_the_disk_of_the_database_is(real, monkeypatch, db):
    """A host that helps people is not kept from it by a folder that is elsewhere, or that it may not see."""

    def forbidden(_folder):
        raise PermissionError

    monkeypatch.setattr(production, "is_encrypted", forbidden)
    real.DATABASE_AT_REST = "/var/lib/postgresql"
    assert "huhang.E010" not in serious_of_the_database()
    found = run_checks(tags=[production.DISK], include_deployment_checks=True)
    assert [each.id for each in found] == ["huhang.E010"]


def test_elsewhere_only_the_deployment_check_says_it(real, db):
    real.STAGE = "local"
    real.SECRET_KEY = "x"
    assert faults() == []
    found = run_checks(tags=[production.TAG], include_deployment_checks=True)
    assert [each for each in found if "HUHANG_SECRET_KEY" in each.msg]


def serious_of_the_database():
    found = run_checks(tags=[production.TAG], include_deployment_checks=True)
    return {each.id: each.msg for each in found if each.is_serious()}


def test_production_refuses_demo_accounts(world, real):  # the world of all tests is made by their own keys
    assert CAST[0].code in serious_of_the_database()["huhang.E007"]


def test_production_refuses_a_role_that_may_rewrite(real, db):
    call_command("grant_rights")
    said = serious_of_the_database()["huhang.E006"]  # tests run as the owner
    assert all(table in said for table in APPEND_ONLY)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE huhang_app")
        assert serious_of_the_database() == {}
        cursor.execute("SET LOCAL ROLE huhang_board")  # the worker that checks the board starts as well
        assert serious_of_the_database() == {}
        cursor.execute("RESET ROLE")
        cursor.execute("GRANT INSERT ON governance_measurestate TO huhang_app")
        cursor.execute("SET LOCAL ROLE huhang_app")
        assert "governance_measurestate" in serious_of_the_database()["huhang.E006"]
        cursor.execute("RESET ROLE")
        transaction.set_rollback(True)


def test_tables_that_are_not_there_or_that_the_role_may_not_read_are_told(real, db):
    """Whoever forgot `migrate` or `grant_rights` hears it from the check, not from the first person who opens a page."""
    call_command("grant_rights")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE huhang_app")
        assert of(production.TABLES) == []
        cursor.execute("RESET ROLE")
        cursor.execute("REVOKE ALL ON rides_trip FROM huhang_app")
        cursor.execute("ALTER TABLE core_doneact RENAME TO core_another")
        cursor.execute("SET LOCAL ROLE huhang_app")
        (said,) = of(production.TABLES)
        cursor.execute("RESET ROLE")
        transaction.set_rollback(True)
    assert "core_doneact, rides_trip:" in said
    assert "`migrate`" in said and "`grant_rights`" in said


def test_a_sandbox_answers_nothing_in_production(real, monkeypatch):
    class Box:
        def post(self, url, json):
            import httpx

            return httpx.Response(200, json={"match": True}, headers={outside.SANDBOX_HEADER: "1"})

    monkeypatch.setattr(outside, "_client", lambda: Box())
    with pytest.raises(outside.OutsideDown):
        outside.post("test-sandbox", "https://registry.example.com", {})


DOORS = {
    "pages": [sys.executable, "-c", "import config.asgi"],
    "workers": [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "config.celery",
        "worker",
        "--pool",
        "solo",
    ],
    "beat": [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "--app",
        "config.celery",
        "beat",
        "--schedule",
        "{tmp}/beat",
        "--pidfile=",
    ],
    "monitor": [sys.executable, "manage.py", "monitor"],
    "dispatcher": [sys.executable, "manage.py", "dispatcher"],
    "commands": [sys.executable, "manage.py", "rotate_keys"],
}


@pytest.mark.parametrize("door", DOORS)
def test_no_process_of_production_starts_with_a_demo_number(door, tmp_path):
    """A database that is away does not hide it."""
    done = subprocess.run(
        [part.replace("{tmp}", str(tmp_path)) for part in DOORS[door]],
        cwd=ROOT,
        env=environment(HUHANG_EXECUTIVE_PHONE="+8613900000009"),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode != 0
    assert "HUHANG_EXECUTIVE_PHONE is the demo's number" in done.stdout + done.stderr
    if door in {
        "pages",
        "workers",
        "beat",
    }:  # what serves people says lines and nothing else; commands speak to a person
        said = [json.loads(each) for each in (done.stdout + done.stderr).splitlines() if each]
        assert "production.does_not_start" in {each["event"] for each in said}
        assert "huhang.E003" in {each["id"] for each in said if each["event"] == "production.fault"}


# --- Templates of SMS ---


def of_templates():
    return [each.msg for each in run_checks(tags=[production.TEMPLATES], include_deployment_checks=True)]


def by_templates(settings, file):
    settings.MESSAGE_TRANSPORTS = {"sms": [f"first=template+https://sms.example.com/?templates={file}"]}


def test_a_message_that_nobody_carries_is_told_before_anybody_waits_for_it(real, tmp_path):
    file = tmp_path / "sms.json"
    by_templates(real, file)
    assert "accounts.administrator_made (zh-hans)" in of_templates()[0]
    codes = {}
    for row in to_submit():
        codes.setdefault(row["message"], {})[row["language"]] = row["name"]
    file.write_text(json.dumps(codes))
    assert of_templates() == []
    del codes["accounts.code"]["en"]
    (tmp_path / "other.json").write_text(json.dumps(codes))
    by_templates(real, tmp_path / "other.json")
    assert "no provider has a template of accounts.code (en)." in of_templates()[0]
    real.MESSAGE_TRANSPORTS["sms"].append(REAL["HUHANG_SMS_TRANSPORTS"])  # carries any text
    assert of_templates() == []


def test_a_file_of_templates_that_is_no_json_is_told(real, tmp_path):
    file = tmp_path / "sms.json"
    file.write_text("{")
    by_templates(real, file)
    assert "cannot be read: JSONDecodeError" in of_templates()[0]


def test_a_process_starts_without_its_file_of_templates(real):
    by_templates(real, "/nowhere/sms.json")
    assert faults() == []


def test_a_journal_whose_checkpoints_nobody_else_has_is_said(settings):
    settings.JOURNAL_ANCHOR = settings.JOURNAL_BUCKET = settings.WITNESS_KEY = ""
    assert [each.id for each in production.journal()] == ["huhang.W007", "huhang.W007"]
    settings.JOURNAL_BUCKET, settings.WITNESS_KEY = "kept", "a+b+c"
    assert production.journal() == []


def of(tag):
    return [each.msg for each in run_checks(tags=[tag], include_deployment_checks=True)]


def test_a_log_that_leaves_the_host_by_nobody_is_told(real):
    assert of(production.LOGS) == []
    real.LOGS_URL = ""
    assert "HUHANG_LOGS_URL names no collector" in of(production.LOGS)[0]
    assert faults() == []  # no call for help waits for a collector
    real.LOGS_ELSEWHERE = "systemd-journal-upload of each host"
    assert of(production.LOGS) == []


@pytest.mark.parametrize(
    ("said", "who"), [("elsewhere: a unit of ours", "a unit of ours"), ("elsewhere:", "")]
)
def test_who_else_sends_the_log_is_no_address(said, who):
    code = "from django.conf import settings; print(repr((settings.LOGS_URL, settings.LOGS_ELSEWHERE)))"
    env = environment(HUHANG_LOGS_URL=said, DJANGO_SETTINGS_MODULE="config.settings")
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.stdout.strip() == repr(("", who)), done.stderr


def test_what_is_kept_in_the_folder_of_a_release_is_told_because_the_next_one_lies_beside_it(real, tmp_path):
    def place(pictures, keys):
        real.STORAGES = real.STORAGES | {
            name: {"BACKEND": "x", "OPTIONS": {"location": str(pictures / name)}}
            for name in ("pictures", "recordings")
        }
        real.RECORDING_KEYS = str(keys)

    real.PICTURES_BUCKET = real.RECORDINGS_BUCKET = real.KEY_SERVICE_URL = ""
    place(ROOT / "var", ROOT / "var" / "recording-keys")
    assert [each.split()[0] for each in of(production.KEPT)] == [
        "HUHANG_PICTURES",
        "HUHANG_RECORDINGS",
        "HUHANG_RECORDING_KEYS",
    ]
    assert faults() == []  # who runs on such a folder goes on
    place(tmp_path, tmp_path / "keys")
    assert of(production.KEPT) == []
    place(ROOT / "var", ROOT / "var" / "recording-keys")
    real.PICTURES_BUCKET = real.RECORDINGS_BUCKET = "a-bucket"
    real.KEY_SERVICE_URL = "https://keys.example.com"
    assert of(production.KEPT) == []


def test_a_file_that_settings_name_and_that_is_not_there_is_told_before_anybody_needs_it(real, tmp_path):
    real.TIME_AUTHORITIES = real.REGULATOR_COMPANY = str(tmp_path / "none")
    assert [each.split()[0].rstrip(":") for each in of(production.FILES)] == [
        "HUHANG_TIME_AUTHORITIES",
        "HUHANG_REGULATOR_COMPANY",
    ]
    assert faults() == []  # what reads them is done later, and again
    believed, company = tmp_path / "time.pem", tmp_path / "company.json"
    believed.write_bytes(base64.b64decode(CHAIN))
    company.write_text("{}")
    real.TIME_AUTHORITIES, real.REGULATOR_COMPANY = str(believed), str(company)
    assert of(production.FILES) == []


def test_tokens_and_passwords_that_nobody_turned_are_named(db, real, monkeypatch):
    def made(days):
        return f"{datetime.now(UTC) - timedelta(days=days):%Y%m%d}-{STRONG}"

    for setting in production.TOKENS:
        setattr(real, setting, made(3))
    monkeypatch.setitem(real.DATABASES["default"], "PASSWORD", made(3))
    real.REDIS_URL = f"redis://:{made(3)}@127.0.0.1/0"
    assert production.old_tokens() == []
    real.METRICS_TOKEN = (
        f"{made(0)},{made(101)}"  # while one is turned both are good, and then the old one goes
    )
    real.REDIS_URL = f"redis://:{made(400)}@127.0.0.1/0"
    real.OUTSIDE_TOKEN = STRONG
    real.SMS_IN_TOKEN = f"{made(-30)}"
    real.LOGS_TOKEN = f"20261399-{STRONG}"
    real.MESSAGE_TRANSPORTS = {"sms": [f"gateway=template+https://sms.example.com/?receipts={made(500)}"]}
    old, unknown = production.old_tokens()
    assert (old.id, unknown.id) == ("huhang.W009", "huhang.W009")
    assert [name.rpartition(" of ")[0] for name in old.msg.rstrip(".").partition(": ")[2].split(", ")] == [
        "HUHANG_METRICS_TOKEN",
        "receipts of HUHANG_SMS_TRANSPORTS",
        "the password of REDIS_URL",
    ]
    assert unknown.msg.endswith(": HUHANG_LOGS_TOKEN, HUHANG_OUTSIDE_TOKEN, HUHANG_SMS_IN_TOKEN.")
    assert STRONG not in old.msg + unknown.msg
    found = run_checks(tags=[production.TAG], include_deployment_checks=True)
    assert "huhang.W009" in {each.id for each in found}


def test_keys_that_stand_in_the_clear_are_named(real):
    (said,) = production.keys_in_the_clear()
    named = (
        "FIELD_KEYS, version 1",
        "PUSH_KEYS, version 1",
        "INDEX_KEY",
        "AUDIT_KEY",
        "FACE_KEY",
        "SEAL_KEY",
    )
    assert "; ".join(f"HUHANG_{each}" for each in named) in said.msg
    for setting in ("INDEX_KEY", "AUDIT_KEY", "FACE_KEY", "SEAL_KEY"):
        setattr(real, setting, "wrapped:AAAA")
    real.FIELD_KEYS = real.PUSH_KEYS = ["1:wrapped:AAAA"]
    assert production.keys_in_the_clear() == []
