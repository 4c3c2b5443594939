"""What the console's lists and panels show of the police (`tests/test_console_queries.py`)."""

from police.documents.services import read_page
from police.documents.states import CopyKind
from police.services import ask_by_form
from police.states import Query
from police.tests.factories import urgent


def rows(people, trip, mark):
    asked = ask_by_form(account=people("officer"), question=urgent(Query.TRIP, trip.code), submission=mark)
    if asked.state == "released":  # beyond so many in a short time people look
        read_page(actor=people("officer").actor, request=asked, kind=CopyKind.PAGE)
