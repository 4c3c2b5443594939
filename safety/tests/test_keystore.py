"""Keys of recordings in a folder and in a key service: the same promises, and the service as several machines use it."""

import os
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from config.stack import free_port
from core.errors import DomainError
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
