"""A company begins, as docs/operations.md says: stage production, an empty database, its own role, a server behind a
proxy; from the first administrator to a specialist, a city, a line, a station and an officer, over HTTP."""

import base64
import os
import re
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from django.utils import timezone
from django_otp.oath import totp

from config.stack import APP_ROLE, free_port
from config.tests.test_production import CHAIN, environment

pytestmark = [
    pytest.mark.journey,
    pytest.mark.xdist_group("journey"),
    pytest.mark.valkey,
    pytest.mark.timeout(900),
]
ROOT = Path(__file__).resolve().parents[2]
HOST = "ride.example.com"
PASSWORD = "of-this-test"


def run(env, *command, **options):
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, **options
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Company:
    """What an operator has: the environments of owner and platform, and a server."""

    def __init__(self, tmp_path: Path) -> None:
        owner = os.environ["DATABASE_URL"].rsplit("/", 1)[0]
        with psycopg.connect(f"{owner}/postgres", autocommit=True) as there:
            there.execute("DROP DATABASE IF EXISTS founding WITH (FORCE)")
            there.execute("CREATE DATABASE founding")
            there.execute(f"ALTER ROLE {APP_ROLE} LOGIN PASSWORD '{PASSWORD}'")
        place = urlsplit(owner)
        believed, company = tmp_path / "time.pem", tmp_path / "company.json"
        believed.write_bytes(base64.b64decode(CHAIN))
        company.write_text("{}")
        common = environment(
            HUHANG_TIME_AUTHORITIES=str(believed),
            HUHANG_REGULATOR_COMPANY=str(company),
            HUHANG_DATABASE_AT_REST="elsewhere: the provider of the test",
            HUHANG_LOGS_URL="elsewhere: the test",
            REDIS_URL=os.environ["REDIS_URL"],
            HUHANG_STATIC_ROOT=str(tmp_path / "static"),
            HUHANG_PICTURES=str(tmp_path / "pictures"),
            HUHANG_RECORDINGS=str(tmp_path / "recordings"),
            HUHANG_RECORDING_KEYS=str(tmp_path / "keys"),
            DJANGO_SETTINGS_MODULE="config.settings",
        )
        self.owner = common | {"DATABASE_URL": f"{owner}/founding"}
        self.env = common | {
            "DATABASE_URL": f"postgres://{APP_ROLE}:{PASSWORD}@127.0.0.1:{place.port}/founding"
        }
        self.port, self.server = free_port(), None

    def start(self) -> None:
        command = [
            "-m",
            "granian",
            "--interface",
            "asgi",
            "--host",
            "127.0.0.1",
            "--port",
            str(self.port),
            "--no-ws",
        ]
        self.server = subprocess.Popen(
            [sys.executable, *command, "config.asgi:application"], cwd=ROOT, env=self.env
        )
        while True:
            assert self.server.poll() is None
            try:
                httpx.get(f"http://127.0.0.1:{self.port}/health/ready", headers={"host": HOST})
                return
            except httpx.TransportError:
                time.sleep(0.2)

    def last_message(self, phone: str) -> str:
        """What this phone would show."""
        say = f"from core.models import Notification; print(next(row.text for row in Notification.objects.order_by('-pk') if row.recipient == '{phone}'))"
        return run(self.env, "manage.py", "shell", "--no-imports", "-c", say)


class Browser:
    """One person's, through the company's proxy that speaks TLS."""

    def __init__(self, company: Company) -> None:
        self.company, self.cookies = company, {}
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{company.port}", timeout=120, trust_env=False)

    def _ask(self, method, path, **options):
        headers = {
            "host": HOST, "x-forwarded-proto": "https", "referer": f"https://{HOST}/", "accept-language": "en",
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }  # fmt: skip
        answer = self.http.request(method, path, headers=headers, **options)
        for each in answer.headers.get_list("set-cookie"):
            name, value = each.partition(";")[0].split("=", 1)
            assert "Secure" in each or not name.endswith(("sessionid", "csrftoken"))
            self.cookies[name] = value
        return answer

    def get(self, path):
        answer = self._ask("GET", path)
        while answer.is_redirect:
            answer = self._ask("GET", answer.headers["location"])
        return answer

    def post(self, path, **data):
        token = next((value for name, value in self.cookies.items() if name.endswith("csrftoken")), "")
        answer = self._ask("POST", path, data=data | {"csrfmiddlewaretoken": token})
        assert answer.status_code in {200, 302}, re.sub(r"<[^>]+>|\s+", " ", answer.text)[-1500:]
        return self.get(answer.headers["location"]) if answer.is_redirect else answer

    def enter(self, phone, set_up_code):
        """Sign in for the first time: phone, set-up code, authenticator; returns the page behind."""
        self.get("/sign-in/code/")
        self.post("/sign-in/code/", phone=phone)
        code = re.findall(r"\d{6}", self.company.last_message(f"+86{phone}"))[0]
        page = self.post("/sign-in/code/", phone=phone, code=code)
        if "/set-up/" not in str(page.url):
            page = self.get("/sign-in/second-factor/")
        page = self.post("/sign-in/set-up/", code=set_up_code)
        secret = re.search(r'id="secret">([A-Z2-7 ]+)<', page.text)[1].replace(" ", "")
        digits = f"{totp(base64.b32decode(secret)):06d}"
        assert self.post("/sign-in/set-up/", token=digits).text.count("<code>") == 10
        return self

    def agree(self, page):
        """Agree to the one motion that waits on a page; returns the page with what is said."""
        form = re.search(r'<form[^>]*action="([^"]+/do/agree/)".*?</form>', self.get(page).text, re.S)
        assert "csrfmiddlewaretoken" in form[0]  # which `post` takes from the cookie
        return self.post(form[1], do="1").text


