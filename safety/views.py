"""Public pages of safety: SOS, the question to the passenger, the welfare check."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock, idempotency, policy, typed
from core.access import account_of, permission_required
from core.centre import is_set_up as centre_is_set_up
from core.errors import DomainError, explain
from core.limits import asker_of, beyond
from core.messages import outbox
from core.posted import chosen
from core.privacy import mask_phone
from rides.errors import PositionToken
from rides.geometry import Point
from rides.selectors import check_key, latest_positions, place_name, trip_by_code
from rides.states import WITH_DRIVER, Party
from rides.tokens import TripKey, make_key, read_key
from safety import browsers, packets, selectors, services
from safety.forms import EvidenceForm, MendForm, ReporterCodeForm, WelfareCheckForm
from safety.models import Incident, SosCall, WelfareCheck
from safety.policies import RECORDING_TEXT, WELFARE_CHECKS
from safety.shown import centre_context, share_context, sos_context, trip_of_caller
from safety.states import AccidentAnswer, Answer

if TYPE_CHECKING:
    from rides.models import LatestPosition, Trip

KEY_HEADER = "X-Trip-Key"
STATUS = "safety/_sos_status.html"
MESSAGES_OPEN = 4  # as many as leave what she may write and tap within reach on a phone
READING = timedelta(minutes=1)


def _shown(request: HttpRequest) -> str:
    """The key as the page that asks shows it; empty where the browser alone may hold it."""
    return request.POST.get("key") or request.headers.get(KEY_HEADER, "")


def _key(request: HttpRequest, code: str) -> TripKey:
    """The key to one side of this trip, from the form, from a part of the page that asks, or from the cookie that SOS left.

    Never from the address, which logs, histories and screens keep. Raises `PositionToken`.
    """
    key = read_key(_shown(request) or browsers.kept(request, code))
    if key.trip != code:
        raise PositionToken
    check_key(key)
    return key


def read_position(latitude: str | None, longitude: str | None) -> Point | None:
    """A position that came along, if it can be read and is on the globe; SOS never waits for it."""
    try:
        here = float(latitude or ""), float(longitude or "")
    except ValueError:
        return None
    return here if -90 <= here[0] <= 90 and -180 <= here[1] <= 180 else None


@csrf_exempt  # the trip's key is the authority: an expired session must not stop a call for help (S1)
@require_http_methods(["GET", "POST"])
def sos(request: HttpRequest, code: str) -> HttpResponse:
    """One tap sends it; the page then shows who has it, and four numbers to call."""
    key = _key(request, code)
    if request.method == "POST":
        position = read_position(request.POST.get("lat"), request.POST.get("lon"))
        raw = _shown(request)
        left_behind = not raw and browsers.is_left_behind(request, code)
        raw = raw or browsers.kept(request, code)  # before the call: nothing may refuse it once it is taken
        with services.in_even_time(key.party):
            services.raise_sos(key=key, position=position, silent=request.POST.get("silent") == "1")
            answer = _after(request, key)
        browsers.keep(answer, code, raw, left_behind=left_behind)
        return answer
    return _sos_page(request, key, "safety/sos.html")


@require_GET
def sos_status(request: HttpRequest, code: str) -> HttpResponse:
    """The part of the SOS page that changes."""
    return _sos_page(request, _key(request, code), STATUS)


def _within(request: HttpRequest) -> bool:
    """True where a part of an open page asks: it is answered by the part, and nothing on the page is loaded anew."""
    return bool(request.headers.get("HX-Request"))


def _after(request: HttpRequest, key: TripKey) -> HttpResponse:
    """What follows when something of the page was sent: its part, or the page anew.

    A browser that sends no cookie at all would not be known on its way to the page, and gets it at once.
    """
    if _within(request):
        return _sos_page(request, key, STATUS)
    keeps_none = "text/html" in request.headers.get("Accept", "") and not request.COOKIES
    return _sos_page(request, key, "safety/sos.html") if keeps_none else redirect("safety:sos", key.trip)


def _sos_page(request: HttpRequest, key: TripKey, template: str) -> HttpResponse:
    call = selectors.sos_of_side(key.trip, key.party)
    if call is None:
        malicious = selectors.malicious_alarm_of(key.trip, key.party)
        if template == STATUS:
            return render(request, "safety/_sos_over.html", {"code": key.trip, "malicious": malicious})
        if malicious is None:
            return redirect("rides:trip", key.trip)
        appeal = selectors.appeal_of(malicious, key.party)
        return render(
            request,
            "safety/malicious.html",
            {"code": key.trip, "key": make_key(key), "incident": malicious, "appeal": appeal},
        )
    trip = trip_by_code(key.trip)
    position = _newest_position(trip, key.party, call)
    push = selectors.push_for_her(call) if key.party == Party.PASSENGER else None
    newest, earlier = _by_age(selectors.thread_of(call.incident, key.party))
    context = {
        "code": key.trip,
        "within": template == STATUS,
        "call": call,
        "position": position,
        "where": _in_words(trip, position),
        "contacts": _contacts(trip, call.incident, key.party),
        "key": make_key(key),
        # Loaded anew where no script does it; that is possible where a cookie says whose it is.
        "comes_anew": browsers.is_kept(request, key.trip),
        "sms": _sms(key, position),
        "secret": packets.secret_for_page(key),
        "party": key.party,
        "sound": selectors.sound_now(key.trip, key.party),
        "newest": newest,
        "earlier": earlier,
        # What the centre knows is hers to see and not his, whose own call may have opened the incident (S11).
        "hers": key.party == Party.PASSENGER,
        "push": push,
        "heard_at": selectors.heard_of(push, call),
        "centre": centre_is_set_up(),
        **trip_of_caller(trip, key.party),
    }
    return render(request, template, sos_context() | context)


def _by_age(thread: list[selectors.Written]) -> tuple[list[selectors.Written], list[selectors.Written]]:
    """What stands open and what is folded, newest first: nothing of staff is folded before there was time to read it."""
    newest: list[selectors.Written] = []
    earlier: list[selectors.Written] = []
    read = clock.now() - READING
    for each in reversed(thread):
        is_read = not each.message.staff or (each.seen_at is not None and each.seen_at <= read)
        (earlier if is_read and len(newest) >= MESSAGES_OPEN else newest).append(each)
    return newest, earlier


def _newest_position(
    trip: "Trip", party: Party, call: selectors.CallForHelp
) -> "LatestPosition | SosCall | None":
    """Where this side was last: what its phone sent since, or what came with a tap."""
    known: list[LatestPosition | SosCall] = [
        each for each in (call.again, call.call) if each and each.latitude is not None
    ]
    sent = latest_positions(trip).get(party)
    if sent:
        known.append(sent)
    return max(known, key=lambda each: each.at, default=None)


def _in_words(trip: "Trip", position: "LatestPosition | SosCall | None") -> str:
    """What she can say to whoever asks her where she is; both names of the place, as rows hold them."""
    if position is None or position.latitude is None or position.longitude is None:
        return ""
    return place_name(trip.city, (position.latitude, position.longitude))


def _contacts(trip: "Trip", incident: "Incident", party: Party) -> list[tuple[Any, bool]]:
    """Each message to a contact, and whether its link was opened."""
    prefix = f"sos:{incident.code}:{party}:"
    seen = {share.contact for share in selectors.shares_of(trip, party) if share.first_seen_at}
    return [
        (message, int(message.key.rpartition(":")[2]) in seen)
        for message in outbox.about(incident.code)
        if message.key.startswith(prefix)
    ]


def _sms(key: TripKey, position: "LatestPosition | SosCall | None") -> str:
    """The prepared message, from what is known now; the page's script keeps it up to date without a network."""
    here, at = None, clock.now()
    if position and position.latitude is not None and position.longitude is not None:
        here, at = (position.latitude, position.longitude), position.at
    return packets.encode(packets.Packet(key.trip, key.party, at, here, silent=False), key.driver)


