"""A letter that came before is known when it is scanned again, pressed again, or cut, and not by its bytes alone (P10)."""

import pytest

from core.tests.factories import PDF
from police import letters, notices
from police.papers import read as read_papers
from police.states import Paper, Unusual
from police.tests.drawn_letters import jpeg, letter, pdf, pressed, scanned
from police.tests.factories import complete
from police.vision import lines


def sent(people, trip, file, key, *, who="officer", number="乐公（刑）调证字〔2018〕0824 号"):
    """The one question of a notice whose letter is this file."""
    account = people(who)
    notice = notices.begin(account=account, submission=key)
    papers = read_papers(dict.fromkeys(Paper, PDF) | {Paper.LETTER: file})
    notices.save(account=account, code=notice.code, given=complete(trip.code, number=number), papers=papers)
    (asked,) = notices.send(account=account, code=notice.code)
    return Unusual.LETTER_USED in asked.unusual


AGAIN = {
    "pressed": lambda paper: jpeg(pressed(paper)),
    "scanned": lambda paper: jpeg(scanned(paper, 1)),
    "cut": lambda paper: jpeg(scanned(paper, 2, slant=0, cut=0.08, noise=0, shade=0), 60),
    "as a document": lambda paper: pdf(scanned(paper, 3)),
}


@pytest.mark.parametrize("how", AGAIN)
def test_the_same_letter_again(people, rides, how):
    trip, paper = rides.under_way(), letter(1)
    assert not sent(people, trip, jpeg(paper, 90), "first")
    assert sent(
        people, trip, AGAIN[how](paper), "again", who="officer2", number="乐公(刑)调证字[2018] 0824号"
    )


def test_under_another_number_a_paper_that_was_only_pressed_is_known(people, rides):
    trip, paper = rides.under_way(), letter(1)
    assert not sent(people, trip, pdf(paper), "first")
    assert sent(people, trip, jpeg(pressed(paper)), "again", number="温公（刑）调证字〔2019〕1 号")


def test_another_letter_of_the_same_form_is_another(people, rides):
    trip = rides.under_way()
    for seed in range(1, 4):
        number = f"乐公（刑）调证字〔2018〕{seed} 号"
        assert not sent(
            people, trip, jpeg(scanned(letter(seed), seed, noise=3), 70), f"{seed}", number=number
        )


def test_an_empty_page_is_like_no_other():
    assert letters.share([], []) == 0.0 and letters.share(["0" * 64], ["0" * 64]) == 0.0


def test_letters_of_one_form_share_less_than_two_scans_of_one():
    shown = [lines(letter(seed)) for seed in range(4)]
    others = [letters.share(one, other) for at, one in enumerate(shown) for other in shown[:at]]
    again = [letters.share(one, lines(pressed(letter(seed)))) for seed, one in enumerate(shown)]
    assert max(others) < letters.LETTER_SAME <= min(again)
