"""What the console's lists and panels show of public questions (`tests/test_console_queries.py`)."""

import hashlib
from datetime import timedelta

from governance.comments import comment
from governance.tests.asking import question


def rows(people, trip, mark):
    name = hashlib.sha256(mark.encode()).hexdigest()[:12]
    question(f"late-{name}", begun=timedelta(days=60))
    comment(account=people("passenger"), slug=question(f"open-{name}").slug, words="x")
