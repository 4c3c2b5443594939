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
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.generation import GenerationMode

from core import broker
from tests.doors import undone
from tests.test_permissions import PEOPLE, TABLE, things  # noqa: F401 - one is a fixture

SECONDS = float(os.environ.get("FUZZ_SECONDS", "20"))  # of each role, at least
MOST = 600.0  # seconds in which a role came to each call, however busy the machine is
EXAMPLES = 3  # of what fits a call, and of what does not, before it is another call's turn
load_all_checks()

# A check that something of ours does not pass, and why it need not.
BESIDE = {
    # What a person may not have is no fault of what they send; which of both is said first is not promised.
    "positive_data_acceptance": "a call that fits may be against the rules: a code of nobody, a time that is over",
    "negative_data_rejection": "what people write about danger is taken however it is written (S1, S6)",
    "ignored_auth": "cookies go with it, so another one is a session of nobody and is answered as such",
    "use_after_free": "effects are undone between two calls",
    "ensure_resource_availability": "effects are undone between two calls",
}
ALL = [check for check in CHECKS.get_all() if check.__name__ not in BESIDE]


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
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", get_wsgi_application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def cookies_of(client):
    token = _get_new_csrf_string()
    found = {django.CSRF_COOKIE_NAME: token}
    if django.SESSION_COOKIE_NAME in client.cookies:
        found[django.SESSION_COOKIE_NAME] = client.cookies[django.SESSION_COOKIE_NAME].value
    return found, {"X-CSRFToken": token, "Accept": "application/json, application/problem+json"}


@pytest.mark.parametrize("who", PEOPLE)
def test_every_call_keeps_its_word(api, things, signed_in, who):  # noqa: F811 - the fixture
    cookies, headers = cookies_of(signed_in(who))
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
                count += attack(operation, mode, fixed, cookies, headers, chance, wrong)
                tried.add((operation.label, mode))
    assert not wrong, f"{count} calls\n" + "\n\n".join(f"{call}: {why}" for call, why in wrong.items())
    assert len(tried) == 2 * len(operations), "not each call was come to"
    assert count > len(operations)


def attack(operation, mode, fixed, cookies, headers, chance, wrong):
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
            answer = case.call(cookies=cookies, headers=headers)
        if monotonic() - began > 5:
            wrong[f"{operation.label} hangs"] = f"{monotonic() - began:.1f} s"
        try:
            case.validate_response(answer, checks=ALL)
        except FailureGroup as group:
            for failure in group.exceptions:
                note(wrong, operation, case, answer, failure)
        except Failure as failure:
            note(wrong, operation, case, answer, failure)

    try:
        run()
    except UnsatisfiedAssumption:
        pass
    except Exception as error:
        if "Unsatisfiable" not in type(error).__name__:
            raise
    return made[0]


def note(wrong, operation, case, answer, failure):
    key = f"{operation.label} {type(failure).__name__}"
    wrong.setdefault(
        key,
        f"{answer.status_code} {failure!s:.400}\n  {case.body!r:.300} {case.path_parameters} {answer.text[:300]}",
    )
