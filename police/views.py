"""The only pages that a liaison officer sees, and the one behind a one-time link."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import passkeys
from accounts.devices import asker_with_device
from core import clock, idempotency, policy
from core.access import account_of, permission_required
from core.actors import NOBODY
from core.errors import DomainError, Forbidden, InvalidInput, NotFound, SignInRequired, explain
from core.limits import asker_of
from core.permissions import may
from core.reader.errors import FileFault
from police import following, notices, preserving, selectors, services
from police import papers as paper_files
from police.documents import press
from police.documents import services as documents
from police.documents.sections import sections
from police.documents.states import CopyKind
from police.errors import (
    LinkClosed,
    NotAnOfficer,
    NoticeIncomplete,
    OfficerSuspended,
    PapersMissing,
    PasskeyNeeded,
)
from police.forms import (
    EmergencyForm,
    FurtherForm,
    NoticeForm,
    PapersForm,
    PreserveForm,
    ProofForm,
    QuestionForm,
    ReferenceForm,
    SpokenCodeForm,
)
from police.models import Notice, Officer, PoliceRequest
from police.policies import PASSKEYS, identity_part, missing_papers, number_on_letter, signs_told, tier_of
from police.services import Question
from police.states import (
    IDENTITY_WAITS,
    NEXT_STEP,
    Owned,
    Paper,
    Query,
    RefusalCode,
    RequestState,
    Sign,
    Wanted,
)
from safety.selectors import incidents_reported_by

P = ParamSpec("P")


def check_officer(request: HttpRequest) -> Officer:
    """The officer on the line; whoever is not one gets nothing, and that is recorded.

    Raises `SignInRequired`, `NotAnOfficer`, `OfficerSuspended`.
    """
    user = request.user
    if not user.is_authenticated:
        services.record_denial(actor=NOBODY, why="not_signed_in", subject=request.path[:80])
        raise SignInRequired
    account = account_of(request)
    try:
        if not may(account, "police.ask"):
            raise NotAnOfficer(line=settings.LIAISON_LINE)
        officer = selectors.officer_of(account, clock.now())
        # Whose second factor is not shown yet is asked for that first, by the page itself.
        if policy.value(PASSKEYS) and passkeys.is_another(request):
            raise PasskeyNeeded(line=settings.LIAISON_LINE)
        return officer
    except (NotAnOfficer, OfficerSuspended, PasskeyNeeded) as error:
        services.record_denial(actor=account.actor, why=error.code)
        raise


def officers_only(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Active officers with their second factor; a visitor who only looks is led to the sign-in page."""
    behind_door = permission_required("police.ask")(view)

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.is_authenticated or request.method != "GET":
            check_officer(request)
            press.warm()  # whoever is here will want a paper: it takes seconds to start, and minutes where all is busy
        return behind_door(request, *args, **kwargs)

    return guarded


def question_of(form: QuestionForm) -> Question:
    """What a valid form asks."""
    found = form.cleaned_data
    return Question(
        query=Query(found["query"]),
        value=found["query_value"],
        about=found["about"] or clock.now(),
        until=found.get("until"),
        danger=found.get("danger", ""),
        why_not_written=found.get("why_not_written", ""),
        supervisor_name=found.get("supervisor_name", ""),
        supervisor_phone=found.get("supervisor_phone", ""),
        declared=found.get("declared", False),
    )


@require_GET
@officers_only
def home(request: HttpRequest) -> HttpResponse:
    """Two large choices, neither of them made beforehand, and my requests."""
    officer = selectors.officer_of(account_of(request), clock.now())
    tier = tier_of(officer, clock.now())
    context = {"officer": officer, "tier": tier, "requests": selectors.requests_of(officer)}
    return render(request, "police/home.html", context)


@require_http_methods(["GET", "POST"])
@officers_only
def emergency(request: HttpRequest) -> HttpResponse:
    """Danger to life: five things, sent in a minute (P2+). With `?mend=CODE` it begins as that request of mine was asked."""
    form = EmergencyForm(
        request.POST or None, initial=_asked_before(request) | {"submission": idempotency.new_key()}
    )
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.ask_by_form(
                account=account_of(request),
                question=question_of(form),
                submission=form.cleaned_data["submission"],
                device=asker_of(request).device,
            )
            return redirect("police:request", asked.code)
        except DomainError as error:
            explain(form, error)
    return render(request, "police/emergency.html", {"form": form}, status=400 if form.errors else 200)


