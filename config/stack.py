"""Start, watch and stop the processes of one machine.

    python -m config.stack run              what `make run` does
    python -m config.stack scratch          a throw-away stack in a folder of its own, for drills and journeys;
                                            prints one JSON line when it is ready and stops when its input ends
    python -m config.stack env -- COMMAND   one command with an environment that holds but throw-away secrets

Nothing here is used in production, where the environment is set by whoever runs the machines.
"""

import argparse
import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import IO, Any
from urllib.request import urlopen
from xmlrpc.client import Fault, ServerProxy

import psycopg
from psycopg import sql
from supervisor.xmlrpc import SupervisorTransport

from config.embedded import OWNER_ROLE, make_cluster
from config.local import BASE_DIR, new_secrets, refuse_production, throwaway_environment
from core.journal.witness import make_key

APP_ROLE, BOARD_ROLE = "huhang_app", "huhang_board"
SMS_TEMPLATES = "sms_templates.json"  # what `prepare` writes: the provider's codes of our messages
PORTS = {
    "HUHANG_WEB_PORT": 8000,
    "HUHANG_SANDBOX_PORT": 8001,
    "HUHANG_POSTGRES_PORT": 54329,
    "HUHANG_VALKEY_PORT": 63799,
}
DJANGO_PROCESSES = [
    "sandbox",
    "web",
    "worker-life",
    "worker-messages",
    "worker-centre",
    "worker",
    "beat",
    "monitor",
    "dispatcher",
    "witness",
]
SAY_EVERY = 5.0  # seconds
MOST_STARTS = 5  # of one process while it is waited for: it will not come
DEMO_ACCOUNTS = (
    "passenger passenger2 driver driver2 agent specialist vetting adjudicator supervisor officer admin"
)


# All stacks of this checkout share what was collected: compressing it takes seconds.
STATIC_ROOT = BASE_DIR / "var" / "static"


class CannotStart(Exception):
    """Says in one sentence why the stack does not start."""


def free_port(wanted: int = 0) -> int:
    """A loopback port that nobody listens on now: `wanted` where it is free."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Ends:
    """How often a process ended while it was waited for."""

    def __init__(self) -> None:
        self.pids: set[int] = set()

    def too_many(self, pid: int, state: str) -> bool:
        """True where it was started several times, or the supervisor gave it up."""
        if pid:
            self.pids.add(pid)
        return state == "FATAL" or len(self.pids) > MOST_STARTS


def _say(line: str) -> None:
    """To standard error: a scratch stack's standard output is read by a machine."""
    print(line, file=sys.stderr, flush=True)


