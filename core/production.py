"""What production refuses to start with: weak keys, the demo's numbers and people, a sandbox, rights that it should not have.

`manage.py check --deploy` says all of it at any stage. In production each command of ours is refused by what settings say
(`migrate` alone is not), and each process that serves people (`refuse_to_start`) also by what the database says.
"""

import base64
import binascii
import ipaddress
import json
import os
import re
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import structlog
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.apps import StaticFilesConfig
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import CheckMessage, Error, Warning, register, run_checks
from django.db import DatabaseError, connection

from core.api import tokens_of
from core.at_rest import is_encrypted
from core.outside import OutsideDown
from core.revoked import stale
from core.wrapped import PATIENCE, PREFIX, opened

log = structlog.get_logger()
TAG = "production"
TEMPLATES = "templates"
DISK = "disk"
LOGS = "logs"
STATIC = "collected"
FILES = "files"
KEPT = "kept"
TABLES = "tables"
ELSEWHERE = "elsewhere"  # of HUHANG_DATABASE_AT_REST
SHORTEST_SECRET = 50  # characters of HUHANG_SECRET_KEY
SHORTEST_TOKEN = 24
KEY_BYTES = 32
# What `config/settings.py` and `config/stack.py` put where nobody says anything: invented, or somebody else's.
DEMO_NUMBERS = {
    "SOS_SMS_NUMBER": {"10690000110"},
    "DRILL_PHONE": {"+8613900000090"},
    "DRILL_CONTACT_PHONE": {"+8613900000091"},
    "SAFETY_LINE": {"400-000-0110"},
    "LIAISON_LINE": {"400-000-0120"},
    "EXECUTIVE_PHONE": {"+8613900000009"},
}
PROVIDERS = {
    "REGISTRY_URL": "the registries that certificates and real names are asked of",
    "MONEY_URL": "the provider of money",
    "RELAY_URL": "the provider of relay numbers",
    "TIME_URL": "the authority that stamps the time on releases to the police",
}
OPTIONAL_PROVIDERS = (
    "ROUTER_URL",
    "KEY_SERVICE_URL",
    "ADVISORIES_URL",
    "SCRIPTS_URL",
    "MAP_TILES",
    "LOGS_URL",
    "CENTRE_URL",
    "REGULATOR_URL",
)
DEMO_SEAL = "Huhang demo"  # of `config.local`
CHECKED = ("verify-ca", "verify-full")  # PostgreSQL's own words
CHANNELS = ("sms", "voice")  # without them a call for help reaches nobody
TOKENS = (
    *("TELEPHONE_TOKEN", "OUTSIDE_TOKEN", "SMS_IN_TOKEN", "METRICS_TOKEN", "KEY_SERVICE_TOKEN"),
    *("TURN_SECRET", "LOGS_TOKEN", "CENTRE_KEY", "REGULATOR_KEY"),
)


# The day on which a token or password was made stands before it (`20260115-…`), so that whoever forgets it is told.
DATED = re.compile(r"(\d{8})-.")
TURNED_EACH = timedelta(days=100)  # a quarter, and some days to do it


def _name(setting: str) -> str:
    return f"HUHANG_{setting}"


def _is_weak(secret: str) -> bool:
    return len(set(secret)) < 10 or secret.startswith(("django-insecure", "demo", "test"))


