"""One limiter: what is counted of whom, what is refused, what is only marked."""

from collections import Counter

import pytest
from django.test import RequestFactory

from core import broker, limits
from core.errors import TooMany
from core.limits import NOBODY, Asker, Per
from core.tests.factories import limit_of_tests, set_policy

ASKED = limit_of_tests("asked", {Per.DEVICE: 2, Per.ADDRESS: 3, Per.TARGET: 4})
PAIRS = limit_of_tests("pairs", {Per.PAIR: 1, Per.ALL: 3})


@pytest.fixture(autouse=True, params=["Valkey counts", "Valkey does not answer"])
def counted_in(request, db, noon, settings):
    if request.param == "Valkey does not answer":
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
    return request.param


def times(count, limit, asker, target=""):
    """How many of so many were let through."""
    seen = Counter()
    for _time in range(count):
        try:
            limits.take(limit, asker, target=target)
            seen["taken"] += 1
        except TooMany:
            seen["refused"] += 1
    return seen["taken"]


def test_each_bound_counts_its_own():
    assert times(5, ASKED, Asker("203.0.113.1", "a" * 20), "t1") == 2
    assert times(5, ASKED, Asker("203.0.113.1"), "t1") == 1
    assert times(5, ASKED, Asker("203.0.113.2"), "t1") == 1
    assert times(5, ASKED, Asker("203.0.113.2"), "t2") == 2


def test_what_one_bound_refuses_takes_no_turn_of_the_others():
    device = Asker("203.0.113.1", "a" * 20)
    assert times(50, ASKED, device, "t") == 2
    assert times(5, ASKED, Asker("203.0.113.1"), "other") == 1


def test_phones_without_a_cookie_do_not_share_a_device():
    assert times(1, ASKED, Asker("203.0.113.1")) == times(1, ASKED, Asker("203.0.113.2")) == 1
    assert times(9, ASKED, Asker("203.0.113.1")) == 2


def test_whose_the_target_is_counts_apart_and_not_without_end():
    strangers = Asker("203.0.113.1", "s" * 20)
    owner = Asker("203.0.113.1", "o" * 20)
    assert times(9, ASKED, strangers, "t") == 2
    assert times(9, ASKED, Asker("203.0.113.1"), "t") == 1  # the address is full now
    assert times(9, ASKED, owner, "t") == 0
    assert times(9, ASKED, owner.owner_if(known=True), "t") == 2


def test_a_pair_is_one_asker_and_one_target():
    one, other = Asker(person="a"), Asker(address="203.0.113.1")
    assert [times(3, PAIRS, asker, "t1") for asker in (one, other)] == [1, 1]
    assert times(3, PAIRS, one, "t2") == 1
    assert times(3, PAIRS, one, "t3") == 0  # of all together


def test_a_window_ends_and_says_when(noon):
    assert times(4, ASKED, Asker("203.0.113.1")) == 3
    noon.shift(20)
    with pytest.raises(TooMany) as refused:
        limits.take(ASKED, Asker("203.0.113.1"))
    assert refused.value.retry_after == 40
    noon.shift(41)
    assert times(4, ASKED, Asker("203.0.113.1")) == 3


def test_a_clock_that_is_set_back_closes_no_window_for_ever(noon):
    assert times(4, ASKED, Asker("203.0.113.1")) == 3
    noon.shift(-7_200)
    assert times(4, ASKED, Asker("203.0.113.1")) == 3


def test_what_fails_gives_its_turn_back():
    here = Asker("203.0.113.1")
    for _wrong in range(9):
        with pytest.raises(ValueError, match="form"), limits.turn(ASKED, here):
            raise ValueError("form")
    assert times(9, ASKED, here) == 3


def test_danger_is_taken_beyond_and_says_so():
    here = Asker("203.0.113.1")
    seen = []
    for _time in range(5):
        with limits.turn(ASKED, here, danger=True) as crowd:
            seen.append(crowd)
    assert seen == [False] * 3 + [True] * 2
    with pytest.raises(TooMany), limits.turn(ASKED, here):
        pass


def test_a_mark_refuses_nothing():
    assert [limits.beyond(ASKED, Asker("203.0.113.1")) for _time in range(5)] == [False] * 3 + [True] * 2


def test_numbers_are_policies():
    help_ = limits.declared()["safety.welfare_checks"]
    set_policy("safety.welfare_checks", {"address": 5, "within": 60})
    assert [limits.beyond(help_, Asker("203.0.113.1")) for _time in range(7)] == [False] * 5 + [True] * 2


def test_who_is_nobody_is_counted_where_something_is_named():
    assert times(9, ASKED, NOBODY) == 9
    assert times(9, ASKED, NOBODY, "t") == 4


def test_counters_tell_nobody_who_it_was():
    limits.take(ASKED, Asker("203.0.113.1", "a" * 20), target="+8613800000001")
    keys = broker.ask(lambda client: [key.decode() for key in client.scan_iter("limit:*")], [])
    for key in [*keys, *limits._here.rows]:
        assert not any(part in key for part in ("203.0.113", "aaaa", "1380000"))


# --- Addresses ---


def address(remote="198.51.100.9", **forwarded):
    headers = {f"HTTP_{name.upper()}": value for name, value in forwarded.items()}
    return limits.address_of(RequestFactory().get("/", REMOTE_ADDR=remote, **headers))


FORGED = "1.2.3.4, 203.0.113.7"


@pytest.mark.parametrize(
    ("proxies", "written", "expected"),
    [
        (0, FORGED, "198.51.100.9"),
        (1, FORGED, "203.0.113.7"),
        (1, "203.0.113.7", "203.0.113.7"),
        (2, "1.2.3.4, 203.0.113.7, 10.0.0.1", "203.0.113.7"),
        (2, "203.0.113.7", "198.51.100.9"),  # it came past the outer one: nobody vouches for it
        (1, "", "198.51.100.9"),
        (1, "unknown", "198.51.100.9"),
        (1, "1.2.3.4, 2001:db8::1", "2001:db8::1"),
    ],
)
def test_an_address_is_what_our_proxies_wrote(settings, proxies, written, expected):
    settings.PROXIES = proxies
    assert address(x_forwarded_for=written) == expected


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip", "client_ip"])
def test_a_forged_header_changes_nothing(header):
    seen = {address(**{header: f"203.0.113.{number}"}) for number in range(9)}
    assert seen == {"198.51.100.9"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("203.0.113.1", "203.0.113.2", False),
        ("::ffff:203.0.113.1", "203.0.113.1", True),
    ],
)
def test_a_customer_of_ipv6_is_one(one, other, same):
    assert (limits.network_of(one) == limits.network_of(other)) is same


def test_a_device_is_a_number_of_ours():
    request = RequestFactory().get("/")
    for number, expected in (("", ""), ("x", ""), ("x" * 999, ""), ("x" * 32, "x" * 32)):
        request.COOKIES["device"] = number
        assert limits.device_cookie(request) == expected
