"""C3: the worker and the scheduler are dead while a limit passes; when they are back, the breach goes up the line once."""

import os
import signal
import time
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import httpx
import pytest

from core.languages import in_every_language
from governance.drills.report import Report
from governance.drills.rides import Ride
from governance.drills.world import Person, new_key, scratch_world

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("fault")]
DEAD_SECONDS = 12  # longer than the job's period: what it would have done in time, it does late


def test_a_breach_escalates_when_the_worker_was_down_for_part_of_the_time():
    noon = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=12, minute=0, second=0, microsecond=0)
    with scratch_world(Report("fault"), "fault", noon) as world:
        passenger, driver, agent = world.person("passenger"), world.person("driver"), world.person("agent")
        ride = Ride(world, passenger, driver)
        ride.offer(noon + timedelta(minutes=10), noon + timedelta(minutes=50))
        ride.book(noon + timedelta(minutes=10), noon + timedelta(minutes=50))
        ride.board()
        Person.must(driver.post(f"/api/v1/trips/{ride.code}/end/"))
        body = {"trip": ride.code, "category": "harassment", "words": "他骚扰我", "submission": new_key()}
        code = Person.must(passenger.post("/api/v1/complaints/", body))["code"]
        assert code in agent.submit("/admin/workspace/next/", {"do": "1"}).headers["location"]
        # Both are killed again and again, so that nothing runs while warning and limit pass.
        until = time.monotonic() + DEAD_SECONDS
        moved = False
        while time.monotonic() < until:
            for name in ("beat", "worker"):
                pid = world.pids().get(name)
                if pid:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
            if not moved:
                world.set_clock(noon + timedelta(minutes=12))
                moved = True
            time.sleep(0.5)

        def told(row):
            return row["key"].startswith("timer:") and code in row["text"]

        first = world.message(lambda row: told(row) and ":1:supervisor" in row["key"])
        assert "agent" in first["text"]
        time.sleep(25)  # two more turns of the job
        rows = [
            row
            for row in httpx.get(world.sandbox + "/messages/", trust_env=False).json()["messages"]
            if told(row)
        ]
        assert len({row["key"] for row in rows}) == len(rows)
        assert not any(":0:" in row["key"] for row in rows)  # it is late, not due soon
        assert sum(":1:supervisor" in row["key"] for row in rows) in {
            1,
            2,
        }  # each supervisor of the line, once
        page = agent.get(f"/admin/workspace/{code}/").text
        late = [text.replace("%(timer)s", "") for text in in_every_language("%(timer)s is late")]
        assert any(text in page for text in late)
