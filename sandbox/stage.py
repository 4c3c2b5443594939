"""The director's page: the city in motion, what can be made to happen, and where to look then."""

import json
import mimetypes
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from sandbox.director import SCENES, STAGE, Look, Play, Said, Scene, house

STATIC = Path(__file__).resolve().parent.parent / "static"
ASSETS = (
    "vendor/leaflet/leaflet.js",
    "css/map.css",
    "maps/wenzhou.json",
    "maps/zhengzhou.json",
)
FRESH = 30.0  # seconds from which on a city that wrote nothing does not live
LANGUAGES = {"zh": "zh-Hans", "en": "en"}
WORDS = {
    "title": Said("导演台", "Director"),
    "intro": Said(
        "左边是活动着的城市，右边是可以让它发生的事。点“开始”，再按提示以不同身份去看。",
        "The city in motion, and what can be made to happen in it. Begin a scene, then look at it as each role.",
    ),
    "map": Said("城市地图", "Map of the city"),
    "other": Said("English", "中文"),
    "begin": Said("开始", "Begin"),
    "again": Said("再演一次", "Play again"),
    "reset": Said("重置", "Reset"),
    "since": Said("已发生", "happened"),
    "ago": Said("前", "ago"),
    "prepares": Said("准备中", "being set up"),
    "look": Said("去看", "Look"),
    "as": Said("身份", "as"),
    "sign_in": Said("用户名", "sign in as"),
    "password": Said("密码（演示账号共用）", "password of all demo accounts"),
    "digits": Said("动态码在", "six digits from"),
    "nobody": Said("无需登录", "no sign-in"),
    "failed": Said("没有演成", "It did not come about"),
    "asleep": Said(
        "城市没有在动：它由 make run 启动，HUHANG_CITY=off 时停着。场景照样可以演。",
        "The city is not in motion: make run starts it, unless HUHANG_CITY=off. Scenes can be played all the same.",
    ),
    "cars": Said("辆车在线", "cars online"),
    "rides": Said("单进行中", "on a ride"),
    "booked": Said("叫车", "booked"),
    "ended": Said("完成", "ended"),
    "cancelled": Said("取消", "cancelled"),
    "rated": Said("评分", "rated"),
    "complained": Said("投诉", "complaints"),
    "waits": Said("等单", "waits for an order"),
    "to_pickup": Said("去接人", "on the way to a pick-up"),
    "drives": Said("载客", "with a passenger"),
    "waiting": Said("乘客在等", "a passenger waits"),
    "wenzhou": Said("温州", "Wenzhou"),
    "zhengzhou": Said("郑州", "Zhengzhou"),
    "stays": Said(
        "重置会让台上的人结束行程；在控制台里开出的事件和案件由工作人员处理。",
        "A reset lets the people on stage end their trip; incidents and cases that were opened are closed by staff.",
    ),
}
Text = Callable[[Said], str]


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("lang") or request.COOKIES.get("lang") or "zh"
    return asked if asked in LANGUAGES else "zh"


def _scene(scene: Scene, play: Play | None, text: Text) -> dict[str, Any]:
    found: dict[str, Any] = {
        "key": scene.key,
        "title": text(scene.title),
        "about": text(scene.about),
        "state": "rests",
        "steps": [],
        "looks": [],
        "failed": "",
        "since": None,
    }
    if play is None:
        return found
    state = "failed" if play.failed else "happened" if play.happened_at else "prepares"
    return found | {
        "state": "cut" if play.cut.is_set() else state,
        "over": play.over,
        "since": round(time.time() - play.happened_at) if play.happened_at else None,
        "steps": [text(said) for _at, said in list(play.steps)],
        "looks": [_look(look, text) for look in list(play.looks)],
        "failed": text(play.failed) if play.failed else "",
    }


def _look(look: Look, text: Text) -> dict[str, Any]:
    return {
        "role": text(look.role),
        "url": house().url + look.path,
        "path": look.path,
        "what": text(look.what),
        "name": look.name,
        "digits": look.digits,
    }


def _city() -> dict[str, Any] | None:
    """What the city wrote last; None where it does not live."""
    path = settings.STATE / "city.json"  # type: ignore[misc]  # the sandbox has settings of its own
    try:
        found: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return found if time.time() - found["at"] < FRESH else None


def _show(request: HttpRequest) -> dict[str, Any]:
    lang = _language(request)

    def text(said: Said) -> str:
        return str(getattr(said, lang))

    stories: dict[str, list[dict[str, Any]]] = {}
    for scene in SCENES.values():
        stories.setdefault(text(scene.story), []).append(_scene(scene, STAGE.plays.get(scene.key), text))
    return {
        "lang": LANGUAGES[lang],
        "words": {key: text(said) for key, said in WORDS.items()},
        "stories": [{"title": title, "scenes": scenes} for title, scenes in stories.items()],
        "city": _city(),
    }


@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """The stage; it asks for news by itself, and works without a script too."""
    at = house()
    shown = _show(request) | {"web": at.url, "password": at.password, "short": _language(request)}
    maps = [name for name in ASSETS if name.startswith("maps/") and (STATIC / name).is_file()]
    answer = render(request, "director.html", shown | {"maps": maps})
    answer.set_cookie("lang", _language(request), samesite="Lax")
    return answer


@require_GET
def state(request: HttpRequest) -> HttpResponse:
    """What is so now: the city, and each scene."""
    return JsonResponse(_show(request), headers={"Cache-Control": "no-store"})


@csrf_exempt  # the sandbox keeps no sessions; another site's page is told apart by what browsers say
@require_POST
def act(request: HttpRequest, key: str, act: str) -> HttpResponse:
    """Begin a scene, or reset it."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        return HttpResponse(status=403)
    if key not in SCENES or act not in {"begin", "reset"}:
        return HttpResponse(status=404)
    if act == "begin":
        STAGE.begin(key)
    else:
        STAGE.reset(key)
    return redirect(f"/director/#{key}")


@require_GET
def asset(request: HttpRequest, name: str) -> HttpResponse:
    """The library that draws the map, and the demo cities where they are drawn."""
    if name not in ASSETS or not (STATIC / name).is_file():
        return HttpResponse(status=404)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return HttpResponse(
        (STATIC / name).read_bytes(), content_type=kind, headers={"Cache-Control": "max-age=3600"}
    )
