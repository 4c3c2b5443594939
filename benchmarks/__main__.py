"""Run every benchmark of this folder and write what they say into docs/performance.md: `make bench`."""

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


def main() -> int:
    refuse_production("A benchmark")
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
        "# Performance",
        "",
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
    PAGE.write_text("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
