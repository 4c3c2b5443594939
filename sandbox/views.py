"""Providers of SMS and mail, and the second factors of the demo accounts, for people to look at."""

import hashlib
import hmac
import json
import re
import struct
import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox import (
    centre,
    certificates,
    keys,
    messages,
    outside,
    plates,
    providers,
    push,
    registries,
    regulator,
)
from sandbox import sms as provider
from sandbox import stamps as authority
from sandbox.camera import POSES, people
from sandbox.camera import frame as draw_frame

PERIOD = 30


@csrf_exempt  # a provider's API
@require_POST
def take_message(request: HttpRequest, channel: str) -> HttpResponse:
    """What Apprise's JSON provider posts: `to`, `key`, `message`."""
    try:
        body = json.loads(request.body)
        message = {
            "channel": channel,
            "to": str(body["to"]),
            "key": str(body["key"]),
            "text": str(body["message"]),
        }
    except (ValueError, KeyError, TypeError):
        return JsonResponse({"error": "a JSON object with to, key and message is expected"}, status=400)
    messages.keep(message | {"at": timezone.now().isoformat(timespec="seconds")})
    return JsonResponse({"taken": True})


@csrf_exempt  # a provider's API
@require_POST
def sms(request: HttpRequest) -> HttpResponse:
    """One SMS by template, for who shows the token."""
    if not provider.knows(request.headers.get("Authorization", "").removeprefix("Bearer ")):
        return JsonResponse({"code": "isv.ACCOUNT_NOT_EXISTS"}, status=403)
    body = _object(request)
    if body is None:
        return JsonResponse({"code": "isv.INVALID_PARAMETERS"}, status=400)
    return JsonResponse(provider.send(body))


@csrf_exempt  # what a browser does when its owner agrees
@require_POST
def push_phone(request: HttpRequest) -> HttpResponse:
    """A browser that has just subscribed to messages."""
    return JsonResponse(push.new_phone(f"{request.scheme}://{request.get_host()}"), status=201)


@csrf_exempt  # RFC 8030
@require_http_methods(["POST", "DELETE"])
def push_message(request: HttpRequest, number: str) -> HttpResponse:
    """A message to one of these browsers; DELETE: its owner took it back."""
    if request.method == "DELETE":
        return HttpResponse(status=204 if push.end(number) else 404)
    headers = {name.lower(): value for name, value in request.headers.items()}
    status, said = push.take(number, request.build_absolute_uri(), headers, request.body)
    if status != 201:
        return JsonResponse({"error": said}, status=status)
    return HttpResponse(status=201, headers={"Location": f"/push/{number}/{said}"})


@csrf_exempt
@require_POST
def sms_behaviour(request: HttpRequest) -> HttpResponse:
    """Make the SMS provider slow, silent or unwilling."""
    try:
        provider.behave(dict(json.loads(request.body)))
    except (ValueError, TypeError) as why:
        return JsonResponse({"error": str(why)}, status=400)
    return JsonResponse({"taken": True})


@csrf_exempt  # RFC 3161 over HTTP (3.4)
@require_POST
def time_authority(request: HttpRequest) -> HttpResponse:
    """A time stamp of the digest that is asked about."""
    if request.content_type != "application/timestamp-query":
        return HttpResponse(status=415)
    status, reply = authority.answer(request.body)
    return HttpResponse(reply, status=status, content_type="application/timestamp-reply")


@csrf_exempt
@require_POST
def time_behaviour(request: HttpRequest) -> HttpResponse:
    """Make the time authority slow or silent."""
    try:
        authority.behave(dict(json.loads(request.body)))
    except (ValueError, TypeError) as why:
        return JsonResponse({"error": str(why)}, status=400)
    return JsonResponse({"taken": True})


@require_GET
def messages_json(request: HttpRequest) -> HttpResponse:
    """All messages, for those who read by program; `?to=` and `?channel=` choose."""
    rows = messages.all_messages()
    for name in ("to", "channel"):
        wanted = request.GET.get(name)
        rows = [row for row in rows if not wanted or row[name] == wanted]
    return JsonResponse({"messages": rows})


