"""The workspace's lists at 1 000 000 complaints (C4): p95 in milliseconds, whole requests through all middleware.

The rows are made once and kept in `var/bench-workspace`; a second run begins at once. Ours: the queue page. Peer: the
stock Django admin's changelist with `search_fields` and its default paginator over the same rows, 25 a page as ours,
its words in clear, since it cannot search what is encrypted. Limit: the bare SQL of the page plus the same page
without a row. The case page and twenty agents who take the next one at once go to standard error.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

STATE = Path(os.environ.get("HUHANG_BENCH_STATE", ROOT / "var" / "bench-workspace"))
ROWS = int(os.environ.get("HUHANG_BENCH_ROWS", "1000000"))
LIVE = min(20_000, ROWS // 4)  # of them are worked on
AGENTS, EACH = 20, 10
TEXTS = [
    "司机绕路多收钱，态度很差",
    "司机一路上说下流的话，我很害怕",
    "手机忘在车上了，请帮忙联系司机",
    "车内有烟味，司机抽烟还打电话",
    "司机拒绝搭载导盲犬",
    "司机超速闯红灯，提醒后还骂人",
    "上错车了，车牌和订单不一样",
    "The driver took a detour and charged more",
    "He smoked and shouted at me on the phone",
    "I left my umbrella in the car",
]
# What people write around it; a complaint has some 150 characters.
AROUND = (
    "我是昨天晚上从虹桥镇出发去上塘的，上车前核对过车牌。行程大约四十分钟，中间没有停车，下车以后我马上联系了客服。"
    "希望平台认真调查，把结果告诉我，也请保护我的个人信息，不要让对方知道是我投诉的。谢谢，请尽快回复，我会一直等消息。"
)
RARE = "孔雀羽毛落在后备箱里"  # one complaint of ten thousand says this


@contextmanager
def platform() -> Iterator[None]:
    """PostgreSQL and Valkey on the kept state, Django's settings loaded, the rows there."""
    from config.embedded import OWNER_ROLE, make_cluster
    from config.local import new_secrets
    from config.stack import free_port

    STATE.mkdir(parents=True, exist_ok=True)
    kept = STATE / "secrets.json"
    if not kept.exists():
        kept.write_text(json.dumps(new_secrets()))
    secrets = json.loads(kept.read_text())
    pg, vk = free_port(), free_port()
    os.environ |= {
        **secrets,
        "HUHANG_STAGE": "scratch",
        "HUHANG_STATE": str(STATE),
        "HUHANG_PICTURES": str(STATE / "pictures"),
        "HUHANG_RECORDINGS": str(STATE / "recordings"),
        "HUHANG_RECORDING_KEYS": str(STATE / "recording-keys"),
        "HUHANG_POSTGRES_PORT": str(pg),
        "HUHANG_VALKEY_PORT": str(vk),
        "HUHANG_CLOCK_FILE": "",
        "HUHANG_REGISTRY_URL": "http://127.0.0.1:1/registries",
        "DATABASE_URL": f"postgres://{OWNER_ROLE}:{secrets['HUHANG_OWNER_PASSWORD']}@127.0.0.1:{pg}/postgres",
        "REDIS_URL": f"redis://:{secrets['HUHANG_VALKEY_PASSWORD']}@127.0.0.1:{vk}/0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    make_cluster(STATE / "postgres", owner_password=secrets["HUHANG_OWNER_PASSWORD"])
    servers = [
        subprocess.Popen(
            [sys.executable, "-m", "config.embedded", name],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        for name in ("postgres", "valkey")
    ]
    try:
        _wait(pg)
        import django

        django.setup()
        from django.conf import settings
        from django.core.management import call_command

        settings.ALLOWED_HOSTS = ["testserver"]
        settings.LOGGING_CONFIG = None
        call_command("migrate", verbosity=0, interactive=False)
        _fill()
        yield
    finally:
        from django.db import connections

        connections.close_all()
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(timeout=30)


def _wait(port: int) -> None:
    import socket

    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.2).close()
            time.sleep(0.3)
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("PostgreSQL did not start")


def _fill() -> None:
    """A million complaints, and the same with their words in clear for the peer."""
    from django.db import connection

    from complaints import words
    from complaints.models import Complaint
    from governance.demo import make_world

    make_world(password="a password of benchmarks")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_class WHERE relname = 'bench_complaint'")
        if cursor.fetchone()[0] and Complaint.objects.count() >= ROWS:
            return
        print(f"making {ROWS} complaints, once …", file=sys.stderr, flush=True)
        from accounts.models import Account
        from core.privacy import encrypt

        people = {row.code: row.pk for row in Account.objects.all()}
        texts = [f"{said}。{AROUND}" for said in (*TEXTS, RARE)]
        cursor.execute("DROP TABLE IF EXISTS bench_complaint; DROP TABLE IF EXISTS bench_text")
        cursor.execute(
            "CREATE TABLE bench_text (number int PRIMARY KEY, said text, cipher bytea, vector tsvector)"
        )
        for number, text in enumerate(texts):
            cipher = encrypt(text.encode(), context="complaints_complaint.words")
            cursor.execute(
                "INSERT INTO bench_text VALUES (%s, %s, %s, %s::tsvector)",
                [number, text, cipher, words.lexemes(text)],
            )
        empty = encrypt(b"", context="complaints_complaint.caller_name")
        empty_phone = encrypt(b"", context="complaints_complaint.caller_phone")
        secret = encrypt(b"nobody opens its page", context="complaints_complaint.secret")
        cursor.execute("DELETE FROM complaints_complaint")
        cursor.execute(
            """
            INSERT INTO complaints_complaint (code, submission, source, complainant_id, accused_id, accused_as, category,
              level, words, search, state, owner_id, owned_at, touched_at, due_at, round, news, filed_at, decided_at, decided_by,
              finding, plates, caller_name, caller_phone, caller_index, caller_channel, secret_digest, secret, from_crowd,
              taken_down_by, lift_by, lifted_by, lower_to, lower_by, lowered_by, reopen_by, reopened_by, proposed_by)
            SELECT 'C-' || upper(lpad(to_hex(n), 10, '0')), 'bench-' || n, 'passenger', %(who)s, %(whom)s, 'driver',
              (ARRAY['dispute','harassment','lost_property','other','discrimination','violence'])[1 + n %% 6],
              (ARRAY['ordinary','severe','ordinary','ordinary','raised','severe'])[1 + n %% 6],
              t.cipher, t.vector,
              CASE WHEN n > %(rows)s - %(live)s THEN 'open' ELSE 'final' END,
              CASE WHEN n > %(rows)s - %(live)s AND n %% 2 = 0 THEN %(agent)s END,
              CASE WHEN n > %(rows)s - %(live)s AND n %% 2 = 0 THEN now() END, now(),
              CASE WHEN n > %(rows)s - %(live)s THEN now() + (n %% 5000) * interval '1 minute' END, 1, 0,
              now() - (%(rows)s - n) * interval '30 seconds',
              CASE WHEN n > %(rows)s - %(live)s THEN NULL ELSE now() - (%(rows)s - n) * interval '30 seconds' END,
              CASE WHEN n > %(rows)s - %(live)s THEN '' ELSE 'adjudicator' END,
              CASE WHEN n > %(rows)s - %(live)s THEN '' ELSE 'upheld' END,
              '浙' || chr(65 + n %% 26) || lpad(((n::bigint * 7919) %% 100000)::text, 5, '0'),
              %(empty)s, %(phone)s, '', 'sms',
              encode(sha256(('bench-' || n)::bytea), 'hex'), %(secret)s, false,
              '', '', '', '', '', '', '', '', ''
            FROM generate_series(1, %(rows)s) n
            JOIN bench_text t ON t.number = CASE WHEN n %% 10000 = 0 THEN %(rare)s ELSE n %% %(rare)s END
            """,
            {
                "who": people["passenger"], "whom": people["driver"], "agent": people["agent"], "rows": ROWS, "live": LIVE,
                "empty": empty, "phone": empty_phone, "rare": len(TEXTS),
                "secret": secret,
            },
        )  # fmt: skip
        cursor.execute(
            "CREATE TABLE bench_complaint AS SELECT c.id, c.code, c.category, c.level, c.state, c.due_at, c.filed_at,"
            " c.plates, t.said FROM complaints_complaint c JOIN bench_text t ON t.vector = c.search"
        )
        cursor.execute("ALTER TABLE bench_complaint ADD PRIMARY KEY (id)")
        cursor.execute("VACUUM ANALYZE complaints_complaint")
        cursor.execute("VACUUM ANALYZE bench_complaint")


def stock() -> Any:
    """The peer: a stock changelist over the rows with their words in clear, behind the same middleware."""
    from django.contrib import admin
    from django.db import models
    from django.urls import path

    class Row(models.Model):
        code = models.CharField(max_length=20)
        category = models.CharField(max_length=16)
        level = models.CharField(max_length=10)
        state = models.CharField(max_length=10)
        due_at = models.DateTimeField(null=True)
        filed_at = models.DateTimeField()
        plates = models.CharField(max_length=60)
        said = models.TextField()

        class Meta:
            app_label = "complaints"
            managed = False
            db_table = "bench_complaint"

        def __str__(self) -> str:
            return self.code

    class RowAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # the stock one
        list_display = ("code", "category", "level", "state", "due_at", "filed_at", "plates")
        list_filter = ("state", "category", "level")
        search_fields = ("code", "plates", "said")
        list_per_page = 25

        def has_module_permission(self, request: Any) -> bool:
            return True

        def has_view_permission(self, request: Any, obj: Any = None) -> bool:
            return True

    site = admin.AdminSite(name="stock")
    site.has_permission = lambda request: True  # type: ignore[method-assign]  # the peer is measured, not guarded
    site.register(Row, RowAdmin)
    import config.urls

    config.urls.urlpatterns.insert(0, path("stock/", site.urls))
    from django.urls import clear_url_caches

    clear_url_caches()
    return Row


@contextmanager
def stock_templates() -> Iterator[None]:
    """The console's look is laid over Django's; the peer is drawn by Django's own templates."""
    from django.conf import settings
    from django.contrib import admin
    from django.test import override_settings

    own = [{**settings.TEMPLATES[0], "DIRS": [Path(admin.__file__).parent / "templates"]}]
    with override_settings(TEMPLATES=own):
        yield


def browser(name: str) -> Any:
    """A client in which somebody of the cast is signed in with their second factor."""
    from django.test import Client

    from accounts.models import Account, Authenticator

    client = Client(headers={"accept-language": "zh-CN"})
    account = Account.objects.get(code=name)
    client.force_login(account)
    session = client.session
    session["otp_device_id"] = Authenticator.objects.get(user=account).persistent_id
    session.save()
    return client


def p95(ask: Callable[[], Any], times: int = 40) -> float:
    """The 95th of a hundred, in milliseconds, after three that warm up."""
    took = []
    for number in range(times + 3):
        began = time.perf_counter()
        ask()
        if number >= 3:
            took.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(took, n=20)[-1]


def got(client: Any, path: str) -> Callable[[], Any]:
    """A request that must be answered."""

    def ask() -> Any:
        answer = client.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"{path}: {answer.status_code}")
        return answer

    return ask


