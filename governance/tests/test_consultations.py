"""What the public is asked: one vote for each person, secret, counted by anybody; an answer by two, for good (G4)."""

import hashlib
import random
import re
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from core import clock, motions
from core.errors import Forbidden, InvalidInput, NotFound
from core.four_eyes import SecondPersonNeeded
from core.idempotency import KeyTooShort
from core.limits import Asker
from core.models import AuditEntry, DoneAct
from core.privacy import blind_index
from core.tests.factories import set_policy
from governance import comments, counted, recount
from governance.consultations import (
    ANSWER,
    COUNT,
    MIX,
    QUESTION,
    Answered,
    count,
    drafts,
    find_receipt,
    group_of,
    has_voted,
    mix,
)
from governance.demo import open_questions
from governance.errors import AlreadyVoted, BoxBusy, CommentedAlready, NotClosed, NotOpen, NotVerifiedToVote
from governance.models import Ballot, Consultation, ConsultationAnswer, Option, VoteList, Voter
from governance.policies import VOTES
from governance.states import Group
from governance.tests.asking import ASKED, KEY, citizen, question, votes


def closed(row, noon):
    noon.move_to(row.closes_at + timedelta(minutes=1))
    COUNT.run(at=clock.now())
    row.refresh_from_db()
    return row


# --- Voting ---


def test_a_person_votes_once_and_gets_a_receipt_that_only_they_have(people):
    row = question()
    found = votes(people("passenger"), "no")
    assert re.fullmatch(r"[A-Z2-7]{5}(-[A-Z2-7]{5}){3}", found.receipt)
    assert find_receipt(row, found.receipt).option.key == "no"
    assert has_voted(people("passenger"), row)
    with pytest.raises(AlreadyVoted):
        votes(people("passenger"), "no", key="another key of this form")
    with pytest.raises(AlreadyVoted):
        votes(people("passenger"), "yes")
    assert (Voter.objects.count(), Ballot.objects.count()) == (1, 1)


def test_the_same_form_again_is_answered_with_the_same_receipt(people):
    question()
    assert votes(people("passenger")).receipt == votes(people("passenger")).receipt
    assert Ballot.objects.count() == 1


def test_one_person_has_one_vote_whatever_accounts_they_have(people):
    question()
    votes(people("passenger"))
    old = people("passenger")
    number = old.id_index
    Account.objects.filter(pk=old.pk).update(closed_at=clock.now(), erase_at=clock.now(), is_active=False)
    new = citizen(7)
    new.id_index = number
    new.save(update_fields=["id_index"])
    with pytest.raises(AlreadyVoted):
        votes(new, key="the key of the new account")


def test_whom_the_registry_knows_by_two_documents_has_one_vote_and_one_comment(people):
    question()
    first, second, other = citizen(7), citizen(8), citizen(9)
    at = clock.now()  # the account of the first document was left before the second was verified
    first.closed_at, first.erase_at, first.is_active = at, at, False
    first.save(update_fields=["closed_at", "erase_at", "is_active"])
    for each, person in ((first, "nia-1"), (second, "nia-1"), (other, "nia-2")):
        each.person_index = blind_index(person, purpose="person")
        each.save(update_fields=["person_index"])
    votes(first)
    comments.comment(account=first, slug="dogs", words="dogs are quiet")
    row = Consultation.objects.get(slug="dogs")
    assert has_voted(second, row)
    with pytest.raises(AlreadyVoted):
        votes(second, key="the key of the second document")
    with pytest.raises(CommentedAlready):
        comments.comment(account=second, slug="dogs", words="cats are too")
    votes(other, key="the key of another person")
    assert Voter.objects.count() == Ballot.objects.count() == 2


def test_who_voted_before_the_registry_said_who_they_are_has_voted(people):
    question()
    person = citizen(7)
    votes(person)
    person.person_index = blind_index("nia-1", purpose="person")
    person.save(update_fields=["person_index"])
    with pytest.raises(AlreadyVoted):
        votes(person, key="another key of the same person")


