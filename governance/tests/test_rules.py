"""Changing a rule: two people, what was read by digest, a time to come, urgent ones that lapse, figures, versions that return."""

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.template.loader import render_to_string
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from core import alarms, clock, live, policy
from core.errors import DomainError, Forbidden, InvalidInput, TooMany
from core.four_eyes import SecondPersonNeeded
from core.models import AuditEntry, PolicyVersion
from core.policy import simulation
from core.tests.factories import set_policy
from governance import figures, rules
from governance.errors import (
    ForADayAlready,
    RuleChangedMeanwhile,
    RuleChangeOver,
    RuleLeadPassed,
    RuleLeadTooShort,
    RuleMomentTaken,
    RuleNotSimulated,
    RuleTimePassed,
    RuleTimeTooClose,
    RuleUnchanged,
    UrgentAlready,
)
from governance.models import RuleChange
from rides.curfew import CURFEW
from rides.models import Trip
from rides.policies import NEAR, TARIFF
from safety.policies import ANSWER_WITHIN, OWNED_WITHIN, TAKEN_WITHIN, THRESHOLD

pytestmark = pytest.mark.long

HOUR = timedelta(hours=1)


def later(people, rule=NEAR, value=600, *, by="admin", hours=24, **changes):
    given = {"mode": "later", "reason": "because", "effective_from": clock.now() + hours * HOUR} | changes
    return rules.propose(account=people(by), rule=rule, value=value, **given)


def agree(people, row, *, by="supervisor", digest=None):
    row = RuleChange.objects.get(pk=row.pk)
    return rules.agree(account=people(by), code=row.code, digest=digest or rules.digest_of(row))


def stricter(people, rule=ANSWER_WITHIN, value=30, by="supervisor"):
    return rules.propose(account=people(by), rule=rule, value=value, mode="alone", reason="because")


def run(at=None):
    """The jobs of rules, once."""
    for job in (rules.LAPSE, rules.SIMULATE, rules.SHADOW, rules.MEASURE):
        job.run(at=at or clock.now())


# --- Two people ------------------------------------------------------------------------------------


def test_one_proposes_another_agrees_and_it_holds_from_its_time_on(people, noon):
    row = later(people)
    assert policy.value(NEAR) == 500 and not PolicyVersion.objects.exists()
    done = agree(people, row)
    version = PolicyVersion.objects.get()
    assert (version.proposed_by, version.approved_by, version.value, done.number) == (
        "admin",
        "supervisor",
        600,
        1,
    )
    assert policy.value(NEAR) == 500
    noon.shift(24 * HOUR)
    assert policy.in_force(NEAR) == policy.InForce(600, "rides.near v1")
    said = list(
        AuditEntry.objects.filter(action__startswith="governance.rule_")
        .order_by("pk")
        .values_list("action", flat=True)
    )
    assert said == ["governance.rule_proposed", "governance.rule_agreed"]


def test_nobody_agrees_to_their_own(people):
    row = later(people)
    with pytest.raises(SecondPersonNeeded):
        agree(people, row, by="admin")
    with pytest.raises(IntegrityError, match="rule_change_takes_two_people"), transaction.atomic():
        RuleChange.objects.filter(pk=row.pk).update(
            state="approved", approved_by="admin", decided_at=clock.now(), signed_digest="x" * 64, number=1
        )
    assert not PolicyVersion.objects.exists()


@pytest.mark.parametrize("who", ["agent", "specialist", "vetting", "adjudicator"])
def test_only_those_with_the_permission(people, who):
    row = later(people)
    with pytest.raises(Forbidden):
        later(people, by=who, value=700, hours=30)
    with pytest.raises(Forbidden):
        agree(people, row, by=who)
    with pytest.raises(Forbidden):
        rules.withdraw(account=people(who), code=row.code)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"value": 500}, RuleUnchanged),
        ({"value": 99}, policy.PolicyValueRefused),
        ({"value": "600"}, policy.PolicyValueRefused),
        ({"reason": "  "}, InvalidInput),
        ({"reason": "x" * 501}, InvalidInput),
        ({"hours": 0}, RuleTimeTooClose),
        ({"hours": -1}, RuleTimeTooClose),
        ({"effective_from": None}, InvalidInput),
        ({"mode": "at once"}, InvalidInput),
        ({"mode": "day"}, InvalidInput),
    ],
)
def test_what_cannot_be_meant_is_not_proposed(people, changes, error):
    with pytest.raises(error):
        later(people, **changes)
    assert not RuleChange.objects.exists()


