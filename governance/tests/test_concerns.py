"""Speak up (G9): a danger reported in confidence, read by two clocks, and nothing that says who it was."""

import threading
from datetime import timedelta

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from structlog.testing import capture_logs

from accounts.models import Account
from complaints.services.oncall import ring_on_call
from core import alarms, clock, limits
from core.console.panels import offered
from core.errors import Forbidden, InvalidInput, NotFound, TooMany
from core.four_eyes import SecondPersonNeeded
from core.limits import NOBODY, Asker
from core.models import AuditEntry, DoneAct, Notification, TimelineEntry
from core.tests.factories import set_policy
from drivers.models import Driver
from governance import concerns, sealing
from governance.console.alarms import concerns_late
from governance.errors import (
    ConcernLookedAt,
    ConcernNotLookedAt,
    NotAskedBack,
    NotOpened,
    OpeningAsked,
    OpeningOver,
    TooFewLeft,
    WhoAway,
)
from governance.measures import check_measure, measure_of
from governance.models import Concern, ConcernLine, ConcernOpening
from governance.tasks import take_in_concerns
from rides.states import Party
from rides.tokens import TripKey
from safety.keystore import store
from safety.models import Incident
from safety.services import raise_sos, take_incident

KEY = "k" * 22
GRAVE = "他拿刀逼我，不让我下车"


@pytest.fixture(autouse=True)
def keys(settings, tmp_path):
    settings.RECORDING_KEYS, settings.KEY_SERVICE_URL = str(tmp_path / "keys"), ""


def spoken(account, words="The brakes of the blue vans are never looked at", **changes):
    given = {
        "about": "", "asks_back": True, "barred": [], "submission": KEY, "asker": Asker(person=account.code),
    } | changes  # fmt: skip
    return concerns.report(account=account, words=words, **given)


def journal_of_reports():
    return AuditEntry.objects.filter(action__startswith="governance.concern_").order_by("pk")


def an_hour_on(noon):
    noon.shift(3600)
    take_in_concerns.apply()


def opened(people, row, first="admin", second="supervisor"):
    concerns.ask_to_open(account=people(first), code=row.code, reason="to protect them")
    concerns.decide_opening(account=people(second), code=row.code, agrees=True)


# --- Who may, and how it reads -----------------------------------------------------------------------------


def form(**changes):
    return {"words": "The roster of Sunday is faked", "asks_back": "yes", "submission": KEY} | changes


@pytest.mark.parametrize("who", ["agent", "specialist", "vetting", "adjudicator", "admin", "driver"])
def test_staff_and_drivers_report_and_read_the_answer_by_a_link_alone(people, signed_in, client, noon, who):
    answer = signed_in(who).post("/speak-up/", form())
    assert answer.status_code == 302
    link = answer["Location"]
    an_hour_on(noon)
    row = Concern.objects.get()
    page = client.get(link).content.decode()
    assert row.code in page
    assert "The roster of Sunday is faked" in page
    concerns.look(account=people("supervisor"), code=row.code)
    concerns.ask(account=people("supervisor"), code=row.code, words="Which Sunday was it?")
    assert "Which Sunday was it?" in client.get(link).content.decode()
    assert client.post(link, {"words": "The last one"}).status_code == 302
    an_hour_on(noon)
    row.refresh_from_db()
    assert row.state == "received", "nobody has looked at what came since"
    concerns.look(account=people("supervisor"), code=row.code)
    concerns.answer(account=people("supervisor"), code=row.code, words="It is mended")
    assert "It is mended" in client.get(link).content.decode()


@pytest.mark.parametrize("who", ["passenger", "officer"])
def test_nobody_else_reports(people, signed_in, who):
    assert signed_in(who).post("/speak-up/", form()).status_code == 403
    assert not Concern.objects.exists()
    with pytest.raises(Forbidden):
        spoken(people(who))


def test_a_link_that_is_wrong_opens_nothing(people, client, noon):
    row = spoken(people("agent"))
    assert client.get(f"/speak-up/{'0' * 32}/").status_code == 404
    assert client.get(f"/speak-up/{row.code}/").status_code == 404


def test_an_empty_form_reports_nothing_and_keeps_what_was_typed(signed_in, people):
    answer = signed_in("agent").post("/speak-up/", form(asks_back=""))
    assert answer.status_code == 400
    assert "The roster of Sunday is faked" in answer.content.decode()
    assert not Concern.objects.exists()


