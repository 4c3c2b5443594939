"""One registry of actions, one door: what is not registered, not meant or not allowed changes nothing."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.urls import get_resolver

from core import actions, clock, four_eyes, motions
from core.actions import ACTION_SETS, Action, ActionForm, ActionSet, calls, nothing_against
from core.errors import DomainError, NotFound
from core.permissions import TABLE
from core.transactions import NotAsked, asking_first, begins_transaction
from rides.models import LatePickup, Reminder
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos

get_resolver().url_patterns  # noqa: B018 - the fronts register their desks


def _desk(kind: str) -> ActionSet[object]:
    return ActionSet(
        kind=kind, find=lambda code, _person: code, route="x", back=lambda _row: "/", why_not=nothing_against
    )


def test_an_action_that_an_empty_request_would_do_is_refused_at_import() -> None:
    desk = _desk("test-empty")
    try:
        with pytest.raises(ValueError, match="empty request"):
            desk.add(Action(key="go", label="go", permission="ride", run=calls(print), form=ActionForm))
        assert desk.actions == {}
    finally:
        del ACTION_SETS["test-empty"]


@pytest.mark.parametrize(
    "wrong",
    [{"permission": "claims.decide_all"}, {"permission": "of.nobody"}, {"two": "nothing.of_the_kind"}],
)
def test_a_half_wired_action_is_refused_at_import(
    wrong: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(TABLE, "of.nobody", frozenset())  # type: ignore[arg-type]  # only read elsewhere
    desk = _desk("test-wired")
    try:
        with pytest.raises(ValueError, match=r"no (permission|pair)"):
            desk.add(
                Action(**{"key": "go", "label": "go", "permission": "ride", "run": calls(print)} | wrong)
            )
    finally:
        del ACTION_SETS["test-wired"]


def test_two_actions_of_a_row_do_not_share_a_shortcut() -> None:
    """Of two, the key would press what stands first on the page today."""
    desk = _desk("test-keys")

    def act(key: str, shortcut: str = "") -> Action[object]:
        return Action(key=key, label=key, permission="ride", run=lambda *_given: None, shortcut=shortcut)

    try:
        desk.add(act("go", "g"), act("stay"), act("wait"), act("turn", "t"))
        with pytest.raises(ValueError, match=r"test-keys\.gain: the key 'g' does 'go' already"):
            desk.add(act("gain", "g"))
    finally:
        del ACTION_SETS["test-keys"]


class _Reason(ActionForm):
    reason = actions.text("why")
    more = actions.text("more")


@begins_transaction
def _service(*, account: object, code: str, reason: str, more: str) -> None:
    """What an action calls."""


def _loose(*, account: object, code: str) -> None:
    """One that forgot to begin a transaction: it would write, and only then be asked whether it may."""


@pytest.mark.parametrize(
    ("run", "form", "says"),
    [
        (calls(_service, "reason", "more"), actions.Sure, "its form has no field 'more'; its form has no"),
        (calls(_service, "reason", more="x"), _Reason, "nothing is done with its field 'more'"),
        (
            calls(_service, "reason"),
            actions.words("why"),
            "no field 'reason'; nothing is done with .*'words'",
        ),
        (calls(_service, "reason"), _Reason, "_service: missing a required .*'more'"),
        (calls(_service, "reason", "more", agrees=True), _Reason, "_service: got an unexpected .*'agrees'"),
        (calls(_loose), actions.Sure, "_loose begins no transaction"),
    ],
)
def test_a_form_and_a_service_that_do_not_fit_are_refused_at_import(run, form, says) -> None:
    """What the form asks for and nobody takes would be lost, and what it does not ask for breaks the button."""
    desk = _desk("test-fit")
    try:
        with pytest.raises(ValueError, match=f"test-fit.go: .*{says}"):
            desk.add(Action(key="go", label="go", permission="ride", run=run, form=form))
        assert desk.actions == {}
        desk.add(
            Action(
                key="go", label="go", permission="ride", run=calls(_service, "reason", "more"), form=_Reason
            )
        )
    finally:
        del ACTION_SETS["test-fit"]


class _Relaxed(ActionForm):
    """One that forgets, once it is made, what it asks for."""

    at = actions.forms.SplitDateTimeField()

    def prepare(self) -> None:
        self.fields["at"].required = False


def test_an_empty_request_does_nothing_whatever_became_of_the_form(people) -> None:
    done, desk = [], _desk("test-relaxed")
    desk.code = str
    desk.add(
        Action(key="go", label="go", permission="ride", run=lambda *given: done.append(given), form=_Relaxed)
    )
    try:
        action, person = desk.action("go"), people("driver")
        for sent in ({}, {"csrfmiddlewaretoken": "x"}, {"at_0": "", "at_1": ""}):
            with pytest.raises(actions.IncompleteForm):
                desk.perform(action, "x", person, desk.form(action, "x", person, sent))
        assert done == []
    finally:
        del ACTION_SETS["test-relaxed"]


def test_an_unknown_action_is_nothing() -> None:
    for desk in ACTION_SETS.values():
        with pytest.raises(NotFound):
            desk.action("nothing-of-the-kind")


def test_every_desk_has_a_page_for_what_it_refuses() -> None:
    assert [kind for kind, desk in ACTION_SETS.items() if not hasattr(desk, "show")] == []


class _Nothing:
    """A row of which nothing is there, whatever a rule asks of it."""


class _Somebody:
    """Who has a role, which most rules ask first."""

    def __init__(self, role: str) -> None:
        self.role, self.code = role, "somebody"


# Kinds whose rule says the same of each action, or tells them apart without naming all: one that is added would fall under
# what was written for the others. Whoever adds it reads the rule, and names it here.
READ_BY_ONE_RULE = {
    "accident": {"contact"},
    "application": {"agree", "ask", "disagree", "propose", "return"},
    "care_task": {"done"},
    "comment": {"publish", "remove", "restore", "uphold"},
    "concern": {"agree", "answer", "ask", "look", "open", "refuse"},
    "driver_appeal": {"agree", "disagree", "look", "propose"},
    "failed_work": {"again", "dealt-with"},
    "greeting": {"agree", "drop"},
    "guardianship": {"end", "keep", "propose"},
    "hold": {"agree", "disagree", "propose"},
    "late_pickup": {"no_answer", "other_line", "safe", "take"},
    "line_suspension": {"agree", "withdraw"},
    "look": {"answer"},
    "mismatch_report": {"look", "sort"},
    "order_offer": {"accept", "decline"},
    "outside_message": {"add", "dismiss", "file", "help"},
    "passage": {"agree", "withdraw"},
    "plate": {"other", "same"},
    "preservation": {"renew", "renew_agree", "renew_back"},
    "recording": {"ask-to-renew", "renew"},
    "reminder": {"no_answer", "spoken"},
    "review": {"add", "correct_action", "finish", "withdraw_action", "write"},
    "rule_change": {"agree", "withdraw"},
    "staff": {"let-in", "role", "set-up-anew", "suspend"},
    "summary": {"answer", "hand_in", "keep"},
    "transparency_report": {"publish", "withdraw"},
    "vetting_case": {"agree", "disagree", "propose"},
    "video": {"decide", "hang_up", "take"},
}
OF_MOTIONS = {"agree", "withdraw"}


def _by_one_rule(desk: ActionSet[Any]) -> bool:
    """Whether the rule of a kind takes an action that it does not name; one that names all says `KeyError`, of any row."""
    role = next(iter(sorted(TABLE[next(iter(desk.actions.values())).permission])))
    try:
        person: Any = _Somebody(role)
        desk.why_not(_Nothing(), person, "nothing-of-the-kind")
    except KeyError:
        return False
    except Exception:  # noqa: S110 - a rule that looks at the row first
        pass
    return True


def _without_rule() -> list[str]:
    """One that the rule of its kind does not know would break the page of each row that offers it, or be allowed by what was
    written for another."""
    without = []
    for desk in ACTION_SETS.values():
        read = OF_MOTIONS if desk.why_not is motions.against else READ_BY_ONE_RULE.get(desk.kind, set())
        for action in desk.actions.values():
            person: Any = _Somebody(next(iter(sorted(TABLE[action.permission]))))
            if action.why_not is not None:
                continue
            if _by_one_rule(desk):
                without += [f"{desk.kind}.{action.key}"] if action.key not in read else []
                continue
            try:
                desk.why_not(_Nothing(), person, action.key)
            except KeyError:
                without.append(f"{desk.kind}.{action.key}")
            except Exception:  # noqa: S112 - a rule that looks at the row
                continue
    return without


def test_every_action_has_its_rule() -> None:
    assert _without_rule() == [], (
        "a line in the rule of its kind; where that names no actions, READ_BY_ONE_RULE"
    )


def test_no_rule_is_listed_that_names_its_actions() -> None:
    listed = {f"{kind}.{key}" for kind, keys in READ_BY_ONE_RULE.items() for key in keys}
    there = {
        f"{desk.kind}.{action.key}"
        for desk in ACTION_SETS.values()
        if _by_one_rule(desk)
        for action in desk.actions.values()
        if action.why_not is None
    }
    assert listed - there == set()


@pytest.mark.parametrize("kind", sorted(ACTION_SETS))
def test_an_action_without_a_rule_is_seen(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the rule asks first who it is."""
    desk = ACTION_SETS[kind]
    permission = next(iter(desk.actions.values())).permission
    assert _without_rule() == []
    monkeypatch.setitem(
        desk.actions, "new", Action(key="new", label="x", permission=permission, run=calls(_service))
    )
    assert _without_rule() == [f"{kind}.new"]


