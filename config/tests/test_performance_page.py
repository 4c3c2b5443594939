"""`docs/performance.md` is written by several: a run of the benchmarks keeps what others measured and wrote."""

import pytest

from benchmarks.__main__ import BEGINS, ENDS, PAGE, written


def test_the_benchmarks_write_their_own_part_alone():
    page = PAGE.read_text()
    assert written(page, page.partition(f"{BEGINS}\n")[2].partition(f"\n{ENDS}")[0].split("\n")) == page
    anew = written(page, ["| one row |"])
    assert "| one row |" in anew and "| face_check |" not in anew
    for kept in ("# Performance\n", "## The first pages at slow 3G", "The last nine but"):
        assert kept in anew


@pytest.mark.parametrize("page", ["", BEGINS, ENDS, f"{ENDS}{BEGINS}", f"{BEGINS}{ENDS}{BEGINS}{ENDS}"])
def test_a_page_without_one_place_is_left_alone(page):
    with pytest.raises(ValueError):
        written(page, [])
