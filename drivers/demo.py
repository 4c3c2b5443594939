"""The two drivers of the cast, vetted, with their cars."""

import base64
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import clock
from core.transactions import joins_transaction
from drivers.models import Driver
from drivers.policies import FACE_CONSENT
from drivers.services import enrol_picture, register_vetted_driver
from drivers.states import Line

if TYPE_CHECKING:
    from accounts.models import Account


@lru_cache(maxsize=4)
def portrait(name: str) -> bytes:
    """A drawn portrait of somebody who does not exist, as the sandbox's camera sees them."""
    return (Path(__file__).parent / "portraits" / f"{name}.jpg").read_bytes()


@lru_cache(maxsize=4)
def _as_address(name: str) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(portrait(name)).decode()


@joins_transaction
def enrol_drivers(people: "dict[str, Account]") -> dict[str, Driver]:
    """Driver rows for `driver` and `driver2`, their faces enrolled."""
    drivers = {
        "driver": register_vetted_driver(
            account=people["driver"],
            licence_number="510112199106150034",
            licence_class="C1",
            photo=_as_address("driver"),
            plate="川A·H0001",
            vin="LB37624S8KL000002",
            model="吉利 帝豪",
            colour="白色",
            seats=4,
        ),
        "driver2": register_vetted_driver(
            account=people["driver2"],
            licence_number="330324198811230011",
            licence_class="C1",
            photo=_as_address("driver2"),
            plate="浙C·D0002",
            vin="LGXC74C47L0000003",
            lines=tuple(Line),
            model="比亚迪 秦PLUS",
            colour="蓝色",
            seats=4,
        ),
    }
    for name, driver in drivers.items():
        _know(driver, portrait(name))
    return drivers


@joins_transaction
def enrol_driver(account: "Account", row: dict[str, Any], picture: bytes) -> Driver:
    """A driver of every line by what the sandbox's registries say (`row`), with the face of a picture."""
    car = row["vehicles"][0]
    driver = register_vetted_driver(
        account=account,
        licence_number=row["id_number"],
        licence_class=row["licence"]["class"],
        photo="data:image/jpeg;base64," + base64.b64encode(picture).decode(),
        plate=car["plate"],
        vin=car["vin"],
        lines=tuple(Line),
        model=car["model"],
        colour=car["colour"],
        seats=car["seats"],
    )
    _know(driver, picture)
    return driver


def _know(driver: Driver, picture: bytes) -> None:
    driver.face_consent, driver.face_consent_at = FACE_CONSENT, clock.now()
    driver.save(update_fields=["face_consent", "face_consent_at"])
    enrol_picture(driver=driver, content=picture)
