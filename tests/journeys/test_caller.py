"""She who called: after SOS nothing that the trip's page did stops, nothing is loaded anew, and no hand is disturbed."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from drivers.selectors import driver_of
from drivers.tests.factories import face_token
from rides.models import LatestPosition, Trip
from rides.services import accept_trip
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.models import EmergencyPush, HelpMessage, Incident, Recording, SafetyQuestion, SosCall
from safety.selectors import silent_callers
from tests.journeys.serving import Served, window

pytestmark = pytest.mark.journey

HERE = {"latitude": 28.2127, "longitude": 121.026}
ALLOWED = {"geolocation": HERE, "permissions": ["geolocation", "microphone"]}


# No room in the phone: as every door to it says.
FULL = """
const full = () => { throw new DOMException("full", "QuotaExceededError"); };
Storage.prototype.setItem = full;
IDBFactory.prototype.open = full;
IDBObjectStore.prototype.add = IDBObjectStore.prototype.put = full;
CacheStorage.prototype.open = async () => full();
"""


@pytest.fixture(autouse=True)
def own_thread(monkeypatch, settings, tmp_path):
    """The browser's loop runs in this thread, and so does the database's test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    settings.RECORDING_KEYS = str(tmp_path / "keys")


@pytest.fixture
def served(signed_in) -> Served:
    return Served(signed_in("passenger"))


@pytest.fixture
def phone(browser: Browser, served: Served) -> Iterator[Callable[..., Page]]:
    opened: list[Page] = []

    def open_window(**options: object) -> Page:
        opened.append(window(browser, served, **(options or ALLOWED)))
        return opened[-1]

    yield open_window
    for page in opened:
        page.context.close()


def accept(rides, trip: Trip) -> None:
    """An owner who comes along takes it."""
    way, driver = rides.itinerary(), driver_of(rides.people("driver"))
    outcome = accept_trip(
        driver=driver, trip_code=trip.code, itinerary_code=way, face_token=face_token(driver, trip.code)
    )
    assert outcome.refusal is None


def ask_her(trip: Trip) -> SafetyQuestion:
    at = timezone.now()
    return SafetyQuestion.objects.create(trip=trip, asked_at=at, expires_at=at + timedelta(seconds=60))


# --- Before and at the tap ---------------------------------------------------------------------------------------


def test_sos_before_a_car_is_found_has_a_position(rides, phone, served):
    trip = rides.booked()
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator(".sosbar input[name=lat]")).to_have_value("28.2127")
    page.click("button.sos")
    page.wait_for_url("**/sos/")
    assert (SosCall.objects.get().latitude, SosCall.objects.get().longitude) == (28.2127, 121.026)
    expect(page.locator("main")).to_contain_text("28.21270")


def test_a_phone_that_does_not_say_where_it_is_says_so(rides, phone):
    trip = rides.booked()
    page = phone(permissions=[])
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("[data-no-place=refused]")).to_be_visible()
    page.click("button.sos")
    page.wait_for_url("**/sos/")
    expect(page.locator("[data-no-place=refused]")).to_be_visible()


@pytest.mark.parametrize("gone", ["down", "busy"])
def test_a_tap_without_a_network_goes_out_by_itself_once(rides, phone, served, gone):
    """She taps where no signal is; it comes back while the phone lies under the seat. The same where ours cannot answer."""
    trip = rides.under_way()
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("[data-offline-help]")).to_be_attached()
    if gone == "down":
        served.down = True
    else:
        page.route("**/sos/", lambda route: route.fulfill(status=503, body="busy"), times=1)
    page.click("button.sos")
    page.click("button.sos", force=True)
    expect(page.locator(".sosbar [data-unsent]")).to_be_visible()
    expect(page.locator("[data-offline-help] a[href^='sms:']")).to_be_visible()
    assert not Incident.objects.exists()
    served.down = False
    page.wait_for_url("**/sos/")
    assert SosCall.objects.count() == 1