def _digest_of_static() -> str:
    """Changes with our static files, with the packages that bring others, and with how they are collected."""
    digest = hashlib.sha256()
    ours = [path for path in (BASE_DIR / "static").rglob("*") if path.is_file()]
    for path in (*sorted(ours), BASE_DIR / "config" / "static.py", BASE_DIR / "config" / "apps.py"):
        digest.update(f"{path.relative_to(BASE_DIR)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    for package in ("Django", "django-unfold", "django-otp", "whitenoise", "Brotli"):
        digest.update(f"{package} {version(package)}\0".encode())
    return digest.hexdigest()


class Stack:
    """One state folder and the processes that run on it."""

    def __init__(self, state: Path, *, stage: str, ports: dict[str, int]) -> None:
        self.state = state.resolve()
        self.stage = stage
        self.ports = ports
        self.env: dict[str, str] = {}
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None
        self.recorded: dict[str, int] = {}

    @property
    def has_city(self) -> bool:
        """Whether invented people live beside the demo's: drills, tests and measurements have their world for themselves."""
        return self.stage == "local" and self.env.get("HUHANG_CITY", "on") != "off"

    # --- before anything starts ---
    def prepare(self) -> None:
        """Make the folder, its secrets and the environment. Raises `CannotStart`."""
        self._make_folders()
        self._take_lock()
        embed_postgres = "DATABASE_URL" not in os.environ
        embed_valkey = "REDIS_URL" not in os.environ
        used = ["HUHANG_WEB_PORT", "HUHANG_SANDBOX_PORT"]
        used += ["HUHANG_POSTGRES_PORT"] * embed_postgres + ["HUHANG_VALKEY_PORT"] * embed_valkey
        for name in used:
            self._check_port(name)
        own = self._secrets()
        pg, vk = self.ports["HUHANG_POSTGRES_PORT"], self.ports["HUHANG_VALKEY_PORT"]
        web, box = self.ports["HUHANG_WEB_PORT"], self.ports["HUHANG_SANDBOX_PORT"]
        digest = hashlib.sha256(str(self.state).encode()).hexdigest()[:12]
        self.env = {
            "HUHANG_SMS_TRANSPORTS": (
                f"template=template+http://127.0.0.1:{box}/sms/?templates={self.state}/{SMS_TEMPLATES}"
                f"&token={own['HUHANG_SMS_TOKEN']}&receipts={own['HUHANG_RECEIPT_TOKEN']}"
                f" gateway=json://127.0.0.1:{box}/messages/sms/?:to={{to}}&:key={{key}}"
            ),
            "HUHANG_WECHAT_TRANSPORTS": f"gateway=json://127.0.0.1:{box}/messages/wechat/?:to={{to}}&:key={{key}}",
            "HUHANG_WEIBO_TRANSPORTS": f"gateway=json://127.0.0.1:{box}/messages/weibo/?:to={{to}}&:key={{key}}",
            "HUHANG_EMAIL_TRANSPORTS": f"gateway=json://127.0.0.1:{box}/messages/email/?:to={{to}}&:key={{key}}",
            "HUHANG_VOICE_TRANSPORTS": f"gateway=json://127.0.0.1:{box}/messages/voice/?:to={{to}}&:key={{key}}",
            "HUHANG_PUSH_TRANSPORTS": (
                f"sandbox=webpush+http://127.0.0.1:{box} google=webpush+https://fcm.googleapis.com"
                " mozilla=webpush+https://updates.push.services.mozilla.com apple=webpush+https://*.push.apple.com"
                " microsoft=webpush+https://*.notify.windows.com"
            ),
            "HUHANG_EXECUTIVE_PHONE": "+8613900000009",
            "HUHANG_EXECUTIVE_NAME": "值班负责人 / executive on duty",
            "HUHANG_BIND": "127.0.0.1",
            # The demo drives along the roads that its map shows; drills go by the estimate that their cases were told with.
            **({"HUHANG_ROUTER_URL": "roads"} if self.stage == "local" else {}),
            **own,
            **os.environ,
            **{name: str(port) for name, port in self.ports.items()},
            "HUHANG_STAGE": self.stage,
            "HUHANG_STATE": str(self.state),
            "HUHANG_STATIC_ROOT": str(STATIC_ROOT),
            "HUHANG_PICTURES": str(self.state / "pictures"),
            "HUHANG_RECORDINGS": str(self.state / "recordings"),
            "HUHANG_RECORDING_KEYS": str(self.state / "recording-keys"),
            "HUHANG_PYTHON": sys.executable,
            "HUHANG_PUBLIC_URL": os.environ.get("HUHANG_PUBLIC_URL", f"http://127.0.0.1:{web}"),
            "HUHANG_REGISTRY_URL": f"http://127.0.0.1:{box}/registries",
            "HUHANG_MONEY_URL": f"http://127.0.0.1:{box}/money",
            "HUHANG_RELAY_URL": f"http://127.0.0.1:{box}/relay",
            "HUHANG_TIME_URL": f"http://127.0.0.1:{box}/time/",
            "HUHANG_CENTRE_URL": f"http://127.0.0.1:{box}/centre",
            "HUHANG_REGULATOR_URL": f"http://127.0.0.1:{box}/regulator",
            "HUHANG_REGULATOR_COMPANY": str(BASE_DIR / "sandbox" / "regulator_company.json"),
            "HUHANG_TIME_AUTHORITIES": str(self.state / "sandbox" / "time_authority.pem"),
            # What keeps checkpoints of the journal outside the database lies elsewhere in production.
            "HUHANG_JOURNAL_ANCHOR": str(self.state / "anchor" / "checkpoints"),
            "HUHANG_WITNESS_STATE": str(self.state / "witness"),
            "HUHANG_WITNESS_KEY": make_key(self.state / "witness", "witness"),
            "HUHANG_SANDBOX_URL": f"http://127.0.0.1:{box}",
            "HUHANG_CONTROL_SOCKET": str(Path(tempfile.gettempdir()) / f"huhang-{digest}.sock"),
            "HUHANG_EMBED_POSTGRES": str(embed_postgres).lower(),
            "HUHANG_EMBED_VALKEY": str(embed_valkey).lower(),
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "PYTHONPATH": str(BASE_DIR),
        }
        if embed_postgres:
            self.env["DATABASE_URL"] = (
                f"postgres://{APP_ROLE}:{own['HUHANG_APP_PASSWORD']}@127.0.0.1:{pg}/huhang"
            )
            self.env["HUHANG_BOARD_URL"] = (
                f"postgres://{BOARD_ROLE}:{own['HUHANG_BOARD_PASSWORD']}@127.0.0.1:{pg}/huhang"
            )
            self.env["HUHANG_OWNER_URL"] = (
                f"postgres://{OWNER_ROLE}:{own['HUHANG_OWNER_PASSWORD']}@127.0.0.1:{pg}/huhang"
            )
            make_cluster(self.state / "postgres", owner_password=own["HUHANG_OWNER_PASSWORD"])
        else:
            self.env.setdefault("HUHANG_OWNER_URL", os.environ["DATABASE_URL"])
            self.env.setdefault("HUHANG_BOARD_URL", os.environ["DATABASE_URL"])
        if embed_valkey:
            self.env["REDIS_URL"] = f"redis://:{own['HUHANG_VALKEY_PASSWORD']}@127.0.0.1:{vk}/0"
        if self.stage == "scratch":
            self.env["HUHANG_CLOCK_FILE"] = str(self.state / "clock.json")
        written = self.state / "run" / "environment.json"
        written.touch(mode=0o600)
        ours = {
            name: value
            for name, value in self.env.items()
            if name.startswith(("HUHANG_", "DATABASE_", "REDIS_"))
        }
        written.write_text(json.dumps(ours))

    def _make_folders(self) -> None:
        for path in (self.state, self.state / "log", self.state / "run"):
            try:
                path.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                raise CannotStart(
                    f"The state path {path} is a file, not a folder. Move it away or set HUHANG_STATE."
                ) from None
            except OSError as why:
                raise CannotStart(f"The state folder {path} cannot be made: {why.strerror}.") from None

    def _take_lock(self) -> None:
        self._lock = (self.state / "run" / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise CannotStart(
                f"The platform already runs on {self.state}. Stop it first, or set HUHANG_STATE and ports."
            ) from None

    def _check_port(self, name: str) -> None:
        port = self.ports[name]
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except (OSError, OverflowError) as why:
                taken = isinstance(why, OSError) and why.errno == errno.EADDRINUSE
                reason = "is in use" if taken else "cannot be used"
                raise CannotStart(f"Port {port} {reason}. Set {name} to another one.") from None

    def _secrets(self) -> dict[str, str]:
        """The folder's own; what an earlier version of it lacks is added, what is there never changes."""
        path = self.state / "secrets.json"
        try:
            kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        except ValueError:
            raise CannotStart(
                f"{path} cannot be read. Without its keys the data beside it cannot be opened: restore the file."
            ) from None
        found = new_secrets() | kept
        if found != kept:
            whole = path.with_suffix(".new")
            whole.touch(mode=0o600)
            whole.write_text(json.dumps(found, indent=1))
            whole.replace(path)
        return found

    # --- start ---
    def start(self) -> None:
        """Start all processes, with the database migrated and the demo world in it."""
        self._supervisor = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-c", str(BASE_DIR / "supervisord.conf")],
            env=self.env,
            cwd=BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=(self.state / "log" / "supervisord.out").open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._collect_static()
        self._make_database()
        # Nobody waits for what it locks: while a face is read in its transaction, a busy machine may take minutes.
        owner = {**self.env, "DATABASE_URL": self.env["HUHANG_OWNER_URL"], "HUHANG_DATABASE_IDLE": "0"}
        self._manage("prepare", "preparing tables and the demo world", env=owner)
        rpc = self._rpc()
        for name in DJANGO_PROCESSES:
            rpc.startProcess(f"platform:{name}", False)
        self._wait_ready()
        if self.has_city:
            rpc.startProcess("platform:city", False)
        self._record()

    # --- waiting: for as long as what is waited for lives, saying what it is ---
    def _wait_for(self, what: str, ready: Callable[[], bool], *, processes: Sequence[str] = ()) -> None:
        """Wait until `ready`, however slow the machine is. Says what is waited for, every few seconds.

        Raises `CannotStart` where the supervisor ended, or one of `processes` ends again and again, with what its log
        said last.
        """
        began = said = time.monotonic()
        ends = {name: _Ends() for name in processes}
        while not ready():
            if not self.alive():
                raise CannotStart(
                    f"The supervisor ended while {what}.\n{self._tail('supervisord.out', 'supervisord.log')}"
                )
            for name, row in self._rows(processes).items():
                if ends[name].too_many(int(row["pid"]), str(row["statename"])):
                    raise CannotStart(
                        f"The process {name} ends again and again while {what}. Its log, {self.state}/log/{name}.log,"
                        f" ends so:\n{self._tail(f'{name}.log')}"
                    )
            if time.monotonic() - said >= SAY_EVERY:
                said = time.monotonic()
                _say(f"  {what} ({said - began:.0f} s)")
            time.sleep(0.1)

    def _rows(self, processes: Sequence[str]) -> dict[str, dict[str, Any]]:
        """What the supervisor says of these processes; nothing while it does not listen yet."""
        try:
            return {row["name"]: row for row in self._rpc().getAllProcessInfo() if row["name"] in processes}
        except (OSError, HTTPException, Fault):
            return {}

    def _tail(self, *names: str, lines: int = 15) -> str:
        found: list[str] = []
        for name in names:
            path = self.state / "log" / name
            if path.is_file():
                with path.open("rb") as log:
                    log.seek(max(path.stat().st_size - 20_000, 0))
                    found += log.read().decode(errors="replace").splitlines()
        return "\n".join(f"    {line[:300]}" for line in found[-lines:]) or "    (nothing)"

    def _manage(self, command: str, what: str, *options: str, env: dict[str, str]) -> None:
        with tempfile.TemporaryFile("w+") as said:
            process = subprocess.Popen(
                [sys.executable, "manage.py", command, *options],
                env=env,
                cwd=BASE_DIR,
                stdout=said,
                stderr=said,
            )
            try:
                self._wait_for(what, lambda: process.poll() is not None)
            finally:
                if process.poll() is None:
                    process.terminate()
                    process.wait()
            if process.returncode:
                said.seek(0)
                raise CannotStart(f"`manage.py {command}` failed:\n{said.read()}")

    def _collect_static(self) -> None:
        """Collect and compress static files, unless that was done for exactly these."""
        STATIC_ROOT.mkdir(parents=True, exist_ok=True)
        with (STATIC_ROOT.parent / "static.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            mark, wanted = STATIC_ROOT.parent / "static.digest", _digest_of_static()
            if mark.exists() and mark.read_text() == wanted:
                return
            self._manage("collectstatic", "collecting static files", "--no-input", env=self.env)
            mark.write_text(wanted)

    def _make_database(self) -> None:
        """Wait for PostgreSQL; make the database and the roles that the platform runs as."""
        if self.env["HUHANG_EMBED_POSTGRES"] == "false":
            return
        address = self.env["HUHANG_OWNER_URL"].removesuffix("/huhang") + "/postgres"
        opened: list[psycopg.Connection[tuple[object, ...]]] = []

        def answers() -> bool:
            with contextlib.suppress(psycopg.OperationalError):
                opened.append(psycopg.connect(address, autocommit=True, connect_timeout=5))
            return bool(opened)

        self._wait_for("waiting for the database", answers, processes=["postgres"])
        with opened[0] as connection:
            app = sql.Identifier(APP_ROLE)
            for name, secret, member in (
                (APP_ROLE, "HUHANG_APP_PASSWORD", sql.SQL("")),
                (BOARD_ROLE, "HUHANG_BOARD_PASSWORD", sql.SQL(" IN ROLE {}").format(app)),
            ):
                role, password = sql.Identifier(name), sql.Literal(self.env[secret])
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone():
                    made = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}{}")
                    connection.execute(made.format(role, password, member))
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'huhang'").fetchone():
                connection.execute("CREATE DATABASE huhang")

    def _rpc(self) -> Any:  # XML-RPC: methods by name
        transport = SupervisorTransport(None, None, f"unix://{self.env['HUHANG_CONTROL_SOCKET']}")
        return ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def _wait_ready(self) -> None:
        address = f"http://127.0.0.1:{self.ports['HUHANG_WEB_PORT']}/health/ready"

        def answers() -> bool:
            try:
                with urlopen(address, timeout=5) as answer:
                    return bool(answer.status == 200)
            except (OSError, HTTPException):
                return False

        self._wait_for(
            "waiting for the web server", answers, processes=["postgres", "valkey", "sandbox", "web"]
        )

    def _record(self) -> None:
        """Write down every process id, so that anybody can check that nothing was left behind."""
        self.recorded = {
            str(row["name"]): int(row["pid"]) for row in self._rpc().getAllProcessInfo() if row["pid"]
        }
        if self._supervisor:
            self.recorded["supervisord"] = self._supervisor.pid
        (self.state / "run" / "pids.json").write_text(json.dumps(self.recorded, indent=1))

    # --- stop ---
    def alive(self) -> bool:
        """The supervisor still runs."""
        return self._supervisor is not None and self._supervisor.poll() is None

    def stop(self) -> None:
        """Stop all that was started; what does not stop in time is killed."""
        if not self._supervisor:
            return
        with contextlib.suppress(OSError):
            self._record()  # restarts gave new ids
        group = {pid for pid in self.recorded.values() if pid != self._supervisor.pid}
        with contextlib.suppress(ProcessLookupError):
            self._supervisor.terminate()
        try:
            self._supervisor.wait(20)
        except subprocess.TimeoutExpired:
            self._supervisor.kill()
            self._supervisor.wait()
        for pid in group:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        Path(self.env["HUHANG_CONTROL_SOCKET"]).unlink(missing_ok=True)


@contextlib.contextmanager
def _ending_on_signals() -> Iterator[None]:
    """Turn SIGTERM, and a SIGINT that a shell's background job would ignore, into an orderly end."""

    def end(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ports_from_environment() -> dict[str, int]:
    ports = {}
    for name, default in PORTS.items():
        text = os.environ.get(name, str(default))
        if not text.isdigit() or not 0 < int(text) < 65536:
            raise CannotStart(f"{name} is {text!r}; a port is a number from 1 to 65535.")
        ports[name] = int(text)
    return ports


def _stop_quietly(stack: Stack) -> None:
    """Stop without being cut off by a second Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    stack.stop()


def run() -> int:
    """`make run`."""
    began = time.monotonic()
    stack = Stack(
        Path(os.environ.get("HUHANG_STATE", BASE_DIR / "var")), stage="local", ports=_ports_from_environment()
    )
    try:
        stack.prepare()
        with _ending_on_signals():
            print("Starting Huhang 护航 …", flush=True)
            stack.start()
            print(_table(stack, time.monotonic() - began), flush=True)
            while stack.alive():
                time.sleep(0.5)
            print("The supervisor ended by itself; see", stack.state / "log", flush=True)
            return 1
    except KeyboardInterrupt:
        print("\nStopping …", flush=True)
        return 0
    finally:
        _stop_quietly(stack)


def _table(stack: Stack, seconds: float) -> str:
    web, box = stack.env["HUHANG_PUBLIC_URL"], stack.env["HUHANG_SANDBOX_URL"]
    rows = [
        ("passengers 乘客", f"{web}/"),
        ("drivers 司机", f"{web}/drive/"),
        ("friends and family 亲友", f"{web}/welfare-check/"),
        ("police 警方", f"{web}/police/"),
        ("console 控制台", f"{web}/admin/"),
        ("API", f"{web}/api/v1/docs/"),
        ("sandbox: SMS, mail, second factors", f"{box}/"),
        ("director 导演台: begin here", f"{box}/director/"),
    ]
    width = max(len(name) for name, _ in rows)
    lines = ["", f"Huhang 护航 is running ({seconds:.1f} s). Ctrl-C stops it.", ""]
    lines += [f"  {name.ljust(width)}  {address}" for name, address in rows]
    lines += [
        "",
        f"  accounts  {DEMO_ACCOUNTS}",
        f"  password  {stack.env['HUHANG_DEMO_PASSWORD']}",
        f"  Sign in at {web}/sign-in/ with an account's name; staff and police take the six digits from {box}/codes/.",
        "",
    ]
    return "\n".join(lines)


def scratch(at: str) -> int:
    """A throw-away stack; its address and secrets go to standard output as one JSON line.

    `at`, an ISO time, is what its clock shows when it starts; the present where empty.
    """
    state = Path(tempfile.mkdtemp(prefix="huhang-scratch-"))
    # Nothing of another stack may leak in: a drill beside `make run` has its own keys, servers and sandbox.
    for name in [name for name in os.environ if name.startswith(("HUHANG_", "DATABASE_URL", "REDIS_URL"))]:
        del os.environ[name]
    stack = Stack(state, stage="scratch", ports={name: free_port() for name in PORTS})
    try:
        stack.prepare()
        if at:
            shift = {"real": time.time(), "shown": datetime.fromisoformat(at).timestamp(), "rate": 1.0}
            Path(stack.env["HUHANG_CLOCK_FILE"]).write_text(json.dumps(shift))
        with _ending_on_signals():
            stack.start()
            shown = (
                "HUHANG_PUBLIC_URL",
                "HUHANG_SANDBOX_URL",
                "HUHANG_DEMO_PASSWORD",
                "HUHANG_CLOCK_FILE",
                "HUHANG_STATE",
                "DATABASE_URL",
                "REDIS_URL",
            )
            print(
                json.dumps(
                    {"env": stack.env, "pids": stack.recorded} | {name: stack.env[name] for name in shown}
                ),
                flush=True,
            )
            sys.stdin.read()
            return 0
    except KeyboardInterrupt:
        return 0
    finally:
        _stop_quietly(stack)
        shutil.rmtree(state, ignore_errors=True)


def main() -> int:
    """Parse the command line and report what cannot start in one sentence."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["run", "scratch", "env"])
    parser.add_argument(
        "--at", default="", help="scratch: the time that its clock shows, ISO 8601 with offset"
    )
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args()
    # A stack of its own would migrate the database that this shell names, and put the demo's people there.
    refuse_production("`config.stack`")
    try:
        if given.what == "run":
            return run()
        if given.what == "scratch":
            return scratch(given.at)
    except CannotStart as why:
        print(why, file=sys.stderr)
        return 1
    command = [part for part in given.command if part != "--"]
    return subprocess.run(command, env={**os.environ, **throwaway_environment()}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