def test_who_is_not_verified_not_a_member_or_marked_does_not_vote(people):
    question()
    unknown = citizen(1)
    Account.objects.filter(pk=unknown.pk).update(verified_at=None, id_index=None)
    unknown.refresh_from_db()
    with pytest.raises(NotVerifiedToVote):
        votes(unknown)
    with pytest.raises(Forbidden):
        votes(people("supervisor"))
    with pytest.raises(Forbidden):
        votes(citizen(2, is_drill=True))
    assert not Voter.objects.exists()


def test_only_while_it_is_open_and_only_what_can_be_chosen(people, noon):
    row = question()
    with pytest.raises(InvalidInput):
        votes(people("passenger"), "maybe")
    with pytest.raises(NotFound):
        votes(people("passenger"), slug="nothing")
    with pytest.raises(KeyTooShort):
        votes(people("passenger"), key="1")
    noon.move_to(row.closes_at)
    with pytest.raises(NotOpen):
        votes(people("passenger"))
    noon.move_to(row.opens_at - timedelta(seconds=1))
    with pytest.raises(NotOpen):
        votes(people("passenger"))
    assert not Voter.objects.exists()


def test_two_questions_give_two_marks_and_two_receipts(people):
    question()
    question("cats")
    one, other = votes(people("passenger")), votes(people("passenger"), slug="cats")
    assert one.receipt != other.receipt
    assert len(set(Voter.objects.values_list("mark", flat=True))) == 2


