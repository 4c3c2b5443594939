"""Base data: the company, its permits, how large it is, and the drivers and cars of ride-hailing with their certificates.

Hitch owners have no such certificates, and are not told. What the layout must have of a driver or car and this platform
does not hold, the company's own register says: a file for each in the folder that `records` of the company's file names
(`drivers/CODE.json`, `vehicles/PLATE.json`, a car's `insurance` in it as a list). Of it nothing leaves but the fields that the
layout must have.
"""

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from core import formats
from core.typed import document
from drivers.selectors import count_to_report, drivers_to_report, plates_of, vehicles_to_report
from drivers.states import DriverState, PaperKind
from governance.models import FeedMark, FeedMessage
from governance.regulator.company import Company
from governance.regulator.layout import day, layout, moment, today
from rides.selectors import all_lines, tariff_to_report
from rides.states import LineState

if TYPE_CHECKING:
    from drivers.models import Driver, Paper, Vehicle
    from rides.models import LineInCity
    from rides.policies import Rates

Item = dict[str, Any]
Told = tuple[str, str, str, dict[str, Any]]  # interface, key, whom it is about, rows
MARKS = ("base", "papers")
KINDS = (
    "baseInfoCompany",
    "baseInfoCompanyPermit",
    "baseInfoCompanyStat",
    "baseInfoCompanyFare",
    "baseInfoVehicle",
    "baseInfoVehicleInsurance",
    "baseInfoDriver",
)
WHOLE = timedelta(
    days=1
)  # how often everybody is compared with what was told, whoever has a new paper meanwhile
NEW, CHANGED = 1, 2  # `Flag`
VALID, INVALID = 0, 1  # `State`
NET_CAR = 1  # `CommercialType`: ride-hailing
NO_PEAK = 0  # the tariff has no surcharge for hours of many orders
CARS_AT_ONCE = 1_000  # whose insurance one statement queues
# Whose key names what they are about, and then how it is now.
KEYED = frozenset({"baseInfoCompanyFare", "baseInfoVehicleInsurance"})
_QUEUED = (
    "INSERT INTO governance_feedmessage"
    " (kind, key, subject, rows, happened_at, queued_at, next_at, attempts, refused_for)"
)
# What is told of somebody or of a car changes with their certificates and with whether they may drive. It is compared with
# the newest message about them, whose number the key holds: who is barred, let back and barred again is told each time.
_CHANGED = f"""
WITH newest AS (
    SELECT DISTINCT ON (m.rows->>%(whose)s) (m.rows->>%(whose)s)::bigint AS whose, m.id,
           split_part(m.key, ':', 2) AS said, (m.rows->>'valid')::boolean AS valid
    FROM governance_feedmessage m WHERE m.kind = %(kind)s ORDER BY m.rows->>%(whose)s, m.id DESC
), now AS ({{now}})
{_QUEUED}
SELECT %(kind)s, now.id || ':' || now.said || ':' || COALESCE(newest.id, 0), now.subject,
       jsonb_build_object(%(whose)s, now.id, 'valid', now.valid), %(at)s, %(at)s, %(at)s, 0, ''
FROM now LEFT JOIN newest ON newest.whose = now.id
WHERE CASE WHEN newest.id IS NULL THEN now.permitted
      ELSE newest.said <> now.said OR newest.valid IS DISTINCT FROM now.valid END
ON CONFLICT (kind, key) DO NOTHING
"""  # noqa: S608 - ours
_SAID = "md5(COALESCE(string_agg(p.id::text, ',' ORDER BY p.id), ''))"
_IN_FORCE = "COALESCE(bool_or(p.kind = '{permit}' AND (p.until IS NULL OR p.until >= %(today)s)), false)"
_DRIVERS = _CHANGED.format(
    now=f"""
    SELECT d.id, a.code AS subject, {_SAID} AS said, bool_or(p.kind = 'driver_permit') IS TRUE AND a.closed_at IS NULL
           AS permitted, d.state = 'vetted' AND a.closed_at IS NULL AND {_IN_FORCE.format(permit="driver_permit")} AS valid
    FROM drivers_driver d
    JOIN accounts_account a ON a.id = d.account_id AND NOT a.is_drill
    LEFT JOIN drivers_paper p ON p.driver_id = d.id AND p.replaced_at IS NULL
    WHERE d.vetted_at IS NOT NULL AND (%(all)s OR EXISTS (
        SELECT 1 FROM drivers_paper new WHERE new.driver_id = d.id AND new.id > %(first)s AND new.id <= %(last)s))
    GROUP BY d.id, a.code, a.closed_at"""  # noqa: S608 - ours
)
_VEHICLES = _CHANGED.format(
    now=f"""
    SELECT v.id, v.plate AS subject, {_SAID} AS said, bool_or(p.kind = 'transport_permit') IS TRUE AS permitted,
           {_IN_FORCE.format(permit="transport_permit")} AND EXISTS (
               SELECT 1 FROM drivers_binding b JOIN drivers_driver d ON d.id = b.driver_id
               JOIN accounts_account a ON a.id = d.account_id AND a.closed_at IS NULL
               WHERE b.vehicle_id = v.id AND b.ended_at IS NULL) AS valid
    FROM drivers_vehicle v LEFT JOIN drivers_paper p ON p.vehicle_id = v.id AND p.replaced_at IS NULL
    WHERE (%(all)s OR EXISTS (
        SELECT 1 FROM drivers_paper new WHERE new.vehicle_id = v.id AND new.id > %(first)s AND new.id <= %(last)s))
      AND EXISTS (SELECT 1 FROM drivers_binding b JOIN drivers_driver d ON d.id = b.driver_id
                  JOIN accounts_account a ON a.id = d.account_id AND NOT a.is_drill WHERE b.vehicle_id = v.id)
    GROUP BY v.id"""  # noqa: S608 - ours
)
_INSURED = """
SELECT v.id, v.plate FROM drivers_vehicle v
JOIN drivers_paper p ON p.vehicle_id = v.id AND p.replaced_at IS NULL AND p.kind = 'transport_permit'
WHERE (%(all)s OR (p.id > %(first)s AND p.id <= %(last)s))
  AND EXISTS (SELECT 1 FROM drivers_binding b JOIN drivers_driver d ON d.id = b.driver_id
              JOIN accounts_account a ON a.id = d.account_id AND NOT a.is_drill WHERE b.vehicle_id = v.id)
ORDER BY v.id
"""
_NEWEST = "SELECT COALESCE(max(id), 0) FROM drivers_paper"
_SETTLED = "SELECT COALESCE(max(id), 0) FROM drivers_paper WHERE added_at < %s"