@pytest.mark.parametrize("comes_back_to", ["/trips/{}/", "/me/"])
def test_a_tap_outlives_its_page(rides, phone, served, comes_back_to):
    """She taps where no signal is, and the phone puts the browser away: the next page of ours sends it, whichever it is."""
    trip = rides.under_way()
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("[data-offline-help]")).to_be_attached()
    served.down = True
    page.click("button.sos")
    expect(page.locator(".sosbar [data-unsent]")).to_be_visible()
    page.goto("about:blank")
    served.down = False
    assert not Incident.objects.exists()
    page.goto(comes_back_to.format(trip.code))
    page.wait_for_url("**/sos/")
    assert SosCall.objects.count() == 1
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("[data-offline-help]")).to_be_attached()
    assert page.evaluate("localStorage.getItem('huhang-sos-tap')") is None
    assert SosCall.objects.count() == 1


def test_a_further_tap_that_ours_could_not_take_is_said_and_goes_out(called):
    page, _trip, incident = called
    taps = incident.sos_calls.count()
    page.route("**/sos/", lambda route: route.fulfill(status=503, body="busy"), times=1)
    page.click("form[data-tap] button")
    expect(page.locator("form[data-tap] [data-unsent]")).to_be_visible()
    expect(page.locator("form[data-tap] [data-unsent]")).to_be_hidden(timeout=20_000)
    assert incident.sos_calls.count() == taps + 1


# --- After it ----------------------------------------------------------------------------------------------------


@pytest.fixture
def called(rides, phone, people) -> tuple[Page, Trip, Incident]:
    """She tapped, an agent took it, her page is open."""
    trip = rides.under_way()
    incident = services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    services.take_incident(account=people("agent"), code=incident.code)
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    page.click("button.sos")
    page.wait_for_url("**/sos/")
    return page, trip, incident


def until(page, found):
    """What `found` says once it says something, however busy the machine is."""
    for _look in range(100):
        if found():
            break
        page.wait_for_timeout(100)
    return found()


def answer_to(question, page):
    """What has come of a question."""

    def found():
        question.refresh_from_db()
        return question.answer

    return until(page, found)


def test_her_phone_goes_on_sending_where_it_is_and_what_it_hears(called, served):
    page, _trip, _incident = called
    served.batches.clear()
    page.wait_for_function("document.documentElement.dataset.soundCode")
    page.context.set_geolocation({"latitude": 28.3, "longitude": 121.1})
    assert until(page, lambda: 28.3 in [ping["lat"] for batch in served.batches for ping in batch["pings"]])
    assert until(page, lambda: served.chunks > 0)


def test_words_and_silent_mode_load_nothing_anew_and_are_shown_as_arrived(called, served):
    page, trip, incident = called
    page.wait_for_function("document.documentElement.dataset.soundCode")
    sound, loads = page.evaluate("document.documentElement.dataset.soundCode"), len(served.loads)
    page.fill("#words", "他停在路边")
    page.click("form[data-words] button.wide")
    expect(page.locator("#sos-live li.mine")).to_contain_text("他停在路边")
    expect(page.locator("#words")).to_have_value("")
    page.click("button[name=phrase][value=locked]")
    expect(page.locator("#sos-live li.mine")).to_have_count(2)
    page.click("#sos-live button[name=silent]")
    expect(page.locator("#sos-live")).to_contain_text("Silent mode is on")
    page.locator("form button.danger.wide", has_text="SOS again").click()
    assert until(page, lambda: SosCall.objects.filter(incident=incident).count() == 3)
    assert (len(served.loads), page.evaluate("document.documentElement.dataset.soundCode")) == (loads, sound)
    assert silent_callers(incident) == [Party.PASSENGER]
    assert trip.code in page.url


def test_what_the_agent_writes_comes_by_itself_and_is_reported_as_shown(called, people):
    page, _trip, incident = called
    message = services.write_to_caller(
        account=people("agent"), code=incident.code, party="passenger", phrase="hurt", words="等您"
    )
    expect(page.locator("#sos-live [data-written]")).to_contain_text("Are you hurt? 等您", timeout=20_000)
    assert until(page, lambda: HelpMessage.objects.get(pk=message.pk).shown_at)


