"""Recordings of each test in a folder of their own, under keys of their own."""

import pytest
from django.core.files.storage import storages


@pytest.fixture(autouse=True)
def own_recordings(settings, tmp_path, request):
    """Where a test has a database, it has a store and a folder of keys."""
    settings.RECORDING_KEYS = str(tmp_path / "keys")
    known = storages.backends["recordings"]
    fresh = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "sound")},
    }
    storages._backends = {**storages.backends, "recordings": fresh}
    storages._storages.pop("recordings", None)
    yield
    storages._backends = {**storages.backends, "recordings": known}
    storages._storages.pop("recordings", None)
