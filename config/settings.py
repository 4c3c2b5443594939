"""All settings, read from the environment; what is missing and matters stops the process.

`python -m config.stack` makes an environment for one machine; production sets its own.
"""

import gc
import re
from pathlib import Path
from urllib.parse import urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from config.environment import ELSEWHERE, Environment
from core.rehearsal import Connection

# What is imported from here on stays to the end: to search it for garbage meanwhile is a fifth of each start. It is
# searched for again once all apps are there (`config.apps`).
gc.disable()

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment()

# --- What this process is -------------------------------------------------------------------------
# `production`, `local` (make run) or `scratch` (drills and tests). Only scratch may shift time.
STAGE: str = env.str("HUHANG_STAGE", default="production")
if STAGE not in {"production", "local", "scratch"}:
    raise ImproperlyConfigured(f"HUHANG_STAGE is {STAGE!r}; it is production, local or scratch.")
SECRET_KEY: str = env.str("HUHANG_SECRET_KEY")
# Those of before, for as long as what they signed is good: sessions, keys that phones hold of their trips.
SECRET_KEY_FALLBACKS: list[str] = env.list("HUHANG_SECRET_KEYS_BEFORE", default=[])
DEBUG = False
ALLOWED_HOSTS: list[str] = env.list("HUHANG_HOSTS", default=["127.0.0.1", "localhost"])
PUBLIC_URL: str = env.str("HUHANG_PUBLIC_URL", default="http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
# How many proxies of ours stand in front of us, one behind the other. Each writes into `X-Forwarded-For` whom it was asked
# by, and so many are believed from its end on; with none, nobody is. Then nothing else may reach this process.
PROXIES: int = env.int("HUHANG_PROXIES", default=0)
if PROXIES < 0:
    raise ImproperlyConfigured("HUHANG_PROXIES is how many proxies of ours stand in front of us.")

# A file that shifts `core.clock`, for the scratch stack of a drill.
CLOCK_FILE: str = env.str("HUHANG_CLOCK_FILE", default="")
if CLOCK_FILE and STAGE != "scratch":
    raise ImproperlyConfigured("HUHANG_CLOCK_FILE shifts time; only a scratch stack may do that.")

# --- Keys: version:base64 of 32 bytes, newest last ------------------------------------------------
FIELD_KEYS: list[str] = env.list("HUHANG_FIELD_KEYS")
INDEX_KEY: str = env.str("HUHANG_INDEX_KEY")
AUDIT_KEY: str = env.str("HUHANG_AUDIT_KEY")
# The journal as outsiders check it (`core.journal`): its name on checkpoints, where they are kept outside the database (a
# file, a bucket with object lock), and the key of the witness, NAME+ID+BASE64 as `journal_witness` says it.
JOURNAL_ORIGIN: str = env.str("HUHANG_JOURNAL_ORIGIN", default=PUBLIC_URL.partition("://")[2] + "/journal")
JOURNAL_ANCHOR: str = env.str("HUHANG_JOURNAL_ANCHOR", default="")
JOURNAL_BUCKET: str = env.str("HUHANG_JOURNAL_BUCKET", default="")
WITNESS_KEY: str = env.str("HUHANG_WITNESS_KEY", default="")
# The secret rotation of stored face templates (`drivers.vision.templates`); a new one asks everybody to enrol again.
FACE_KEY: str = env.str("HUHANG_FACE_KEY")

# The electronic seal of what is released to the police, and its certificates, the root last: base64 of PKCS #8 and of PEM.
SEAL_KEY: str = env.str("HUHANG_SEAL_KEY")
SEAL_CHAIN: str = env.str("HUHANG_SEAL_CHAIN")

# --- Outside the company --------------------------------------------------------------------------
# A PEM file of authorities that are believed beside the public ones, by services outside and the key service.
AUTHORITIES: str = env.str("HUHANG_AUTHORITIES", default="")
# A folder of lists of revoked certificates (CRL), as their authorities publish them; see `core.revoked`.
REVOKED: str = env.str("HUHANG_REVOKED", default="")
REGISTRY_URL: str = env.str("HUHANG_REGISTRY_URL", default="")
# The providers of money and relay numbers, and the router: see `core.money`, `core.relay`, `rides.routing`.
MONEY_URL: str = env.str("HUHANG_MONEY_URL", default="")
RELAY_URL: str = env.str("HUHANG_RELAY_URL", default="")
ROUTER_URL: str = env.str("HUHANG_ROUTER_URL", default="")
SANDBOX_URL: str = env.str("HUHANG_SANDBOX_URL", default="")
# A source of map tiles for browsers, `https://HOST/{z}/{x}/{y}.png`; whose they are, as they want it said; and whether they
# are drawn in WGS-84 or, as maps of mainland China by law, in GCJ-02. Without one, pages draw our own map (`rides.maps`).
MAP_TILES: str = env.str("HUHANG_MAP_TILES", default="")
MAP_ATTRIBUTION: str = env.str("HUHANG_MAP_ATTRIBUTION", default="")
MAP_CRS: str = env.str("HUHANG_MAP_CRS", default="GCJ02")
if MAP_TILES:
    if not re.fullmatch(r"https?://[\w.{}-]+(:\d+)?/\S*", MAP_TILES) or not all(
        each in MAP_TILES for each in ("{z}", "{x}", "{y}")
    ):
        raise ImproperlyConfigured(
            "HUHANG_MAP_TILES is https://HOST/{z}/{x}/{y}.png, with {s} for hosts a to c."
        )
    if not MAP_ATTRIBUTION.strip():
        raise ImproperlyConfigured("HUHANG_MAP_ATTRIBUTION is empty: whose the tiles are stands on each map.")
    if MAP_CRS not in {"WGS84", "GCJ02"}:
        raise ImproperlyConfigured("HUHANG_MAP_CRS is WGS84 or GCJ02, as the tiles are drawn.")
# The hosts that tiles come from, as the policy of pages names them.
TILE_HOSTS = (
    [f"{urlsplit(MAP_TILES).scheme}://{urlsplit(MAP_TILES).netloc.replace('{s}', '*')}"] if MAP_TILES else []
)
# A time authority (RFC 3161), and a PEM file of the authorities whose time is believed.
TIME_URL: str = env.str("HUHANG_TIME_URL", default="")
TIME_AUTHORITIES: str = env.str("HUHANG_TIME_AUTHORITIES", default="")
# The emergency centre of the police (110), and the key with which both sides sign: see `core.centre`.
CENTRE_URL: str = env.str("HUHANG_CENTRE_URL", default="")
CENTRE_KEY: str = env.str("HUHANG_CENTRE_KEY", default="")
# The supervision platform of the ministry (G11), the key that it gave, and the company's file: see `docs/regulator.md`.
REGULATOR_URL: str = env.str("HUHANG_REGULATOR_URL", default="")
REGULATOR_KEY: str = env.str("HUHANG_REGULATOR_KEY", default="")
REGULATOR_COMPANY: str = env.str("HUHANG_REGULATOR_COMPANY", default="")
# Advisories about packages, and the index of scripts (npm), asked by `manage.py weaknesses` alone.
ADVISORIES_URL: str = env.str("HUHANG_ADVISORIES_URL", default="https://api.osv.dev")
SCRIPTS_URL: str = env.str("HUHANG_SCRIPTS_URL", default="https://registry.npmjs.org")
# Relays through which two browsers of a video call reach each other (`turns:HOST:PORT?transport=tcp`, parted by commas), and
# the secret that we share with them (`drivers.relays`). Without any they find each other only where nothing is between.
TURN_URLS: list[str] = env.list("HUHANG_TURN_URLS", default=[])
TURN_SECRET: str = env.str("HUHANG_TURN_SECRET", default="")
if not all(each.startswith(("turn:", "turns:", "stun:")) for each in TURN_URLS):
    raise ImproperlyConfigured("HUHANG_TURN_URLS are turns:HOST:PORT, turn:HOST:PORT or stun:HOST:PORT.")
# By channel, `NAME=ADDRESS` of each provider in the order in which they are asked; see `core.messages.transports`.
MESSAGE_TRANSPORTS: dict[str, list[str]] = {
    channel: env.str(f"HUHANG_{channel.upper()}_TRANSPORTS", default="").split()
    for channel in ("sms", "email", "wechat", "weibo", "voice")
}
# The keys by which push services of browsers know us, `VERSION:KEY`, newest last; and those services. What a browser says
# of itself leads nowhere else (`core.messages.transports.web_push`). Without a key nobody is asked.
PUSH_KEYS: list[str] = env.list("HUHANG_PUSH_KEYS", default=[])
MESSAGE_TRANSPORTS["push"] = env.str(
    "HUHANG_PUSH_TRANSPORTS",
    default="google=webpush+https://fcm.googleapis.com mozilla=webpush+https://updates.push.services.mozilla.com"
    " apple=webpush+https://*.push.apple.com microsoft=webpush+https://*.notify.windows.com",
).split()
# Messages that come in: the provider shows this token. The number to which phones without data send SOS packets.
# The telephone system announces calls with the first token, the gateway of e-mail, WeChat and Weibo messages with the other.
TELEPHONE_TOKEN: str = env.str("HUHANG_TELEPHONE_TOKEN", default="")
OUTSIDE_TOKEN: str = env.str("HUHANG_OUTSIDE_TOKEN", default="")
SMS_IN_TOKEN: str = env.str("HUHANG_SMS_IN_TOKEN", default="")
SOS_SMS_NUMBER: str = env.str("HUHANG_SOS_SMS_NUMBER", default="10690000110")
# The hourly drill's marked numbers (G3): they ring nobody's phone.
DRILL_PHONE: str = env.str("HUHANG_DRILL_PHONE", default="+8613900000090")
DRILL_CONTACT_PHONE: str = env.str("HUHANG_DRILL_CONTACT_PHONE", default="+8613900000091")
# The short name of the city in which it is played; the first one where none is named.
DRILL_CITY: str = env.str("HUHANG_DRILL_CITY", default="")
SAFETY_LINE: str = env.str("HUHANG_SAFETY_LINE", default="400-000-0110")
LIAISON_LINE: str = env.str("HUHANG_LIAISON_LINE", default="400-000-0120")
METRICS_TOKEN: str = env.str("HUHANG_METRICS_TOKEN", default="")
EXECUTIVE_PHONE: str = env.str("HUHANG_EXECUTIVE_PHONE", default="")
EXECUTIVE_NAME: str = env.str("HUHANG_EXECUTIVE_NAME", default="")

# --- Applications ---------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # the default one would put its own site in the place of ours
    "config.apps.ConsoleConfig",
    "django.contrib.auth",
    "django.contrib.postgres",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "config.apps.StaticFilesConfig",
    "django_otp",
    "csp",
    "rest_framework",
    "drf_spectacular",
    "core",
    "accounts",
    "drivers",
    "rides",
    "safety",
    "complaints",
    "police",
    "governance",
]
MIDDLEWARE = [
    "config.middleware.in_one_piece",
    "config.middleware.probes",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.heads",
    "config.middleware.kept_nowhere",
    "config.middleware.content_security_policy",
    "accounts.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.backends.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "accounts.devices.DeviceMiddleware",
    "safety.browsers.KeysMiddleware",
    "config.middleware.refusals_told",
    "config.middleware.methods_in_use",
    "config.middleware.rules_once",
    "core.errors.DomainErrorMiddleware",
]
ROOT_URLCONF = "config.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.context.site",
            ],
            "builtins": ["core.templatetags.huhang"],
        },
    }
]