def sql(query: str, *values: Any) -> Callable[[], Any]:
    """The bare SQL, its rows fetched."""

    def ask() -> Any:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall()

    return ask


def next_under_load() -> float:
    """p95 of taking the next one, twenty agents at once."""
    from django.db import connection

    from accounts.models import Account
    from complaints import services

    agent, took = Account.objects.get(code="agent2"), []
    begin = threading.Barrier(AGENTS)

    def work() -> None:
        begin.wait()
        for _ in range(EACH):
            began = time.perf_counter()
            services.take_next(account=agent)
            took.append((time.perf_counter() - began) * 1000)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(AGENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statistics.quantiles(took, n=20)[-1]


QUEUE_SQL = (
    "SELECT code, category, level, state, due_at, filed_at, plates, owner_id FROM complaints_complaint"
    " WHERE state IN ('appealed', 'open', 'proposed') ORDER BY due_at NULLS LAST, id LIMIT 26"
)


def main() -> None:
    with platform():
        stock()
        from complaints.models import Complaint

        agent = browser("agent")
        case = Complaint.objects.filter(state="open").order_by("-pk").first()
        if case is None:
            raise SystemExit("no open complaint")
        ours = p95(got(agent, "/admin/workspace/"))
        with stock_templates():
            peer = p95(got(agent, "/stock/complaints/row/?o=5"), 15)
        empty = p95(got(agent, "/admin/workspace/?state=appealed"))
        limit = p95(sql(QUEUE_SQL)) + empty
        one = p95(got(agent, f"/admin/workspace/{case.code}/"))
        taken = next_under_load()
        print(
            f"case page {one:.1f} ms; next in queue, {AGENTS} agents at once {taken:.1f} ms; empty page {empty:.1f} ms",
            file=sys.stderr,
        )
        print(
            json.dumps(
                {
                    "name": f"workspace: queue page at {ROWS} complaints",
                    "ours": round(ours, 1),
                    "peer": round(peer, 1),
                    "limit": round(limit, 1),
                    "unit": "ms p95",
                    "ratio_to_peer": round(peer / ours, 1),
                    "ratio_to_limit": round(ours / limit, 2),
                    "case_page": round(one, 1),
                    "next_of_20": round(taken, 1),
                }
            )
        )


if __name__ == "__main__":
    main()
