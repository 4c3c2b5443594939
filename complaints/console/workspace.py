"""The investigation workspace (C4): the queue, one case in three panes, and what may be done there."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import Account
from accounts.selectors import account_by_code, codes_who_may
from complaints import macros, selectors, services
from complaints.actions import COMPLAINTS
from complaints.errors import NothingChosen
from complaints.forms import PhoneComplaintForm
from complaints.models import Complaint
from complaints.policies import BULK_LIMIT, Case
from complaints.selectors import Filter
from complaints.services import Caller, Filing
from complaints.services.intake import phone_and_language
from complaints.states import (
    Category,
    ComplaintState,
    EvidenceKind,
    Level,
    Side,
    Source,
)
from core import clock, handover, idempotency, lists, pictures, policy, presence, timeline, typed
from core.access import account_of, permission_required
from core.actions import IncompleteForm, Refusal, choice
from core.console import page
from core.console.files import file_response
from core.errors import DomainError, NotFound, explain, wants_json
from core.permissions import may
from core.privacy import mask_name, mask_phone
from drivers.selectors import driver_by_code, drivers_vehicle, plate_read
from rides.selectors import believed_trail_of
from rides.states import Party
from safety.selectors import health_of, incidents_of_trip, recordings_of

LINES = 60  # of the timeline at first; the rest on request


def views_for(account: Account) -> list[tuple[str, str]]:
    """(name, end of the address) of the views that everybody has, those of one's role first."""
    judge = [
        (_("Both sides heard"), Filter(state="heard")),
        (_("Wait for a second decision"), Filter(state="second")),
        (_("Appeals"), Filter(state="appealed")),
    ]
    common = [
        (_("Mine"), Filter(whose="mine")),
        (_("Nobody has them"), Filter(whose="nobody")),
        (_("Severe"), Filter(level=Level.SEVERE)),
        (_("Late"), Filter(late=True)),
        (_("All open"), Filter()),
        (_("Decided"), Filter(state="over")),
    ]
    rows = [*judge, *common] if may(account, "complaints.judge") else [*common, *judge]
    return [(name, wanted.query()) for name, wanted in rows]


def _queue_context(request: HttpRequest, account: Account) -> dict[str, Any]:
    at, wanted = clock.now(), Filter.of_query(request.GET.urlencode())
    found = selectors.page_of(wanted, account, at, after=request.GET.get("after", ""))
    return {
        "filter": wanted,
        "query": wanted.query(),
        "rows": found.rows,
        "after": found.after,
        "now": at,
        "views": views_for(account),
        "saved": selectors.saved_views(account),
        "account": account,
    }


