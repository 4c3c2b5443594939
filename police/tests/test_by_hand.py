"""When the portal is down: two people at a terminal, from the database alone (P14)."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django_otp.oath import totp

from accounts.models import Authenticator
from core import clock
from core.models import AuditEntry
from police.management.commands import police_by_hand
from police.models import PoliceRequest, Release, ReleaseCopy

PASSWORD = "huhang-demo"


def digits(account):
    device = Authenticator.objects.get(user=account, confirmed=True)
    return f"{totp(bytes.fromhex(device.key)):06d}"


@pytest.fixture
def terminal(monkeypatch, people, settings):
    """Two people who type; nothing but the database answers."""
    settings.REDIS_URL = settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"

    def typed(*lines):
        """What both type, in order: names and yes at one prompt, password and digits at the other."""
        names = iter([line for line in lines if isinstance(line, str)])
        secrets = iter([each for line in lines if isinstance(line, tuple) for each in line])
        monkeypatch.setattr("builtins.input", lambda _prompt: next(names))
        monkeypatch.setattr(police_by_hand, "getpass", lambda _prompt: next(secrets))

    return typed


def proof(person, password=PASSWORD):
    person.set_password(password)
    person.save()
    return (password, digits(person))


def run(*arguments):
    out = io.StringIO()
    call_command("police_by_hand", *arguments, stdout=out)
    return out.getvalue()


def test_two_people_read_out_the_car_part_with_broker_and_worker_dead(terminal, rides, people):
    trip = rides.under_way()
    terminal("agent", proof(people("agent")), "yes", "supervisor", proof(people("supervisor")), "yes")
    said = run("shangtang", "331777", trip.plate_registered)
    assert "0577-6722-0110" in said and trip.plate_registered in said
    assert "510112199106150034" not in said  # the car part: no more is read out
    asked = PoliceRequest.objects.get()
    assert (asked.state, asked.proposed_by, asked.decided_by) == ("released", "agent", "supervisor")
    assert json.loads(said.splitlines()[-1])["request"] == asked.code
    steps = set(AuditEntry.objects.filter(case=asked.code).values_list("action", flat=True))
    assert {"police.asked", "police.called_back", "police.released", "police.pack_read"} <= steps
    assert ReleaseCopy.objects.get().kind == "hand"


def test_one_person_is_not_two(terminal, rides, people):
    trip = rides.under_way()
    terminal("specialist", proof(people("specialist")), "yes", "specialist", (PASSWORD, "000000"))
    with pytest.raises(CommandError):
        run("shangtang", "331777", trip.plate_registered)
    assert not Release.objects.exists()


def test_the_same_person_with_right_digits_is_refused_too(terminal, rides, people, monkeypatch):
    trip, person = rides.under_way(), people("specialist")
    monkeypatch.setattr(police_by_hand, "prove_at_terminal", lambda **_given: person)
    terminal("x", ("x", "x"), "yes", "x", ("x", "x"), "yes")
    with pytest.raises(CommandError, match="已参与"):
        run("shangtang", "331777", trip.plate_registered)
    assert not Release.objects.exists()


@pytest.mark.parametrize("wrong", ["password", "digits", "role"])
def test_who_is_not_let_in_produces_nothing(terminal, rides, people, wrong):
    trip, who = rides.under_way(), "passenger" if wrong == "role" else "agent"
    good = proof(people("agent"))
    given = {"password": ("no", good[1]), "digits": (good[0], "000000"), "role": ("no", "000000")}[wrong]
    terminal(who, given)
    with pytest.raises(CommandError):
        run("shangtang", "331777", trip.plate_registered)
    assert not PoliceRequest.objects.exists()


def test_without_the_call_back_nothing_is_released(terminal, rides, people):
    trip = rides.under_way()
    terminal("agent", proof(people("agent")), "no")
    with pytest.raises(CommandError):
        run("shangtang", "331777", trip.code)
    assert PoliceRequest.objects.get().state == "asked"


def test_several_trips_are_listed_and_one_is_named(terminal, rides, people):
    first, second = rides.under_way(), rides.under_way("passenger2", "driver2")
    known = "28.2, 121.0"
    from rides.tests.test_positions import store
    from rides.trails import Fix

    for trip in (first, second):
        store(trip, Fix(clock.now().timestamp() - 5, 28.2, 121.0))
    terminal("agent", proof(people("agent")))
    with pytest.raises(CommandError) as several:
        run("shangtang", "331777", known)
    assert first.code in str(several.value) and second.code in str(several.value)
    terminal("agent2", proof(people("agent2")), "yes", "supervisor", proof(people("supervisor")), "yes")
    assert second.plate_registered in run("shangtang", "331777", known, "--trip", second.code)


def test_a_station_that_is_not_clear_is_asked_about(terminal, rides, people):
    terminal("agent", proof(people("agent")))
    with pytest.raises(CommandError):
        run("派出所", "331777", rides.under_way().code)
    assert not PoliceRequest.objects.exists()


def test_the_second_person_sees_what_they_release_and_says_yes_to_it(terminal, rides, people):
    trip = rides.under_way()
    terminal("agent", proof(people("agent")), "yes", "supervisor", proof(people("supervisor")), "no")
    out = io.StringIO()
    with pytest.raises(CommandError):
        call_command("police_by_hand", "shangtang", "331777", "--trip", trip.code, trip.code, stdout=out)
    shown = out.getvalue().partition("— 2 —")[2]
    for each in ("0577-6722-0110", "331777", trip.code, trip.plate_registered):
        assert each in shown, each
    assert not Release.objects.exists() and PoliceRequest.objects.get().state == "called_back"
