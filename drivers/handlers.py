"""What drivers do when accounts say something."""

from collections.abc import Collection, Mapping

from accounts.events import DeviceShared
from core import cases, holds
from core.events import handles
from drivers.events import DriverHeld
from drivers.selectors import (
    driver_by_code,
    hold_by_code,
    open_vetting_about,
    trips_of_checks,
    trips_of_reports,
)
from drivers.services import hold_elsewhere, open_signal
from drivers.states import CaseKind


@handles(DeviceShared)
def weigh_shared_device(event: DeviceShared) -> None:
    """One device on several accounts of which one drives is a sign of a lent account: one case (D7)."""
    everybody = [event.account, *event.others]
    driver = next((found for code in everybody if (found := driver_by_code(code))), None)
    if driver is not None:
        others = {code: "device" for code in everybody if code != driver.account.code}
        open_signal(driver=driver, kind=CaseKind.SAME_DEVICE, accounts=others)


@handles(DriverHeld, queue="default")
def hold_the_person(event: DriverHeld) -> None:
    """A hold holds the person, not the account (D15)."""
    hold_elsewhere(hold=hold_by_code(event.hold_code))


@cases.register_open_cases
def vetting_open_about(subject: str) -> list[cases.OpenCase]:
    """Whoever turned the first key of an application or of a vetting case has it; until then nobody has."""
    return open_vetting_about(subject)


@holds.things_of_trips("K")
def trips_behind_checks(codes: Collection[str]) -> Mapping[str, str]:
    """Frames of a face check are pictures of the trip for which it was asked."""
    return trips_of_checks(codes)


@holds.things_of_trips("M")
def trips_behind_reports(codes: Collection[str]) -> Mapping[str, str]:
    """The picture of a mismatch belongs to the trip of the report."""
    return trips_of_reports(codes)
