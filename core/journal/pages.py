"""What everybody may read of the journal: how far it has grown, signed; proofs; the script that checks them.

Nothing here says anything about anybody: hashes of lines hide what they say (`core.journal.rows`).
"""

import base64
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from core import limits
from core.errors import InvalidInput, NotFound
from core.journal import checkpoints, offline, proofs
from core.journal.witness import REFUSAL
from core.models import JournalCheckpoint
from core.typed import number

SHOWN = 60  # checkpoints of the history that are given at once
LONGEST = 10_000  # bytes of what a witness says


def _text(content: str) -> HttpResponse:
    return HttpResponse(
        content, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"}
    )


@require_GET
def journal(request: HttpRequest) -> HttpResponse:
    """What the journal is, in plain words, with its key, its last checkpoint and what the witness said."""
    newest, cosigned = checkpoints.newest(), checkpoints.newest_cosigned()
    context = {
        "key": checkpoints.public_key(),
        "witness_key": settings.WITNESS_KEY,
        "newest": newest,
        "note": checkpoints.published(newest) if newest else "",
        "cosigned": cosigned,
        "refusals": checkpoints.refusals()[:5],
        "history": checkpoints.before(None)[:10],
    }
    return render(request, "journal/journal.html", context)


@require_GET
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest checkpoint, a signed note (C2SP tlog-checkpoint)."""
    newest = checkpoints.newest()
    if newest is None:
        raise NotFound
    return _text(checkpoints.published(newest))


@require_GET
def history(request: HttpRequest) -> HttpResponse:
    """Checkpoints, the newest first; `before` is the number of one that was given already."""
    asked = request.GET.get("before", "")
    rows = checkpoints.before(number.read(asked, field="before") if asked else None)[:SHOWN]
    return JsonResponse({"checkpoints": [_row(each) for each in rows]})


def _row(each: JournalCheckpoint) -> dict[str, Any]:
    return {
        "number": each.pk,
        "size": each.size,
        "at": each.at.isoformat(),
        "note": checkpoints.published(each),
        "kept_outside_at": each.anchored_at and each.anchored_at.isoformat(),
        "time_stamp": base64.b64encode(bytes(each.stamp)).decode(),
    }


@require_GET
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """One checkpoint of the history, as a file to be saved."""
    row = JournalCheckpoint.objects.filter(pk=pk).first()
    if row is None:
        raise NotFound
    answer = _text(checkpoints.published(row))
    answer["Content-Disposition"] = f'attachment; filename="huhang-journal-{row.size}.txt"'
    return answer


@require_GET
def key(request: HttpRequest) -> HttpResponse:
    """The keys by which anybody checks: of the journal, then of its witness."""
    return _text("\n".join(filter(None, (checkpoints.public_key(), settings.WITNESS_KEY))) + "\n")


def _asked(request: HttpRequest, name: str) -> int:
    """Raises `NumberUnreadable`."""
    return number.read(request.GET.get(name, ""), field=name, most=2**53)


@require_GET
def inclusion(request: HttpRequest) -> HttpResponse:
    """That the leaf at a place (`index`, counted from 0) is in the tree of `size`: RFC 9162, 2.1.3."""
    index, size = _asked(request, "index"), _asked(request, "size")
    _no_larger(size)
    leaf = base64.b64encode(proofs.leaf_at(index)).decode() if index < size else ""
    return JsonResponse(
        {
            "index": index,
            "size": size,
            "leaf": leaf,
            "path": checkpoints.encoded_path(proofs.inclusion(index, size)),
        }
    )


@require_GET
def consistency(request: HttpRequest) -> HttpResponse:
    """That the tree of size `to` holds that of size `from`: RFC 9162, 2.1.4."""
    old, size = _asked(request, "from"), _asked(request, "to")
    _no_larger(size)
    return JsonResponse(
        {"from": old, "to": size, "path": checkpoints.encoded_path(proofs.consistency(old, size))}
    )


def _no_larger(size: int) -> None:
    """Only what was published is proven: a tree that nobody signed proves nothing. Raises `NotFound`."""
    newest = checkpoints.newest()
    if newest is None or size > newest.size:
        raise NotFound


def script() -> str:
    """The script that checks a line without a network, with the keys of this journal and its witness in it."""
    content = Path(offline.__file__).read_text(encoding="utf-8")
    for name, value in (("KEY", checkpoints.public_key()), ("WITNESS_KEY", settings.WITNESS_KEY)):
        content = content.replace(f'\n{name} = ""', f'\n{name} = "{value}"', 1)
    return content


@require_GET
def check(request: HttpRequest) -> HttpResponse:
    """The script, to be saved."""
    answer = _text(script())
    answer["Content-Disposition"] = 'attachment; filename="journal_check.py"'
    return answer


@csrf_exempt  # the witness's signature is its authority, and it has no session
@require_POST
def witness(request: HttpRequest) -> HttpResponse:
    """What the witness says: a checkpoint with its signature, or why it gave none. Raises `NotFound`, `TooMany`,
    `InvalidInput`."""
    if not settings.WITNESS_KEY:
        raise NotFound
    limits.take(checkpoints.SAID, limits.asker_of(request))
    try:
        note = request.body[: LONGEST + 1].decode()
        if len(note) > LONGEST:
            raise InvalidInput("note")
        if note.startswith(REFUSAL):
            checkpoints.refused(note)
        else:
            checkpoints.cosigned(note)
    except (UnicodeDecodeError, offline.NotProven):
        raise InvalidInput("note") from None
    return _text("taken\n")


app_name = "journal"
urlpatterns = [
    path("journal/", journal, name="journal"),
    path("journal/checkpoint", checkpoint, name="checkpoint"),
    path("journal/checkpoints/", history, name="history"),
    path("journal/checkpoints/<number:pk>/", one, name="one"),
    path("journal/key", key, name="key"),
    path("journal/proofs/inclusion/", inclusion, name="inclusion"),
    path("journal/proofs/consistency/", consistency, name="consistency"),
    path("journal/journal_check.py", check, name="check"),
    path("journal/witness/", witness, name="witness"),
]
