"""A copy of all that is kept of somebody, for themselves (A6, PIPL art. 45): asked for with a fresh code, made by a job,
fetched in the session that asked.

Whoever finds a phone open has no code, and whoever finds the session of a week ago does not open yesterday's copy. The
owner is told of each copy by message.
"""

import json
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import PurePosixPath
from tempfile import SpooledTemporaryFile
from typing import IO

import structlog
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import messages
from accounts.codes import COPY, send_code, use_code
from accounts.errors import CopyLocked, CopyUnderWay
from accounts.models import Account, DataExport
from accounts.policies import COPIES, COPY_KEPT
from accounts.selectors import export_by_code
from core import audit, broker, clock, formats, jobs, limits, live, own_data, pictures, policy, retry
from core.codes import new_code
from core.errors import NotFound
from core.limits import Asker, asker_of
from core.messages import outbox
from core.permissions import require
from core.transactions import begins_transaction

log = structlog.get_logger()
OPENED = "own_data"  # in the session: the copy that it may fetch
IN_MEMORY = 8 * 1024 * 1024


@begins_transaction
def send_proof(*, account: Account, purpose: str, asker: Asker) -> None:
    """Send the code that is asked before a copy is made (`COPY`), the account closed (`CLOSING`), a passkey added
    (`PASSKEY`), or a case of her own handed to the police (`POLICE`).

    Raises `CodeTooSoon`, `TooManyCodes`.
    """
    require(account, "ride")
    send_code(phone=account.phone, purpose=purpose, asker=asker)


def prove(*, account: Account, purpose: str, code: str, asker: Asker) -> None:
    """Use up a code that was sent for this. Raises `WrongCode`, `TooManyCodes`, `Forbidden`."""
    require(account, "ride")
    use_code(phone=account.phone, purpose=purpose, code=code, asker=asker)


def ask_for_copy(request: HttpRequest, *, account: Account, code: str) -> DataExport:
    """Ask for a copy; a job makes it within a minute. Raises `WrongCode`, `TooManyCodes`, `TooMany`, `CopyUnderWay`."""
    asker = asker_of(request)
    prove(account=account, purpose=COPY, code=code, asker=asker)
    with limits.turn(COPIES, Asker(person=account.code), field="code"):
        row = _ask(account)
    request.session[OPENED] = row.code
    return row


@begins_transaction
def _ask(account: Account) -> DataExport:
    Account.objects.select_for_update().get(pk=account.pk)
    if DataExport.objects.filter(account=account, made_at=None).exists():
        raise CopyUnderWay
    at = clock.now()
    row = DataExport.objects.create(
        code=new_code("Q"), account=account, asked_at=at, of=len(own_data.parts())
    )
    audit.record(account.actor, "accounts.copy_asked", account.code, case=row.code)
    outbox.queue(
        messages.CopyAsked(at=at, line=settings.SAFETY_LINE),
        key=f"copy:{row.code}",
        to=account.phone,
        language=account.language,
    )
    # What this does not put into the queue, the next turn of the job finds.
    transaction.on_commit(lambda: broker.wake("accounts.tasks.make_exports", queue="default"))
    return row


def may_fetch(request: HttpRequest, row: DataExport) -> bool:
    """Whether this session asked for this copy, and its file is there."""
    there = row.picture is not None and row.picture.destroyed_at is None
    return there and request.session.get(OPENED) == row.code


def fetch(request: HttpRequest, *, account: Account, code: str) -> bytes:
    """The file. Raises `NotFound` where it is not theirs, not made or destroyed, `CopyLocked` in another session."""
    row = export_by_code(account, code)
    if row.picture is None or row.picture.destroyed_at is not None:
        raise NotFound
    if request.session.get(OPENED) != row.code:
        raise CopyLocked
    content = pictures.read(actor=account.actor, code=row.picture.code, case=row.code, own=True)
    _note_fetched(account, row)
    return content


@begins_transaction
def _note_fetched(account: Account, row: DataExport) -> None:
    audit.record(account.actor, "accounts.copy_fetched", account.code, case=row.code)