def secrets() -> Iterator[str]:
    """What is wrong with keys and tokens, a sentence each."""
    if len(settings.SECRET_KEY) < SHORTEST_SECRET or _is_weak(settings.SECRET_KEY):
        yield f"HUHANG_SECRET_KEY is weak: make {SHORTEST_SECRET} or more random characters."
    if any(len(each) < SHORTEST_SECRET or _is_weak(each) for each in settings.SECRET_KEY_FALLBACKS):
        yield "HUHANG_SECRET_KEYS_BEFORE holds a weak one: what it signed is believed."
    seen: dict[bytes, str] = {}
    until = monotonic() + PATIENCE  # for all of them together
    for name, text in _keys():
        try:
            raw = opened(text, until=until)
        except OutsideDown:
            yield f"{name} is wrapped, and the key service does not open it now."
            continue
        except ValueError:
            raw = b""
        if len(raw) != KEY_BYTES:
            yield f"{name} is not base64 of {KEY_BYTES} bytes."
        elif len(set(raw)) < 16:  # of 32 random bytes some 30 differ
            yield f"{name} is not random."
        elif raw in seen:
            yield f"{name} is the same key as {seen[raw]}; each has one of its own."
        else:
            seen[raw] = name
    yield from _seal(until)
    for setting in TOKENS:
        weak = [
            token
            for token in tokens_of(getattr(settings, setting))
            if len(token) < SHORTEST_TOKEN or _is_weak(token)
        ]
        if weak:
            yield f"{_name(setting)} is weak: make {SHORTEST_TOKEN} or more random characters, or leave it out."


def _seal(until: float) -> Iterator[str]:
    """What is wrong with the seal of releases to the police; the key service is asked `until` (monotonic)."""
    try:
        key = serialization.load_der_private_key(opened(settings.SEAL_KEY, until=until), None)
        chain = x509.load_pem_x509_certificates(base64.b64decode(settings.SEAL_CHAIN))
    except OutsideDown:
        yield "HUHANG_SEAL_KEY is wrapped, and the key service does not open it now."
        return
    except (ValueError, TypeError, binascii.Error, UnsupportedAlgorithm):
        yield "HUHANG_SEAL_KEY or HUHANG_SEAL_CHAIN cannot be read: base64 of PKCS #8, and of PEM with the root last."
        return
    if key.public_key() != chain[0].public_key():
        yield "HUHANG_SEAL_KEY is not the key of the first certificate of HUHANG_SEAL_CHAIN."
    if chain[0].not_valid_after_utc <= datetime.now(UTC):
        yield "HUHANG_SEAL_CHAIN has expired: nobody believes what is sealed."
    if any(DEMO_SEAL in each.subject.rfc4514_string() for each in chain):
        yield "HUHANG_SEAL_CHAIN is a demo's: have a seal issued to the company."


def _keys() -> Iterator[tuple[str, str]]:
    for entry in settings.FIELD_KEYS:
        version, _colon, text = entry.partition(":")
        yield f"HUHANG_FIELD_KEYS, version {version},", text
    for entry in settings.PUSH_KEYS:
        version, _colon, text = entry.partition(":")
        yield f"HUHANG_PUSH_KEYS, version {version},", text
    for setting in ("INDEX_KEY", "AUDIT_KEY", "FACE_KEY"):
        yield _name(setting), getattr(settings, setting)


def addresses() -> Iterator[str]:
    """What is wrong with where the platform is reached."""
    address = urlsplit(settings.PUBLIC_URL)
    if address.scheme != "https":
        yield "HUHANG_PUBLIC_URL is not https: what people send would be read on the way."
    if address.hostname is None or _is_here(address.hostname):
        yield "HUHANG_PUBLIC_URL leads to this machine; phones need the public name."
    elif address.hostname not in settings.ALLOWED_HOSTS:
        yield f"HUHANG_HOSTS lacks {address.hostname}, the name in HUHANG_PUBLIC_URL."
    if any(host.startswith(("*", ".")) for host in settings.ALLOWED_HOSTS):
        yield "HUHANG_HOSTS lets in any host; name each."


def _is_here(host: str) -> bool:
    """A name or address of this machine itself."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def links() -> Iterator[str]:
    """Ways between our own machines that anybody on them could read, or answer in another's name."""
    database = settings.DATABASES["default"]
    if _is_elsewhere(database) and database.get("OPTIONS", {}).get("sslmode", "") not in CHECKED:
        yield f"DATABASE_URL leads to {database['HOST']} without a checked certificate: add ?sslmode=verify-full."
    broker = urlsplit(settings.REDIS_URL)
    if broker.hostname and not _is_here(broker.hostname):
        if broker.scheme != "rediss":
            yield f"REDIS_URL leads to {broker.hostname} without TLS: write rediss://…?ssl_cert_reqs=required."
        elif parse_qs(broker.query).get("ssl_cert_reqs") != ["required"]:
            yield f"REDIS_URL takes any certificate of {broker.hostname}: add ?ssl_cert_reqs=required."


