"""The rules in force, and how staff change them (G5): all of them on one page, and one page for each."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_http_methods

from core import clock, policy, typed
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Offer, Refusal
from core.console import page
from core.errors import DomainError, Forbidden, explain
from core.permissions import may
from core.policy import simulation
from core.progress import Progress
from governance import figures
from governance.actions import RULE_CHANGES
from governance.forms import RuleForm
from governance.models import RuleChange
from governance.policies import CHANGE, TIGHTEN
from governance.rules import WEEK, held_before, progress_of, propose, rule_of
from governance.states import Mode, ProposalState

if TYPE_CHECKING:
    from accounts.models import Account
    from core.models import PolicyVersion

CLOSED_SHOWN = 30  # decided proposals of one rule; all of them stand in the journal
_CORE = gettext_lazy("The ground: alarms, words, what is kept")
NOT_READ: str | Promise = gettext_lazy("It cannot be read. This holds instead:")


@dataclass(frozen=True, slots=True)
class Line:
    """One part of a value, in force and proposed."""

    name: str
    old: str
    new: str

    @property
    def differs(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Listed:
    """A rule on the page of all rules."""

    rule: policy.Policy[Any]
    standing: policy.Standing
    lines: list[str]
    unreadable: bool
    waiting: int


@dataclass(frozen=True, slots=True)
class Area:
    key: str
    title: str | Promise
    rules: list[Listed] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a rule, with the change by which it came where it came by one."""

    row: "PolicyVersion"
    lines: list[str]
    unreadable: bool
    before: "figures.Figures | None" = None
    after: "figures.Figures | None" = None
    simulated: "figures.Figures | None" = None


@dataclass(frozen=True, slots=True)
class Change:
    """A proposal, as its second person reads it."""

    row: RuleChange
    beside: str
    lines: list[Line]
    simulated: "figures.Figures | None"
    progress: Progress | None
    shadowed: "figures.Figures | None"
    lapses_at: Any
    offers: list[Offer[RuleChange]]


def _value(rule: policy.Policy[Any], raw: Any) -> list[str]:
    return rule.kind.lines(rule.read(raw)[0])


@require_http_methods(["GET"])
@permission_required("console.open")
def index(request: HttpRequest) -> HttpResponse:
    """Every rule of this release: what it says, its value, since when, by whom, what is planned and what is proposed."""
    standing, waiting = policy.standing(), dict[str, int]()
    for key in RuleChange.objects.filter(state=ProposalState.PROPOSED).values_list("key", flat=True):
        waiting[key] = waiting.get(key, 0) + 1
    areas: dict[str, Area] = {}
    words, changed = request.GET.get("q", "")[:80].casefold().split(), request.GET.get("changed") == "1"
    for rule in policy.declared():
        said = f"{rule.key} {rule.name} {rule.about}".casefold()
        if not all(word in said for word in words):
            continue
        app = rule.key.partition(".")[0]
        title = _CORE if app == "core" else apps.get_app_config(app).verbose_name
        how = standing(rule)
        if changed and not (how.row or how.coming or waiting.get(rule.key)):
            continue
        raw = how.row.value if how.row else rule.kind.plain(rule.default)
        value, faults = rule.read(raw)
        areas.setdefault(app, Area(app, title)).rules.append(
            Listed(
                rule,
                how,
                rule.kind.lines(value),
                any(each.serious for each in faults),
                waiting.get(rule.key, 0),
            )
        )
    context = {
        "title": _("Rules in force"),
        "areas": list(areas.values()),
        "count": len(policy.declared()),
        "q": request.GET.get("q", "")[:80],
        "changed": changed,
    }
    return page(request, "console/rules.html", context)


@require_http_methods(["GET", "POST"])
@permission_required("console.open")
def one(request: HttpRequest, key: str) -> HttpResponse:
    """One rule: what holds, what is planned, what waits for a second person, its versions, and the form that changes it.

    `step=look` shows the difference, and `step=propose` proposes what was looked at.
    """
    rule, person = rule_of(key), account_of(request)
    held = policy.in_force(rule)
    shown = rule.kind.plain(held.value)
    if request.method == "GET":
        return _one(request, rule, _form(rule, _prefilled(rule, request.GET.get("from", ""), shown), person))
    modes = _modes(rule, person)
    if not modes:
        raise Forbidden
    form = RuleForm(request.POST, rule=rule, shown=shown, modes=modes)
    looked: tuple[list[Line], str] | None = None
    try:
        if not form.is_valid():
            raise IncompleteForm
        given = form.cleaned_data
        looked = _difference(rule, shown, given["value"]), _seen(rule, held.citation, given["value"])
        if request.POST.get("step") == "propose" and request.POST.get("seen") == looked[1]:
            row = propose(
                account=person,
                rule=rule,
                value=given["value"],
                mode=given["mode"],
                reason=given["reason"],
                effective_from=given["effective_from"],
            )
            messages.success(
                request,
                _("It holds now, until it lapses. Somebody else looks at it.")
                if row.mode == Mode.ALONE
                else _("Proposed. Somebody else has to agree."),
            )
            return redirect("governance_console:rule", key=rule.key)
    except DomainError as error:
        messages.error(request, error.detail)
        if not isinstance(error, IncompleteForm):
            explain(form, error)
        return _one(request, rule, form, looked=looked, status=error.status)
    return _one(request, rule, form, looked=looked)


