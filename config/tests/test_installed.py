"""The site on a phone's own screen, and without a network."""

import json

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from config.installed import KEPT
from config.tests.test_static import loaded_by, modules_of


@pytest.mark.parametrize(("language", "name"), [("zh-hans", "护航"), ("en", "Huhang")])
@pytest.mark.django_db
def test_the_site_can_be_installed(client, language, name):
    found = client.get("/manifest.webmanifest", headers={"accept-language": language}).json()
    assert (found["short_name"], found["start_url"], found["display"]) == (name, "/", "standalone")
    assert {(icon["sizes"], icon["purpose"]) for icon in found["icons"]} >= {
        ("192x192", "any"),
        ("512x512", "maskable"),
    }
    assert all(finders.find(icon["src"].removeprefix("/static/")) for icon in found["icons"])
    assert client.get(found["shortcuts"][0]["url"]).status_code == 200


def kept_for(client):
    script = client.get("/service-worker.js").content.decode()
    return json.loads(script.partition("self.KEPT = ")[2].partition(";\n")[0])


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_what_a_phone_keeps_is_the_same_for_everybody(signed_in, language):
    """No name, no token, nothing that tells one reader from another."""
    pages = {
        signed_in(who).get(f"/without-network/{language}/").content for who in ("", "passenger", "driver")
    }
    assert len(pages) == 1
    (page,) = pages
    assert b"csrf" not in page
    for number in (b"tel:110", b"tel:120", b"tel:122"):
        assert number in page


@pytest.mark.django_db
def test_all_that_the_page_without_a_network_loads_is_kept(client):
    page = client.get("/without-network/en/").content.decode()
    assert loaded_by(page) == set(KEPT)
    assert set(KEPT) >= modules_of("js/alone.js")
    assert kept_for(client)["files"] == [f"/static/{name}" for name in KEPT]


@pytest.mark.django_db
def test_a_changed_page_is_kept_anew(client, settings):
    before = kept_for(client)["version"]
    assert kept_for(Client())["version"] == before
    settings.SAFETY_LINE = "400-999-9999"
    assert kept_for(client)["version"] != before


@pytest.mark.django_db
def test_a_language_that_we_do_not_speak_has_no_page(client):
    assert client.get("/without-network/fr/").status_code == 404