@pytest.mark.parametrize("minutes", [1, 59, 23 * 60])
def test_who_is_met_by_a_rule_hears_of_it_a_day_before(people, minutes):
    at = clock.now() + timedelta(minutes=minutes)
    with pytest.raises(RuleLeadTooShort):
        later(people, effective_from=at)
    with pytest.raises(RuleLeadTooShort):
        later(people, ANSWER_WITHIN, 90, effective_from=at)
    assert not RuleChange.objects.exists()
    later(people, ANSWER_WITHIN, 30, effective_from=at)  # what protects better waits for nothing
    set_policy("governance.rule_lead", 1)
    with pytest.raises(RuleLeadTooShort):
        later(people, effective_from=clock.now() + timedelta(minutes=30))
    later(people, effective_from=clock.now() + HOUR)


def test_who_agrees_late_leaves_those_whom_it_meets_as_much_time(people, noon):
    """What was proposed is not said: from when it is agreed to everybody reads that it comes."""
    late, stays = later(people, hours=30), later(people, hours=72, value=700)
    safer = later(people, ANSWER_WITHIN, 30, hours=30)
    run()
    noon.shift(7 * HOUR)
    run()
    with pytest.raises(RuleLeadPassed) as refused:
        agree(people, late)
    assert "24" in refused.value.detail
    assert not PolicyVersion.objects.exists() and RuleChange.objects.get(pk=late.pk).state == "proposed"
    agree(people, stays)
    agree(people, safer)  # what protects better waits for nothing
    set_policy("governance.rule_lead", 6)
    assert agree(people, late).state == "approved"


def test_the_second_person_reads_that_it_is_too_late_before_they_try(people, noon, signed_in):
    row = later(people, hours=30)
    noon.shift(7 * HOUR)
    page = signed_in("supervisor").get("/admin/rules/rides.near/", headers={"accept-language": "en"})
    assert "hear of it too late" in html.unescape(page.content.decode())
    agreed = f"/admin/rules/changes/{row.code}/do/agree/"
    assert signed_in("supervisor").post(agreed, {"digest": rules.digest_of(row)}).status_code == 409


def test_a_lead_is_an_hour_at_least():
    rule = policy.of_key("governance.rule_lead")
    assert rule.read(0)[1] and not rule.read(1)[1]


def test_what_passed_is_proposed_anew(people, noon):
    row = later(people)
    noon.shift(24 * HOUR)
    with pytest.raises(RuleTimePassed):
        agree(people, row)
    run()
    assert RuleChange.objects.get().state == "lapsed"
    with pytest.raises(RuleChangeOver):
        agree(people, row)


# --- What is agreed to is what was read ----------------------------------------------------------------


def test_what_changed_after_it_was_read_is_read_again(people, noon):
    row = later(people, hours=48)
    read = rules.digest_of(row)
    other = later(people, value=700)
    agree(people, other)
    assert rules.digest_of(row) != read
    with pytest.raises(RuleChangedMeanwhile):
        agree(people, row, digest=read)
    assert agree(people, row).state == "approved"


@pytest.mark.parametrize(
    "edited",
    [{"value": 3000}, {"reason": "other"}, {"effective_from": "2036-01-01T00:00Z"}, {"shadowed": {"x": 1}}],
)
def test_a_proposal_that_was_edited_under_the_page_is_not_the_one_that_was_read(people, edited):
    row = later(people)
    read = rules.digest_of(row)
    RuleChange.objects.filter(pk=row.pk).update(**edited)  # as nothing of ours does
    with pytest.raises(RuleChangedMeanwhile):
        agree(people, row, digest=read)