def test_the_newest_of_many_words_is_seen_and_what_she_opened_of_the_earlier_stays_open(called, people):
    page, _trip, incident = called
    for number in range(40):
        services.write_to_caller(
            account=people("agent"),
            code=incident.code,
            party="passenger",
            phrase="hurt",
            words=f"第 {number}",
        )
    HelpMessage.objects.filter(incident=incident).update(shown_at=timezone.now() - timedelta(minutes=2))
    newest = page.locator("#sos-live [data-written='40']")
    expect(newest).to_be_visible(timeout=20_000)
    page.evaluate("scrollTo(0, 0)")
    box, form = newest.bounding_box(), page.locator("form[data-words]").bounding_box()
    assert box["y"] < 740, "the newest stands on the first screen"
    assert form["y"] < 3 * 740, "what she may write and tap is not pushed away"
    page.click("#sos-live details summary")
    earliest = page.locator("#sos-live [data-written='1']")
    expect(earliest).to_be_visible()
    services.write_to_caller(
        account=people("agent"), code=incident.code, party="passenger", phrase="hurt", words="又一句"
    )
    expect(page.locator("#sos-live [data-written='41']")).to_be_visible(timeout=20_000)
    expect(earliest).to_be_visible()


def test_what_is_written_without_a_network_goes_out_by_itself_once(called, served):
    page, _trip, _incident = called
    served.down = True
    page.fill("#words", "没有信号")
    page.click("form[data-words] button.wide")
    expect(page.locator("form[data-words] [data-unsent]")).to_be_visible()
    page.wait_for_timeout(2500)
    served.down = False
    expect(page.locator("form[data-words] [data-unsent]")).to_be_hidden(timeout=20_000)
    expect(page.locator("#sos-live li.mine")).to_have_count(1)
    assert [row.said for row in HelpMessage.objects.all()] == ["没有信号"]


@pytest.mark.parametrize("what", ["tap", "words", "silence", "110"])
def test_a_phone_that_keeps_nothing_says_that_this_page_has_to_stay(called, phone, served, settings, what):
    """Its storage is full, or the window is a private one: what has not gone out yet ends with its page."""
    _page, trip, _incident = called
    settings.CENTRE_URL, settings.CENTRE_KEY = "http://127.0.0.1:9/", "of the centre"
    page = phone()
    page.add_init_script(FULL)
    page.goto(f"/trips/{trip.code}/" + ("" if what == "tap" else "sos/"))
    form, button = {
        "tap": (".sosbar form", "button.sos"),
        "words": ("form[data-words]", "form[data-words] button.wide"),
        "silence": ("form[data-silence]", "form[data-silence] button[value='1']"),
        "110": ("form[data-ask]", "#ask-110"),
    }[what]
    served.down = True
    if what == "words":
        page.fill("#words", "没有信号")
    page.click(button)
    expect(page.locator(f"{form} [data-unsent]")).to_contain_text("Keep this page open")
    expect(page.locator(f"{form} [data-unsent] [data-unkept]")).to_be_visible()
    served.down = False
    if what == "tap":
        page.wait_for_url("**/sos/")
    else:
        expect(page.locator(f"{form} [data-unsent]")).to_be_hidden(timeout=20_000)


def test_a_phone_that_keeps_it_says_nothing_of_its_page(called, served):
    page, _trip, _incident = called
    served.down = True
    page.fill("#words", "没有信号")
    page.click("form[data-words] button.wide")
    expect(page.locator("form[data-words] [data-unsent]")).to_be_visible()
    expect(page.locator("form[data-words] [data-unkept]")).to_be_hidden()
    served.down = False
    expect(page.locator("form[data-words] [data-unsent]")).to_be_hidden(timeout=20_000)