live.looks("accounts.copy_fetched")


# --- The job -------------------------------------------------------------------------------------


def _due(_at: datetime, limit: int) -> list[int]:
    rows = DataExport.objects.filter(made_at=None).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:limit])


def _make(pk: int, _at: datetime) -> bool:
    row = DataExport.objects.select_related("account").filter(pk=pk, made_at=None).first()
    if row is None:
        return False
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file, translation.override(row.account.language):
        missing = _write(row, file)
        file.seek(0)
        written = pictures.store(file.read())
    _keep(row, written, missing)
    return True


MAKING = jobs.rows(
    "accounts.copies",
    gettext_lazy("making copies of people's own data"),
    due=_due,
    act=_make,
    key=int,
    batch=20,
    law=jobs.SOON,
)
UNREADABLE = retry.declare(
    "accounts.copy_parts", gettext_lazy("reading a part of somebody's own data"), law=jobs.JOB_LAW
)


def _write(row: DataExport, file: "IO[bytes]") -> list[str]:
    """The whole copy; a part or file that cannot be read stops only itself, and the copy names it."""
    missing: list[str] = []
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
        for number, part in enumerate(own_data.parts(), 1):
            try:
                rows = list(part.rows(row.account))
                zipped.writestr(f"{part.key}.json", _json(rows))
            except Exception as why:
                _set_aside(row, part.key, why, missing)
            else:
                missing += _write_files(zipped, row, part)
            DataExport.objects.filter(pk=row.pk).update(done=number)
        for name, text in _read_me(row, missing):
            zipped.writestr(name, text)
    return missing


def _write_files(zipped: zipfile.ZipFile, row: DataExport, part: own_data.Part) -> list[str]:
    missing: list[str] = []
    for file in part.files(row.account) if part.files else ():
        name = f"{part.key}/{PurePosixPath(file.name).name}"
        try:
            zipped.writestr(name, file.read())
        except NotFound:
            continue  # its time was over between the two looks
        except Exception as why:
            _set_aside(row, name, why, missing)
    return missing


def _set_aside(row: DataExport, what: str, why: Exception, missing: list[str]) -> None:
    if retry.database_away(why):
        raise why
    log.exception("exports.unreadable", part=what)
    retry.failed(UNREADABLE, f"{row.code}:{what}", why, needs_person=True)
    missing.append(what)


def _json(rows: list[own_data.Json]) -> str:
    return json.dumps(rows, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)


def _read_me(row: DataExport, missing: list[str]) -> Iterator[tuple[str, str]]:
    """What the file holds and what it does not, in both languages."""
    for language in ("zh-hans", "en"):
        with translation.override(language):
            lines = [
                _("All that Huhang keeps of you, made at %(at)s.")
                % {"at": formats.moment(row.asked_at, "full")},
                "",
                *(f"{part.key}.json: {part.label}" for part in own_data.parts()),
                "",
                _(
                    "What other people said, what is theirs, and what concerns a case that you cannot know of yet is not in"
                    " here. A recording has two voices: you can ask for it inside a case."
                ),
            ]
            if missing:
                lines += ["", _("Could not be read just now: %(parts)s") % {"parts": ", ".join(missing)}]
            yield f"README.{language}.txt", "\n".join(lines) + "\n"


@begins_transaction
def _keep(row: DataExport, written: pictures.Written, missing: list[str]) -> None:
    at = clock.now()
    locked = DataExport.objects.select_for_update().filter(pk=row.pk, made_at=None).first()
    if locked is None:
        return
    locked.picture = pictures.attach(
        written, purpose=pictures.OWN, subject=row.code, keep_for=policy.span(COPY_KEPT)
    )
    locked.made_at, locked.missing, locked.done = at, missing, locked.of
    locked.save(update_fields=["picture", "made_at", "missing", "done"])
    audit.record(row.account.actor, "accounts.copy_made", row.account.code, case=row.code, missing=missing)
