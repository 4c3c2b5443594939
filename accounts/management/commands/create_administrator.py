from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.urls import reverse

from accounts import staffing
from core.commands import PlatformCommand
from core.errors import DomainError


class Command(PlatformCommand):
    in_production = True
    help = (
        "Make the first administrator: asks for name and phone, prints a set-up code, and keeps no password. The second"
        " one is made with --another, since two people add all further staff in the console."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default="", help="as on the ID card; asked for where it is missing")
        parser.add_argument(
            "--phone", default="", help="the mobile that gets sign-in codes; asked for where missing"
        )
        parser.add_argument(
            "--another",
            metavar="REASON",
            default="",
            help="make one although there is one; the reason is kept in the journal, and those who add staff are told",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"] or input("Name, as on the ID card: ")
        phone = options["phone"] or input("Mobile phone: ")
        try:
            account, code = staffing.make_administrator(name=name, phone=phone, another=options["another"])
        except DomainError as refused:
            raise CommandError(refused.detail) from None
        page = settings.PUBLIC_URL + reverse("accounts:sign_in_code")
        self.stdout.write(
            f"Administrator {account.code}.\n"
            f"Set-up code: {code}\n"
            f"It is shown this once. They sign in at {page} by a code to their phone, type the set-up code and scan the"
            " picture with an authenticator."
        )
