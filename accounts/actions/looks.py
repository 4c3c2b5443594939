"""What supervisors do with a look at somebody with whom the reader has no case."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.errors import AlreadyAnswered
from accounts.looks import MAY_ANSWER, answer_look, look_by_pk
from accounts.models import Look
from core import typed
from core.actions import Action, ActionForm, ActionSet, Given, choice, text
from core.errors import NotFound
from core.permissions import may

if TYPE_CHECKING:
    from accounts.models import Account


class Answer(ActionForm):
    proper = choice(
        pgettext_lazy("look", "Was it justified?"),
        [("1", pgettext_lazy("look", "justified")), ("0", pgettext_lazy("look", "not justified"))],
    )
    words = text(gettext_lazy("What you found, and what follows"), limit=1000)
    words.required = False


def _find(code: str, person: "Account") -> Look:
    number = typed.number.guess(code)
    if number is None or not may(person, MAY_ANSWER):
        raise NotFound
    return look_by_pk(number)


def _answer(row: Look, person: "Account", given: Given) -> str:
    answer_look(account=person, pk=row.pk, proper=given["proper"] == "1", words=given["words"])
    return _("Written down.")


def _against(row: Look, _person: "Account", _key: str) -> AlreadyAnswered | None:
    return AlreadyAnswered() if row.answered_by else None


LOOKS: ActionSet[Look] = ActionSet(
    kind="look",
    find=_find,
    code=lambda row: str(row.pk),
    route="accounts_console:look_act",
    back=lambda _row: reverse("accounts_console:looks"),
    why_not=_against,
    had_a_part=lambda row, _key: (row.actor,),
    listed=True,
)
LOOKS.add(
    Action(
        key="answer",
        label=pgettext_lazy("look", "Answer"),
        permission=MAY_ANSWER,
        run=_answer,
        form=Answer,
        two="accounts.look",
        offered=lambda row, person: not row.answered_by and row.actor != person.code,
    )
)
