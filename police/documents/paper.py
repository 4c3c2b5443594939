"""What is released as paper: the minimum pack, and the electronic proof document beside it, in both languages (P6+)."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, override, pgettext_lazy

from core import formats
from core.pdf import Sheet
from police.documents.sections import sections
from police.documents.states import StampState
from police.states import Grade, GradeReason, Sign
from rides.states import TripState

LANGUAGES = ("zh-hans", "en")
MARK = "huhang-copy"  # before the code, in the description of the file
_COMPARED: Mapping[str, str | Promise] = {
    "same": gettext_lazy("the passenger saw the registered plate"),
    "differs": gettext_lazy("the passenger saw another plate"),
    "other_driver": gettext_lazy("the passenger saw another driver"),
}
_SIGNALS_NONE = pgettext_lazy("release", "none")


@dataclass(frozen=True, slots=True)
class Copied:
    """Whose copy it is, when it was made, and the code by which it is found again."""

    code: str
    request: str
    agency: str
    officer: str
    at: datetime

    @property
    def tiles(self) -> range:
        """How often a page of HTML repeats it."""
        return range(80)

    @property
    def mark(self) -> list[str]:
        """The lines of the watermark: the code first."""
        return [self.code, f"{self.officer} · {self.agency}", formats.moment(self.at, "full")]


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of a proof document."""

    code: str
    kind: str
    at: datetime
    size: int
    sha256: str
    sm3: str


def both(text: str | Promise, sign: str = " / ") -> str:
    """A text in Chinese and in English."""
    said = []
    for language in LANGUAGES:
        with override(language):
            said.append(str(text))
    return sign.join(dict.fromkeys(said))


def _at(value: str | datetime | None) -> str:
    """A moment as numbers, which both languages read."""
    if value is None:
        return "—"
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    with override("en"):
        return formats.moment(at, "full")


def _age(seconds: int) -> str:
    said = []
    for language in LANGUAGES:
        with override(language):
            said.append(gettext("%(age)s old") % {"age": formats.span(seconds)})
    return " / ".join(said)


def _sheet(title: str | Promise, copied: Copied) -> Sheet:
    foot = f"{copied.code} · {copied.request} · {copied.officer} · {_at(copied.at)}"
    with override("zh-hans"):
        mark = copied.mark
    return Sheet(both(title), foot=foot, mark=mark, keywords=f"{MARK} {copied.code}")


def _unstamped(stamped: bool) -> str | Promise:
    if stamped:
        return gettext_lazy("The time of an authority (RFC 3161) stands in the signature of this document.")
    return gettext_lazy(
        "Sealed without the time of an authority, which did not answer. It is added as soon as it does: the document with it can be downloaded then."
    )


def pack(found: Mapping[str, Any], copied: Copied, *, stamped: bool) -> bytes:
    """The minimum pack as a PDF that still has to be sealed. What a pack does not hold, it does not name."""
    sheet = _sheet(gettext_lazy("Minimum pack"), copied)
    sheet.facts(
        [
            (both(gettext_lazy("Police request")), str(found["request"])),
            (both(gettext_lazy("police station")), str(found["agency"])),
            (both(gettext_lazy("officer")), str(found["officer"])),
            (both(pgettext_lazy("release", "handed over at")), _at(found["made_at"])),
        ]
    )
    sheet.head(both(gettext_lazy("Car")))
    sheet.facts(list(_car(found)))
    sheet.head(both(gettext_lazy("What went out, and why")))
    sheet.facts(list(_grade(found["grade"])))
    driver = found.get("driver") or {}
    if driver:
        sheet.head(both(gettext_lazy("Driver")))
        if photo := _photo(driver.get("photo", "")):
            sheet.picture(photo, width=28)
        labels = {
            "name": gettext_lazy("Name"),
            "id_number": gettext_lazy("ID number"),
            "phone": gettext_lazy("Phone number"),
            "licence_number": pgettext_lazy("release paper", "Licence"),
        }
        sheet.facts([(both(labels[key]), str(driver[key])) for key in labels if driver.get(key)])
    sheet.head(both(gettext_lazy("Last positions (WGS-84)")))
    sheet.table(*_positions(found))
    sheet.head(both(gettext_lazy("Trip")) + f" {found['trip']['code']}")
    sheet.facts(list(_trip(found)))
    sheet.table(
        [both(pgettext_lazy("release paper", "Time")), both(pgettext_lazy("release paper", "What happened"))],
        [[_at(row["at"]), f"{row['zh']}\n{row['en']}"] for row in found["history"]],
        [38, None],
    )
    sheet.gap()
    sheet.text(both(_unstamped(stamped), "\n"), quiet=True)
    return sheet.draw()


