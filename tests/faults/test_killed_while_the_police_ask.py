"""P14: what an officer sees and can do with workers and broker dead, and with the portal itself dead: then two people
read the car part out, from the database alone."""

import json
import os
import subprocess
import sys
from datetime import datetime
from zoneinfo import ZoneInfo

import httpx
import pytest
from supervisor.xmlrpc import SupervisorTransport

from governance.drills.report import Report
from governance.drills.rides import Ride
from governance.drills.world import ROOT, new_key, scratch_world
from tests.stacks import let_owners_drive_all_day

pytestmark = [pytest.mark.fault, pytest.mark.xdist_group("fault")]

ASKED = {
    "query": "trip", "danger": "x", "why_not_written": "x", "supervisor_name": "陈所长",
    "supervisor_phone": "13955550001", "declared": "on",
}  # fmt: skip
BEHIND = [
    "platform:worker-life",
    "platform:worker-messages",
    "platform:worker-centre",
    "platform:worker",
    "platform:beat",
    "servers:valkey",
]
FIVE_MINUTES = 300  # seconds, of P14


def stop(world, *programs):
    """They stay dead, where one that was killed comes back."""
    from xmlrpc.client import ServerProxy

    transport = SupervisorTransport(None, None, f"unix://{world.env['HUHANG_CONTROL_SOCKET']}")
    supervisor = ServerProxy("http://127.0.0.1", transport)
    for name in programs:
        supervisor.supervisor.stopProcess(name)


def test_the_car_part_with_workers_and_broker_dead_and_with_the_portal_dead():
    noon = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=12, minute=0, second=0, microsecond=0)
    with scratch_world(Report("fault"), "fault", noon) as world:
        let_owners_drive_all_day(world)
        officer = world.person("officer")
        ride = Ride(world, world.person("passenger"), world.person("driver"))
        ride.offer(noon.replace(minute=10), noon.replace(minute=50))
        ride.book(noon.replace(minute=10), noon.replace(minute=50))
        ride.wait_until_held_out()
        ride.board()

        # Workers and broker dead: the officer sees what always comes, and the page itself needs none of them.
        stop(world, *BEHIND)
        form = ASKED | {"query_value": ride.code, "submission": new_key()}
        answer = officer.submit("/police/emergency/", form)
        assert answer.status_code == 302, answer.text[:300]
        asked = answer.headers["location"]
        page = officer.get(asked).text
        assert 'class="plates"' in page
        assert officer.get(asked + "pack.pdf").content.startswith(b"%PDF")

        # The portal dead: nothing of ours answers, and the telephone is what is left to them.
        digits = [world.unused_digits(name) for name in ("agent", "supervisor")]
        stop(world, "platform:web")
        with pytest.raises(httpx.HTTPError):
            officer.get(asked)
        typed = [
            "agent", world.password, digits[0], "yes", "supervisor", world.password, digits[1], "yes",
        ]  # fmt: skip
        done = subprocess.run(
            [sys.executable, "manage.py", "police_by_hand", "shangtang", "331777", ride.code],
            cwd=ROOT,
            env={**os.environ, **world.env},
            input="\n".join(typed) + "\n",
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,  # without a terminal of its own: what is typed comes from here
        )
        assert done.returncode == 0, done.stderr[-600:]
        plate = page.partition('class="plates"')[2].partition('translate="no">')[2].partition("<")[0]
        assert plate and plate in done.stdout
        assert json.loads(done.stdout.splitlines()[-1])["seconds"] < FIVE_MINUTES
