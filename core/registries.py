"""One client for each public registry (D10). Its answers are data, its silence never is.

Contract: `POST {base}/{name}/` with a JSON object answers 200 with a JSON object, 404 where the registry does not know
whom we mean, 5xx or nothing where it is down. `docs/registries.md` has the fields of each.
"""

from datetime import date, timedelta
from typing import Annotated, Any

import msgspec
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import outside, retry
from core.outside import OutsideDown
from core.typed.document import Kind, born, has_birthday
from core.typed.text import simple

# A question that no registry answered is asked again by itself, at last once an hour.
LAW = retry.Law(
    first=timedelta(seconds=5), ceiling=timedelta(hours=1), patience=timedelta(hours=6), gives_up=False
)


class RegistryDown(OutsideDown):
    """No answer: the question stays open, and is asked again."""

    code, status, sentence = (
        "registry_down",
        503,
        _("The registry does not answer now. Nothing is lost: we ask again by ourselves."),
    )


# Who keeps each kind of document: the Ministry of Public Security the first, the Immigration Administration the others.
IDENTITY = {
    Kind.RESIDENT_ID: "identity",
    Kind.HOME_PERMIT: "home-permits",
    Kind.TAIWAN_PERMIT: "taiwan-permits",
    Kind.PERMANENT_RESIDENT: "permanent-residents",
    Kind.PASSPORT: "passports",
}


class IdentityAnswer(msgspec.Struct):
    """Whether name and number belong together, and the `name` of which that is said; `born` where no birthday stands in the number, `country` of a passport
    (ISO 3166-1 alpha-2), `person` the registry's own name for whoever this is, the same for all their documents, where
    it has one."""

    match: bool
    born: date | None = None
    country: str = ""
    person: Annotated[str, msgspec.Meta(max_length=100)] = ""
    name: str = ""


def identity(kind: str, *, name: str, number: str) -> IdentityAnswer | None:
    """What the registry of a kind of document says of a person, with the birthday wherever they match; None where it does
    not know the number. A name in traditional characters that it does not have is asked about in simplified ones as well:
    cards have these, also of people whose keyboards have the others.

    Raises `RegistryDown`, also for an answer that lacks what its kind has.
    """
    answer = _identity(kind, name, number)
    other = simple(name)
    if answer is None or answer.match or other == name:
        return answer
    again = _identity(kind, other, number)
    return again if again and again.match else answer


def _identity(kind: str, name: str, number: str) -> IdentityAnswer | None:
    said = ask(IDENTITY[Kind(kind)], {"name": name, "id_number": number})
    if said is None:
        return None
    try:
        answer = msgspec.convert(said, IdentityAnswer)
    except msgspec.ValidationError:
        raise RegistryDown from None
    answer.name = name
    if has_birthday(number):
        answer.born = born(number)
    if answer.match and (answer.born is None or (kind == Kind.PASSPORT and not answer.country)):
        raise RegistryDown
    return answer


def ask(name: str, question: dict[str, Any]) -> dict[str, Any] | None:
    """What a registry says; None where it does not know whom we mean. Raises `RegistryDown`.

    Call it outside of transactions.
    """
    if not settings.REGISTRY_URL:
        raise RegistryDown
    try:
        return outside.post(name, f"{settings.REGISTRY_URL}/{name}/", question)
    except OutsideDown:
        raise RegistryDown from None
