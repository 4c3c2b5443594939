"""What one may do with a row of the console: one object each, in one registry, and one door through which all pass.

An app makes an `ActionSet` for each kind of row that staff act on (an incident, a claim, a vetting case) and gives it its
actions. The page of the row draws them, the permission table enumerates them, and `core.console.act` performs them:
who may, why not now, what has to be said, the service. What is not in a registry cannot be done.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial
from inspect import signature
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from django import forms
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core import four_eyes, idempotency
from core.errors import DomainError, Forbidden, NotFound, refuse
from core.permissions import TABLE, may, require
from core.transactions import asking_first, begins

if TYPE_CHECKING:
    from accounts.models import Account

R = TypeVar("R")
Given = Mapping[str, Any]
Text = str | Promise
Against = Text | DomainError | None

# To who sends late what they did, and what the rule would refuse by now.
_DONE_BEFORE = _("You have done this already, and it was not done a second time. Now: %(why)s")


class NotNow(DomainError):
    """The rule against an action, in its own words."""

    code, sentence = "not_now", "%(why)s"


class IncompleteForm(DomainError):
    code, status, sentence = (
        "invalid_input",
        400,
        _("Something is missing or cannot be read. Nothing was changed."),
    )


class ActionForm(forms.Form):
    """What an action has to be told. Each decision is a required field: what is absent is never 'no'.

    `row` and `person` are there for choices that depend on them. `template` is the partial that draws the fields. Of the
    fields in `one_of` at least one is to be filled in, where none of them alone has to be.
    """

    required_css_class = "required"
    template = "_form.html"
    one_of: ClassVar[tuple[str, ...]] = ()

    def __init__(self, *args: Any, row: Any, person: "Account", **options: Any) -> None:
        self.row, self.person = row, person
        super().__init__(*args, **options)
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices from `self.row` and `self.person`."""

    def sent(self) -> dict[str, Any]:
        """By field what was sent for it, unread; files by their names and lengths."""
        words = {name: self[name].data for name in self.fields if name not in self.files}
        files = {name: self.files.getlist(name) for name in self.files}
        return words | {name: [(file.name, file.size) for file in sent] for name, sent in files.items()}

    @property
    def is_blank(self) -> bool:
        """True where nothing was said in any of its fields, whatever `prepare` or `clean` made of them."""
        return not any(_said(each) for each in self.sent().values())

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if self.one_of and not self.errors and not any(given.get(name) for name in self.one_of):
            first = self.fields[self.one_of[0]]
            self.add_error(self.one_of[0], first.error_messages["required"])
        return given


def _said(given: Any) -> bool:
    """A widget of several parts gives a list, of nothings where none of them was filled in."""
    return any(map(_said, given)) if isinstance(given, list | tuple) else bool(given)


class Sure(ActionForm):
    """For an action that needs no words: the button itself says that it was meant, so an empty request does nothing."""

    do = forms.ChoiceField(choices=[("1", "1")], widget=forms.HiddenInput, initial="1")


class Drawn(forms.HiddenInput):
    """Says what is on the page that draws it, also where an older page was refused."""

    now = ""

    def format_value(self, value: object) -> str:
        return self.now


def say_what_is_shown(form: ActionForm) -> None:
    """A field `shown` holds the row's `news` of the page that draws it."""
    widget = form.fields["shown"].widget
    if isinstance(widget, Drawn):
        widget.now = str(form.row.news)


class See(Sure):
    """With what the page showed: what came meanwhile is not seen by it."""

    shown = forms.CharField(max_length=20, widget=Drawn)

    def prepare(self) -> None:
        say_what_is_shown(self)


def text(label: Any, *, rows: int = 1, limit: int = 4000) -> forms.CharField:
    """A field for words that have to be said."""
    return forms.CharField(label=label, max_length=limit, widget=forms.Textarea(attrs={"rows": rows}))


