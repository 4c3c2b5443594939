"""The table of docs/security.md: nothing is left out, and what is said to be met names tests that are there."""

import ast
import json
import re
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from core import outside
from core.management.commands.sbom import SCRIPTS

ROOT: Path = settings.BASE_DIR
TEXT = (ROOT / "docs/security.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip().strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if re.match(r"\| \d+\.\d+(\.\d+)? \|", line)
]
APPS = (
    "core",
    "accounts",
    "drivers",
    "rides",
    "safety",
    "complaints",
    "police",
    "governance",
    "config",
)
# ASVS 4.0.3, levels 1 and 2: how far the numbers of a section go, and which of them are of level 3 or were given up.
REQUIREMENT_BY_REQUIREMENT = {
    "2.1": (12, ()),
    "2.2": (3, ()),
    "2.3": (3, ()),
    "2.4": (5, ()),
    "2.5": (7, ()),
    "2.6": (3, ()),
    "2.7": (6, ()),
    "2.8": (7, ()),
    "2.9": (3, ()),
    "2.10": (4, ()),
    "3.1": (1, ()),
    "3.2": (4, ()),
    "3.3": (4, ()),
    "3.4": (5, ()),
    "3.5": (3, ()),
    "3.7": (1, ()),
    "11.1": (8, ()),
    "12.1": (3, ()),
    "12.2": (1, ()),
    "12.3": (6, ()),
    "12.4": (2, ()),
    "12.5": (2, ()),
    "12.6": (1, ()),
    "13.1": (5, (2,)),
    "13.2": (6, (4,)),
    "13.3": (2, ()),
    "13.4": (2, ()),
}
# 3.6 is of level 3 alone, and so is 9.2.5 and the like: only sections with something at level 1 or 2 are asked for.
BY_SECTION = (
    *("1.1", "1.2", "1.4", "1.5", "1.6", "1.7", "1.8", "1.9", "1.10", "1.11", "1.12", "1.14"),
    *("4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4", "5.5", "6.1", "6.2", "6.3", "6.4"),
    *("7.1", "7.2", "7.3", "7.4", "8.1", "8.2", "8.3", "9.1", "9.2", "10.2", "10.3"),
    *("14.1", "14.2", "14.3", "14.4", "14.5"),
)
NOT_MET, IN_PART, OPERATOR, NOT_OURS = "not met", "in part", "by the operator", "not applicable"


SETTINGS = set(re.findall(r"HUHANG_\w+", (ROOT / "docs/operations.md").read_text()))
CHECKS = (ROOT / "core/production.py").read_text()


@cache
def names_in(path: str) -> set[str]:
    file = ROOT / path
    if not file.is_file():
        return set()
    text = file.read_text()
    if path.endswith(".js"):
        return set(re.findall(r'test\("([^"]+)"', text))
    return set(re.findall(r"^ *(?:async )?def (test_\w+)\(", text, re.MULTILINE))


def verdict(shown: str) -> tuple[str, list[str]]:
    """What a row's last cell says: in how far it is met, and the tests that it names."""
    word = next((each for each in (NOT_MET, IN_PART, OPERATOR, NOT_OURS) if shown.startswith(each)), "")
    rest = shown.removeprefix(word).removeprefix(":").strip()
    # Why something does not concern us is a sentence.
    return word, [] if word == NOT_OURS else [each.strip() for each in rest.split(", ") if each.strip()]


