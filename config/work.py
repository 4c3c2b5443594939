"""The console's pages of work that failed (`core.retry`): what needs a person, and what is still tried by itself."""

import re
from dataclasses import dataclass, field, replace

from django.db.models import Count, Window
from django.http import HttpRequest, HttpResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET

from accounts.models import Account
from core import retry
from core.access import account_of, permission_required
from core.actions import Action, ActionForm, ActionSet, Given, Offer, Refusal, text
from core.console import act, page
from core.errors import DomainError, NotFound
from core.models import FailedWork
from core.permissions import may

_NUMBER = re.compile(r"[0-9]{1,18}")
PANEL, SHOWN = 8, 200  # rows on the first page, and of a part of the page of all
# Where a case stands in the console, by the first letters of its code.
_PAGES = {"I-": "safety_console:incident"}


# --- What one may do with it ---

MAY = "failed_work.retry"


def _find(code: str, _person: Account) -> FailedWork:
    found = (
        FailedWork.objects.filter(pk=int(code), closed_at=None).first() if _NUMBER.fullmatch(code) else None
    )
    if found is None:
        raise NotFound
    return found


def _can_be_tried(row: FailedWork, person: Account) -> bool:
    work = retry.of_kind(row.kind)
    return may(person, MAY) and work is not None and work.again is not None


def _again(row: FailedWork, person: Account, given: Given) -> str:
    retry.ask_again(actor=person.actor, failed_work_id=row.pk, reason=given["reason"])
    return _("It is tried again now. If it succeeds, it leaves this list.")


def _deal_with(row: FailedWork, person: Account, given: Given) -> str:
    retry.deal_with(actor=person.actor, failed_work_id=row.pk, reason=given["reason"])
    return _("It is closed. The journal keeps who dealt with it, when and how.")


class Again(ActionForm):
    reason = text(gettext_lazy("Reason"), limit=retry.REASON_LENGTH)


class DealtWith(ActionForm):
    reason = text(gettext_lazy("What was done instead"), limit=retry.REASON_LENGTH)


def _against(row: FailedWork, _person: Account, key: str) -> DomainError | None:
    work = retry.of_kind(row.kind)
    return {
        "again": None if work is not None and work.again is not None else NotFound(),
        "dealt-with": None if retry.can_be_dealt_with(row) else retry.StillTried(),
    }[key]


WORK: ActionSet[FailedWork] = ActionSet(
    kind="failed_work",
    find=_find,
    code=lambda row: str(row.pk),
    route="failed_work:act",
    back=lambda _row: reverse("failed_work:index"),
    why_not=_against,
    listed=True,
)
WORK.add(
    Action(
        key="again",
        label=pgettext_lazy("failed work", "Try again"),
        permission=MAY,
        run=_again,
        form=Again,
        offered=_can_be_tried,
    ),
    Action(
        key="dealt-with",
        label=pgettext_lazy("failed work", "Dealt with"),
        permission=MAY,
        run=_deal_with,
        form=DealtWith,
        offered=lambda row, person: may(person, MAY) and retry.can_be_dealt_with(row),
    ),
)

# --- How it is shown ---


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of work that failed, as staff read it. `link` leads to the case, for those who may open it."""

    work: FailedWork
    label: str | Promise
    link: str
    offers: "list[Offer[FailedWork]]" = field(default_factory=list)


def _row(found: FailedWork, account: Account) -> Row:
    work = retry.of_kind(found.kind)
    return Row(found, work.label if work else found.kind, _link(found.subject, account))


def _link(subject: str, account: Account) -> str:
    name = next((name for start, name in _PAGES.items() if subject.startswith(start)), "")
    if not name or not may(account, "incidents.respond"):
        return ""
    try:
        return reverse(name, args=[subject])
    except NoReverseMatch:
        return ""


def shown_to(account: Account) -> dict[str, object]:
    """What needs a person now, what a life may depend on first: the panel's part of the first page."""
    rows = list(retry.needing_person().annotate(all_of_them=Window(Count("pk")))[:PANEL])
    return {
        "failed_work": [_row(each, account) for each in rows],
        "failed_work_count": rows[0].all_of_them if rows else 0,
    }


@require_GET
@permission_required("console.open")
def index(request: HttpRequest) -> HttpResponse:
    """All work that failed and is not done: first what needs a person, then what is still tried by itself."""
    return _page(request, None)


@WORK.shown_by
def _shown(request: HttpRequest, _row: FailedWork, refusal: Refusal | None) -> HttpResponse:
    return _page(request, refusal)


def _page(request: HttpRequest, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    trying = FailedWork.objects.filter(closed_at=None, needs_person_at=None).order_by("first_at", "pk")

    def row(found: FailedWork) -> Row:
        return replace(_row(found, account), offers=WORK.offers(found, account, refusal))

    return page(
        request,
        "console/failed_work.html",
        {
            "title": _("Work that failed"),
            "needs_person": [row(each) for each in retry.needing_person()[:SHOWN]],
            "trying": [row(each) for each in trying[:SHOWN]],
            "more": max(0, trying.count() - SHOWN),
        },
    )


app_name = "failed_work"
urlpatterns = [
    path("admin/failed-work/", index, name="index"),
    path("admin/failed-work/<row:code>/<word:action>/", act.view(WORK), name="act"),
]