def test_what_was_signed_stays_with_the_journal(people):
    row = later(people)
    read = rules.digest_of(row)
    agree(people, row, digest=read)
    entry = AuditEntry.objects.get(action="governance.rule_agreed")
    assert entry.facts["digest"] == RuleChange.objects.get().signed_digest == read


# --- One moment, one version ---------------------------------------------------------------------------


def test_two_for_one_moment_are_refused(people):
    at = clock.now() + 24 * HOUR
    row = later(people, effective_from=at)
    with pytest.raises(RuleMomentTaken):
        later(people, value=700, effective_from=at, by="supervisor")
    agree(people, row)
    with pytest.raises(RuleMomentTaken):
        later(people, value=700, effective_from=at)
    later(people, value=700, effective_from=at + HOUR)


def test_a_moment_that_was_withdrawn_is_free_again(people):
    at = clock.now() + 24 * HOUR
    row = later(people, effective_from=at)
    rules.withdraw(account=people("supervisor"), code=row.code)
    later(people, value=700, effective_from=at)
    with pytest.raises(RuleChangeOver):
        rules.withdraw(account=people("supervisor"), code=row.code)


def at_once(*acts):
    gate = Barrier(len(acts))

    def go(act):
        try:
            gate.wait()
            return act()
        except DomainError as error:
            return type(error)
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_agree_at_once_one_does(people):
    row = later(people)
    first = second = people("supervisor")
    read = rules.digest_of(row)
    found = at_once(
        *[lambda who=who: rules.agree(account=who, code=row.code, digest=read) for who in (first, second)]
    )
    assert sum(isinstance(each, RuleChange) for each in found) == 1
    assert RuleChangeOver in found
    assert PolicyVersion.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_agreeing_and_withdrawing_at_once_one_happens(people):
    for number in range(4):
        row = later(people, hours=24 + number, value=600 + number)
        read, one, other = rules.digest_of(row), people("supervisor"), people("admin")
        found = at_once(
            lambda row=row, read=read, one=one: rules.agree(account=one, code=row.code, digest=read),
            lambda row=row, other=other: rules.withdraw(account=other, code=row.code),
        )
        assert sum(isinstance(each, RuleChange) for each in found) == 1
        state = RuleChange.objects.get(pk=row.pk).state
        versions = PolicyVersion.objects.filter(value=600 + number).count()
        assert (state, versions) in {("approved", 1), ("withdrawn", 0)}


@pytest.mark.django_db(transaction=True)
def test_of_four_proposals_for_one_moment_one_is_taken(people):
    at, who = clock.now() + 24 * HOUR, people("admin")
    found = at_once(
        *[
            lambda value=value: rules.propose(
                account=who, rule=NEAR, value=value, mode="later", reason="x", effective_from=at
            )
            for value in (600, 700, 800, 900)
        ]
    )
    assert sum(isinstance(each, RuleChange) for each in found) == 1
    assert found.count(RuleMomentTaken) == 3


# --- Urgent -----------------------------------------------------------------------------------------------


def test_one_person_makes_it_stricter_at_once_and_it_lapses(people, noon):
    row = stricter(people)
    assert policy.value(ANSWER_WITHIN) == 30
    noon.shift(11 * HOUR)
    assert policy.value(ANSWER_WITHIN) == 30
    noon.shift(HOUR)
    assert policy.value(ANSWER_WITHIN) == 60, "by itself, without any job"
    with pytest.raises(RuleTimePassed):
        agree(people, row, by="admin")
    run()
    assert RuleChange.objects.get().state == "lapsed"


def test_it_rings_until_a_second_person_looked_and_not_for_who_did_it(people):
    row = stricter(people)
    rings = lambda who: [each.code for each in alarms.ringing_for(people(who), clock.now())]  # noqa: E731
    assert row.code in rings("admin") and row.code not in rings("supervisor")
    run()
    agree(people, row, by="admin")
    assert row.code not in rings("admin")


