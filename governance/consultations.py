"""What the public is asked, how it votes, how it is counted, and what the company answers (G4, G4+).

That somebody voted and what was voted are two rows that nothing links: no account, time or number that grows stands in
either, nothing is written into the journal when somebody votes, and rows that were written together are mixed with the
others (`mix`). `docs/consultation.md` says what that withstands, and what it does not.
"""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import OperationalError, connection
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core import audit, clock, idempotency, jobs, limits, motions, policy
from core.actors import SYSTEM
from core.errors import DomainError, Forbidden, InvalidInput, NotFound
from core.limits import Asker
from core.models import Motion
from core.permissions import require
from core.privacy import blind_index
from core.transactions import begins_transaction, joins_transaction
from drivers.selectors import is_vetted
from governance.counted import hidden_of
from governance.errors import AlreadyVoted, BoxBusy, NotClosed, NotOpen, NotVerifiedToVote
from governance.models import Ballot, Consultation, ConsultationAnswer, Option, VoteList, Voter
from governance.policies import CONSULT, VOTE, VOTES
from governance.states import Group
from rides.selectors import has_ridden
from rides.states import Line

if TYPE_CHECKING:
    from accounts.models import Account

LOCK_NOT_AVAILABLE, PATIENCE = "55P03", "1s"
BATCH_OF_NUMBERS = 1_000  # numbers that differ in their last three digits are sold together

# --- Voting ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Voted:
    """What a voter is handed out, once."""

    receipt: str
    choice: Option


def marks_of(account: "Account", slug: str, *, purpose: str = "vote") -> list[str]:
    """One person in one question, whatever accounts they had: by whom the registry knows, where it says, and by the document
    that it verified. The first is written down; who is known by any of them has voted.

    Without the key nobody tells whose mark it is, nor that marks of two questions are one person's. Raises
    `NotVerifiedToVote`.
    """
    if account.verified_at is None or not account.id_index:
        raise NotVerifiedToVote
    known = (account.person_index, account.id_index)
    return [blind_index(f"{slug}:{each}", purpose=purpose) for each in known if each]


def has_voted(account: "Account", row: Consultation) -> bool:
    """Whether the person voted, with this account or another; False for who may not."""
    try:
        return Voter.objects.filter(mark__in=marks_of(account, row.slug)).exists()
    except NotVerifiedToVote:
        return False


