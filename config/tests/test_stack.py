"""`make run`: what it starts it stops, and what keeps it from starting is said in one sentence."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from config.stack import PORTS, free_port

pytestmark = [pytest.mark.long, pytest.mark.xdist_group("stack")]


def start(state, *, nice=0, **changes):
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUHANG_", "DATABASE_URL", "REDIS_URL"))
    }
    env |= {"HUHANG_STATE": str(state)} | {name: str(free_port()) for name in PORTS} | changes
    return subprocess.Popen(
        [shutil.which("nice") or "nice", "-n", str(nice), sys.executable, "-m", "config.stack", "run"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ), env


def alive(pid):
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1][:3]
    except FileNotFoundError:
        return False


def said_instead_of_starting(process, timeout=60):
    _out, err = process.communicate(timeout=timeout)
    assert process.returncode == 1
    assert "Traceback" not in err
    return err


@pytest.mark.journey
def test_ctrl_c_leaves_nothing_and_the_same_state_starts_again(tmp_path):
    for _start in range(2):
        process, env = start(tmp_path / "state")
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Sign in at" in line:
                break
        web = f"http://127.0.0.1:{env['HUHANG_WEB_PORT']}"
        assert any(f"{web}/admin/" in line for line in lines)
        assert httpx.get(web + "/health/ready", trust_env=False, timeout=60).json()["database"]
        assert httpx.get(web + "/metrics", trust_env=False, timeout=60).status_code == 404
        token = json.loads((tmp_path / "state" / "secrets.json").read_text())["HUHANG_METRICS_TOKEN"]
        figures = httpx.get(
            web + "/metrics", headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
        )
        assert "huhang_incidents_live 0.0" in figures.text
        pids = json.loads((tmp_path / "state" / "run" / "pids.json").read_text())
        assert {
            "web",
            "worker-life",
            "worker-bulk",
            "beat",
            "monitor",
            "postgres",
            "valkey",
            "sandbox",
        } <= set(pids) or len(pids) >= 8
        assert all(alive(pid) for pid in pids.values())
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
        assert process.returncode == 0
        assert [name for name, pid in pids.items() if alive(pid)] == []


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process, _env = start(tmp_path / "state", HUHANG_WEB_PORT=str(port))
        assert f"Port {port} is in use. Set HUHANG_WEB_PORT to another one." in said_instead_of_starting(
            process
        )


@pytest.mark.parametrize("port", ["http", "0", "70000", "-1"])
def test_what_is_no_port_is_said(tmp_path, port):
    process, _env = start(tmp_path / "state", HUHANG_WEB_PORT=port)
    assert "a port is a number from 1 to 65535" in said_instead_of_starting(process)


def test_a_state_path_that_is_a_file_is_named(tmp_path):
    (tmp_path / "state").write_text("a file")
    process, _env = start(tmp_path / "state")
    assert "is a file, not a folder" in said_instead_of_starting(process)


def test_keys_that_cannot_be_read_are_never_made_anew(tmp_path):
    (tmp_path / "secrets.json").write_text("{half")
    process, _env = start(tmp_path)
    assert "restore the file" in said_instead_of_starting(process)
    assert (tmp_path / "secrets.json").read_text() == "{half"


def busy(processes, seconds):
    """So many processes that use the whole machine, and end by themselves."""
    loop = f"import time\nuntil = time.monotonic() + {seconds}\nwhile time.monotonic() < until: pass"
    return [subprocess.Popen([sys.executable, "-c", loop]) for _number in range(processes)]


@pytest.mark.fault
def test_on_a_busy_machine_the_start_takes_as_long_as_it_takes_and_says_what_it_waits_for(tmp_path):
    loops = busy(20, 90)
    process, _env = start(tmp_path / "state", nice=10)
    try:
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Sign in at" in line:
                break
        assert any("Sign in at" in line for line in lines), process.stderr.read()
        process.send_signal(signal.SIGINT)
        _out, said = process.communicate(timeout=300)
        assert process.returncode == 0
        assert "preparing tables and the demo world (" in said
        assert "waiting for the web server (" in said
    finally:
        for each in [process, *loops]:
            if each.poll() is None:
                each.kill()
            each.wait()


def test_a_process_that_keeps_dying_ends_the_start_with_what_its_log_said_last(tmp_path):
    """PostgreSQL cannot open a data folder of another version."""
    data = tmp_path / "state" / "postgres"
    data.mkdir(parents=True, mode=0o700)
    (data / "PG_VERSION").write_text("9\n")
    process, _env = start(tmp_path / "state")
    said = said_instead_of_starting(process, timeout=300)
    assert "The process postgres ends again and again while waiting for the database." in said
    assert "log/postgres.log" in said
    assert "FATAL" in said or "postgres" in said.rsplit("ends so:", 1)[1]
