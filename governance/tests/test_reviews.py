"""The learning loop (G10): the platform opens a review, two people finish it, and nobody ticks an action."""

import re
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from complaints import services as claims
from complaints.states import ClaimKind, Paper
from core import clock, policy
from core.errors import Forbidden, InvalidInput
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, Motion
from core.tests.factories import PDF, set_policy
from governance import reviews
from governance.errors import ActionShowsNothing, ReviewDone, ReviewNotWritten, ReviewWithoutAction
from governance.measures import check_measure, measure_of
from governance.models import MeasureState, Review, ReviewAction
from governance.states import ReviewKind
from governance.tasks import open_reviews
from rides.states import Party
from rides.tokens import TripKey
from safety.models import Caller, Incident
from safety.services import raise_sos, record_harm, resolve_incident, take_incident


@pytest.fixture
def incident(rides, people):
    """One that somebody took in time."""
    row = raise_sos(key=TripKey(rides.under_way().code, Party.PASSENGER, "wenzhou"))
    take_incident(account=people("agent"), code=row.code)
    Incident.objects.update(high_risk_at=None)  # the police's clock does not run here
    Caller.objects.update(called_back_at=clock.now())
    return row


def harmed(people, incident, harm="death"):
    record_harm(account=people("agent"), code=incident.code, harm=harm, words="The hospital says so")
    open_reviews.apply()
    return Review.objects.get(subject=incident.code, kind__in=["death", "injury"])


def measured(name, status, *, days=0):
    """As a round of the board keeps it."""
    at = clock.now()
    MeasureState.objects.update_or_create(
        measure=name,
        defaults={"status": status, "since": at - timedelta(days=days), "checked_at": at, "facts": []},
    )


def acted(people, row, **changes):
    given = {
        "words_zh": "派单前查明", "words_en": "Ask before each order", "owner": "rides", "shows": "measure",
        "named": "M16", "due": clock.now().date() + timedelta(days=30),
    }  # fmt: skip
    return reviews.add_action(account=people("specialist"), code=row.code, **(given | changes))


def written(people, row):
    reviews.write(account=people("specialist"), code=row.code, facts="f", causes="c", warned="w")


def board():
    return check_measure(measure_of("G10")).found


# --- Opened by the platform itself ---------------------------------------------------------------------------


@pytest.mark.parametrize(("harm", "kind"), [("death", ReviewKind.DEATH), ("severe", ReviewKind.INJURY)])
def test_a_death_or_severe_injury_opens_one_review_due_in_14_days(people, incident, noon, harm, kind):
    row = harmed(people, incident, harm)
    open_reviews.apply()
    assert Review.objects.filter(kind=kind).count() == 1
    assert row.due_at - Incident.objects.get().harm_at == timedelta(days=14)
    told = AuditEntry.objects.get(action="governance.review_opened", subject=row.code)
    assert (told.actor, told.case) == ("system", incident.code)


