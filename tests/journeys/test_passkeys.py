"""A passkey in a real browser: its authenticator is Chromium's virtual one, everything else is as on a phone."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django_otp.oath import TOTP
from playwright.sync_api import Browser, CDPSession, Page, expect

from accounts.models import Authenticator, Passkey
from accounts.tests.test_sign_in import last_code
from tests.journeys.conftest import AUTHENTICATOR
from tests.journeys.serving import HOST, Served, window

pytestmark = pytest.mark.journey


@pytest.fixture(autouse=True)
def own_thread(monkeypatch):
    """The browser's loop runs in this thread, and so does the database's test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def served(signed_in) -> Served:
    client = signed_in("agent")
    client.defaults["HTTP_HOST"] = urlsplit(HOST).netloc
    return Served(client, policy=True)


@pytest.fixture
def at_desk(browser: Browser, served: Served) -> Iterator[tuple[Page, CDPSession, list[str]]]:
    """A window, the way to its authenticators, and what its console complained of."""
    page, said = window(browser, served), []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    keys = page.context.new_cdp_session(page)
    keys.send("WebAuthn.enable")
    yield page, keys, said
    page.context.close()


def add(page: Page) -> None:
    page.goto("/me/passkeys/")
    page.fill("[name=name]", "work laptop")
    device = Authenticator.objects.get(user__code="agent")
    page.fill("[name=token]", f"{TOTP(bytes.fromhex(device.key)).token():06}")
    page.click("[data-passkey=create] button")


def test_a_passkey_is_added_and_signs_in(at_desk, served, signed_in: Callable):
    page, keys, said = at_desk
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    add(page)
    expect(page.locator("main")).to_contain_text("work laptop")
    expect(page.locator("main")).to_contain_text("not used yet")
    assert Passkey.objects.get().user.code == "agent"
    assert not [row["id"] for row in Axe().run(page).response["violations"]]

    client = signed_in("agent", second_factor=False)
    client.defaults["HTTP_HOST"] = urlsplit(HOST).netloc
    served.client = client
    page.goto("/me/passkeys/")  # leads to the second factor
    expect(page.locator("h1")).to_have_text("Second factor")
    assert not [row["id"] for row in Axe().run(page).response["violations"]]
    page.click("[data-passkey=get] button")
    expect(page.locator("main")).to_contain_text("last used")
    assert Passkey.objects.get().counter > 0
    assert not said


def test_a_device_that_is_known_is_not_added_twice(at_desk, noon):
    page, keys, _said = at_desk
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    add(page)
    expect(page.locator("main")).to_contain_text("work laptop")
    noon.shift(31)
    add(page)
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    assert Passkey.objects.count() == 1


def test_another_device_does_not_sign_in_and_the_page_says_so(at_desk, served, signed_in: Callable):
    page, keys, _said = at_desk
    first = keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    add(page)
    expect(page.locator("main")).to_contain_text("work laptop")
    keys.send("WebAuthn.removeVirtualAuthenticator", first)
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    served.client = signed_in("agent", second_factor=False)
    served.client.defaults["HTTP_HOST"] = urlsplit(HOST).netloc
    page.goto("/sign-in/second-factor/")
    page.click("[data-passkey=get] button")
    expect(page.locator("[data-passkey-failed]")).to_be_visible()
    assert Passkey.objects.get().used_at is None


def test_a_member_adds_one_and_signs_in_by_it_alone(
    at_desk, served, signed_in: Callable, client: Client, people
):
    page, keys, said = at_desk
    keys.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    member = signed_in("passenger")
    member.defaults["HTTP_HOST"] = urlsplit(HOST).netloc
    served.client = member
    page.goto("/me/passkeys/")
    page.get_by_role("button", name="Send me a code").click()
    page.fill("[name=name]", "my phone")
    page.fill("[name=code]", last_code())
    assert not [row["id"] for row in Axe().run(page).response["violations"]]
    page.click("[data-passkey=create] button")
    expect(page.locator("main")).to_contain_text("my phone")

    client.defaults["HTTP_HOST"] = urlsplit(HOST).netloc
    served.client = client
    page.goto("/sign-in/?next=/me/passkeys/")
    page.get_by_role("link", name="Sign in with a passkey").click()
    assert not [row["id"] for row in Axe().run(page).response["violations"]]
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.locator("main")).to_contain_text("last used")
    assert Passkey.objects.get().user == people("passenger")
    assert not said
