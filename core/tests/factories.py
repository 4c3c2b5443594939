"""What tests of every app make through the ground's services."""

from typing import Any

from django.db import transaction

from core import limits, policy
from core.actors import Actor
from core.messages import outbox
from core.messages.catalogue import CHANNELS, Message, Words
from core.models import PolicyVersion

# The least that is a PDF file.
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF"
)


def set_policy(which: "policy.Policy[Any] | str", value: object, **changes: Any) -> PolicyVersion:
    """The next version of a policy, by its handle or key, proposed and approved by two people; now by default."""
    known = policy.of_key(which) if isinstance(which, str) else which
    assert known is not None, which
    people = {"proposed_by": Actor("proposer", "supervisor"), "approved_by": Actor("approver", "executive")}
    with transaction.atomic():
        return policy.adopt(known, value, **(people | {"reason": "a test"} | changes))


def limit_of_tests(name: str, bounds: "dict[limits.Per, int]", *, within: int = 60) -> limits.Limit:
    """A limit that stands among no policies."""
    default = dict(bounds) | {limits.WITHIN: within}
    return limits.Limit(
        policy.Policy(f"test.{name}", limits.kind_of(bounds), default, name, name), tuple(bounds)
    )


class Said(Message, code="test.said", text="%(words)s", channels=CHANNELS):
    words: Words


class SaidForLife(Message, code="test.said_for_life", text="%(words)s", channels=CHANNELS, life_safety=True):
    words: Words


def say(
    *,
    key: str = "k",
    to: str = "+8613800000001",
    words: str = "x",
    life_safety: bool = False,
    language: str = "en",
    channel: str = "sms",
    subject: str = "",
) -> None:
    """Promise a message of these words; call it inside a transaction."""
    said: Message = SaidForLife(words=words) if life_safety else Said(words=words)
    outbox.queue(said, key=key, to=to, language=language, channel=channel, subject=subject)
