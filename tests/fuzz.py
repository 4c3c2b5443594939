"""The whole schema, by whoever may be at it: schemathesis makes what fits each call and what does not, its checks look at
the answers. Each role comes to each call at least once, and goes on for its time. `make fuzz`."""

import os
import random
import re
from time import monotonic

import pytest
import schemathesis
from django.conf import settings as django
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from django.middleware.csrf import _get_new_csrf_string
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import UnsatisfiedAssumption
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import AcceptedNegativeData, Failure, FailureGroup, ServerError
from schemathesis.generation import GenerationMode
from schemathesis.openapi.checks import RejectedPositiveData

from core import broker
from tests.doors import undone
from tests.test_permissions import PEOPLE, SIGNED_IN, TABLE, things  # noqa: F401 - one is a fixture

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))  # of each role, at least
MOST = 600.0  # seconds in which a role came to each call, however busy the machine is
EXAMPLES = 3  # of what fits a call, and of what does not, before it is another call's turn
load_all_checks()

# Every check is asked. Of what one of them finds, that what fits its schema was refused, this is no fault of the call: JSON
# Schema says how a value is written. That a code was never sent, a check digit is wrong, a password is known to all or a day
# is over it cannot say; such a refusal has a code of its own, and `invalid_input` alone is about how things are written.
BY_THE_WORDS = "invalid_input"
# What only several fields together tell has that code as well: by call and field, when.
TOGETHER = {
    ("POST /api/v1/driver/face-checks/", "subject"): "the check is for a trip, and none is named",
    (
        "POST /api/v1/driver/face-checks/{code}/frames/",
        "frames",
    ): "each pose that this check asks needs frames of its own",
    ("POST /api/v1/welfare-checks/", "words"): "nothing is said at all, in none of its fields",
    (
        "POST /api/v1/police/requests/",
        "danger",
    ): "it is said to be an emergency, and not which danger there is",
}
OUTSIDE = {"relay_down"}
ALL = CHECKS.get_all()


def shape(path):
    return re.sub(r"\{\w+\}", "{}", path.strip("/"))


def known_parts(things):  # noqa: F811 - the fixture
    """By the shape of a path, parts of addresses that lead somewhere."""
    found = {}
    for method, route, *_rest in TABLE:
        if route.startswith("api/v1/"):
            found[method, shape(route)] = [things[name] for name in re.findall(r"\{(\w+)\}", route)]
    return found


@pytest.fixture
def api(world):
    # As Django's own client does: the connection of the test outlives a request.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    found = schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", get_wsgi_application())
    found.config.generation.update(
        with_security_parameters=False
    )  # whoever asks is signed in, and nobody else
    yield found
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def session_of(client):
    return (
        client.cookies[django.SESSION_COOKIE_NAME].value
        if django.SESSION_COOKIE_NAME in client.cookies
        else None
    )


def sign_in(api, session):
    """Calls that schemathesis makes are those of this session, and it knows how to make one without."""

    @api.auth()
    class Session:
        def get(self, case, context):
            return session

        def set(self, case, data, context):
            case.cookies[django.SESSION_COOKIE_NAME] = data


def beside():
    """The token of the form, and what is read."""
    token = _get_new_csrf_string()
    return {
        "cookies": {django.CSRF_COOKIE_NAME: token},
        "headers": {"X-CSRFToken": token, "Accept": "application/json, application/problem+json"},
    }


@pytest.mark.parametrize("who", PEOPLE)
def test_every_call_keeps_its_word(api, things, signed_in, who):  # noqa: F811 - the fixture
    sign_in(api, session_of(signed_in(who)))
    parts = known_parts(things)
    operations = [each.ok() for each in api.get_all_operations() if not each.ok().path.startswith("/live/")]
    chance, wrong, count, tried, began = random.Random(who), {}, 0, set(), monotonic()
    while monotonic() < began + SECONDS:
        chance.shuffle(operations)
        for operation in operations:
            spent = monotonic() - began
            if spent > (SECONDS if len(tried) == 2 * len(operations) else MOST):
                break
            real = parts.get((operation.method.upper(), shape(operation.path)))
            names = [each.name for each in operation.path_parameters]
            fixed = dict(zip(names, real, strict=False)) if real and chance.random() < 0.7 else None
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                count += attack(operation, mode, fixed, chance, wrong)
                tried.add((operation.label, mode))
    assert not wrong, f"{count} calls\n" + "\n\n".join(f"{call}: {why}" for call, why in wrong.items())
    assert len(tried) == 2 * len(operations), "not each call was come to"
    assert count > len(operations)


