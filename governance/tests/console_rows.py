"""What the console's lists and panels show of governance (`tests/test_console_queries.py`)."""

import secrets
from datetime import timedelta

from core.tests.factories import set_policy
from governance.comments import comment
from governance.models import Review, ReviewAction
from governance.tests.asking import question
from governance.tests.factories import reviewed, shown_concern


def rows(people, trip, mark):
    name = secrets.token_hex(6)
    question(f"late-{name}", begun=timedelta(days=60))
    comment(account=people("passenger"), slug=question(f"open-{name}").slug, words="x")
    set_policy("governance.concerns", {"person": 1000, "within": 86_400})
    shown_concern(people("agent"), f"concern of {mark} xxxxxxxx")
    row = reviewed(mark[:20])
    Review.objects.filter(pk=row.pk).update(code=f"RV-{row.pk}", clock=f"{row.pk}")
    ReviewAction.objects.filter(review=row).update(code=f"RA-{row.pk}")
