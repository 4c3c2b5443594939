"""What tests of every app make through the ground's services."""

from typing import Any

from django.db import transaction

from core import policy
from core.actors import Actor
from core.models import PolicyVersion


def set_policy(which: "policy.Policy[Any] | str", value: object, **changes: Any) -> PolicyVersion:
    """The next version of a policy, by its handle or key, proposed and approved by two people; now by default."""
    known = policy.of_key(which) if isinstance(which, str) else which
    assert known is not None, which
    people = {"proposed_by": Actor("proposer", "supervisor"), "approved_by": Actor("approver", "executive")}
    with transaction.atomic():
        return policy.adopt(known, value, **(people | {"reason": "a test"} | changes))