WALKS, STEPS = 6, 8  # of each role, and calls of one, each with what an earlier one answered


@pytest.mark.parametrize("who", sorted(SIGNED_IN))
def test_what_was_made_is_there_and_what_was_ended_is_gone(api, things, signed_in, who):  # noqa: F811 - the fixture
    sign_in(api, session_of(signed_in(who)))
    wrong, made, began = {}, [], monotonic()

    class Walk(api.as_state_machine()):
        def setup(self):
            broker.ask(lambda client: [client.delete(name) for name in client.scan_iter("limit:*")], None)
            self.effects = undone()
            self.effects.__enter__()

        def teardown(self):
            self.effects.__exit__(None, None, None)

        def get_call_kwargs(self, case):
            return beside()

        def validate_response(self, response, case, additional_checks=None, **kwargs):
            made.append(case.operation.label)
            look(case, response, wrong, recorder=self.recorder)

    Walk.run(
        settings=settings(
            max_examples=WALKS,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
    )
    assert not wrong, "\n\n".join(f"{call}: {why}" for call, why in wrong.items())
    assert made
    assert monotonic() - began < MOST


def attack(operation, mode, fixed, chance, wrong):
    """How many calls were made; what an answer does wrong is kept in `wrong`, once a call and check."""
    made = [0]
    more = {"path_parameters": fixed} if fixed else {}

    @seed(chance.random())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode, **more))
    def run(case):
        made[0] += 1
        if made[0] % 8 == 1:  # how often somebody asked is not what is tried here
            broker.ask(lambda client: [client.delete(name) for name in client.scan_iter("limit:*")], None)
        began = monotonic()
        with undone():
            answer = case.call(**beside())
            if monotonic() - began > 5:
                wrong[f"{operation.label} hangs"] = f"{monotonic() - began:.1f} s"
            look(case, answer, wrong)

    try:
        run()
    except UnsatisfiedAssumption:
        pass
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__:
            raise
    return made[0]


def look(case, answer, wrong, **more):
    """Ask each check about an answer, inside what is undone: some ask again, as nobody."""
    try:
        case.validate_response(answer, checks=ALL, **more)
    except FailureGroup as group:
        for failure in group.exceptions:
            note(wrong, case, answer, failure)
    except Failure as failure:
        note(wrong, case, answer, failure)


def by_a_rule(case, answer, failure):
    """What fits its schema was refused for what no schema can say."""
    if not isinstance(failure, RejectedPositiveData) or answer.status_code != 400:
        return False
    said = answer.json()
    fields = {(case.operation.label, field) for field in said.get("errors", ())}
    return said["code"] != BY_THE_WORDS or bool(fields and fields <= set(TOGETHER))


# A number where a text belongs is read as what it is written like: clients send codes and phones so, and nobody's call for
# help shall fail by it. Whatever else is no text is refused.
NUMBER_FOR_TEXT = re.compile(r"violates `type` at \S+ \(was string, became (number|integer)\)")


def as_it_is_written(failure):
    violated = [line for line in str(failure).splitlines() if "violates" in line]
    return (
        isinstance(failure, AcceptedNegativeData)
        and all(map(NUMBER_FOR_TEXT.search, violated))
        and bool(violated)
    )


def outside(answer, failure):
    """A service outside the company that does not answer here; that it may not is declared."""
    return (
        isinstance(failure, ServerError)
        and answer.status_code == 503
        and answer.json().get("code") in OUTSIDE
    )


def note(wrong, case, answer, failure):
    if by_a_rule(case, answer, failure) or as_it_is_written(failure) or outside(answer, failure):
        return
    key = f"{case.operation.label} {type(failure).__name__}"
    wrong.setdefault(
        key,
        f"{answer.status_code} {failure!s:.400}\n  {case.body!r:.300} {case.path_parameters} {answer.text[:300]}",
    )
