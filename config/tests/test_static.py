"""Static files: hashed names, compressed once, and no page that loads what it does not use."""

import gzip
import json
import re
from pathlib import Path

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.checks import run_checks
from django.core.management import call_command

from config.stack import _digest_of_static
from core import production

SOURCE = re.compile(
    r"""<(?:script[^>]*\ssrc|link[^>]*rel="stylesheet"[^>]*href|link[^>]*href)="/static/([^"]+)"""
)
IMPORT = re.compile(r"""^(?:import|export)\b(?:[^"';]*\bfrom)?\s*["'](\.[^"']+)["']""", re.M)
DYNAMIC = re.compile(r"""\bimport\(["'](\.[^"']+)["']\)""")

KB = 1000
THEME = "unfold/"


def modules_of(name: str, *, later: bool = False) -> set[str]:
    """A script and all that it imports at once, however deep; `later` also what it imports once it runs."""
    found, left = set(), [name]
    while left:
        here = left.pop()
        if here in found:
            continue
        found.add(here)
        text = Path(finders.find(here)).read_text()
        then = DYNAMIC.findall(text) if later else []
        left += [resolved(here, target) for target in [*IMPORT.findall(text), *then]]
    return found


def resolved(name: str, target: str) -> str:
    parts = name.split("/")[:-1]
    for part in target.split("/"):
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def loaded_by(html: str) -> set[str]:
    """Style sheets and scripts of a page, with the modules they import."""
    names = set(SOURCE.findall(html))
    return names | {each for name in names if name.startswith("js/") for each in modules_of(name)}


def wire_bytes(html: str) -> int:
    """What a first visit costs: the page and what it loads, as compressed as we send it; the theme's own is not ours."""
    own = [name for name in loaded_by(html) if not name.startswith((THEME, "admin/"))]
    assert [name for name in own if not finders.find(name)] == []
    files = sum(len(brotli.compress(Path(finders.find(name)).read_bytes())) for name in own)
    return files + len(html.encode())


@pytest.mark.parametrize(
    ("who", "address", "most"),
    [
        ("", "/sign-in/", 15 * KB),
        ("", "/", 15 * KB),
        ("passenger", "/", 30 * KB),
        ("agent", "/admin/", 65 * KB),  # of which the frame that the theme writes is four fifths
    ],
)
def test_a_page_is_light_on_its_first_visit(signed_in, who, address, most):
    answer = signed_in(who).get(address, follow=True)
    assert answer.status_code == 200
    spent = wire_bytes(answer.content.decode())
    assert 2 * KB < spent < most, f"{address} for {who or 'nobody'}: {spent} bytes"


def test_the_page_of_a_trip_is_light_with_its_map(signed_in, rides):
    trip = rides.under_way()
    html = signed_in("passenger").get(f"/trips/{trip.code}/").content.decode()
    first, library = wire_bytes(html), "vendor/leaflet/leaflet.js"
    assert library in modules_of("js/map.js", later=True) - loaded_by(html)  # it comes after the page
    assert first < 45 * KB
    assert first + len(brotli.compress(Path(finders.find(library)).read_bytes())) < 80 * KB


@pytest.mark.parametrize(("who", "address"), [("", "/sign-in/"), ("passenger", "/"), ("agent", "/admin/")])
def test_a_page_without_a_map_loads_no_map_library(signed_in, who, address):
    names = loaded_by(signed_in(who).get(address, follow=True).content.decode())
    assert names
    assert not {name for name in names if "leaflet" in name}


def templates() -> dict[str, str]:
    folder = settings.BASE_DIR / "templates"
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*.html"))}


def whole(name: str, texts: dict[str, str]) -> str:
    """A template with all that it includes and extends."""
    found, left = set(), [name]
    while left:
        here = left.pop()
        if here not in found and here in texts:
            found.add(here)
            left += re.findall(r'{% (?:include|extends) "([^"]+)"', texts[here])
    return "\n".join(texts[each] for each in sorted(found))


NEEDS = {
    r"\bhx-(?:get|post|trigger)=": "htmx.min.js",
    r"data-(?:live|recording|offline-help)\b": "js/(?:trip|sos).js",
    r"data-key\b": r"js/(?:trip|sos|face).js",  # whichever of them sends positions
    r"data-map=": "js/map.js",
    r"data-face\b": "js/face.js",
    r"data-passkey=": "js/passkey.js",
    r"data-photo-form\b": "js/certificates.js",
    r"data-(?:book|pick)\b": "js/book.js",
    r"data-sound=": "js/sos.js",
    r"data-(?:listen|wave)=": "js/listen.js",
    r"data-(?:case|row|keys)\b": "js/workspace.js",
    r"data-(?:action|shortcut|part|parts|follows|bar|soft)\b": "js/console.js",
    r"data-report=": "js/charts.js",
}