def _prefilled(rule: policy.Policy[Any], number: str, shown: Any) -> Any:
    """The value of an earlier version, to propose it again; else what is in force."""
    wanted = typed.number.guess(number, most=10**9) if number else None
    if wanted == 0:
        return rule.kind.plain(rule.default)
    row = next((each for each in policy.history(rule) if each.number == wanted), None) if wanted else None
    return rule.kind.plain(rule.read(row.value)[0]) if row else shown


def _modes(rule: policy.Policy[Any], person: "Account") -> list[Mode]:
    found = [Mode.LATER, Mode.DAY] if may(person, CHANGE) else []
    return [*found, Mode.ALONE] if may(person, TIGHTEN) and policy.way_of(rule) else found


def _form(rule: policy.Policy[Any], shown: Any, person: "Account") -> RuleForm | None:
    modes = _modes(rule, person)
    return RuleForm(rule=rule, shown=shown, modes=modes, initial={"mode": modes[0]}) if modes else None


def _seen(rule: policy.Policy[Any], citation: str, value: Any) -> str:
    """Names a difference that was looked at: what is proposed is what stood there."""
    written = json.dumps([rule.key, citation, value], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _difference(rule: policy.Policy[Any], old: Any, new: Any) -> list[Line]:
    before, after = _value(rule, old), _value(rule, new)
    if len(before) != len(after):
        return [Line("", "\n".join(before), "\n".join(after))]
    return [Line("", *pair) for pair in zip(before, after, strict=True)]


def _changes(
    rule: policy.Policy[Any],
    rows: list[RuleChange],
    history: "list[PolicyVersion]",
    person: "Account",
    refusal: Refusal | None,
) -> Iterator[Change]:
    how, versions = simulation.of(rule), {row.number: row for row in history}
    for row in rows:
        held = held_before(rule, row)
        urgent = versions.get(row.urgent_number) if row.urgent_number else None
        yield Change(
            row,
            held.citation,
            _difference(rule, rule.kind.plain(held.value), row.value),
            figures.shown(how, row.simulated) if how else None,
            progress_of(row, clock.now()),
            figures.shown(how, row.shadowed) if how else None,
            urgent.lapses_at if urgent else None,
            RULE_CHANGES.offers(row, person, refusal),
        )


def _versions(
    rule: policy.Policy[Any], history: "list[PolicyVersion]", came: dict[int, RuleChange]
) -> Iterator[Version]:
    how = simulation.of(rule)
    for row in history:
        value, faults = rule.read(row.value)
        change = came.get(row.number)
        effect = change.effect if change and how else None
        yield Version(
            row,
            rule.kind.lines(value),
            any(fault.serious for fault in faults),
            figures.shown(how, effect["before"]) if how and effect else None,
            figures.shown(how, effect["after"]) if how and effect else None,
            figures.shown(how, change.simulated) if how and change and effect else None,
        )


@RULE_CHANGES.shown_by
def _of_change(request: HttpRequest, row: RuleChange, refusal: Refusal | None) -> HttpResponse:
    rule = rule_of(row.key)
    shown = rule.kind.plain(policy.in_force(rule).value)
    return _one(request, rule, _form(rule, shown, account_of(request)), refusal=refusal)


def _one(
    request: HttpRequest,
    rule: policy.Policy[Any],
    form: RuleForm | None,
    refusal: Refusal | None = None,
    *,
    looked: tuple[list[Line], str] | None = None,
    status: int = 200,
) -> HttpResponse:
    person, standing = account_of(request), policy.standing()(rule)
    rows = list(RuleChange.objects.filter(key=rule.key).order_by("-pk"))
    waiting = [row for row in rows if row.state == ProposalState.PROPOSED]
    held, way = policy.in_force(rule), policy.way_of(rule)
    how, history = simulation.of(rule), policy.history(rule)
    context = {
        "title": str(rule.name),
        "rule": rule,
        "held": held,
        "lines": rule.kind.lines(held.value),
        "bounds": rule.kind.bounds(),
        "standing": standing,
        "coming": [(row, _value(rule, row.value)) for row in standing.coming],
        "waiting": list(_changes(rule, waiting, history, person, refusal)),
        "closed": [row for row in rows if row.state not in {ProposalState.PROPOSED, ProposalState.APPROVED}][
            :CLOSED_SHOWN
        ],
        "versions": list(_versions(rule, history, {row.number: row for row in rows if row.number})),
        "original": rule.kind.lines(rule.default),
        "form": form,
        "looked": looked,
        "safer": way.says if way else "",
        "simulation": how,
        "no_simulation": ""
        if how
        else simulation.why_none(rule) or pgettext("rule", "Nothing that is stored shows it."),
        "effects_after": WEEK.days,
    }
    return page(request, "console/rule.html", context, status=status)