def _is_elsewhere(database: dict[str, Any]) -> bool:
    """Whether a database is on another host; a socket is on this one."""
    host = str(database.get("HOST", ""))
    return bool(host) and not host.startswith("/") and not _is_here(host)


def numbers() -> Iterator[str]:
    """Telephone numbers that are missing or the demo's."""
    for setting, invented in DEMO_NUMBERS.items():
        number = getattr(settings, setting)
        if not number.strip():
            yield f"{_name(setting)} is empty."
        elif number in invented:
            yield f"{_name(setting)} is the demo's number {number}."
    if not settings.EXECUTIVE_NAME.strip():
        yield "HUHANG_EXECUTIVE_NAME is empty: the police are told who is called."


def providers() -> Iterator[str]:
    """Services outside the company that are missing, or a sandbox."""
    if settings.SANDBOX_URL:
        yield "HUHANG_SANDBOX_URL is set: production has no sandbox."
    for setting, what in PROVIDERS.items():
        if not getattr(settings, setting):
            yield f"{_name(setting)} is empty: nobody is {what}."
    if settings.AUTHORITIES and (why := _no_certificates(settings.AUTHORITIES)):
        yield f"HUHANG_AUTHORITIES: {why}."
    if not settings.TIME_AUTHORITIES:
        yield "HUHANG_TIME_AUTHORITIES is empty: nobody's time stamps would be believed."
    if settings.KEY_SERVICE_URL and not settings.KEY_SERVICE_TOKEN:
        yield "HUHANG_KEY_SERVICE_TOKEN is empty: anybody could ask the key service."
    if settings.LOGS_URL and not settings.LOGS_TOKEN:
        yield "HUHANG_LOGS_TOKEN is empty: the collector would take no line."
    if settings.REGULATOR_URL and not settings.REGULATOR_KEY:
        yield "HUHANG_REGULATOR_KEY is empty: the supervision platform would know nobody."
    if settings.REGULATOR_URL and not settings.REGULATOR_COMPANY:
        yield "HUHANG_REGULATOR_COMPANY is empty: nothing could be reported to the supervision platform."
    if settings.REGULATOR_COMPANY.endswith("sandbox/regulator_company.json"):
        yield "HUHANG_REGULATOR_COMPANY is the demo's file: it names a company that there is not."
    if not settings.TURN_SECRET and any(not each.startswith("stun:") for each in settings.TURN_URLS):
        yield "HUHANG_TURN_SECRET is empty: the relays of video calls would know nobody."
    for relay in settings.TURN_URLS:
        yield from _not_here("HUHANG_TURN_URLS", "//" + relay.partition(":")[2])
    for setting in (*PROVIDERS, *OPTIONAL_PROVIDERS):
        yield from _outside(_name(setting), getattr(settings, setting))
    for channel, ways in settings.MESSAGE_TRANSPORTS.items():
        name = f"HUHANG_{channel.upper()}_TRANSPORTS"
        if channel in CHANNELS and not ways:
            yield f"{name} is empty: nobody could be reached by {channel}."
        for way in ways:
            yield from _not_here(name, way.partition("=")[2])


def _no_certificates(file: str) -> str:
    """Why nobody is believed by a file; empty where somebody is."""
    try:
        ssl.create_default_context().load_verify_locations(cafile=file)
    except OSError as error:  # ssl.SSLError is one
        return f"{file} holds no certificates: {type(error).__name__}"
    return ""


def _outside(name: str, address: str) -> Iterator[str]:
    if address and urlsplit(address).scheme != "https":
        yield f"{name} is not https: what it is asked would be read on the way."
    yield from _not_here(name, address)


