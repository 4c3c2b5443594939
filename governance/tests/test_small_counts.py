"""Small counts of a report: somebody who knows the rule, and subtracts, still does not know them."""

from collections import defaultdict
from itertools import product

import pytest

from governance.transparency.cells import LEAST, protect


def every_table(cells, most):
    names = "abcd"[:cells]
    for counts in product(range(most + 1), repeat=cells):
        yield dict(zip(names, counts, strict=True))


@pytest.mark.parametrize(("cells", "most"), [(2, 14), (3, 11), (4, 8)])
def test_an_attacker_who_tries_every_table_under_the_rule_finds_no_hidden_count(cells, most):
    """Whoever published this could have had each of the tables of one group: what do they have in common?"""
    groups = defaultdict(list)
    for table in every_table(cells, most):
        told = protect(table)
        groups[told.total, tuple(told.cells.items())].append(table)
    tried = 0
    for (total, shown), tables in groups.items():
        if total is not None and total > most:
            continue  # the greatest tables were not all tried
        for key, count in shown:
            if count is None:
                tried += 1
                values = {table[key] for table in tables}
                assert len(values) >= 3, (total, shown, values)
    assert tried


@pytest.mark.parametrize("counts", [{"a": 3, "b": 20, "c": 9, "d": 0}, {"a": 1, "b": 1, "c": 30}])
def test_subtracting_what_is_told_from_the_sum_leaves_two_or_more_with_room(counts):
    told = protect(counts)
    left = told.total - sum(count for count in told.cells.values() if count is not None)
    assert len(told.hidden) >= 2 and left >= len(told.hidden) + LEAST


def test_what_is_not_small_is_told_and_so_is_nothing():
    assert protect({"a": 7, "b": 0}).cells == {"a": 7, "b": 0}
    assert protect({"a": 0, "b": 0}).total == 0
    assert protect({"a": 7}).cells == {"a": 7}
    assert protect({"a": 3}).total is None
    assert protect({"a": 4, "b": 0}).hidden == {"a", "b"}


def test_a_correction_hides_what_the_version_before_hid():
    first = protect({"a": 3, "b": 6, "c": 40})
    assert first.hidden == {"a", "b"}
    assert protect({"a": 8, "b": 16, "c": 40}, before=[first]).hidden >= first.hidden


def test_a_correction_tells_nothing_that_differs_by_few_from_any_version_before():
    first = protect({"a": 10, "b": 20, "c": 30})
    second = protect({"a": 12, "b": 20, "c": 40}, before=[first])
    assert second.cells["a"] is None and second.total == 72
    shown = sum(count for count in second.cells.values() if count is not None)
    before = sum(first.cells[key] for key, count in second.cells.items() if count is not None)
    assert (second.total - shown) - (first.total - before) not in range(-4, 0)
    assert (second.total - shown) - (first.total - before) not in range(1, 5)
    assert protect({"a": 12, "b": 20, "c": 30}, before=[first]).total is None
    third = protect({"a": 11, "b": 20, "c": 90}, before=[first, protect({"a": 50, "b": 20, "c": 30})])
    assert third.cells["a"] is None
    assert protect({"a": 10, "b": 20, "c": 30}, before=[first]) == first


def test_of_a_sum_that_is_not_told_elsewhere_nothing_is_told():
    assert protect({"a": 50, "b": 60}, whole=True).hidden == {"a", "b"}