def test_a_phone_whose_storage_is_full_loses_nothing_of_a_call_for_help(rides, phone):
    """SOS, words, the silent mode and positions, while nothing can be kept in the phone."""
    trip = rides.under_way()
    page = phone()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.add_init_script(FULL)
    page.goto(f"/trips/{trip.code}/")
    with page.expect_response("**/live/positions/") as posted:
        page.wait_for_timeout(1)
    assert posted.value.status == 202
    page.click("button.sos")
    page.wait_for_url("**/sos/")
    incident = Incident.objects.get()
    page.fill("#words", "他锁了车门")
    page.click("form[data-words] button.wide")
    expect(page.locator("#sos-live li.mine")).to_have_count(1, timeout=20_000)
    page.click("form[data-silence] button[value='1']")
    expect(page.locator("[data-quiet]")).to_have_count(1, timeout=20_000)
    assert silent_callers(incident) == [Party.PASSENGER]
    with page.expect_response("**/live/positions/") as posted:
        page.wait_for_timeout(1)
    assert (posted.value.status, faults) == (202, [])


def test_silent_mode_without_a_network_goes_out_by_itself(called, served):
    page, _trip, incident = called
    served.down = True
    page.click("form[data-silence] button[value='1']")
    expect(page.locator("form[data-silence] [data-unsent]")).to_be_visible()
    page.wait_for_timeout(2500)
    assert not incident.callers.filter(silent=True).exists()
    served.down = False
    expect(page.locator("[data-quiet]")).to_have_count(1, timeout=20_000)
    assert incident.callers.filter(silent=True).exists()
    # Kept longer it would be said again by the next page, against what was chosen meanwhile.
    page.wait_for_function("localStorage.getItem('huhang-sos-words') === null")


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_wish_for_110_without_a_network_goes_out_by_itself(called, served, settings, comes_back):
    """On its page, and from the next one where the browser was put away before."""
    page, trip, incident = called
    settings.CENTRE_URL, settings.CENTRE_KEY = "http://127.0.0.1:9/", "of the centre"
    expect(page.locator("#ask-110")).to_be_visible()
    served.down = True
    page.click("#ask-110")
    expect(page.locator("form[data-ask] [data-unsent]")).to_be_visible()
    if comes_back:
        page.goto("about:blank")
    served.down = False
    if comes_back:
        page.goto(f"/trips/{trip.code}/sos/")
    assert until(page, lambda: EmergencyPush.objects.filter(incident=incident).exists())
    expect(page.locator("#ask-110")).to_have_count(0)
    page.wait_for_function("localStorage.getItem('huhang-sos-words') === null")


@pytest.mark.parametrize("comes_back_to", ["/trips/{}/sos/", "/me/"])
def test_what_she_wrote_and_chose_outlives_its_page(called, served, comes_back_to):
    """No signal, and the phone puts the browser away: the next page of ours sends both, and the phone keeps nothing of it."""
    page, trip, incident = called
    served.down = True
    page.fill("#words", "他锁了车门")
    page.click("form[data-words] button.wide")
    page.click("form[data-silence] button[value='1']")
    expect(page.locator("form[data-silence] [data-unsent]")).to_be_visible()
    expect(page.locator("form[data-words] [data-unsent]")).to_be_visible()
    page.goto("about:blank")
    served.down = False
    assert not HelpMessage.objects.exists()
    page.goto(comes_back_to.format(trip.code))
    assert until(page, lambda: incident.callers.filter(silent=True).exists())
    assert until(page, lambda: HelpMessage.objects.exists())
    page.wait_for_function("localStorage.getItem('huhang-sos-words') === null")
    assert [row.said for row in HelpMessage.objects.all()] == ["他锁了车门"]


def test_a_window_that_keeps_nothing_goes_on(rides, phone):
    """A private window may refuse storage and service worker at the first look: her page counts all the same."""
    trip, page = rides.under_way(), phone()
    page.add_init_script(
        """for (const name of ["localStorage", "caches"]) {
          Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError"); } });
        }
        Object.defineProperty(Navigator.prototype, "serviceWorker", {
          get() { throw new DOMException("", "SecurityError"); },
        });"""
    )
    page.goto(f"/trips/{trip.code}/")
    page.click("button.sos")
    page.wait_for_url("**/sos/")
    page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<b id=count data-since=0></b>')"
    )
    expect(page.locator("#count")).not_to_be_empty()