def _not_here(name: str, address: str) -> Iterator[str]:
    found = urlsplit(address)
    box = urlsplit(settings.SANDBOX_URL)
    host = found.hostname or ""
    if host and (
        _is_here(host) or "sandbox" in host.split(".") or (box.hostname and found.netloc == box.netloc)
    ):
        yield f"{name} leads to a sandbox or to this machine itself: {host}."


def demo() -> Iterator[str]:
    """What the demo's stack sets."""
    if os.environ.get("HUHANG_DEMO_PASSWORD"):
        yield "HUHANG_DEMO_PASSWORD is set: production has no demo."


def _faults() -> list[CheckMessage]:
    found = {
        "huhang.E001": secrets(),
        "huhang.E002": addresses(),
        "huhang.E003": numbers(),
        "huhang.E004": providers(),
        "huhang.E005": demo(),
        "huhang.E008": links(),
    }
    return [Error(sentence, id=key) for key, sentences in found.items() for sentence in sentences]


@register(TAG)
def in_production(**_options: object) -> list[CheckMessage]:
    """By each command in production."""
    return _faults() if settings.STAGE == "production" else []


@register(TAG, deploy=True)
def before_production(**_options: object) -> list[CheckMessage]:
    """By `check --deploy` elsewhere: what production would refuse."""
    return _faults() if settings.STAGE != "production" else []


@register(TAG, deploy=True)
def shared(**_options: object) -> list[CheckMessage]:
    """What lies on one machine alone: several cannot share it, and it goes with its disk."""
    alone = {
        "pictures (HUHANG_PICTURES_BUCKET)": settings.PICTURES_BUCKET,
        "recordings (HUHANG_RECORDINGS_BUCKET)": settings.RECORDINGS_BUCKET,
        "keys of recordings (HUHANG_KEY_SERVICE_URL)": settings.KEY_SERVICE_URL,
    }
    return [
        Warning(f"Folders of this machine hold {what}: one host alone can serve.", id="huhang.W003")
        for what, is_set in alone.items()
        if not is_set
    ]


@register(KEPT, deploy=True)
def kept_in_the_release(**_options: object) -> list[CheckMessage]:
    """What lies in the folder of this release: the next one is unpacked beside it, and has nothing of it.

    By `check --deploy` alone: what runs there has its files.
    """
    places = {
        "PICTURES": "" if settings.PICTURES_BUCKET else _location("pictures"),
        "RECORDINGS": "" if settings.RECORDINGS_BUCKET else _location("recordings"),
        "RECORDING_KEYS": "" if settings.KEY_SERVICE_URL else settings.RECORDING_KEYS,
    }
    release = settings.BASE_DIR.resolve()
    return [
        Error(
            f"{_name(setting)} is a folder of this release ({folder}): the next one lies beside it and would have nothing"
            " of what is kept there. Name one outside.",
            id="huhang.E014",
        )
        for setting, folder in places.items()
        if folder and Path(folder).resolve().is_relative_to(release)
    ]


def _location(storage: str) -> str:
    options = settings.STORAGES[storage].get("OPTIONS", {})
    return str(options.get("location", "")) if isinstance(options, dict) else ""


@register(TEMPLATES, deploy=True)
def templates(**_options: object) -> list[CheckMessage]:
    """Messages that no provider of SMS carries, the codes of signing in among them, say before anybody waits for one.

    By `check --deploy` alone: a process that ended starts again although a file was lost, and helps whom it can.
    """
    from core.messages import catalogue, transports

    lacking: list[str] = []
    ways = transports.of_channel("sms")
    try:
        codes = [way.templates() for way in ways]
    except (OSError, ValueError) as error:
        return [_unsent(f"a file of templates cannot be read: {type(error).__name__}")]
    if not ways or any(way.sends_text for way in ways):
        return []
    for entry in catalogue.entries():
        if "sms" in entry.channels:
            lacking += [
                f"{entry.code} ({language})"
                for language, _name in settings.LANGUAGES
                if not any(known.get(entry.code, {}).get(language) for known in codes)
            ]
    if not lacking:
        return []
    more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
    return [_unsent(f"no provider has a template of {', '.join(lacking[:3])}{more}")]


