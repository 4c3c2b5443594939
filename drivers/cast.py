"""The two drivers of the cast, vetted, with their cars."""

import base64
from typing import TYPE_CHECKING

from core.transactions import joins_transaction
from drivers.models import Driver
from drivers.services import register_vetted_driver

if TYPE_CHECKING:
    from accounts.models import Account


def drawn_portrait(shirt: str) -> str:
    """A drawn portrait as a `data:` address, where a vetted photo would be; it shows nobody."""
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 120"><rect width="96" height="120" fill="#dbe4ee"/>'
        f'<path d="M8 120c2-34 20-42 40-42s38 8 40 42z" fill="{shirt}"/><circle cx="48" cy="48" r="25" fill="#e8c4a4"/>'
        '<path d="M22 46c0-24 12-30 26-30s26 6 26 30c-6-14-16-16-26-16s-20 2-26 16z" fill="#2b2b2b"/>'
        '<circle cx="39" cy="50" r="2.5"/><circle cx="57" cy="50" r="2.5"/><path d="M40 61q8 5 16 0" stroke="#7a3b2e" fill="none" stroke-width="2"/></svg>'
    )
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


@joins_transaction
def enrol_drivers(people: "dict[str, Account]") -> dict[str, Driver]:
    """Driver rows for `driver` and `driver2`."""
    return {
        "driver": register_vetted_driver(
            account=people["driver"],
            licence_number="510112199106150031",
            licence_class="C1",
            photo=drawn_portrait("#44607c"),
            plate="川A·H0001",
            model="吉利 帝豪",
            colour="白色",
            seats=4,
        ),
        "driver2": register_vetted_driver(
            account=people["driver2"],
            licence_number="330324198811230017",
            licence_class="C1",
            photo=drawn_portrait("#7c5c44"),
            plate="浙C·D0002",
            model="比亚迪 秦PLUS",
            colour="蓝色",
            seats=4,
        ),
    }
