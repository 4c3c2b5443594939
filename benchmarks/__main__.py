"""Run every benchmark of this folder and write what they say into docs/performance.md: `make bench`.

The page has parts that others measure or write: only what stands between the two marks is written anew.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from config.local import refuse_production

HERE = Path(__file__).resolve().parent
PAGE = HERE.parent / "docs" / "performance.md"
BEGINS, ENDS = "<!-- make bench writes from here -->", "<!-- to here -->"


def written(page: str, lines: list[str]) -> str:
    """The page with these lines in the place of what the benchmarks said before. Raises `ValueError` where it has no place
    for them, or more than one."""
    before, begins, rest = page.partition(BEGINS)
    _old, ends, after = rest.partition(ENDS)
    if not begins or not ends or BEGINS in rest or ENDS in after:
        raise ValueError(f"{PAGE.name} has not one place between {BEGINS} and {ENDS}")
    return "\n".join([f"{before}{BEGINS}", *lines, f"{ENDS}{after}"])


def main() -> int:
    refuse_production("A benchmark")
    written(PAGE.read_text(), [])  # an hour of work shall find its place
    rows = []
    for path in sorted(HERE.glob("[a-z]*.py")):
        print(f"{path.name} …", file=sys.stderr, flush=True)
        done = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            return 1
        print(done.stdout.strip(), flush=True)
        rows.append(json.loads(done.stdout.strip().splitlines()[-1]))
    lines = [
        f"Measured by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {os.cpu_count()} cores, {platform.machine()},"
        f" Python {platform.python_version()}. Peer and limit ran in the same run; each file in `benchmarks/` says what they are.",
        "",
        "| benchmark | unit | ours | peer | limit | times the peer | of the limit |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['name']} | {row['unit']} | {row['ours']} | {row['peer']} | {row['limit']} | {row['ratio_to_peer']} | {row['ratio_to_limit']} |"
        for row in rows
    ]
    PAGE.write_text(written(PAGE.read_text(), lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