def _unsent(why: str) -> CheckMessage:
    return Error(
        f"HUHANG_SMS_TRANSPORTS: {why}. What is to be submitted, `manage.py message_templates` prints; docs/messages.md says"
        " what the file looks like.",
        id="huhang.E009",
    )


@register(TAG, deploy=True)
def relays(**_options: object) -> list[CheckMessage]:
    """Two browsers in two networks rarely reach each other without a relay between them."""
    if any(each.startswith(("turn:", "turns:")) for each in settings.TURN_URLS):
        return []
    sentence = (
        "HUHANG_TURN_URLS names no TURN server: video calls connect only where nothing is between the two."
    )
    return [Warning(sentence, id="huhang.W004")]


@register(LOGS, deploy=True)
def collector(**_options: object) -> list[CheckMessage]:
    """Who takes a host takes its log, but for what was sent on before.

    By `check --deploy` alone: no call for help waits for a collector.
    """
    if settings.LOGS_URL or settings.LOGS_ELSEWHERE:
        return []
    sentence = "HUHANG_LOGS_URL names no collector, and nobody (`elsewhere: WHO`) who else has lines of the log leave this host."
    return [Error(sentence, id="huhang.E011")]


@register(STATIC, deploy=True)
def static_files(**_options: object) -> list[CheckMessage]:
    """Files of pages that `collectstatic` did not collect: those of another release, or none.

    By `check --deploy` alone: pages come without them, and calls for help with the pages.
    """
    if settings.STATIC_ROOT is None or not hasattr(staticfiles_storage, "load_manifest"):
        return []
    try:
        collected, _hash = staticfiles_storage.load_manifest()
    except ValueError:
        collected = {}
    config = apps.get_app_config("staticfiles")  # ours, which leaves out what no page uses
    left_out = config.ignore_patterns if isinstance(config, StaticFilesConfig) else []
    lacking = sorted(
        name for finder in get_finders() for name, _storage in finder.list(left_out) if name not in collected
    )
    if not lacking:
        return []
    more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
    sentence = f"HUHANG_STATIC_ROOT lacks {', '.join(lacking[:3])}{more}: run `manage.py collectstatic`."
    return [Error(sentence, id="huhang.E012")]


@register(FILES, deploy=True)
def files(**_options: object) -> list[CheckMessage]:
    """Files that settings name, which work reads that is done later: nobody waits for it while a process starts."""
    found = []
    if settings.TIME_AUTHORITIES and (why := _no_certificates(settings.TIME_AUTHORITIES)):
        found.append(f"HUHANG_TIME_AUTHORITIES: {why}.")
    if settings.REGULATOR_COMPANY:
        try:
            json.loads(Path(settings.REGULATOR_COMPANY).read_text())
        except (OSError, ValueError) as error:
            found.append(f"HUHANG_REGULATOR_COMPANY cannot be read: {type(error).__name__}.")
    return [Error(sentence, id="huhang.E013") for sentence in found]


@register(TAG, deploy=True)
def keys_in_the_clear(**_options: object) -> list[CheckMessage]:
    """Whoever reads the settings of this host, or a backup of them, has keys that do not stand there wrapped."""
    held = [*_keys(), (_name("SEAL_KEY"), settings.SEAL_KEY)]
    clear = [name.rstrip(",") for name, text in held if not text.startswith(PREFIX)]
    if not clear:
        return []
    sentence = f"In the clear of the settings, not wrapped by the key service: {'; '.join(clear)}."
    return [Warning(sentence, id="huhang.W008")]


