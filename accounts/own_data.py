"""What accounts keep of somebody, for themselves (`core.own_data`)."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts import guardians, push
from accounts.models import Authenticator, DataExport, Device, Guardianship, OneTimeCode, Passkey, Session
from accounts.policies import SCREENS_TEXT, SHARING_TEXT, TEEN_SHARING_TEXT
from accounts.retention import SCREENS
from accounts.selectors import is_known_child, is_known_teen, trip_sharing_since
from accounts.services import set_trip_sharing
from core import cases, clock, own_data, pictures, retention
from core.errors import NotFound
from core.own_data import Consent, Json, Kept, consent, did, ends_with, erases, keeps, part
from core.privacy import mask_phone

if TYPE_CHECKING:
    from accounts.models import Account


def _share_trips(account: "Account", on: bool) -> None:
    set_trip_sharing(account=account, on=on)


@consent("trip_sharing", switch=_share_trips)
def trip_sharing(account: "Account") -> Consent | None:
    """Whether contacts who agreed see each trip. Of who is 14 to 17 the guardian does in any case (A9), and the others by
    their own word; who is under 14 rides on a guardian's booking, and agrees to nothing."""
    at = clock.now()
    if is_known_child(account, at):
        return None
    if is_known_teen(account, at):
        return Consent(
            "trip_sharing",
            _("Trips shared with your other contacts"),
            _(
                "Your guardian gets the link of every trip: they agreed to that when they confirmed, and this switch does"
                " not change it. Whether emergency contacts who agreed get it as well you decide yourself, and nobody for"
                " you. The link shows where the car is, its plate and the driver's name."
            ),
            account.shares_trips,
            _(
                "Your other contacts get no link by itself any more. Your guardian goes on getting it. A call for help"
                " still reaches all of them."
            ),
            version=TEEN_SHARING_TEXT,
            at=trip_sharing_since(account),
        )
    return Consent(
        "trip_sharing",
        _("Trips shared with your contacts"),
        _("Emergency contacts who agreed get a link to each trip, when a car was found."),
        account.shares_trips,
        _("No link goes out by itself any more. A call for help still reaches your contacts."),
        version=SHARING_TEXT,
        at=trip_sharing_since(account),
    )


def _tell_screens(account: "Account", on: bool) -> None:
    if on:  # only the browser itself can say where it is reached
        raise NotFound
    push.unsubscribe(account=account)


@consent("screens", switch=_tell_screens)
def screens_told(account: "Account") -> Consent | None:
    """That their browsers are told; asked for on the page of a trip or of a driver, so that here it only ends."""
    screens = push.screens_of(account)
    if not screens:
        return None
    return Consent(
        "screens",
        _("News on the screens of your phones"),
        _(
            "Browsers in which you asked for it show on their screen that a car was found, is near or waits, or that an"
            " order waits. The push service of the browser carries it and cannot read it."
        ),
        True,
        _("No screen shows anything by itself any more. Text messages come as before."),
        version=SCREENS_TEXT,
        at=screens[0].agreed_at,
    )


@part("screens", SCREENS.label)
def screen_rows(account: "Account") -> Iterator[Json]:
    """Which browsers are told on their screen, and by which push service."""
    for screen in push.screens_of(account):
        yield {
            "browser": screen.session.browser,
            "push_service": urlsplit(str(screen.endpoint)).hostname,
            "agreed_at": screen.agreed_at,
        }


@part("account", _("Your account"))
def account_row(account: "Account") -> Iterator[Json]:
    """Who they are."""
    yield {
        "code": account.code,
        "phone": account.phone,
        "real_name": account.real_name,
        "document": account.document,
        "document_number": account.id_number,
        "born_on": account.born_on,
        "verified_at": account.verified_at,
        "language": account.language,
        "shares_trips": account.shares_trips,
        "created_at": account.created_at,
    }


@part("contacts", _("Emergency contacts"))
def contact_rows(account: "Account") -> Iterator[Json]:
    """As they were typed; a phone of somebody else is masked, because this file may fall into other hands."""
    for row in account.emergency_contacts.order_by("pk"):
        yield {
            "name": row.name,
            "phone": mask_phone(row.phone),
            "state": row.state,
            "created_at": row.created_at,
        }


@part("guardians", _("Guardians"))
def guardian_rows(account: "Account") -> Iterator[Json]:
    """Whom they named, and who named them; of the other one only that there is one."""
    for row in account.guardianships.order_by("pk"):
        yield _guardianship("teen", row)
    for row in account.wards.order_by("pk"):
        yield _guardianship("guardian", row)


def _guardianship(side: str, row: Guardianship) -> Json:
    return {
        "as": side,
        "state": row.state,
        "asked_at": row.asked_at,
        "answered_at": row.answered_at,
        "end_asked_at": row.end_asked_at if side == "teen" else None,
        "ended_at": row.ended_at,
        "ended_by": row.ended_by,
    }