def test_a_second_person_makes_it_stay(people, noon):
    row = stricter(people)
    noon.shift(HOUR)
    run()
    done = agree(people, row, by="admin")
    noon.shift(100 * HOUR)
    assert policy.value(ANSWER_WITHIN) == 30
    assert [done.urgent_number, done.number] == [1, 2]
    first, second = PolicyVersion.objects.order_by("number")
    assert (first.approved_by, second.approved_by, second.lapses_at) == ("", "admin", None)
    with pytest.raises(SecondPersonNeeded):
        agree(people, stricter(people, OWNED_WITHIN, 10))


def test_another_ends_it(people, noon):
    row = stricter(people)
    noon.shift(HOUR)
    rules.withdraw(account=people("admin"), code=row.code)
    assert policy.value(ANSWER_WITHIN) == 60
    assert policy.value(ANSWER_WITHIN, at=clock.now() - HOUR / 2) == 30


def test_one_person_loosens_nothing_and_does_it_once_a_week(people, noon):
    for rule, value in ((ANSWER_WITHIN, 90), (THRESHOLD, 90), (NEAR, 400)):
        with pytest.raises(policy.NotSafer):
            stricter(people, rule, value)
    stricter(people)
    with pytest.raises(UrgentAlready):
        stricter(people, value=20)
    noon.shift(13 * HOUR)
    with pytest.raises(UrgentAlready):
        stricter(people, value=20)
    noon.shift(timedelta(days=7))
    stricter(people, value=20)


def for_a_day(people, rule=ANSWER_WITHIN, value=90):
    row = rules.propose(account=people("admin"), rule=rule, value=value, mode="day", reason="x")
    return agree(people, row)


def test_one_person_does_not_prolong_what_two_loosened_for_a_day(people, noon):
    for_a_day(people)
    noon.shift(23 * HOUR)
    with pytest.raises(policy.NotSafer):
        stricter(people, value=89)
    noon.shift(2 * HOUR)
    assert policy.value(ANSWER_WITHIN) == 60


def test_one_person_brings_back_what_held_before_it_was_loosened(people, noon):
    for_a_day(people)
    noon.shift(HOUR)
    stricter(people, value=60)
    assert policy.value(ANSWER_WITHIN) == 60


def test_one_person_does_not_put_off_what_two_made_stricter(people, noon):
    row = later(people, ANSWER_WITHIN, 30, hours=25)
    run()
    agree(people, row)
    noon.shift(25 * HOUR - timedelta(minutes=1))
    with pytest.raises(policy.NotSafer):
        stricter(people, value=50)
    noon.shift(HOUR)
    assert policy.value(ANSWER_WITHIN) == 30


def test_what_one_person_made_stricter_is_read_beside_what_lasts_and_simulated(people, noon):
    for_a_day(people)
    noon.shift(HOUR)
    row = stricter(people, value=50)
    assert rules.held_before(ANSWER_WITHIN, row) == policy.InForce(60, "safety.answer_within v0")
    with pytest.raises(RuleNotSimulated):
        agree(people, row, by="admin")
    run()
    assert RuleChange.objects.get(pk=row.pk).simulated["beside"] == "safety.answer_within v0"
    agree(people, row, by="admin")


def test_one_person_makes_five_rules_stricter_in_a_day(people):
    from safety.policies import CALLED_BACK_WITHIN, POLICE_LIMIT

    for rule in (ANSWER_WITHIN, OWNED_WITHIN, CALLED_BACK_WITHIN, POLICE_LIMIT, THRESHOLD):
        stricter(people, rule, policy.value(rule) - 1)
    with pytest.raises(TooMany):
        stricter(people, TAKEN_WITHIN, policy.value(TAKEN_WITHIN) - 1)


def test_what_was_urgent_a_day_ago_is_proposed_anew(people, noon):
    row = rules.propose(account=people("admin"), rule=NEAR, value=900, mode="day", reason="x")
    noon.shift(24 * HOUR)
    with pytest.raises(RuleTimePassed):
        agree(people, row)
    run()
    assert RuleChange.objects.get().state == "lapsed"