def collect(ours: Company, at: datetime) -> None:
    """Queue what of the base data is not told as it is now."""
    _company(ours, at)
    with transaction.atomic(), connection.cursor() as cursor:
        marks = {row.source: row for row in FeedMark.objects.select_for_update().filter(source__in=MARKS)}
        whole = "base" not in marks or at.timestamp() - marks["base"].mark >= WHOLE.total_seconds()
        cursor.execute(_NEWEST)
        last = cursor.fetchone()[0]
        first = marks["papers"].mark if "papers" in marks else 0
        if not whole and last <= first:
            return
        given = {"at": at, "today": today(at), "all": whole, "first": first, "last": last}
        for statement, kind, whose in (
            (_DRIVERS, "baseInfoDriver", "person"),
            (_VEHICLES, "baseInfoVehicle", "car"),
        ):
            cursor.execute(statement, {**given, "kind": kind, "whose": whose})
        cursor.execute(_INSURED, given)
        cars = cursor.fetchall()
        cursor.execute(_SETTLED, [at - timedelta(minutes=5)])
        FeedMark.objects.update_or_create(
            source="papers", defaults={"mark": max(first, cursor.fetchone()[0])}
        )
        if whole:
            FeedMark.objects.update_or_create(source="base", defaults={"mark": int(at.timestamp())})
    # The register is files, read outside of the transaction; what is missed by a crash in between is found the next day.
    for start in range(0, len(cars), CARS_AT_ONCE):
        part = cars[start : start + CARS_AT_ONCE]
        _queue([row for car, plate in part for row in _insured(ours, car, plate)], at)


def _company(ours: Company, at: datetime) -> None:
    """The company, its permit in each city, and its size of the day: each once for as long as it says the same."""
    told: list[Told] = [("baseInfoCompany", _digest(ours.facts), "", {})]
    permits = {
        (row.city.code, row.permit_number): row
        for row in all_lines()
        if row.state != LineState.SUSPENDED and row.permit_number and _is_reported(ours, row)
    }
    for (code, number), row in permits.items():
        said = [ours.cities[code].permit, ours.cities[code].region, number, str(row.permit_until)]
        permit = {"city": code, "number": number, "until": row.permit_until.isoformat()}
        told.append(("baseInfoCompanyPermit", f"{code}:{_digest(said)}", code[:20], permit))
    told.append(("baseInfoCompanyStat", str(day(at)), "", {}))
    rates, since = tariff_to_report()
    for line in all_lines():
        if line.state != LineState.SUSPENDED and _is_reported(ours, line):
            code, city = line.city.code, ours.cities[line.city.code]
            said = [city.region, city.fares, dataclasses.asdict(rates[line.line]), str(since)]
            fare = {"city": code, "line": line.line}
            told.append(("baseInfoCompanyFare", f"{code}:{line.line}:{_digest(said)}", code[:20], fare))
    known = FeedMessage.objects.filter(kind__in={kind for kind, *_rest in told})
    have = set(known.filter(key__in=[key for _kind, key, *_rest in told]).values_list("kind", "key"))
    _queue([each for each in told if each[:2] not in have], at)