# --- Data -----------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL")}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# What the address asks for stays: whose certificate is believed (`sslmode`, `sslrootcert`, `sslcrldir`). And a server that
# vanished from the network is noticed after seconds, not after the hours that TCP would wait.
DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {
    "connect_timeout": 2,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    # Values travel beside the statement, so that the database plans what is asked often once a connection, not each time.
    "server_side_binding": True,
    "prepare_threshold": 3,
    # Whoever holds locks and does nothing with them is cut off: what waits for them may save somebody.
    "options": f"-c idle_in_transaction_session_timeout={env.str('HUHANG_DATABASE_IDLE', default='60s')}",
}
if env.bool("HUHANG_DATABASE_POOL", default=False):
    # The web process: one pool for its threads. Celery's children keep one connection each. All are opened beforehand, and
    # know what a call for help asks: fifty who call in one second wait for none to be made.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 20,
        "max_size": 20,
        "timeout": 1.5,
        "connection_class": Connection,
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# The role the platform runs as; it may not rewrite the journal (`manage.py grant_rights`).
# What encrypts its disk: a folder of this host that lies on dm-crypt, or `elsewhere: WHO` (`core.at_rest`).
DATABASE_AT_REST: str = env.str("HUHANG_DATABASE_AT_REST", default="")
DATABASE_APP_ROLE: str = env.str("HUHANG_DATABASE_ROLE", default="huhang_app")
# The role of the worker that checks the board: a member of the other one, which alone writes what its checks found.
DATABASE_BOARD_ROLE: str = env.str("HUHANG_BOARD_ROLE", default="huhang_board")

