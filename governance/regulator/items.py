"""The items themselves, made of our rows at the moment at which they leave: what the layout must have, and nothing more.

Who travels stands in none of them. Of a driver they hold the licence's number, and the phone where the layout must have it.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.utils.translation import gettext, ngettext, override

from complaints.selectors import measures_to_report
from complaints.states import Category
from drivers.selectors import bars_to_report, licences_of, plates_of
from drivers.states import CaseKind
from governance.models import FeedMessage
from governance.regulator import base
from governance.regulator.company import Company
from governance.regulator.layout import WGS84, Wrong, degree, moment, wrong_with
from rides.geometry import Point, route_length
from rides.selectors import believed_trail_of, trips_to_report
from rides.states import Company as Us
from rides.states import Party, PaymentState
from rides.trails import Fix

if TYPE_CHECKING:
    from complaints.models import Measure
    from drivers.models import Driver
    from rides.models import Trip

log = structlog.get_logger()
Item = dict[str, Any]
# A driver's phone told where it was within this time of a moment, or the booked place stands for it.
NEAR = timedelta(minutes=2)
OF_DRIVERS = frozenset(
    {"orderMatch", "operateLogin", "operateLogout", "operateDepart", "operatePay", "ratedDriverPunish"}
)
NAMES_PEOPLE = OF_DRIVERS | {"baseInfoCompany", "baseInfoDriver"}
# For so long a payment may be under way; then the trip is reported as not settled.
SETTLES = timedelta(hours=1)
# Somebody wrote a phone or a document into a place, in any digits, and with what people write between them.
_NUMBER = re.compile(r"(?:\d[\s\-\u2010-\u2015－.·_/()（）]*){7,}")
CANCELLED_BY = {Party.PASSENGER.value: "1", Party.DRIVER.value: "2", Us.COMPANY.value: "3"}
SETTLED, UNSETTLED, UNKNOWN = "1", "0", "2"


@dataclass(frozen=True, slots=True)
class Later:
    """It is not known yet what is to be told."""

    until: datetime


@dataclass(frozen=True, slots=True)
class _About:
    """What the items of one batch are made of."""

    company: Company
    at: datetime
    trips: "dict[int, Trip]"
    licences: "dict[int, Driver]"
    plates: dict[int, str]
    measures: "dict[int, Measure]"
    cases: dict[int, str]

    def address(self, trip: "Trip") -> int | None:
        city = self.company.cities.get(trip.city.code)
        return city.region if city else None

    def licence(self, row: FeedMessage) -> tuple[str, str]:
        """Number and phone of the driver of the message."""
        driver = self.licences.get(row.rows["driver"])
        return (driver.licence_number, driver.account.phone.removeprefix("+86")) if driver else ("", "")

    def plate(self, row: FeedMessage) -> str:
        return bare(self.plates.get(row.rows["vehicle"], ""))


def bare(plate: str) -> str:
    """A plate as certificates have it, without the dot."""
    return plate.replace("·", "")


def items_of(
    kind: str, rows: Sequence[FeedMessage], company: Company, at: datetime
) -> "list[Item | Wrong | Later]":
    """An item for each message of this interface, in order; or what is wrong with it, or when it is to be looked at again."""
    if kind in base.KINDS:
        made = base.items_of(kind, rows, company, at)
        return [_one(kind, row, company, at, make) for row, make in zip(rows, made, strict=True)]
    trips = trips_to_report([row.rows["trip"] for row in rows if "trip" in row.rows])
    named = rows if kind in OF_DRIVERS else []
    about = _About(
        company,
        at,
        {trip.pk: trip for trip in trips},
        licences_of({row.rows["driver"] for row in named if row.rows.get("driver")}),
        plates_of({row.rows["vehicle"] for row in named if row.rows.get("vehicle")}),
        measures_to_report({row.rows["measure"] for row in rows if row.rows.get("measure")}),
        bars_to_report({row.rows["case"] for row in rows if row.rows.get("case")}),
    )
    return [_one(kind, row, company, at, partial(MADE[kind], row, about)) for row in rows]


def _one(
    kind: str, row: FeedMessage, company: Company, at: datetime, make: "Callable[[], Item | Later]"
) -> "Item | Wrong | Later":
    try:
        made = make()
        if isinstance(made, Later):
            return made
        item = {"CompanyId": company.id} | made
        return wrong_with(kind, item, at) or item
    except Exception:  # a row that cannot be read stops only itself
        log.exception("regulator.unreadable", kind=kind, subject=row.subject)
        return Wrong("-", "unreadable")


def _place(words: str) -> str:
    return _NUMBER.sub("…", words)[:128]


def _order_create(row: FeedMessage, about: _About) -> Item:
    trip = about.trips[row.rows["trip"]]
    return {
        "Address": about.address(trip),
        "OrderId": trip.code,
        "DepartTime": moment(trip.window_start),
        "OrderTime": moment(trip.requested_at),
        "Departure": _place(trip.origin_name),
        "DepLongitude": degree(trip.origin_longitude),
        "DepLatitude": degree(trip.origin_latitude),
        "Destination": _place(trip.destination_name),
        "DestLongitude": degree(trip.destination_longitude),
        "DestLatitude": degree(trip.destination_latitude),
        "Encrypt": WGS84,
        "FareType": trip.line,
    }


def _order_match(row: FeedMessage, about: _About) -> Item:
    trip, (licence, phone) = about.trips[row.rows["trip"]], about.licence(row)
    return {
        "Address": about.address(trip),
        "OrderId": trip.code,
        "Encrypt": WGS84,
        "LicenseId": licence,
        "DriverPhone": phone,
        "VehicleNo": about.plate(row),
        "DistributeTime": moment(row.happened_at),
    }


def _order_cancel(row: FeedMessage, about: _About) -> Item:
    trip = about.trips[row.rows["trip"]]
    who = CANCELLED_BY.get(trip.cancelled_by, "")
    return {
        "Address": about.address(trip),
        "OrderId": trip.code,
        "CancelTime": moment(row.happened_at),
        "Operator": who,
        "CancelTypeCode": who,
    }


def _operate_log(time: str, row: FeedMessage, about: _About) -> Item:
    """A driver goes online or offline; where, nobody wrote down."""
    licence, _phone = about.licence(row)
    return {
        "LicenseId": licence,
        "VehicleNo": about.plate(row),
        time: moment(row.happened_at),
        "Encrypt": WGS84,
    }


def _near(trail: Sequence[Fix], at: datetime, instead: Point) -> Point:
    """Where the car was at a moment, as its driver's phone told; the booked place where it told nothing then."""
    nearest = min(trail, key=lambda fix: abs(fix.at - at.timestamp()), default=None)
    if nearest is None or abs(nearest.at - at.timestamp()) > NEAR.total_seconds():
        return instead
    return nearest.point


