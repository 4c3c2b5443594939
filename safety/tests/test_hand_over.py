"""The end of a shift: all that is somebody's goes at once or not at all, and who handed over is not forgotten."""

import pytest

from complaints.models import Complaint
from complaints.selectors import figures_of
from complaints.services import file_complaint
from complaints.services import take as take_complaint
from complaints.states import Category
from core import clock
from core.console import panels
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.models import Incident

WORDS = {"to": "agent2", "words": "she writes, do not call"}


def help_on(trip):
    return services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))


@pytest.fixture
def mine(rides, people):
    """Two incidents and a complaint of one agent."""
    first, second = rides.under_way(), rides.under_way("passenger2", "driver2")
    taken = [
        services.take_incident(account=people("agent"), code=help_on(trip).code) for trip in (first, second)
    ]
    complaint = file_complaint(
        account=people("passenger"),
        trip_code=first.code,
        category=Category.DISPUTE,
        words="x",
        submission="h",
    )
    take_complaint(account=people("agent"), code=complaint.code)
    return taken, complaint


def test_everything_goes_complaints_too(mine, signed_in, people):
    incidents, complaint = mine
    signed_in("agent").post("/admin/incidents/hand-over/", WORDS)
    assert set(Incident.objects.values_list("offered_to", flat=True)) == {"agent2"}
    complaint.refresh_from_db()
    assert complaint.owner == people("agent2")
    page = signed_in("agent2").get("/admin/incidents/mine/").content.decode()
    for code in (*(row.code for row in incidents), complaint.code):
        assert code in page


@pytest.mark.django_db(transaction=True)
def test_where_one_cannot_go_none_goes(mine, signed_in, poison, people):
    _incidents, complaint = mine
    poison(Complaint.objects.get(pk=complaint.pk))
    client = signed_in("agent")
    client.raise_request_exception = False
    assert client.post("/admin/incidents/hand-over/", WORDS).status_code >= 400
    assert set(Incident.objects.values_list("offered_to", flat=True)) == {""}
    complaint.refresh_from_db()
    assert complaint.owner == people("agent")


@pytest.mark.parametrize(
    "given", [{"to": "", "words": "x"}, {"to": "agent", "words": "x"}, {"to": "agent2", "words": " "}]
)
def test_a_refusal_keeps_what_was_typed(mine, signed_in, given):
    answer = signed_in("agent").post("/admin/incidents/hand-over/", given)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.content.decode()
    assert set(Incident.objects.values_list("offered_to", flat=True)) == {""}


def test_whoever_is_asked_to_take_over_sees_it_on_the_first_page(mine, signed_in):
    signed_in("agent").post("/admin/incidents/hand-over/", WORDS)
    page = signed_in("agent2").get("/admin/due/", headers={"accept-language": "en"}).content.decode()
    assert page.count("Offered to me") == 2


def test_the_work_summary_remembers_who_handed_over(mine, people):
    incidents, _complaint = mine
    today = clock.now().date()
    services.offer_incident(account=people("agent"), code=incidents[0].code, to="agent2", words="x")
    services.accept_incident(account=people("agent2"), code=incidents[0].code)
    assert figures_of(people("agent"), today, today).incidents == 2
    assert figures_of(people("agent2"), today, today).incidents == 1


def test_what_is_due_is_ordered_by_danger_then_by_age():
    at = clock.now()
    rows = {
        "old": panels.Due("old", "/", since=at.replace(hour=1)),
        "new": panels.Due("new", "/", since=at.replace(hour=2)),
        "grave": panels.Due("grave", "/", since=at, danger=2),
        "life": panels.Due("life", "/", since=at, danger=3, level="bad"),
        "late": panels.Due("late", "/", until=at, danger=2, late=True),
    }
    ordered = sorted(rows.values(), key=lambda row: row.urgency)
    assert [row.code for row in ordered] == ["life", "late", "grave", "old", "new"]


def test_a_severe_complaint_stands_above_an_older_ordinary_one_of_another_panel(rides, people, signed_in):
    trip = rides.under_way()
    codes = [
        file_complaint(
            account=people("passenger"),
            trip_code=trip.code,
            category=category,
            words="x",
            submission=category,
        ).code
        for category in (Category.DISPUTE, Category.VIOLENCE)
    ]
    page = signed_in("agent").get("/admin/due/").content.decode()
    assert page.index(codes[1]) < page.index(codes[0])
