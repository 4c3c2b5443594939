"""N4: database and web process are killed while a phone sends sound; each acknowledged chunk is there and plays."""

import os
import re
import signal
import threading
import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from governance.drills.report import Report
from governance.drills.rides import Ride
from governance.drills.sound import SoundPhone
from governance.drills.world import Person, scratch_world

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("fault")]


def test_no_acknowledged_chunk_is_lost():
    noon = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=12, minute=0, second=0, microsecond=0)
    with scratch_world(Report("fault"), "fault", noon) as world:
        passenger, driver, agent = world.person("passenger"), world.person("driver"), world.person("agent")
        ride = Ride(world, passenger, driver)
        ride.offer(noon.replace(minute=10), noon.replace(minute=50))
        ride.book(noon.replace(minute=10), noon.replace(minute=50))
        ride.board()
        key = ride.keys["passenger"]
        incident = Person.must(passenger.post(f"/api/v1/trips/{ride.code}/sos/", {"key": key}))["incident"]
        phone = SoundPhone(world.url, ride.code, key, "sos")

        def kill():
            for name in ("postgres", "valkey", "web"):
                time.sleep(1.0)
                os.kill(world.pids()[name], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        for _second in range(60):
            phone.record()
            time.sleep(0.1)
        killer.join()
        phone.end()
        page = agent.submit(
            f"/admin/recordings/{phone.code}/", {"case": incident, "reason": "what happened meanwhile"}
        ).text
        address = re.search(r'<audio[^>]* src="([^"]+)"', page)[1]
        assert agent.get(address).content == phone.whole()
