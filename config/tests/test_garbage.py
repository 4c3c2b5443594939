"""Imports are not searched for garbage, and what runs afterwards is."""

import subprocess
import sys

import pytest

from config.local import throwaway_environment

pytestmark = pytest.mark.long

STARTED = """
import gc
from django.conf import settings
settings.DEBUG
during = gc.isenabled()
import django
django.setup()
print(during, gc.isenabled(), gc.get_freeze_count() > 100_000)
"""


def test_garbage_is_looked_for_once_all_apps_are_there():
    run = subprocess.run(
        [sys.executable, "-c", STARTED],
        env=throwaway_environment() | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == ["False", "True", "True"]