@pytest.fixture
def company(tmp_path):
    made = Company(tmp_path)
    yield made
    if made.server:
        made.server.terminate()
        made.server.wait(120)


def code_in(said):
    return re.search(r"Set-up code: ([0-9A-Z-]{19})", said)[1]


def test_a_company_begins_in_production(company):
    today = timezone.localdate()
    run(company.env, "manage.py", "collectstatic", "--no-input")
    run(company.owner, "manage.py", "migrate", "--no-input")
    run(company.owner, "manage.py", "grant_rights")
    run(company.env, "manage.py", "check", "--deploy")
    first = code_in(
        run(company.env, "manage.py", "create_administrator", "--name", "王一", "--phone", "13911110001")
    )
    second = code_in(
        run(
            company.env, "manage.py", "create_administrator", "--name", "李二", "--phone", "13911110002",
            "--another", "two people add staff",
        )
    )  # fmt: skip
    company.start()
    one = Browser(company).enter("13911110001", first)
    other = Browser(company).enter("13911110002", second)
    one.post(
        "/admin/staff/", name="赵三", phone="13911110003", role="supervisor", reason="the first supervisor"
    )
    supervisor = Browser(company).enter("13911110003", code_in(other.agree("/admin/staff/")))

    supervisor.post("/admin/staff/", name="钱四", phone="13911110004", role="specialist", reason="the desk")
    specialist = Browser(company).enter("13911110004", code_in(one.agree("/admin/staff/")))
    assert specialist.get("/admin/workspace/").status_code == 200

    supervisor.post(
        "/admin/cities/", do="city", code="wuxi", name_zh="无锡", name_en="Wuxi", latitude="31.49", longitude="120.31",
        radius_km="60",
    )  # fmt: skip
    supervisor.post(
        "/admin/cities/", do="place", city="wuxi", name_zh="无锡站", name_en="Wuxi station", latitude="31.585",
        longitude="120.305",
    )  # fmt: skip
    until = (today + timedelta(days=300)).isoformat()
    supervisor.post(
        "/admin/cities/", do="opening", line="express", city="wuxi", permit_number="WX-1", permit_until=until
    )
    one.agree("/admin/cities/")
    assert "Wuxi" in supervisor.get("/admin/lines/").text

    supervisor.post(
        "/admin/stations/", do="station", changes="new", code="liangxi", name_zh="无锡市公安局梁溪分局", name_en="Liangxi, Wuxi",
        published_phone="0510-8270-0110", registered_email="desk@liangxi.example", country="CN",
    )  # fmt: skip
    one.agree("/admin/stations/")
    supervisor.post(
        "/admin/stations/",
        do="officer",
        agency="liangxi",
        name="孙警官",
        phone="13911110005",
        badge="320001",
        until=until,
    )
    officer = Browser(company).enter("13911110005", code_in(one.agree("/admin/stations/")))
    assert officer.get("/police/").status_code == 200
    assert officer._ask("GET", "/admin/").status_code in {302, 403}

    # Each hour of a day has its specialists, or the roster is not written.
    supervisor.post("/admin/staff/", name="周五", phone="13911110006", role="specialist", reason="the desk")
    assert code_in(one.agree("/admin/staff/"))
    page = supervisor.get(f"/admin/roster/?day={today:%Y-%m-%d}").text
    people = re.findall(r'<option value="(A-\w+)"[^>]*>[^<]*specialist', page.partition("</select>")[0])
    assert len(people) == 2
    shifts = {f"who-{number}": code for number, code in enumerate(people)}
    shifts |= {f"start-{number}": "00:00" for number in range(2)} | {
        f"hours-{number}": "24" for number in range(2)
    }
    supervisor.post("/admin/roster/", day=f"{today:%Y-%m-%d}", **shifts)

    passenger = Browser(company)
    passenger.get("/sign-in/code/")
    passenger.post("/sign-in/code/", phone="13911110009")
    code = re.findall(r"\d{6}", company.last_message("+8613911110009"))[0]
    passenger.post("/sign-in/code/", phone="13911110009", code=code)
    assert "Wuxi" in passenger.get("/").text