class BulkForm(forms.Form):
    """What to do with those chosen; what each action has to be told is asked of those that need it."""

    action = choice(
        gettext_lazy("With those chosen"),
        [
            ("take", gettext_lazy("take them")),
            ("assign", gettext_lazy("give them to")),
            ("unassign", gettext_lazy("put them back in the queue")),
            ("note", gettext_lazy("add a note")),
        ],
        drawn=False,
    )
    to = forms.ChoiceField(label=gettext_lazy("Give it to"), required=False)
    words = forms.CharField(label=gettext_lazy("Note"), max_length=4000, required=False)
    NEEDS = {"assign": "to", "note": "words"}

    def __init__(self, *args: Any, workers: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["to"]
        field.choices = [("", "—"), *workers]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        needed = self.NEEDS.get(given.get("action", ""))
        if needed and not given.get(needed):
            self.add_error(needed, self.fields[needed].error_messages["required"])
        return given

    def said(self) -> dict[str, str]:
        """What the chosen action has to be told."""
        needed = self.NEEDS.get(self.cleaned_data["action"])
        return {needed: self.cleaned_data[needed]} if needed else {}


class HandOverForm(forms.Form):
    to = choice(gettext_lazy("Hand everything over to"), [], drawn=False)
    words = forms.CharField(label=gettext_lazy("What must they know?"), max_length=4000)

    def __init__(self, *args: Any, workers: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        field: Any = self.fields["to"]
        field.choices = [("", "—"), *workers]


class ViewForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name of this view"), max_length=40)
    shared = forms.BooleanField(label=gettext_lazy("for everybody"), required=False)


def _workers(account: Account) -> list[tuple[str, str]]:
    return handover.choices(code for code in codes_who_may("complaints.work") if code != account.code)


def _say_who_is_away(request: HttpRequest, code: str) -> None:
    if absent := handover.not_there(code):
        messages.warning(request, absent)


def _queue_page(
    request: HttpRequest,
    status: int = 200,
    *,
    chosen: Sequence[str] = (),
    **filled: forms.Form,
) -> HttpResponse:
    """The queue; after a refusal with what was chosen and `filled`, and with its status."""
    account = account_of(request)
    context = _queue_context(request, account)
    wanted: Filter = context["filter"]
    found = context["rows"]
    if wanted.text and not filled and len(found) == 1 and found[0].code == typed.code.read(wanted.text):
        return redirect("complaints_console:case", found[0].code)
    count = selectors.count_of(wanted, account, context["now"]) if not wanted.text else len(found)
    workers = _workers(account)
    context |= {
        "title": _("Complaints"),
        "count": count,
        "more_than": count >= selectors.COUNT_LIMIT,
        "levels": Level.choices,
        "categories": Category.choices,
        "chosen": chosen,
        "bulk_form": filled.get("bulk") or BulkForm(workers=workers, auto_id="b-%s"),
        "hand_over_form": filled.get("hand_over") or HandOverForm(workers=workers, auto_id="h-%s"),
        "view_form": filled.get("view") or ViewForm(auto_id="v-%s"),
        "limit": BULK_LIMIT,
    }
    return page(request, "console/queue.html", context, status=status, listed=[row.code for row in found])


def _refused(request: HttpRequest, error: DomainError, **filled: forms.Form) -> HttpResponse:
    """The queue as it was, with what was typed and why it was refused."""
    if wants_json(request):
        raise error
    if filled:
        explain(next(iter(filled.values())), error)
    else:
        messages.error(request, error.detail)
    # Parts of the page ask for themselves anew: by its own address.
    request.path = request.path_info = reverse("complaints_console:queue")
    return _queue_page(request, error.status, chosen=request.POST.getlist("codes"), **filled)


@require_GET
@permission_required("complaints.work")
def queue(request: HttpRequest) -> HttpResponse:
    """The queue: views, search, and what is due first."""
    if request.headers.get("HX-Request") and request.GET.get("after"):
        context = _queue_context(request, account_of(request))
        lists.note_more(request, "queue", [row.code for row in context["rows"]])
        return render(request, "console/_queue_rows.html", context)
    return _queue_page(request)


@require_POST
@permission_required("complaints.work")
def take_next(request: HttpRequest) -> HttpResponse:
    """The next one that nobody has; a request that says nothing takes none."""
    if request.POST.get("do") != "1":
        return _refused(request, IncompleteForm())
    try:
        complaint = services.take_next(account=account_of(request))
    except DomainError as error:
        return _refused(request, error)
    return redirect("complaints_console:case", complaint.code)


@require_POST
@permission_required("complaints.work")
def bulk(request: HttpRequest) -> HttpResponse:
    """Several at once: first a page that says what will happen to which, then what became of each."""
    account, codes = account_of(request), request.POST.getlist("codes")
    form = BulkForm(request.POST, workers=_workers(account), auto_id="b-%s")
    if not form.is_valid():
        return _refused(request, IncompleteForm(), bulk=form)
    if not 1 <= len(codes) <= BULK_LIMIT:
        return _refused(request, NothingChosen(limit=BULK_LIMIT), bulk=form)
    action, said = form.cleaned_data["action"], form.said()
    if request.POST.get("sure") != "1":
        rows = list(Complaint.objects.select_related("owner").filter(code__in=codes).order_by("due_at"))
        context = {
            "title": _("Are these the right ones?"),
            "rows": rows,
            "action": action,
            "to": said.get("to", ""),
            "words": said.get("words", ""),
            "owned": [row for row in rows if row.owner and row.owner_id != account.pk],
            "severe": [row for row in rows if row.level == Level.SEVERE],
        }
        return page(request, "console/bulk.html", context)
    outcomes = services.in_bulk(account=account, codes=codes, action=action, **said)
    done = [each for each in outcomes if not each.why]
    messages.success(
        request,
        ngettext("%(n)s complaint done.", "%(n)s complaints done.", len(done)) % {"n": len(done)},
    )
    if done and "to" in said:
        _say_who_is_away(request, said["to"])
    for each in outcomes:
        if each.why:
            messages.error(request, f"{each.code}: {each.why}")
    return redirect("complaints_console:queue")


@require_POST
@permission_required("complaints.work")
def hand_over(request: HttpRequest) -> HttpResponse:
    """The end of a shift: everything that is mine goes to one person."""
    account = account_of(request)
    form = HandOverForm(request.POST, workers=_workers(account), auto_id="h-%s")
    if not form.is_valid():
        return _refused(request, IncompleteForm(), hand_over=form)
    heir = account_by_code(form.cleaned_data["to"])
    try:
        count = handover.hand_over_all(account=account, heir=heir, words=form.cleaned_data["words"])
    except DomainError as error:
        return _refused(request, error, hand_over=form)
    said = ngettext("%(n)s case goes to %(who)s.", "%(n)s cases go to %(who)s.", count)
    messages.success(request, said % {"n": count, "who": heir.code if heir else ""})
    if heir:
        _say_who_is_away(request, heir.code)
    return redirect("complaints_console:queue")


@require_POST
@permission_required("complaints.work")
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the filter of the address under a name, or forget one."""
    account, query = account_of(request), request.GET.urlencode()
    form = ViewForm(request.POST, auto_id="v-%s")
    if request.POST.get("forget"):
        services.forget_view(account=account, name=request.POST["forget"])
    elif not form.is_valid():
        return _refused(request, IncompleteForm(), view=form)
    else:
        try:
            services.save_view(account=account, query=query, **form.cleaned_data)
        except DomainError as error:
            return _refused(request, error, view=form)
    return redirect(f"{reverse('complaints_console:queue')}?{query}")


@require_http_methods(["GET", "POST"])
@permission_required("complaints.work")
def take_down(request: HttpRequest) -> HttpResponse:
    """Somebody complains on the phone, or the police do: written down while they speak."""
    call = typed.number.guess(request.GET.get("call", ""))
    initial = {
        "submission": idempotency.new_key(),
        "source": Source.PHONE,
        # By the call's key, so that no number stands in an address.
        "phone": selectors.number_of_call(account_of(request), call) if call is not None else "",
        "trip": request.GET.get("trip", ""),
    }
    form = PhoneComplaintForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            complaint = services.file_for_caller(
                account=account_of(request),
                caller=Caller(given["name"], given["phone"], verified=True),
                trip_code=given["trip"],
                plate=given["plate"],
                told=Filing(
                    Category(given["category"]), given["words"], given["submission"], given["uploads"]
                ),
                source=Source(given["source"]),
            )
            return redirect("complaints_console:case", complaint.code)
        except NotFound:
            form.add_error("trip", _("No trip has this code."))
        except DomainError as error:
            explain(form, error)
    context = {"title": _("Write a complaint down"), "form": form}
    return page(request, "console/take_down.html", context, status=400 if form.errors else 200)


# --- One case ------------------------------------------------------------------------------------


def _map(complaint: Complaint) -> dict[str, Any]:
    """Planned route and both trails, WGS-84 [latitude, longitude]."""
    trip = complaint.trip
    if trip is None:
        return {}
    trails = {
        party.value: [[fix.latitude, fix.longitude] for fix in believed_trail_of(trip, party)]
        for party in Party
    }
    ends = [list(trip.origin), list(trip.destination)]
    points = [[trail[-1][0], trail[-1][1], party] for party, trail in trails.items() if trail]
    return {"route": trip.planned_route or ends, "trails": trails, "points": points, "ends": ends}


def _people(complaint: Complaint) -> list[dict[str, Any]]:
    """Both sides as the console shows them: masked, with what is known of earlier complaints."""
    found: list[dict[str, Any]] = []
    for side, account in ((Side.COMPLAINANT, complaint.complainant), (Side.ACCUSED, complaint.accused)):
        driver = driver_by_code(account.code) if account else None
        found.append(
            {
                "side": side,
                "part": selectors.part_of(complaint, side).label if account else "",
                "account": account,
                "name": mask_name(account.real_name if account else complaint.caller_name)
                if account or side == Side.COMPLAINANT
                else "",
                "phone": mask_phone(account.phone if account else complaint.caller_phone)
                if account or side == Side.COMPLAINANT
                else "",
                "driver": driver,
                "vehicle": drivers_vehicle(driver) if driver else None,
                "earlier": selectors.earlier_of(account),
            }
        )
    return found


def _context(request: HttpRequest, case: Case, refusal: Refusal | None) -> dict[str, Any]:
    account, at, complaint, known = account_of(request), clock.now(), case.complaint, case.known
    code, trip = complaint.code, complaint.trip
    whole = request.GET.get("all") == "1"
    lines = timeline.on_page(trip=trip.code if trip else "", case=code, last=0 if whole else LINES)
    offers = COMPLAINTS.offers(case, account, refusal)
    return {
        "title": f"{code} · {complaint.get_category_display()}",
        "complaint": complaint,
        "known": known,
        "now": at,
        "timers": known.timers,
        "open_offers": [each for each in offers if not each.why_not or each.refused],
        "closed_offers": [each for each in offers if each.why_not and not each.refused],
        "lines": [(each, timeline.sentence(each.line), _group(each.line.kind)) for each in lines],
        "unseen": selectors.unseen_words(complaint),
        "whole": whole or len(lines) < LINES,
        "map": _map(complaint),
        "evidence": selectors.evidence_of(complaint),
        "recordings": [(row, health_of(row)) for row in recordings_of(trip)] if trip else [],
        "incidents": incidents_of_trip(trip) if trip else [],
        "plate_read": plate_read(trip.code, trip.driver) if trip else None,
        "responds": may(account, "incidents.respond"),
        "statements": list(known.statements.values()),
        "decisions": selectors.visible_decisions(complaint, account),
        "measures": selectors.measures_of(complaint) if complaint.state != ComplaintState.PROPOSED else [],
        "appeals": selectors.appeals_of(complaint),
        "people": _people(complaint),
        "holds": selectors.holds_of(complaint),
        "joined": list(complaint.joined.all()),
        "guides": selectors.guides_for(complaint.category),
        "account": account,
    }


def _group(kind: str) -> str:
    """Which filter of the timeline a line falls under."""
    room, _dot, what = kind.partition(".")
    if room == "alarms":
        return "done"
    if room == "complaints":
        said = {"filed", "words", "evidence", "answered", "stated", "note", "appealed"}
        return "said" if what in said else "done"
    return "trip"


@require_GET
@permission_required("complaints.work")
@policy.read_once()
def case(request: HttpRequest, code: str) -> HttpResponse:
    """One case: the queue it came from, what happened, who and what may be done."""
    return _page(request, selectors.case_of(code, account_of(request)), None)


@COMPLAINTS.shown_by
def _page(request: HttpRequest, case: Case, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    context = _context(request, case, refusal)
    if request.headers.get("HX-Request") != "true":
        services.record_reading(account=account, complaint=case.complaint)
        context |= _queue_context(request, account)
    return page(request, "console/case.html", context)


@require_POST
@permission_required("complaints.work")
def here(request: HttpRequest, code: str) -> HttpResponse:
    """Say that I look at this case, and learn who else does."""
    found = presence.seen(code, account_of(request).code, writing=request.POST.get("writing") == "1")
    return render(request, "console/_here.html", {"others": found})


@require_GET
@permission_required("complaints.work")
def macro(request: HttpRequest, code: str, macro_code: str) -> HttpResponse:
    """A macro's text with the case's own words, in the language of whom it goes to: the preview that can be changed."""
    complaint = selectors.complaint_by_code(code)
    found = next((each for each in selectors.macros_for(complaint.category) if each.code == macro_code), None)
    if found is None:
        raise NotFound
    _phone, language = phone_and_language(complaint)
    text = macros.fill(
        macros.body(found, language),
        complaint=complaint,
        account=account_of(request),
        language=language,
        link=services.link_of(complaint),
    )
    return JsonResponse({"text": text, "language": language})


@require_GET
@permission_required("complaints.work")
def evidence(request: HttpRequest, code: str, picture: str) -> HttpResponse:
    """One file of a case; each look is in the journal. A document only ever leaves as a download."""
    complaint = selectors.complaint_by_code(code)
    row = next((each for each in selectors.evidence_of(complaint) if each.picture.code == picture), None)
    if row is None:
        raise NotFound
    content = pictures.read(actor=account_of(request).actor, code=picture, case=code)
    return file_response(content, picture, document=row.kind == EvidenceKind.DOCUMENT)


@require_POST
@permission_required("complaints.work")
def reveal(request: HttpRequest, code: str) -> HttpResponse:
    """Name and phone of somebody without an account, with a reason, for a minute."""
    try:
        name, phone = services.reveal_caller(
            account=account_of(request), code=code, reason=request.POST.get("reason", "")
        )
    except NotFound:
        raise
    except DomainError as error:
        return render(request, "console/_revealed.html", {"error": error.detail})
    answer = render(request, "console/_revealed.html", {"name": name, "phone": phone})
    answer["Cache-Control"] = "no-store"
    return answer