def _depart_of(trip: "Trip", trail: Sequence[Fix]) -> Item:
    assert trip.boarded_at  # noqa: S101 - the message says so
    latitude, longitude = _near(trail, trip.boarded_at, trip.origin)
    return {
        "DepLongitude": degree(longitude),
        "DepLatitude": degree(latitude),
        "DepTime": moment(trip.boarded_at),
    }


def _arrive_of(trip: "Trip", trail: Sequence[Fix]) -> Item:
    assert trip.boarded_at and trip.ended_at  # noqa: S101 - the message says so
    latitude, longitude = _near(trail, trip.ended_at, trip.destination)
    begin, end = trip.boarded_at.timestamp(), trip.ended_at.timestamp()
    aboard = [fix.point for fix in trail if begin <= fix.at <= end]
    metres = route_length(aboard) if len(aboard) > 1 else trip.route_metres
    return {
        "DestLongitude": degree(longitude),
        "DestLatitude": degree(latitude),
        "DestTime": moment(trip.ended_at),
        "DriveMile": round(metres / 1000, 2),
        "DriveTime": round(end - begin),
    }


def _operate_depart(row: FeedMessage, about: _About) -> Item:
    trip, (licence, _phone) = about.trips[row.rows["trip"]], about.licence(row)
    return {
        "OrderId": trip.code,
        "LicenseId": licence,
        "FareType": trip.line,
        "VehicleNo": about.plate(row),
        "Encrypt": WGS84,
        **_depart_of(trip, believed_trail_of(trip, Party.DRIVER)),
    }