def test_each_page_loads_the_scripts_of_what_stands_on_it():
    texts, pages = templates(), 0
    for name, text in texts.items():
        if "{% extends" not in text:
            continue
        pages += 1
        page = whole(name, texts)
        console = "admin/base.html" in page  # the theme brings htmx
        for mark, script in NEEDS.items():
            if re.search(mark, page) and not (console and "htmx" in script):
                assert re.search(script, page), f"{name} has {mark} and does not load {script}"
    assert pages > 60


def test_each_static_name_in_a_template_is_a_file():
    names = {name for text in templates().values() for name in re.findall(r"{% static ['\"]([^'\"]+)", text)}
    assert len(names) > 10
    assert [name for name in names if not finders.find(name)] == []


def test_no_template_or_code_writes_a_static_address_by_hand():
    assert [name for name, text in templates().items() if "/static/" in text] == []


@pytest.fixture
def collected(tmp_path, settings):
    """Our own static files, collected as a stack collects them; those of packages would only take time."""
    settings.STATIC_ROOT = str(tmp_path)
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.WHITENOISE_KEEP_ONLY_HASHED_FILES = True
    settings.STORAGES = settings.STORAGES | {"staticfiles": {"BACKEND": "config.static.HashedStaticFiles"}}
    finders.get_finder.cache_clear()
    call_command("collectstatic", interactive=False, verbosity=0)
    yield tmp_path
    finders.get_finder.cache_clear()


def test_collected_files_have_names_of_their_content_and_are_compressed_once(collected):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    assert not (collected / "js/page.js").exists()
    page = (collected / names["js/page.js"]).read_text()
    clock = Path(names["js/parts/clock.js"]).name
    assert f"./parts/{clock}" in page
    picker = (collected / names["js/parts/picker.js"]).read_text()
    assert Path(names["vendor/leaflet/leaflet.js"]).name in picker  # a module that comes later is hashed, too
    for name in ("js/page.js", "css/site.css", "vendor/htmx/htmx.min.js"):
        plain = (collected / names[name]).read_bytes()
        assert brotli.decompress((collected / f"{names[name]}.br").read_bytes()) == plain
        assert gzip.decompress((collected / f"{names[name]}.gz").read_bytes()) == plain
    before = {path: path.stat().st_mtime_ns for path in collected.rglob("*.br")}
    call_command("collectstatic", interactive=False, verbosity=0)
    assert {path: path.stat().st_mtime_ns for path in collected.rglob("*.br")} == before


APPS = "django.contrib.staticfiles.finders.AppDirectoriesFinder"


def lacking():
    return [each.msg for each in run_checks(tags=[production.STATIC], include_deployment_checks=True)]


def test_files_that_nobody_collected_are_told_and_pages_come_without_them(collected, settings, client, db):
    """A page without its colours still takes a call for help."""
    assert lacking() == []
    settings.STATICFILES_FINDERS = [*settings.STATICFILES_FINDERS, APPS]
    said = lacking()[0]  # of packages nothing was collected here; what is left out on purpose is not missed
    assert "admin/" in said
    assert "rest_framework" not in said
    settings.STATICFILES_FINDERS = settings.STATICFILES_FINDERS[:1]
    manifest = collected / "staticfiles.json"
    kept = json.loads(manifest.read_text())
    kept["paths"].pop("css/site.css")
    manifest.write_text(json.dumps(kept))
    assert lacking() == ["HUHANG_STATIC_ROOT lacks css/site.css: run `manage.py collectstatic`."]
    manifest.unlink()
    assert "and " in lacking()[0]
    staticfiles_storage.hashed_files = {}  # as a process finds it that starts now
    answer = client.get("/sign-in/")
    assert answer.status_code == 200
    assert '"/static/css/site.css"' in answer.content.decode()


def test_they_are_served_compressed_and_kept_for_good(collected, settings, client):
    names = json.loads((collected / "staticfiles.json").read_text())["paths"]
    answer = client.get(f"/static/{names['js/page.js']}", headers={"accept-encoding": "gzip, br"})
    assert answer.status_code == 200
    assert answer.headers["Content-Encoding"] == "br"
    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert "immutable" in answer.headers["Cache-Control"]


def test_what_was_collected_is_known_by_the_content_of_its_sources(tmp_path, monkeypatch):
    monkeypatch.setattr("config.stack.BASE_DIR", tmp_path)
    (tmp_path / "config").mkdir()
    (tmp_path / "static").mkdir()
    for name in ("config/static.py", "config/apps.py", "static/a.js"):
        (tmp_path / name).write_text("one")
    before = _digest_of_static()
    assert _digest_of_static() == before
    (tmp_path / "static/a.js").write_text("two")
    assert _digest_of_static() != before