def words(label: Any, *, rows: int = 1, limit: int = 4000) -> type[ActionForm]:
    """A form that asks for `words`, nothing else."""
    return type("Words", (ActionForm,), {"words": text(label, rows=rows, limit=limit)})


def choice(label: Any, choices: Iterable[tuple[str, Any]], *, drawn: bool = True) -> forms.ChoiceField:
    """A field for a decision: nothing is ticked beforehand, and nothing but what is offered is taken.

    All choices are `drawn` beside each other, or else stand in a list that begins empty.
    """
    if drawn:
        return forms.ChoiceField(label=label, choices=list(choices), widget=forms.RadioSelect)
    return forms.ChoiceField(label=label, choices=[("", "—"), *choices])


class Once(ActionForm):
    """For what may be done again and is not meant twice by one press: `after` says how many like it stood on the page.

    Whoever sends the same from the same page does it once. Of a page that does not say it, each is one more.
    """

    after = forms.CharField(max_length=20, widget=Drawn, required=False)

    def say_after(self, count: int) -> None:
        """How many there are now, for the page that draws it."""
        widget = self.fields["after"].widget
        if isinstance(widget, Drawn):
            widget.now = str(count)


class _SentTwice(DomainError):
    """It is done, from the same page."""

    code, sentence = "sent_twice", ""


def nothing_against(_row: object, _person: "Account", _key: str) -> str:
    """The rule of rows that are there for everything at any time, whose services answer by themselves, or refuse nothing."""
    return ""


def _itself(row: Any, _given: Given) -> Iterable[models.Model]:
    return (row,)


@dataclass(frozen=True, slots=True)
class Calls:
    """What most actions run; see `calls`."""

    service: Callable[..., object]
    fields: tuple[str, ...]
    fixed: Mapping[str, object]
    done: Text

    def __call__(self, row: Any, person: "Account", given: Given) -> Text | None:
        self.service(
            account=person, code=row.code, **{name: given[name] for name in self.fields}, **self.fixed
        )
        return self.done or None

    def faults(self, form: type[ActionForm]) -> Iterator[str]:
        """What of this form and the service does not fit: found by whoever presses the button, or lost without a word."""
        asked = form.base_fields.keys() - Sure.base_fields.keys()
        if issubclass(form, Once):
            asked -= Once.base_fields.keys()
        for name in sorted(set(self.fields) - asked):
            yield f"its form has no field {name!r}"
        for name in sorted(asked - set(self.fields)):
            yield f"nothing is done with its field {name!r}"
        called = getattr(self.service, "__name__", self.service)
        if not begins(self.service):
            yield f"{called} begins no transaction, in which the rule could be asked"
        try:
            handed = dict.fromkeys(("account", "code", *self.fields, *self.fixed))
            signature(self.service).bind(**handed)
        except TypeError as why:
            yield f"{called}: {why}"


def calls(service: Callable[..., object], *fields: str, done: Text = "", **fixed: object) -> Calls:
    """What an action runs in most cases: `service(account=, code=)` with some of the form's fields by their names."""
    return Calls(service, fields, fixed, done)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action(Generic[R]):
    """Something that may be done with a row.

    `run(row, person, given)` calls one service and returns nothing, a sentence to say, or an answer of its own.
    `two` names the pair of `core.four_eyes` that it is a part of. `shortcut` is a key on the keyboard. `urgent` is
    drawn first and red. `offered` is false where the page draws it elsewhere, or not for this row at all. `lock` where
    it locks other rows than its kind does.
    """

    key: str
    label: Text
    permission: str
    run: Callable[[R, "Account", Given], Text | HttpResponse | None]
    form: type[ActionForm] = Sure
    why_not: Callable[[R, "Account"], Against] | None = None
    lock: Callable[[R, Given], Iterable[models.Model]] | None = None
    two: str = ""
    shortcut: str = ""
    urgent: bool = False
    offered: Callable[[R, "Account"], bool] = field(default=lambda _row, _person: True)


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """One of the actions by which two people do something together: what `by_two` does not say for all of them."""

    key: str
    label: Text
    run: Callable[[R, "Account", Given], Text | HttpResponse | None]
    form: type[ActionForm] = Sure
    urgent: bool = False