def _asked_before(request: HttpRequest) -> dict[str, Any]:
    """What an officer asked, to be put right and asked anew: what was asked once stays as it was asked. That a life is in
    danger is declared each time."""
    code = request.GET.get("mend", "")
    if not code:
        return {}
    asked = own(request, code)
    return {
        "query_value": asked.query_value,
        "query": asked.query,
        "about": asked.about,
        "until": asked.about_until,
        "danger": asked.danger,
        "why_not_written": asked.why_not_written,
        "supervisor_name": asked.supervisor_name,
        "supervisor_phone": asked.supervisor_phone,
    }


@require_http_methods(["GET", "POST"])
@officers_only
def ordinary(request: HttpRequest) -> HttpResponse:
    """Begin a notice, or go on with one; with `mend` as that of a request of mine was filled in."""
    account = account_of(request)
    if request.method == "POST":
        mended = own(request, request.POST["mend"]).notice if "mend" in request.POST else None
        submission = request.POST.get("submission", "")[:64]
        notice = notices.begin(account=account, submission=submission, like=mended)
        return redirect("police:notice", notice.code)
    officer = selectors.officer_of(account, clock.now())
    context = {"drafts": notices.drafts_of(officer), "submission": idempotency.new_key()}
    return render(request, "police/ordinary.html", context)


@require_http_methods(["GET", "POST"])
@officers_only
def notice(request: HttpRequest, code: str) -> HttpResponse:
    """A notice as it is filled in: kept with each press, a machine says at once what is missing, sent when complete."""
    account = account_of(request)
    found = notices.own_notice(selectors.officer_of(account, clock.now()), code)
    if found.sent_at is not None:
        return _sent(request, found)
    if request.method == "GET":
        there = notices.filled(found)
        form = NoticeForm(initial=asdict(there))
        return _notice(request, found, form, _further(there=there.further), status=200)
    form, further = NoticeForm(request.POST, request.FILES), _further(data=request.POST)
    forms: list[NoticeForm | FurtherForm] = [form, *further]
    for each in forms:
        each.is_valid()  # what can be read is kept, whatever else cannot
    given = notices.Filled(
        **_read(form, notices.Filled),
        further=[notices.Further(**_read(each, notices.Further)) for each in further],
    )
    uploads = {paper: form.cleaned_data[paper] for paper in Paper if form.cleaned_data.get(paper)}
    try:
        notices.save(account=account, code=code, given=given, papers=paper_files.read(uploads))
        right = not any(each.errors for each in forms)
        if request.POST.get("do") == "send" and right:
            notices.send(account=account, code=code)
            return _sent(request, notices.own_notice(found.officer, code))
        if right:
            messages.success(request, pgettext("notice", "Saved."))
            return redirect("police:notice", code)
    except DomainError as error:
        _explain(forms, error)
    return _notice(request, found, form, further, status=400)


def _sent(request: HttpRequest, found: Notice) -> HttpResponse:
    """A letter of one question is that question; one of several lists them, each with its own state."""
    asked = notices.told_of(found)
    if len(asked) == 1:
        return redirect("police:request", asked[0].code)
    if request.method == "POST":
        return redirect("police:notice", found.code)
    rows = [(row, number_on_letter(row), selectors.answer_due(row), _labels(row.wanted)) for row in asked]
    return render(request, "police/notice_sent.html", {"notice": found, "rows": rows})


def _of_letter(asked: PoliceRequest, letter: Notice) -> dict[str, Any]:
    """Which question of its letter it is, of how many, and whether others stand beside it."""
    return {
        "question": number_on_letter(asked),
        "of_letter": notices.count_questions(letter),
        "beside": len(notices.told_of(letter)) > 1,
    }


def _labels(wanted: list[str]) -> list[str]:
    return [str(Wanted(each).label) for each in wanted]