def answer(found: Mapping[str, Any], copied: Copied, *, stamped: bool) -> bytes:
    """The answer to a question of a letter as a PDF that still has to be sealed: a section for each category."""
    sheet = _sheet(gettext_lazy("Answer to a letter"), copied)
    sheet.facts(
        [
            (both(gettext_lazy("Number of the notice")), str(found["letter"])),
            (both(gettext_lazy("Police request")), f"{found['request']} · {found['question']}"),
            (both(gettext_lazy("police station")), str(found["agency"])),
            (both(gettext_lazy("officer")), str(found["officer"])),
            (
                both(pgettext_lazy("release paper", "Of the time")),
                f"{_at(found['span']['from'])} – {_at(found['span']['to'])}",
            ),
            (both(pgettext_lazy("release", "handed over at")), _at(found["made_at"])),
        ]
    )
    for each in sections(found):
        sheet.head(both(each.label))
        if each.why_not:
            sheet.text(both(each.why_not))
            sheet.text(both(each.next_step, "\n"), quiet=True)
        if photo := _photo(each.photo):
            sheet.picture(photo, width=28)
        if each.lines:
            sheet.facts([(both(name), both(value)) for name, value in each.lines])
        for row in each.rows:
            sheet.text(" · ".join(both(cell) for cell in row))
        if each.more:
            sheet.text(f"+ {each.more} (JSON)", quiet=True)
        if each.remark:
            sheet.text(both(each.remark, "\n"), quiet=True)
    sheet.gap()
    sheet.text(both(_unstamped(stamped), "\n"), quiet=True)
    return sheet.draw()


def record(found: Mapping[str, Any], copied: Copied, *, stamped: bool) -> bytes:
    """What was released, as the paper of its kind."""
    drawn = pack if found["schema"].startswith("pack-") else answer
    return drawn(found, copied, stamped=stamped)


