"""People as they are, in a real browser: each kind of document, each sort of name, and 13, 15 and 80 years of age."""

import pytest
from playwright.sync_api import expect

from core.languages import say_in
from sandbox.people import people
from tests.journeys.test_driver import send_certificate, sign_up
from tests.journeys.test_journeys import where

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journey")]

CHILD, TEEN, OLD = (
    next(number for number, person in people().items() if person["name"] == name)
    for name in ("童小满", "童大满", "童长寿")
)
# Whoever has a document of their kind or a name of their sort; no two of one kind.
EVERYBODY = [
    "810000199001011230", "820000199001011232", "830000199001011234", "12345678", "911124198503210017",
    "USA110080010101", "E12345678", "AB123456", "123456789",
    *(number for number, person in people().items() if person["name"] in {"古丽·艾合买提", "𠮷田", "难"} or len(person["name"]) == 40),
]  # fmt: skip


def ask(page, number):
    person = people()[number]
    page.check(f"[name=document][value={person.get('document', 'resident_id')}]")
    page.fill("[name=real_name]", person["name"])
    page.fill("[name=id_number]", number)
    page.click("main form.card button.wide")
    page.wait_for_load_state()


def verified(page, language):
    good = page.locator("main .state.good", has_text=say_in(language, "verified"))
    for _turn in range(40):
        if good.count():
            return
        page.wait_for_timeout(500)
        page.goto("/me/real-name/")
    raise AssertionError(page.inner_text("main"))


@pytest.mark.parametrize(("number", "turn"), [(number, turn) for turn, number in enumerate(EVERYBODY)])
def test_everybody_is_known_by_their_document(visitor, stack, number, turn):
    language = ("zh-CN", "en-US")[turn % 2]
    window = visitor("phone", language)
    page = sign_up(window, f"137000002{turn:02}", "/me/real-name/")
    if turn < 2:  # once in each language
        assert window.cuts() == []
        window.look("real-name")
    ask(page, number)
    verified(page, language)
    page.goto("/me/")
    expect(page.locator("main dl.facts").first).to_contain_text(people()[number]["name"])


def test_a_name_in_another_writing_is_the_same_and_another_one_is_not(visitor, stack):
    window = visitor("phone", "en-US")
    page = sign_up(window, "13700000230", "/me/real-name/")
    page.fill("[name=real_name]", "陈新")
    page.fill("[name=id_number]", "330106198512240014")  # another check digit
    page.click("main form.card button.wide")
    expect(page.locator(".errorlist")).to_contain_text("not the number of such a document")
    number = "H1234567801"
    page.check("[name=document][value=home_permit]")
    page.fill("[name=real_name]", "黄俊")
    page.fill("[name=id_number]", "ｈ１２３４５６７８ 01")
    page.click("main form.card button.wide")
    refused = page.locator("main .note.danger")
    for _turn in range(40):
        if refused.count():
            break
        page.wait_for_timeout(500)
        page.goto("/me/real-name/")
    expect(refused).to_contain_text("do not belong together")
    window.complaints.clear()  # that the slip of the finger was a 400
    window.look("real-name-refused")
    assert number in people()


def test_thirteen_is_told_that_a_guardian_books(visitor, stack):
    window = visitor("phone", "zh-CN")
    page = sign_up(window, "13700000213", "/me/real-name/")
    ask(page, CHILD)
    expect(page.locator("main .note.danger")).to_contain_text("未满 14 周岁")
    window.look("real-name-child")
    page.goto("/")
    where(page)
    page.check("[name=line][value=express]")
    page.click("main form[novalidate] button.wide")
    expect(page.locator("main")).to_contain_text("未满 14 周岁")


def test_fifteen_rides_by_express_once_a_guardian_has_confirmed(visitor, stack):
    window = visitor("phone", "zh-CN")
    page = sign_up(window, "13700000215", "/me/real-name/")
    ask(page, TEEN)
    verified(page, "zh-CN")

    def book(line):
        page.goto("/")
        where(page)
        page.check(f"[name=line][value={line}]")
        page.click("main form[novalidate] button.wide")
        page.wait_for_load_state()

    book("express")
    expect(page.locator("main")).to_contain_text("监护人")
    window.complaints.clear()  # that the refusal was a 400
    page.goto("/me/guardian/")
    window.look("guardian-ask")
    page.fill("[name=phone]", "13800000001")
    page.click("main form.card button.wide")
    expect(page.locator("main .note")).to_contain_text("已询问监护人")
    hers = visitor("phone", "zh-CN")
    asked = hers.sign_in("passenger", "/me/guardian/")
    hers.look("guardian-asked")
    asked.fill("main form[novalidate] [name=name]", people()[TEEN]["name"])
    asked.click("button[value=accept]")
    expect(asked.locator("main")).to_contain_text("已确认")
    book("hitch")
    expect(page.locator("main")).to_contain_text("只能乘坐快车")
    window.complaints.clear()
    book("express")
    page.wait_for_url("**/trips/**")
    window.look("teen-trip")


@pytest.mark.parametrize(("number", "phone"), [(OLD, "13700000280"), ("H1234567801", "13700000281")])
def test_eighty_and_a_resident_of_hong_kong_apply_as_drivers(visitor, stack, number, phone):
    person = people()[number]
    his = visitor("phone", "zh-CN")
    page = sign_up(his, phone, "/me/real-name/")
    ask(page, number)
    verified(page, "zh-CN")
    page.goto("/drive/apply/")
    page.click("form[action$='/begin/'] button")
    for kind in ("id_card", "driving_licence", "vehicle_licence"):
        form = page.locator(f"form[action$='/photos/{kind}/']")
        form.locator("[data-sandbox-certificate]").evaluate(
            "(list, value) => list.add(new Option(value, value))", number
        )
        send_certificate(page, kind, number)
    car, licence = person["vehicles"][0], person["licence"]
    typed = {
        "name": person["name"],
        "id_number": number,
        "licence_number": number,
        "licence_class": licence["class"],
        "licence_first": licence["first_issued"],
        "licence_until": "长期有效",
        "plate": car["plate"],
        "vin": car["vin"],
        "owner": car["owner"],
        "model": car["model"],
        "colour": car["colour"],
        "seats": "4",
        "registered_on": car["registered_on"],
        "vehicle_until": f"{car['valid_until'][:4]}年{car['valid_until'][5:7]}月",
    }
    for field, value in typed.items():
        page.fill(f"#id_{field}", value)
        page.locator(f"#id_{field}").blur()
        page.wait_for_timeout(150)
    page.wait_for_timeout(500)
    page.click("form[action$='/face-consent/'] button.wide >> nth=0")
    page.select_option("[data-person]", person["face"])
    page.click("[data-start]")
    expect(page.locator("main .card > .state.good")).to_be_visible(timeout=60_000)
    page.click("form[action$='/send/'] button")
    expect(page.locator("main .state.wait")).to_have_text(
        say_in("zh-CN", "a reviewer looks at it"), timeout=20_000
    )
