"""What the first who reported a mismatch is owed once it is confirmed (D5)."""

from core import clock, policy
from core.transactions import joins_transaction
from drivers import policies
from drivers.models import Reward, VettingCase


@joins_transaction
def owe_reward(*, case: VettingCase) -> Reward | None:
    """A confirmed mismatch owes one reward, to the first who reported it and is not its driver."""
    first = (
        case.reports.exclude(reporter="", phone="")
        .exclude(reporter=case.driver.account.code)
        .order_by("reported_at", "pk")
        .first()
    )
    if first is None:
        return None
    in_force = policy.in_force(policies.MISMATCH_REWARD)
    reward, _new = Reward.objects.get_or_create(
        case=case,
        defaults={
            "report": first,
            "fen": in_force.value,
            "citation": in_force.citation,
            "due_since": clock.now(),
        },
    )
    return reward
