"""A welfare check is taken whatever it looks like, wherever it comes from, and however many come (S6)."""

import json

import pytest
from django.test import Client

from core import typed
from core.models import Notification
from safety import selectors
from safety.models import Incident, WelfareCheck
from safety.services import file_welfare_check, mend_check

pytestmark = pytest.mark.long

ORDINARY = {
    "missing_phone": "13800000001",
    "words": "She does not answer.",
    "reporter_phone": "13911112222",
    "submission": "a1",
}


def filed(**changes):
    """Through the page, from a browser that keeps no cookie."""
    answer = Client(enforce_csrf_checks=True).post("/welfare-check/", ORDINARY | changes)
    assert answer.status_code == 302, answer.content.decode()
    return answer.headers["Location"]


def filed_by_api(**changes):
    answer = Client().post(
        "/api/v1/welfare-checks/", json.dumps(ORDINARY | changes), content_type="application/json"
    )
    assert answer.status_code == 201, answer.content.decode()
    return answer.json()


@pytest.mark.django_db
def test_no_cookie_is_needed_for_anything_that_a_reporter_sends():
    page = filed()
    browser = Client(enforce_csrf_checks=True)
    assert browser.post(f"{page}evidence/", {"words": "He sent a picture."}).status_code == 302
    assert browser.post(f"{page}mend/", {"missing_phone": "13800000002"}).status_code == 302
    assert browser.post(f"{page}verify/", {"code": "000000"}).status_code == 400  # wrong, not forbidden


LONG = "字" * 32 + "\r\n"
ODD = {
    "line breaks": {"words": LONG * 60},
    "very long": {"words": "字" * 100_000},
    "a name behind the number": {"missing_phone": "13800000001 林小雨"},
    "a sentence": {"missing_phone": "她的电话是138-0000-0001，请快一点"},
    "letters": {"missing_phone": "1380000000A"},
    "letters for digits": {"missing_phone": "138OOOOOO02"},
    "too short": {"missing_phone": "1380000"},
    "no number": {"missing_phone": "我女儿"},
    "nothing at all about who": {"missing_phone": ""},
    "full width": {"missing_phone": "１３８００００００００１".replace("００００００００", "０００００００")},
    "no words": {"words": ""},
    "no phone of one's own": {"reporter_phone": ""},
    "own phone with a name": {"reporter_phone": "妈妈13911112222"},
    "a long name": {"reporter_name": "名" * 300, "relation": "亲" * 300},
    "no submission": {"submission": ""},
    "a long submission": {"submission": "x" * 5000},
    "a zero byte": {"words": "a\0b", "missing_phone": "13800000001\0"},
    "a rare character": {"words": "𠮷先生在车上"},
}