def test_no_requirement_is_left_out_and_none_stands_twice():
    found = [row[0] for row in ROWS]
    assert len(found) == len(set(found))
    wanted = {
        f"{section}.{number}"
        for section, (last, other) in REQUIREMENT_BY_REQUIREMENT.items()
        for number in range(1, last + 1)
        if number not in other
    }
    detailed = {number for number in found if number.rpartition(".")[0] in REQUIREMENT_BY_REQUIREMENT}
    assert detailed == wanted
    assert not set(BY_SECTION) - set(found)
    assert {number for number in set(found) - wanted if number.count(".") == 1} == set(BY_SECTION)
    assert {number.rpartition(".")[0] for number in set(found) - wanted if number.count(".") == 2} <= set(
        BY_SECTION
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_row_is_whole_and_its_tests_are_there(row):
    number, what, how, shown = row
    assert what
    assert how
    word, tests = verdict(shown)
    assert word in {NOT_MET, NOT_OURS} or tests, f"{number} is said to be met and names no test"
    assert word != NOT_MET or shown == NOT_MET
    if word == OPERATOR:
        assert any(named in SETTINGS for named in re.findall(r"`(HUHANG_\w+)`", how)), (
            f"{number} names no setting"
        )
        checks = re.findall(r"`check --deploy`[^.]*?\b([EW]\d{3})\b", how)
        assert checks, f"{number} does not say which check tells who did not"
        assert [each for each in checks if f'"huhang.{each}"' not in CHECKS] == []
    assert word != NOT_OURS or len(shown) > len("not applicable: "), f"{number} does not say why"
    for test in tests:
        path, _, name = test.partition("::")
        assert name in names_in(path), f"{number}: {test}"


def test_what_is_not_met_is_said_at_the_head():
    """The list that a reader meets first is the one that the table gives."""
    for word, heading in ((NOT_MET, "Not met"), (OPERATOR, "By the operator"), (IN_PART, "In part")):
        line = next(each for each in TEXT.splitlines() if each.startswith(f"**{heading}**"))
        told = set(re.findall(r"\d+\.\d+(?:\.\d+)?", line))
        assert told == {row[0] for row in ROWS if verdict(row[3])[0] == word}


# --- What the table says of the code as a whole ---


def sources() -> list[Path]:
    return [
        file
        for app in APPS
        for file in sorted((ROOT / app).rglob("*.py"))
        if not {"tests", "migrations"} & set(file.parts)
    ]


FORBIDDEN = {
    *("eval", "exec", "compile", "os.system", "os.popen", "__import__"),
    *("pickle.load", "pickle.loads", "marshal.load", "marshal.loads", "yaml.load", "yaml.unsafe_load"),
}


def test_nothing_that_somebody_sent_is_run():
    """No code, shell or object is made of a text, and no page takes one for markup."""
    found = []
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            shell = any(each.arg == "shell" for each in node.keywords)
            marked = name.endswith("mark_safe") and not isinstance(node.args[0], ast.Constant)
            if name in FORBIDDEN or shell or marked:
                found.append(f"{file.relative_to(ROOT)}:{node.lineno} {name}")
    raw = re.compile(r"\|\s*safe\b|autoescape off|\{% *debug")
    pages = [*(ROOT / "templates").rglob("*.html")]
    found += [str(page.relative_to(ROOT)) for page in pages if raw.search(page.read_text())]
    scripts = [each for each in (ROOT / "static/js").rglob("*.js") if "vendor" not in each.parts]
    raw = re.compile(r"\beval\(|new Function|document\.write|insertAdjacentHTML|outerHTML\s*=[^=]")
    found += [str(script.relative_to(ROOT)) for script in scripts if raw.search(script.read_text())]
    assert pages
    assert scripts
    assert found == []


# What can open a line to somebody else; a library among them that others use brings its own.
OUTWARD = {
    *(
        "httpx",
        "requests",
        "urllib.request",
        "urllib3",
        "http.client",
        "aiohttp",
        "socket",
        "smtplib",
        "ftplib",
    ),
    *("apprise", "boto3", "botocore", "storages", "routingpy"),
}

ASK_OUTSIDE = {
    "config/collector.py": ["httpx"],
    "config/stack.py": ["http.client", "socket", "urllib.request"],  # one machine's own processes
    "governance/capacity.py": ["httpx"],  # to the platform's own public pages
    "core/heartbeat.py": ["socket"],  # the name of this host
    "core/journal/witness.py": ["httpx"],  # to the platform whose journal it is the witness of
    "core/messages/transports/apprise.py": ["apprise"],
    "core/messages/transports/template_sms.py": ["httpx"],
    "core/messages/transports/web_push.py": ["httpx"],  # to hosts of its list alone, whatever a browser named
    "core/outside.py": ["httpx"],
    "core/reader/child.py": ["socket"],  # to its parent alone
    "core/reader/pool.py": ["socket"],
    "core/reader/scanner.py": ["socket"],
    "core/wrapped.py": ["httpx"],
    "rides/routing.py": ["requests", "routingpy", "routingpy.exceptions"],
    "safety/keystore.py": ["httpx"],
    "safety/monitor/loop.py": ["socket"],  # the name of this host
}


def _imported(file: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module}
    return {name for name in found if any(name == each or name.startswith(f"{each}.") for each in OUTWARD)}


def test_only_these_modules_ask_somebody_outside_and_addresses_are_settings():
    found = {
        str(file.relative_to(ROOT)): sorted(_imported(file))
        for file in sources()
        if "drills" not in file.parts and _imported(file)
    }
    assert found == ASK_OUTSIDE


def test_the_bill_names_all_that_is_installed_and_all_scripts_of_others():
    out = StringIO()
    call_command("sbom", stdout=out)
    bill = json.loads(out.getvalue())
    named = {each["name"] for each in bill["components"]}
    locked = re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in locked} <= named
    assert all(each["version"] and each["hashes"] for each in bill["components"])
    folders = {each.name for each in (ROOT / "static/vendor").iterdir()}
    assert folders == {path.partition("/")[0] for path, _says in SCRIPTS.values()}


