"""What tests of the monitor do to a stream."""

import time

from rides import positions
from rides.positions import StoredBatch
from rides.states import Party
from safety.monitor.shards import GROUP, MONITORS

STREAM = positions.shard_stream("wenzhou")


def put(client, trip, fixes, party=Party.DRIVER):
    batch = StoredBatch(trip.code, party, False, fixes)
    client.xadd(STREAM, {b"b": positions._pack([batch])})


def pending(client):
    return client.xpending(STREAM, GROUP)["pending"]


def time_of_leases_is_over(client):
    """What a few seconds without a sign of life do."""
    client.delete(MONITORS, *(f"monitor:lease:{stream}" for stream in positions.all_streams()))


def time_passes(noon, found, seconds):
    """Seconds pass on both clocks of the machine."""
    noon.shift(seconds)
    found.clocks = time.time(), time.monotonic()


def turn(found):
    found.prepare()
    found.step()


def waiting(client):
    """Entries that no monitor has finished, read or not."""
    group = client.xinfo_groups(STREAM)[0]
    return group["pending"] + (group["lag"] or 0)


def until_done(client, found, seconds=300):
    """Turn until all is acknowledged, however slow the machine is today."""
    began = time.monotonic()
    while True:
        found.step()
        if not waiting(client):
            return
        assert time.monotonic() - began < seconds
