"""The doors that Django's and unfold's console brings along lead to the platform's own."""

import pytest
from django.contrib import admin


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
