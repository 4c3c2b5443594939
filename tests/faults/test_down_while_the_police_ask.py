"""P14: what an officer and the staff have while the authority that times the seal is down, and while the database is."""

import os
import subprocess
import sys
import time
from datetime import datetime
from zoneinfo import ZoneInfo

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
LIAISON_LINE = "400-000-0120"
TIMED = b"/DocTimeStamp"  # a time stamp that was added behind the seal (ISO 32000-2)


def programs(world):
    """Supervisor's own calls: what is stopped stays dead until it is started."""
    from xmlrpc.client import ServerProxy

    transport = SupervisorTransport(None, None, f"unix://{world.env['HUHANG_CONTROL_SOCKET']}")
    return ServerProxy("http://127.0.0.1", transport).supervisor


def boarded(world, noon):
    ride = Ride(world, world.person("passenger"), world.person("driver"))
    ride.offer(noon.replace(minute=10), noon.replace(minute=50))
    ride.book(noon.replace(minute=10), noon.replace(minute=50))
    ride.wait_until_held_out()
    ride.board()
    return ride


def by_hand(world, code, typed):
    return subprocess.run(
        [sys.executable, "manage.py", "police_by_hand", "shangtang", "331777", code],
        cwd=ROOT,
        env={**os.environ, **world.env},
        input="\n".join(typed) + "\n",
        capture_output=True,
        text=True,
        check=False,
        start_new_session=True,  # without a terminal of its own: what is typed comes from here
    )


def test_what_the_police_have_while_the_seals_time_and_the_database_are_away():
    noon = datetime.now(ZoneInfo("Asia/Shanghai")).replace(hour=12, minute=0, second=0, microsecond=0)
    with scratch_world(Report("fault"), "fault", noon) as world:
        let_owners_drive_all_day(world)
        officer, ride = world.person("officer"), boarded(world, noon)
        digits = world.unused_digits("agent")
        supervised = programs(world)

        # Whoever times the seal is away: the car part and the sealed file come all the same, without waiting for it.
        supervised.stopProcess("platform:sandbox")
        form = ASKED | {"query_value": ride.code, "submission": new_key()}
        answer = officer.submit("/police/emergency/", form)
        assert answer.status_code == 302, answer.text[:300]
        asked = answer.headers["location"]
        page = officer.get(asked).text
        assert 'class="plates"' in page
        # A press that has just begun says when to ask again, as the page does by itself.
        sealed = world.wait(lambda: (found := officer.get(asked + "pack.pdf")).status_code == 200 and found)
        assert sealed.content.startswith(b"%PDF") and b"/ETSI.CAdES.detached" in sealed.content
        assert TIMED not in sealed.content
        # It is back: the same file has its time, and nobody had to ask for it.
        supervised.startProcess("platform:sandbox")
        (file,) = {
            part.split('"')[0]
            for part in officer.get(asked).text.split('href="')[1:]
            if "/files/" in part[:80]
        }
        timed = world.wait(lambda: (found := officer.get(file).content) and TIMED in found and found)
        assert timed.startswith(sealed.content)

        # The database is away: each door says so and whom to ring, and keeps nothing by halves.
        supervised.stopProcess("servers:postgres")
        again = ASKED | {"query_value": ride.code, "submission": new_key(), "danger": "second"}
        doors = [
            officer.http.get(asked),
            officer.http.get("/police/emergency/"),
            officer.http.post("/police/emergency/", data=again, headers=officer._headers()),
            world.person().http.get("/police/how/"),
        ]
        for door in doors:
            assert (door.status_code, door.headers["retry-after"]) == (503, "2"), door.text[:300]
            assert LIAISON_LINE in door.text
        done = by_hand(world, ride.code, ["agent", world.password, digits, "yes"])
        assert done.returncode != 0
        assert "database cannot be reached" in done.stderr and "Traceback" not in done.stderr, done.stderr[
            -600:
        ]

        # It is back: the page comes without anybody's help, and the same form sent once more is one request.
        supervised.startProcess("servers:postgres")
        world.wait(lambda: 'class="plates"' in officer.get(asked).text)
        sent = [officer.submit("/police/emergency/", again) for _twice in range(2)]
        assert [each.status_code for each in sent] == [302, 302], sent[0].text[:300]
        assert sent[0].headers["location"] == sent[1].headers["location"] != asked
        time.sleep(2)  # lines of the journal get their places
        assert world.audit_ok()[0]