@require_GET
def inbox(request: HttpRequest) -> HttpResponse:
    """The inbox page: newest first, links to follow."""
    rows = list(reversed(messages.all_messages()))[:200]
    for row in rows:
        row["parts"] = re.split(r"(https?://\S+)", row["text"])
    return render(request, "inbox.html", {"messages": rows})


def totp(key: str, at: float) -> str:
    """RFC 6238 with SHA-1, 30 seconds, six digits; `key` in hexadecimal."""
    digest = hmac.new(bytes.fromhex(key), struct.pack(">Q", int(at // PERIOD)), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06d}"


def _codes() -> dict[str, str]:
    path = settings.STATE / "second_factors.json"  # type: ignore[misc]  # the sandbox has settings of its own
    keys = json.loads(path.read_text()) if path.exists() else {}
    return {name: totp(key, time.time()) for name, key in keys.items()}


@require_GET
def codes(request: HttpRequest) -> HttpResponse:
    """The six digits that each demo person's authenticator shows now."""
    return render(request, "codes.html", {"codes": _codes(), "left": PERIOD - int(time.time()) % PERIOD})


@require_GET
def codes_json(request: HttpRequest) -> HttpResponse:
    return JsonResponse(_codes())


_SHARE = re.compile(r"[01](\.[0-9]{1,4})?\Z", re.ASCII)


# --- The camera: pages of the platform fetch frames from here instead of from a real one ---


def _picture(content: bytes) -> HttpResponse:
    return HttpResponse(
        content,
        content_type="image/jpeg",
        headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"},
    )


@require_GET
def frame(request: HttpRequest, name: str, pose: str) -> HttpResponse:
    """One frame of an invented person; `?n=` is another moment, `?share=0.5` half of the way to the pose."""
    if name not in people() or pose not in POSES:
        return HttpResponse(status=404)
    number, share = request.GET.get("n", "0"), request.GET.get("share", "1")
    moment = int(number) % 1_000_000 if number.isdigit() else 0
    part = min(float(share), 1.0) if _SHARE.match(share) else 1.0
    return _picture(draw_frame(name, pose, moment, part))


@require_GET
def plate(request: HttpRequest, plate: str) -> HttpResponse:
    """A photo of a car with this plate; `?blurred=1` as from a moving hand, `?spot=upper_left` where it stands on the
    photo, before another street for each `n`."""
    number = request.GET.get("n", "0")
    moment = int(number) if number.isdecimal() and len(number) < 10 else 0
    spot, blurred = request.GET.get("spot", ""), request.GET.get("blurred") == "1"
    try:
        return _picture(plates.photo(plate, blurred=blurred, spot=spot, moment=moment))
    except KeyError:
        return HttpResponse(status=404)


@require_GET
def certificate(request: HttpRequest, face: str, kind: str) -> HttpResponse:
    """A photo of a certificate of whoever sits before the camera; `?car=` chooses among several."""
    car = request.GET.get("car", "0")
    try:
        return _picture(certificates.photo(face, kind, int(car) if car.isdigit() else 0))
    except (KeyError, IndexError):
        return HttpResponse(status=404)


@require_GET
def camera(request: HttpRequest) -> HttpResponse:
    """Who sits before the camera."""
    return render(request, "camera.html", {"people": sorted(people()), "poses": list(POSES)})


# --- Registries ---


@csrf_exempt  # a registry's API
@require_POST
def registry(request: HttpRequest, name: str) -> HttpResponse:
    """What a registry says to a question."""
    if name not in registries.REGISTRIES:
        return JsonResponse({}, status=404)
    try:
        question = dict(json.loads(request.body))
    except (ValueError, TypeError):
        return JsonResponse({"error": "a JSON object is expected"}, status=400)
    status, body = registries.answer(name, question)
    return JsonResponse(body, status=status)


@csrf_exempt
@require_POST
def registry_behaviour(request: HttpRequest) -> HttpResponse:
    """Make registries slow, silent or contradictory."""
    try:
        registries.behave(dict(json.loads(request.body)))
    except (ValueError, TypeError, AttributeError) as why:
        return JsonResponse({"error": str(why)}, status=400)
    return JsonResponse({"taken": True})


# --- Money and relay numbers ---


def _object(request: HttpRequest) -> dict[str, Any] | None:
    try:
        return dict(json.loads(request.body))
    except (ValueError, TypeError):
        return None


@csrf_exempt  # a provider's API
@require_POST
def money(request: HttpRequest, what: str) -> HttpResponse:
    """A charge or a payout."""
    body = _object(request)
    if what not in {"charges", "payouts"} or body is None:
        return JsonResponse({"error": "charges or payouts, with a JSON object"}, status=400)
    status, answer = providers.move_money(what, body)
    return JsonResponse(answer, status=status)


@csrf_exempt  # a provider's API
@require_POST
def relay(request: HttpRequest, what: str = "") -> HttpResponse:
    """A number that joins two phones, and its end."""
    body = _object(request)
    act = providers.end_number if what == "end" else providers.join_phones
    status, answer = act(body) if body is not None else (400, {"error": "a JSON object"})
    return JsonResponse(answer, status=status)


@csrf_exempt  # a provider's API
@require_POST
def relay_call(request: HttpRequest, what: str = "") -> HttpResponse:
    """A call that joins two phones, and how far it is."""
    body = _object(request)
    act = providers.call_state if what == "state" else providers.call_phones
    status, answer = act(body) if body is not None else (400, {"error": "a JSON object"})
    return JsonResponse(answer, status=status)


@csrf_exempt  # a provider's API, and the phone in somebody's hand
@require_POST
def relay_ask(request: HttpRequest, what: str = "") -> HttpResponse:
    """A phone that rings with a question, its end, and what is pressed on it."""
    body = _object(request)
    act = {"end": providers.stop_asking, "press": providers.press}.get(what, providers.ask_phone)
    status, answer = act(body) if body is not None else (400, {"error": "a JSON object"})
    return JsonResponse(answer, status=status)


@csrf_exempt  # the sandbox keeps no sessions
@require_http_methods(["GET", "POST"])
def phones_page(request: HttpRequest) -> HttpResponse:
    """The phones that ring with a question, for people to press a key on."""
    if request.method == "POST":
        providers.press({"key": request.POST.get("key", ""), "pressed": request.POST.get("pressed", "")})
    return render(request, "phones.html", {"asks": list(reversed(providers.asks()))})


@require_GET
def phones_json(request: HttpRequest) -> HttpResponse:
    """The same, for those who read by program."""
    return JsonResponse({"asks": providers.asks()})


@require_GET
def money_page(request: HttpRequest) -> HttpResponse:
    """Charges, payouts and relay numbers, for people to look at."""
    context = {
        "movements": list(reversed(providers.movements())),
        "relays": list(reversed(providers.relays())),
        "calls": list(reversed(providers.calls())),
    }
    return render(request, "money.html", context)


@csrf_exempt  # the sandbox keeps no sessions
@require_http_methods(["GET", "POST"])
def outside_page(request: HttpRequest) -> HttpResponse:
    """Ring an agent, or write to the company from outside, as people out there do."""
    said = ""
    if request.method == "POST":
        given = request.POST
        failed = (
            outside.ring(given.get("number", ""), given.get("agent", ""))
            if given.get("what") == "ring"
            else outside.write(given.get("channel", ""), given.get("sender", ""), given.get("words", ""))
        )
        said = failed or "Done 已发出"
    return render(request, "outside.html", {"said": said})


@csrf_exempt  # a provider's API
@require_POST
def key_wrapping(request: HttpRequest, what: str) -> HttpResponse:
    """The key service: wrap a key, or unwrap one."""
    if not keys.knows(request.headers.get("Authorization", "").removeprefix("Bearer ")):
        return JsonResponse({"error": "no such token"}, status=403)
    body = _object(request)
    if body is None:
        return JsonResponse({"error": "a JSON object is expected"}, status=400)
    status, answer = keys.turn(what, body)
    return JsonResponse(answer, status=status)


@csrf_exempt  # a provider's API
@require_http_methods(["GET", "PUT", "DELETE"])
def key_service(request: HttpRequest, name: str = "") -> HttpResponse:
    """The key service: which keys there are, one of them, written once, destroyed."""
    if not keys.knows(request.headers.get("Authorization", "").removeprefix("Bearer ")):
        return JsonResponse({"error": "no such token"}, status=403)
    body = _object(request) if request.method == "PUT" else {}
    if body is None:
        return JsonResponse({"error": "a JSON object is expected"}, status=400)
    status, answer = keys.answer(str(request.method), name, body)
    return HttpResponse(status=status) if status == 204 else JsonResponse(answer, status=status)


# --- The emergency centre ---


@csrf_exempt  # an authority's API
@require_POST
def centre_case(request: HttpRequest, door: str) -> HttpResponse:
    """A case is opened, followed or closed; the answer is signed."""
    status, body, sealed = centre.answer(door, request.body, request.headers.get(centre.HEADER, ""))
    answer = HttpResponse(body, status=status, content_type="application/json")
    if sealed:
        answer[centre.HEADER] = sealed
    return answer


@csrf_exempt
@require_POST
def centre_behaviour(request: HttpRequest) -> HttpResponse:
    """Make the centre slow, wrong, silent, or of many words."""
    try:
        centre.behave(dict(json.loads(request.body)))
    except (ValueError, TypeError) as why:
        return JsonResponse({"error": str(why)}, status=400)
    return JsonResponse({"taken": True})


@csrf_exempt  # the sandbox keeps no sessions
@require_http_methods(["GET", "POST"])
def centre_page(request: HttpRequest) -> HttpResponse:
    """The cases, for people to look at, and what the centre says of each."""
    said = ""
    if request.method == "POST":
        said = centre.say(request.POST.get("key", ""), request.POST.get("word", "")) or "Done 已发出"
    rows = list(reversed(centre.cases().items()))
    return render(request, "centre.html", {"cases": rows, "words": centre.WORDS, "said": said})


@require_GET
def centre_json(request: HttpRequest) -> HttpResponse:
    """The cases by their key, for those who read by program."""
    return JsonResponse(centre.cases())


# --- The supervision platform of the ministry ---


@csrf_exempt  # an authority's API
@require_POST
def regulator_items(request: HttpRequest, kind: str) -> JsonResponse:
    """Items of one interface; what came of each."""
    status, body = regulator.answer(kind, request.body, request.headers.get("Authorization", ""))
    return JsonResponse(body, status=status)


@csrf_exempt  # an authority's API
@require_POST
def regulator_score(request: HttpRequest) -> JsonResponse:
    """How many items of a day came in."""
    status, body = regulator.score(request.body, request.headers.get("Authorization", ""))
    return JsonResponse(body, status=status)


@csrf_exempt
@require_POST
def regulator_behaviour(request: HttpRequest) -> HttpResponse:
    """Make the platform slow, silent, or refuse."""
    try:
        regulator.behave(dict(json.loads(request.body)))
    except (ValueError, TypeError) as why:
        return JsonResponse({"error": str(why)}, status=400)
    return JsonResponse({"taken": True})


@require_GET
def regulator_page(request: HttpRequest) -> HttpResponse:
    """What came in, for people to look at."""
    days = sorted(regulator.days().items(), reverse=True)
    return render(request, "regulator.html", {"days": days})


@require_GET
def regulator_json(_request: HttpRequest) -> HttpResponse:
    """The same, for those who read by program."""
    return JsonResponse(regulator.days())