def test_every_choice_of_an_action_must_be_made() -> None:
    """Absent is never 'no': a decision has no default."""
    found = [
        f"{desk.kind}.{action.key}.{name}"
        for desk in ACTION_SETS.values()
        for action in desk.actions.values()
        for name, field in action.form.base_fields.items()
        if isinstance(field, actions.forms.ChoiceField)
        and (not field.required or (field.initial not in {None, ""} and not field.widget.is_hidden))
    ]
    assert found == []


# Pairs of rows that are there only once two people agreed to something else: a motion, or a change of the rules.
WRITTEN_BY_OTHERS = {
    "core.policy",
    "governance.consultation",
    "governance.consultation_answer",
    "governance.executive",
    "governance.proof",
    "governance.reassessment",
    "governance.waiver",
}


def test_each_pair_of_people_is_named_by_the_actions_that_make_it() -> None:
    """Where all of them forgot `two`, nobody reads beside them that they take two."""
    named = {action.two for desk in ACTION_SETS.values() for action in desk.actions.values()}
    assert set(four_eyes.PAIRS) - named == WRITTEN_BY_OTHERS


def test_each_pair_of_people_is_held_by_the_database() -> None:
    for pair in four_eyes.PAIRS.values():
        laws = {law.name: law for law in pair.model._meta.constraints}
        assert pair.law in laws, pair.key
        assert pair.first in str(laws[pair.law].condition)
        assert pair.second in str(laws[pair.law].condition)


