"""What rides do when accounts say something."""

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.events import FoundUnderAge, GuardianEnded, SignedInSomewhere
from accounts.selectors import account_by_code, sign_in_place
from core import clock, handover, policy
from core.events import handles
from drivers.events import WentOffline
from drivers.selectors import driver_by_code
from drivers.services import open_case
from drivers.states import CaseKind
from rides.geometry import distance
from rides.models import LatestPosition
from rides.policies import FAR_SIGN_IN, FAR_SIGN_IN_FRESH
from rides.selectors import own_late_pickups
from rides.services import give_own_late_pickups
from rides.services.offers import stop_offering
from rides.services.upkeep import close_orders_without_guardian
from rides.states import WITH_DRIVER, Party

if TYPE_CHECKING:
    from accounts.models import Account


def _own_late_pickups(account: "Account") -> list[handover.Mine]:
    page = reverse("rides_console:night")
    return [handover.Mine(row.trip.code, page, row.opened_at) for row in own_late_pickups(account)]


@handover.held(
    "late_pickups",
    _("Late pick-up"),
    column="rides.LatePickup.taken_by",
    due="late_pickups",
    order=15,
    permission="night.call",
    marks=("night",),
    mine=_own_late_pickups,
)
def hand_over_late_pickups(account: "Account", heir: "Account", _words: str) -> int:
    """Whoever waits at night for a car is looked after by a colleague from now on."""
    return give_own_late_pickups(account, heir)


@handles(SignedInSomewhere)
def weigh_far_sign_in(event: SignedInSomewhere) -> None:
    """Somebody signs in on a driver's account far from where that driver's phone drives: one case for the trip (D7)."""
    here, driver = sign_in_place(event.place), driver_by_code(event.account)
    if here is None or driver is None:
        return
    car = (
        LatestPosition.objects.filter(
            trip__driver=driver,
            trip__state__in=WITH_DRIVER,
            party=Party.DRIVER,
            at__gte=clock.now() - policy.span(FAR_SIGN_IN_FRESH),
        )
        .select_related("trip")
        .order_by("-at")
        .first()
    )
    if car is None:
        return
    metres = round(distance(here, (car.latitude, car.longitude)))
    if metres > policy.value(FAR_SIGN_IN):
        open_case(driver=driver, kind=CaseKind.FAR_SIGN_IN, subject=car.trip.code, metres=metres)


@handles(GuardianEnded)
def end_orders_without_guardian(event: GuardianEnded) -> None:
    """With the guardian ends that somebody may ride: what no driver has taken is cancelled (A9)."""
    teen = account_by_code(event.teen)
    if teen is not None:
        close_orders_without_guardian(minor=teen)


@handles(FoundUnderAge)
def end_orders_of_minor(event: FoundUnderAge) -> None:
    """An order from before somebody's age was known is no second door: theirs, or of whoever booked for them (A6, A9)."""
    minor = account_by_code(event.account)
    if minor is not None:
        close_orders_without_guardian(minor=minor)


@handles(WentOffline)
def offer_no_more(event: WentOffline) -> None:
    """Who is not online waits for no order."""
    driver = driver_by_code(event.driver_code)
    if driver is not None:
        stop_offering(driver=driver)