class _Advisories(BaseHTTPRequestHandler):
    """OSV's `querybatch` in small: knows of one package and of one script."""

    weak = {"django", "htmx.org"}
    asked: list = []
    wrong = False

    def do_POST(self):
        queries = json.loads(self.rfile.read(int(self.headers["content-length"])))["queries"]
        _Advisories.asked += [each["package"]["purl"] for each in queries]
        names = [re.fullmatch(r"pkg:\w+/(.+)@.+", each["package"]["purl"])[1] for each in queries]
        found = [{"vulns": [{"id": f"GHSA-{name}"}]} if name in self.weak else {} for name in names]
        answer = json.dumps({"results": found[1:] if self.wrong else found}).encode()
        self.send_response(200 if self.path == "/v1/querybatch" else 404)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self):
        """What npm answers of the newest: of one script a version to come, of another nothing."""
        known = self.path == "/leaflet/latest"
        answer = json.dumps({"version": "9999.2"} if known else {"error": "not found"}).encode()
        self.send_response(200 if known else 404)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def advisories(settings, monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Advisories)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.ADVISORIES_URL = settings.SCRIPTS_URL = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(outside, "_breakers", type(outside._breakers)(default_threshold=50, default_ttl=30.0))
    monkeypatch.setattr(_Advisories, "asked", [])
    yield _Advisories
    server.shutdown()
    server.server_close()


class _Index(BaseHTTPRequestHandler):
    """An index of packages (PEP 503) that has one package, in a version to come."""

    away = False

    def do_GET(self):
        known = not self.away and self.path == "/simple/structlog/"
        answer = (
            b'<a href="structlog-9999.1-py3-none-any.whl">structlog-9999.1-py3-none-any.whl</a>'
            if known
            else b""
        )
        self.send_response(200 if known else 503 if self.away else 404)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def index(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Index)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    for name, value in {
        "PIP_INDEX_URL": f"http://127.0.0.1:{server.server_port}/simple",
        "PIP_CONFIG_FILE": "/dev/null",
        "PIP_EXTRA_INDEX_URL": "",
        "PIP_RETRIES": "0",
        "no_proxy": "127.0.0.1",
    }.items():
        monkeypatch.setenv(name, value)
    yield _Index
    server.shutdown()
    server.server_close()


def test_the_run_on_a_clean_clone_asks_what_is_weak_or_old():
    assert re.search(r"^timeout \d+ make audit ", (ROOT / ".ci/run").read_text(), re.MULTILINE)
    assert re.search(r"^audit:.*\n.* manage\.py weaknesses$", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.long
def test_what_is_only_old_is_named_and_is_no_fault(advisories, index, monkeypatch):
    monkeypatch.setattr(advisories, "weak", set())
    out = StringIO()
    call_command("weaknesses", stdout=out)
    old, script, unknown, scripts, sound = out.getvalue().splitlines()
    assert re.fullmatch(r"structlog [\d.]+ is old: 9999\.1 is there\.", old)
    assert re.fullmatch(r"leaflet [\d.]+ is old: 9999\.2 is there\.", script)
    assert re.fullmatch(r"Of \d+ packages the index does not say whether they are old\.", unknown)
    assert scripts == "Of 1 scripts the index does not say whether they are old."
    assert sound.endswith("none known to be weak.")


@pytest.mark.long
def test_where_the_index_is_away_nothing_is_called_new(advisories, index, monkeypatch):
    monkeypatch.setattr(advisories, "weak", set())
    monkeypatch.setattr(index, "away", True)
    with pytest.raises(CommandError, match="only old is not known"):
        call_command("weaknesses", stdout=StringIO())


@pytest.mark.long
def test_what_is_known_to_be_weak_is_named(advisories, index, monkeypatch):
    out = StringIO()
    with pytest.raises(CommandError, match=r"^2 of \d+ are known to be weak"):
        call_command("weaknesses", stdout=out)
    assert re.fullmatch(
        r"django [\d.]+: GHSA-django\nhtmx.org [\d.]+: GHSA-htmx.org\nstructlog .+\nleaflet .+\nOf .+\nOf .+\n",
        out.getvalue(),
    )
    locked = (ROOT / "requirements.lock").read_text()
    assert len(advisories.asked) == len(re.findall(r"^[\w.-]+==", locked, re.MULTILINE)) + len(SCRIPTS)
    monkeypatch.setattr(advisories, "weak", set())
    out = StringIO()
    call_command("weaknesses", stdout=out)
    assert "none known to be weak" in out.getvalue()


def test_where_nobody_answers_nothing_is_called_sound(advisories, index, monkeypatch):
    monkeypatch.setattr(advisories, "wrong", True)
    with pytest.raises(outside.OutsideDown):
        call_command("weaknesses")
