"""The car part without pages, broker or worker: `manage.py police_by_hand`, by two people, from the database alone (P14)."""

import json
from argparse import ArgumentParser
from getpass import getpass
from typing import Any

from django.core.management.base import CommandError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_naive, make_aware
from django.utils.translation import gettext as _
from django.utils.translation import override, pgettext

from accounts.models import Account
from accounts.services import prove_at_terminal
from core import clock, idempotency
from core.commands import PlatformCommand
from core.errors import DomainError
from core.permissions import may
from police import selectors, services
from police.documents import services as documents
from police.documents.states import CopyKind
from police.models import PoliceRequest
from police.services import Question
from police.states import Query, RequestState


class Command(PlatformCommand):
    in_production = True
    help = (
        "While the portal is down: two people at one terminal take down what a station asks, call it back, and read out"
        " the car part. Needs the database alone; each step is in the journal as from the console."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("station", help="its short name, or words of its name")
        parser.add_argument("badge", help="badge number of the officer on the phone")
        parser.add_argument("known", help="trip code, plate, phone, report code, or place")
        parser.add_argument(
            "--about", default="", help="the time that it concerns, ISO 8601; now where left out"
        )
        parser.add_argument(
            "--trip", default="", help="which trip is meant, where what is known leads to several"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._release(options)
        except DomainError as refused:
            raise CommandError(refused.detail) from None

    def _release(self, options: dict[str, Any]) -> None:
        first = self._person("1", "police.answer")
        with override(first.language):
            asked = self._take_down(first, options)
            self.stdout.write(
                _("Call this number and no other: %(number)s") % {"number": asked.agency.published_phone}
            )
            self._only_if(asked, _("Did you reach the officer there? Type yes: "))
            services.record_call_back(account=first, code=asked.code)
            second = self._person("2", "police.confirm")
            with override(second.language):
                self._show(selectors.request_by_code(asked.code))
                self._only_if(asked, _("Is it this that you release? Type yes: "))
            services.confirm_release(account=second, code=asked.code)
            asked = selectors.request_by_code(asked.code)
            read = documents.read_page(actor=first.actor, request=asked, kind=CopyKind.HAND)
            self._read_out(asked, read.pack)

    def _only_if(self, asked: PoliceRequest, question: str) -> None:
        if input(question).strip().lower() not in {"yes", "是"}:
            raise CommandError(_("Nothing was released. The request stays: %(code)s.") % {"code": asked.code})

    def _show(self, asked: PoliceRequest) -> None:
        """What the second person answers for: who asks, by what, and which trip it leads to."""
        assert asked.trip is not None  # noqa: S101 - nothing else is taken down
        for name, value in (
            (_("police station"), f"{asked.agency} {asked.agency.published_phone}"),
            (pgettext("field", "badge number"), asked.badge_number),
            (_("asked by"), f"{asked.get_query_display()} {asked.query_value}"),
            (_("Trip"), f"{asked.trip.code} {asked.trip.state}"),
            (_("Plate registered"), asked.trip.plate_registered),
            (_("Plate that somebody saw"), asked.trip.plate_seen or "—"),
            (pgettext("policerequest", "trip found by"), asked.trip_found_by or "—"),
        ):
            self.stdout.write(f"{name}: {value}")

    def _person(self, number: str, permission: str) -> Account:
        """One of the two, by password and second factor: no session is needed. Raises `SignInFailed`, `WrongCode`."""
        self.stdout.write(f"— {number} —")
        account = prove_at_terminal(
            name=input("account 账号: "), password=getpass("password 密码: "), token=getpass("code 动态码: ")
        )
        if not may(account, permission):
            raise CommandError(f"{account.code} may not do this.")
        return account

    def _take_down(self, first: Account, options: dict[str, Any]) -> PoliceRequest:
        stations = selectors.stations_meant(options["station"])
        if len(stations) != 1:
            raise CommandError("\n".join([_("Which station?"), *(f"{row.code} {row}" for row in stations)]))
        outcome = services.open_phone_request(
            account=first,
            agency_code=stations[0].code,
            badge=options["badge"],
            question=Question(
                selectors.query_of(options["known"]),
                options["known"],
                _about(options["about"]),
                why_not_written=_("the portal did not answer"),
            ),
            submission=idempotency.new_key(),
        )
        if outcome.refusal is not None:
            raise outcome.refusal
        asked = outcome.request
        if asked.trip_id is None and options["trip"]:
            asked = services.point_to_trip(account=first, code=asked.code, trip_code=options["trip"])
        if asked.trip_id is None:
            found, _code = selectors.resolve_query(Query(asked.query), str(asked.query_value), asked.about)
            words = _("It leads to %(count)s trips. Say which by --trip:") % {"count": len(found)}
            raise CommandError("\n".join([words, *(f"{row.code} {row.plate_registered}" for row in found)]))
        return asked

    def _read_out(self, asked: PoliceRequest, pack: dict[str, Any]) -> None:
        """The car part alone: who the driver is goes by the link, which leaves once messages go out again."""
        assert asked.state == RequestState.RELEASED  # noqa: S101 - confirmed just now
        lines = [
            (_("Police request"), asked.code),
            (_("Plate registered"), pack["plate_registered"]),
            (_("Plate that somebody saw"), pack["plate_seen"] or "—"),
            (_("Car"), f"{pack['vehicle']['colour']} {pack['vehicle']['model']}"),
            (_("Trip"), f"{pack['trip']['code']} {pack['trip']['state']}"),
        ]
        for row in pack["last_positions"]:
            where = f"{row['lat']:.5f}, {row['lon']:.5f}"
            if row["accuracy"] is not None:
                where += f" ± {row['accuracy']:.0f} m"
            if row["speed"] is not None:
                where += f", {row['speed'] * 3.6:.0f} km/h"
            lines.append((f"{row['phone']} {row['at']}", f"{where} ({row['age']} s)"))
        if not pack["last_positions"]:
            lines.append((_("Position"), _("There is no position of the car that we may give.")))
        for name, value in lines:
            self.stdout.write(f"{name}: {value}")
        seconds = round((clock.now() - asked.asked_at).total_seconds())
        self.stdout.write(json.dumps({"request": asked.code, "seconds": seconds}))


def _about(written: str) -> Any:
    if not written:
        return clock.now()
    at = parse_datetime(written)
    if at is None:
        raise CommandError("--about is a time such as 2018-08-24T14:00.")
    return make_aware(at) if is_naive(at) else at
