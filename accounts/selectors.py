"""Reads about people."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.db.models import Count, Q
from django.db.models.functions import Least
from django.templatetags.static import static
from django.utils.translation import gettext as _

from accounts.models import (
    Account,
    DataExport,
    EmergencyContact,
    Guardianship,
    Restriction,
    Session,
    SignInPlace,
)
from accounts.policies import ADULT_FROM, age_at, is_child, is_old_enough_to_end, is_teen
from accounts.states import GUARDED, TOO_YOUNG, ContactState, GuardianEndedBy, GuardianState
from core import audit_selectors, clock
from core.errors import NotFound
from core.permissions import roles_who
from core.privacy import blind_index, phone_index
from core.reads import Read


@dataclass(frozen=True, slots=True)
class Persona:
    """What others see of somebody (A3): a neutral name and the default avatar, the same for everybody."""

    name: str
    avatar: str


def passenger_persona() -> Persona:
    """How a driver sees any passenger."""
    return Persona(_("Passenger"), static("img/avatar.svg"))


_OF_PHONE = Read(
    lambda index: Account.objects.filter(phone_index=index, is_active=True).order_by("pk")[:1], str
)
_OF_CODE = Read(lambda code: Account.objects.filter(code=code, is_active=True), str)


def account_by_phone(phone: str) -> Account | None:
    """The account of a normalised phone number."""
    return _OF_PHONE.first(phone_index(phone))


def account_by_code(code: str) -> Account | None:
    return _OF_CODE.first(code)


def person_by_code(code: str) -> Account | None:
    """Whom staff may have to know: who is active, and who left as long as something keeps who it was."""
    rows = Account.objects.filter(Q(is_active=True) | Q(closed_at__isnull=False), code=code, erased_at=None)
    return rows.first()


def contacts_to_alert(account: Account) -> list[EmergencyContact]:
    """Contacts whom an SOS reaches: also those who have not answered, not those who refused."""
    rows = sorted(account.emergency_contacts.all(), key=lambda each: each.pk)
    return [each for each in rows if each.state != ContactState.REFUSED]


def people_who_named(phone: str) -> set[int]:
    """The keys of the accounts whose SOS reaches this phone."""
    if not phone:
        return set()
    rows = EmergencyContact.objects.filter(phone_index=phone_index(phone)).exclude(state=ContactState.REFUSED)
    return set(rows.values_list("account_id", flat=True))


def contacts_who_agreed(
    account: Account, *, since: datetime | None = None, locked: bool = False
) -> list[EmergencyContact]:
    """Contacts with whom an account's trips are shared by themselves: those who agreed, where the account wants it, and
    always the guardian of who is not of age, also one whom somebody ended alone `since` (`phones_of_guardians`).

    `locked` until the transaction ends: nobody takes them away meanwhile.
    """
    guardian = contact_who_stays(account, clock.now())
    agreed = Q(pk=guardian.pk) if guardian else Q(pk__in=[])
    if since is not None:
        agreed |= Q(phone_index__in=phones_of_guardians(account, since))
    if account.shares_trips:
        agreed |= Q(state=ContactState.CONFIRMED)
    rows = account.emergency_contacts.filter(agreed).order_by("pk")
    return list(rows.select_for_update(no_key=True) if locked else rows)


def birthday_of(account: Account) -> date | None:
    """By the document with which the real name was verified; None where it was not."""
    return date.fromisoformat(account.born_on) if account.verified_at and account.born_on else None


def is_known_child(account: Account, at: datetime) -> bool:
    """Whether the account is that of somebody under 14: by the real name, or by any try to have one verified, until one
    is. Whoever was refused as a child does not become another by typing another number."""
    born = birthday_of(account)
    if born:
        return is_child(born, at)
    return account.verified_at is None and account.real_name_checks.filter(why=TOO_YOUNG).exists()


def is_known_teen(account: Account, at: datetime) -> bool:
    """Whether the account is that of somebody of 14 to 17, by the real name."""
    born = birthday_of(account)
    return born is not None and is_teen(born, at)


def is_grown_up(account: Account, at: datetime) -> bool:
    """Whether somebody is of age by their real name; who is not known is not."""
    born = birthday_of(account)
    return born is not None and age_at(born, at) >= ADULT_FROM


def ends_guardian_alone(account: Account, at: datetime) -> bool:
    """Whether somebody needs nobody to end that a guardian stands for them (A9)."""
    born = birthday_of(account)
    return born is not None and is_old_enough_to_end(born, at)


def guardian_of(account: Account, at: datetime) -> Account | None:
    """Who has confirmed to be the guardian of somebody of 14 to 17 (A9)."""
    if not is_known_teen(account, at):
        return None
    row = account.guardianships.filter(state=GuardianState.CONFIRMED).select_related("guardian").first()
    return row.guardian if row and row.guardian and row.guardian.is_active else None


@dataclass(frozen=True, slots=True)
class Known:
    """One person: the keys of all their accounts, closed ones too, and the indexes of their documents and of who the
    registries say it is."""

    accounts: frozenset[int]
    documents: frozenset[str]
    persons: frozenset[str]

    @property
    def kept(self) -> Q:
        """Rows that keep of somebody `id_index` and `person_index`, also once the account is erased."""
        return Q(id_index__in=self.documents) | Q(person_index__in=self.persons)


def whoever_is(account: Account, *, document: str = "", person: str = "") -> Known:
    """The person of an account, by the documents that were verified and by whom the registries know with several of them
    (A2); `document` and `person` are further indexes, of what was typed or said just now.

    A document leads to a person, and the person to further documents, until nothing is added.
    """
    documents = {each for each in (account.id_index, document) if each}
    persons = {each for each in (account.person_index, person) if each}
    found = {account.pk}
    asked = 0
    while asked < len(documents) + len(persons):
        asked = len(documents) + len(persons)
        same = Q(id_index__in=documents) | Q(person_index__in=persons)
        for key, id_index, person_index in Account.objects.filter(same).values_list(
            "pk", "id_index", "person_index"
        ):
            found.add(key)
            if id_index:
                documents.add(id_index)
            if person_index:
                persons.add(person_index)
    return Known(frozenset(found), frozenset(documents), frozenset(persons))


def has_other_account(account: Account, *, id_index: str, person_index: str) -> bool:
    """Whether an open account besides this one is that of whoever has this document, or is this person."""
    same = Q(id_index=id_index)
    if person_index:
        same |= Q(person_index=person_index)
    return Account.objects.filter(same, closed_at=None).exclude(pk=account.pk).exists()


def is_ended_by_staff(teen: Account, account: Account) -> bool:
    """Whether our staff ended before that whoever this is stands for somebody, by whichever account, phone or document."""
    known = whoever_is(account)
    same = Q(guardian__in=known.accounts) | Q(phone_index=account.phone_index) | known.kept
    return teen.guardianships.filter(same, ended_by=GuardianEndedBy.STAFF).exists()


def guardianship(number: int) -> Guardianship | None:
    """One of them, with both people; none where an account was closed meanwhile."""
    return Guardianship.objects.select_related("teen", "guardian").filter(pk=number).first()


def guardianships_of(account: Account) -> list[Guardianship]:
    """All that there were, newest first, of who named them; for staff."""
    return list(account.guardianships.select_related("guardian", "teen").order_by("-pk"))


def ends_of_guardians_asked() -> list[Guardianship]:
    """Of whom our staff have to look whether a guardian stays, because who is not of age asked or a colleague proposed the
    end, oldest first."""
    asked = Q(end_asked_at__isnull=False) | ~Q(end_proposed_by="")
    rows = Guardianship.objects.filter(asked, state=GuardianState.CONFIRMED).select_related("teen")
    return list(rows.order_by(Least("end_asked_at", "end_proposed_at")))


def phones_of_guardians(account: Account, since: datetime) -> set[str]:
    """Indexes of the phones of who is the guardian of somebody of 14 to 17, or was at some time `since`: what they follow
    of a trip under way, somebody who ends it alone does not end with it (A9). Whom staff ended is not among them."""
    if not is_known_teen(account, clock.now()):
        return set()
    ended = Q(state=GuardianState.ENDED, ended_by=GuardianEndedBy.TEEN, ended_at__gte=since)
    rows = account.guardianships.filter(Q(state=GuardianState.CONFIRMED) | ended, guardian__is_active=True)
    return set(rows.values_list("phone_index", flat=True))


def contact_who_stays(account: Account, at: datetime) -> EmergencyContact | None:
    """The guardian among the contacts of who is 14 to 17, who follows every trip, until it is ended that they are it (A9)."""
    guardian = guardian_of(account, at)
    if guardian is None:
        return None
    return account.emergency_contacts.filter(phone_index=guardian.phone_index).first()


def named_as_guardian(account: Account) -> list[Guardianship]:
    """Who named this account's phone as their guardian's, oldest first, as far as it goes on: who is of age has none."""
    rows = Guardianship.objects.filter(phone_index=account.phone_index, state__in=GUARDED)
    at = clock.now()
    return [row for row in rows.select_related("teen").order_by("pk") if is_known_teen(row.teen, at)]


def restriction_on(account: Account, at: datetime) -> Restriction | None:
    """The decision that keeps this person from ordering now, under whichever account it was made and by whichever document."""
    known = whoever_is(account)
    same = Q(account__in=known.accounts) | Q(phone_index=account.phone_index) | known.kept
    rows = Restriction.objects.filter(same, lifted_at=None).filter(Q(until=None) | Q(until__gt=at))
    return rows.order_by("-until").first()


def other_accounts(account: Account, *, document: str = "", person: str = "") -> list[int]:
    """Keys of other accounts, closed ones too, of whoever this is: by document and person, as verified or as the indexes of
    what was typed and answered just now, and by the phone, unless their documents are known to be two people's.

    The number of a phone passes on to other people; who is known by another document is one of those.
    """
    known = whoever_is(account, document=document, person=person)
    by_phone = Account.objects.filter(phone_index=account.phone_index)
    if known.documents:
        by_phone = by_phone.filter(id_index=None)
    return sorted((known.accounts | set(by_phone.values_list("pk", flat=True))) - {account.pk})


def is_new_device(account: Account, number: str, *, since: datetime, enrolled_by: datetime | None) -> bool:
    """Whether somebody asks from a device of theirs that was first seen after `since`, or from one that nobody knows.

    `number` is what the browser's cookie says. The first device of an account is not called new where it was first seen
    by `enrolled_by`: it is the one with which they were enrolled. No session is without a device.
    """
    known = {row.digest: row.first_seen_at for row in account.devices.all()}
    if not known:
        return False
    first = known.get(blind_index(number, purpose="device")) if number else None
    if first is None:
        return True
    enrolled = enrolled_by is not None and first == min(known.values()) and first <= enrolled_by
    return first > since and not enrolled


def people_who_may(permission: str) -> list[Account]:
    """Active accounts that have a permission, in a stable order."""
    return list(Account.objects.filter(role__in=roles_who(permission), is_active=True).order_by("pk"))


def codes_who_may(permission: str) -> list[str]:
    """The codes of active accounts that have a permission, in a stable order."""
    ask = f"SELECT code FROM {Account._meta.db_table} WHERE role = ANY(%s) AND is_active ORDER BY id"  # noqa: S608 - ours
    with connection.cursor() as cursor:
        cursor.execute(ask, [sorted(roles_who(permission))])
        return [code for (code,) in cursor.fetchall()]


def real_name_share() -> tuple[int, int]:
    """(members whose real name is verified, all active members)."""
    members = Account.objects.filter(role__in=roles_who("ride"), is_active=True, is_drill=False)
    found = members.aggregate(verified=Count("verified_at"), all=Count("pk"))
    return found["verified"], found["all"]


def sign_in_place(pk: int) -> tuple[float, float] | None:
    """Where a sign-in happened, (latitude, longitude) in WGS-84; None once it is forgotten."""
    row = SignInPlace.objects.filter(pk=pk).first()
    if row is None:
        return None
    latitude, longitude = row.place.split(",")
    return float(latitude), float(longitude)


def sessions_of(account: Account, at: datetime) -> list[Session]:
    """Where somebody is signed in, last used first."""
    return list(Session.objects.filter(account=account, expire_date__gt=at).order_by("-used_at", "pk"))


def trip_sharing_since(account: Account) -> datetime | None:
    """When somebody last said whether their trips are shared by themselves; None where they never did."""
    return audit_selectors.last_of("accounts.trip_sharing", account.code)


def export_by_code(account: Account, code: str) -> DataExport:
    """A copy that this account asked for. Raises `NotFound`."""
    row = DataExport.objects.select_related("picture").filter(account=account, code=code).first()
    if row is None:
        raise NotFound
    return row


def newest_export(account: Account) -> DataExport | None:
    """The copy that was asked for last."""
    return DataExport.objects.select_related("picture").filter(account=account).order_by("-pk").first()
