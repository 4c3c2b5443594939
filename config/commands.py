"""The command line: whatever stops a command from outside is one sentence for whoever typed it, and an exit that is not 0.

A fault of ours keeps its traceback, and with `--traceback` everything does. What a command itself refuses is Django's
`CommandError`, which ends so anyway; which of ours production runs, each says (`core.commands`).
"""

import os
import sys
from collections.abc import Sequence

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import DatabaseError, InterfaceError, OperationalError
from redis.exceptions import RedisError

from config.local import BASE_DIR, NO_DATABASE

FAULT, INTERRUPTED = 1, 130  # as shells read them
# Of Django's and of others' commands those that the handbook names, or that only look. The others would write past our
# services and their journal (accounts, second factors, whole tables), or print in clear what is kept encrypted.
OF_OTHERS_IN_PRODUCTION = frozenset(
    {
        "check",
        "collectstatic",
        "dbshell",
        "findstatic",
        "help",
        "migrate",
        "shell",
        "showmigrations",
        "version",
    }
)
OURS = ("accounts", "complaints", "core", "drivers", "governance", "police", "rides", "safety")
NOT_ALLOWED, NO_TABLE, NO_COLUMN, NO_SUCH_THING = "42501", "42P01", "42703", "42704"  # SQLSTATE of PostgreSQL


def main(typed: Sequence[str]) -> int:
    """Run what was typed, the program's name first; returns how the process ends."""
    try:
        refused = _against(typed[1]) if len(typed) > 1 else ""
        if not refused:
            execute_from_command_line(list(typed))
            return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # whoever read it has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAULT
    except Exception as why:
        refused = sentence(why)
        if not refused or "--traceback" in typed:
            raise
    sys.stderr.write(f"{refused}\n")
    return FAULT


def _against(name: str) -> str:
    """Why production does not run a command of others; empty where nothing is against it. Raises `ImproperlyConfigured`."""
    if name.startswith("-") or name in OF_OTHERS_IN_PRODUCTION or settings.STAGE != "production":
        return ""
    if any((BASE_DIR / app / "management" / "commands" / f"{name}.py").is_file() for app in OURS):
        return ""
    return f"`{name}` is not for production; nothing was done."


def sentence(why: Exception) -> str:
    """What stopped a command, where it came from outside; empty for what is a fault of ours."""
    if settings.configured:
        from core.errors import DomainError  # its module needs settings, and these may be what is wrong

        if isinstance(why, DomainError):
            return why.detail
    match why:
        case ImproperlyConfigured():
            return _one_line(why)
        case DatabaseError() | InterfaceError():
            return _of_the_database(why)
        case RedisError():
            return f"Valkey cannot be reached (REDIS_URL): {_one_line(why)}"
        case OSError() if why.filename is not None:
            return f"{why.filename}: {why.strerror}."
        case UnicodeDecodeError():
            return "A file that was given is not text in UTF-8."
        case EOFError():
            return "Nobody is there to be asked: say everything as options (--help)."
        case _:
            return ""


def _of_the_database(why: Exception) -> str:
    state = getattr(why.__cause__, "sqlstate", None)
    if state == NOT_ALLOWED:
        return f"The role of DATABASE_URL may not do this ({_one_line(why)}): is it the one that the handbook names for it?"
    if state in {NO_TABLE, NO_COLUMN}:
        return f"The tables are not those of this release ({_one_line(why)}): run `manage.py migrate` as their owner."
    if state == NO_SUCH_THING:
        return f"The database has no such thing: {_one_line(why)}."
    if isinstance(why, OperationalError | InterfaceError):
        if os.environ.get("DATABASE_URL") == NO_DATABASE:
            return "There is no database: no settings stand in the environment, and `make run` does not run here."
        return f"The database cannot be reached (DATABASE_URL): {_one_line(why)}"
    return ""


def _one_line(why: Exception) -> str:
    """The first line: what libraries add below it are hints and positions."""
    return str(why).strip().partition("\n")[0].rstrip(".:")