@register(TAG, deploy=True)
def old_tokens(**_options: object) -> list[CheckMessage]:
    """Whoever learned a token or a password once shows it for as long as nobody turns it. Nothing ends one by itself: calls
    for help would end with it."""
    today = datetime.now(UTC).date()
    ages = [(name, _made_on(each)) for name, each in _shown()]
    old = sorted({f"{name} of {made}" for name, made in ages if made and made + TURNED_EACH < today})
    unknown = sorted({name for name, made in ages if made is None or made > today + timedelta(days=1)})
    found = []
    if old:
        found.append(f"Not turned for more than {TURNED_EACH.days} days: {', '.join(old)}.")
    if unknown:
        found.append(
            f"Nobody can say how old these are, because no day stands before them: {', '.join(unknown)}."
        )
    return [Warning(sentence, id="huhang.W009") for sentence in found]


def _shown() -> Iterator[tuple[str, str]]:
    """Each token and password that is shown here or that we show, by what it is called."""
    for setting in TOKENS:
        for token in tokens_of(getattr(settings, setting)):
            yield _name(setting), token
    for channel, ways in settings.MESSAGE_TRANSPORTS.items():
        for way in ways:
            given = parse_qs(urlsplit(way.partition("=")[2]).query)
            for token in given.get("receipts", ()):
                yield f"receipts of HUHANG_{channel.upper()}_TRANSPORTS", token
    for name, password in (
        ("the password of DATABASE_URL", settings.DATABASES["default"].get("PASSWORD", "")),
        ("the password of REDIS_URL", unquote(urlsplit(settings.REDIS_URL).password or "")),
    ):
        if password:
            yield name, str(password)


def _made_on(secret: str) -> date | None:
    """The day that stands before it; None where none does."""
    found = DATED.match(secret)
    try:
        return date.fromisoformat(found[1]) if found else None
    except ValueError:
        return None


@register(TAG, deploy=True)
def revoked_certificates(**_options: object) -> list[CheckMessage]:
    """Of what an authority revoked somebody has to tell us: nobody is stopped by a list that is late."""
    return [Warning(said, id="huhang.W006") for said in _unlisted()]


def _unlisted() -> Iterator[str]:
    if not settings.REVOKED:
        yield "HUHANG_REVOKED names no folder of lists: a certificate that its authority revoked is believed."
    elif (old := stale(datetime.now(UTC))) == ["."]:
        yield "HUHANG_REVOKED holds no list."
    elif old:
        yield f"HUHANG_REVOKED holds lists that are old or cannot be read: {', '.join(old)}."
    database = settings.DATABASES["default"]
    if _is_elsewhere(database) and not {"sslcrl", "sslcrldir"} & set(database.get("OPTIONS", {})):
        yield "DATABASE_URL names no list (sslcrldir): PostgreSQL's client believes a certificate that was revoked."


@register(DISK, deploy=True)
def at_rest(**_options: object) -> list[CheckMessage]:
    """Sums of money stand in the clear in the database; its disk is what keeps them from whoever carries it away.

    By `check --deploy` alone: no call for help waits for a disk that this host does not have, or may not look at.
    """
    said = settings.DATABASE_AT_REST.strip()
    if not said:
        sentence = "HUHANG_DATABASE_AT_REST does not say what encrypts the disk of the database."
        return [Error(sentence, id="huhang.E010")]
    if not said.startswith("/"):
        word, _colon, who = said.partition(":")
        if word.strip() == ELSEWHERE and who.strip():
            return []  # the company's word for what is not on this host
        sentence = f"HUHANG_DATABASE_AT_REST is neither a folder nor `{ELSEWHERE}: WHO ENCRYPTS IT`."
        return [Error(sentence, id="huhang.E010")]
    try:
        good = is_encrypted(said)
    except (OSError, ValueError) as why:
        sentence = f"HUHANG_DATABASE_AT_REST: the folder {said} cannot be looked at: {type(why).__name__}."
        return [Error(sentence, id="huhang.E010")]
    sentence = f"HUHANG_DATABASE_AT_REST: the disk under {said} is not encrypted with dm-crypt."
    return [] if good else [Error(sentence, id="huhang.E010")]


