"""One client for each public registry (D10). Its answers are data, its silence never is.

Contract: `POST {base}/{name}/` with a JSON object answers 200 with a JSON object, 404 where the registry does not know
whom we mean, 5xx or nothing where it is down. `docs/registries.md` has the fields of each.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import outside, retry
from core.outside import OutsideDown

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
