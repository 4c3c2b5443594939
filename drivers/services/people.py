"""The only writer of drivers, vehicles, bindings and holds."""

from typing import TYPE_CHECKING

from django.db import connection

from accounts.selectors import whoever_is
from core import audit, clock, events, inserts, pictures, retention, typed
from core.actors import SYSTEM, Actor
from core.codes import new_code
from core.errors import InvalidInput, NotFound, refuse
from core.four_eyes import SecondPersonNeeded, another
from core.privacy import blind_index
from core.transactions import begins_transaction, joins_transaction
from drivers.errors import BannedThing, TooManyPersons, TooManyVehicles
from drivers.events import DriverHeld
from drivers.models import Application, Bar, Binding, Driver, Hold, OnlineSpell, Paper, Vehicle
from drivers.policies import ENDS_WITH_COMPLAINT, against_release
from drivers.selectors import drivers_vehicles, drivers_who_are, is_barred, locked_from, locked_together
from drivers.states import ApplicationState, Certificate, DriverState, HoldKind, Line

VEHICLE_PLACES = (1, 2)
PERSON_PLACES = (1, 2, 3)

if TYPE_CHECKING:
    from accounts.models import Account


@joins_transaction
def register_vetted_driver(
    *,
    account: "Account",
    licence_number: str,
    licence_class: str,
    photo: str,
    plate: str,
    vin: str,
    model: str,
    colour: str,
    seats: int,
    lines: tuple[Line, ...] = (Line.HITCH,),
) -> Driver:
    """A driver of the demo's cast with a car bound: vetted on paper; the registries are asked by a screening."""
    at = clock.now()
    driver = Driver.objects.create(
        account=account,
        state=DriverState.VETTED,
        licence_number=licence_number,
        licence_index=blind_index(licence_number, purpose="licence"),
        licence_class=licence_class,
        lines=list(lines),
        photo=photo,
        vetted_at=at,
    )
    vehicle, _new = Vehicle.objects.get_or_create(
        plate=plate, defaults={"vin": vin, "model": model, "colour": colour, "seats": seats}
    )
    bind_vehicle(actor=account.actor, driver=driver, vehicle=vehicle)
    return driver


@joins_transaction
def bind_vehicle(*, actor: Actor, driver: Driver, vehicle: Vehicle) -> Binding:
    """Let a driver drive a vehicle: at most two vehicles a driver, at most three persons a vehicle (D3).

    Rows are locked driver first, then vehicle; the places' unique constraints hold the law besides.
    Raises `TooManyVehicles`, `TooManyPersons`, `BannedThing`.
    """
    if is_barred(plate=vehicle.plate):
        raise BannedThing("plate")
    Driver.objects.select_for_update().get(pk=driver.pk)
    Vehicle.objects.select_for_update().get(pk=vehicle.pk)
    known = Binding.objects.filter(driver=driver, vehicle=vehicle, ended_at=None).first()
    if known:
        return known
    cars = set(Binding.objects.filter(driver=driver, ended_at=None).values_list("vehicle_place", flat=True))
    persons = set(
        Binding.objects.filter(vehicle=vehicle, ended_at=None).values_list("person_place", flat=True)
    )
    car_place = next((place for place in VEHICLE_PLACES if place not in cars), None)
    person_place = next((place for place in PERSON_PLACES if place not in persons), None)
    if car_place is None:
        raise TooManyVehicles
    if person_place is None:
        raise TooManyPersons
    audit.record(actor, "drivers.vehicle_bound", driver.account.code, plate=vehicle.plate)
    return Binding.objects.create(
        driver=driver,
        vehicle=vehicle,
        vehicle_place=car_place,
        person_place=person_place,
        bound_at=clock.now(),
    )


@begins_transaction
def say_vehicle(*, driver: Driver, plate: str) -> Vehicle:
    """The driver says which of the bound cars they drive from now on; orders that they have keep theirs. Raises `NotFound`."""
    row = Driver.objects.select_for_update().get(pk=driver.pk)
    wanted = typed.plate.key(plate)
    car = next((each for each in drivers_vehicles(row) if typed.plate.key(each.plate) == wanted), None)
    if car is None:
        raise NotFound
    row.driving, row.driving_since = car, clock.now()
    row.save(update_fields=["driving", "driving_since"])
    audit.record(driver.account.actor, "drivers.vehicle_said", driver.account.code, plate=car.plate)
    return car