REDIS_URL: str = env.str("REDIS_URL")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
}

# --- Celery ---------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
# A broker that is down must not hold an SOS: the outbox sweep delivers what was not woken.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "socket_connect_timeout": 0.5,
    "socket_timeout": 5,
    "visibility_timeout": 60,
    "max_retries": 0,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_CONSUMER = "config.worker:Consumer"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "config.beat:WatchedScheduler"
CELERY_BEAT_SCHEDULE = {
    "deliver what was not delivered": {
        "task": "core.tasks.sweep_events",
        "schedule": 2.0,
        "options": {"queue": "life_safety", "expires": 10},
    },
    # In two workers: each goes on while the other is away.
    "send what was not sent": {
        "task": "core.tasks.sweep_notifications",
        "schedule": 2.0,
        "options": {"queue": "life_messages", "expires": 10},
    },
    "send what was not sent, the worker of messages being away": {
        "task": "core.tasks.sweep_notifications",
        "schedule": 2.0,
        "options": {"queue": "life_safety", "expires": 10},
    },
    # Where it waits for somebody outside it keeps no call for help from its contacts.
    "what the emergency centre is to know": {
        "task": "safety.tasks.speak_to_centre",
        "schedule": 2.0,
        "options": {"queue": "life_centre", "expires": 10},
    },
    "where those are of whom the emergency centre knows": {
        # Not in the worker that opens cases: a slow centre would keep a new one waiting behind the traces of others.
        "task": "safety.tasks.follow_cases",
        "schedule": 2.0,
        "options": {"queue": "live", "expires": 4},
    },
    "failed work that was done long ago": {
        "task": "core.tasks.forget_failed_work",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 80_000},
    },
    "acts that nobody says again": {
        "task": "core.tasks.forget_acts",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 80_000},
    },
    "pictures whose time is over": {
        "task": "core.tasks.destroy_pictures",
        "schedule": 60.0,
        "options": {"queue": "bulk", "expires": 50},
    },
    "rules that cannot be read": {
        "task": "core.tasks.examine_policies",
        "schedule": 60.0,
        "options": {"queue": "bulk", "expires": 50},
    },
    "real names that wait for the registry": {
        "task": "accounts.tasks.sweep_real_names",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "places of sign-ins, forgotten": {
        "task": "accounts.tasks.forget_places",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "sessions that are over": {
        "task": "accounts.tasks.forget_sessions",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "applications that wait for the registries": {
        "task": "drivers.tasks.sweep_screenings",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "the fleet, screened": {
        "task": "drivers.tasks.kick_run",
        "schedule": 2.0,
        "options": {"queue": "bulk", "expires": 2},
    },
    "papers that expire": {
        "task": "drivers.tasks.chase_expiries",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "video calls whose time is over": {
        "task": "drivers.tasks.end_calls",
        "schedule": 60.0,
        "options": {"expires": 55},
    },
    "pictures shown to the face check": {
        "task": "drivers.tasks.show_attacks",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "limits of complaints": {
        "task": "complaints.tasks.check_limits",
        "schedule": 10.0,
        "options": {"queue": "live", "expires": 9},
    },
    "cases that move on": {
        "task": "complaints.tasks.move_cases_on",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    "care and greetings": {
        "task": "complaints.tasks.care",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "the roster's gaps": {
        "task": "complaints.tasks.watch_roster",
        "schedule": 60.0,
        "options": {"queue": "live", "expires": 50},
    },
    "staff on call, for what nobody takes": {
        "task": "complaints.tasks.ring_on_call",
        "schedule": 5.0,
        "options": {"queue": "life_safety", "expires": 5},
    },
    "payouts that are due": {
        "task": "core.tasks.settle_payouts",
        "schedule": 10.0,
        "options": {"expires": 9},
    },
    "relay numbers that join nobody any more": {
        "task": "rides.tasks.end_relay_numbers",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "payments that are due": {
        "task": "rides.tasks.settle_payments",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "requests whose time is over": {
        "task": "rides.tasks.close_unanswered",
        "schedule": 10.0,
        "options": {"queue": "live", "expires": 9},
    },
    "hitch requests for owners": {
        "task": "rides.tasks.hold_out_hitch_requests",
        "schedule": 5.0,
        "options": {"queue": "live", "expires": 5},
    },
    "cars that come near": {
        "task": "rides.tasks.say_who_comes_near",
        "schedule": 5.0,
        "options": {"queue": "live", "expires": 5},
    },
    "suspensions whose time has come": {
        "task": "rides.tasks.carry_out_suspensions",
        "schedule": 5.0,
        "options": {"queue": "life_safety", "expires": 5},
    },
    "pick-ups that slip into the night": {
        "task": "rides.tasks.open_late_pickups",
        "schedule": 10.0,
        "options": {"queue": "life_safety", "expires": 9},
    },
    "months of the trail, made ahead": {
        "task": "rides.tasks.make_trail_months",
        "schedule": 600.0,
        "options": {"queue": "bulk", "expires": 500},
    },
    "trails whose time is over": {
        "task": "rides.tasks.expire_trails",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 80_000},
    },
    "wishes never to ride together that have run out": {
        "task": "rides.tasks.forget_never_again",
        "schedule": 86_400.0,
        "options": {"queue": "bulk", "expires": 80_000},
    },
    "give lines of the journal their places": {
        "task": "core.tasks.sequence_journal",
        "schedule": 5.0,
        "options": {"expires": 30},
    },
    "read the newest lines of the journal": {
        "task": "core.tasks.verify_journal",
        "schedule": 300.0,
        "options": {"expires": 300},
    },
    "publish a checkpoint of the journal": {
        "task": "core.tasks.publish_checkpoint",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "calls from incidents": {
        # It asks the relay, which may not answer: the workers of life safety wait for nobody outside.
        "task": "safety.tasks.follow_calls",
        "schedule": 2.0,
        "options": {"queue": "live", "expires": 4},
    },
    "passengers whose page was not answered": {
        # It asks the relay as well, and which key was pressed may be a call for help: it waits behind nothing else.
        "task": "safety.tasks.ring_passengers",
        "schedule": 2.0,
        "options": {"queue": "life_centre", "expires": 10},
    },
    "contacts who could not be written to": {
        "task": "safety.tasks.alert_contacts_again",
        "schedule": 2.0,
        "options": {"queue": "life_safety", "expires": 10},
    },
    "questions without an answer": {
        "task": "safety.tasks.expire_questions",
        "schedule": 2.0,
        "options": {"queue": "life_safety", "expires": 10},
    },
    "recordings whose time is over": {
        "task": "safety.tasks.destroy_recordings",
        "schedule": 10.0,
        "options": {"queue": "bulk", "expires": 9},
    },
    "recordings whose phone went silent": {
        "task": "safety.tasks.close_silent_recordings",
        "schedule": 30.0,
        "options": {"expires": 25},
    },
    "wrapping keys of the day": {
        "task": "safety.tasks.turn_wrapping_keys",
        "schedule": 600.0,
        "options": {"queue": "bulk", "expires": 500},
    },
    "those whose recording was played": {
        "task": "safety.tasks.tell_of_plays",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 250},
    },
    "holds that are not told yet": {
        "task": "safety.tasks.look_at_quiet_holds",
        "schedule": 20.0,
        "options": {"queue": "live", "expires": 18},
    },
    "other numbers of stations that count from now": {
        "task": "police.tasks.change_stations",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 280},
    },
    "escalations past their limit": {
        "task": "police.tasks.call_executive",
        "schedule": 5.0,
        "options": {"queue": "life_safety", "expires": 15},
    },
    "trips that a preservation request names": {
        "task": "police.tasks.preserve_anew",
        "schedule": 600.0,
        "options": {"queue": "bulk", "expires": 500},
    },
    "papers of the police that are late": {
        "task": "police.tasks.note_late_papers",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 280},
    },
    "packs whose time is over": {
        "task": "police.tasks.destroy_packs",
        "schedule": 600.0,
        "options": {"queue": "bulk", "expires": 500},
    },
    "time stamps of what was released": {
        "task": "police.tasks.stamp_releases",
        "schedule": 10.0,
        "options": {"expires": 8},
    },
    "whose data were released": {
        "task": "police.tasks.tell_of_releases",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    **{
        f"what is over, in the tables of {app}": {
            "task": f"{app}.tasks.forget_what_is_over",
            "schedule": 86_400.0,
            "options": {"queue": "bulk", "expires": 80_000},
        }
        for app in ("core", "accounts", "drivers", "rides", "safety", "complaints", "police", "governance")
    },
    "copies of people's own data": {
        "task": "accounts.tasks.make_exports",
        "schedule": 20.0,
        "options": {"expires": 15},
    },
    "accounts whose owner left": {
        "task": "accounts.tasks.erase_accounts",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "the drill of the hour": {
        "task": "governance.tasks.hourly_drill",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "the false officer of the hour": {
        "task": "governance.tasks.red_team",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "the promises, checked": {
        "task": "governance.tasks.check_board",
        "schedule": 60.0,
        "options": {"queue": "board", "expires": 50},
    },
    "rules that were proposed: simulated, in shadow, lapsed, measured": {
        "task": "governance.tasks.change_rules",
        "schedule": 60.0,
        "options": {"queue": "bulk", "expires": 50},
    },
    "lines on their way back": {
        "task": "governance.tasks.look_after_relaunches",
        "schedule": 10.0,
        "options": {"queue": "life_safety", "expires": 10},
    },
    "what the regulator is to be told": {
        "task": "governance.tasks.feed_regulator",
        "schedule": 10.0,
        "options": {"queue": "bulk", "expires": 9},
    },
    "what the regulator says that it has": {
        "task": "governance.tasks.score_feed",
        "schedule": 3600.0,
        "options": {"queue": "bulk", "expires": 3000},
    },
    "reviews of what happened": {
        "task": "governance.tasks.open_reviews",
        "schedule": 300.0,
        "options": {"queue": "bulk", "expires": 240},
    },
    "what was reported in confidence": {
        "task": "governance.tasks.take_in_concerns",
        "schedule": 60.0,
        "options": {"queue": "bulk", "expires": 50},
    },
    "the trial of the alarms": {
        "task": "governance.tasks.try_alarms",
        "schedule": 3600.0,
        "options": {"expires": 3000},
    },
    "public questions that closed, counted": {
        "task": "governance.tasks.count_votes",
        "schedule": 60.0,
        "options": {"queue": "bulk", "expires": 50},
    },
    "transparency reports that somebody asked for, counted": {
        "task": "governance.tasks.count_reports",
        "schedule": 10.0,
        "options": {"queue": "bulk", "expires": 9},
    },
    "votes that show their order, mixed": {
        "task": "governance.tasks.mix_votes",
        "schedule": 600.0,
        "options": {"queue": "bulk", "expires": 500},
    },
    "the promises, broken on purpose": {
        "task": "governance.tasks.break_board",
        "schedule": 120.0,  # each once an hour, and at once after a start
        "options": {"queue": "board", "expires": 100},
    },
}

# --- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.Account"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend"]
AUTH_PASSWORD_VALIDATORS = [{"NAME": "accounts.passwords.Unguessable"}]
# The second one opens what was kept before the first, and each such password is kept anew when it is used.
PASSWORD_HASHERS = [
    "accounts.passwords.KeyedPasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "/"
SESSION_ENGINE = "accounts.sessions"
SESSION_COOKIE_AGE = (
    14 * 24 * 3600
)  # the longest that a rule may allow; the server ends sessions by its rules
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
# By its name a browser takes such a cookie over https alone, for this host alone, and from no other host of the domain.
_OF_THIS_HOST = "__Host-" if SESSION_COOKIE_SECURE else ""
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = f"{_OF_THIS_HOST}sessionid", f"{_OF_THIS_HOST}csrftoken"
CSRF_FAILURE_VIEW = "core.errors.csrf_failure"

# --- Security of pages ----------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 31536000 if PUBLIC_URL.startswith("https://") else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_SSL_REDIRECT = PUBLIC_URL.startswith("https://")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PUBLIC_URL.startswith("https://") else None
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:", *TILE_HOSTS],
        "style-src": [SELF],
        "script-src": [SELF],
        # The sandbox's invented camera and cars, where there is a sandbox.
        "connect-src": [SELF, *([SANDBOX_URL] if SANDBOX_URL else [])],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# One request's body; batches of positions have their own limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
FILE_UPLOAD_HANDLERS = ["core.reader.uploads.Bounded"]

# --- Languages and time ---------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# --- Static files ---------------------------------------------------------------------------------
# Collected: names with a digest of the content, compressed, cached for good. Uncollected (tests, commands typed by
# hand): straight from their sources.
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT: str | None = env.str("HUHANG_STATIC_ROOT", default="") or None
if STATIC_ROOT is None and STAGE == "production":
    raise ImproperlyConfigured("HUHANG_STATIC_ROOT is not set; it is the folder that `collectstatic` filled.")
WHITENOISE_USE_FINDERS = STATIC_ROOT is None
WHITENOISE_AUTOREFRESH = STATIC_ROOT is None  # looked for when asked for, not all of them at each start
WHITENOISE_KEEP_ONLY_HASHED_FILES = True


def _stored(bucket: str, folder: str, default: str) -> dict[str, object]:
    """A bucket that all machines share, where one is named; a folder of one machine otherwise."""
    if not bucket:
        return {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": env.str(folder, default=str(BASE_DIR / "var" / default))},
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.str("HUHANG_S3_ENDPOINT", default="") or None,
            "access_key": env.str("HUHANG_S3_ACCESS_KEY", default="") or None,
            "secret_key": env.str("HUHANG_S3_SECRET_KEY", default="") or None,
            "region_name": env.str("HUHANG_S3_REGION", default="us-east-1"),
            "querystring_auth": True,
            "default_acl": None,
        },
    }


# Pictures of people and papers, each encrypted (`core.pictures`), and sound, each chunk encrypted in the browser
# (`safety.chunks`).
PICTURES_BUCKET: str = env.str("HUHANG_PICTURES_BUCKET", default="")
RECORDINGS_BUCKET: str = env.str("HUHANG_RECORDINGS_BUCKET", default="")
STORAGES: dict[str, dict[str, object]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "config.static.HashedStaticFiles"
        if STATIC_ROOT
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
    "pictures": _stored(PICTURES_BUCKET, "HUHANG_PICTURES", "pictures"),
    "recordings": _stored(RECORDINGS_BUCKET, "HUHANG_RECORDINGS", "recordings"),
}
if JOURNAL_BUCKET:
    STORAGES["journal"] = _stored(JOURNAL_BUCKET, "", "")
# Processes that open uploaded files, and as many beside them for what models read, of each server; see `core.reader`.
# Asked about each PDF file that is kept: clamd://HOST:PORT or clamd:///PATH; empty: nobody is.
SCANNER: str = env.str("HUHANG_SCANNER", default="")
if SCANNER and not SCANNER.startswith("clamd://"):
    raise ImproperlyConfigured("HUHANG_SCANNER is clamd://HOST:PORT or clamd:///PATH.")
READERS: int = env.int("HUHANG_READERS", default=2)
# The keys that wrap recordings' keys, in no backup: a folder of one machine, or a key service for several.
RECORDING_KEYS: str = env.str("HUHANG_RECORDING_KEYS", default=str(BASE_DIR / "var" / "recording-keys"))
KEY_SERVICE_URL: str = env.str("HUHANG_KEY_SERVICE_URL", default="")
KEY_SERVICE_TOKEN: str = env.str("HUHANG_KEY_SERVICE_TOKEN", default="")

# --- API ------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["core.api.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["core.api.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "core.errors.api_exception_handler",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Huhang 护航",
    "DESCRIPTION": "Everything a page can do for passenger, driver and police. Errors follow RFC 9457.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    # A call that changes some fields reads the same serializer, whose fields say which may be left out.
    "COMPONENT_SPLIT_PATCH": False,
    "DEFAULT_GENERATOR_CLASS": "core.schema.Generator",
    # One set of choices, one name: the same in every language.
    "ENUM_NAME_OVERRIDES": {"LineEnum": "rides.states.Line", "DispatchedLineEnum": "rides.api.DISPATCHED"},
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "rides.api.describe_positions",
        "core.schema.describe_refusals",
        "core.schema.part_files",
    ],
}

# --- Console --------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": _("Huhang console"),
    "SITE_HEADER": "Huhang 护航",
    "SITE_SYMBOL": "shield_person",
    "SHOW_LANGUAGES": False,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "config.console.dashboard",
    "STYLES": [
        lambda request: static("css/colours.css"),
        lambda request: static("css/console.css"),
    ],
    "COLORS": {
        "primary": {
            "50": "#ecfdf5",
            "100": "#d1fae5",
            "200": "#a7f3d0",
            "300": "#6ee7b7",
            "400": "#34d399",
            "500": "#0f9f6e",
            "600": "#057a55",
            "700": "#046c4e",
            "800": "#03543f",
            "900": "#014737",
            "950": "#022c22",
        }
    },
    "SIDEBAR": {"show_search": False, "navigation": "config.console.navigation"},
}
CONSOLE_URL = reverse_lazy("admin:index")

# --- Logs: structured, without personal data ------------------------------------------------------
# A collector that takes lines (`application/x-ndjson`) over https from whoever shows the token; see `config.collector`.
# `elsewhere: WHO` where something else has the lines leave the host.
LOGS_URL: str = env.str("HUHANG_LOGS_URL", default="")
LOGS_ELSEWHERE = ""
if LOGS_URL.startswith(ELSEWHERE):
    LOGS_URL, LOGS_ELSEWHERE = "", LOGS_URL.removeprefix(ELSEWHERE).strip()
LOGS_TOKEN: str = env.str("HUHANG_LOGS_TOKEN", default="")
LOGGING_CONFIG = "config.logs.configure"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "core.logs.lines"}},
    "filters": {"routes": {"()": "config.logs.RoutesForAddresses"}},
    "handlers": {"stdout": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["routes"]}},
    "root": {"handlers": ["stdout"], "level": "INFO"},
    "loggers": {
        "django.request": {"level": "ERROR"},
        # It writes whole addresses, in which secrets of links may stand; `config.middleware.refusals_told` says the route.
        "django.security.csrf": {"level": "ERROR"},
        "httpx": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "apprise": {"level": "WARNING"},
    },
}
