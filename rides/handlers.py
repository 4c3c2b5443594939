"""What rides do when accounts say something."""

from accounts.events import FoundUnderAge, GuardianEnded, SignedInSomewhere
from accounts.selectors import account_by_code, sign_in_place
from core import clock, policy
from core.events import handles
from drivers.events import WentOffline
from drivers.selectors import driver_by_code
from drivers.services import open_case
from drivers.states import CaseKind
from rides.geometry import distance
from rides.models import LatestPosition
from rides.policies import FAR_SIGN_IN, FAR_SIGN_IN_FRESH
from rides.services.offers import stop_offering
from rides.services.upkeep import close_orders_without_guardian
from rides.states import WITH_DRIVER, Party


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
