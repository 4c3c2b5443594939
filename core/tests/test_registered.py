"""What apps register when they start is registered in a process that imports nothing else by itself."""

import subprocess
import sys

import pytest

REGISTERED = {
    *(f"{app}.handlers" for app in ("complaints", "drivers", "police", "rides", "safety")),
    *(f"{app}.own_data" for app in ("accounts", "complaints", "drivers", "police", "rides", "safety")),
    *(f"{app}.simulations" for app in ("drivers", "rides", "safety")),
}
ASK = """
import sys, django
django.setup()
from core import events
from core.policy import simulation
print(*sorted(sys.modules))
print(*sorted({each.handle.__module__ for found in events._handlers.values() for each in found}))
print(*sorted({each.policy.key.split(".")[0] for each in simulation.known()}))
"""


@pytest.mark.long
def test_each_app_registers_what_it_does_when_others_speak():
    said = subprocess.run([sys.executable, "-c", ASK], capture_output=True, text=True, check=True)
    modules, handling, simulating = (set(line.split()) for line in said.stdout.splitlines()[-3:])
    assert modules >= REGISTERED
    # That of the police handles no event: it registers its open cases.
    assert handling >= {each for each in REGISTERED if each.endswith(".handlers")} - {"police.handlers"}
    assert simulating == {"drivers", "rides", "safety"}
