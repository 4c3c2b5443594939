"""What staff keep for themselves and for one another: views, macros, guides."""

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from accounts.selectors import account_by_code
from complaints import macros
from complaints.errors import ViewTaken
from complaints.models import Article, Macro, SavedView, TeamMember
from complaints.selectors import Filter
from complaints.states import Category, MacroUse
from core import audit, clock
from core.codes import new_code
from core.errors import InvalidInput
from core.permissions import may, require
from core.transactions import begins_transaction

if TYPE_CHECKING:
    from accounts.models import Account

LONGEST_WAIT = 24 * 60  # minutes until somebody looks at an incident again
LONGEST_WORDS = 1000  # of what is written to who called


@begins_transaction
def save_view(*, account: "Account", name: str, query: str, shared: bool) -> SavedView:
    """Keep a filter of the queue under a name. Raises `InvalidInput`, `FilterUnknown`, `ViewTaken`, `Forbidden`."""
    require(account, "complaints.work")
    if not name.strip():
        raise InvalidInput("name")
    try:
        with transaction.atomic():
            return SavedView.objects.create(
                owner=account,
                name=name.strip()[:40],
                query=Filter.of_query(query).query()[:400],
                shared=shared,
            )
    except IntegrityError:
        raise ViewTaken("name") from None


@begins_transaction
def forget_view(*, account: "Account", name: str) -> None:
    """Forget one's own view; another's stays."""
    SavedView.objects.filter(owner=account, name=name).delete()


def _check_writer(account: "Account") -> None:
    require(account, "guides.write")


def _needed(**texts: str) -> dict[str, str]:
    for name, text in texts.items():
        if not text.strip():
            raise InvalidInput(name)
    return {name: text.strip() for name, text in texts.items()}


def _in_both(texts: dict[str, str], name: str) -> dict[str, str]:
    """A text in both languages, or in none. Raises `InvalidInput` for one of them alone."""
    said = {f"{name}_{language}": texts.get(f"{name}_{language}", "").strip() for language in ("zh", "en")}
    if any(said.values()):
        _needed(**said)
    return said


def _step(texts: dict[str, str], again: int | None) -> dict[str, object]:
    """What a step on an incident does: words, a note or a time, one at least.

    Raises `InvalidInput`, `MacroUnknown`, `OfAnswersAlone`.
    """
    said = _in_both(texts, "body") | _in_both(texts, "note")
    for text in said.values():
        macros.check_step(text)
    if again is not None and not 1 <= again <= LONGEST_WAIT:
        raise InvalidInput("again_minutes")
    if not any(said.values()) and again is None:
        raise InvalidInput("body_zh")
    for name in ("body_zh", "body_en"):
        if len(said[name]) > LONGEST_WORDS:
            raise InvalidInput(name)
    return {**said, "use": MacroUse.INCIDENT, "again_minutes": again, "category": ""}


def _answer(texts: dict[str, str], category: str) -> dict[str, object]:
    """Raises `InvalidInput`, `MacroUnknown`."""
    said = _needed(**{name: texts.get(name, "") for name in ("body_zh", "body_en")})
    if category and category not in Category.values:
        raise InvalidInput("category")
    for text in said.values():
        macros.check_text(text)
    empty = {"note_zh": "", "note_en": "", "again_minutes": None}
    return {**said, **empty, "use": MacroUse.ANSWER, "category": category}


@begins_transaction
def save_macro(
    *,
    account: "Account",
    code: str,
    texts: dict[str, str],
    category: str = "",
    retired: bool = False,
    use: str = MacroUse.ANSWER,
    again: int | None = None,
) -> Macro:
    """Write an answer or a step in both languages, or change one; each placeholder must be known.

    A step is looked at `again` so many minutes after it was taken. Raises `Forbidden`, `InvalidInput`, `MacroUnknown`,
    `OfAnswersAlone`.
    """
    _check_writer(account)
    titles = _needed(**{name: texts.get(name, "") for name in ("title_zh", "title_en")})
    if use not in MacroUse.values:
        raise InvalidInput("use")
    does = _step(texts, again) if use == MacroUse.INCIDENT else _answer(texts, category)
    name = code or slugify(titles["title_en"])[:20] or new_code("R", 6)
    row, _new = Macro.objects.update_or_create(
        code=name,
        defaults={
            **titles,
            **does,
            "retired": retired,
            "changed_by": account.code,
            "changed_at": clock.now(),
        },
    )
    audit.record(account.actor, "complaints.macro", row.code, retired=retired)
    return row


@begins_transaction
def set_team(*, account: "Account", code: str, team: str) -> None:
    """Say in which team somebody is; an empty name takes them out. Raises `Forbidden`, `InvalidInput`."""
    require(account, "roster.plan")
    person = account_by_code(code)
    if person is None or not may(person, "complaints.work"):
        raise InvalidInput("code")
    if team.strip():
        TeamMember.objects.update_or_create(account=person, defaults={"team": team.strip()[:40]})
    else:
        TeamMember.objects.filter(account=person).delete()
    audit.record(account.actor, "complaints.team", code, team=team.strip()[:40])


@begins_transaction
def write_article(*, account: "Account", code: str, texts: dict[str, str], category: str) -> Article:
    """Write a guide, or a new version of one; the old version stays. Raises `Forbidden`, `InvalidInput`."""
    _check_writer(account)
    said = _needed(**{name: texts.get(name, "") for name in ("title_zh", "title_en", "body_zh", "body_en")})
    if category and category not in Category.values:
        raise InvalidInput("category")
    name = code or slugify(said["title_en"])[:20] or new_code("G", 6)
    known = Article.objects.select_for_update().filter(code=name, current=True).first()
    if known:
        Article.objects.filter(pk=known.pk).update(current=False)
    row = Article.objects.create(
        code=name,
        number=known.number + 1 if known else 1,
        category=category,
        written_by=account.code,
        written_at=clock.now(),
        **said,
    )
    audit.record(account.actor, "complaints.article", row.code, number=row.number)
    return row
