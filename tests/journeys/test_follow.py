"""How an open page of the console stays true: the page's own script in a browser, with a server that we play."""

import json
from collections.abc import Iterator

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.journey

MADE = 1_700_000_000
FRAME = """<!doctype html><title>Desk</title>
<script>
  window.asked = [];
  window.EventSource = class {{ constructor(url) {{ window.stream = this; this.url = url; }} }};
  window.htmx = {{ trigger() {{}}, process() {{}} }};
</script>
<script type="module" src="/static/js/console.js"></script>
<div class="hh" data-bar data-made="{made}" data-hours="" data-days=""><span data-offline hidden>offline</span></div>
<div class="hh" data-address="/case/" data-follows="I-1 T-1" data-every="0">
  <template data-newer><p data-newer-note>newer <button type="button" data-newer-show>show</button></p></template>
  {parts}
</div>
<section id="other" data-part data-from="/other/" data-follows="mark:claims">{other}</section>
<small data-new data-follows="mark:complaints" hidden>new</small>"""
FORM = '<form><input type="hidden" name="csrfmiddlewaretoken" value="{token}"><textarea name="words"></textarea></form>'


class Server:
    """What the page is given when it asks, and how often it asked for what."""

    def __init__(self) -> None:
        self.parts = ""
        self.other = "other 1"
        self.asked: list[str] = []
        self.token = 0

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix("http://desk.test")
        if path.startswith("/static/"):
            route.fulfill(path=settings.BASE_DIR / path[1:], content_type="text/javascript")
            return
        self.asked.append(path)
        self.token += 1
        html = FRAME.format(made=MADE, parts=self.parts.replace("{token}", str(self.token)), other=self.other)
        route.fulfill(body=html, content_type="text/html")


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def desk(browser: Browser, server: Server) -> Iterator[Page]:
    context = browser.new_context()
    context.route("**/*", server.answer)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert faults == []


def show(desk: Page, server: Server, parts: str) -> None:
    server.parts = parts
    desk.goto("http://desk.test/case/")
    desk.wait_for_function("Boolean(window.stream && window.stream.onmessage)")
    server.asked.clear()


def tell(desk: Page, **changed: int) -> None:
    names = {name.replace("__", ":").replace("_", "-"): at for name, at in changed.items()}
    word = {"marks": {"live": 0, "open": 0, "lives": 0, "calls": 0}, "changed": names}
    desk.evaluate("word => window.stream.onmessage({ data: word })", json.dumps(word))


def part(words: str, name: str = "lines") -> str:
    return f'<section id="{name}" data-part>{words}</section>'


LATER = (MADE + 60) * 1000


def test_a_page_asks_to_be_told_of_what_its_parts_follow(desk, server):
    show(desk, server, part("one"))
    names = desk.evaluate("new URL(window.stream.url, location).searchParams.getAll('follow')")
    assert sorted(names) == ["I-1", "T-1", "mark:claims", "mark:complaints"]


def test_what_changed_comes_and_the_rest_is_not_asked_for(desk, server):
    show(desk, server, part("one"))
    server.parts = part("two")
    tell(desk, I_1=LATER)
    expect(desk.locator("#lines")).to_have_text("two")
    assert server.asked == ["/case/"]
    server.other = "other 2"
    tell(desk, I_1=LATER, mark__claims=LATER)
    expect(desk.locator("#other")).to_have_text("other 2")
    assert server.asked == ["/case/", "/other/"]


def test_what_changed_before_the_page_was_made_is_on_it(desk, server):
    show(desk, server, part("one"))
    tell(desk, I_1=(MADE - 60) * 1000)
    desk.wait_for_timeout(300)
    assert server.asked == []
    server.parts = part("two")
    tell(desk, I_1=(MADE - 60) * 1000, T_1=(MADE - 1) * 1000)
    expect(desk.locator("#lines")).to_have_text("two")


def test_several_changes_at_once_are_few_fetches(desk, server):
    show(desk, server, part("one"))
    for number in range(20):
        tell(desk, I_1=LATER + number)
    desk.wait_for_timeout(1500)
    assert 1 <= len(server.asked) <= 3


