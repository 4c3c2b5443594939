"""One-time links to the station's registered address."""

import hashlib
import secrets
from dataclasses import dataclass

from django.conf import settings
from django.db.models import F

from core import audit, clock, policy, typed
from core.actors import NOBODY
from core.errors import DomainError
from core.transactions import begins_transaction
from police.errors import (
    LinkClosed,
    WrongSpokenCode,
)
from police.models import PoliceRequest, Release
from police.policies import (
    SPOKEN_TRIES,
)


def digest_of(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LinkOutcome:
    """What a spoken code opened."""

    pack: str = ""
    digest: str = ""
    request: PoliceRequest | None = None
    refusal: DomainError | None = None


def link_exists(secret: str) -> bool:
    """True for a link that can still be opened."""
    return Release.objects.filter(
        link_digest=digest_of(secret),
        opened_at=None,
        disowned_at=None,
        expires_at__gt=clock.now(),
        wrong_codes__lt=policy.value(SPOKEN_TRIES),
    ).exists()


@begins_transaction
def open_link(*, secret: str, spoken: str) -> LinkOutcome:
    """Open a one-time link with the code said on the call. A wrong code is counted and kept. Raises `LinkClosed`."""
    release = Release.objects.select_for_update().filter(link_digest=digest_of(secret)).first()
    at = clock.now()
    if (
        release is None
        or release.opened_at
        or not release.is_open(at)
        or release.wrong_codes >= policy.value(SPOKEN_TRIES)
    ):
        raise LinkClosed(line=settings.LIAISON_LINE)
    code = release.request.code
    if not secrets.compare_digest(str(release.spoken_code).encode(), typed.code.digits(spoken, 6).encode()):
        Release.objects.filter(pk=release.pk).update(wrong_codes=F("wrong_codes") + 1)
        audit.record(NOBODY, "police.link_wrong_code", code, case=code)
        return LinkOutcome(refusal=WrongSpokenCode("spoken"))
    Release.objects.filter(pk=release.pk).update(opened_at=at)
    audit.record(NOBODY, "police.link_opened", code, case=code, sha256=release.digest)
    return LinkOutcome(str(release.pack), release.digest, release.request)