def _read(form: QuestionForm, shape: type[notices.Filled | notices.Further]) -> dict[str, Any]:
    """What of a form could be read and belongs there."""
    return {
        each.name: form.cleaned_data[each.name]
        for each in fields(shape)
        if each.name != "further" and form.cleaned_data.get(each.name)
    }


def _further(*, there: Sequence[notices.Further] = (), data: QueryDict | None = None) -> list[FurtherForm]:
    """A form for each further question that is there, and one more while there may be."""
    if data is not None:
        numbers = [
            number
            for number in range(2, notices.MOST_QUESTIONS + 1)
            if any(name.startswith(f"q{number}-") for name in data)
        ]
        return [FurtherForm(data, prefix=f"q{number}") for number in numbers]
    rows = [*(each for each in there if not each.is_empty), notices.Further()][: notices.MOST_QUESTIONS - 1]
    return [
        FurtherForm(initial=asdict(each), prefix=f"q{number}") for number, each in enumerate(rows, start=2)
    ]


def _explain(forms: Sequence[NoticeForm | FurtherForm], error: DomainError) -> None:
    """Put a refusal at the field of the question that it means."""
    for form in forms:
        for name in form.fields:
            if form.prefix and error.field == form.add_prefix(name):
                form.add_error(name, error.detail)
                return
    explain(forms[0], error)


def _notice(
    request: HttpRequest, found: Notice, form: NoticeForm, further: list[FurtherForm], *, status: int
) -> HttpResponse:
    context = {
        "form": form,
        "further": further,
        "notice": found,
        "lacks": notices.missing(found),
        "papers": paper_files.papers_of(found),
        "read": notices.understood(notices.filled(found)),
        "due": clock.now() + selectors.published_limits()["ordinary"],
    }
    return render(request, "police/notice.html", context, status=status)