@part("signing_in", _("Where you signed in"))
def sign_in_rows(account: "Account") -> Iterator[Json]:
    """Sessions, devices, passkeys, places of sign-ins, and questions about the real name."""
    for session in Session.objects.filter(account=account).order_by("begun_at"):
        yield {
            "kind": "session",
            "browser": session.browser,
            "network": session.network,
            "begun_at": session.begun_at,
            "used_at": session.used_at,
        }
    for device in account.devices.order_by("pk"):
        yield {
            "kind": "device",
            "first_seen_at": device.first_seen_at,
            "last_seen_at": device.last_seen_at,
        }
    for key in Passkey.objects.filter(user=account).order_by("pk"):
        yield {"kind": "passkey", "name": key.name, "added_at": key.added_at, "used_at": key.used_at}
    for place in account.sign_in_places.order_by("pk"):
        yield {"kind": "place", "at": place.at, "latitude_longitude": place.place}
    for check in account.real_name_checks.order_by("pk"):
        yield {
            "kind": "real_name",
            "asked_at": check.asked_at,
            "state": check.state,
            "real_name": check.real_name,
            "document": check.id_number,
        }


@part("consents", _("Your consents"))
def consent_rows(account: "Account") -> Iterator[Json]:
    """Each of them as it stands."""
    for each in own_data.consents_of(account):
        yield {
            "consent": each.key,
            "purpose": str(each.purpose),
            "given": each.given,
            "version": each.version,
            "at": each.at,
        }


@keeps
def open_cases_keep(account: "Account", _at: datetime) -> Iterator[Kept]:
    """Whatever case concerns them, theirs or another's: nobody is told of it here."""
    if cases.is_any_open_about(account.code):
        yield Kept(
            pgettext_lazy("kept", "a case that is open"),
            None,
            _("Personal Information Protection Law art. 47"),
            said=False,
        )


@ends_with
def sign_in_ends(account: "Account", _at: datetime) -> None:
    """All by which they came in, and whom they named: but who may have to be told of them while a case is open, and what a
    hold on a trip of theirs holds; that goes by its time, or with the account."""
    held = retention.holds_person(account.pk)
    if not held and not cases.is_any_open_about(account.code):
        account.emergency_contacts.all().delete()
        account.contact_questions.all().delete()
    account.guardianships.all().delete()
    guardians.leave(account=account)
    account.sign_in_places.all().delete()
    if not held:
        account.real_name_checks.all().delete()
        Device.objects.filter(account=account).delete()
    Passkey.objects.filter(user=account).delete()
    Authenticator.objects.filter(user=account).delete()  # of who was staff once
    account.recovery_codes.all().delete()
    OneTimeCode.objects.filter(phone_index=account.phone_index).delete()
    files = DataExport.objects.filter(account=account, picture__isnull=False)
    pictures.end_now(list(files.values_list("picture__code", flat=True)))
    DataExport.objects.filter(account=account).delete()


@erases
def sessions_go(account: "Account", _at: datetime) -> None:
    """Nothing signs in any more; what was left over goes."""
    account.emergency_contacts.all().delete()
    account.contact_questions.all().delete()
    account.real_name_checks.all().delete()
    Device.objects.filter(account=account).delete()
    Session.objects.filter(account=account).delete()


# --- What they did themselves, as the journal has it

did(
    {
        "accounts.signed_in": _("You signed in."),
        "accounts.closed": _("You closed your account."),
        "accounts.session_ended": _("You signed out somewhere."),
        "accounts.password_changed": _("You changed your password."),
        "accounts.trip_sharing": _("You said whether your trips are shared by themselves."),
        "accounts.screen": _("You said whether a screen of yours tells you what is new."),
        "accounts.contact_added": _("You named an emergency contact."),
        "accounts.contact_removed": _("You removed an emergency contact."),
        "accounts.real_name_asked": _("You asked to have your real name verified."),
        "accounts.guardian_asked": _("You named a guardian."),
        "accounts.guardian_answered": _("You answered whether you are somebody's guardian."),
        "accounts.guardian_ended": _("You ended a guardianship."),
        "accounts.guardian_end_asked": _("You asked to end a guardianship."),
        "accounts.copy_asked": _("You asked for a copy of all your data."),
        "accounts.copy_made": _("The copy of your data that you asked for was made."),
        "accounts.copy_fetched": _("You downloaded the copy of your data."),
        "accounts.passkey_added": _("You added a passkey."),
        "accounts.passkey_removed": _("You removed a passkey."),
        "accounts.second_factor_passed": _("You showed your second factor."),
        "accounts.second_factor_failed": _("Your second factor was refused."),
        "accounts.second_factor_set": _("You set up your second factor."),
        "accounts.set_up_code_shown": _("You showed the code to set up a second factor."),
        "accounts.recovery_codes_made": _("You had recovery codes made."),
        "accounts.recovery_code_used": _("You used a recovery code."),
    }
)
