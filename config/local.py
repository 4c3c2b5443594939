"""The environment of this machine, for commands that are typed by hand beside `make run`."""

import base64
import json
import os
import secrets
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent
NO_DATABASE = "postgres://nobody@127.0.0.1:1/none"


def is_production() -> bool:
    """Whether this shell has the environment of a company's platform: where a stage is not said, keys say it."""
    stage = os.environ.get("HUHANG_STAGE")
    return stage == "production" or (not stage and "HUHANG_SECRET_KEY" in os.environ)


def refuse_production(what: str) -> None:
    """For what is meant for the machines of those who write the platform. Raises `SystemExit` with a sentence."""
    if is_production():
        raise SystemExit(
            f"{what} is not for production, whose settings stand in this shell; nothing was done."
        )


def new_secrets() -> dict[str, str]:
    """Fresh keys and passwords for one state folder."""

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "HUHANG_SECRET_KEY": secrets.token_urlsafe(48),
        "HUHANG_FIELD_KEYS": f"1:{key()}",
        "HUHANG_INDEX_KEY": key(),
        "HUHANG_AUDIT_KEY": key(),
        "HUHANG_FACE_KEY": key(),
        "HUHANG_TELEPHONE_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_OUTSIDE_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_SMS_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_RECEIPT_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_METRICS_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_OWNER_PASSWORD": secrets.token_urlsafe(18),
        "HUHANG_APP_PASSWORD": secrets.token_urlsafe(18),
        "HUHANG_VALKEY_PASSWORD": secrets.token_urlsafe(18),
        "HUHANG_DEMO_PASSWORD": "huhang-" + secrets.token_hex(4),
    }


def throwaway_environment() -> dict[str, str]:
    """An environment in which settings load; its database and broker answer nothing."""
    return {
        **new_secrets(),
        "HUHANG_STAGE": "scratch",
        "DATABASE_URL": NO_DATABASE,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def local_environment() -> dict[str, str]:
    """What the stack of `make run` on this state folder uses; throw-away secrets where there is none."""
    path = Path(os.environ.get("HUHANG_STATE", BASE_DIR / "var")) / "run" / "environment.json"
    if path.is_file():
        found: dict[str, str] = json.loads(path.read_text())
        return found
    return throwaway_environment()
