"""What a side may do with its own case: add to it, give the statement that it was asked for, appeal."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from complaints import selectors, services
from complaints.errors import AppealClosed, NotNow, StatementOver
from complaints.forms import AppealForm, MoreForm, StatementForm
from complaints.models import Complaint
from complaints.states import LIVE, Side
from core import clock
from core.actions import Action, ActionForm, ActionSet, Given, nothing_against
from core.actors import NOBODY, Actor
from core.errors import DomainError, NotFound
from core.permissions import WITHOUT_ACCOUNT

if TYPE_CHECKING:
    from django.utils.functional import Promise

    from accounts.models import Account

RIDE = "ride"


@dataclass(frozen=True, slots=True)
class LinkHolder:
    """Whoever has the link of a complaint and no account: acts as a member would, in this one case alone."""

    secret: str
    code: str = NOBODY.code
    role: str = WITHOUT_ACCOUNT
    actor: Actor = NOBODY


@dataclass(frozen=True, slots=True)
class OwnCase:
    """A complaint as one side has it: `root` is where it is worked on, `base` the address of the side's page, `by`
    who came by its link.
    """

    complaint: Complaint
    side: Side
    base: str
    by: LinkHolder | None = None

    @property
    def code(self) -> str:
        return self.complaint.code

    @property
    def root(self) -> Complaint:
        return self.complaint.merged_into or self.complaint


def _own(code: str, person: "Account | LinkHolder") -> OwnCase:
    if isinstance(person, LinkHolder):
        complaint = selectors.complaint_by_link(code, person.secret)
        return OwnCase(complaint, Side.COMPLAINANT, f"/complaints/{code}/{person.secret}/", person)
    return OwnCase(*selectors.my_case(person, code), f"/complaints/{code}/")


# --- What speaks against it ---


def _against_more(case: OwnCase, _person: "Account") -> DomainError | None:
    over = _("It is decided. Only an appeal or a low score opens it again.")
    return None if case.root.state in LIVE else NotNow(why=str(over))


def _against_statement(case: OwnCase, _person: "Account") -> DomainError | None:
    """Joined to somebody else's complaint, the statement is that person's, and so is the appeal."""
    if not selectors.speaks_for(case.complaint, case.root):
        return NotFound()
    return None if selectors.statement_waits(case.root, case.side) else StatementOver()


def _against_appeal(case: OwnCase, _person: "Account") -> DomainError | None:
    if not selectors.speaks_for(case.complaint, case.root):
        return NotFound()
    why = services.why_not_appeal(case.root, case.side, clock.now())
    return AppealClosed(why=why) if why else None


# --- The actions ---


def _says(service: Callable[..., object], *, files: bool) -> Callable[[OwnCase, "Account", Given], "Promise"]:
    def run(case: OwnCase, person: "Account", given: Given) -> "Promise":
        said = {"words": given["words"]} | ({"files": given["uploads"]} if files else {})
        service(complaint=case.root, side=case.side, actor=person.actor, **said)
        return _("Kept. Whoever works on it sees it at once.")

    return run


def _act(
    key: str,
    label: "Promise",
    service: Callable[..., object],
    form: type[ActionForm],
    why_not: Callable[[OwnCase, "Account"], DomainError | None],
    *,
    files: bool = True,
) -> None:
    OWN.add(
        Action(
            key=key,
            label=label,
            permission=RIDE,
            run=_says(service, files=files),
            form=form,
            why_not=why_not,
        )
    )


OWN: ActionSet[OwnCase] = ActionSet(
    kind="own_case",
    find=_own,
    route="complaints:act",
    back=lambda case: case.base,
    why_not=nothing_against,  # each has its own
    lock=lambda case, _given: (case.root,),
)
_act("more", _("Add this"), services.add_more, MoreForm, _against_more)
_act("statement", _("Send my statement"), services.give_statement, StatementForm, _against_statement)
_act("appeal", _("Appeal"), services.appeal, AppealForm, _against_appeal, files=False)
