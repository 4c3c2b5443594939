"""The console's first page from panels: each stands alone, for who may see it, and follows what moves it."""

import re
from collections import Counter

import pytest
from django.contrib import admin
from django.urls import reverse

from core import live, retry
from core.console import navigation, panels
from core.console.panels import BURNING, DUE, STRIPS, Due
from core.models import FailedWork
from core.permissions import Role, roles_who

pytestmark = pytest.mark.long


@pytest.fixture
def offer():
    """Offers a panel for this test alone."""
    panels.offered()
    before = dict(panels._offered)
    yield panels.panel
    panels._offered.clear()
    panels._offered.update(before)
    panels._failing = None


def test_every_panel_follows_marks_that_something_moves():
    assert len(panels.offered()) >= 25
    still = {each.key for each in panels.offered() if not each.marks}
    assert still == {"police_line"}  # a link: nothing changes it


def test_every_panel_has_a_place_that_is_drawn():
    drawn = {place.key for strip in STRIPS for place in strip.places}
    assert {each.place.key for each in panels.offered()} == drawn


def test_a_mark_that_nothing_moves_stops_the_start(offer):
    """Its panel would stand there as it was drawn first."""
    offer("noses", "Nose", place=DUE, order=1, marks=("claims", "noze"), permission="claims.decide")(
        lambda _person, _at: []
    )
    panels._discover.cache_clear()
    with pytest.raises(ValueError, match="noses: nothing moves noze"):
        panels.offered()


def test_who_sees_a_panel_or_a_link_is_said_and_its_order_is_its_own(offer):
    """What nobody said would be shown to everybody who opens the console."""
    with pytest.raises(TypeError, match="permission"):
        offer("noses", "Nose", place=DUE, order=1, marks=())
    with pytest.raises(TypeError, match="permission"):
        navigation.link(navigation.NOW, 999, "Nose", "x", "noses:page")
    there, beside = panels.offered()[0], navigation.links()[0]
    with pytest.raises(ValueError, match=f"noses: {there.key} has the order"):
        offer("noses", "Nose", place=there.place, order=there.order, marks=(), permission="console.open")
    with pytest.raises(ValueError, match=f"noses:page: {beside.name} has the order"):
        navigation.link(beside.group, beside.order, "Nose", "x", "noses:page", "console.open")


def test_two_panels_do_not_share_a_key(offer):
    with pytest.raises(ValueError, match="claims"):
        offer("claims", "x", place=DUE, order=1, marks=(), permission="console.open")(lambda _person, _at: [])


def test_a_permission_that_does_not_exist_is_refused_at_import(offer):
    """It would be asked for on each first page, which then is none."""
    with pytest.raises(ValueError, match=r"no permission 'claims\.decide_all'"):
        offer("noses", "Nose", place=DUE, order=1, marks=(), permission="claims.decide_all")
    with pytest.raises(ValueError, match=r"no permission 'claims\.decide_all'"):
        navigation.link(navigation.NOW, 999, "Nose", "x", "noses:page", "claims.decide_all")


def test_a_new_panel_is_drawn_in_its_place_and_order_for_who_may_see_it(offer, signed_in):
    offer("noses", "Nose", place=DUE, order=1, marks=("claims",), permission="claims.decide")(
        lambda _person, at: [Due("N-1", "/noses/", since=at, beside="red")]
    )
    judge = signed_in("adjudicator").get("/admin/due/").content.decode()
    assert "N-1" in judge
    assert 'data-follows="' in judge
    assert "mark:claims" in re.search(r'data-follows="([^"]*)"', judge)[1].split()
    assert "N-1" in signed_in("adjudicator").get("/admin/").content.decode()
    assert "N-1" not in signed_in("agent").get("/admin/due/").content.decode()


def broken(_person, _at):
    raise RuntimeError("no such nose")


@pytest.mark.parametrize(
    "place", [place for strip in STRIPS for place in strip.places], ids=lambda at: at.key
)
def test_a_panel_that_cannot_be_read_says_so_and_leaves_the_others(offer, signed_in, place):
    offer("good", "Good", place=DUE, order=2, marks=(), permission="console.open")(
        lambda _person, _at: [Due("G-1", "/good/")]
    )
    offer("bad", "Bad nose", place=place, order=1, marks=(), permission="console.open")(broken)
    answer = signed_in("agent").get("/admin/")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "Bad nose" in page
    assert "could not be read" in page
    assert "G-1" in page
    row = FailedWork.objects.get(kind="core.console_panel", closed_at=None)
    assert (row.key, row.attempts) == ("bad", 1)
    assert "no such nose" in row.error


def test_where_a_panel_failed_nobody_says_that_there_is_nothing(offer, signed_in):
    offer("bad", "Bad nose", place=BURNING, order=1, marks=(), permission="console.open")(broken)
    assert "Nothing burns" not in signed_in("agent").get("/admin/burning/").content.decode()