def test_whoever_may_not_act_sees_nothing_of_the_row(rides, signed_in):
    """The page that a refusal is drawn on is for those who may do it at all."""
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    for who in ("vetting", "admin"):
        answer = signed_in(who).post(f"/admin/incidents/{incident.code}/do/take/", {"do": "1"})
        assert answer.status_code == 403
        assert trip.code not in answer.content.decode()
        assert "138****0001" not in answer.content.decode()


def test_a_refusal_is_said_also_where_the_page_has_no_place_for_it(rides, signed_in):
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    answer = signed_in("specialist").post(f"/admin/incidents/{incident.code}/do/appeal/", {"do": "1"})
    assert (answer.status_code, "Nobody appealed against it." in answer.content.decode()) == (409, True)


# --- Two people at once ----------------------------------------------------------------------------------------------


def at_once(desk, people, code, key):
    """Each of the people does the same with the same row, as they saw it before anybody did; what each is told, or the code of it."""
    gate = Barrier(len(people))

    def act(person):
        action, row = desk.action(key), desk.find(code, person)
        form = desk.form(action, row, person, {"do": "1"})
        gate.wait()
        try:
            desk.perform(action, row, person, form)
        except DomainError as error:
            return str(error.params.get("why", error.code))
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(people)) as pool:
        return sorted(pool.map(act, people))