def test_a_driver_is_shown_nobody_of_the_staff(signed_in, people):
    page = signed_in("driver").get("/speak-up/").content.decode()
    assert 'name="barred"' not in page
    assert 'name="barred"' in signed_in("agent").get("/speak-up/").content.decode()
    assert "/speak-up/" in signed_in("driver").get("/drive/").content.decode()
    assert "/speak-up/" in signed_in("agent").get("/admin/").content.decode()


# --- Covert ------------------------------------------------------------------------------------------------


def everything():
    """All that the database holds, by table and row, as text; what is encrypted as it stands there."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            table = model._meta.db_table
            cursor.execute(f'SELECT t::text FROM "{table}" t')  # noqa: S608 - ours
            found[table] = sorted(row for (row,) in cursor.fetchall())
    return found


@pytest.mark.parametrize("who", ["agent", "driver"])
def test_nothing_that_is_kept_says_who_reported_or_in_which_minute(people, signed_in, noon, who):
    browser = signed_in(who)
    browser.get("/speak-up/")
    noon.shift(17 * 60 + 23)  # a minute that is no hour's beginning
    journal, lines, acts = AuditEntry.objects.count(), TimelineEntry.objects.count(), DoneAct.objects.count()
    before = everything()
    with capture_logs() as logs:
        assert browser.post("/speak-up/", form(asks_back="")).status_code == 400
        link = browser.post("/speak-up/", form())["Location"]
        browser.get(link)
        browser.post(link, {"words": "and the one before"})
    code = people(who).code
    assert (AuditEntry.objects.count(), TimelineEntry.objects.count(), DoneAct.objects.count()) == (
        journal, lines, acts,
    )  # fmt: skip
    new = {table: set(rows) - set(before[table]) for table, rows in everything().items()}
    new.pop(
        "accounts_session"
    )  # when it was used last, whatever page that was: the hour's rows say nothing of it
    assert {table for table, rows in new.items() if rows} == {"governance_concern", "governance_concernline"}
    text = "\n".join(row for rows in new.values() for row in rows)
    assert code not in text
    assert code.encode().hex() not in text
    assert ":17:" not in text
    assert code not in str(logs)
    assert [each for each in logs if each.get("who") or each.get("network")] == []
    row = Concern.objects.get()
    moments = [row.shown_from, row.look_by, row.answer_by, *(line.at for line in row.lines.all())]
    assert {(at.minute, at.second, at.microsecond) for at in moments} == {(0, 0, 0)}
    an_hour_on(noon)
    told = journal_of_reports()
    assert {each.actor for each in told} == {"system"}
    assert told.count() == 2
    assert code not in str(list(told.values()))


def test_the_database_refuses_an_author_or_a_minute_of_whoever_reported(people):
    row = spoken(people("agent"))
    line = row.lines.get()
    for changes in ({"written_by": "agent"}, {"at": clock.now() + timedelta(minutes=3)}):
        with pytest.raises(IntegrityError), transaction.atomic():
            ConcernLine.objects.filter(pk=line.pk).update(**changes)


def test_nobody_sees_it_before_its_hour_is_over(people, signed_in, noon):
    row = spoken(people("agent"), words=GRAVE)
    noon.shift(59 * 60)
    take_in_concerns.apply()
    assert concerns.waiting(clock.now()) == []
    assert not journal_of_reports().exists()
    with pytest.raises(NotFound):
        concerns.look(account=people("supervisor"), code=row.code)
    assert signed_in("supervisor").get(f"/admin/concerns/{row.code}/").status_code == 404
    noon.shift(60)
    assert [each.row.code for each in concerns.waiting(clock.now())] == [row.code], "also while no job runs"
    assert signed_in("supervisor").get(f"/admin/concerns/{row.code}/").status_code == 200


def test_what_is_added_is_not_seen_within_its_hour_either(people, signed_in, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    concerns.look(account=people("admin"), code=row.code)
    noon.shift(600)
    page = signed_in("supervisor").get(f"/admin/concerns/{row.code}/").content.decode()
    concerns.write_more(secret=row.secret, words="Also the red ones")
    again = signed_in("supervisor").get(f"/admin/concerns/{row.code}/").content.decode()
    assert "Also the red ones" not in again
    assert len(page) == len(again)
    concerns.answer(account=people("admin"), code=row.code, words="Mended")
    an_hour_on(noon)
    row.refresh_from_db()
    assert (row.state, row.answered_at) == ("received", None), "its clocks began anew"
    assert row.look_by > clock.now() + timedelta(hours=70)


def test_the_sealed_name_is_of_one_length_opens_in_no_other_row_and_lies_in_no_table(people):
    one, other = spoken(people("agent")), spoken(people("driver"), submission="j" * 22)
    assert len(bytes(one.sealed_who)) == len(bytes(other.sealed_who))
    assert sealing.unseal(bytes(one.sealed_who), one.key_name, code=one.code) == people("agent").code
    with pytest.raises(WhoAway):
        sealing.unseal(bytes(one.sealed_who), other.key_name, code=one.code)
    with pytest.raises(WhoAway):
        sealing.unseal(bytes(one.sealed_who), one.key_name, code=other.code)
    assert sorted(store().names()) == sorted([one.key_name, other.key_name])


def test_no_store_counts_who_reported(people, monkeypatch):
    """What Valkey keeps of a person's limit says in which second they reported, to whoever can hash their code."""
    asked = []
    in_valkey = limits._in_valkey

    def noted(client, counters, *rest):
        asked.extend(each.key for each in counters)
        return in_valkey(client, counters, *rest)

    monkeypatch.setattr(limits, "_in_valkey", noted)
    monkeypatch.setattr(
        limits.broker, "ask", lambda act, _else, **_rest: asked.append("asked") or _else, raising=True
    )
    spoken(people("agent"))
    assert asked == []