HANDS = {
    "words": lambda desk: desk.fill("#lines textarea", "what I write"),
    "focus": lambda desk: desk.focus("#lines textarea"),
    "box": lambda desk: desk.click("#lines summary"),
    "tick": lambda desk: desk.check("#lines [type=checkbox]"),
    "choice": lambda desk: desk.select_option("#lines select", "b"),
    "selection": lambda desk: desk.locator("#lines b").select_text(),
    "refused": lambda desk: desk.evaluate(
        "document.querySelector('#lines form').insertAdjacentHTML('beforeend', '<ul class=errorlist></ul>')"
    ),
    "held": lambda desk: desk.evaluate("document.querySelector('#lines b').dataset.held = '1'"),
}
USED = (
    FORM
    + """<details><summary>more</summary><p>all of it</p></details><b>words to mark</b>
<input type="checkbox"><select><option>a</option><option>b</option></select>"""
)


@pytest.mark.parametrize("hand", HANDS)
def test_what_a_hand_is_on_stays_and_says_that_there_is_something_newer(desk, server, hand):
    show(desk, server, part("<i>one</i>" + USED) + part("three", "beside"))
    HANDS[hand](desk)
    if hand not in {"focus", "selection"}:
        desk.evaluate("document.activeElement.blur()")
    server.parts = part("<i>two</i>" + USED) + part("four", "beside")
    tell(desk, I_1=LATER)
    expect(desk.locator("#beside")).to_have_text("four")
    expect(desk.locator("#lines [data-newer-note]")).to_be_visible()
    expect(desk.locator("#lines i")).to_have_text("one")
    if hand == "words":
        assert desk.input_value("#lines textarea") == "what I write"
    desk.click("[data-newer-show]")
    expect(desk.locator("#lines i")).to_have_text("two")
    expect(desk.locator("[data-newer-note]")).to_have_count(0)


def test_what_somebody_asked_to_see_comes_although_the_page_was_just_asking(desk, server):
    show(desk, server, part("<i>one</i>" + USED))
    desk.fill("#lines textarea", "what I write")
    server.parts = part("<i>two</i>" + USED)
    tell(desk, I_1=LATER)
    expect(desk.locator("#lines [data-newer-note]")).to_be_visible()
    word = json.dumps(
        {"marks": {"live": 0, "open": 0, "lives": 0, "calls": 0}, "changed": {"I-1": LATER + 1}}
    )
    desk.evaluate(
        """word => {
          window.stream.onmessage({ data: word });
          document.querySelector("[data-newer-show]").click();
        }""",
        word,
    )
    expect(desk.locator("#lines i")).to_have_text("two")


def act(name, words):
    return f'<details id="act-{name}" data-part><summary>{words}</summary><textarea></textarea></details>'


def menu(*acts: str) -> str:
    return f'<section id="actions" data-parts><h2 id="title">acts</h2>{"".join(acts)}</section>'


def test_the_form_that_is_open_holds_back_no_other_act(desk, server):
    """She goes silent while the agent writes to her: 'call her' must not stand there until the form is closed."""
    show(desk, server, menu(act("write", "write"), act("call", "call")))
    desk.click("#act-write summary")
    server.parts = menu(act("see", "see"), act("write", "write"))
    tell(desk, I_1=LATER)
    expect(desk.locator("#act-see")).to_be_visible()
    expect(desk.locator("#act-call")).to_have_count(0)
    assert desk.locator("#act-write").get_attribute("open") is not None
    # The open one itself is not possible any more: it says so, and goes when it is told to.
    server.parts = menu(act("see", "see"))
    tell(desk, I_1=LATER + 1)
    expect(desk.locator("#act-write [data-newer-note]")).to_be_visible()
    desk.click("[data-newer-show]")
    expect(desk.locator("#act-write")).to_have_count(0)


def test_what_waited_comes_when_the_hand_has_gone(desk, server):
    show(desk, server, part("<i>one</i>" + USED))
    desk.focus("#lines textarea")
    server.parts = part("<i>two</i>" + USED)
    tell(desk, I_1=LATER)
    expect(desk.locator("#lines [data-newer-note]")).to_be_visible()
    desk.evaluate("document.activeElement.blur()")
    expect(desk.locator("#lines i")).to_have_text("two")


