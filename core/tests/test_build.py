"""Which code runs: everything that decides what the platform does is part of the digest, and it is taken when a process begins."""

import subprocess
import sys

import pytest

from core import build


def digest_of(root, settings):
    settings.BASE_DIR = root
    return build.digest.__wrapped__()


@pytest.mark.parametrize(
    "name",
    ["drivers/vision/models/face.tflite", "rides/towns.tsv", "rides/roads.csv", "locale/zh/django.mo", "core/a.py", "templates/a.html"],
)  # fmt: skip
def test_what_decides_what_the_platform_does_is_part_of_it(tmp_path, settings, name):
    (tmp_path / "requirements.lock").write_text("x")
    path = tmp_path / name
    path.parent.mkdir(parents=True)
    path.write_bytes(b"one")
    before = digest_of(tmp_path, settings)
    path.write_bytes(b"two")
    assert digest_of(tmp_path, settings) != before


def test_a_test_is_no_part_of_it(tmp_path, settings):
    (tmp_path / "requirements.lock").write_text("x")
    before = digest_of(tmp_path, settings)
    (tmp_path / "core/tests").mkdir(parents=True)
    (tmp_path / "core/tests/test_x.py").write_text("x")
    assert digest_of(tmp_path, settings) == before


@pytest.mark.long
def test_it_is_taken_when_the_process_begins_not_when_somebody_asks():
    """What is put in place later is not what runs."""
    said = "import django; django.setup(); from core import build; print(build.digest.cache_info().currsize)"
    ran = subprocess.run([sys.executable, "-c", said], check=True, capture_output=True, text=True)
    assert ran.stdout.split()[-1] == "1"