def test_the_journal_names_no_report_and_no_reason(people, noon):
    """Its readers are those of the reports: also who must not learn of one."""
    row = spoken(people("agent"), barred=["supervisor"])
    an_hour_on(noon)
    concerns.note_read(account=people("admin"), code=row.code)
    concerns.look(account=people("admin"), code=row.code)
    concerns.ask(account=people("admin"), code=row.code, words="When?")
    concerns.ask_to_open(account=people("admin"), code=row.code, reason="I think it was agent7")
    concerns.decide_opening(account=people("admin"), code=row.code, agrees=False)
    concerns.write_more(secret=row.secret, words="Also the red ones")
    an_hour_on(noon)
    said = str(list(AuditEntry.objects.values()))
    assert journal_of_reports().count() >= 6
    assert row.code not in said
    assert "agent7" not in said
    noon.shift(5 * 86_400)
    assert row.code not in str(check_measure(measure_of("G9")).found.facts)


def test_whoever_takes_its_alarm_writes_no_code_into_the_journal(people, noon):
    row = spoken(people("agent"), words=GRAVE, barred=["supervisor"])
    an_hour_on(noon)
    (ringing,) = concerns_late(clock.now())
    assert row.code not in ringing.key
    noon.shift(2 * 3600)
    assert ring_on_call(at=clock.now())
    sent = Notification.objects.filter(message="complaints.nobody_took_it")
    assert sent.exists()
    assert not sent.filter(subject=row.code).exists()
    assert row.code not in str(list(AuditEntry.objects.values()))
    assert row.code not in str(list(TimelineEntry.objects.values()))


def test_no_transaction_of_its_minute_stays_on_its_rows(people, noon):
    """A row says in which transaction it was written, and the next one beside it when that was."""
    row = spoken(people("agent"))

    def written():
        with connection.cursor() as cursor:
            cursor.execute("SELECT xmin::text, ctid::text FROM governance_concern WHERE id = %s", [row.pk])
            return cursor.fetchone()

    before = written()
    an_hour_on(noon)
    assert written() != before


# --- Kept from whom it concerns ----------------------------------------------------------------------------