@register(TAG, deploy=True)
def scanner(**_options: object) -> list[CheckMessage]:
    """PDF files are kept as they came, once they are seen to do nothing by themselves."""
    if settings.SCANNER:
        return []
    return [
        Warning("HUHANG_SCANNER names no scanner: no PDF file is looked at for malware.", id="huhang.W005")
    ]


@register(TAG, deploy=True)
def rights(**_options: object) -> list[CheckMessage]:
    """The role that serves people may rewrite neither journal nor ledgers, nor write what the board's checks found."""
    from core.management.commands.grant_rights import APPEND_ONLY, BOARD_ALONE

    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_class c WHERE pg_table_is_visible(c.oid) AND"
                " (c.relname = ANY(%s) AND has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')"
                " OR c.relname = ANY(%s) AND current_user <> %s"
                " AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) ORDER BY 1",
                [list(APPEND_ONLY), list(BOARD_ALONE), settings.DATABASE_BOARD_ROLE],
            )
            found = [name for (name,) in cursor.fetchall()]
    except DatabaseError:
        return [_silent("huhang.W001")]
    if not found:
        return []
    return [
        Error(
            f"The database role of DATABASE_URL may rewrite {', '.join(found)}: run `manage.py grant_rights` as the"
            " owner, and let the platform run as HUHANG_DATABASE_ROLE.",
            id="huhang.E006",
        )
    ]


@register(TABLES, deploy=True)
def tables(**_options: object) -> list[CheckMessage]:
    """Tables of this release that are not there, or that the role which serves people may not read.

    By `check --deploy` alone: a process that starts meanwhile helps whom it can.
    """
    names = sorted({model._meta.db_table for model in apps.get_models() if model._meta.managed})
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT name FROM unnest(%s::text[]) AS name WHERE to_regclass(quote_ident(name)) IS NULL"
                " OR NOT has_table_privilege(to_regclass(quote_ident(name)), 'SELECT') ORDER BY 1",
                [names],
            )
            lacking = [name for (name,) in cursor.fetchall()]
    except DatabaseError:
        return []  # `rights` says that the database does not answer
    if not lacking:
        return []
    more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
    sentence = (
        f"Not there, or not to be read by the role of DATABASE_URL: {', '.join(lacking[:3])}{more}: as the owner run"
        " `migrate`, then `grant_rights`."
    )
    return [Error(sentence, id="huhang.E015")]


def _silent(key: str) -> CheckMessage:
    """A database that does not answer stops nobody: pages say so by themselves, and calls for help are tried."""
    return Warning("The database does not answer: what stands in it was not checked.", id=key)


def refuse_to_start() -> None:
    """At the start of a process that serves people: ends it with a sentence for each fault, in production only."""
    if settings.STAGE != "production":
        return
    found = run_checks(tags=[TAG], include_deployment_checks=True)
    for each in found:
        if sys.stderr.isatty():
            print(f"{each.id}: {each.msg}", file=sys.stderr, flush=True)  # noqa: T201 - read by whoever starts it
        else:  # a line like all others, which also leaves the host
            tell = log.error if each.is_serious() else log.warning
            tell("production.fault", id=each.id, fault=each.msg)
    if any(each.is_serious() for each in found):
        if sys.stderr.isatty():
            sys.exit("Huhang does not start in production with the above. See docs/operations.md.")
        log.critical("production.does_not_start", see="docs/operations.md")
        sys.exit(1)


@register(TAG, deploy=True)
def journal(**_options: object) -> list[CheckMessage]:
    """Whoever owns the database can cut a journal whose checkpoints nobody else has."""
    lacking = {
        "HUHANG_JOURNAL_ANCHOR or HUHANG_JOURNAL_BUCKET: checkpoints of the journal are kept in the database alone": (
            settings.JOURNAL_ANCHOR or settings.JOURNAL_BUCKET
        ),
        "HUHANG_WITNESS_KEY: nobody outside sees whether the journal only grows": settings.WITNESS_KEY,
    }
    return [Warning(f"Not set: {what}.", id="huhang.W007") for what, is_set in lacking.items() if not is_set]
