"""What a preservation request names is held with all that hangs on it: each rule by which something ends asks (P7)."""

from collections.abc import Iterator
from datetime import timedelta

from django.apps import apps
from django.db import transaction

from core import clock, holds, retention
from core.actors import SYSTEM
from core.models import Notification
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.models import HelpMessage, Incident
from safety.states import IncidentState

# What ends though its trip is held, and why that takes nothing from an investigation.
NOT_HELD = {
    "complaints.Satisfaction": "the secret of a page that asks for a score: the score stays",
    "safety.EmergencyPush": "the secret of a link that shows nothing since its case was closed",
}


def ways_to_a_trip(model, depth=4) -> Iterator[str]:
    """Relations of a table that lead to the trip it is of; not by a person, of whom all trips are."""
    waiting, seen = [(model, ())], set()
    while waiting:
        at, path = waiting.pop(0)
        if at._meta.label == "rides.Trip":
            yield "__".join(path)
            continue
        if at in seen or len(path) >= depth or at._meta.label == "accounts.Account":
            continue
        seen.add(at)
        waiting += [
            (column.related_model, (*path, column.name))
            for column in at._meta.concrete_fields
            if column.is_relation
        ]


def test_each_rule_by_which_something_of_a_trip_ends_asks_whether_the_trip_is_held():
    forgot = {
        f"{rule.table} by {way}"
        for rule in retention.rules().values()
        if rule.job and rule.table not in NOT_HELD
        for way in [next(ways_to_a_trip(apps.get_model(rule.table)), None)]
        if way and not rule.trip
    }
    assert not forgot, "\n".join(sorted(forgot))


def test_messages_that_name_an_incident_or_a_complaint_of_a_held_trip_stay(rides, people, noon):
    held, gone = rides.under_way(), rides.under_way("passenger2", "driver2")
    for trip in (held, gone):
        incident = services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
        services.add_word(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), words="help")
        Notification.objects.create(
            key=f"m:{trip.code}", channel="sms", recipient="+8613800000001", text="x", subject=incident.code,
            state="sent", created_at=clock.now(), not_before=clock.now(), helps_until=clock.now(), sent_at=clock.now(),
        )  # fmt: skip
    Incident.objects.update(
        state=IncidentState.CLOSED, outcome="safe", harm="none", harm_at=clock.now(), taken_at=clock.now(), taken_by="a", resolved_by="a",
        closed_at=clock.now(), closed_by="b",
    )  # fmt: skip
    noon.shift(5 * 366 * 86_400)
    with_hold(held)
    for table in ("core.Notification", "safety.SosCall", "safety.HelpMessage"):
        retention.rules()[table].job.run(at=clock.now())
    left = Notification.objects.filter(key__startswith="m:").values_list("key", flat=True)
    assert list(left) == [f"m:{held.code}"]
    words = {row.incident.trip_id: row.words for row in HelpMessage.objects.select_related("incident")}
    assert words == {held.pk: "help", gone.pk: ""}


def with_hold(trip):
    until = clock.now() + timedelta(days=60)
    with transaction.atomic():
        holds.place(actor=SYSTEM, subject=trip.code, source="preserve", case="PP-1", until=until)