def test_a_row_that_cannot_be_drawn_is_its_panels_alone(offer, signed_in):
    class Row:
        @property
        def what(self):
            raise RuntimeError("no words")

    offer("bad", "Bad nose", place=DUE, order=1, marks=(), permission="console.open")(
        lambda _person, _at: [Row()]
    )
    page = signed_in("agent").get("/admin/due/").content.decode()
    assert "Bad nose" in page


def test_a_panel_that_is_read_again_is_no_longer_counted_as_failed(offer, signed_in):
    rows = [RuntimeError("no such nose")]

    def nose(_person, _at):
        if rows:
            raise rows.pop()
        return []

    offer("nose", "Nose", place=DUE, order=1, marks=(), permission="console.open")(nose)
    agent = signed_in("agent")
    agent.get("/admin/due/")
    assert retry.open_count(panels.READING) == 1
    panels._failing = None  # another process, which has not failed itself
    agent.get("/admin/due/")
    assert retry.open_count(panels.READING) == 0


def test_strips_are_fetched_as_the_parts_of_the_first_page_that_they_are(signed_in):
    supervisor = signed_in("supervisor")
    page = supervisor.get("/admin/").content.decode()
    for strip in STRIPS:
        assert f'data-from="/{strip.address}"' in page
        part = supervisor.get(f"/{strip.address}").content.decode()
        assert re.search(rf'<div\s+id="{strip.key}"', part), strip.key


# --- Links and keys -------------------------------------------------------------------------------


class Person:
    def __init__(self, role):
        self.role = role


def test_links_lead_somewhere_and_stand_once_in_an_order_of_their_own():
    names = [each.name for each in navigation.links()]
    assert len(names) == len(set(names))
    assert all(reverse(name) for name in names)
    orders = Counter((each.group, each.order) for each in navigation.links())
    assert max(orders.values()) == 1


@pytest.mark.parametrize("role", sorted(roles_who("console.open")))
def test_each_role_finds_pages_that_open(world, signed_in, people, role):
    who = {Role.VETTING: "vetting", Role.ADMIN: "admin"}.get(role, str(role))
    client, person = signed_in(who), people(who)
    items = [item for group in navigation.for_person(person) for item in group["items"]]
    assert items
    assert {item["link"]: client.get(item["link"]).status_code for item in items} == {
        item["link"]: 200 for item in items
    }


def test_one_bad_link_stops_only_itself(monkeypatch):
    here = navigation.Link(navigation.NOW, 1, "Nowhere", "x", "no_such:page", "console.open")
    known = navigation.for_person(Person("agent"))
    monkeypatch.setattr(navigation, "_links", [*navigation._links, here])
    assert navigation.for_person(Person("agent")) == known


def test_nobody_finds_nothing():
    assert navigation.for_person(None) == []


def test_keys_are_named_once():
    keys = [name for each in navigation.list_of_keys() for name in each.keys]
    assert len(keys) == len(set(keys)) > 10


# --- The bar ---------------------------------------------------------------------------------------


def pages(client):
    """Each list of the console, and the page of one of its rows where there is one."""
    for model, shown in admin.site._registry.items():
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        yield reverse(f"{name}_changelist")
        row = model._default_manager.first()
        if row is not None:
            yield reverse(f"{name}_change", args=[row.pk])
        if shown.has_add_permission(client):
            yield reverse(f"{name}_add")


def test_the_bar_the_sound_and_the_stream_are_on_every_page(rides, signed_in, rf, people):
    rides.under_way()
    request = rf.get("/admin/")
    request.user = people("admin")
    clients = [signed_in("admin"), signed_in("supervisor")]
    found, without = 0, []
    for address in pages(request):
        answers = [client.get(address) for client in clients]
        open_ones = [answer for answer in answers if answer.status_code == 200]
        found += bool(open_ones)
        for answer in open_ones:
            page = answer.content.decode()
            marks = (
                "data-bar",
                "data-sound",
                "data-soft",
                "data-offline",
                'name="language"',
                "js/console.js",
            )
            counts = [page.count(mark) for mark in marks]
            counts += [page.count("<main "), page.count('href="#main"')]  # the landmark, and the way to it
            if counts[:1] != [1] or 0 in counts or counts[-2:] != [1, 1]:
                without.append((address, counts))
    assert found > 30
    assert without == []


def test_a_call_that_rings_is_heard_on_lists_too(signed_in):
    page = signed_in("agent").get("/admin/safety/incident/").content.decode()
    assert "huhang-ring" in page


def test_marks_have_names_that_panels_and_pages_can_follow():
    assert {
        "police",
        "claims",
        "complaints",
        "care",
        "vetting",
        "lines",
        "night",
        "incidents",
    } <= live.names()