def vote(*, account: "Account", slug: str, choice: str, submission: str, asker: Asker) -> Voted:
    """Cast one person's one vote; the same `submission` again gives the same receipt.

    Raises `NotFound`, `Forbidden`, `NotVerifiedToVote`, `NotOpen`, `AlreadyVoted`, `InvalidInput`, `KeyTooShort`, and
    `BoxBusy` after `PATIENCE`: calls for help wait for the same threads.
    """
    require(account, VOTE)
    if account.is_drill:
        raise Forbidden  # enters no figure
    marks = tuple(marks_of(account, slug))
    submission = idempotency.check(submission, danger=False)
    paper = _Paper(marks, choice, _receipt(marks[0], submission), group_of(account), beyond=False)
    with _counted(account, slug, marks, asker) as beyond:
        try:
            return _cast(slug=slug, paper=replace(paper, beyond=beyond))
        except OperationalError as why:
            if getattr(why.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
                raise
            raise BoxBusy from why


@dataclass(frozen=True, slots=True)
class _Paper:
    marks: tuple[str, ...]
    choice: str
    receipt: str
    group: Group
    beyond: bool


def group_of(account: "Account") -> Group:
    """As whom somebody votes: a driver whom we vetted, else a passenger who has ridden, else one of the public."""
    if is_vetted(account):
        return Group.DRIVER
    return Group.PASSENGER if has_ridden(account) else Group.OTHER


def _receipt(mark: str, submission: str) -> str:
    """100 bits that follow from what the voter's browser sent and a key; the first is kept nowhere."""
    digest = bytes.fromhex(blind_index(f"{mark}:{submission}", purpose="receipt"))
    letters = base64.b32encode(digest).decode()[:20]
    return "-".join(letters[at : at + 5] for at in range(0, 20, 5))


@contextmanager
def _counted(account: "Account", slug: str, marks: Sequence[str], asker: Asker) -> Iterator[bool]:
    """Whether its source has sent more than people do on this question. What is not taken counts for nothing."""
    if Voter.objects.filter(mark__in=marks).exists():  # a repeat takes nobody's turn
        yield False
        return
    source = Asker(
        address=f"{limits.network_of(asker.address)} {slug}",
        device=f"{asker.device} {slug}" if asker.device else "",
    )
    batch = ":".join((slug, account.phone[: -len(str(BATCH_OF_NUMBERS)) + 1]))
    beyond = limits.beyond(VOTES, source, target=batch)
    try:
        yield beyond
    except DomainError:
        if not beyond:
            limits.give_back(VOTES, source, target=batch)
        raise


@begins_transaction
def _cast(*, slug: str, paper: _Paper) -> Voted:
    row = _locked_for_voters(slug)
    for mark in sorted(paper.marks):
        idempotency.alone(f"vote:{mark}")  # of two at once one is counted, and the other is told
    option = Option.objects.filter(consultation=row, key=paper.choice).first()
    if Voter.objects.filter(mark__in=paper.marks).exists():
        again = Ballot.objects.select_related("option").filter(receipt=paper.receipt, option=option).first()
        if again is None or option is None:
            raise AlreadyVoted
        return Voted(again.receipt, again.option)
    if not row.opens_at <= clock.now() < row.closes_at:
        raise NotOpen
    if option is None:
        raise InvalidInput("choice")
    Voter.objects.create(mark=paper.marks[0], consultation=row)
    Ballot.objects.create(receipt=paper.receipt, option=option, group=paper.group, beyond=paper.beyond)
    return Voted(paper.receipt, option)


def _locked_for_voters(slug: str) -> Consultation:
    """Many vote at once; whoever counts waits for them, and they a second for nobody but who counts. Raises `NotFound`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
        cursor.execute("SELECT id FROM governance_consultation WHERE slug = %s FOR KEY SHARE", [slug])
    row = Consultation.objects.filter(slug=slug).first()
    if row is None:
        raise NotFound
    return row


def find_receipt(row: Consultation, receipt: str) -> Ballot | None:
    """The ballot of a receipt, for whoever holds it; also before the list is public."""
    return Ballot.objects.select_related("option").filter(receipt=receipt, option__consultation=row).first()


# --- Mixing and counting -------------------------------------------------------------------------------------------


@joins_transaction
def _mixed(row: Consultation) -> None:
    """Write rows that show their order anew among many others, in the order of their random keys (`0003_consultations`)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT governance_mix_votes(%s)", [row.pk])


@begins_transaction
def mix(pk: int, _at: datetime) -> bool:
    """Rows that one transaction wrote show it (`xmin`), and stand where they were written: let them stand with the others.

    False where the question was counted meanwhile. Who votes meanwhile waits for nothing, and is mixed the next time.
    """
    row = Consultation.objects.select_for_update(no_key=True).filter(pk=pk, counted_at=None).first()
    if row is not None:
        _mixed(row)
    return row is not None


def _lines(row: Consultation) -> bytes:
    """The list of all votes: a receipt and a choice in each line, and nothing else (RFC 4180).

    In the order of the receipts' letters, whatever the database's order is.
    """
    found = Ballot.objects.filter(option__consultation=row).values_list("receipt", "option__key")
    lines = (f"{receipt},{choice}\r\n" for receipt, choice in sorted(found.iterator()))
    return ("receipt,choice\r\n" + "".join(lines)).encode()


def list_of(row: Consultation) -> bytes:
    """The list as it was counted. Raises `NotClosed`."""
    found = VoteList.objects.filter(consultation=row).first()
    if found is None:
        raise NotClosed
    return bytes(found.content)


def changed_since_the_count(row: Consultation) -> bool:
    """Whether votes, list and digest of a counted question are no longer one. Reads all of its votes."""
    kept = VoteList.objects.filter(consultation=row).first()
    digests = {
        hashlib.sha256(each).hexdigest() for each in (_lines(row), bytes(kept.content) if kept else b"")
    }
    return digests != {row.list_sha256}


@begins_transaction
def count(pk: int, at: datetime) -> bool:
    """Count a question that has closed, once: the digest of its list goes into the journal. False where it is not due."""
    row = Consultation.objects.select_for_update().filter(pk=pk, counted_at=None, closes_at__lte=at).first()
    if row is None:
        return False
    _mixed(row)
    row.result = _sum_of(row)
    content = _lines(row)
    VoteList.objects.create(consultation=row, content=content)
    row.list_sha256 = hashlib.sha256(content).hexdigest()
    row.counted_at = at
    row.save(update_fields=["result", "list_sha256", "counted_at"])
    audit.record(
        SYSTEM,
        "governance.consultation_counted",
        row.slug,
        list=row.list_sha256,
        ballots=row.result["ballots"],
    )
    return True


def _sum_of(row: Consultation) -> dict[str, Any]:
    """How many voted, how many ballots there are, what was chosen in each group, the marked ones apart, and which groups
    are too small to be shown: a rule of later uncovers nobody.
    """
    found: dict[str, Counter[str]] = {option.key: Counter() for option in row.options.all()}
    ballots = Ballot.objects.filter(option__consultation=row)
    for choice, group, beyond in ballots.values_list("option__key", "group", "beyond").iterator():
        found[choice]["marked" if beyond else group] += 1
    choices = {key: dict(each) for key, each in found.items()}
    return {
        "voters": Voter.objects.filter(consultation=row).count(),
        "ballots": sum(sum(each.values()) for each in found.values()),
        "choices": choices,
        "hidden": hidden_of(choices),
    }


def _closed(at: datetime, limit: int) -> list[int]:
    rows = Consultation.objects.filter(counted_at=None, closes_at__lte=at).order_by("closes_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def _open(at: datetime, limit: int) -> list[int]:
    rows = Consultation.objects.filter(counted_at=None, opens_at__lte=at).order_by("pk")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM governance_consultation WHERE counted_at IS NULL AND governance_votes_show_order(id)"
        )
        shown = [pk for (pk,) in cursor.fetchall()]
    return list(rows.filter(pk__in=shown).values_list("pk", flat=True)[:limit])


MIX = jobs.rows("governance.mix_votes", _("votes mixed"), due=_open, act=mix, key=int)
COUNT = jobs.rows("governance.count_votes", _("public questions counted"), due=_closed, act=count, key=int)

# --- Asking --------------------------------------------------------------------------------------------------------

QUESTIONS = Path(__file__).resolve().parent / "questions.json"
LEAST_OPEN = timedelta(days=7)
LONGEST_OPEN = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question as it is filled in: the options are lines `name | 中文 | English`; it opens when the second person agrees."""

    slug: str
    title_zh: str
    title_en: str
    background_zh: str
    background_en: str
    options: str
    days: int
    line: str = ""
    city: str = ""

    @property
    def title(self) -> str:
        """In the reader's language."""
        return self.title_en if get_language() == "en" else self.title_zh


def drafts() -> list[Asked]:
    """The two questions of 2018, until they are asked: their days begin when two people open them."""
    known = set(Consultation.objects.values_list("slug", flat=True))
    found = []
    for given in json.loads(QUESTIONS.read_text(encoding="utf-8")):
        if given["slug"] not in known:
            options = "\n".join(" | ".join(each) for each in given["options"])
            found.append(Asked(**(given | {"options": options, "days": LONGEST_OPEN.days})))
    return found


def options_of(text: str) -> list[tuple[str, str, str]]:
    """The options that were typed. Raises `InvalidInput`."""
    found = []
    for written in filter(str.strip, text.splitlines()):
        parts = [part.strip() for part in written.replace("｜", "|").split("|")]
        if len(parts) != 3 or not all(parts) or not parts[0].isascii() or not parts[0].isalnum():
            raise InvalidInput("options")
        if len(parts[0]) > 20 or max(map(len, parts)) > 200:
            raise InvalidInput("options")
        found.append((parts[0].lower(), parts[1], parts[2]))
    if not 2 <= len({key for key, _zh, _en in found}) == len(found) <= 8:
        raise InvalidInput("options")
    return found


def _check_question(_subject: str, given: Asked) -> None:
    options_of(given.options)
    for name in ("title_zh", "title_en", "background_zh", "background_en", "slug"):
        if not getattr(given, name).strip():
            raise InvalidInput(name)
    if not LEAST_OPEN <= timedelta(days=given.days) <= LONGEST_OPEN:
        raise InvalidInput("days")
    if given.line not in {"", *Line.values} or (given.city and not given.line):
        raise InvalidInput("line")
    if Consultation.objects.filter(slug=given.slug).exists():
        raise InvalidInput("slug")


def _ask(motion: Motion, given: Asked, person: "Account") -> None:
    at = clock.now()
    row = Consultation.objects.create(
        slug=given.slug,
        title_zh=given.title_zh.strip(),
        title_en=given.title_en.strip(),
        background_zh=given.background_zh.strip(),
        background_en=given.background_en.strip(),
        opens_at=at,
        closes_at=at + timedelta(days=given.days),
        line=given.line,
        city=given.city,
        asked_by=motion.moved_by,
        agreed_by=person.code,
    )
    Option.objects.bulk_create(
        Option(consultation=row, key=key, zh=zh, en=en, place=place)
        for place, (key, zh, en) in enumerate(options_of(given.options))
    )
    audit.record(person.actor, "governance.consultation_opened", row.slug, by=motion.moved_by)


QUESTION = motions.declare(
    motions.Kind(
        key="governance.consultation",
        label=_("A question that the public is asked"),
        permission=CONSULT,
        page="governance_console:consultations",
        shape=Asked,
        check=_check_question,
        carry=_ask,
        says=lambda given: [
            (pgettext_lazy("consultation", "question in Chinese"), given.title_zh),
            (pgettext_lazy("consultation", "question in English"), given.title_en),
            (pgettext_lazy("consultation", "background in Chinese"), given.background_zh),
            (pgettext_lazy("consultation", "background in English"), given.background_en),
            (pgettext_lazy("consultation", "answers to choose"), given.options),
            (pgettext_lazy("consultation", "days open"), str(given.days)),
            (pgettext_lazy("consultation", "line"), f"{given.line} {given.city}".strip() or "—"),
        ],
    )
)

# --- Answering -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What the company decided and why; `rule` is `key version`, of what came of it, empty where nothing did."""

    slug: str
    decision_zh: str
    decision_en: str
    why_zh: str
    why_en: str
    rule: str = ""


def version_of(text: str) -> tuple[str, int | None]:
    """The version of a rule that `key version` names. Raises `InvalidInput` where there is none."""
    if not text.strip():
        return "", None
    key, _space, number = text.strip().partition(" ")
    number = number.strip().removeprefix("v")
    rule = policy.of_key(key)
    if rule is None or number not in {str(each.number) for each in policy.history(rule)}:
        raise InvalidInput("rule")
    return key, int(number)


def _check_answer(_subject: str, given: Answered) -> None:
    row = Consultation.objects.filter(slug=given.slug).first()
    if row is None:
        raise NotFound
    if row.counted_at is None:
        raise NotClosed
    for name in ("decision_zh", "decision_en", "why_zh", "why_en"):
        if not getattr(given, name).strip():
            raise InvalidInput(name)
    version_of(given.rule)


def _answer(motion: Motion, given: Answered, person: "Account") -> None:
    rule, version = version_of(given.rule)
    ConsultationAnswer.objects.create(
        consultation=Consultation.objects.get(slug=given.slug),
        decision_zh=given.decision_zh.strip(),
        decision_en=given.decision_en.strip(),
        why_zh=given.why_zh.strip(),
        why_en=given.why_en.strip(),
        rule=rule,
        version=version,
        written_by=motion.moved_by,
        agreed_by=person.code,
        at=clock.now(),
    )
    audit.record(person.actor, "governance.consultation_answered", given.slug, by=motion.moved_by)


ANSWER = motions.declare(
    motions.Kind(
        key="governance.consultation_answer",
        label=_("What the company answers the public"),
        permission=CONSULT,
        page="governance_console:consultations",
        shape=Answered,
        check=_check_answer,
        carry=_answer,
        says=lambda given: [
            (pgettext_lazy("consultation answer", "what was decided, in Chinese"), given.decision_zh),
            (pgettext_lazy("consultation answer", "what was decided, in English"), given.decision_en),
            (pgettext_lazy("consultation answer", "why, in Chinese"), given.why_zh),
            (pgettext_lazy("consultation answer", "why, in English"), given.why_en),
            (pgettext_lazy("consultation answer", "version of a rule"), given.rule or "—"),
        ],
    )
)
KINDS = (QUESTION.key, ANSWER.key)
