"""The doors that Django's and unfold's console brings along lead to the platform's own."""

import html
import re

import pytest
from django.contrib import admin

from core.privacy import EncryptedTextField


def test_a_part_that_a_page_posts_by_itself_is_never_the_page_to_sign_in(world, client):
    """What was typed beside it stays."""
    answer = client.post("/admin/incidents/I-1/here/", headers={"hx-request": "true"})
    assert answer.status_code == 401


def test_its_button_signs_out(signed_in):
    browser = signed_in("agent")
    page = browser.get("/admin/").content.decode()
    assert 'action="/admin/logout/"' in page  # the menu that unfold draws
    left = browser.post("/admin/logout/")
    assert (left.status_code, left["Clear-Site-Data"]) == (302, '"cache", "storage"')
    assert browser.get("/admin/")["Location"].startswith("/admin/login/")


def test_it_changes_no_password_by_itself(signed_in, people):
    browser, before = signed_in("agent"), people("agent").password
    new = "violet-lantern-ferry-2291"
    for old in ("wrong", "x"):
        form = {"old_password": old, "new_password1": new, "new_password2": new}
        assert browser.post("/admin/password_change/", form)["Location"] == "/me/password/"
    assert browser.get("/admin/password_change/done/")["Location"] == "/me/password/"
    assert people("agent").password == before
    assert browser.get("/me/password/").status_code == 200


@pytest.mark.parametrize("page", ["/", "/admin/", "/admin/board/", "/police/", "/api/v1/me/"])
def test_a_host_that_is_not_ours_is_refused_on_every_page(client, db, page):
    client.raise_request_exception = False
    assert client.get(page, headers={"host": "elsewhere.example"}).status_code == 400


def test_the_alarm_rings_on_the_list_of_an_application(signed_in):
    """A page that the theme draws by itself is one of the console, too."""
    browser = signed_in("supervisor")
    seen = {
        model._meta.app_label: browser.get(f"/admin/{model._meta.app_label}/")
        for model in admin.site._registry
    }
    shown = {label: page.content.decode() for label, page in seen.items() if page.status_code == 200}
    assert {"safety", "rides", "police"} <= set(shown)
    assert [label for label, page in shown.items() if "data-sound-blocked" not in page] == []


@pytest.mark.parametrize(
    ("who", "page", "column"),
    [
        ("agent", "rides/trip", "boarding_code"),
        ("agent", "rides/trip", "client_key"),
        ("agent", "safety/welfarecheck", "secret_digest"),
        ("supervisor", "accounts/account", "password"),
        ("supervisor", "accounts/account", "phone_index"),
        ("supervisor", "core/auditentry", "seal"),
    ],
)
def test_a_list_answers_for_no_column_that_its_pages_hide(signed_in, who, page, column):
    """Ten questions tell one digit: whether a row is left says how the value begins."""
    browser = signed_in(who)
    for asked in (column, f"{column}__startswith", f"{column}__regex", f"{column}__gte", f"{column}__isnull"):
        assert browser.get(f"/admin/{page}/", {asked: "3"}).status_code == 400, asked


def test_no_list_answers_for_what_is_sealed(world, rf):
    told = [
        f"{model._meta.label}.{field.name}"
        for model, page in admin.site._registry.items()
        for field in model._meta.fields
        if isinstance(field, EncryptedTextField)
        or field.name.endswith(("_index", "_digest", "password", "seal", "secret", "token"))
        if page.lookup_allowed(f"{field.name}__startswith", "a", rf.get("/"))
    ]
    assert told == []


def test_each_filter_that_a_list_offers_is_answered(signed_in, rides):
    rides.under_way()
    browser, offered = signed_in("supervisor"), 0
    for model in admin.site._registry:
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        page = browser.get(address)
        if page.status_code != 200:
            continue
        for query in sorted(set(re.findall(r'href="(\?[^"]+)"', page.content.decode()))):
            offered += 1
            assert browser.get(address + html.unescape(query)).status_code == 200, address + query
    assert offered > 20