@pytest.mark.django_db(transaction=True)
def test_of_two_votes_at_once_by_one_person_one_counts(noon):
    question()
    person = citizen(1)
    begin, said = threading.Barrier(6), []

    def cast(number):
        begin.wait()
        try:
            said.append(votes(person, "yes" if number % 2 else "no", key=f"{KEY}{number}").receipt)
        except AlreadyVoted:
            said.append("")
        finally:
            connection.close()

    threads = [threading.Thread(target=cast, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(60)
    assert len([each for each in said if each]) == 1
    assert sorted(said)[-1] == Ballot.objects.get().receipt
    assert Voter.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_votes_while_it_is_counted_is_in_the_count_or_told(noon):
    """The last vote and the count at the same moment: nothing is counted that is not in the list, or the reverse."""
    row = question()
    noon.move_to(row.closes_at - timedelta(seconds=1))
    begin, said = threading.Barrier(2), []
    person = citizen(1)

    def cast():
        begin.wait()
        try:
            said.append(votes(person))
        except (NotOpen, DatabaseError) as error:
            said.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=cast)
    thread.start()
    begin.wait()
    count(row.pk, row.closes_at)
    thread.join(60)
    row.refresh_from_db()
    assert row.result["ballots"] == Ballot.objects.count() == Voter.objects.count()


def aside(work):
    """Do it on a connection of its own, in a transaction that stays open inside; the value says when to end."""
    begun, end = threading.Event(), threading.Event()

    def hold():
        try:
            with transaction.atomic():
                work()
                begun.set()
                end.wait(30)
        finally:
            begun.set()
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    begun.wait(30)

    def over():
        end.set()
        thread.join(60)

    return over


@pytest.mark.django_db(transaction=True)
def test_whoever_votes_while_votes_are_mixed_waits_for_nothing(noon):
    """The threads that a vote holds are those which a call for help waits for."""
    row = question()
    question("cats")
    for number in range(3):
        votes(citizen(number))
    over = aside(lambda: mix.__wrapped__(row.pk, clock.now()))
    try:
        begun = time.monotonic()
        votes(citizen(4))
        votes(citizen(5), slug="cats")
        assert time.monotonic() - begun < 0.9
    finally:
        over()
    assert Voter.objects.count() == Ballot.objects.count() == 5
    MIX.run(at=clock.now())
    assert Voter.objects.count() == Ballot.objects.count() == 5
    with connection.cursor() as cursor:
        cursor.execute("SELECT governance_votes_show_order(%s)", [row.pk])
        assert cursor.fetchone() == (False,)


@pytest.mark.django_db(transaction=True)
def test_a_vote_that_stands_behind_somebody_is_told_within_a_second_that_nothing_was_counted(noon):
    row = question()
    person = citizen(1)
    over = aside(lambda: Consultation.objects.select_for_update().get(pk=row.pk))
    try:
        begun = time.monotonic()
        with pytest.raises(BoxBusy) as said:
            votes(person)
        assert time.monotonic() - begun < 5
        assert (said.value.status, said.value.retry_after > 0) == (503, True)
    finally:
        over()
    assert not Voter.objects.exists()
    assert votes(person).receipt


# --- The secret ---


def test_nothing_links_who_voted_with_what(people):
    """No account, time, code or number that grows in either row; not in the journal or beside it."""
    question()
    person = people("passenger")
    before = AuditEntry.objects.count(), DoneAct.objects.count()
    votes(person)
    assert (AuditEntry.objects.count(), DoneAct.objects.count()) == before
    assert {field.name for field in Voter._meta.fields} == {"mark", "consultation"}
    assert {field.name for field in Ballot._meta.fields} == {"receipt", "option", "group", "beyond"}
    voter, ballot = Voter.objects.get(), Ballot.objects.get()
    for secret in (person.code, person.id_index, person.phone_index, str(person.pk), voter.mark):
        assert secret not in (ballot.receipt, ballot.pk)
    assert voter.mark not in {person.id_index, hashlib.sha256(f"dogs:{person.id_index}".encode()).hexdigest()}
    assert not {
        model
        for model in apps.get_models()
        for field in model._meta.fields
        if field.is_relation and field.related_model in {Voter, Ballot}
    }


@pytest.mark.django_db(transaction=True)
def test_rows_that_were_written_together_do_not_show_it(noon):
    """As whoever copies the database reads it: by the transaction that wrote a row, and by the place where it stands."""
    row = question()
    for number in range(12):
        votes(citizen(number), "yes" if number % 2 else "no")

    def seen(table, key, order):
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT xmin::text, {key} FROM governance_{table} ORDER BY {order}")  # noqa: S608
            return cursor.fetchall()

    together = {xmin for xmin, _key in seen("voter", "mark", "mark")}
    assert together == {xmin for xmin, _key in seen("ballot", "receipt", "receipt")}
    assert len(together) == 12  # what an attacker would go by
    before = set(Ballot.objects.values_list("receipt", "option", "group", "beyond"))
    MIX.run(at=clock.now())
    for table, key in (("voter", "mark"), ("ballot", "receipt")):
        found = seen(table, key, "ctid")
        assert len({xmin for xmin, _key in found}) == 1
        assert [each for _xmin, each in found] == sorted(each for _xmin, each in found)
    assert set(Ballot.objects.values_list("receipt", "option", "group", "beyond")) == before
    assert Voter.objects.count() == 12
    assert not mix(row.pk + 1, clock.now())


@pytest.mark.django_db(transaction=True)
def test_the_database_refuses_whoever_changes_or_takes_away(noon, django_user_model):
    row = question()
    votes(citizen(1))
    ConsultationAnswer.objects.create(
        consultation=row,
        decision_zh="x",
        decision_en="x",
        why_zh="x",
        why_en="x",
        written_by="admin",
        agreed_by="supervisor",
        at=clock.now(),
    )
    other = Option.objects.get(key="no")
    for wrong in (
        lambda: Ballot.objects.all().delete(),
        lambda: Ballot.objects.update(option=other),
        lambda: Ballot.objects.update(group="driver"),
        lambda: Voter.objects.all().delete(),
        lambda: Consultation.objects.filter(pk=row.pk).update(title_en="May cats ride?"),
        lambda: Consultation.objects.filter(pk=row.pk).update(closes_at=row.closes_at + timedelta(days=9)),
        lambda: Option.objects.update(en="Perhaps"),
        lambda: Option.objects.create(consultation=row, key="late", zh="x", en="x", place=9),
        lambda: ConsultationAnswer.objects.update(decision_en="another"),
        lambda: ConsultationAnswer.objects.all().delete(),
        lambda: connection.cursor().execute("TRUNCATE governance_consultationanswer"),
        lambda: connection.cursor().execute("TRUNCATE governance_ballot, governance_voter"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()
    noon.move_to(row.closes_at)
    assert count(row.pk, clock.now())
    late = Option.objects.get(key="yes")
    for wrong in (
        lambda: Ballot.objects.create(
            receipt="AAAAA-AAAAA-AAAAA-AAAAA", option=late, group="other", beyond=False
        ),
        lambda: Voter.objects.create(mark="0" * 64, consultation=row),
        lambda: Consultation.objects.filter(pk=row.pk).update(result={"ballots": 9}),
        lambda: VoteList.objects.update(content=b"x"),
        lambda: VoteList.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            wrong()


# --- Counting ---


def test_anybody_recounts_and_finds_their_receipt(people, client, noon, tmp_path):
    row = question()
    for number in range(30):
        votes(citizen(number), "yes" if number % 3 else "no")
    mine = votes(people("passenger"), "no").receipt
    assert client.get("/consultations/dogs/list.csv").status_code == 409
    closed(row, noon)
    answer = client.get("/consultations/dogs/list.csv")
    assert answer["Content-Type"].startswith("text/csv")
    lines = answer.content.decode().split("\r\n")
    assert lines[0] == "receipt,choice"
    assert lines[1:-1] == sorted(lines[1:-1])
    assert all(re.fullmatch(r"[A-Z2-7-]{23},(yes|no)", line) for line in lines[1:-1])
    given = client.get("/consultations/dogs/list.json").json()
    assert {tuple(sorted(each)) for each in given["votes"]} == {("choice", "receipt")}
    (tmp_path / "list.csv").write_bytes(answer.content)
    (tmp_path / "result.json").write_bytes(client.get("/consultations/dogs/result.json").content)
    (tmp_path / "recount.py").write_bytes(client.get("/consultations/recount.py").content)

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-I", "recount.py", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout

    code, said = run("list.csv", "result.json", mine.lower())
    assert code == 0, said
    assert f"Receipt {mine}: no" in said
    assert "        20  yes" in said
    assert run("list.csv", "AAAAA-AAAAA-AAAAA-AAAAA")[0] == 1
    changed = answer.content.replace(b",no", b",yes", 1)
    (tmp_path / "list.csv").write_bytes(changed)
    assert run("list.csv", "result.json")[0] == 1
    assert AuditEntry.objects.filter(action="governance.consultation_counted", subject="dogs").exists()


def test_a_list_is_drawn_up_once_and_kept_by_whoever_stands_between(client, noon, db):
    row = question()
    votes(citizen(1))
    closed(row, noon)
    for name in ("list.csv", "list.json"):
        answer = client.get(f"/consultations/dogs/{name}")
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert not answer.cookies  # or whoever stands between would hand one person's to all
        again = client.get(f"/consultations/dogs/{name}", headers={"if-none-match": answer["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert hashlib.sha256(client.get("/consultations/dogs/list.csv").content).hexdigest() == row.list_sha256
    with CaptureQueriesContext(connection) as asked:
        client.get("/consultations/dogs/list.csv")
        client.get("/consultations/dogs/list.json")
    assert not [each for each in asked if "governance_ballot" in each["sql"]]


def test_who_asks_for_results_without_end_is_refused(client, db):
    question()
    set_policy("governance.vote_results", {"address": 2, "within": 3_600})
    asked = ["/consultations/dogs/result.json", "/api/v1/consultations/", "/api/v1/consultations/dogs/"]
    assert [client.get(each).status_code for each in asked] == [200, 200, 429]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"receipt,choice\r\nx,yes\r\n",
        b"a,b\r\n",
        b"receipt,choice\r\n" + 2 * b"AAAAA-AAAAA-AAAAA-AAAAA,yes\r\n",
    ],
)
def test_the_script_refuses_what_is_no_list(content):
    with pytest.raises(recount.NotSo):
        recount.read_list(content)


def test_groups_stand_apart_and_what_all_agree_on_comes_first(people, noon, rides):
    row = question()
    assert group_of(people("driver")) == Group.DRIVER
    assert group_of(citizen(999)) == Group.OTHER
    yes, no = row.options.all()
    rows = [
        ("driver", no, 20),
        ("driver", yes, 30),
        ("passenger", no, 30),
        ("passenger", yes, 40),
        ("other", yes, 20),
    ]
    number = 0
    for group, option, many in rows:
        for _each in range(many):
            letters = f"{number:020d}".translate(str.maketrans("0123456789", "ABCDEFGHIJ"))
            receipt = "-".join(letters[at : at + 5] for at in range(0, 20, 5))
            Ballot.objects.create(receipt=receipt, option=option, group=group, beyond=False)
            number += 1
    found = counted.result_of(closed(row, noon))
    assert [choice.option.key for choice in found.choices] == ["yes", "no"]
    assert [choice.all_agree for choice in found.choices] == [True, False]
    assert found.groups == {"passenger": 70, "driver": 50, "other": 20}
    assert found.hidden == []


def test_what_only_a_large_group_wants_does_not_come_first(noon, db):
    row = question()
    choices = {"yes": {"passenger": 900, "driver": 1}, "no": {"passenger": 600, "driver": 99}}
    row.result = {"ballots": 1600, "voters": 1600, "choices": choices, "hidden": []}
    found = counted.result_of(row)
    assert [choice.option.key for choice in found.choices] == ["no", "yes"]


def test_no_small_group_is_found_by_subtracting(db):
    """An attacker has the list, so the sum of all groups; what is hidden is always two groups or more, ten people or more."""
    random.seed(20)
    for _round in range(3_000):
        sizes = {name: random.choice([0, 0, 1, 2, 5, 9, 10, 11, 200]) for name in counted.NAMES}
        hidden = counted.hidden_cells(sizes, 10)
        assert all(sizes[name] >= 10 or not sizes[name] for name in set(sizes) - hidden)
        if hidden and sum(sizes.values()) - sum(sizes[name] for name in hidden):
            assert len(hidden) > 1
            assert sum(sizes[name] for name in hidden) >= 10
            # Who sent many from one source knows how many: what is left are two groups, or one that is large enough alone.
            people = [sizes[name] for name in hidden - {counted.MARKED} if sizes[name]]
            assert sum(people) >= 10
            assert len(people) > 1 or min(people) >= 10


def few_drivers(row):
    """Three drivers, thirty passengers, fifteen from one source, and fifty others."""
    yes, no = row.options.all()
    rows = [
        ("driver", no, 3, False),
        ("passenger", yes, 30, False),
        ("other", no, 50, False),
        ("other", yes, 15, True),
    ]
    number = 0
    for group, option, many, beyond in rows:
        for _each in range(many):
            letters = f"{number:020d}".translate(str.maketrans("0123456789", "ABCDEFGHIJ"))
            receipt = "-".join(letters[at : at + 5] for at in range(0, 20, 5))
            Ballot.objects.create(receipt=receipt, option=option, group=group, beyond=beyond)
            number += 1


def test_a_rule_of_later_uncovers_nobody_in_a_result(noon, client, db):
    row = question()
    few_drivers(row)
    closed(row, noon)
    before = client.get("/consultations/dogs/result.json").json()
    assert set(before["choices"]["yes"]["groups"]) == {"other"}
    assert before["marked"] == before["choices"]["yes"]["marked"] == 15
    set_policy("governance.least_group", 40)
    assert client.get("/consultations/dogs/result.json").json() == before


def test_what_came_from_one_source_is_not_said_where_it_would_tell_of_somebody(noon, client, db):
    """With the number of the marked ones, subtracting finds the drivers."""
    row = question()
    few_drivers(row)
    set_policy("governance.least_group", 16)
    closed(row, noon)
    found = client.get("/consultations/dogs/result.json").json()
    assert "marked" not in found
    assert not any("marked" in each for each in found["choices"].values())
    page = client.get("/consultations/dogs/", headers={"accept-language": "en"}).content.decode()
    assert "came as some of very many" not in page


def test_a_flood_from_one_source_is_counted_marked_and_shown_apart(noon, db):
    row = question()
    set_policy(VOTES.policy, {"device": 5, "address": 50, "target": 20, "within": 604_800})
    for number in range(60):
        votes(citizen(1_000 * number), asker=Asker("203.0.113.9"))
    for number in range(20):
        votes(citizen(500_000 + 1_000 * number), "no", asker=Asker(f"10.1.{number}.1", device="d" * 32))
    for number in range(30):
        votes(citizen(900_000 + number), "no", asker=Asker(f"10.2.{number}.1"))
    assert Ballot.objects.filter(beyond=True).count() == 10 + 15 + 10
    found = counted.result_of(closed(row, noon))
    assert (found.ballots, found.marked) == (110, 35)
    assert found.groups == {"other": 75}


def test_a_flood_on_one_question_marks_nobody_on_another(db, noon):
    question()
    question("cats")
    for number in range(55):
        votes(citizen(1_000 * number), asker=Asker("203.0.113.9"))
    votes(Account.objects.get(code="citizen0"), slug="cats", asker=Asker("203.0.113.9"))
    assert not Ballot.objects.get(option__consultation__slug="cats").beyond


# --- Asking and answering ---


def answered(**changes):
    return Answered(**({"slug": "dogs", "decision_zh": "定", "decision_en": "Dogs ride", "why_zh": "因",
                        "why_en": "Most of each group said so"} | changes))  # fmt: skip


def test_two_people_open_a_question(people):
    row = motions.propose(account=people("admin"), kind=QUESTION, given=ASKED, subject="women-ride")
    with pytest.raises(SecondPersonNeeded):
        motions.decide(account=people("admin"), code=row.code, agrees=True)
    motions.decide(account=people("supervisor"), code=row.code, agrees=True)
    found = Consultation.objects.get(slug="women-ride")
    assert [option.key for option in found.options.all()] == ["yes", "no"]
    assert found.closes_at - found.opens_at == timedelta(days=14)
    with pytest.raises(Forbidden):
        motions.propose(account=people("agent"), kind=QUESTION, given=ASKED, subject="x")


@pytest.mark.parametrize(
    "changes",
    [{"options": "yes | 是 | Yes"}, {"options": "yes\nno"}, {"options": "a|是|Yes\na|否|No"}, {"days": 1}, {"days": 400},
     {"title_en": " "}, {"city": "wenzhou"}, {"line": "balloon"}, {"options": "=a|是|Yes\nb|否|No"}],
)  # fmt: skip
def test_a_question_is_whole(people, changes):
    with pytest.raises(InvalidInput):
        motions.propose(
            account=people("admin"), kind=QUESTION, given=replace(ASKED, **changes), subject="women-ride"
        )


def test_two_people_answer_once_it_is_counted_and_everybody_reads_it(people, client, noon):
    row = question()
    votes(people("passenger"))
    with pytest.raises(NotClosed):
        motions.propose(account=people("admin"), kind=ANSWER, given=answered(), subject="dogs")
    closed(row, noon)
    version = set_policy("rides.near", 700).number
    motion = motions.propose(
        account=people("admin"), kind=ANSWER, given=answered(rule=f"rides.near v{version}"), subject="dogs"
    )
    with pytest.raises(SecondPersonNeeded):
        motions.decide(account=people("admin"), code=motion.code, agrees=True)
    motions.decide(account=people("supervisor"), code=motion.code, agrees=True)
    page = client.get("/consultations/dogs/", headers={"accept-language": "en"}).content.decode()
    assert "Dogs ride" in page and "Most of each group said so" in page
    assert client.get("/consultations/dogs/result.json").json()["answers"][0]["rule"] == "rides.near"


@pytest.mark.parametrize(
    "changes", [{"why_zh": " "}, {"rule": "rides.curfew v999"}, {"rule": "nothing v1"}, {"rule": "x"}]
)
def test_an_answer_says_why_in_both_languages_and_names_a_version_that_is(people, noon, changes):
    closed(question(), noon)
    with pytest.raises(InvalidInput):
        motions.propose(account=people("admin"), kind=ANSWER, given=answered(**changes), subject="dogs")


def test_an_answer_that_is_late_is_red_for_everybody(people, client, noon):
    row = closed(question(), noon)
    client = Client(headers={"accept-language": "en"})
    assert "our answer is late" not in client.get("/consultations/").content.decode()
    noon.move_to(row.closes_at + timedelta(days=30, minutes=1))
    assert "our answer is late" in client.get("/consultations/").content.decode()
    assert client.get("/consultations/dogs/result.json").json()["answer_late"]


# --- Pages ---


def test_the_questions_of_2018_begin_when_two_people_open_them(people, client, noon, signed_in):
    noon.move_to(
        clock.now() + timedelta(days=200)
    )  # a platform that was set up long ago: nothing has run out
    assert [each.slug for each in drafts()] == ["recording", "records"]
    page = Client(headers={"accept-language": "en"}).get("/consultations/").content.decode()
    assert page.count("not open yet") == 2
    assert client.get("/consultations/recording/").status_code == 404
    desk = signed_in("admin").get("/admin/consultations/?draft=records").content.decode()
    assert 'value="records"' in desk and "refuse | 一律不准 | Refuse all of them" in desk
    open_questions()
    open_questions()
    assert drafts() == []
    for row in Consultation.objects.all():
        assert (row.opens_at, row.closes_at) == (clock.now(), clock.now() + timedelta(days=90))
        assert (row.asked_by, row.agreed_by) == ("admin", "supervisor")
        assert all((row.title_zh, row.title_en, row.background_zh, row.background_en))
        assert [all((option.zh, option.en)) for option in row.options.all()] == [True, True, True]
        assert client.get(f"/consultations/{row.slug}/").status_code == 200


def test_a_citizen_votes_looks_and_reads(signed_in, noon):
    row = question()
    client = signed_in("passenger")
    page = client.get("/consultations/dogs/").content.decode()
    key = re.search(r'name="submission" value="([^"]+)"', page)[1]
    assert client.post("/consultations/dogs/vote/", {"submission": key}).status_code == 400
    answer = client.post("/consultations/dogs/vote/", {"choice": "yes", "submission": key})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    receipt = re.search(r"[A-Z2-7]{5}(-[A-Z2-7]{5}){3}", answer.content.decode())[0]
    again = client.get("/consultations/dogs/").content.decode()
    assert "You have voted" in again
    assert receipt not in again
    stranger = Client(headers={"accept-language": "en"})
    typed = receipt.replace("-", " ").lower()
    assert (
        "is in the box" in stranger.post("/consultations/dogs/receipt/", {"receipt": typed}).content.decode()
    )
    assert stranger.post("/consultations/dogs/receipt/", {"receipt": "AAAAA"}).status_code == 404
    assert (
        client.post("/consultations/dogs/vote/", {"choice": "no", "submission": key + "x"}).status_code == 409
    )
    closed(row, noon)
    assert "1 votes of 1" in stranger.get("/consultations/dogs/").content.decode()


def test_a_stranger_reads_and_is_led_to_sign_in(db, noon):
    question()
    client = Client(headers={"accept-language": "zh-hans"})
    page = client.get("/consultations/dogs/").content.decode()
    assert "可以带狗吗？" in page
    assert client.post("/consultations/dogs/vote/", {"choice": "yes"}).status_code == 302
    assert client.get("/consultations/nothing/").status_code == 404
    assert client.get("/consultations/nothing/result.json").status_code == 404