def test_two_people_change_it_at_once_for_a_day(people, noon):
    row = rules.propose(account=people("admin"), rule=NEAR, value=900, mode="day", reason="x")
    agree(people, row)
    assert policy.value(NEAR) == 900
    noon.shift(24 * HOUR)
    assert policy.value(NEAR) == 500


def test_two_people_do_not_loosen_it_day_by_day(people, noon):
    for rule, value in ((NEAR, 900), (ANSWER_WITHIN, 90)):
        for_a_day(people, rule, value)
    noon.shift(25 * HOUR)
    for rule, value in ((NEAR, 900), (NEAR, 400), (ANSWER_WITHIN, 90), (ANSWER_WITHIN, 61)):
        with pytest.raises(ForADayAlready):
            for_a_day(people, rule, value)
    for_a_day(people, ANSWER_WITHIN, 30)
    noon.shift(timedelta(days=6))
    for_a_day(people, NEAR, 900)
    assert policy.value(NEAR) == 900


def test_what_was_not_agreed_to_is_proposed_for_a_day_again(people, noon):
    row = rules.propose(account=people("admin"), rule=NEAR, value=900, mode="day", reason="x")
    rules.withdraw(account=people("supervisor"), code=row.code)
    for_a_day(people, NEAR, 900)
    assert policy.value(NEAR) == 900


def test_the_effect_of_what_one_made_stricter_is_beside_what_lasted(people, noon, rides):
    stays = stricter(people, value=30)
    run()
    agree(people, stays, by="admin")
    seen = []
    noon.shift(timedelta(days=8))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            rules.simulation, "simulate", lambda _how, old, new, *_when: seen.append((old, new)) or {}
        )
        rules.MEASURE.run(at=clock.now())
    assert seen == [(60, 30), (60, 30)]


# --- Figures ------------------------------------------------------------------------------------------------


def test_what_can_be_simulated_is_before_anybody_agrees(people, noon, rides):
    rides.ended()
    noon.shift(HOUR)
    row = later(people, CURFEW, {"from": "10:00", "to": "09:00"})
    with pytest.raises(RuleNotSimulated):
        agree(people, row)
    run()
    found = RuleChange.objects.get().simulated
    assert found["all"][0] >= 1 and found["all"][2] >= 1 and found["all"][3] >= 1
    agree(people, row)


def test_whoever_waits_for_the_figures_sees_how_far_they_are(people, noon, rides, signed_in, monkeypatch):
    rides.ended()
    noon.shift(HOUR)
    row = later(people, CURFEW, {"from": "10:00", "to": "09:00"})
    at, seen = f"/admin/rules/{CURFEW.key}/", []
    client = signed_in("supervisor")
    page = lambda: client.get(at, headers={"accept-language": "en"}).content.decode()  # noqa: E731
    waits = page()
    assert f'id="progress-{row.code}"' in waits and "It begins within seconds." in waits
    real = simulation.simulate

    def slow(how, old, new, since, until, heard):
        def tell(done):
            noon.shift(timedelta(minutes=1))
            heard(done)
            RuleChange.objects.filter(pk=row.pk).update(rows_of=done * 4)
            seen.append(
                (rules.progress_of(RuleChange.objects.get(pk=row.pk), clock.now()), page(), live.marks())
            )

        return real(how, old, new, since, until, tell)

    before = live.marks()["rule_figures"]
    monkeypatch.setattr(simulation, "simulate", slow)
    run()
    ((progress, shown, marks),) = seen
    assert progress.done >= 1 and progress.of == 4 * progress.done and marks["rule_figures"] > before
    assert (progress.rate, progress.left) == (progress.done / 60, 180)
    assert "About 3 min to go." in shown and f"{progress.done} of {progress.of}" in shown
    assert f"{progress.done}.0 a minute" in shown and 'value="' in shown
    row = RuleChange.objects.get(pk=row.pk)
    assert rules.progress_of(row, clock.now()) is None and f'id="progress-{row.code}"' not in page()
    assert row.rows_done == row.simulated["all"][0]


