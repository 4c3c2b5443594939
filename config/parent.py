"""A server's worker does not outlive the process that made it: an orphan would keep the port, with the code of before."""

import multiprocessing
import os
import signal
import threading


def die_with_parent() -> None:
    """End this process when the one that made it ends, however it ended. Where nobody made it, nothing is done."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent,), name="parent", daemon=True).start()


def _watch(parent: "multiprocessing.process.BaseProcess") -> None:
    parent.join()
    # Threads may wait for something that never comes: nothing less ends them. What was acknowledged is committed.
    os.kill(os.getpid(), signal.SIGKILL)