@require_http_methods(["GET", "POST"])
@officers_only
def preserve(request: HttpRequest) -> HttpResponse:
    """Ask that what exists is kept; my requests so far. Whether anything does is never said (P7)."""
    account = account_of(request)
    officer = selectors.officer_of(account, clock.now())
    code = request.GET.get("mend", "")
    before = preserving.asked_before(officer, code) if code else {}
    form = PreserveForm(request.POST or None, initial=before | {"submission": idempotency.new_key()})
    if request.method == "POST" and form.is_valid():
        found = form.cleaned_data
        try:
            preserving.preserve(
                account=account,
                asked=preserving.Asked(
                    query=Query(found["query"]),
                    value=found["query_value"],
                    span_from=found["span_from"],
                    span_to=found["span_to"],
                    letter_number=found["letter_number"],
                    legal_basis=found["legal_basis"],
                ),
                submission=found["submission"],
                asker=asker_of(request),
            )
            messages.success(request, pgettext("preservation request", "Taken down."))
            return redirect("police:preserve")
        except DomainError as error:
            explain(form, error)
    rows = preserving.of_officer(officer)
    context = {"form": form, "rows": [(row, row.is_kept(clock.now())) for row in rows]}
    return render(request, "police/preserve.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@officers_only
def code(request: HttpRequest) -> HttpResponse:
    """A harmed person handed over a code: her own incident, without further papers (P15)."""
    form = ReferenceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            asked = services.use_code(
                account=account_of(request), secret=form.cleaned_data["code"], asker=asker_of(request)
            )
            return redirect("police:request", asked.code)
        except DomainError as error:
            explain(form, error)
    return render(request, "police/code.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def codes(request: HttpRequest) -> HttpResponse:
    """My own codes for the police: make one for what I reported, see whether it was used (P15).

    In two steps, without scripts: a one-time code is sent, then the code is made with it; in one while she calls for help.
    """
    account, made, asked, sent, status = account_of(request), "", "", False, 200
    form = ProofForm(request.POST) if "code" in request.POST else ProofForm()
    if request.method == "POST":
        incident = request.POST.get("incident", "")[:20]
        asker = asker_with_device(request)
        try:
            if services.asks_proof(account=account, incident=incident):
                asked = incident
                if not form.is_bound:
                    services.ask_proof(account=account, incident=incident, asker=asker)
                    sent = True
                elif form.is_valid():
                    proof = form.cleaned_data["code"]
                    made = services.make_code(account=account, incident=incident, asker=asker, proof=proof)
                    asked = ""
                else:
                    status = 400
            else:
                made = services.make_code(account=account, incident=incident, asker=asker)
        except (NotFound, Forbidden):
            raise
        except DomainError as error:
            status = error.status
            if form.is_bound:
                explain(form, error)
            else:
                messages.warning(request, error.detail)
    rows = services.codes_of(account)
    at = clock.now()
    context = {
        "made": made,
        "newest": rows[0] if made else None,
        "codes": [(row, row.is_open(at)) for row in rows],
        "incidents": incidents_reported_by(account),
        "asked": asked,
        "sent": sent,
        "form": form,
    }
    answer = render(request, "police/codes.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


@require_POST
@permission_required("ride")
def end_code(request: HttpRequest, code: str) -> HttpResponse:
    """One of my codes opens nothing any more."""
    services.revoke_code(account=account_of(request), code=code)
    return redirect("police:codes")


@require_GET
def how(request: HttpRequest) -> HttpResponse:
    """For everybody: how the police ask, what can be had, how fast, and what is never given (P2+)."""
    return render(request, "police/how.html", {"limits": selectors.published_limits()})


def missing(asked: PoliceRequest) -> str:
    """Which papers an ordinary request still lacks, as a sentence; empty where none."""
    papers = missing_papers(asked)
    return PapersMissing(papers).detail if papers else ""


def graded(asked: PoliceRequest) -> dict[str, Any]:
    """What a page says of the grade of a release: what is still to come, and why (P3a)."""
    if asked.state != RequestState.RELEASED:
        return {}
    release = asked.release
    part = identity_part(asked)
    return {
        "release": release,
        "identity": part,
        "waits": part is not None and part.state in IDENTITY_WAITS,
        "signs": [Sign(sign).label for sign in release.signs],
    }


def own(request: HttpRequest, code: str) -> PoliceRequest:
    """A request of this officer's own. Raises `NotFound` for another's."""
    return selectors.own_request(selectors.officer_of(account_of(request), clock.now()), code)


@require_GET
@officers_only
def show(request: HttpRequest, code: str) -> HttpResponse:
    """One of my requests: the clock, the pack on one sheet, who else asked, the paperwork."""
    asked = own(request, code)
    released = asked.state == RequestState.RELEASED
    readable = released and asked.release.is_open(clock.now())
    actor = account_of(request).actor
    read = documents.read_page(actor=actor, request=asked, kind=CopyKind.PAGE) if readable else None
    context = {
        "asked": asked,
        "pack": read.pack if read else None,
        "copied": read.copied if read else None,
        "files": documents.files_of(request=asked, reader=actor.code) if readable else [],
        "expired": released and not readable,
        "may_follow": readable and following.may_follow(asked),
        **graded(asked),
        **({"signs": [Sign(sign).label for sign in signs_told(asked)]} if released else {}),
        "destroyed": released and asked.release.is_destroyed,
        "linked": selectors.linked_for_officer(asked),
        "missing": missing(asked),
        "answer_due": selectors.answer_due(asked),
        "papers_form": PapersForm(),
        "sounds": documents.sounds_of(read.pack) if read else [],
        "answer": sections(read.pack) if read and asked.notice_id else None,
        **refusal_of(asked),
        "wanted": _labels(asked.wanted),
        **(_of_letter(asked, asked.notice) if asked.notice else {}),
        "submission": idempotency.new_key(),
    }
    return render(request, "police/request.html", context)


def refusal_of(asked: PoliceRequest) -> dict[str, Any]:
    """What a page says of a refusal that was decided: words, what the code means, and the next step."""
    if asked.state != RequestState.REFUSED:
        return {}
    step = NEXT_STEP[RefusalCode(asked.refused_for)] if asked.refused_for else ""
    return {"refusal": asked.refusal, "refused_for": asked.get_refused_for_display(), "next_step": step}


STOP_ASKING = 286  # to htmx: this part asks no more


def _page_anew(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Whoever is not let in any more does not go on looking at what stands there: the page loads anew, and says so."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            if not request.headers.get("HX-Request"):
                raise
            return HttpResponse(status=error.status, headers={"HX-Refresh": "true"})

    return guarded


@require_GET
@_page_anew
@officers_only
def live(request: HttpRequest, code: str) -> HttpResponse:
    """The car as it drives, while the emergency is open (S19); as a whole page, or the part that comes anew."""
    asked = own(request, code)
    found = following.follow(actor=account_of(request).actor, request=asked)
    context = {"asked": asked, "now": found, "map": {"points": _points(found)}}
    if not request.headers.get("HX-Request"):
        return render(request, "police/live.html", context)
    status = 200 if found.end is None or found.waits else STOP_ASKING
    return render(request, "police/_live.html", context, status=status)


def _points(found: following.Following) -> list[list[Any]]:
    return [[row["lat"], row["lon"], row["phone"], row["accuracy"] or 0] for row in found.positions]


@require_GET
@officers_only
def pack_json(request: HttpRequest, code: str) -> HttpResponse:
    """The pack as JSON, for this reader; the SHA-256 of this file is in the journal and in the header `X-SHA256`."""
    asked = own(request, code)
    handed = documents.hand_over(actor=account_of(request).actor, request=asked, kind=CopyKind.JSON)
    headers = {
        "Content-Disposition": f'attachment; filename="{handed.name}"',
        "X-SHA256": handed.sha256,
    }
    return HttpResponse(handed.content, content_type=handed.kind, headers=headers)


_PAPER_FIELDS = {"certificates": "certificate_2"}  # two fields of the page are one of the service


@require_POST
@officers_only
def papers(request: HttpRequest, code: str) -> HttpResponse:
    """The paperwork of one of my requests; what cannot be taken stays on the page as it was typed."""
    asked, form = own(request, code), PapersForm(request.POST, request.FILES)
    if form.is_valid():
        found = form.cleaned_data
        try:
            files = paper_files.read(
                {paper: found[name] for paper, name in paper_files.FIELDS.items() if found[name]}
            )
            services.file_papers(
                account=account_of(request),
                code=code,
                letter_number=found["letter_number"],
                certificates=[found["certificate_1"], found["certificate_2"]],
                legal_basis=found["legal_basis"],
                files=files,
            )
            return redirect("police:request", code)
        except (FileFault, NoticeIncomplete) as error:
            explain(form, error)
        except InvalidInput as error:
            explain(form, InvalidInput(_PAPER_FIELDS.get(error.field, error.field)))
    context = {
        "asked": asked,
        "pack": None,
        "linked": selectors.linked_for_officer(asked),
        "missing": missing(asked),
        "answer_due": selectors.answer_due(asked),
        "papers_form": form,
    }
    return render(request, "police/request.html", context, status=400)


@require_http_methods(["GET", "POST"])
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """The one-time link that was sent to the station's registered address."""
    form = SpokenCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        outcome = services.open_link(secret=secret, spoken=form.cleaned_data["spoken"])
        if outcome.request is not None:
            read = documents.note_page(
                actor=NOBODY, request=outcome.request, kind=CopyKind.LINK, text=outcome.pack
            )
            context = {
                "pack": read.pack,
                "copied": read.copied,
                "digest": outcome.digest,
                **graded(outcome.request),
            }
            return render(request, "police/link.html", context)
        if outcome.refusal is not None:
            explain(form, outcome.refusal)
    elif not services.link_exists(secret):
        raise LinkClosed(line=settings.LIAISON_LINE)
    return render(request, "police/link.html", {"form": form}, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
def owning(request: HttpRequest, secret: str) -> HttpResponse:
    """'Was this yours?', behind a link to the station or its supervisor. Looking changes nothing."""
    if request.method == "POST":
        said = services.answer_owning(
            secret=secret, answer=request.POST.get("answer", ""), asker=asker_of(request)
        )
        return render(request, "police/owning.html", {"said": said})
    asked = services.answer_of(secret)
    # What was said already is not said again; a 'no' may still follow a 'yes'.
    context = {"asked": asked, "answers": [each for each in Owned.choices if each[0] != asked.answer]}
    return render(request, "police/owning.html", context)