@joins_transaction
def end_binding(*, actor: Actor, driver: Driver, plate: str) -> None:
    """The driver drives this vehicle no more. Raises `NotFound`."""
    if not Binding.objects.filter(driver=driver, vehicle__plate=plate, ended_at=None).update(
        ended_at=clock.now()
    ):
        raise NotFound
    audit.record(actor, "drivers.vehicle_unbound", driver.account.code, plate=plate)


@joins_transaction
def hold_driver(
    *,
    actor: Actor,
    driver: Driver,
    kind: HoldKind,
    source: str,
    citation: str,
    covert: bool,
    first: bool = False,
) -> Hold:
    """Stop new orders for a driver; a second hold for the same reason is the same hold. Under other accounts that the
    driver has they stop a moment later (`hold_elsewhere`).

    `first` where the source was made in this transaction, so that nothing else can come from it: the row is written with
    the others (`core.inserts.together`). `covert` for what concerns a trip: the driver's pages say nothing of it before
    the next day (S11+), and lose a race for every order meanwhile.
    """
    mine = Hold(
        driver=driver,
        kind=kind,
        source=source,
        citation=citation,
        covert=covert,
        opened_at=clock.now(),
        opened_by=actor.code,
    )
    return _place(actor, mine, first=first)


def _alone_with(driver: Driver) -> None:
    """Until the transaction ends nobody else carries holds between the accounts of whoever this is, nor makes an account
    theirs by an approval. Taken before any hold is locked, for each document and each name of theirs in one order: who
    shares one of them waits."""
    known = whoever_is(driver.account)
    for each in sorted(known.documents | known.persons):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"holds:{each}"])


@joins_transaction
def hold_elsewhere(*, hold: Hold) -> None:
    """What holds somebody under one account holds them under the others: after it was placed, for a call for help waits for
    a hold of its driver. What was released by then holds nobody."""
    _alone_with(hold.driver)
    together = locked_together(hold)
    if hold.pk not in {each.pk for each in together}:
        return
    for other in drivers_who_are(hold.driver):
        _place(SYSTEM, _like(hold, other))


@joins_transaction
def carry_holds(*, driver: Driver) -> None:
    """A hold holds the person: what is open under an earlier account of theirs, by the same verified document or another
    one, is open here too, in sight or not as there, until it is released. Whom it may be without that, reviewers see
    (`drivers.selectors.holds_against`)."""
    _alone_with(driver)
    found = Hold.objects.open().filter(driver__in=drivers_who_are(driver)).order_by("pk")
    for each in found.select_for_update(of=("self",)):
        _place(SYSTEM, _like(each, driver))


def _like(hold: Hold, driver: Driver) -> Hold:
    """The same hold under another account. Whoever opened it did so here too, and does not decide about it (D8)."""
    return Hold(
        driver=driver,
        kind=hold.kind,
        source=hold.source,
        citation=hold.citation,
        covert=hold.covert,
        opened_at=hold.opened_at,
        opened_by=hold.opened_by,
    )


def _place(actor: Actor, hold: Hold, *, first: bool = False) -> Hold:
    """Keep it, and say so; where one for this reason is open already, that is it."""
    hold.code = new_code("H")
    if first:
        inserts.keep(hold)
    elif not inserts.insert(hold, unless_there=True):
        return Hold.objects.get(driver=hold.driver, kind=hold.kind, source=hold.source, released_at=None)
    who = hold.driver.account.code
    audit.record(
        actor,
        "drivers.held",
        who,
        case=hold.source,
        kind=hold.kind,
        hold=hold.code,
        citation=hold.citation,
    )
    events.publish(DriverHeld(driver_code=who, hold_code=hold.code, covert=hold.covert))
    return hold


@joins_transaction
def release_holds_of(*, actor: Actor, source: str, reason: str, proposed_by: str = "") -> int:
    """Release every open hold that comes from `source`; returns how many there were.

    `proposed_by` is the first of two people, `actor` the second: without them only what a complaint's decision began
    ends, by the complaint. Raises `InvalidInput`, `SecondPersonNeeded`.
    """
    if not reason.strip():
        raise InvalidInput("reason")
    holds = locked_from(source)
    for hold in holds:
        _release(actor, hold, reason, proposed_by)
    return len(holds)


def _release(actor: Actor, hold: Hold, reason: str, proposed_by: str) -> None:
    if not proposed_by and hold.kind not in ENDS_WITH_COMPLAINT:
        raise SecondPersonNeeded
    another(actor.code, proposed_by)
    Hold.objects.filter(pk=hold.pk).update(
        released_at=clock.now(),
        released_by=actor.code,
        release_reason=reason,
        release_proposed_by=proposed_by,
    )
    audit.record(
        actor,
        "drivers.hold_released",
        hold.driver.account.code,
        case=hold.source,
        reason=reason,
        hold=hold.code,
    )