def _car(found: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    read = found.get("plate_read") or {}
    return [
        (both(gettext_lazy("Plate registered")), str(found["plate_registered"])),
        (both(gettext_lazy("Plate that somebody saw")), str(found["plate_seen"] or "—")),
        (
            both(gettext_lazy("Compared at boarding")),
            both(_COMPARED.get(found["plate_check"], gettext_lazy("nobody compared"))),
        ),
        (
            both(gettext_lazy("Read from the photo of the car")),
            f"{read['plate'] or '—'} · {read['certainty']:.2f} · {_at(read['at'])}"
            if read
            else both(pgettext_lazy("plate", "no photo")),
        ),
        (both(gettext_lazy("Car")), f"{found['vehicle']['colour']} {found['vehicle']['model']}"),
    ]


def _grade(given: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    due = given["identity_due_at"]
    signs = ", ".join(both(Sign(sign).label) for sign in given["signs"])
    return [
        (both(pgettext_lazy("release", "what went out")), both(Grade(given["given"]).label)),
        (
            both(pgettext_lazy("release", "reason of the grade")),
            both(GradeReason(given["reason"]).label, "\n"),
        ),
        *([(both(pgettext_lazy("release", "what bears it out")), signs)] if signs else []),
        *([(both(gettext_lazy("Identity part after a call-back, due")), _at(due))] if due else []),
    ]


def _positions(found: Mapping[str, Any]) -> tuple[list[str], list[list[str]], list[float | None]]:
    phones = {"driver": gettext_lazy("driver's phone"), "passenger": gettext_lazy("passenger's phone")}
    rows = [
        [
            both(phones.get(row["phone"], row["phone"])),
            f"{row['lat']:.5f}, {row['lon']:.5f}",
            "—" if row["accuracy"] is None else f"± {row['accuracy']:.0f} m",
            "—" if row["speed"] is None else f"{row['speed']:.1f} m/s",
            f"{_at(row['at'])}\n{_age(row['age'])}",
        ]
        for row in found["last_positions"]
    ]
    if not rows:
        rows = [
            [both(gettext_lazy("There is no position of the car that we may give."), "\n"), "", "", "", ""]
        ]
    head = [
        pgettext_lazy("release paper", "Phone"),
        pgettext_lazy("release paper", "Position"),
        pgettext_lazy("release paper", "Accuracy"),
        pgettext_lazy("release paper", "Speed"),
        pgettext_lazy("release paper", "Time"),
    ]
    return [both(each) for each in head], rows, [40, None, 27, 24, 38]


def _trip(found: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    trip, told = found["trip"], found["contacts"]
    state = TripState(trip["state"]).label if trip["state"] in TripState.values else trip["state"]
    contacts = gettext_lazy(
        "Messages to emergency contacts when this was made: %(delivered)s delivered, %(handed_over)s handed over and not confirmed, %(waiting)s waiting, %(failed)s not delivered"
    )
    said = []
    for language in ("zh-hans", "en") if told else ():
        with override(language):
            said.append(str(contacts) % told)
    return [
        (both(gettext_lazy("State")), both(state)),
        (both(pgettext_lazy("release paper", "Signals")), ", ".join(found["signals"]) or both(_SIGNALS_NONE)),
        *([(both(gettext_lazy("Emergency contacts")), "\n".join(said))] if said else []),
    ]


def _photo(address: str) -> bytes:
    """The bytes of a picture that stands in a pack as a data address; nothing where there is none."""
    kind, _comma, text = address.partition(",")
    if kind != "data:image/jpeg;base64":
        return b""
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""


def proof(
    copied: Copied,
    *,
    notice: str,
    sealed_by: str,
    record: tuple[str, str],
    files: Sequence[Listed],
    stamped: bool,
) -> bytes:
    """The electronic proof document (电子证明文件) of what was handed over, which still has to be sealed.

    `notice` is the number of the authority's notice, empty where it follows; `record` the SHA-256 and SM3 of the pack as
    the journal holds it. Opinion on information-network crime of 2022, no. 14.
    """
    sheet = _sheet(gettext_lazy("Electronic proof document"), copied)
    sheet.facts(
        [
            (
                both(gettext_lazy("Number of the notice")),
                notice or both(gettext_lazy("follows: an emergency before its papers")),
            ),
            (both(gettext_lazy("Police request")), copied.request),
            (both(gettext_lazy("Given to")), f"{copied.agency} · {copied.officer}"),
            (both(gettext_lazy("Given by")), sealed_by),
            (both(gettext_lazy("Electronic seal")), both(gettext_lazy("signature of this document (PAdES)"))),
            (both(pgettext_lazy("release paper", "Time")), _at(copied.at)),
        ]
    )
    sheet.head(both(gettext_lazy("Record of what was released")))
    sheet.facts([("SHA-256", record[0]), ("SM3", record[1])])
    sheet.head(both(gettext_lazy("Files that were handed over")))
    for each in files:
        sheet.facts(
            [
                (each.code, f"{each.kind} · {_at(each.at)} · {each.size} B"),
                ("SHA-256", each.sha256),
                ("SM3", each.sm3),
            ]
        )
    if not files:
        sheet.text(both(gettext_lazy("None yet: the pack was read on the page alone."), "\n"))
    sheet.head(both(gettext_lazy("How integrity is protected")))
    how = gettext_lazy(
        "What was released was written once and is not rewritten; its digest stands in a journal whose rows are chained and sealed. Each file carries the code of its reader. The seal of this document covers all of its bytes. Whether a file is genuine: %(address)s"
    )
    for language in LANGUAGES:
        with override(language):
            sheet.text(str(how) % {"address": settings.PUBLIC_URL + "/police/verify/"})
    sheet.text(both(_unstamped(stamped), "\n"), quiet=True)
    return sheet.draw()


def stamp_of(*, stamped: bool) -> StampState:
    """How the time stamp of a sealed file stands."""
    return StampState.STAMPED if stamped else StampState.WAITING
