"""Celery entries of rides."""

from django.utils.translation import gettext_lazy as _

from core import jobs, retention
from rides import partitions
from rides import retention as tables  # noqa: F401 - how long they are kept
from rides.services.apart import FORGOTTEN
from rides.services.coming import COMING_NEAR
from rides.services.lines import STRANDED, SUSPENSIONS
from rides.services.night import LATE_PICKUPS
from rides.services.payments import PAYMENT_QUEUE
from rides.services.proposals import LOTS, PROPOSALS_OVER
from rides.services.talk import RELAYS_OVER
from rides.services.upkeep import LOST, UNANSWERED

settle_payments = jobs.periodic("rides.tasks.settle_payments", jobs.queue(PAYMENT_QUEUE))
end_relay_numbers = jobs.periodic("rides.tasks.end_relay_numbers", RELAYS_OVER)
say_who_comes_near = jobs.periodic("rides.tasks.say_who_comes_near", COMING_NEAR)
close_unanswered = jobs.periodic("rides.tasks.close_unanswered", UNANSWERED, LOST)
carry_out_suspensions = jobs.periodic("rides.tasks.carry_out_suspensions", SUSPENSIONS, jobs.again(STRANDED))
open_late_pickups = jobs.periodic("rides.tasks.open_late_pickups", LATE_PICKUPS)
make_trail_months = jobs.periodic(
    "rides.tasks.make_trail_months",
    jobs.whole(
        "rides.trail_months",
        _("making the trail's months ahead"),
        lambda _at: partitions.ensure_months(),
    ),
)
expire_trails = jobs.periodic(
    "rides.tasks.expire_trails",
    jobs.whole(
        "rides.expire_trails",
        _("destroying trails whose time is over"),
        lambda _at: partitions.drop_expired(),
    ),
)
forget_never_again = jobs.periodic("rides.tasks.forget_never_again", FORGOTTEN)
hold_out_hitch_requests = jobs.periodic("rides.tasks.hold_out_hitch_requests", PROPOSALS_OVER, LOTS)
forget_what_is_over = jobs.periodic("rides.tasks.forget_what_is_over", *retention.jobs_of("rides"))