def test_a_part_that_says_the_same_is_left_as_it_is(desk, server):
    show(desk, server, part("one" + FORM))
    desk.evaluate("document.getElementById('lines').mine = true")
    tell(desk, I_1=LATER)
    desk.wait_for_timeout(600)
    assert server.asked == ["/case/"]
    assert desk.evaluate("document.getElementById('lines').mine")


def test_parts_come_into_their_box_and_go(desk, server):
    def box(inner: str) -> str:
        return f'<div id="left" data-parts>{inner}</div>'

    show(desk, server, box(part("map", "map") + part("lines")))
    server.parts = box(part("sound", "sound") + part("map", "map") + part("appeal", "appeal") + part("lines"))
    tell(desk, I_1=LATER)
    expect(desk.locator("#appeal")).to_be_visible()
    order = "Array.from(document.querySelectorAll('#left > section'), (each) => each.id)"
    assert desk.evaluate(order) == ["sound", "map", "appeal", "lines"]
    server.parts = box(part("another map", "map") + part("lines"))
    tell(desk, I_1=LATER + 1)
    expect(desk.locator("#appeal")).to_have_count(0)
    expect(desk.locator("#map")).to_have_text("another map")
    assert desk.evaluate(order) == ["map", "lines"]


def test_a_list_says_that_there_is_something_new_and_does_not_jump(desk, server):
    show(desk, server, part("one"))
    tell(desk, mark__complaints=LATER)
    expect(desk.locator("[data-new]")).to_be_visible()
    assert server.asked == []


def test_the_keyboard_stays_where_it_was_when_a_part_is_drawn_anew(desk, server):
    row = '<p><a href="/{0}/">open</a> <a href="/{0}/">look</a></p>'
    box = '<section id="one" data-part><details><summary>why</summary></details>{}</section>'
    show(desk, server, box.format(row.format("I-1") + row.format("I-2")))
    desk.locator("a[href='/I-2/']", has_text="look").focus()
    server.parts = box.format(row.format("I-3") + row.format("I-1") + row.format("I-2"))
    tell(desk, I_1=LATER)
    expect(desk.locator("a[href='/I-3/']")).to_have_count(2)
    expect(desk.locator("a[href='/I-2/']", has_text="look")).to_be_focused()
    desk.locator("summary").focus()
    server.parts = box.format(row.format("I-1"))
    tell(desk, I_1=LATER + 1)
    expect(desk.locator("a[href='/I-3/']")).to_have_count(0)
    expect(desk.locator("summary")).to_be_focused()


def test_the_keyboard_is_on_no_other_thing_where_its_own_is_gone(desk, server):
    box = '<section id="one" data-part><a href="/{}/">take</a></section>'
    show(desk, server, box.format("I-1"))
    desk.locator("a[href='/I-1/']").focus()
    server.parts = box.format("I-2")
    tell(desk, I_1=LATER)
    expect(desk.locator("a[href='/I-2/']")).to_be_visible()
    expect(desk.locator("#one")).to_be_focused()


def test_the_keyboard_stays_in_a_part_that_asks_for_itself(desk, server):
    show(desk, server, '<div id="rings"><a href="/P-1/">look</a></div>')
    desk.locator("a[href='/P-1/']").focus()
    desk.evaluate("""() => {
      const target = document.getElementById("rings");
      const tell = (name) => target.dispatchEvent(new CustomEvent(
        name, { bubbles: true, detail: { target, requestConfig: { verb: "get" } } }));
      tell("htmx:beforeSwap");
      target.innerHTML = '<a href="/P-2/">look</a><a href="/P-1/">look</a>';
      tell("htmx:afterSwap");
    }""")
    expect(desk.locator("a[href='/P-1/']")).to_be_focused()


def test_a_page_that_is_told_nothing_asks_by_itself(desk, server):
    desk.clock.install()
    show(desk, server, part("one"))
    for _time in range(2):
        desk.evaluate("window.stream.onerror()")
    expect(desk.locator("[data-offline]")).to_be_visible()
    server.parts = part("two")
    desk.clock.run_for(20_000)
    expect(desk.locator("#lines")).to_have_text("two")