@pytest.mark.parametrize("changes", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("door", [filed, filed_by_api])
@pytest.mark.django_db
def test_nothing_about_how_it_is_written_keeps_it_from_being_taken(door, changes):
    door(**changes)
    check = WelfareCheck.objects.get()
    assert check.incident.score >= 70
    shown = changes.get("missing_phone", "13800000001").replace("\0", "")
    assert check.missing_written == shown[:200]


@pytest.mark.parametrize(
    ("written", "number", "sure"),
    [
        ("13800000001", "+8613800000001", True),
        ("+86 138 0000 0001", "+8613800000001", True),
        ("13800000001 林小雨", "+8613800000001", True),
        ("林小雨13800000001", "+8613800000001", True),
        ("（138）0000-0001", "+8613800000001", True),
        ("１３８００００ ０００１", "+8613800000001", True),
        ("1380000000A", "", False),
        ("13800000001A", "+8613800000001", False),
        ("138OOOOOO02", "+8613800000002", False),
        ("1380000", "", False),
        ("13800000001 or 13800000002", "+8613800000001", False),
        ("95128", "", False),
        ("", "", False),
    ],
)
def test_what_number_is_read_and_how_sure(written, number, sure):
    found = typed.phone.guess(written)
    assert (found.number, found.sure) == (number, sure)


@pytest.mark.parametrize(
    "written", ["1380000000A", "138OOOOOO02", "1391111222A", "1380000", "13800000001 林小雨"]
)
def test_elsewhere_no_letter_becomes_a_digit(written):
    with pytest.raises(typed.phone.InvalidPhone):
        typed.phone.read(written)


@pytest.mark.parametrize("written", ["0577-62345678", "400-000-0110"])
def test_messages_go_to_mobiles(written):
    assert typed.phone.read(written)
    with pytest.raises(typed.phone.NoMobile):
        typed.phone.read_mobile(written)


@pytest.mark.django_db
def test_words_are_kept_whole_in_plain_lines():
    filed(words="first\r\nsecond\rthird " + "字" * 3000)
    incident = Incident.objects.get()
    from core import timeline

    (line,) = [each for each in timeline.of(incident=incident.code) if each.kind == "safety.welfare_check"]
    assert line.words.startswith("first\nsecond\nthird ")
    assert len(line.words) > 3000


@pytest.mark.django_db
def test_nobody_is_written_to_whose_number_was_guessed():
    filed(reporter_phone="139OOOO2222A")
    assert WelfareCheck.objects.get().reporter_doubted
    assert not Notification.objects.exists()


@pytest.mark.django_db
def test_a_report_that_says_nothing_is_none():
    answer = Client().post("/welfare-check/", {"submission": "a"})
    assert answer.status_code == 400
    assert not WelfareCheck.objects.exists()


@pytest.mark.django_db
def test_a_doubted_number_is_shown_back_and_mended(rides):
    trip = rides.under_way()
    page = filed(missing_phone="1380000000l", words="Help her.")  # an l for the 1, and one digit lost
    shown = Client().get(page).content.decode()
    assert 'name="missing_phone"' in shown
    assert "1380000000l" in shown
    guessed = WelfareCheck.objects.get()
    assert guessed.missing_doubted
    mend_check(secret=page.rstrip("/").rpartition("/")[2], missing_phone="13800000002")
    other = WelfareCheck.objects.get()
    assert (other.missing_phone, other.missing_doubted) == ("+8613800000002", False)
    assert other.code == guessed.code
    assert other.incident != guessed.incident
    assert trip == guessed.incident.trip
    assert 'name="missing_phone"' not in Client().get(page).content.decode()


@pytest.mark.django_db
def test_numbers_that_nobody_doubts_are_shown_back_and_mended_too():
    """One wrong digit is a good number of somebody else."""
    page = filed(missing_phone="13800000011", reporter_phone="+86 139-1111 0002")
    shown = Client().get(page).content.decode()
    assert "138****0011" in shown
    assert "139****0002" in shown
    mends = Client().get(f"{page}?mend=1").content.decode()  # whoever holds the link typed them
    assert "13800000011" in mends
    assert "+86 139-1111 0002" in mends
    mended_by_page(page, missing_phone="13800000001")
    assert WelfareCheck.objects.get().missing_phone == "+8613800000001"
    assert "138****0001" in Client().get(page).content.decode()


def mended_by_page(page, **changes):
    assert Client().post(f"{page}mend/", changes).status_code == 302


def mended_by_api(page, **changes):
    secret = page.rstrip("/").rpartition("/")[2]
    answer = Client().patch(
        f"/api/v1/welfare-checks/{secret}/", json.dumps(changes), content_type="application/json"
    )
    assert answer.status_code == 200, answer.content.decode()


@pytest.mark.parametrize("mended", [mended_by_page, mended_by_api])
@pytest.mark.django_db
def test_one_report_that_is_put_right_again_and_again_writes_to_few_and_ranks_nothing_above_others(
    valkey, noon, mended
):
    page = filed()
    for number in range(40):
        noon.shift(61)  # so that no code is kept back for coming too soon
        mended(page, missing_phone=f"138000001{number:02}", reporter_phone=f"139777700{number:02}")
    assert Notification.objects.count() <= 6
    later = ORDINARY | {"submission": "later", "missing_phone": "13800000999"}
    assert Client(REMOTE_ADDR="203.0.113.9").post("/welfare-check/", later).status_code == 302
    shown = [each.incident for each in selectors.burning()]
    assert shown[0].welfare_checks.get().missing_phone == "+8613800000999"
    moved = WelfareCheck.objects.earliest("pk")
    assert (moved.missing_phone, moved.from_crowd) == ("+8613800000139", True)


@pytest.mark.parametrize("mended", [mended_by_page, mended_by_api])
@pytest.mark.django_db
def test_a_crowd_that_puts_numbers_right_is_marked_like_one_that_files(valkey, mended):
    pages = [filed(submission=f"s{number}") for number in range(29)]
    for number, page in enumerate(pages):
        mended(page, missing_phone=f"138000001{number:02}", reporter_phone=f"139777700{number:02}")
    assert WelfareCheck.objects.filter(from_crowd=True).count() == 28
    assert Notification.objects.count() <= 3


@pytest.mark.django_db
def test_a_number_that_could_not_be_read_is_nobody_elses():
    """Two reports without a number are two people's."""
    filed(missing_phone="我女儿", submission="a")
    filed(missing_phone="我儿子", submission="b")
    assert Incident.objects.count() == 2


@pytest.mark.django_db
def test_the_same_submission_of_somebody_else_swallows_nothing():
    one = filed(submission="1")
    other = filed(submission="1", reporter_phone="13922223333", words="Another matter.")
    again = filed(submission="1")
    assert one == again != other
    assert WelfareCheck.objects.count() == 2


@pytest.mark.parametrize("door", [filed, filed_by_api])
@pytest.mark.django_db
def test_the_thirty_first_in_a_minute_from_one_address_is_taken_and_marked(valkey, door):
    for number in range(33):
        door(
            submission=f"s{number}",
            missing_phone=f"138000001{number:02}",
            reporter_phone=f"139777700{number:02}",
            words="字" * number + "x",
        )
    marks = list(WelfareCheck.objects.order_by("pk").values_list("from_crowd", flat=True))
    assert marks == [False] * 30 + [True] * 3
    assert Notification.objects.count() == 30  # no flood of codes to numbers that one sender names
    filed_by_api(submission="later", missing_phone="13800000999")
    shown = [each.incident for each in selectors.burning()]
    crowd = set(WelfareCheck.objects.filter(from_crowd=True).values_list("incident", flat=True))
    assert {each.pk for each in shown[-len(crowd) :]} == crowd  # below all others, and there


@pytest.mark.django_db
def test_a_trip_that_is_found_is_never_ranked_lower(valkey, rides):
    rides.under_way()
    for number in range(31):
        filed(submission=f"s{number}", missing_phone=f"138000001{number:02}")
    filed(submission="hers", missing_phone="13800000001")
    shown = [each.incident for each in selectors.burning()]
    assert [each.trip is not None for each in shown] == [False] * 30 + [True, False]


@pytest.mark.django_db
def test_behind_our_proxy_each_has_an_address_of_their_own(valkey, settings):
    settings.PROXIES = 2
    for number in range(33):
        Client(headers={"X-Forwarded-For": f"1.2.3.4, 203.0.113.{number}, 10.9.9.9"}).post(
            "/welfare-check/", ORDINARY | {"submission": f"s{number}"}
        )
    assert not WelfareCheck.objects.filter(from_crowd=True).exists()


@pytest.mark.django_db
def test_whoever_reaches_us_directly_cannot_name_an_address(valkey):
    for number in range(33):
        Client(headers={"X-Forwarded-For": f"203.0.113.{number}"}).post(
            "/welfare-check/", ORDINARY | {"submission": f"s{number}"}
        )
    assert WelfareCheck.objects.filter(from_crowd=True).count() == 3


@pytest.mark.django_db(transaction=True)
def test_six_taps_at_once_are_one_report():
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connection

    def tap(_number):
        try:
            return file_welfare_check(**ORDINARY).secret
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(tap, range(6)))) == 1
    assert WelfareCheck.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("unsaid", ["reporter_phone", "words", "reporter_name", "relation", "submission"])
def test_null_is_nothing_said(unsaid):
    """As many clients write what was left empty: no reason to turn a friend away."""
    assert filed_by_api(**{unsaid: None})["code"]