@require_GET
def offline(request: HttpRequest, code: str) -> HttpResponse:
    """What the trip's page keeps ready for the moment in which the network goes: the message, and numbers to call."""
    key = _key(request, code)
    position = latest_positions(trip_by_code(code)).get(key.party)
    context = {
        "code": code,
        "party": key.party,
        "number": settings.SOS_SMS_NUMBER,
        "secret": packets.secret_for_page(key),
        "sms": _sms(key, position),
    }
    return render(request, "safety/_offline.html", context)


@csrf_exempt
@require_POST
def sos_word(request: HttpRequest, code: str) -> HttpResponse:
    """Write to the agent, words or a phrase, or say whether the phone may ring; the page's part comes back (S1+)."""
    key = _key(request, code)
    services.add_word(
        key=key,
        words=request.POST.get("words", ""),
        phrase=request.POST.get("phrase", ""),
        silent={"1": True, "0": False}.get(request.POST.get("silent", "")),
        submission=request.POST.get("submission", ""),
    )
    return _after(request, key)


@csrf_exempt
@require_POST
def sos_110(request: HttpRequest, code: str) -> HttpResponse:
    """She wants 110 to come: her case goes to the emergency centre; the page's part comes back (P12)."""
    key = _key(request, code)
    services.ask_110(key=key)
    return _after(request, key)


