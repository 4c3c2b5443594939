"""An answer to a letter as it is read: one section a category, for pages and papers. Labels are said when they are drawn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from police.states import NEXT_STEP, RefusalCode, Wanted
from rides.states import PaymentState, TripState

Text = str | Promise
MOST_ROWS = 200  # of positions and phrases on a page or paper; the JSON has all
_SIDES = {"driver": _("driver's phone"), "passenger": _("passenger's phone")}


@dataclass(slots=True)
class Section:
    """One category of an answer; `more` rows are left to the JSON."""

    label: Text
    why_not: Text = ""
    next_step: Text = ""
    photo: str = ""
    lines: list[tuple[Text, Text]] = field(default_factory=list)
    rows: list[list[Text]] = field(default_factory=list)
    more: int = 0
    remark: Text = ""


def sections(answer: Mapping[str, Any]) -> list[Section]:
    """The categories of an answer, in the order of the form."""
    found = []
    for wanted in Wanted:
        given = answer["answers"].get(wanted.value)
        if given is None:
            continue
        section = Section(wanted.label)
        if given["given"]:
            _FILLS[wanted](section, given["data"])
        else:
            why = RefusalCode(given["why_not"])
            section.why_not, section.next_step = why.label, NEXT_STEP[why]
        found.append(section)
    return found


def _lines(section: Section, data: Mapping[str, Any], names: Mapping[str, Text]) -> None:
    section.lines = [(label, str(data[name])) for name, label in names.items() if data.get(name)]


def _rows(section: Section, rows: list[list[Text]]) -> None:
    section.rows, section.more = rows[:MOST_ROWS], max(0, len(rows) - MOST_ROWS)


def _trip(section: Section, data: Any) -> None:
    state = TripState(data["state"]).label if data["state"] in TripState.values else data["state"]
    section.lines = [(_("State"), state)]
    names = {
        "code": _("trip code"),
        "from": pgettext_lazy("answer to a letter", "from"),
        "to": pgettext_lazy("answer to a letter", "to"),
        "accepted_at": pgettext_lazy("field", "accepted at"),
        "boarded_at": pgettext_lazy("time", "boarded"),
        "ended_at": pgettext_lazy("time", "ended"),
        "cancelled_at": pgettext_lazy("field", "cancelled at"),
    }
    section.lines += [(label, str(data[name])) for name, label in names.items() if data.get(name)]
    _rows(section, [[row["at"], f"{row['zh']} / {row['en']}"] for row in data["history"]])


def _driver(section: Section, data: Any) -> None:
    section.photo = data.get("photo", "")
    _lines(
        section,
        data,
        {
            "name": _("Name"),
            "id_number": _("ID number"),
            "phone": _("Phone number"),
            "licence_number": pgettext_lazy("release paper", "Licence"),
        },
    )


def _vehicle(section: Section, data: Any) -> None:
    names = {
        "plate_registered": _("Plate registered"),
        "plate_seen": _("Plate that somebody saw"),
        "model": _("Car"),
        "colour": pgettext_lazy("answer to a letter", "colour"),
        "vin": pgettext_lazy("answer to a letter", "VIN"),
    }
    _lines(section, data, names)
    if read := data.get("plate_read"):
        section.lines.append((_("Read from the photo of the car"), f"{read['plate'] or '—'} · {read['at']}"))


def _positions(section: Section, data: Any) -> None:
    rows: list[list[Text]] = [
        [
            row["at"],
            _SIDES.get(row["phone"], row["phone"]),
            f"{row['lat']:.5f}, {row['lon']:.5f}",
            "—" if row["accuracy"] is None else f"± {row['accuracy']:.0f} m",
        ]
        for row in data
    ]
    _rows(section, rows)


def _passenger(section: Section, data: Any) -> None:
    labels = {
        "booked_by": pgettext_lazy("answer to a letter", "who booked"),
        "rode": pgettext_lazy("answer to a letter", "who rode"),
    }
    section.lines = [
        (labels[who], f"{data[who]['name']} · {data[who]['phone']}") for who in labels if data.get(who)
    ]


def _payment(section: Section, data: Any) -> None:
    section.lines = [
        (pgettext_lazy("answer to a letter", "amount (yuan)"), f"{data['fen'] / 100:.2f}"),
        (_("State"), PaymentState(data["state"]).label),
    ]
    _more = {"paid_at": pgettext_lazy("field", "paid at"), "code": _("code")}
    section.lines += [(label, str(data[name])) for name, label in _more.items() if data.get(name)]


def _recording(section: Section, data: Any) -> None:
    _rows(
        section,
        [
            [row["code"], _SIDES.get(row["side"], row["side"]), row["begun_at"], row["ended_at"] or "—"]
            for row in data
        ],
    )
    section.remark = _(
        "The sound is not in this file: each recording is a file of its own on the page of the request, with its digests in the proof document."
    )


def _contact(section: Section, data: Any) -> None:
    rows: list[list[Text]] = [
        [
            row["at"],
            _SIDES.get(row["side"], row["side"]),
            f"{row['zh']} / {row['en']}" if row["kind"] == "phrase" else _("called through the relay number"),
        ]
        for row in data
    ]
    _rows(section, rows)
    section.remark = _(
        "What was said in a call is not recorded; how long it was, the telephone operator knows."
    )


_FILLS: Mapping[Wanted, Callable[[Section, Any], None]] = {
    Wanted.TRIP: _trip,
    Wanted.DRIVER: _driver,
    Wanted.VEHICLE: _vehicle,
    Wanted.POSITIONS: _positions,
    Wanted.PASSENGER: _passenger,
    Wanted.PAYMENT: _payment,
    Wanted.RECORDING: _recording,
    Wanted.CONTACT: _contact,
}