def test_whom_it_is_kept_from_sees_nothing_of_it_anywhere(people, signed_in, noon):
    row = spoken(people("agent"), barred=["supervisor"])
    named = spoken(people("agent2"), about="supervisor", submission="n" * 22)
    an_hour_on(noon)
    noon.shift(4 * 86_400)
    for each in (row, named):
        for address in (f"/admin/concerns/{each.code}/", f"/admin/concerns/{each.code}/do/look/"):
            assert signed_in("supervisor").get(address).status_code == 404
        assert (
            signed_in("supervisor").post(f"/admin/concerns/{each.code}/do/look/", {"do": "1"}).status_code
            == 404
        )
        assert signed_in("supervisor").post(f"/admin/concerns/{each.code}/who/").status_code == 404
        for page in ("/admin/concerns/", "/admin/due/"):
            assert each.code not in signed_in("supervisor").get(page).content.decode()
            assert each.code in signed_in("admin").get(page).content.decode()
        concerns.ask_to_open(account=people("admin"), code=each.code, reason="x")
        with pytest.raises(NotFound):
            concerns.decide_opening(account=people("supervisor"), code=each.code, agrees=True)
    ringing = [each for each in alarms.ringing(clock.now()) if each.key.startswith("concern:")]
    assert {each.code for each in ringing} == {row.code, named.code}
    assert not any(each.can_be_taken_by(people("supervisor")) for each in ringing)
    assert all(each.can_be_taken_by(people("admin")) for each in ringing)


def test_whose_case_it_is_does_not_see_it(people):
    from core import cases

    about = [cases.OpenCase("X-1", frozenset({"supervisor"}), "incidents.respond")]
    cases._about.append(lambda subject: about if subject == "I-77" else [])
    try:
        row = spoken(people("agent"), about="i-77")
    finally:
        cases._about.pop()
    assert row.barred == ["supervisor"]


def test_every_code_in_what_was_named_or_written_is_looked_for(people, noon):
    row = spoken(people("agent"), about="the roster, by Supervisor and others")
    assert row.barred == ["supervisor"]
    row = spoken(people("agent"), words="It was (supervisor), on Sunday", submission="w" * 22)
    assert row.barred == ["supervisor"]
    row = spoken(people("agent"), words="It is the supervisors' roster", submission="v" * 22)
    assert row.barred == [], "a longer word is no code"
    an_hour_on(noon)
    assert concerns.concern_for(row.code, people("supervisor")).code == row.code
    concerns.write_more(secret=row.secret, words="I mean supervisor")
    an_hour_on(noon)
    with pytest.raises(NotFound):
        concerns.concern_for(row.code, people("supervisor"))


def test_whose_case_it_becomes_does_not_see_it_any_more(people, noon):
    from core import cases

    row = spoken(people("agent"), about="trip T-1 and I-7K2M9QX4ZB")
    an_hour_on(noon)
    assert concerns.concern_for(row.code, people("supervisor")).code == row.code
    about = [cases.OpenCase("X-1", frozenset({"supervisor"}), "incidents.respond")]
    cases._about.append(lambda subject: about if subject == "I-7K2M9QX4ZB" else [])
    try:
        with pytest.raises(NotFound):
            concerns.concern_for(row.code, people("supervisor"))
    finally:
        cases._about.pop()
    with pytest.raises(NotFound):
        concerns.concern_for(row.code, people("supervisor"))


def test_whose_case_it_was_and_who_had_one_of_its_trip_do_not_see_it(people, rides, noon):
    trip = rides.under_way()
    incident = raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    take_incident(account=people("supervisor"), code=incident.code)
    Incident.objects.update(
        state="closed",
        outcome="police",
        harm="none",
        harm_at=clock.now(),
        resolved_by="a",
        closed_by="b",
        closed_at=clock.now(),
    )
    for number, named in enumerate((incident.code, trip.code)):
        row = spoken(people("agent"), words=f"see {named.lower()}!", submission=f"{number}" * 22)
        assert row.barred == ["supervisor"]


def test_whoever_reported_reads_from_how_many_it_is_kept(people, client):
    row = spoken(people("agent"), about="supervisor")
    page = client.get(f"/speak-up/{row.secret}/").content.decode()
    assert 'data-kept-from="1"' in page


def test_a_report_that_nobody_could_read_is_not_taken(people):
    one, *others = concerns.readers()
    with pytest.raises(TooFewLeft):
        spoken(people("agent"), about=one, barred=others[:-1])
    with pytest.raises(TooFewLeft):
        spoken(people("agent"), words=" ".join(concerns.readers()))
    assert not Concern.objects.exists()


def test_the_board_is_red_for_a_report_that_too_few_can_read(people, noon):
    row = spoken(people("agent"), barred=["supervisor"])
    an_hour_on(noon)
    _stays, *leave = [each for each in concerns.readers() if each != "supervisor"]
    Account.objects.filter(code__in=leave).update(is_active=False)
    found = check_measure(measure_of("G9")).found
    assert (found.status, found.facts[0]["rule"]) == ("fail", "board.concern_nobody_left")
    assert row.code not in str(found.facts)