@require_GET
def centre(request: HttpRequest, secret: str) -> HttpResponse:
    """The case as the emergency centre (110) sees it, live, until it is closed. No sign-in: the link is the authority."""
    push = selectors.push_by_secret(secret)
    services.note_looked(push=push)
    template = "safety/_centre.html" if request.headers.get("HX-Request") else "safety/centre.html"
    answer = render(request, template, centre_context(push, secret))
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


@csrf_exempt
@require_POST
def sos_shown(request: HttpRequest, code: str) -> HttpResponse:
    """The page has on its screen what staff wrote: they see that it was seen."""
    key = _key(request, code)
    services.note_shown(key=key, last=typed.number.read(request.POST.get("last", ""), field="last"))
    return HttpResponse(status=204)


@require_GET
def care(request: HttpRequest, code: str) -> HttpResponse:
    """What this side's trip page says of its own call for help, and of 'not this car'; of the other side's, nothing."""
    key = _key(request, code)
    trip = trip_by_code(code)
    context: dict[str, Any] = {
        "code": code,
        "key": make_key(key),
        "call": selectors.sos_of_side(code, key.party),
        "mismatch": selectors.mismatch_looked_at(trip) if key.party == Party.PASSENGER else None,
    }
    answer = render(request, "safety/_care.html", context)
    if context["call"]:  # made by any phone of theirs: the link that is drawn opens here as well
        browsers.keep(answer, code, context["key"])
    return answer


@csrf_exempt
@require_POST
def appeal(request: HttpRequest, code: str) -> HttpResponse:
    """Why my call for help was not malicious."""
    key = _key(request, code)
    services.file_appeal(key=key, words=request.POST.get("words", ""))
    return _after(request, key)


@require_http_methods(["GET", "POST"])
def practice(request: HttpRequest) -> HttpResponse:
    """Try SOS: looks like the real one, says so, and reaches nobody. Nothing is written anywhere."""
    return render(request, "safety/practice.html", {"tapped": request.method == "POST"})


@csrf_exempt
@require_http_methods(["GET", "POST"])
def recording(request: HttpRequest, code: str) -> HttpResponse:
    """The question whether this trip's sound is recorded, one side's answer, and whether it records now (S7)."""
    key = _key(request, code)
    if request.method == "POST":
        services.answer_recording(key=key, agreed=chosen(request, "agreed"))
        if not request.headers.get("HX-Request"):
            return redirect("rides:trip", code)
    trip = trip_by_code(code)
    texts = policy.value(RECORDING_TEXT)
    context = {
        "code": code,
        "key": make_key(key),
        "asked": selectors.recording_question(trip, key.party),
        "text": texts.get(get_language() or "", texts["en"]),
        "kept": key.party == Party.PASSENGER and trip.is_over and selectors.kept_for(trip),
    }
    return render(request, "safety/_recording.html", context)


@require_POST
@permission_required("ride")
def keep(request: HttpRequest, code: str) -> HttpResponse:
    """Keep this recording: a case is opened."""
    services.keep_recording(account=account_of(request), trip_code=code, words=request.POST.get("words", ""))
    messages.success(request, _("Kept: a case is open for a person to look at it."))
    return redirect("rides:trip", code)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def shares(request: HttpRequest, code: str) -> HttpResponse:
    """Who follows my trip; make a link, end a link. Only for the passenger's side."""
    key = _key(request, code)
    if request.method == "POST":
        if request.POST.get("revoke", ""):
            number = typed.number.read(request.POST["revoke"], field="revoke")
            services.revoke_share(key=key, number=number)
        else:
            services.share_trip(key=key)
        if not request.headers.get("HX-Request"):
            return redirect("rides:trip", code)
    trip = trip_by_code(code)
    rows = selectors.shares_of(trip, key.party) if key.party == Party.PASSENGER else []
    stay = selectors.guardians_links(trip, rows) if rows else set()
    context = {
        "code": code,
        "key": make_key(key),
        "shares": [(row, services.address_of(row.token), row.pk in stay) for row in rows],
        "may_share": key.party == Party.PASSENGER and trip.state in WITH_DRIVER,
    }
    return render(request, "safety/_shares.html", context)


@require_GET
def share(request: HttpRequest, token: str) -> HttpResponse:
    """A trip as its passenger shares it: car, driver's name, where it is, when it arrives. No sign-in."""
    found = selectors.share_by_token(token)
    if found.first_seen_at is None:
        services.note_seen(share=found)
    template = "safety/_share.html" if request.headers.get("HX-Request") else "safety/share.html"
    answer = render(request, template, share_context(found, token))
    answer["X-Robots-Tag"] = "noindex, nofollow"
    answer["Referrer-Policy"] = "no-referrer"
    answer["Cache-Control"] = "no-store"
    return answer


