"""A console list asks the same number of questions for one row as for thirty."""

import importlib.util

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.services import add_emergency_contact
from core import clock
from core.console import panels
from core.permissions import may, roles_who
from core.tests.factories import set_policy
from drivers.models import Hold
from drivers.selectors import driver_of
from governance.services import check_board
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent
from rides.policies import DAILY_TRIPS
from rides.services import end_trip
from rides.states import Party
from rides.tokens import TripKey
from safety.services import raise_sos, report_finding
from safety.states import SignalKind
from tests.test_machines import APPS

PAGES = [
    "safety/incident",
    "safety/welfarecheck",
    "complaints/complaint",
    "police/policerequest",
    "police/officer",
    "police/releasecopy",
    "police/agency",
    "rides/trip",
    "rides/lineincity",
    "drivers/driver",
    "drivers/vehicle",
    "drivers/hold",
    "drivers/screening",
    "drivers/mismatchreport",
    "drivers/vettingdecision",
    "core/ledgertransfer",
    "accounts/account",
    "core/auditentry",
    "core/failedwork",
    "core/notification",
    "core/policyversion",
]
FIRST_PAGE = [
    "",
    "due",
    "burning",
    "failed-work",
    "failed-work/strip",
    "messages",
    "board",
    "concerns",
    "reviews",
    "lines",
    "night",
    "consultations",
    "comments",
]


STAFF = {str(role) for role in roles_who("console.open")}

# Each app says beside its tests what its lists and panels show: `rows(people, trip, mark)` of a trip under way.
WITH_ROWS = [app for app in APPS if importlib.util.find_spec(f"{app}.tests.console_rows")]
ROWS = [importlib.import_module(f"{app}.tests.console_rows").rows for app in WITH_ROWS]


def test_each_app_that_has_rows_of_its_own_says_them():
    """A file that was moved or misnamed would leave its lists empty, and an empty list asks nothing."""
    assert set(WITH_ROWS) == {"core", "drivers", "safety", "complaints", "police", "governance"}


@pytest.fixture
def busy_owner(world):
    """An owner who may take any number of parties: the lists need rows."""
    set_policy(DAILY_TRIPS, 100)


def fill(rides, people, count):
    """Incidents, holds, questions and messages, and what each app has beside them."""
    for number in range(count):
        mark = f"{clock.now().timestamp()}-{number}"
        # Who is stopped by what came before drives again here (D15).
        Hold.objects.update(released_at=clock.now(), released_by="a", release_proposed_by="b")
        asked = rides.under_way("passenger2")
        report_finding(trip_code=asked.code, kind=SignalKind.OFF_ROUTE)
        trip = rides.under_way()
        # Before anything speaks for danger: its identity part waits for a call-back.
        ask_by_form(
            account=people("officer2"), question=urgent(Query.TRIP, trip.code), submission=f"{mark}-early"
        )
        raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
        for rows in ROWS:
            rows(people, trip, mark)
        end_trip(driver=driver_of(people("driver")), trip_code=trip.code)


def count(client, path):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


_COUNTED: dict[str, tuple[int, int]] = {}
_EMPTY: set[str] = set()
_SHUT: set[str] = set()
# Whoever has counted tells the others.
pytestmark = [pytest.mark.long, pytest.mark.django_db, pytest.mark.xdist_group("counted")]


@pytest.fixture
def counted(request):
    """Queries of each page with 1 and with 11 of everything: numbers, counted once."""
    if not _COUNTED:
        _COUNTED.update(request.getfixturevalue("counting"))
    return _COUNTED


@pytest.fixture
def counting(rides, people, signed_in, busy_owner):
    client = signed_in("supervisor")
    add_emergency_contact(account=people("passenger"), name="a", phone="13911110001")
    paths = [f"/admin/{page}/" if page else "/admin/" for page in PAGES + FIRST_PAGE]
    fill(rides, people, 1)
    check_board()  # the first page shows the last periodic check
    for path in paths:
        client.get(path)
    few = {path: count(client, path) for path in paths}
    fill(rides, people, 10)
    found = {path: (few[path], count(client, path)) for path in paths}
    looks = people("supervisor"), clock.now()
    _EMPTY.update(each.key for each in panels.offered() if not list(each.query(*looks)))
    _SHUT.update(shut(people, signed_in))
    return found


def shut(people, signed_in):
    """Panels whose first row leads to a page that one of those who are shown it may not open."""
    for who in sorted(STAFF):
        client, person, at = signed_in(who), people(who), clock.now()
        for each in panels.offered():
            rows = each.query(person, at) if may(person, each.permission) else ()
            link = next((row.link for row in rows if hasattr(row, "link")), "")
            if link and client.get(link).status_code != 200:
                yield f"{each.key}: {link} as {who}"


def test_lists_do_not_ask_once_for_each_row(counted):
    growing = {path: found for path, found in counted.items() if found[1] > found[0]}
    assert not growing


# Panels of which `fill` makes no row yet: how often they ask for each row nobody has counted.
UNCOUNTED = {
    "appeals", "applications", "care", "claims", "guardians", "handed_over", "late_pickups", "looks", "looks_unusual", "motions",
    "my_care", "my_complaints", "my_incidents", "my_late_pickups", "my_police_papers", "my_police_requests", "night_calls", "offered_to_me", "outside",
    "papers_missing", "plates", "releases", "reports", "suspensions", "video_calls",
}  # fmt: skip


def test_each_panel_has_rows_whose_questions_are_counted(counted):
    """Without a row a panel that asks once for each is quick here, and slow on the day that it is full."""
    unseen = sorted(_EMPTY - UNCOUNTED)
    assert not unseen, f"{unseen}: make a row of it in rows() of APP/tests/console_rows.py"
    assert sorted(UNCOUNTED - _EMPTY) == []


def test_whoever_is_shown_a_row_may_open_the_page_to_which_it_leads(counted):
    assert sorted(_SHUT) == [], "the permission of a panel is that of the page to which its rows lead"


def test_lists_ask_little(counted):
    assert counted["/admin/"][1] <= 6 + len(
        panels.offered()
    )  # one for each panel, who asks, and the signs of life
    of_strip = sum(each.place in {panels.NOTICES, panels.DUE, panels.MINE} for each in panels.offered())
    assert counted["/admin/due/"][1] <= 4 + of_strip  # one for each panel of the strip, and who asks
    assert {
        path: many
        for path, (_few, many) in counted.items()
        if many > 16 and path not in {"/admin/", "/admin/due/"}
    } == {}