def test_who_signs_out_leaves_no_words_behind(called, served):
    page, _trip, _incident = called
    page.route("**/sos/word/", lambda route: route.fulfill(status=503, body="busy"))
    page.fill("#words", "他锁了车门")
    page.click("form[data-words] button.wide")
    page.wait_for_function("localStorage.getItem('huhang-sos-words') !== null")
    page.click("form[action='/sign-out/'] button")
    page.wait_for_url("**/")
    assert page.evaluate("localStorage.getItem('huhang-sos-words')") is None


def test_nobody_is_said_to_hear_her_while_there_is_no_network(called, served):
    page, trip, _incident = called
    assert until(page, lambda: served.chunks)
    hers = Recording.objects.filter(trip=trip, party=Party.PASSENGER).latest("pk")
    services.note_chunks([services.Arrived(hers.code, 1, 1, 0, 0, timezone.now())])
    heard = page.locator("#sos-live [data-while-asked]")
    expect(heard).to_be_visible(timeout=20_000)
    served.down = True
    expect(heard).to_be_hidden(timeout=20_000)
    served.down = False
    expect(heard).to_be_visible(timeout=20_000)


def test_her_map_and_the_car_move_by_themselves(called, rides):
    page, trip, _incident = called
    expect(page.locator(".plate")).to_have_text(trip.plate_registered)
    LatestPosition.objects.create(
        trip=trip, party=Party.DRIVER, at=timezone.now(), latitude=28.25, longitude=121.05, away=False
    )
    moved = "JSON.parse(document.getElementById('sos-map-data').textContent).points.some((each) => each[0] === 28.25)"
    with page.expect_request(lambda request: "/status/?way=" in request.url, timeout=20_000):
        pass  # the way that is drawn is not asked for again
    page.wait_for_function(moved, timeout=20_000)
    expect(page.locator("#sos-map .map-car")).to_have_count(1)
    expect(page.locator("#sos-map path.way")).to_have_count(1)
    brought = page.evaluate("JSON.parse(document.getElementById('sos-map-data').textContent)")
    assert "route" not in brought


def test_the_question_comes_on_this_page_too(called):
    page, trip, _incident = called
    ask_her(trip)
    expect(page.locator(".question button[data-hold]")).to_be_visible(timeout=20_000)


# --- What a hand is on -------------------------------------------------------------------------------------------


def ask_again(page, *, every):
    """The panel of the question asks for itself again and again, every so many milliseconds."""
    page.evaluate(
        "(every) => setInterval(() => htmx.ajax('GET', document.querySelector('[hx-get*=question]')"
        ".getAttribute('hx-get'), document.querySelector('[hx-get*=question]')), every)",
        every,
    )


def test_a_hold_of_two_seconds_is_duress_although_the_page_asks_meanwhile(rides, phone, served):
    trip = rides.under_way()
    question = ask_her(trip)
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    button = page.locator(".question button[data-hold]")
    button.hover()
    # The panel is asked for again and again while she holds it.
    ask_again(page, every=150)
    page.mouse.down()
    page.wait_for_timeout(2300)
    with page.expect_response("**/answer/"):
        page.mouse.up()
    question.refresh_from_db()
    assert question.answer == "duress"


def test_a_hold_of_two_seconds_is_duress_on_a_page_that_was_busy_meanwhile(rides, phone, served):
    trip = rides.under_way()
    question = ask_her(trip)
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    page.locator(".question button[data-hold]").hover()
    page.mouse.down()
    # From before the two seconds are over until after she has let go: the page's timers come when it is too late.
    page.evaluate(
        "setTimeout(() => { const until = performance.now() + 2700; while (performance.now() < until); }, 200)"
    )
    page.wait_for_timeout(2300)
    page.mouse.up()
    assert answer_to(question, page) == "duress"