AGREE, DISAGREE = _("I agree"), _("I do not agree")


def either(
    service: Callable[..., object],
    agree: Text = AGREE,
    disagree: Text = DISAGREE,
    *,
    done: tuple[Text, Text] = ("", ""),
) -> tuple[Step[Any], Step[Any]]:
    """The two answers to a proposal, where one service takes both by `agrees`; `done` is what is said after each."""
    return (
        Step("agree", agree, calls(service, agrees=True, done=done[0])),
        Step("disagree", disagree, calls(service, agrees=False, done=done[1])),
    )


def by_two(
    two: str,
    permission: str,
    first: Step[R] | None,
    *answers: Step[R],
    proposal: Callable[[R], str | None] | None = None,
) -> Iterable[Action[R]]:
    """What two people do together: one proposes it by `first`, another gives one of the `answers`.

    `two` is their pair in `core.four_eyes`. `proposal(row)` says who proposed, or what: the first step is offered while
    it is empty, the answers once it is not, and neither where it is None. Without it all are offered. `first` is None
    where it is proposed elsewhere.
    """

    def is_first(row: R, _person: "Account") -> bool:
        return proposal is None or proposal(row) == ""

    def is_second(row: R, _person: "Account") -> bool:
        return proposal is None or bool(proposal(row))

    for step in (first, *answers):
        if step is not None:
            yield Action(
                key=step.key,
                label=step.label,
                permission=permission,
                run=step.run,
                form=step.form,
                two=two,
                urgent=step.urgent,
                offered=is_first if step is first else is_second,
            )