def _queue(told: "Sequence[Told]", at: datetime) -> None:
    """Each of them once: what was queued before stays as it is."""
    FeedMessage.objects.bulk_create(
        [
            FeedMessage(
                kind=kind, key=key, subject=subject, rows=rows, happened_at=at, queued_at=at, next_at=at
            )
            for kind, key, subject, rows in told
        ],
        ignore_conflicts=True,
    )


def _insured(ours: Company, car: int, plate: str) -> "Iterator[Told]":
    """The insurance of a car by the company's own register, one message for each policy; one that lacks all where it says
    nothing of any, so that this is known and refused by its cause."""
    try:
        policies = _policies(ours, plate)
    except Exception:  # the file of one car says nothing of the others
        policies = [{}]
    for policy in policies or [{}]:
        number = _digest(policy.get("InsurNum", ""))[:16] if policy else ""
        yield (
            "baseInfoVehicleInsurance",
            f"{car}:{number}:{_digest(policy)}",
            plate[:20],
            {"car": car, "policy": number},
        )


def _policies(ours: Company, plate: str) -> list[Item]:
    """Raises where the register cannot be read."""
    return [dict(each) for each in _register(ours, "vehicles", plate.replace("·", "")).get("insurance", [])]


def _is_reported(ours: Company, row: "LineInCity") -> bool:
    city = ours.cities.get(row.city.code)
    return city is not None and row.line in city.lines


def _digest(said: Any) -> str:
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:32]


# --- The items ---


def items_of(
    kind: str, rows: Sequence[FeedMessage], ours: Company, at: datetime
) -> "list[Callable[[], Item]]":
    """How the item of each message is made; each raises by itself where its rows cannot be read."""
    earlier = FeedMessage.objects.filter(kind=kind, acknowledged_at__isnull=False)
    same = earlier.filter(subject__in={row.subject for row in rows}).only("kind", "key", "subject")
    before = {_about(row) for row in same}

    def stamp(row: FeedMessage) -> Item:
        return {"Flag": CHANGED if _about(row) in before else NEW, "UpdateTime": moment(at)}

    def made(item: Callable[[FeedMessage], Item]) -> "list[Callable[[], Item]]":
        return [partial(lambda row: item(row) | stamp(row), row) for row in rows]

    match kind:
        case "baseInfoCompany":
            return made(lambda _row: {**ours.facts, "State": VALID})
        case "baseInfoCompanyStat":
            cars, drivers = count_to_report()
            return made(lambda _row: {"VehicleNum": cars, "DriverNum": drivers})
        case "baseInfoCompanyPermit":
            return made(lambda row: _permit(ours, row))
        case "baseInfoCompanyFare":
            tariff = tariff_to_report()
            return made(lambda row: _fare(ours, row, *tariff))
        case "baseInfoDriver":
            people = {each.pk: each for each in drivers_to_report([row.rows["person"] for row in rows])}
            return made(lambda row: _driver(ours, people[row.rows["person"]], row, at))
        case "baseInfoVehicle":
            known = {each.pk: each for each in vehicles_to_report([row.rows["car"] for row in rows])}
            return made(lambda row: _vehicle(ours, known[row.rows["car"]], row, at))
        case "baseInfoVehicleInsurance":
            plates = plates_of([row.rows["car"] for row in rows])
            return made(lambda row: _insurance(ours, plates[row.rows["car"]], row))
        case _:
            raise ValueError(kind)


def _permit(ours: Company, row: FeedMessage) -> Item:
    city = ours.cities[row.rows["city"]]
    return {
        **city.permit,
        "Address": city.region,
        "Certificate": row.rows["number"],
        "StopDate": int(row.rows["until"].replace("-", "")),
        "State": "0",
    }


def _about(row: FeedMessage) -> str:
    """Whom or what a message is about, whatever it says of them: by it one is new, or changed."""
    return row.key.rpartition(":")[0] if row.kind in KEYED else row.subject


def _fare(ours: Company, row: FeedMessage, rates: "Mapping[str, Rates]", since: datetime | None) -> Item:
    """The tariff of a line in a city. Its least and most have no field, and stand in the note; it has no surcharge."""
    city, fare = ours.cities[row.rows["city"]], rates[row.rows["line"]]
    with override("zh-hans"):
        notes = [_("at least %(least)s a trip") % {"least": formats.money(fare.least)}]
        if fare.most is not None:
            notes.append(_("at most %(most)s a trip") % {"most": formats.money(fare.most)})
    return {
        **_asked("baseInfoCompanyFare", city.fares),
        **({"FareValidOn": moment(since)} if since else {}),
        "Address": city.region,
        "FareType": row.rows["line"],
        "FareTypeNote": "；".join(notes),
        "StartFare": fare.base / 100,
        "StartMile": 0,
        "UnitPricePerMile": fare.per_km / 100,
        "UnitPricePerMinute": fare.per_minute / 100,
        "PeakUnitPrice": NO_PEAK,
        "PeakPriceStartMile": NO_PEAK,
        "State": VALID,
    }


