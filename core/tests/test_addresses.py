"""The parts of addresses: what is written in another way finds the same, what cannot be meant finds nothing."""

import pytest
from django.urls import Resolver404, URLPattern, get_resolver, resolve, reverse
from django.urls.converters import StringConverter

from core import addresses

CODE = "T-7K2M9QX4ZB"


@pytest.mark.parametrize(
    "written",
    [CODE, "t-7k2m9qx4zb", "T7K2M9QX4ZB", "ｔ－７ｋ２ｍ９ｑｘ４ｚｂ", "T–7K2M9QX4ZB", "T-7K2M-9QX4-ZB"],
)
def test_a_code_in_an_address_is_read_as_one_that_is_typed(written):
    assert resolve(f"/trips/{written}/").kwargs == {"code": CODE}
    assert resolve(f"/api/v1/trips/{written}/sos/").kwargs == {"code": CODE}


@pytest.mark.parametrize(
    "written", ["\x00", "T-\x00", "²", "9" * 999, "x" * 999, "T-", "T-" + "9" * 40, "-1", "🙈"]
)
def test_what_cannot_be_a_code_is_no_address(written):
    for path in (f"/trips/{written}/", f"/claims/{written}/{'a' * 32}/", f"/drive/ways/{written}/close/"):
        with pytest.raises(Resolver404):
            resolve(path)


@pytest.mark.parametrize("written", ["\x00", "²", "９", "-1", "1" * 19, "1" * 999])
def test_what_cannot_be_a_number_is_no_address(written):
    with pytest.raises(Resolver404):
        resolve(f"/me/contacts/{written}/remove/")


def of_ours(resolver, before=""):
    """(route, pattern) of every route but those of Django's admin and of others' code."""
    for each in resolver.url_patterns:
        route = before + str(each.pattern)
        if isinstance(each, URLPattern):
            yield route, each
        elif not route.startswith("admin/"):
            yield from of_ours(each, route)


def test_every_part_of_every_address_is_of_a_kind_of_ours():
    kinds = tuple(kind for kind in vars(addresses).values() if hasattr(kind, "to_url"))
    counted = 0
    for route, each in of_ours(get_resolver()):
        for name, converter in each.pattern.converters.items():
            assert isinstance(converter, kinds), f"{route}: {name}"
            counted += 1
        assert not each.pattern.regex.groupindex.keys() - each.pattern.converters.keys(), (
            f"{route}: by a pattern"
        )
    assert counted > 100
    assert StringConverter not in kinds


def test_no_word_of_an_address_is_taken_for_a_code():
    """`workspace/…/` has pages beside its cases: the resolver finds them by their own names."""
    for route, each in of_ours(get_resolver()):
        if (
            not each.pattern.converters
            and "<" not in route
            and not route.startswith(("^", "i18n", "favicon"))
        ):
            assert resolve("/" + route).func == each.callback, route


def test_an_address_is_written_with_the_code_as_it_is_kept():
    assert reverse("rides:trip", args=[CODE]) == f"/trips/{CODE}/"
