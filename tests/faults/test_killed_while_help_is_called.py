"""N4: both workers for life and Valkey are killed while 20 SOS and 20 welfare checks are sent; each is on the console."""

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from governance.drills.report import Report
from governance.drills.rides import Ride
from governance.drills.world import Person, new_key, scratch_world
from tests.stacks import let_owners_drive_all_day

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("fault")]


def test_no_sos_and_no_welfare_check_is_lost():
    noon = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=12, minute=0, second=0, microsecond=0)
    with scratch_world(Report("fault"), "fault", noon) as world:
        passenger, driver, agent = world.person("passenger"), world.person("driver"), world.person("agent")
        let_owners_drive_all_day(world)
        trips = []
        for number in range(20):
            ride = Ride(world, passenger, driver)
            ride.offer(noon.replace(minute=10), noon.replace(minute=50))
            ride.book(noon.replace(minute=10), noon.replace(minute=50))
            ride.wait_until_held_out()  # on the first of his ways that is open
            ride.board()
            trips.append(ride)
            if number == 0:
                Person.must(passenger.post("/api/v1/me/contacts/", {"name": "a", "phone": "13911110000"}))

        def call_for_help(number):
            if number == 5:
                for name in ("worker-life", "worker-messages", "worker-centre", "valkey"):
                    os.kill(world.pids()[name], signal.SIGKILL)
            person = world.person()
            if number % 2:
                body = {
                    "missing_phone": f"1399999{number:04d}",
                    "reporter_phone": f"1391111{number:04d}",
                    "words": "x",
                    "submission": new_key(),
                }
                return person.post("/api/v1/welfare-checks/", body).status_code
            ride = trips[number // 2]
            return person.post(f"/api/v1/trips/{ride.code}/sos/", {"key": ride.keys["passenger"]}).status_code

        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(call_for_help, range(40)))
        assert answers == [201] * 40
        page = agent.get("/admin/burning/").text
        assert all(ride.code in page for ride in trips)
        assert len(set(re.findall(r"/admin/incidents/(I-\w+)/\"", page))) == 40
        told = world.wait(lambda: _told(world))
        assert told == 20, "every contact is told once the worker is back"


def _told(world):
    import httpx

    rows = httpx.get(world.sandbox + "/messages/?to=%2B8613911110000", trust_env=False).json()["messages"]
    keys = {row["key"] for row in rows if row["key"].startswith("sos:")}
    return len(keys) if len(keys) >= 20 else 0