def test_figures_beside_another_version_are_worked_out_anew(people, noon, rides):
    rides.ended()
    noon.shift(HOUR)
    row = later(people, CURFEW, {"from": "10:00", "to": "09:00"}, hours=48)
    other = later(people, CURFEW, {"from": "11:00", "to": "09:00"}, hours=24)
    run()
    assert RuleChange.objects.get(pk=row.pk).simulated["all"][1] == 0
    agree(people, other)
    with pytest.raises(RuleNotSimulated):
        agree(people, row)
    run()
    assert RuleChange.objects.get(pk=row.pk).simulated["all"][1] == 1
    agree(people, row)


def test_it_runs_in_shadow_and_nothing_acts_by_it(people, noon, rides):
    row = later(people, TARIFF, _dearer(), hours=48)
    run()
    assert RuleChange.objects.get().shadowed is None
    trip = rides.ended()
    noon.shift(HOUR)
    run()
    shadow = RuleChange.objects.get().shadowed
    assert shadow["all"][0] == 1 and shadow["all"][2] > shadow["all"][1]
    assert trip.tariff == "rides.tariff v0"
    read = rules.digest_of(RuleChange.objects.get())
    noon.shift(HOUR)
    run()
    assert RuleChange.objects.get().shadowed["until"] != shadow["until"]
    with pytest.raises(RuleChangedMeanwhile):
        agree(people, row, digest=read)
    agree(people, row)
    signed = RuleChange.objects.get().shadowed
    noon.shift(3 * HOUR)
    run()
    assert RuleChange.objects.get().shadowed == signed, "what was signed stays as it was"


def _dearer():
    raw = TARIFF.kind.plain(TARIFF.default)
    return raw | {"hitch": raw["hitch"] | {"base": 900, "least": 1_000}}


def test_the_effect_stands_beside_the_version_after_seven_days(people, noon, rides):
    row = later(people, TARIFF, _dearer(), hours=24)
    run()
    agree(people, row)
    trip = rides.ended()
    noon.shift(24 * HOUR)
    Trip.objects.filter(pk=trip.pk).update(requested_at=clock.now() + HOUR)
    noon.shift(timedelta(days=6))
    run()
    assert RuleChange.objects.get().effect is None
    noon.shift(timedelta(days=1))
    run()
    effect = RuleChange.objects.get().effect
    assert effect["before"]["all"][0] == 0 and effect["after"]["all"][0] == 1
    assert effect["after"]["all"][2] > effect["after"]["all"][1]


def test_one_that_cannot_be_worked_out_stops_only_itself(people, noon, rides, monkeypatch):
    from core.models import FailedWork
    from core.policy import simulation

    rides.ended()
    later(people, TARIFF, _dearer())
    later(people, CURFEW, {"from": "21:00", "to": "06:00"})
    real = simulation.simulate

    def breaks(how, *given):
        if how.policy is TARIFF:
            raise ZeroDivisionError
        return real(how, *given)

    monkeypatch.setattr(simulation, "simulate", breaks)
    run()
    assert RuleChange.objects.get(key=CURFEW.key).simulated
    assert FailedWork.objects.filter(kind="governance.rule_simulate").count() == 1


# --- The pages ----------------------------------------------------------------------------------------------


def fields_of(page):
    """What a browser would send of the form that changes the rule."""
    part = page[page.index('id="change"') :]
    part = part[: part.index("</form>")]
    found = {}
    for tag in re.findall(r"<input[^>]*>", part):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if not name or name[1] == "csrfmiddlewaretoken":
            continue
        if ('type="radio"' in tag or 'type="checkbox"' in tag) and "checked" not in tag:
            continue
        text = html.unescape(value[1]) if value else ""
        if 'type="checkbox"' in tag:
            found.setdefault(name[1], []).append(text)
        else:
            found[name[1]] = text
    for name, inner in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>\n?(.*?)</textarea>', part, re.S):
        found[name] = html.unescape(inner)
    for name, inner in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', part, re.S):
        chosen = re.search(r'value="([^"]*)" selected', inner)
        found[name] = chosen[1] if chosen else ""
    return found


