"""What people write about public questions: looked at by a person before anybody reads it (G4+)."""

import hashlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from core import clock
from core.errors import Forbidden, InvalidInput
from core.four_eyes import SecondPersonNeeded
from governance.actions import COMMENTS
from governance.comments import (
    appeal,
    comment,
    gone,
    own_comment,
    publish,
    published,
    remove,
    restore,
    tells_who,
    to_look_at,
    uphold,
)
from governance.errors import CommentedAlready, CommentLookedAt, NotOpen, NotVerifiedToVote, TellsWho
from governance.models import Comment
from governance.states import CommentReason
from governance.tests.asking import citizen, question

WORDS = "Record only where both agree."


def read(slug="dogs"):
    return Client(headers={"accept-language": "en"}).get(f"/consultations/{slug}/").content.decode()


def test_nobody_reads_it_before_a_person_has_looked(people):
    question()
    row = comment(account=people("passenger"), slug="dogs", words=WORDS)
    assert WORDS not in read()
    publish(account=people("agent"), code=row.code, words=WORDS)
    assert WORDS in read()
    assert people("passenger").code not in read()


def test_one_person_one_comment_and_the_same_again_is_the_same(people):
    question()
    first = comment(account=people("passenger"), slug="dogs", words=WORDS)
    assert comment(account=people("passenger"), slug="dogs", words=f" {WORDS} ") == first
    with pytest.raises(CommentedAlready):
        comment(account=people("passenger"), slug="dogs", words="another")
    assert Comment.objects.count() == 1


def test_only_members_with_a_verified_name_while_it_is_open(people, noon):
    row = question()
    with pytest.raises(Forbidden):
        comment(account=people("agent"), slug="dogs", words=WORDS)
    unknown = citizen(1)
    unknown.verified_at = None
    with pytest.raises(NotVerifiedToVote):
        comment(account=unknown, slug="dogs", words=WORDS)
    for words in (" ", "x" * 1_001):
        with pytest.raises(InvalidInput):
            comment(account=people("passenger"), slug="dogs", words=words)
    noon.move_to(row.closes_at + timedelta(seconds=1))
    with pytest.raises(NotOpen):
        comment(account=people("passenger"), slug="dogs", words=WORDS)


@pytest.mark.parametrize(
    "words",
    ["打我电话 13800000001", "１３８００００００００１", "138 0000 0001", "浙C12345 的司机", "浙 C·1234D5", "给 a@example.org 写信",
     "330302199001010010", "https://example.org/x"],
)  # fmt: skip
def test_what_tells_who_somebody_is_is_not_published(people, words):
    question()
    row = comment(account=people("passenger"), slug="dogs", words=words)
    with pytest.raises(TellsWho):
        publish(account=people("agent"), code=row.code, words=words)
    publish(account=people("agent"), code=row.code, words="call me")
    assert words not in read()


@pytest.mark.parametrize(
    "words", [WORDS, "2018 年 5 月 11 日的事不能再发生", "72 小时后删除，1 年后再看", "支持 SOS 按钮"]
)
def test_ordinary_words_are_published(words):
    assert not tells_who(words)


def test_what_is_not_published_keeps_date_reason_and_digest(people):
    row = question()
    found = comment(account=people("passenger"), slug="dogs", words="buy my phones")
    remove(account=people("agent"), code=found.code, reason=CommentReason.ADVERT)
    page = read()
    assert "buy my phones" not in page
    assert found.digest in page
    assert "it advertises" in page
    own = own_comment(people("passenger"), row)
    assert hashlib.sha256(f"{own.salt}{own.words}".encode()).hexdigest() == found.digest
    with pytest.raises(CommentLookedAt):
        publish(account=people("supervisor"), code=found.code, words="x")


def test_another_person_looks_at_an_appeal(people):
    question()
    found = comment(account=people("passenger"), slug="dogs", words=WORDS)
    with pytest.raises(CommentLookedAt):
        appeal(account=people("passenger"), slug="dogs")
    remove(account=people("agent"), code=found.code, reason=CommentReason.INSULT)
    appeal(account=people("passenger"), slug="dogs")
    assert appeal(account=people("passenger"), slug="dogs").state == "appealed"
    with pytest.raises(SecondPersonNeeded):
        restore(account=people("agent"), code=found.code, words=WORDS)
    with pytest.raises(SecondPersonNeeded):
        uphold(account=people("agent"), code=found.code)
    restore(account=people("supervisor"), code=found.code, words=WORDS)
    assert WORDS in read()
    with pytest.raises(CommentLookedAt):
        remove(account=people("agent"), code=found.code, reason=CommentReason.INSULT)


def test_what_two_people_left_unpublished_stays_so(people):
    row = question()
    found = comment(account=people("passenger"), slug="dogs", words=WORDS)
    remove(account=people("agent"), code=found.code, reason=CommentReason.INSULT)
    appeal(account=people("passenger"), slug="dogs")
    uphold(account=people("supervisor"), code=found.code)
    assert [each.state for each in gone(row)] == ["upheld"]
    with pytest.raises(CommentLookedAt):
        appeal(account=people("passenger"), slug="dogs")


def test_the_database_publishes_nothing_that_nobody_looked_at(people):
    question()
    found = comment(account=people("passenger"), slug="dogs", words=WORDS)
    for wrong in (
        {"published": WORDS},
        {"state": "published", "published": WORDS},
        {"state": "removed", "decided_by": "agent", "decided_at": clock.now()},
        {"state": "restored", "published": WORDS, "reason": "insult", "decided_by": "agent", "answered_by": "agent",
         "decided_at": clock.now()},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            Comment.objects.filter(pk=found.pk).update(**wrong)


def test_the_order_is_drawn_anew_each_day_and_is_the_same_for_everybody(people, noon):
    row = question()
    for number in range(12):
        found = comment(account=citizen(number), slug="dogs", words=f"comment {number}")
        publish(account=people("agent"), code=found.code, words=f"comment {number}")
    today = [each.code for each in published(row, clock.now())]
    assert today == [each.code for each in published(row, clock.now() + timedelta(hours=1))]
    days = {
        tuple(each.code for each in published(row, clock.now() + timedelta(days=day))) for day in range(5)
    }
    assert len(days) == 5


def test_what_sounds_of_danger_stands_first(people):
    question()
    comment(account=people("passenger"), slug="dogs", words=WORDS)
    grave = comment(account=people("passenger2"), slug="dogs", words="他拿刀逼我，不让我下车")
    assert to_look_at()[0] == grave


def test_the_desk_publishes_and_the_page_follows(people, signed_in):
    question()
    found = comment(account=people("passenger"), slug="dogs", words="<b>bold</b> words")
    agent = signed_in("agent")
    assert "bold" in agent.get("/admin/comments/").content.decode()
    sent = agent.post(f"/admin/comments/{found.code}/do/publish/", {})
    assert sent.status_code == 400
    name = COMMENTS.action("publish").form
    assert name is not None
    assert signed_in("vetting").get("/admin/comments/").status_code == 403


def test_a_member_writes_and_appeals_on_the_page(people, signed_in):
    question()
    client = signed_in("passenger")
    assert client.post("/consultations/dogs/comment/", {"words": WORDS}).status_code == 302
    assert "waits to be looked at" in client.get("/consultations/dogs/").content.decode()
    found = Comment.objects.get()
    remove(account=people("agent"), code=found.code, reason=CommentReason.ELSEWHERE)
    assert "Have somebody else look" in client.get("/consultations/dogs/").content.decode()
    assert client.post("/consultations/dogs/comment/appeal/").status_code == 302
    assert Comment.objects.get().state == "appealed"