def test_no_way_to_its_words_leaves_no_line(people, signed_in, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    desk = signed_in("admin")
    for address, given in (
        (f"/admin/concerns/{row.code}/do/answer/", {}),
        (f"/admin/concerns/{row.code}/who/", {}),
    ):
        before = journal_of_reports().filter(action="governance.concern_read").count()
        answer = desk.post(address, given)
        assert "The brakes of the blue vans" in answer.content.decode()
        assert journal_of_reports().filter(action="governance.concern_read").count() == before + 1


def test_words_after_an_answer_that_no_job_took_in_wait_and_turn_the_board_red(people, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    concerns.look(account=people("admin"), code=row.code)
    concerns.answer(account=people("admin"), code=row.code, words="Mended")
    concerns.write_more(secret=row.secret, words="It is not")
    assert concerns.waiting(clock.now()) == []
    noon.shift(3600)
    assert [each.row.code for each in concerns.waiting(clock.now())] == [row.code]
    noon.shift(2 * 3600)
    found = check_measure(measure_of("G9")).found
    assert (found.status, found.facts[0]["rule"]) == ("fail", "board.concern_words_wait")


def test_two_readers_stay_and_nobody_keeps_it_from_strangers(people):
    everybody = concerns.readers()
    with pytest.raises(TooFewLeft):
        spoken(people("agent"), barred=everybody[:-1])
    with pytest.raises(InvalidInput):
        spoken(people("agent"), barred=["passenger"])
    assert not Concern.objects.exists()
    assert store().names() == []


# --- Opening -----------------------------------------------------------------------------------------------


def test_two_by_name_open_it_and_only_they_read_it_for_a_day(people, signed_in, client, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    for who in ("admin", "supervisor"):
        with pytest.raises(NotOpened):
            concerns.who(account=people(who), code=row.code)
    concerns.ask_to_open(account=people("admin"), code=row.code, reason="somebody threatens them")
    with pytest.raises(OpeningAsked):
        concerns.ask_to_open(account=people("supervisor"), code=row.code, reason="x")
    with pytest.raises(SecondPersonNeeded):
        concerns.decide_opening(account=people("admin"), code=row.code, agrees=True)
    with pytest.raises(NotOpened):
        concerns.who(account=people("admin"), code=row.code)
    concerns.decide_opening(account=people("supervisor"), code=row.code, agrees=True)
    with pytest.raises(OpeningOver):
        concerns.decide_opening(account=people("supervisor"), code=row.code, agrees=True)
    for who in ("admin", "supervisor"):
        page = signed_in(who).get(f"/admin/concerns/{row.code}/").content.decode()
        assert f">{people('agent').code}<" not in page, "only on the answer to whoever asks for it"
        shown = signed_in(who).post(f"/admin/concerns/{row.code}/who/")
        assert f">{people('agent').code}<" in shown.content.decode()
        assert shown["Cache-Control"] == "no-store"
    told = journal_of_reports()
    assert [each.action for each in told if "open" in each.action] == [
        "governance.concern_opening_asked", "governance.concern_opened",
    ]  # fmt: skip
    assert [each.actor for each in told if each.action == "governance.concern_who_read"] == [
        "admin",
        "supervisor",
    ]
    assert not any(each.actor == "agent" for each in told)
    page = client.get(f"/speak-up/{row.secret}/").content.decode()
    assert "somebody threatens them" in page, "whoever reported reads by whom and why"
    noon.shift(86_401)
    with pytest.raises(NotOpened):
        concerns.who(account=people("admin"), code=row.code)


def test_a_refusal_ends_it_and_another_may_ask_again(people, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    concerns.ask_to_open(account=people("admin"), code=row.code, reason="x")
    concerns.decide_opening(account=people("admin"), code=row.code, agrees=False)
    with pytest.raises(OpeningOver):
        concerns.decide_opening(account=people("supervisor"), code=row.code, agrees=True)
    opened(people, row, "supervisor", "admin")
    assert concerns.who(account=people("admin"), code=row.code) == people("agent").code


def test_who_asked_and_may_not_any_more_opens_nothing(people, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    concerns.ask_to_open(account=people("admin"), code=row.code, reason="x")
    admin = people("admin")
    admin.is_active = False
    admin.save(update_fields=["is_active"])
    with pytest.raises(OpeningOver):
        concerns.decide_opening(account=people("supervisor"), code=row.code, agrees=True)


def test_the_database_takes_no_opening_by_one(people, noon):
    row = spoken(people("agent"))
    with pytest.raises(IntegrityError), transaction.atomic():
        ConcernOpening.objects.create(
            concern=row, asked_by="admin", agreed_by="admin", asked_at=clock.now(), ended_at=clock.now()
        )


@pytest.mark.parametrize("who", ["agent", "specialist", "adjudicator", "vetting", "officer", "driver"])
def test_nobody_else_reads_answers_or_opens(people, noon, who):
    row = spoken(people("agent"))
    an_hour_on(noon)
    for act in (
        lambda: concerns.look(account=people(who), code=row.code),
        lambda: concerns.answer(account=people(who), code=row.code, words="x"),
        lambda: concerns.ask(account=people(who), code=row.code, words="x"),
        lambda: concerns.ask_to_open(account=people(who), code=row.code, reason="x"),
        lambda: concerns.decide_opening(account=people(who), code=row.code, agrees=True),
        lambda: concerns.who(account=people(who), code=row.code),
        lambda: concerns.note_read(account=people(who), code=row.code),
    ):
        with pytest.raises(Forbidden):
            act()


def test_without_its_key_nobody_opens_it_and_without_the_store_nothing_is_half_kept(
    people, noon, monkeypatch
):
    row = spoken(people("agent"))
    an_hour_on(noon)
    opened(people, row)
    store().destroy(row.key_name)
    with pytest.raises(WhoAway):
        concerns.who(account=people("admin"), code=row.code)

    class Away:
        def write_once(self, _name, _content):
            raise OSError

    monkeypatch.setattr(sealing, "store", Away)
    with pytest.raises(WhoAway):
        spoken(people("agent"), submission="z" * 22)
    assert Concern.objects.count() == 1


# --- Clocks ------------------------------------------------------------------------------------------------


def test_the_steps_follow_each_other(people, noon):
    row = spoken(people("agent"), asks_back=False)
    an_hour_on(noon)
    with pytest.raises(ConcernNotLookedAt):
        concerns.answer(account=people("admin"), code=row.code, words="x")
    concerns.look(account=people("admin"), code=row.code)
    with pytest.raises(ConcernLookedAt):
        concerns.look(account=people("supervisor"), code=row.code)
    with pytest.raises(NotAskedBack):
        concerns.ask(account=people("admin"), code=row.code, words="Who are you?")
    with pytest.raises(InvalidInput):
        concerns.answer(account=people("admin"), code=row.code, words="  ")
    row.refresh_from_db()
    assert row.state == "looked"


def test_both_clocks_ring_stand_among_what_is_due_and_are_counted(people, signed_in, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    assert row.code in signed_in("supervisor").get("/admin/due/").content.decode()
    assert concerns_late(clock.now()) == []
    noon.shift(72 * 3600)
    (ringing,) = concerns_late(clock.now())
    assert (ringing.code, ringing.since) == (row.code, row.look_by)
    assert ringing.code in {each.code for each in alarms.ringing_for(people("supervisor"), clock.now())}
    assert not any(each.code == row.code for each in alarms.ringing_for(people("agent"), clock.now()))
    concerns.look(account=people("supervisor"), code=row.code)
    assert concerns_late(clock.now()) == []
    noon.shift(27 * 86_400)
    assert [each.code for each in concerns_late(clock.now())] == [row.code]
    found = concerns.counted(clock.now() - timedelta(days=90), clock.now())
    assert (found.every, found.answered, found.broken, found.late) == (1, 0, 1, (row.code,))
    concerns.answer(account=people("supervisor"), code=row.code, words="Mended")
    assert concerns_late(clock.now()) == []
    found = concerns.counted(clock.now() - timedelta(days=90), clock.now())
    assert (found.every, found.answered, found.broken, found.late) == (1, 1, 1, ()), (
        "it stays counted as late"
    )


def test_grave_words_ring_from_their_hour_on(people, noon):
    row = spoken(people("agent"), words=GRAVE)
    assert concerns_late(clock.now()) == []
    an_hour_on(noon)
    assert [each.code for each in concerns_late(clock.now())] == [row.code]
    concerns.look(account=people("admin"), code=row.code)
    assert concerns_late(clock.now()) == []


def test_the_panels_are_offered():
    assert {"concerns", "concerns_counted"} <= {each.key for each in offered()}


def test_what_is_over_goes_with_its_key(people, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    concerns.look(account=people("admin"), code=row.code)
    concerns.answer(account=people("admin"), code=row.code, words="Mended")
    opened(people, row)
    set_policy("governance.concern_kept", 90)
    noon.shift(89 * 86_400)
    take_in_concerns.apply()
    assert Concern.objects.exists()
    noon.shift(2 * 86_400)
    take_in_concerns.apply()
    assert not Concern.objects.exists()
    assert store().names() == []


# --- Races and floods --------------------------------------------------------------------------------------


def test_one_person_reports_ten_a_day(people):
    for number in range(10):
        spoken(people("agent"), submission=f"{number}" * 22)
    with pytest.raises(TooMany):
        spoken(people("agent"), submission="t" * 22)
    spoken(people("driver"))
    row = Concern.objects.last()
    for _turn in range(20):
        concerns.write_more(secret=row.secret, words="x")
    with pytest.raises(TooMany):
        concerns.write_more(secret=row.secret, words="x")


def together(*acts):
    begin, found = threading.Barrier(len(acts)), []

    def run(act):
        begin.wait()
        try:
            found.append(act())
        except Exception as error:
            found.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return found


@pytest.mark.django_db(transaction=True)
def test_the_same_at_once_is_one_report_with_one_key(people):
    agent = people("agent")
    found = together(*[lambda: spoken(agent, asker=NOBODY).code] * 4)
    assert len(set(map(str, found))) == 1, found
    assert [store().names()] == [[Concern.objects.get().key_name]]


@pytest.mark.django_db(transaction=True)
def test_two_who_agree_at_once_are_one_and_both_who_ask_are_told(people, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    first, second = people("admin"), people("supervisor")
    found = together(
        lambda: concerns.ask_to_open(account=first, code=row.code, reason="x"),
        lambda: concerns.ask_to_open(account=second, code=row.code, reason="x"),
    )
    assert sorted(map(type, found), key=str) == sorted([type(None), OpeningAsked], key=str)
    asked = ConcernOpening.objects.get().asked_by
    other = second if asked == first.code else first
    found = together(
        lambda: concerns.decide_opening(account=other, code=row.code, agrees=True),
        lambda: concerns.decide_opening(account=other, code=row.code, agrees=False),
    )
    assert sum(isinstance(each, OpeningOver) for each in found) == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_look_at_once_are_one(people, noon):
    row = spoken(people("agent"))
    an_hour_on(noon)
    first, second = people("admin"), people("supervisor")
    found = together(
        lambda: concerns.look(account=first, code=row.code),
        lambda: concerns.look(account=second, code=row.code),
    )
    assert sum(isinstance(each, ConcernLookedAt) for each in found) == 1
    assert AuditEntry.objects.filter(action="governance.concern_looked_at").count() == 1
    assert Driver.objects.exists()


# --- The board ---------------------------------------------------------------------------------------------


def found_of_board():
    return check_measure(measure_of("G9")).found


def test_the_board_says_of_it_what_the_clocks_say(people, noon):
    assert found_of_board().status == "none"
    row = spoken(people("agent"))
    an_hour_on(noon)
    assert found_of_board().status == "pass"
    noon.shift(73 * 3600)
    assert (found_of_board().status, found_of_board().facts[0]["rule"]) == ("fail", "board.concerns_late")
    assert row.code not in found_of_board().public
    concerns.look(account=people("admin"), code=row.code)
    assert found_of_board().facts[0]["rule"] == "board.concerns_broken", "it was late, and stays so"
    noon.shift(61 * 86_400)
    assert found_of_board().facts[0]["rule"] == "board.concerns_late"
    concerns.answer(account=people("admin"), code=row.code, words="Mended")
    assert found_of_board().status == "none"


def test_the_board_sees_that_too_few_may_read(people):
    for who in ("admin", "supervisor"):
        account = people(who)
        account.is_active = False
        account.save(update_fields=["is_active"])
    assert found_of_board().status == "fail"
