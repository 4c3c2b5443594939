"""What `make test` leaves out is passed each night: nothing has a mark that no command runs."""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def commands(target):
    """What make would do for it."""
    done = subprocess.run(
        [shutil.which("make"), "--dry-run", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    return done.stdout


def test_what_a_change_need_not_pass_is_passed_by_night():
    left_out = set(re.findall(r"not (\w+)", commands("test").split(" -m ")[-1]))
    nightly = (ROOT / ".ci/nightly").read_text()
    assert "\n./.ci/run ||" in nightly
    (targets,) = re.findall(r"^for what in (.*); do$", nightly, re.MULTILINE)
    chosen = {
        mark for target in targets.split() for mark in re.findall(r'pytest .*-m "?([\w ]+)', commands(target))
    }
    assert left_out == {mark for each in chosen for mark in each.split(" or ")} != set()


def test_a_benchmark_that_has_a_bound_is_run_by_night():
    """One that ends with a fault where something costs more than it may would else find it in no run."""
    (names,) = re.findall(r"^for bound in (.*); do$", (ROOT / ".ci/nightly").read_text(), re.MULTILINE)
    found = {path.stem for path in (ROOT / "benchmarks").glob("*.py") if '"within"' in path.read_text()}
    assert set(names.split()) == found != set()


def test_the_run_of_a_change_checks_and_tests():
    assert re.findall(r"^make (\w+)$", (ROOT / ".ci/run").read_text(), re.MULTILINE) == ["check", "test"]