def _operate_arrive(row: FeedMessage, about: _About) -> Item:
    trip = about.trips[row.rows["trip"]]
    return {
        "OrderId": trip.code,
        "Encrypt": WGS84,
        **_arrive_of(trip, believed_trail_of(trip, Party.DRIVER)),
    }


def _operate_pay(row: FeedMessage, about: _About) -> Item | Later:
    trip, (licence, _phone) = about.trips[row.rows["trip"]], about.licence(row)
    payment = getattr(trip, "payment", None)
    due = payment is not None and payment.state == PaymentState.DUE
    assert trip.ended_at  # noqa: S101 - the message says so
    if due and about.at < trip.ended_at + SETTLES:
        return Later(about.at + timedelta(minutes=1))
    if payment is not None and payment.paid_at:
        row.happened_at = payment.paid_at
    trail = believed_trail_of(trip, Party.DRIVER)
    return {
        "OrderId": trip.code,
        "OnArea": about.address(trip),
        "LicenseId": licence,
        "FareType": trip.line,
        "VehicleNo": about.plate(row),
        "BookDepTime": moment(trip.window_start),
        **_depart_of(trip, trail),
        **_arrive_of(trip, trail),
        "FactPrice": 0 if due or not trip.fare else trip.fare / 100,
        "FarUpPrice": 0,
        "OtherUpPrice": 0,
        "PayState": UNSETTLED if due else SETTLED,
        "InvoiceStatus": UNKNOWN,
    }


def _rated_passenger(row: FeedMessage, _about: _About) -> Item:
    return {
        "OrderId": row.subject,
        "EvaluateTime": moment(row.happened_at),
        "ServiceScore": row.rows["stars"],
    }


def _rated_complaint(row: FeedMessage, about: _About) -> Item:
    with override("zh-hans"):
        # The kind of it, in our words: hers are hers.
        detail = str(Category(row.rows["category"]).label)
    return {
        "OrderId": about.trips[row.rows["trip"]].code,
        "ComplaintTime": moment(row.happened_at),
        "Detail": detail,
    }


def _driver_punished(row: FeedMessage, about: _About) -> Item:
    """What was decided against a driver, or that it was taken back: its kind in our words, nobody's own."""
    licence, _phone = about.licence(row)
    with override("zh-hans"):
        if row.rows["case"]:
            reason, result = _barred(about.cases[row.rows["case"]])
        else:
            reason, result = _decided(about.measures[row.rows["measure"]])
        if row.rows["undone"]:
            result = gettext("taken back: %(what)s") % {"what": result}
    return {
        "LicenseId": licence,
        "PunishTime": moment(row.happened_at),
        "PunishReason": reason,
        "PunishResult": result,
    }


def _barred(kind: str) -> tuple[str, str]:
    """Why and what, of a case of vetting. That the police asked is theirs to tell."""
    reason = gettext("a review of safety") if kind == CaseKind.POLICE else CaseKind(kind).label
    return str(reason), gettext("barred from driving")


def _decided(measure: "Measure") -> tuple[str, str]:
    """Why and what, of a decision about a complaint: of the driver's own, which was knowingly false, the finding."""
    decision, result = measure.decision, measure.get_outcome_display()
    mine = measure.person_id != decision.complaint.accused_id
    reason = decision.get_finding_display() if mine else decision.complaint.get_category_display()
    if measure.days:
        days = ngettext("%(days)s day", "%(days)s days", measure.days) % {"days": measure.days}
        result = gettext("%(what)s, %(how_long)s") % {"what": result, "how_long": days}
    return reason, result


MADE: dict[str, Callable[[FeedMessage, _About], Item | Later]] = {
    "orderCreate": _order_create,
    "orderMatch": _order_match,
    "orderCancel": _order_cancel,
    "operateLogin": partial(_operate_log, "LoginTime"),
    "operateLogout": partial(_operate_log, "LogoutTime"),
    "operateDepart": _operate_depart,
    "operateArrive": _operate_arrive,
    "operatePay": _operate_pay,
    "ratedPassenger": _rated_passenger,
    "ratedPassengerComplaint": _rated_complaint,
    "ratedDriverPunish": _driver_punished,
}
# In the order in which a batch is told: who drives before what was driven, a beginning before its end.
KINDS = (*base.KINDS, *MADE)
