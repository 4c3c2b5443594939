"""What waits is told, in batches of one interface; what cannot be told is set aside by its cause, and a person is asked.

A platform that does not answer fails the whole job, which is tried again by its law (`core.retry`), and keeps everything
waiting. An interface that does not answer, where others do, keeps its own items waiting. An item that is wrong, before it
leaves or by the platform's word, stops only itself.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto
from random import SystemRandom
from typing import Any

from django.db.models import F
from django.utils.translation import gettext_lazy as _

from core import audit, clock, jobs, retry
from core.actors import SYSTEM
from core.transactions import begins_transaction
from governance.models import FeedHour, FeedMessage
from governance.regulator import base, collect, receiver
from governance.regulator.company import Company, company, is_set_up
from governance.regulator.items import KINDS, NAMES_PEOPLE, Later, items_of
from governance.regulator.layout import Wrong

PROMISED = timedelta(seconds=60)  # G11: p95 of orders and positions
AT_ONCE = 100  # items in one request
LEASE = timedelta(seconds=60)
MOST = 8  # times that an item alone is met by silence
UNANSWERED = Wrong("-", "unanswered")
# The platform's silence is no fault of an item: all wait together, and a person hears of it after a while.
LAW = retry.Law(ceiling=timedelta(minutes=1), patience=timedelta(minutes=15), gives_up=False)
SILENT_AT_MOST = 3  # interfaces in a row, before the platform is taken to be away
PAUSE = timedelta(seconds=10)  # until what was not asked of an interface is asked again
_dead: set[str] = set()  # interfaces that were silent when this process asked them last: others go first
DEAD = retry.declare(
    "governance.feed_interface",
    _("Telling the regulator by an interface that does not answer"),
    law=LAW,
)


def _again(cause: str) -> bool:
    """Somebody mended what was refused for this cause: all of it is told again."""
    waiting = FeedMessage.objects.filter(refused_at__isnull=False, refused_for=cause)
    waiting.update(refused_at=None, refused_for="", next_at=clock.now(), attempts=0)
    return True


REFUSED = retry.declare(
    "governance.feed_refused",
    _("Telling the regulator what it refuses, or what cannot be true"),
    again=_again,
)


def cause_of(kind: str, wrong: Wrong) -> str:
    """`INTERFACE:FIELD:WORD`."""
    return f"{kind}:{wrong.field}:{wrong.why}"


def _collect(at: datetime) -> None:
    if is_set_up():
        ours = company()
        base.collect(ours, at)
        collect.collect(ours, at)


def _send(_at: datetime) -> None:
    if not is_set_up():
        return
    ours, heard = company(), False
    while rows := _claim():
        quiet: list[tuple[FeedMessage, Answer]] = []
        asked: dict[str, bool] = {}
        for kind in sorted(KINDS, key=_dead.__contains__):  # those that were silent keep nobody waiting
            if found := [row for row in rows if row.kind == kind]:
                # Many that are silent, and none that is heard: it is the platform, and each would cost a timeout.
                if not heard and len(asked) >= SILENT_AT_MOST:
                    quiet += [(row, UNASKED) for row in found]
                    continue
                told, silent = _tell(ours, kind, found)
                if told is not None:
                    asked[kind], heard = told, heard or told
                quiet += silent
        _dead.difference_update(asked)
        _dead.update(kind for kind, told in asked.items() if not told)
        if quiet and not heard:
            if len(asked) > 1:
                _let_wait([row for row, _answer in quiet])
                raise receiver.Silent
            # One interface alone had anything to hear: whether the others are there nobody knows, and they are not kept.
            quiet = [(row, UNASKED) for row, _answer in quiet]
        for kind, told in asked.items():
            if told:
                retry.done(DEAD, kind)
            else:
                retry.failed(DEAD, kind, "it does not answer", subject=kind)
        _put_off(quiet)
        if not jobs.go_on():
            return


COLLECT = jobs.whole("governance.feed_collect", _("Finding what the regulator is to be told"), _collect)
SEND = jobs.whole("governance.feed_send", _("Telling the regulator"), _send, law=LAW)


@begins_transaction
def _claim() -> list[FeedMessage]:
    """The messages that wait longest; nobody else takes them for the time of a lease."""
    at = clock.now()
    waiting = FeedMessage.objects.filter(acknowledged_at=None, refused_at=None, next_at__lte=at)
    rows = list(
        waiting.filter(kind__in=KINDS).order_by("next_at", "pk").select_for_update(skip_locked=True)[:AT_ONCE]
    )
    FeedMessage.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=at + LEASE)
    return rows


def _tell(
    ours: Company, kind: str, rows: Sequence[FeedMessage]
) -> "tuple[bool | None, list[tuple[FeedMessage, Answer]]]":
    """Tell a batch; whether the interface was heard (None where nothing was to be said), and the messages it said nothing of."""
    made = list(zip(rows, items_of(kind, rows, ours, clock.now()), strict=True))
    told = [(row, item) for row, item in made if isinstance(item, dict)]
    _note(kind, len(told))
    said = said_of(ours.id, kind, [item for _row, item in told])
    answers = list(zip([row for row, _item in told], said, strict=True))
    _write_down(
        kind,
        [row for row, answer in answers if answer is TAKEN],
        [(row, item) for row, item in made if isinstance(item, Wrong)]
        + [(row, answer) for row, answer in answers if isinstance(answer, Wrong)],
        [(row, item) for row, item in made if isinstance(item, Later)],
    )
    silent: list[tuple[FeedMessage, Answer]] = [
        (row, answer) for row, answer in answers if answer in (SILENT, UNASKED)
    ]
    return (len(silent) < len(told)) if told else None, silent


class Said(Enum):
    """What of an item is known, where nothing is wrong with it."""

    TAKEN = auto()
    SILENT = auto()  # asked alone, and nothing was said, where its neighbours were heard or it has none
    UNASKED = auto()  # nobody knows: it was never asked alone


TAKEN, SILENT, UNASKED = Said.TAKEN, Said.SILENT, Said.UNASKED
Answer = Said | Wrong


def said_of(ours: str, kind: str, items: Sequence[dict[str, Any]]) -> list[Answer]:
    """What the platform says of each item. Where it answers others, but not with one among them, that one is found."""
    if not items:
        return []
    found: list[Answer] = [UNASKED] * len(items)
    try:
        return [wrong or TAKEN for wrong in receiver.tell(ours, kind, items)]
    except receiver.Resting:
        return found
    except receiver.Silent:
        if len(items) == 1:
            return [SILENT]

    def one(number: int) -> bool:
        try:
            found[number] = receiver.tell(ours, kind, [items[number]], alone=True)[0] or TAKEN
        except receiver.Resting:
            return False
        except receiver.Silent:
            found[number] = SILENT
            return False
        return True

    numbers = SystemRandom().sample(range(len(items)), len(items))
    heard = [one(number) for number in numbers[:2]]
    if not any(heard):
        return [UNASKED] * len(items)  # it is the interface that is silent, and no item's fault
    for number in numbers[2:]:
        if not jobs.go_on():
            break
        one(number)
    return found


def _let_wait(rows: Sequence[FeedMessage]) -> None:
    """Nobody was heard: that is no item's fault, and does not count against it."""
    FeedMessage.objects.filter(pk__in=[row.pk for row in rows]).update(next_at=clock.now())