def test_a_long_touch_that_makes_no_click_is_sent_all_the_same(rides, phone):
    trip = rides.under_way()
    question = ask_her(trip)
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    button = page.locator(".question button[data-hold]")
    button.dispatch_event("pointerdown")
    ask_again(page, every=20)
    page.wait_for_timeout(2200)
    button.dispatch_event("pointerup")
    assert answer_to(question, page) == "duress"


def test_a_short_touch_stays_fine(rides, phone):
    trip = rides.under_way()
    question = ask_her(trip)
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    page.click(".question button[data-hold]")
    assert answer_to(question, page) == "fine"


def test_what_was_typed_and_unfolded_is_there_after_the_page_asked(rides, phone):
    trip = rides.under_way()
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    page.click("#report-mismatch summary")
    page.fill("#m-plate", "川A12345")
    page.evaluate("document.activeElement.blur()")
    with page.expect_response("**/status/*"):
        page.evaluate("htmx.trigger('#status', 'changed')")
    page.wait_for_timeout(200)
    expect(page.locator("#m-plate")).to_have_value("川A12345")
    expect(page.locator("#m-plate")).to_be_visible()


# --- From request to end -----------------------------------------------------------------------------------------


def test_a_page_that_was_opened_while_waiting_lives_until_the_end(rides, phone, served):
    trip = rides.booked()
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    page.click("h1")  # a gesture: a sound may come
    accept(rides, trip)
    expect(page.locator(".plate")).to_be_visible(timeout=20_000)
    assert page.title().startswith("● A car was found")
    page.wait_for_function("document.documentElement.dataset.announced?.startsWith('found')")
    expect(page.locator("a[href$='/complaint/']")).to_be_visible()
    expect(page.locator("[data-shares] button")).to_be_visible(timeout=20_000)
    page.click("h1")
    assert not page.title().startswith("●")
    assert len(served.loads) == 1


def test_no_sound_where_it_would_betray_her(rides, phone):
    trip = rides.booked()
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"), silent=True)
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("[data-quiet]")).to_be_attached()
    page.click("h1")
    accept(rides, trip)
    expect(page.locator(".plate")).to_be_visible(timeout=20_000)
    assert page.evaluate("document.documentElement.dataset.announced") is None


# --- The bar -----------------------------------------------------------------------------------------------------


def test_the_bar_covers_neither_code_nor_footer_nor_a_fifth_of_a_phone_on_its_side(rides, phone):
    trip = rides.accepted()
    Trip.objects.filter(pk=trip.pk).update(plate_check="same", plate_seen=trip.plate_registered)
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    bar = page.locator(".sosbar").bounding_box()
    code = page.locator(".code4").bounding_box()
    assert code["y"] + code["height"] <= bar["y"]
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    footer = page.locator("footer.site a[href='tel:110']").bounding_box()
    assert footer["y"] + footer["height"] <= page.locator(".sosbar").bounding_box()["y"]
    page.set_viewport_size({"width": 740, "height": 360})
    assert page.locator(".sosbar").bounding_box()["height"] <= 0.2 * 360
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    footer = page.locator("footer.site a[href='tel:110']").bounding_box()
    assert footer["y"] + footer["height"] <= page.locator(".sosbar").bounding_box()["y"]


# --- Not this car ------------------------------------------------------------------------------------------------


def test_not_this_car_warns_first_and_asks_for_another_ride_with_one_tap(rides, phone, people):
    trip = rides.accepted()
    page = phone()
    page.goto(f"/trips/{trip.code}/")
    page.locator("form[action$='/mismatch/'] button", has_text="Not this car").click()
    warning = page.locator("#status [role=alert]")
    expect(warning).to_contain_text("Do not get in.")
    box, bar = warning.bounding_box(), page.locator(".sosbar").bounding_box()
    assert box["y"] + box["height"] <= bar["y"]
    assert "Another ride is asked for" not in page.inner_text("main")
    page.click("form[action$='/again/'] button")
    page.wait_for_url(lambda address: trip.code not in address)
    new = Trip.objects.exclude(pk=trip.pk).get()
    assert new.code in page.url
    page.goto(f"/trips/{trip.code}/")
    expect(page.locator("#status [role=alert]")).to_contain_text("Another ride is asked for")