@pytest.fixture
def forgetful():
    """A desk whose service asks nothing by itself, and takes its time between reading and writing."""

    @begins_transaction
    def take(*, account, code):
        row = LatePickup.objects.get(code=code)
        time.sleep(0.2)
        row.taken_by, row.taken_at = account.code, clock.now()
        row.save(update_fields=["taken_by", "taken_at"])

    desk = ActionSet(
        kind="test-forgetful",
        find=lambda code, _person: LatePickup.objects.get(code=code),
        route="x",
        back=lambda _row: "/",
        why_not=lambda row, _person, _key: f"{row.taken_by} has it." if row.taken_by else "",
    )
    desk.add(Action(key="take", label="x", permission="night.call", run=calls(take)))
    yield desk
    del ACTION_SETS[desk.kind]


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_wins_also_where_the_service_forgets_the_rule(forgetful, rides, people):
    care = LatePickup.objects.create(code="L-1", trip=rides.accepted(), opened_at=clock.now())
    told = at_once(forgetful, [people(each) for each in ("agent", "agent2", "specialist")], care.code, "take")
    care.refresh_from_db()
    assert told == sorted(["done", *[f"{care.taken_by} has it."] * 2])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("key", ["spoken", "no_answer"])
def test_a_call_about_the_night_is_written_down_once(key, rides, people):
    trip, desk = rides.accepted(), ACTION_SETS["reminder"]
    Reminder.objects.create(trip=trip, party="driver", made_at=clock.now(), call_from=clock.now())
    told = at_once(desk, [people("agent"), people("agent2")], f"{trip.code}:driver", key)
    assert told == ["done", "stale_state"]


def test_an_action_whose_service_begins_no_transaction_is_a_mistake(rides, people):
    desk = _desk("test-loose")
    desk.code = str
    desk.add(Action(key="go", label="go", permission="ride", run=lambda *_given: None))
    try:
        action, person = desk.action("go"), people("driver")
        with pytest.raises(NotAsked):
            desk.perform(action, "x", person, desk.form(action, "x", person, {"do": "1"}))
    finally:
        del ACTION_SETS["test-loose"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "write",
    [
        lambda person: type(person).objects.filter(pk=person.pk).update(language="en"),
        lambda person: setattr(person, "language", "en") or person.save(update_fields=["language"]),
    ],
    ids=["update", "save"],
)
def test_what_writes_by_itself_writes_nothing_before_the_rule(people, write):
    """The rule would say no to a row that has changed already."""
    desk, person = _desk("test-writes"), people("driver")
    desk.code = str
    desk.add(
        Action(
            key="go", label="go", permission="ride", run=lambda _row, person, _given: write(person) and None
        )
    )
    try:
        action = desk.action("go")
        with pytest.raises(NotAsked):
            desk.perform(action, "x", person, desk.form(action, "x", person, {"do": "1"}))
    finally:
        del ACTION_SETS["test-writes"]
    person.refresh_from_db()
    assert person.language != "en"


@pytest.mark.parametrize(
    ("statement", "writes"),
    [
        ("WITH a AS (SELECT 1 AS n) SELECT n FROM a", False),
        ("WITH a AS (DELETE FROM core_outboxevent WHERE false RETURNING 1) SELECT * FROM a", True),
        ("\n delete FROM core_outboxevent WHERE false", True),
        ("SELECT 1", False),
    ],
)
def test_a_question_in_two_parts_is_no_write(world, statement, writes):
    with pytest.raises(NotAsked) as why, asking_first(lambda: None), connection.cursor() as cursor:
        cursor.execute(statement)
    assert bool(str(why.value)) == writes  # without one, what is missing is the transaction


def test_what_is_asked_first_is_asked_once_a_transaction_has_committed(world):
    asked = []

    @begins_transaction
    def service(error=None):
        if error is not None:
            raise error

    with asking_first(lambda: asked.append(connection.in_atomic_block)):
        with pytest.raises(KeyError):
            service(KeyError())
        service()
        service()
    service()
    assert asked == [True, True]


def test_the_steps_of_a_trip_are_refused_by_its_rule(rides, people):
    trip, person, desk = rides.boarded(), people("driver"), ACTION_SETS["driven_trip"]
    open_ = {key for key, action in desk.actions.items() if not desk.against(action, trip, person)}
    assert open_ == {"depart", "end"}