def _locked_hold(account: "Account", code: str, key: str) -> Hold:
    """With what holds the same person for the same reason, so that two who release it at two accounts wait for each other."""
    hold = Hold.objects.select_related("driver__account").filter(code=code).first()
    if hold is None:
        raise NotFound
    locked_together(hold)
    hold.refresh_from_db()
    refuse(against_release(hold, account, key))
    return hold


@begins_transaction
def propose_release(*, account: "Account", code: str, reason: str) -> Hold:
    """The first of two people who release a hold of staff, with a reason.

    Raises `Forbidden`, `NotFound`, `IllegalTransition` where it is released, `HoldEndsOtherwise` where its kind asks
    for another way, `AlreadyProposed`, `InvalidInput`.
    """
    hold = _locked_hold(account, code, "propose")
    if not reason.strip():
        raise InvalidInput("reason")
    hold.release_proposed_by, hold.release_reason = account.code, reason.strip()[:4000]
    hold.save(update_fields=["release_proposed_by", "release_reason"])
    audit.record(
        account.actor,
        "drivers.hold_release_proposed",
        hold.driver.account.code,
        case=hold.source,
        reason=hold.release_reason,
        hold=code,
    )
    return hold


@begins_transaction
def agree_release(*, account: "Account", code: str, agrees: bool) -> Hold:
    """The second, another person: the hold ends, or the proposal falls.

    Raises as `propose_release`, `IllegalTransition` also where nothing is proposed, and `SecondPersonNeeded`.
    """
    hold = _locked_hold(account, code, "agree" if agrees else "disagree")
    if agrees:
        for each in locked_together(hold):
            _release(account.actor, each, hold.release_reason, hold.release_proposed_by)
        hold.refresh_from_db()
        return hold
    audit.record(
        account.actor,
        "drivers.hold_release_not_agreed",
        hold.driver.account.code,
        case=hold.source,
        hold=code,
    )
    hold.release_proposed_by, hold.release_reason = "", ""
    hold.save(update_fields=["release_proposed_by", "release_reason"])
    return hold


@joins_transaction
def bar_with(*, actor: Actor, driver: Driver, source: str) -> int:
    """Ban a driver's licence and the cars bound to the account, beside the person; returns how many things (C5).

    The same `source` bans each thing once.
    """
    cars = Vehicle.objects.filter(bindings__driver=driver, bindings__ended_at=None).distinct()
    things = [("plate", typed.plate.key(car.plate)) for car in cars]
    if driver.licence_index:
        things.append(("licence", driver.licence_index))
    Bar.objects.bulk_create(
        [Bar(kind=kind, value=value, source=source, since=clock.now()) for kind, value in things],
        ignore_conflicts=True,
    )
    audit.record(actor, "drivers.barred_with", driver.account.code, case=source, things=len(things))
    return len(things)


@joins_transaction
def lift_bars(*, actor: Actor, source: str) -> None:
    """Take back what `bar_with` banned for this source."""
    if Bar.objects.filter(source=source, lifted_at=None).update(lifted_at=clock.now()):
        audit.record(actor, "drivers.bars_lifted", source, case=source)


@joins_transaction
def tell_of_hold(*, hold: Hold) -> None:
    """From now on the driver sees why orders stopped, and may object (D8)."""
    Hold.objects.open().filter(pk=hold.pk, covert=True).update(covert=False)


@joins_transaction
def leave(*, driver: Driver) -> None:
    """A driver closes the account: no car, no time online, no paper in force, and no draft that was never sent, unless a
    trip of theirs is held: then it goes by its time."""
    at = clock.now()
    Binding.objects.filter(driver=driver, ended_at=None).update(ended_at=at)
    OnlineSpell.objects.filter(driver=driver, ended_at=None).update(ended_at=at)
    Paper.objects.filter(driver=driver, replaced_at=None).update(replaced_at=at)
    if retention.holds_person(driver.account_id):
        return
    drafts = Application.objects.filter(driver=driver, state=ApplicationState.DRAFT)
    codes = [
        picture.code
        for draft in drafts.select_related(*Certificate.values)
        for kind in Certificate.values
        if (picture := getattr(draft, kind)) is not None
    ]
    pictures.end_now(codes)
    drafts.filter(decisions=None).delete()