def test_the_page_of_all_rules_names_each_with_text_value_and_history(people, signed_in, noon):
    agree(people, later(people))
    noon.shift(25 * HOUR)
    agree(people, later(people, value=900, hours=48))
    client = signed_in("agent")
    for language in ("en", "zh-hans"):
        page = html.unescape(
            client.get("/admin/rules/", headers={"accept-language": language}).content.decode()
        )
        for rule in policy.declared():
            assert f'id="{rule.key}"' in page
            with override(language):
                assert str(rule.name) in page and str(rule.about) in page, rule.key
    page = client.get("/admin/rules/", headers={"accept-language": "en"}).content.decode()
    row = page[page.index('id="rides.near"') :]
    row = row[: row.index("</tr>")]
    assert "600 metres" in row and "admin" in row and "supervisor" in row and "version" in row


def test_each_page_reads_the_versions_in_force_once(people, signed_in, noon):
    agree(people, later(people))
    noon.shift(25 * HOUR)
    client = signed_in("supervisor")
    for at, most in (("/admin/rules/", 1), ("/admin/rules/rides.near/", 2)):  # and the history of that one
        with CaptureQueriesContext(connection) as queries:
            client.get(at)
        assert sum("core_policyversion" in query["sql"] for query in queries) == most, at


def test_the_page_of_all_rules_asks_the_same_however_many_versions(
    people, signed_in, django_assert_max_num_queries
):
    client = signed_in("agent")
    client.get("/admin/rules/")
    with CaptureQueriesContext(connection) as few:
        client.get("/admin/rules/")
    for number in range(5):
        agree(people, later(people, value=600 + number, hours=24 + number))
    with CaptureQueriesContext(connection) as many:
        client.get("/admin/rules/")
    assert len(many) <= len(few)


@pytest.mark.parametrize("rule", policy.declared(), ids=str)
def test_every_rule_opens_in_the_editor_and_its_unchanged_form_proposes_nothing(rule, signed_in):
    client = signed_in("supervisor")
    page = client.get(f"/admin/rules/{rule.key}/").content.decode()
    sent = fields_of(page) | {"reason": "x", "mode": "day"}
    answer = client.post(f"/admin/rules/{rule.key}/", sent | {"step": "look"})
    assert answer.status_code == 200, re.findall(r"errorlist[^>]*>.*?</ul>", answer.content.decode(), re.S)[
        :3
    ]
    looked = fields_of(answer.content.decode())
    assert looked.get("seen")
    answer = client.post(f"/admin/rules/{rule.key}/", sent | {"step": "propose", "seen": looked["seen"]})
    assert answer.status_code == 400 and not RuleChange.objects.exists()


