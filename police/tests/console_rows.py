"""What the console's lists and panels show of the police (`tests/test_console_queries.py`)."""

from datetime import timedelta

from core import clock
from police.documents.services import read_page
from police.documents.states import CopyKind
from police.models import Officer
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent


def rows(people, trip, mark):
    ends = clock.now() + timedelta(days=9)  # so that the station is called about them again
    Officer.objects.filter(account=people("officer2")).update(expires_at=ends)
    asked = ask_by_form(account=people("officer"), question=urgent(Query.TRIP, trip.code), submission=mark)
    if asked.state == "released":  # beyond so many in a short time people look
        read_page(actor=people("officer").actor, request=asked, kind=CopyKind.PAGE)