def _insurance(ours: Company, plate: str, row: FeedMessage) -> Item:
    """One policy as the register has it now; of a car whose register had none, the first that it has since."""
    policies, number = _policies(ours, plate), row.rows["policy"]
    found = [each for each in policies if _digest(each.get("InsurNum", ""))[:16] == number or not number]
    said = _asked("baseInfoVehicleInsurance", found[0]) if found else {}
    return said | {"VehicleNo": plate.replace("·", "")}


def _asked(kind: str, said: "Mapping[str, Any]") -> Item:
    """What the layout must have of what somebody says."""
    return {field.name: said[field.name] for field in layout()[kind] if field.required and field.name in said}


def _register(ours: Company, folder: str, name: str) -> Item:
    """What the company's own register has of a driver or car; nothing where it has nothing."""
    path = Path(ours.records) / folder / f"{name}.json"
    if not ours.records or not path.is_file():
        return {}
    return dict(json.loads(path.read_text()))


def _record(ours: Company, kind: str, folder: str, name: str) -> Item:
    """What the company's own register says of a driver or car, and the layout must have; nothing where it says nothing."""
    return _asked(kind, _register(ours, folder, name))


def _paper(papers: "Sequence[Paper]", kind: PaperKind) -> "Paper | None":
    """The one in force, or the last that was."""
    of = [paper for paper in papers if paper.kind == kind]
    return max(of, key=lambda paper: (paper.replaced_at is None, paper.pk), default=None)


def _state(row: FeedMessage, paper: "Paper | None", at: datetime, *, may: bool) -> int:
    """By the permit and by who they are, as it leaves; the message keeps what was told, to be compared with later."""
    in_force = paper is not None and paper.replaced_at is None
    valid = may and in_force and not (paper and paper.until and paper.until < today(at))
    row.rows = {**row.rows, "valid": valid}
    return VALID if valid else INVALID


def _until(paper: "Paper | None") -> int | None:
    return int(f"{paper.until:%Y%m%d}") if paper and paper.until else None


def _known(item: Item) -> Item:
    return {name: value for name, value in item.items() if value not in (None, "")}


def _driver(ours: Company, driver: "Driver", row: FeedMessage, at: datetime) -> Item:
    account, papers = driver.account, list(driver.papers.all())
    permit = _paper(papers, PaperKind.DRIVER_PERMIT)
    born = sex = None
    if account.document == document.Kind.RESIDENT_ID:
        # 18 digits: the birthday, and by the last digit but one the sex.
        born = int(f"{document.born(account.id_number):%Y%m%d}")
        sex = "1" if int(account.id_number[16]) % 2 else "2"
    ours_know = {
        "Address": ours.facts.get("Address"),
        "DriverPhone": account.phone.removeprefix("+86"),
        "DriverGender": sex,
        "DriverBirthday": born,
        "LicenseId": driver.licence_number,
        "DriverLicenseOff": _until(_paper(papers, PaperKind.DRIVING_LICENCE)),
        "CertificateNo": permit.number if permit else None,
        "NetworkCarProofOff": _until(permit),
        "CommercialType": NET_CAR,
        "ContractCompany": ours.facts.get("CompanyName"),
        "State": _state(
            row, permit, at, may=driver.state == DriverState.VETTED and account.closed_at is None
        ),
    }
    return _record(ours, "baseInfoDriver", "drivers", account.code) | _known(ours_know)


def _vehicle(ours: Company, car: "Vehicle", row: FeedMessage, at: datetime) -> Item:
    permit = _paper(list(car.papers.all()), PaperKind.TRANSPORT_PERMIT)
    plate = car.plate.replace("·", "")
    bound = any(
        binding.ended_at is None and binding.driver.account.closed_at is None
        for binding in car.bindings.all()
    )
    ours_know = {
        "Address": ours.facts.get("Address"),
        "VehicleNo": plate,
        "Seats": car.seats + 1,  # the driver's with them, as on the licence
        "Model": car.model,
        "VehicleColor": car.colour,
        "VIN": car.vin,
        "TransDateStop": _until(permit),
        "CommercialType": NET_CAR,
        "State": _state(row, permit, at, may=bound),
    }
    return _record(ours, "baseInfoVehicle", "vehicles", plate) | _known(ours_know)