@require_GET
def question(request: HttpRequest, code: str) -> HttpResponse:
    """The question, where one is open; empty otherwise. The driver's side is asked about an accident alone (S11, S12)."""
    key, trip = _key(request, code), trip_by_code(code)
    now = selectors.asked_now(trip, key.party)
    context = {
        "code": code,
        "accident": now.accident is not None,
        "asked": now.ride,
        "key": request.GET.get("key", ""),
    }
    return render(request, "safety/_question.html", context)


@csrf_exempt
@require_POST
def answer(request: HttpRequest, code: str) -> HttpResponse:
    """Both answers look the same to somebody who looks over her shoulder; about an accident both sides answer."""
    if told := request.POST.get("accident", ""):
        hurt = services.answer_about_accident(
            key=_key(request, code), answer=AccidentAnswer.NO if told == "no" else AccidentAnswer.YES
        )
        if request.headers.get("HX-Request"):
            return render(request, "safety/_question.html", {"code": code, "thanks": True, "hurt": hurt})
        return redirect("rides:trip", code)
    chosen = {"fine": Answer.FINE, "duress": Answer.DURESS}.get(
        request.POST.get("answer", ""), Answer.NOT_WELL
    )
    services.answer_question(key=_key(request, code), answer=chosen)
    if request.headers.get("HX-Request"):
        return render(request, "safety/_question.html", {"code": code, "thanks": True})
    return redirect("rides:trip", code)


# What somebody who worries sends needs no cookie: links are opened in a messenger's own browser, which keeps none. Nothing
# of it acts in the name of who is signed in.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def welfare_check(request: HttpRequest) -> HttpResponse:
    """File a welfare check: taken at once, verified later, whatever it looks like and however many came from here."""
    # A zero byte makes Django's own field refuse.
    sent = {name: request.POST[name].replace("\0", "") for name in request.POST}
    form = WelfareCheckForm(sent or None, initial={"submission": idempotency.new_key()})
    if request.method == "POST" and form.is_valid():
        try:
            filed = services.file_welfare_check(
                **form.cleaned_data, from_crowd=is_crowd(request), asker=asker_of(request)
            )
            return redirect("safety:report", filed.secret)
        except DomainError as error:
            explain(form, error)
    bad = request.method == "POST"
    return render(request, "safety/welfare_check.html", {"form": form}, status=400 if bad else 200)


def is_crowd(request: Any) -> bool:
    """True for a report, or a number put right, beyond those that one address sends in a minute: it is taken, and marked."""
    return beyond(WELFARE_CHECKS, asker_of(request))


@require_GET
def report(request: HttpRequest, secret: str) -> HttpResponse:
    """The reporter's page: the report code, who owns it, a box for what they learn later. Nothing about driver or car."""
    return _report_page(request, secret, services.check_by_secret(secret))


def _report_page(request: HttpRequest, secret: str, check: WelfareCheck, **forms: object) -> HttpResponse:
    context = {
        "secret": secret,
        "check": check,
        "owned": selectors.check_owned(check),
        "evidence_form": EvidenceForm(),
        "mend_form": MendForm(
            initial={"missing_phone": check.missing_written, "reporter_phone": check.reporter_written}
        ),
        "missing": mask_phone(check.missing_phone),
        "reporter": mask_phone(check.reporter_phone),
        "mends": "mend" in request.GET,
        "code_form": ReporterCodeForm(),
    }
    bad = any(getattr(form, "errors", None) for form in forms.values())
    return render(request, "safety/report.html", {**context, **forms}, status=400 if bad else 200)


@csrf_exempt
@require_POST
def mend(request: HttpRequest, secret: str) -> HttpResponse:
    """The reporter puts a number right."""
    services.mend_check(
        secret=secret,
        missing_phone=request.POST.get("missing_phone", ""),
        reporter_phone=request.POST.get("reporter_phone", ""),
        from_crowd=is_crowd(request),
        asker=asker_of(request),
    )
    return redirect("safety:report", secret)


@csrf_exempt
@require_POST
def evidence(request: HttpRequest, secret: str) -> HttpResponse:
    form = EvidenceForm(request.POST)
    if form.is_valid():
        services.add_evidence(secret=secret, words=form.cleaned_data["words"])
        return redirect("safety:report", secret)
    return _report_page(request, secret, services.check_by_secret(secret), evidence_form=form)


@csrf_exempt
@require_POST
def verify(request: HttpRequest, secret: str) -> HttpResponse:
    form = ReporterCodeForm(request.POST)
    if form.is_valid():
        try:
            services.verify_reporter(secret=secret, code=form.cleaned_data["code"], asker=asker_of(request))
            return redirect("safety:report", secret)
        except DomainError as error:
            explain(form, error)
    return _report_page(request, secret, services.check_by_secret(secret), code_form=form)
