"""Keys of recordings in a folder and in a key service: the same promises, and the service as several machines use it."""

import base64
import os
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import httpx
import pytest
from django.core.management import CommandError, call_command

from config.local import new_seal
from config.stack import free_port
from core import privacy, production, wrapped
from core.errors import DomainError
from core.journal import rows
from core.outside import OutsideDown
from drivers.vision import templates
from safety import keys
from safety.keystore import Folder, KeysAway, Service

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a token of the key service, long enough"


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The sandbox's key service, as its own process."""
    port = free_port()
    environment = {
        **os.environ,
        "HUHANG_STATE": str(tmp_path_factory.mktemp("keys")),
        "HUHANG_KEY_SERVICE_TOKEN": TOKEN,
    }
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    server = subprocess.Popen(
        [*command, "--no-ws", "sandbox.wsgi:application"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/keys/"
    while True:
        assert server.poll() is None
        try:
            httpx.get(url)
            break
        except httpx.TransportError:
            time.sleep(0.1)
    yield url
    server.terminate()
    server.wait(120)


@pytest.fixture(params=["folder", "service"])
def two(request, tmp_path):
    """The same store as two machines have it."""
    if request.param == "folder":
        return Folder(str(tmp_path / "keys")), Folder(str(tmp_path / "keys"))
    url = request.getfixturevalue("address")
    stores = Service(url, TOKEN), Service(url, TOKEN)
    for name in stores[0].names():
        stores[0].destroy(name)
    return stores


def test_what_one_machine_writes_all_read_and_nobody_changes(two):
    one, other = two
    one.write_once("20180824.aes", b"first")
    other.write_once("20180824.aes", b"second")
    assert one.read("20180824.aes") == other.read("20180824.aes") == b"first"
    assert other.names() == ["20180824.aes"]
    other.destroy("20180824.aes")
    other.destroy("20180824.aes")  # repeated
    assert one.names() == []
    with pytest.raises(FileNotFoundError):
        other.read("20180824.aes")


def test_a_wrong_token_reads_nothing_and_says_that_nothing_is_lost(address):
    Service(address, TOKEN).write_once("19990101.aes", b"x")
    stranger = Service(address, "another")
    for ask in (
        stranger.names,
        lambda: stranger.read("19990101.aes"),
        lambda: stranger.destroy("19990101.aes"),
    ):
        with pytest.raises(KeysAway):
            ask()
    assert "19990101.aes" in Service(address, TOKEN).names()


def test_a_service_that_is_away_is_neither_absence_nor_a_bug():
    store = Service(f"http://127.0.0.1:{free_port()}/keys/", TOKEN)
    with pytest.raises(OSError) as raised:
        store.read("20180824.aes")
    assert not isinstance(raised.value, FileNotFoundError)
    assert isinstance(raised.value, DomainError)
    assert raised.value.problem()["status"] == 503


def test_production_takes_no_keys_from_a_sandbox(address, settings):
    settings.STAGE = "production"
    with pytest.raises(KeysAway):
        Service(address, TOKEN).names()


def test_keys_of_a_day_wrap_and_are_destroyed_over_the_service(address, settings, noon):
    settings.KEY_SERVICE_URL, settings.KEY_SERVICE_TOKEN = address, TOKEN
    for day in keys.days():
        keys.destroy_day(day)
    day, wrapped = keys.wrap(b"k" * 32, context="A-1")
    assert (day, keys.days()) == (keys.today(), [keys.today()])
    assert keys.unwrap(day, wrapped, context="A-1") == b"k" * 32
    assert keys.public_key().day == day
    keys.destroy_day(day)
    with pytest.raises(keys.KeyUnreadable):
        keys.unwrap(day, wrapped, context="A-1")


# --- Keys of the settings, wrapped ---


@pytest.fixture
def service(address, settings):
    settings.KEY_SERVICE_URL, settings.KEY_SERVICE_TOKEN = address, TOKEN
    wrapped._open.cache_clear()
    privacy._keys.cache_clear()
    yield settings
    wrapped._open.cache_clear()
    privacy._keys.cache_clear()


def printed(**options):
    out = StringIO()
    call_command("wrap_key", stdout=out, **options)
    return out.getvalue().strip()


def test_the_settings_hold_keys_that_only_the_key_service_opens(service, monkeypatch):
    """Fields under a key that nobody ever saw; the others as they were, wrapped afterwards."""
    before = privacy.blind_index("x", purpose="phone"), templates.rotation_of(service.FACE_KEY)
    service.FIELD_KEYS = [f"7:{printed()}"]
    for name in ("INDEX_KEY", "AUDIT_KEY", "FACE_KEY"):
        given = getattr(service, name)
        monkeypatch.setattr("sys.stdin", StringIO(given))
        kept = printed(given=True)
        assert given not in kept and given.encode() not in base64.b64decode(kept.removeprefix("wrapped:"))
        setattr(service, name, kept)
    stored = privacy.encrypt(b"a name", context="t.c")
    assert stored[:2] == b"\x00\x07"
    assert privacy.decrypt(stored, context="t.c") == b"a name"
    assert privacy.blind_index("x", purpose="phone") == before[0]
    assert (
        templates.rotation_of(base64.b64encode(wrapped.opened(service.FACE_KEY)).decode()) == before[1]
    ).all()
    assert rows.key_for(service.AUDIT_KEY, "row")
    assert [
        each for each in production.secrets() if "KEY" in each and "TOKEN" not in each and "SEAL" not in each
    ] == []


def test_a_start_asks_again_while_the_service_begins_and_a_page_does_not(service, monkeypatch):
    kept = printed()
    service.FIELD_KEYS = [f"7:{kept}"]
    asked, ask = [], wrapped._ask

    def away_twice(*given):
        asked.append(given)
        if len(asked) < 3:
            raise OutsideDown
        return ask(*given)

    monkeypatch.setattr(wrapped, "_ask", away_twice)
    monkeypatch.setattr(wrapped, "PAUSE", 0.01)
    with pytest.raises(OutsideDown):
        wrapped.opened(kept)
    assert len(asked) == 1
    assert not any("is wrapped" in each for each in production.secrets())
    assert len(asked) == 3


def test_without_the_service_nothing_opens_and_no_process_starts(service, monkeypatch):
    monkeypatch.setattr(production, "PATIENCE", 0.0)
    service.FIELD_KEYS = [f"7:{printed()}"]
    stored = privacy.encrypt(b"a name", context="t.c")
    service.KEY_SERVICE_URL = "http://127.0.0.1:1/keys/"
    assert privacy.decrypt(stored, context="t.c") == b"a name"  # who runs goes on
    wrapped._open.cache_clear()
    privacy._keys.cache_clear()
    with pytest.raises(OutsideDown):
        privacy.decrypt(stored, context="t.c")
    assert any("version 7, is wrapped" in each for each in production.secrets())


@pytest.mark.parametrize("how", ["token", "changed"])
def test_who_shows_no_token_and_what_was_changed_opens_nothing(service, how):
    kept = printed()
    if how == "token":
        service.KEY_SERVICE_TOKEN = "another"
    else:
        raw = bytearray(base64.b64decode(kept.removeprefix("wrapped:")))
        raw[-1] ^= 1
        kept = f"wrapped:{base64.b64encode(raw).decode()}"
    with pytest.raises(OutsideDown):
        wrapped.opened(kept)


@pytest.mark.parametrize("given", ["", "no base64!", "YQ=="])
def test_what_is_no_key_is_not_wrapped(service, monkeypatch, given):
    monkeypatch.setattr("sys.stdin", StringIO(given))
    with pytest.raises(CommandError, match="no base64 of 32 bytes"):
        printed(given=True)


def test_the_key_of_the_seal_is_opened_by_the_service_as_well(service, monkeypatch):
    """What signs in the company's name towards the police lies in no copy of the settings; one that is not the chain's is named."""
    service.SEAL_KEY, service.SEAL_CHAIN = new_seal("Some company")
    given = service.SEAL_KEY
    monkeypatch.setattr("sys.stdin", StringIO(given))
    service.SEAL_KEY = printed(given=True)
    assert given not in service.SEAL_KEY
    assert base64.b64decode(given) not in base64.b64decode(service.SEAL_KEY.removeprefix("wrapped:"))
    assert wrapped.opened(service.SEAL_KEY) == base64.b64decode(given)
    assert [each for each in production.secrets() if "SEAL" in each] == []
    assert not any("SEAL_KEY" in each.msg for each in production.keys_in_the_clear())
    monkeypatch.setattr("sys.stdin", StringIO(new_seal("Some company")[0]))
    service.SEAL_KEY = printed(given=True)
    assert [each for each in production.secrets() if "SEAL" in each] == [
        "HUHANG_SEAL_KEY is not the key of the first certificate of HUHANG_SEAL_CHAIN."
    ]
    monkeypatch.setattr(production, "PATIENCE", 0.0)
    wrapped._open.cache_clear()
    service.KEY_SERVICE_URL = "http://127.0.0.1:1/keys/"
    assert [each for each in production.secrets() if "SEAL" in each] == [
        "HUHANG_SEAL_KEY is wrapped, and the key service does not open it now."
    ]