def test_harm_is_recorded_also_after_it_was_closed_and_a_death_after_an_injury_has_its_own_review(
    people, incident
):
    harmed(people, incident, "severe")
    Incident.objects.update(
        state="closed",
        outcome="police",
        harm="severe",
        harm_at=clock.now(),
        resolved_by="a",
        closed_by="b",
        closed_at=clock.now(),
    )
    record_harm(account=people("specialist"), code=incident.code, harm="death", words="x")
    open_reviews.apply()
    assert set(Review.objects.values_list("kind", flat=True)) == {"injury", "death"}
    with pytest.raises(InvalidInput):
        record_harm(account=people("specialist"), code=incident.code, harm="", words="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.update(harm="maybe")


def test_an_sos_that_nobody_took_in_time_is_reviewed_and_one_in_time_is_not(people, rides, incident, noon):
    noon.shift(60)
    open_reviews.apply()
    assert not Review.objects.exists()
    late = raise_sos(key=TripKey(rides.under_way("passenger2", "driver2").code, Party.PASSENGER, "wenzhou"))
    noon.shift(9)
    open_reviews.apply()
    assert not Review.objects.exists()
    noon.shift(2)
    open_reviews.apply()
    row = Review.objects.get()
    assert (row.subject, row.kind, row.clock) == (late.code, "clock", "S3")
    assert row.happened_at == late.opened_at + timedelta(seconds=10)
    noon.shift(700)
    open_reviews.apply()
    assert Review.objects.filter(subject=late.code, clock="S3").count() == 1


def test_who_was_not_called_back_in_time_is_reviewed_by_the_rule_of_that_day(people, incident, noon):
    Caller.objects.update(called_back_at=None)
    noon.shift(61)
    open_reviews.apply()
    assert Review.objects.get().clock == "S2"
    Review.objects.all().delete()
    Caller.objects.update(called_back_at=clock.now())
    set_policy("safety.called_back_within", 600)
    open_reviews.apply()
    assert Review.objects.get().clock == "S2", "a rule of today makes nothing of yesterday right"
    Review.objects.all().delete()
    Caller.objects.update(called_back_at=clock.now() - timedelta(seconds=31))
    set_policy("safety.called_back_within", 10)
    open_reviews.apply()
    assert not Review.objects.exists(), "nor wrong"


def test_what_the_machine_opened_and_nobody_took_in_time_is_reviewed(people, incident, noon):
    Incident.objects.update(origin="monitor", taken_at=None, taken_by="", state="open")
    noon.shift(61)
    open_reviews.apply()
    assert "S6" in set(Review.objects.values_list("clock", flat=True))


@pytest.mark.parametrize("kind", [ClaimKind.HUMANITARIAN, ClaimKind.INSURANCE])
def test_a_death_certificate_with_any_claim_opens_a_review(people, kind):
    accident = claims.open_accident(
        account=people("agent"), trip_code="", happened_at=clock.now() - timedelta(hours=1), place="G104",
        words="x", submission="a" * 22,
    )  # fmt: skip
    claim = claims.file_claim(
        account=people("agent"), accident_code=accident.code, kind=kind, name="家属", phone="13911110003",
        fen=5_000_000, submission="k" * 22,
    )  # fmt: skip
    open_reviews.apply()
    assert not Review.objects.exists()
    for _twice in range(2):
        claims.add_papers(
            claim=claim, actor=people("agent").actor, paper=Paper.DEATH, files=[claims.read_file(PDF)]
        )
    open_reviews.apply()
    row = Review.objects.get()
    assert (row.subject, row.kind) == (claim.code, "death")


def test_two_claims_of_one_death_and_the_incident_of_its_trip_open_one_review(people, incident, noon):
    trip = incident.trip
    accident = claims.open_accident(
        account=people("agent"), trip_code=trip.code, happened_at=clock.now(), place="G104", words="x", submission="a" * 22
    )  # fmt: skip
    for number, kind in enumerate((ClaimKind.HUMANITARIAN, ClaimKind.INSURANCE)):
        claim = claims.file_claim(
            account=people("agent"), accident_code=accident.code, kind=kind, name="家属", phone=f"1391111000{number}",
            fen=5_000_000, submission=f"{number}" * 22,
        )  # fmt: skip
        claims.add_papers(
            claim=claim, actor=people("agent").actor, paper=Paper.DEATH, files=[claims.read_file(PDF)]
        )
        noon.shift(1)
    record_harm(account=people("agent"), code=incident.code, harm="death", words="x")
    assert len({each.key for each in reviews.not_opened(clock.now())}) == 1
    open_reviews.apply()
    row = Review.objects.get(kind="death")
    assert row.matter == trip.code
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.create(
            code="RV-2", kind="death", subject="I-2", matter=trip.code, happened_at=row.due_at, opened_at=row.due_at,
            due_at=row.due_at,
        )  # fmt: skip


# --- Whoever gives an outcome says whether somebody was hurt ---------------------------------------------------


@pytest.mark.parametrize(
    ("harm", "kinds"), [("death", ["death"]), ("severe", ["injury"]), ("light", []), ("none", [])]
)
def test_the_outcome_says_whether_somebody_was_hurt_and_opens_the_review(
    people, incident, signed_in, noon, harm, kinds
):
    address, given = f"/admin/incidents/{incident.code}/do/resolve/", {"outcome": "police", "words": "x"}
    desk = signed_in("agent")
    for missing in ({}, given, given | {"harm": ""}, given | {"harm": "no"}):
        assert desk.post(address, missing).status_code == 400
        incident.refresh_from_db()
        assert (incident.state, incident.outcome, incident.harm) == ("taken", "", "")
    assert desk.post(address, given | {"harm": harm}).status_code == 302
    incident.refresh_from_db()
    assert (incident.state, incident.harm) == ("resolved", harm)
    assert incident.harm_at == clock.now()
    open_reviews.apply()
    assert list(Review.objects.values_list("kind", flat=True)) == kinds


def test_nothing_said_of_harm_ends_no_incident(people, incident):
    with pytest.raises(InvalidInput):
        resolve_incident(account=people("agent"), code=incident.code, outcome="safe", harm="", words="x")
    for state in ("resolved", "closed"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Incident.objects.update(
                state=state, outcome="safe", resolved_by="a", closed_by="b",
                closed_at=clock.now() if state == "closed" else None,
            )  # fmt: skip


def test_what_nobody_found_out_in_a_week_is_no_good_news(people, incident, noon):
    resolve_incident(account=people("agent"), code=incident.code, outcome="police", harm="unknown", words="x")
    assert board().status == "none"
    noon.shift(7 * 86_400 + 1)
    found = board()
    assert (found.status, found.facts[0]["rule"]) == ("progress", "board.harm_not_known")
    assert incident.code in found.evidence
    assert incident.code not in found.public
    record_harm(account=people("agent"), code=incident.code, harm="none", words="The hospital says so")
    assert board().status == "none"


def test_a_drill_is_not_reviewed(people, incident):
    Incident.objects.update(drill=True)
    record_harm(account=people("agent"), code=incident.code, harm="death", words="x")
    open_reviews.apply()
    assert not Review.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_workers_open_one(people, rides):
    row = raise_sos(key=TripKey(rides.under_way().code, Party.PASSENGER, "wenzhou"))
    take_incident(account=people("agent"), code=row.code)
    record_harm(account=people("agent"), code=row.code, harm="death", words="x")
    begin, found, at = threading.Barrier(3), [], clock.now()

    def work():
        begin.wait()
        try:
            reviews.open_reviews(at)
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert found == []
    assert Review.objects.count() == 1
    assert AuditEntry.objects.filter(action="governance.review_opened").count() == 1


# --- Written and finished by two -----------------------------------------------------------------------------


def test_it_ends_by_another_with_words_and_an_action(people, incident):
    row = harmed(people, incident)
    with pytest.raises(ReviewNotWritten):
        reviews.finish(account=people("supervisor"), code=row.code)
    with pytest.raises(InvalidInput):
        reviews.write(account=people("supervisor"), code=row.code, facts="f", causes=" ", warned="w")
    reviews.write(account=people("supervisor"), code=row.code, facts="f", causes="c", warned="w")
    with pytest.raises(ReviewWithoutAction):
        reviews.finish(account=people("admin"), code=row.code)
    acted(people, row)
    with pytest.raises(SecondPersonNeeded):
        reviews.finish(account=people("supervisor"), code=row.code)
    with pytest.raises(Forbidden):
        reviews.finish(account=people("specialist"), code=row.code)
    reviews.finish(account=people("admin"), code=row.code)
    for act in (
        lambda: written(people, row),
        lambda: acted(people, row),
        lambda: reviews.finish(account=people("admin"), code=row.code),
    ):
        with pytest.raises(ReviewDone):
            act()
    with pytest.raises(IntegrityError), transaction.atomic():
        Review.objects.update(done_by="supervisor")


@pytest.mark.parametrize("who", ["agent", "vetting", "driver", "officer"])
def test_nobody_else_writes(people, incident, who):
    row = harmed(people, incident)
    with pytest.raises(Forbidden):
        reviews.write(account=people(who), code=row.code, facts="f", causes="c", warned="w")


def test_what_it_says_is_not_in_a_dump(people, incident):
    row = harmed(people, incident)
    reviews.write(account=people("specialist"), code=row.code, facts="Xu Mei called", causes="c", warned="w")
    with connection.cursor() as cursor:
        cursor.execute("SELECT t::text FROM governance_review t")
        assert "Xu Mei" not in cursor.fetchall()[0][0]


# --- Shown, not ticked ---------------------------------------------------------------------------------------


def test_an_action_stands_on_the_board_without_evidence_until_its_measure_is_kept_for_seven_days(
    people, incident, client, signed_in, noon
):
    row = harmed(people, incident)
    measured("M16", "fail")
    act = acted(people, row)

    def found():
        return reviews.actions(clock.now())[0].found.status

    assert found() == "none"
    pages = ("/promises/", "/promises/board.json", "/admin/board/")
    desk = signed_in("agent")
    for page in pages:
        assert act.code not in desk.get(page).content.decode(), "nobody publishes alone"
    written(people, row)
    reviews.finish(account=people("supervisor"), code=row.code)
    for page in (client.get("/promises/"), desk.get("/admin/board/")):
        text = page.content.decode()
        assert act.code in text
        assert incident.code not in text
    (shown,) = client.get("/promises/board.json").json()["actions"]
    assert (shown["id"], shown["status"], shown["title"]["en"]) == (act.code, "none", "Ask before each order")
    noon.shift(86_400)
    measured("M16", "pass")
    assert found() == "none", "green for a moment is not shown"
    noon.shift(7 * 86_400)
    measured("M16", "pass", days=7)
    assert found() == "pass"
    noon.shift(3600)
    assert found() == "none", "a board that nobody checked shows nothing"
    measured("M16", "fail")
    assert found() == "none"
    noon.shift(23 * 86_400)
    measured("M16", "fail")
    assert found() == "fail", "its time is over"


def test_a_measure_that_was_green_while_it_happened_shows_nothing(people, incident):
    row = harmed(people, incident)
    measured("M16", "pass", days=30)
    with pytest.raises(ActionShowsNothing):
        acted(people, row)
    for changes in (
        {"named": "M99"}, {"shows": "rule", "named": "no.rule"}, {"shows": "tick", "named": "M16"},
        {"named": "G10"}, {"shows": "rule", "named": "rides.near", "target": ""},
        {"shows": "rule", "named": "rides.near", "target": "-1"},
        {"shows": "rule", "named": "rides.near", "target": "\"many\""},
        {"due": clock.now().date() + timedelta(days=181)},
        {"owner": "nobody"}, {"words_zh": " "}, {"due": clock.now().date() - timedelta(days=1)},
    ):  # fmt: skip
        with pytest.raises(InvalidInput):
            acted(people, row, **changes)


def test_a_measure_whose_kept_state_nobody_checked_lately_shows_nothing_either(people, incident, noon):
    row = harmed(people, incident)
    measured("M16", "pass", days=30)
    noon.shift(3600)
    with pytest.raises(ActionShowsNothing):
        acted(people, row)


def test_a_rule_that_says_that_already_shows_nothing(people, incident):
    row = harmed(people, incident)
    set_policy("rides.near", 700)
    with pytest.raises(ActionShowsNothing):
        acted(people, row, shows="rule", named="rides.near", target="700")


def test_whoever_wrote_an_action_does_not_finish_its_review(people, incident):
    row = harmed(people, incident)
    written(people, row)
    measured("M16", "fail")
    given = {"words_zh": "甲", "words_en": "a", "owner": "rides", "due": clock.now().date()}
    reviews.add_action(account=people("supervisor"), code=row.code, shows="measure", named="M16", **given)
    with pytest.raises(SecondPersonNeeded):
        reviews.finish(account=people("supervisor"), code=row.code)
    reviews.finish(account=people("admin"), code=row.code)


def test_the_form_offers_no_measure_that_would_wait_for_itself(people, signed_in, incident):
    row = harmed(people, incident)
    page = signed_in("specialist").get(f"/admin/reviews/{row.code}/").content.decode()
    assert "measure:M16" in page
    assert "measure:G10" not in page


def test_the_list_is_read_row_by_row_where_four_columns_have_no_room(people, signed_in, incident):
    row = harmed(people, incident)
    page = signed_in("supervisor").get("/admin/reviews/").content.decode()
    rows = re.search(r'<table class="stack">\s*<thead>.*?</thead>(.*?)</table>', page, re.S)
    assert rows and row.code in rows[1]


def test_a_rule_shows_it_once_it_says_that_and_not_when_it_is_changed_back(people, incident):
    row = harmed(people, incident)
    was = policy.value(policy.of_key("rides.near"))
    acted(people, row, shows="rule", named="rides.near", target="700")

    def found():
        return reviews.actions(clock.now())[0].found.status

    assert found() == "none"
    set_policy("rides.near", 701)
    assert found() == "none", "something else is not what was decided"
    set_policy("rides.near", 700)
    assert found() == "pass"
    set_policy("rides.near", was)
    assert found() == "none"


# --- Withdrawn or corrected by two -----------------------------------------------------------------------------


def published_act(people, incident):
    """The only action of a review that two people finished."""
    row = harmed(people, incident)
    measured("M16", "fail")
    act = acted(people, row)
    written(people, row)
    reviews.finish(account=people("supervisor"), code=row.code)
    return row, act


def moved(people, signed_in, row, key, **given):
    why = {"why_zh": "写错了", "why_en": "It was wrong"}
    address = f"/admin/reviews/{row.code}/do/{key}/"
    answer = signed_in("supervisor").post(address, why | given)
    assert answer.status_code == 302, answer.content.decode()
    return Motion.objects.latest("pk").code


def agreed(signed_in, code, who):
    return signed_in(who).post(f"/admin/reviews/motions/{code}/do/agree/", {"do": "1"})


def test_two_people_correct_a_published_action_and_the_old_one_stays_in_sight(
    people, incident, signed_in, client
):
    row, act = published_act(people, incident)
    due = clock.now().date() + timedelta(days=9)
    typed = {
        "action": act.code,
        "words_zh": "接单前查明",
        "words_en": "Ask before each trip",
        "owner": "safety",
        "due": due,
    }
    code = moved(people, signed_in, row, "correct_action", **typed)
    assert client.get("/promises/board.json").json()["actions"][0]["status"] == "none", (
        "one person changes nothing"
    )
    assert agreed(signed_in, code, "supervisor").status_code == 409
    assert agreed(signed_in, code, "admin").status_code == 302
    old, new = client.get("/promises/board.json").json()["actions"]
    assert (old["id"], old["status"], old["why"]["en"]) == (act.code, "withdrawn", "It was wrong")
    assert (old["corrected_by"], new["title"]["en"], new["due"]) == (
        new["id"],
        typed["words_en"],
        due.isoformat(),
    )
    page = client.get("/promises/").content.decode()
    assert "派单前查明" in page
    assert "写错了" in page
    counted = reviews.counted(clock.now())
    assert (counted.actions, counted.withdrawn, counted.corrected) == (1, 1, 1)
    assert AuditEntry.objects.get(action="governance.review_action_withdrawn").subject == act.code
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewAction.objects.filter(code=act.code).update(withdrawn_agreed="supervisor")
    with pytest.raises(IntegrityError), transaction.atomic():
        ReviewAction.objects.filter(code=act.code).update(why_zh="")


def test_the_last_action_of_a_review_is_corrected_not_withdrawn(people, incident, signed_in):
    row = harmed(people, incident)
    measured("M16", "fail")
    first, second = acted(people, row), acted(people, row)
    written(people, row)
    typed = {"action": first.code, "why_zh": "写错了", "why_en": "It was wrong"}
    address = f"/admin/reviews/{row.code}/do/withdraw_action/"
    assert signed_in("supervisor").post(address, typed).status_code == 409, "nobody has published it yet"
    reviews.finish(account=people("supervisor"), code=row.code)
    assert signed_in("supervisor").post(address, typed | {"why_en": ""}).status_code == 400
    assert signed_in("specialist").post(address, typed).status_code == 403
    code = moved(people, signed_in, row, "withdraw_action", **typed)
    assert agreed(signed_in, code, "admin").status_code == 302
    again = signed_in("supervisor").post(address, typed | {"action": second.code})
    assert again.status_code == 409
    assert [each.code for each in reviews.standing(row)] == [second.code]
    again = signed_in("supervisor").post(address, typed | {"why_en": "Once more"})
    assert again.status_code == 400, "it is withdrawn already"


# --- The board -----------------------------------------------------------------------------------------------


def test_the_board_is_red_for_what_is_late_and_says_how_many_came_true(people, incident, signed_in, noon):
    assert board().status == "none"
    row = harmed(people, incident)
    assert board().status == "progress"
    assert row.code in signed_in("supervisor").get("/admin/due/").content.decode()
    noon.shift(14 * 86_400 + 1)
    assert (board().status, board().facts[0]["rule"]) == ("fail", "board.reviews_late")
    assert row.code not in board().public
    measured("M16", "fail")
    acted(people, row)
    written(people, row)
    reviews.finish(account=people("supervisor"), code=row.code)
    assert board().status == "progress"
    measured("M16", "pass", days=9)
    noon.shift(8 * 86_400)
    measured("M16", "pass", days=8)
    assert (board().status, board().share) == ("pass", 1.0)
    measured("M16", "fail")
    noon.shift(30 * 86_400)
    assert (board().status, board().facts[0]["rule"]) == ("fail", "board.review_actions_overdue")


def test_what_nobody_opened_is_red(people, incident, noon):
    record_harm(account=people("agent"), code=incident.code, harm="death", words="x")
    noon.shift(3700)
    found = board()
    assert (found.status, found.facts[0]["rule"]) == ("fail", "board.reviews_missing")


def test_the_desk_writes_acts_and_finishes(people, signed_in, incident):
    row = harmed(people, incident)
    desk = signed_in("specialist")
    assert row.code in desk.get("/admin/reviews/").content.decode()
    address = f"/admin/reviews/{row.code}/"
    assert desk.get(address).status_code == 200
    said = desk.post(f"{address}do/write/", {"facts": "f", "causes": "c", "warned": "w"})
    assert said.status_code == 302
    due = clock.now().date() + timedelta(days=9)
    said = desk.post(
        f"{address}do/add/",
        {
            "words_zh": "甲",
            "words_en": "a",
            "owner": "safety",
            "due": due.isoformat(),
            "named": "rule:rides.near",
            "target": "700",
        },
    )
    assert said.status_code == 302, said.content.decode()
    assert desk.post(f"{address}do/finish/", {"do": "1"}).status_code == 403
    assert signed_in("supervisor").post(f"{address}do/finish/", {"do": "1"}).status_code == 302
    row.refresh_from_db()
    assert (row.state, row.written_by, row.done_by) == ("done", "specialist", "supervisor")


def test_the_desk_of_incidents_records_harm(people, signed_in, incident):
    address = f"/admin/incidents/{incident.code}/do/harm/"
    assert signed_in("agent").post(address, {"words": "x"}).status_code == 400
    answer = signed_in("agent").post(address, {"harm": "death", "words": "The hospital says so"})
    assert answer.status_code == 302
    assert Incident.objects.get().harm == "death"