@dataclass(frozen=True)
class Offer(Generic[R]):
    """An action for one row and one person: `why_not` is empty where it may be done now."""

    action: Action[R]
    why_not: Text
    url: str
    name: str
    made: Callable[[], ActionForm]
    typed: bool

    @property
    def key(self) -> str:
        return self.action.key

    @property
    def label(self) -> Text:
        return self.action.label

    @cached_property
    def form(self) -> ActionForm:
        """Ready to be drawn: made when it is, because what is closed draws none."""
        return self.made()

    @property
    def refused(self) -> bool:
        """True where it was refused a moment ago: what was typed stands in the form, which is drawn also if it is closed."""
        return self.typed and bool(self.form.errors)

    @property
    def plain(self) -> bool:
        """True where there is nothing to fill in: a button is enough."""
        return all(bound.is_hidden for bound in self.form)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What was refused a moment ago, with what was typed: the page draws it where it was typed."""

    key: str
    form: ActionForm
    error: DomainError


Page = TypeVar("Page", bound=Callable[[HttpRequest, Any, Refusal | None], HttpResponse])


@dataclass(slots=True, kw_only=True)
class ActionSet(Generic[R]):
    """A kind of row that staff act on.

    `find(code, person)` reads the row for somebody, or raises `NotFound`; `code` is how the row is called in addresses.
    `route` is the name of the address that acts (`core.console.act.view`), `back(row)` where one returns to.
    `why_not(row, person, key)` is the app's rule: empty, a sentence, which `refused` says, or an error. `had_a_part(row, key)`
    are those who did what an action answers or changes. `perform` asks both once more in the transaction of the
    service, under `lock`: what the action locks first, in the order in which its services lock. The front says with
    `shown_by` how the row's page is drawn. `listed` where several rows stand on one page: what a form is called there
    carries the row's code.
    """

    kind: str
    find: Callable[[str, "Account"], R]
    route: str
    back: Callable[[R], str]
    why_not: Callable[[R, "Account", str], Against]
    refused: type[DomainError] = NotNow
    had_a_part: Callable[[R, str], Collection[str]] = field(default=lambda _row, _key: ())
    lock: Callable[[R, Given], Iterable[models.Model]] = field(default=_itself)
    code: Callable[[R], str] = field(default=lambda row: row.code)
    listed: bool = False
    actions: dict[str, Action[R]] = field(default_factory=dict)
    show: Callable[[HttpRequest, R, Refusal | None], HttpResponse] = field(init=False)

    def __post_init__(self) -> None:
        if self.kind in ACTION_SETS:
            raise ValueError(f"{self.kind}: there is such a kind already")
        ACTION_SETS[self.kind] = self

    def shown_by(self, page: Page) -> Page:
        """Function decorator: the page of a row, drawn also after a refusal; one page may stand for several kinds."""
        self.show = page
        return page

    def add(self, *actions: Action[R]) -> None:
        """Raises `ValueError` for a key or shortcut that is taken, a permission or pair that does not exist, a form that asks
        for nothing, and a service that does not take what the form asks for."""
        for each in actions:
            if each.key in self.actions:
                raise ValueError(f"{self.kind}.{each.key}: there is such an action already")
            if not TABLE.get(each.permission):
                raise ValueError(
                    f"{self.kind}.{each.key}: no permission {each.permission!r}, or nobody who has it"
                )
            if each.two and each.two not in four_eyes.PAIRS:
                raise ValueError(f"{self.kind}.{each.key}: no pair {each.two!r}")
            if not each.form.one_of and not any(bound.required for bound in each.form.base_fields.values()):
                raise ValueError(f"{self.kind}.{each.key}: an empty request would do it")
            if same := [
                other.key for other in self.actions.values() if each.shortcut == other.shortcut != ""
            ]:
                raise ValueError(
                    f"{self.kind}.{each.key}: the key {each.shortcut!r} does {same[0]!r} already"
                )
            if isinstance(each.run, Calls) and (faults := list(each.run.faults(each.form))):
                raise ValueError(f"{self.kind}.{each.key}: {'; '.join(faults)}")
            self.actions[each.key] = each

    def action(self, key: str) -> Action[R]:
        """Raises `NotFound` for what nobody registered."""
        try:
            return self.actions[key]
        except KeyError:
            raise NotFound from None

    def against(self, action: Action[R], row: R, person: "Account") -> Text:
        """Why this person may not do it with this row now; empty where they may."""
        rule = self._rule(action, row, person)
        said = rule.detail if isinstance(rule, DomainError) else rule
        return said or ("" if may(person, action.permission) else Forbidden.sentence)

    def _rule(self, action: Action[R], row: R, person: "Account") -> Against:
        if action.why_not is not None:
            return action.why_not(row, person)
        return self.why_not(row, person, action.key)

    def _check(self, action: Action[R], row: R, person: "Account") -> None:
        """Raises what is against it."""
        four_eyes.another(person.code, *self.had_a_part(row, action.key))
        rule = self._rule(action, row, person)
        if isinstance(rule, DomainError):
            raise rule
        if rule:
            raise (self.refused if action.why_not is None else NotNow)(why=rule)

    def _check_locked(self, action: Action[R], row: R, person: "Account", given: Given) -> None:
        """Raises what is against it now: nobody changes the row from here until the transaction ends."""
        lock = self.lock if action.lock is None else action.lock
        for each in lock(row, given):
            list(type(each)._base_manager.select_for_update().filter(pk=each.pk).values_list("pk"))
        self._check(action, self.find(self.code(row), person), person)

    def offers(self, row: R, person: "Account", refusal: Refusal | None = None) -> list[Offer[R]]:
        """All that is offered for a row, each closed one with its reason, in the order of registration."""
        return [
            self._offer(each, row, person, refusal)
            for each in self.actions.values()
            if each.offered(row, person)
        ]

    def offer(self, key: str, row: R, person: "Account", refusal: Refusal | None = None) -> Offer[R]:
        """One action, for a page that draws it at a place of its own."""
        return self._offer(self.action(key), row, person, refusal)

    def _offer(self, action: Action[R], row: R, person: "Account", refusal: Refusal | None) -> Offer[R]:
        typed = refusal.form if refusal is not None and self._is_about(refusal, action, row) else None
        made = partial(self.form, action, row, person) if typed is None else lambda: typed
        url = reverse(self.route, args=[self.code(row), action.key])
        against = self.against(action, row, person)
        return Offer(action, against, url, self.name(action, row), made, typed is not None)

    def name(self, action: Action[R], row: R) -> str:
        """What the action's form is called on the page, there alone."""
        return f"{self.kind}-{self.code(row)}-{action.key}" if self.listed else action.key

    def form(self, action: Action[R], row: R, person: "Account", *typed: Any) -> ActionForm:
        """The form of an action for a row, empty or with what was `typed` (fields, files)."""
        return action.form(*typed, row=row, person=person, auto_id=f"{self.name(action, row)}-%s")

    def _is_about(self, refusal: Refusal, action: Action[R], row: R) -> bool:
        """Whether this action was refused for this row: other rows, and rows of other kinds, may be on the page."""
        other = refusal.form.row
        return refusal.key == action.key and type(other) is type(row) and self.code(other) == self.code(row)

    def perform(
        self, action: Action[R], row: R, person: "Account", form: ActionForm
    ) -> Text | HttpResponse | None:
        """Do it. Raises what refuses it: `Forbidden`, `SecondPersonNeeded`, the rule's error or `NotNow`, `IncompleteForm`,
        or what the service says.

        The rule is asked in the transaction of the service, under `lock`: of two people at once the second meets it,
        whatever the service asks by itself. A rule of the action's own is asked before what was typed, too. Who says
        again what they did with this row is not refused, and nothing is done: told is what stands against it now, unless it
        was done a moment ago and nothing since. What is allowed again, because somebody took it back, is done again.
        """
        require(person, action.permission)
        early = self._early(action, row, person)
        if not form.is_valid() or form.is_blank:
            early = early or IncompleteForm()
        return self._do(action, row, person, form.cleaned_data, form.sent(), early)

    def do(self, action: Action[R], row: R, person: "Account", given: Given) -> Text | HttpResponse | None:
        """As `perform`, for a front that read by itself what was given: `given` has the names of the form's fields."""
        require(person, action.permission)
        return self._do(action, row, person, given, given, self._early(action, row, person))

    def _early(self, action: Action[R], row: R, person: "Account") -> DomainError | None:
        """What a rule of the action's own has against it."""
        if action.why_not is not None:
            try:
                self._check(action, row, person)
            except DomainError as error:
                return error
        return None

    def _do(
        self,
        action: Action[R],
        row: R,
        person: "Account",
        given: Given,
        sent: Given,
        early: DomainError | None,
    ) -> Text | HttpResponse | None:
        """Unless something is against it already. `sent` is what was given before it was read: what one could choose a
        moment ago may be no choice any more."""
        code, times = self.code(row), []
        act = idempotency.act_of(action.key, person.code, code, sent)

        def ask() -> None:
            self._check_locked(action, row, person, given)
            if sent.get("after") and idempotency.done(self.kind, code, act, person.code):
                raise _SentTwice
            times.append(idempotency.remember(self.kind, code, act))

        try:
            refuse(early)
            with asking_first(ask):
                return action.run(row, person, given)
        except _SentTwice:
            return None
        except DomainError as against:
            for time in times:  # the service may have kept its refusal
                idempotency.forget(time)
            match idempotency.done(self.kind, code, act, person.code):
                case None:
                    raise
                case idempotency.Done.LAST:
                    return None
                case idempotency.Done.BEFORE:
                    return str(_DONE_BEFORE) % {"why": against.detail}


ACTION_SETS: dict[str, ActionSet[Any]] = {}
