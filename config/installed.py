"""The site as an app on a phone: what names it, and what is kept on the phone for the moment without a network.

Nothing kept is about anybody: the same page, style and scripts for all. What the page of a trip leaves behind for its own
SMS stands in the browser's storage of this site (`static/js/parts/kept.js`), not here.
"""

import hashlib
import json
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET

# The page without a network, and all that it loads.
KEPT = (
    "css/colours.css",
    "css/site.css",
    "img/icon.svg",
    "js/alone.js",
    "js/parts/bytes.js",
    "js/parts/here.js",
    "js/parts/kept.js",
    "js/parts/offline.js",
    "js/parts/packet.js",
    "js/parts/wait.js",
)
WORKER = "js/service_worker.js"


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """The web app manifest, in the reader's language."""
    icons = [
        {
            "src": static(f"img/icon-{size}.png"),
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": purpose,
        }
        for size in (192, 512)
        for purpose in ("any", "maskable")
    ]
    about = {
        "id": "/",
        "name": _("Huhang · rides that are watched over"),
        "short_name": _("Huhang"),
        "lang": request.LANGUAGE_CODE,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f5f7f9",
        "theme_color": "#046c4e",
        "icons": icons,
        "shortcuts": [{"name": _("Worried about somebody?"), "url": reverse("safety:welfare_check")}],
    }
    return JsonResponse(about, content_type="application/manifest+json")


def _source(name: str) -> bytes:
    """A static file as it stands in the tree, or as it was collected."""
    found = finders.find(name)
    return Path(found if isinstance(found, str) else Path(str(settings.STATIC_ROOT)) / name).read_bytes()


@lru_cache(maxsize=4)
def _script(number: str, safety_line: str) -> str:
    """Made once a process: browsers look whether it changed at each page that they open."""
    pages = {code: reverse("alone", args=[code]) for code, _name in settings.LANGUAGES}
    digest = hashlib.sha256()
    for code in pages:
        digest.update(_alone(code, number, safety_line).encode())
    for name in KEPT:
        digest.update(_source(name))
    said = {
        "version": digest.hexdigest()[:16],
        "pages": pages,
        "files": [static(name) for name in KEPT],
        "icon": static("img/icon-192.png"),  # of what it shows on the screen
    }
    return f"self.KEPT = {json.dumps(said)};\n{_source(WORKER).decode()}"


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, with what it keeps: it changes with any of that, so that browsers fetch all of it anew."""
    script = _script(settings.SOS_SMS_NUMBER, settings.SAFETY_LINE)
    return HttpResponse(script, content_type="text/javascript; charset=utf-8")


def _alone(language: str, number: str, safety_line: str) -> str:
    """Rendered without a request: no token and nobody's name can come into it."""
    with override(language):
        context = {"number": number, "safety_line": safety_line, "language": language}
        return render_to_string("alone.html", context)


@require_GET
def alone(request: HttpRequest, language: str) -> HttpResponse:
    """The page that a phone shows when it reaches nobody, in a language; 404 for one that we do not speak."""
    if language not in dict(settings.LANGUAGES):
        return HttpResponse(status=404)
    return HttpResponse(_alone(language, settings.SOS_SMS_NUMBER, settings.SAFETY_LINE))


urlpatterns = [
    path("manifest.webmanifest", manifest, name="manifest"),
    path("service-worker.js", worker, name="worker"),
    path("without-network/<word:language>/", alone, name="alone"),
]
