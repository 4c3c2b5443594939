"""What a file could make our reader do, as readings that a child can be asked for."""

import os
import threading
import time
from pathlib import Path


def sleep(_picture, seconds):
    time.sleep(seconds)


def spin(_picture):
    while True:
        pass


def hoard(_picture, megabytes):
    return len(bytearray(megabytes * 1024 * 1024))


def write(_picture, path):
    Path(path).write_bytes(b"x" * 10)


def surroundings(_picture):
    return {
        "environment": sorted(os.environ),
        "threads": threading.active_count(),
        "nice": os.nice(0),
        "folder": str(Path.cwd()),
        "files": sorted(str(each.resolve()) for each in Path("/proc/self/fd").iterdir()),
    }


def roar(_picture):
    """More than it was asked for, past everything that counts: as code of a file would."""
    for each in os.listdir("/proc/self/fd"):  # noqa: PTH208 - numbers
        if "socket:" in str(Path(f"/proc/self/fd/{each}").resolve()):
            os.write(int(each), b"\xff\xff\xff\xff" + b"x" * 100)
    time.sleep(60)


def lie(_picture):
    return {"vector": "no bytes"}