@begins_transaction
def _put_off(rows: "Sequence[tuple[FeedMessage, Answer]]") -> None:
    """The platform hears others and says nothing of these: later and later, then a person is asked.

    What was not asked alone waits, and no try is counted.
    """
    at = clock.now()
    for row, answer in rows:
        if answer is UNASKED:
            row.next_at = at + PAUSE
            continue
        row.attempts += 1
        row.next_at = at + LAW.pause(row.attempts)
        if row.attempts >= MOST:
            row.refused_at, row.refused_for = at, cause_of(row.kind, UNANSWERED)
            set_aside(row.kind, [(row.subject, UNANSWERED)])
    FeedMessage.objects.bulk_update(
        [row for row, _answer in rows], ["next_at", "attempts", "refused_at", "refused_for"]
    )


@begins_transaction
def _write_down(
    kind: str,
    taken: Sequence[FeedMessage],
    refused: Sequence[tuple[FeedMessage, Wrong]],
    later: Sequence[tuple[FeedMessage, Later]],
) -> None:
    at = clock.now()
    for row in taken:
        row.acknowledged_at = at
    for row, wrong in refused:
        row.refused_at, row.refused_for = at, cause_of(kind, wrong)
    for row, when in later:
        row.next_at = when.until
    FeedMessage.objects.bulk_update(taken, ["acknowledged_at", "happened_at", "rows"])
    FeedMessage.objects.bulk_update([row for row, _why in refused], ["refused_at", "refused_for"])
    FeedMessage.objects.bulk_update([row for row, _when in later], ["next_at"])
    count(kind, [row.happened_at for row in taken], at, refused=len(refused))
    set_aside(kind, [(row.subject, wrong) for row, wrong in refused])


@begins_transaction
def _note(kind: str, count: int) -> None:
    """Before it leaves: what names people is in the journal, whatever becomes of it there."""
    if count and kind in NAMES_PEOPLE:
        audit.record(SYSTEM, "regulator.told", kind, count=count)


def count(kind: str, happened: Sequence[datetime], at: datetime, *, refused: int) -> None:
    """Add to the hour what was acknowledged now, and what was refused. Call it in a transaction."""
    if not happened and not refused:
        return
    hour = at.replace(minute=0, second=0, microsecond=0)
    FeedHour.objects.get_or_create(kind=kind, hour=hour)
    FeedHour.objects.filter(kind=kind, hour=hour).update(
        acknowledged=F("acknowledged") + len(happened),
        late=F("late") + sum(at - each > PROMISED for each in happened),
        refused=F("refused") + refused,
    )


def set_aside(kind: str, refused: Iterable[tuple[str, Wrong]]) -> None:
    """A person is asked once for each cause; the newest case of it is named."""
    rows = [(cause_of(kind, wrong), subject) for subject, wrong in refused]
    for cause, times in Counter(cause for cause, _subject in rows).items():
        retry.failed(
            REFUSED,
            cause,
            f"{cause} x {times}",
            needs_person=True,
            subject=next(subject for of, subject in reversed(rows) if of == cause),
            rests=True,
        )
