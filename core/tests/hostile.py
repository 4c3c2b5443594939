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


def lie(_picture):
    return {"vector": "no bytes"}