def test_staff_look_at_the_difference_propose_and_another_agrees(signed_in, people):
    admin, supervisor = signed_in("admin"), signed_in("supervisor")
    at = "/admin/rules/rides.near/"
    sent = fields_of(admin.get(at).content.decode())
    sent |= {"v0": "750", "mode": "later", "effective_from": "2036-01-01T08:00", "reason": "cars come nearer"}
    page = admin.post(at, sent | {"step": "propose"}).content.decode()
    assert not RuleChange.objects.exists(), "what nobody looked at is not proposed"
    seen = fields_of(page)["seen"]
    assert "750" in page and "500" in page
    page = admin.post(at, sent | {"v0": "760", "step": "propose", "seen": seen}).content.decode()
    assert not RuleChange.objects.exists(), "another value than the one that was looked at"
    assert admin.post(at, sent | {"step": "propose", "seen": seen}).status_code == 302
    row = RuleChange.objects.get()
    assert (row.value, row.proposed_by, row.reason) == (750, "admin", "cars come nearer")
    own = admin.get(at).content.decode()
    assert f"/admin/rules/changes/{row.code}/do/agree/" not in own
    page = supervisor.get(at).content.decode()
    digest = re.search(r'name="digest" value="([0-9a-f]{64})"', page)[1]
    act = f"/admin/rules/changes/{row.code}/do/agree/"
    assert supervisor.post(act, {"digest": "0" * 64}).status_code == 409
    assert supervisor.post(act, {}).status_code == 400
    assert supervisor.post(act, {"digest": digest}).status_code == 302
    assert PolicyVersion.objects.get().value == 750


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"v0": "fast"}, "This is not a number"),
        ({"v0": "99999"}, "Between 100 metres and 3,000 metres."),
        ({"v0": "1.5"}, "A whole number is needed."),
        ({"effective_from": ""}, "From when on shall it hold?"),
        ({"effective_from": "2001-01-01T08:00"}, "has yet to come"),
        ({"reason": ""}, "required"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(signed_in, typed, said):
    admin, at = signed_in("admin"), "/admin/rules/rides.near/"
    sent = fields_of(admin.get(at).content.decode())
    sent |= {
        "v0": "750",
        "mode": "later",
        "effective_from": "2036-01-01T08:00",
        "reason": "my own words",
    } | typed
    first = admin.post(at, sent | {"step": "look"}, headers={"accept-language": "en"})
    page = first.content.decode()
    if first.status_code == 200:
        sent["seen"] = fields_of(page)["seen"]
        first = admin.post(at, sent | {"step": "propose"}, headers={"accept-language": "en"})
        page = first.content.decode()
    assert first.status_code == 400 and said in html.unescape(page)
    for name, words in sent.items():
        if name in {"v0", "reason"} and words:
            assert words in page
    assert not RuleChange.objects.exists()


def test_an_earlier_version_is_proposed_again_as_a_new_one(people, signed_in, noon):
    agree(people, later(people, value=600))
    noon.shift(25 * HOUR)
    agree(people, later(people, value=900))
    noon.shift(25 * HOUR)
    page = signed_in("admin").get("/admin/rules/rides.near/?from=1").content.decode()
    assert fields_of(page)["v0"] == "600"
    page = signed_in("admin").get("/admin/rules/rides.near/?from=0").content.decode()
    assert fields_of(page)["v0"] == "500"
    for strange in ("x", "99", "-1", "9" * 40):
        page = signed_in("admin").get(f"/admin/rules/rides.near/?from={strange}")
        assert page.status_code == 200
    agree(people, later(people, value=600))
    assert PolicyVersion.objects.count() == 3


def test_who_may_not_change_it_reads_it_and_nothing_else(signed_in):
    agent = signed_in("agent")
    page = agent.get("/admin/rules/rides.near/").content.decode()
    assert 'id="change"' not in page
    assert agent.post("/admin/rules/rides.near/", {}).status_code == 403
    assert agent.get("/admin/rules/rides.nothing/").status_code == 404
    assert (
        'value="later"'
        not in signed_in("specialist").get("/admin/rules/safety.answer_within/").content.decode()
    )
    assert (
        'value="alone"' in signed_in("specialist").get("/admin/rules/safety.answer_within/").content.decode()
    )


def test_a_stored_value_that_cannot_be_read_is_still_changed(people, signed_in):
    PolicyVersion.objects.create(
        key="safety.weights", number=1, value={"sos": "many"}, effective_from=clock.now() - HOUR, proposed_by="a",
        approved_by="b",
    )  # fmt: skip
    page = (
        signed_in("admin")
        .get("/admin/rules/safety.weights/", headers={"accept-language": "en"})
        .content.decode()
    )
    assert "It cannot be read. This holds instead:" in page and fields_of(page)["v0"]


@pytest.mark.parametrize(("changed", "says"), [(0, False), (7, True)])
def test_no_figure_calls_a_looser_rule_harmless_where_refusals_were_never_stored(db, changed, says):
    """All stored orders passed the curfew in force: earlier hours refuse none of them, and 0 % would be signed."""
    how = simulation.of(CURFEW)
    kept = {
        "since": "2026-03-01T00:00:00+08:00",
        "until": "2026-03-02T00:00:00+08:00",
        "all": [40, 0, changed, changed],
    }
    with override("en"):
        page = render_to_string("console/_figures.html", {"figures": figures.shown(how, kept), "title": "x"})
    assert ("%" in page) is says
    assert ("was never stored" in page) is not says
