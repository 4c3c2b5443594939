"""Owned is not seen: grave words that come to a complaint which somebody has ring until a person looked at them."""

from datetime import timedelta

import pytest

from complaints import services
from complaints.actions.cases import COMPLAINTS
from complaints.errors import AlreadyOwned, NotNow
from complaints.models import Complaint, Shift
from complaints.policies import Award
from complaints.services.oncall import ring_on_call
from complaints.states import Category, Finding, Level, Outcome, Side
from core import alarms, clock
from core.errors import Forbidden
from core.models import Notification, TimelineEntry
from safety.models import Incident

GRAVE = "他现在站在我家门口拿着刀，要杀我"


def codes_for(person, after=0):
    return [each.code for each in alarms.ringing_for(person, clock.now() + timedelta(seconds=after))]


def add(row, people, words=GRAVE, side=Side.COMPLAINANT, who="passenger"):
    services.add_more(complaint=row, actor=people(who).actor, side=side, words=words)
    row.refresh_from_db()


@pytest.fixture
def owned(cases, people):
    row = cases.ended(words="司机绕路", category=Category.DISPUTE)
    services.take(account=people("agent"), code=row.code)
    row.refresh_from_db()
    return row


def test_grave_words_ring_for_whoever_has_it_and_then_for_everybody(owned, people):
    assert codes_for(people("agent")) == []
    add(owned, people)
    assert owned.level == Level.SEVERE
    assert codes_for(people("agent")) == [owned.code]
    assert codes_for(people("agent2")) == [], "its owner first"
    assert codes_for(people("agent2"), after=10) == [owned.code], "then everybody"
    services.see_news(account=people("agent"), code=owned.code, shown="1")
    assert codes_for(people("agent2"), after=60) == []


def test_each_further_grave_line_rings_and_an_ordinary_one_does_not(owned, people):
    add(owned, people)
    services.see_news(account=people("agent"), code=owned.code)
    add(owned, people, words="我把发票也传上来了")
    assert codes_for(people("agent")) == []
    add(owned, people, words="救命，他又拿刀来了")
    assert codes_for(people("agent")) == [owned.code]


def test_what_came_after_the_page_was_drawn_is_not_seen_by_it(owned, people):
    add(owned, people)
    add(owned, people, words="救命，他又拿刀来了")
    with pytest.raises(NotNow):
        services.see_news(account=people("agent"), code=owned.code, shown="1")
    assert codes_for(people("agent")) == [owned.code]
    services.see_news(account=people("agent"), code=owned.code, shown="2")
    assert TimelineEntry.objects.filter(case=owned.code, kind="complaints.seen").count() == 1
    with pytest.raises(NotNow):
        services.see_news(account=people("agent"), code=owned.code)
    add(owned, people)
    with pytest.raises(NotNow):
        services.see_news(account=people("vetting"), code=owned.code)


@pytest.mark.parametrize("side", list(Side))
def test_a_statement_rings_whichever_side_gives_it(owned, people, side):
    who = {Side.COMPLAINANT: owned.complainant, Side.ACCUSED: owned.accused}[side]
    services.ask_statement(account=people("agent"), code=owned.code, side=side, words="?")
    services.give_statement(complaint=owned, side=side, actor=who.actor, words="我要拿刀杀了她，让她去死")
    assert codes_for(people("agent")) == [owned.code]


def test_what_the_other_side_adds_rings(owned, people):
    add(owned, people, side=Side.ACCUSED, who="driver", words="我要拿刀杀了她，让她去死")
    assert codes_for(people("agent")) == [owned.code]


def test_an_appeal_rings_though_nobody_has_it_and_it_is_decided(cases, people):
    row = cases.decided(cases.heard(cases.ended(words="司机绕路", category=Category.DISPUTE)))
    services.appeal(complaint=row, side=Side.COMPLAINANT, actor=people("passenger").actor, words=GRAVE)
    assert codes_for(people("agent2")) == [row.code]
    services.take(account=people("adjudicator2"), code=row.code)
    assert codes_for(people("agent2"), after=60) == []


def test_whoever_takes_it_has_seen_it_and_whoever_is_given_it_has_not(owned, people):
    add(owned, people)
    services.assign(account=people("agent"), code=owned.code, to="agent2")
    assert codes_for(people("agent2")) == [owned.code]
    services.unassign(account=people("agent2"), code=owned.code)
    assert codes_for(people("agent2")) == [owned.code], "once, as one that nobody has"
    services.take(account=people("agent2"), code=owned.code)
    assert codes_for(people("agent2"), after=60) == []


def test_whoever_writes_them_down_knows_them(owned, people):
    add(owned, people, who="agent")
    assert codes_for(people("agent")) == []
    add(owned, people, who="agent2")
    assert codes_for(people("agent")) == [owned.code]


def test_what_nobody_looked_at_is_neither_decided_nor_joined(cases, owned, people):
    other = cases.filed(owned.trip, category=Category.OTHER, words="雨伞忘在车上")
    cases.heard(owned)
    add(owned, people)
    with pytest.raises(NotNow):
        cases.decide(owned, "adjudicator", Finding.UPHELD, Award(Outcome.WARNING, Side.ACCUSED))
    with pytest.raises(NotNow):
        services.merge(account=people("agent"), code=owned.code, into=other.code, words="same")
    services.see_news(account=people("agent"), code=owned.code)
    services.merge(account=people("agent"), code=owned.code, into=other.code, words="same")


def test_a_severe_one_that_is_joined_to_what_a_colleague_has_rings_there(cases, owned, people):
    severe = cases.filed(owned.trip, words="x")
    services.merge(account=people("supervisor"), code=severe.code, into=owned.code, words="same")
    assert codes_for(people("agent")) == [owned.code]


def test_staff_on_call_are_rung_about_it(owned, people):
    add(owned, people)
    ring_on_call(at=clock.now() + timedelta(hours=1))
    assert people("agent").phone in Notification.objects.filter(channel="voice").values_list(
        "recipient", flat=True
    )


def test_the_page_offers_to_say_that_it_was_seen(owned, people, signed_in):
    url = f"/admin/workspace/{owned.code}/"
    add(owned, people)
    page = signed_in("agent").get(url, headers={"accept-language": "en"}).content.decode()
    assert "I have seen what is new" in page
    signed_in("agent").post(f"{url}do/see/", {"do": "1", "shown": "1"})
    assert Complaint.objects.get(pk=owned.pk).news_at is None


def test_an_incident_opens_from_it_once_for_whoever_needs_help_after_the_trip(owned, people):
    add(owned, people)
    code = services.open_incident_of(account=people("agent"), code=owned.code)
    incident = Incident.objects.get(code=code)
    assert incident.trip == owned.trip
    assert incident.high_risk_at is not None, "her own words are in it"
    assert services.open_incident_of(account=people("agent2"), code=owned.code) == code
    assert codes_for(people("agent2")) == [code], "what was written is looked at there"
    assert "help" in COMPLAINTS.actions
    with pytest.raises(Forbidden):
        services.open_incident_of(account=people("adjudicator"), code=owned.code)


def ring_all_night(times, noon):
    """Nobody looks: somebody is rung about it again and again."""
    for _each in range(times):
        noon.shift(30)
        ring_on_call(at=clock.now())


@pytest.fixture
def at_desk(people):
    """Put somebody on the roster of now."""

    def put(who, hours=7):
        at = clock.now()
        return Shift.objects.create(
            account=people(who),
            starts_at=at - timedelta(hours=1),
            ends_at=at + timedelta(hours=hours),
            made_by="supervisor",
            made_at=at,
        )

    return put


def test_nobody_else_has_seen_it_for_whoever_has_it_and_is_there(owned, people, at_desk, noon):
    add(owned, people)
    services.assign(account=people("agent"), code=owned.code, to="agent2")
    at_desk("agent2", hours=1)
    with pytest.raises(AlreadyOwned):
        services.see_news(account=people("agent"), code=owned.code)
    assert codes_for(people("agent2")) == [owned.code], "it rings for whoever has it"
    services.see_news(account=people("agent2"), code=owned.code)
    assert codes_for(people("agent2")) == []
    add(owned, people)
    noon.shift(2 * 3_600)
    services.see_news(account=people("agent"), code=owned.code)  # whose shift is over is not there to look


def said_on(page):
    """What the page says was said, before anything else."""
    return page[page.index('id="said"') : page.index('id="now"')]


def test_what_nobody_looked_at_stands_in_full_where_it_is_said_until_somebody_did(
    owned, people, signed_in, noon
):
    url = f"/admin/workspace/{owned.code}/"
    add(owned, people)
    noon.shift(60)
    add(owned, people, words="救命，他又拿刀来了")
    said = said_on(page_of(signed_in, url))
    assert GRAVE in said
    assert "救命，他又拿刀来了" in said
    assert "new, not looked at" in said
    services.see_news(account=people("agent"), code=owned.code)
    assert GRAVE not in said_on(page_of(signed_in, url))
    noon.shift(60)
    add(owned, people, words="他要杀我，他拿着刀")
    said = said_on(page_of(signed_in, url))
    assert "他要杀我，他拿着刀" in said
    assert GRAVE not in said, "that was looked at"


def test_what_one_says_that_was_joined_stands_there_as_well(cases, owned, people, signed_in):
    severe = cases.filed(owned.trip, words="他掐住我的脖子")
    services.merge(account=people("supervisor"), code=severe.code, into=owned.code, words="same")
    assert "他掐住我的脖子" in said_on(page_of(signed_in, f"/admin/workspace/{owned.code}/"))


def page_of(signed_in, url, who="agent"):
    return signed_in(who).get(url, headers={"accept-language": "en"}).content.decode()


def test_rings_of_one_alarm_are_one_line_and_take_no_words_from_the_page(
    owned, people, signed_in, noon, monkeypatch
):
    monkeypatch.setattr("complaints.console.workspace.LINES", 5)
    url = f"/admin/workspace/{owned.code}/"
    add(owned, people)
    ring_all_night(6, noon)
    rung = TimelineEntry.objects.filter(case=owned.code, kind="alarms.rung").count()
    assert rung > 5
    page = page_of(signed_in, url)
    assert page.count("rung and written to") == 1
    assert f"<b>{rung} times since" in page
    lines = page[page.index('id="lines"') :]
    assert GRAVE in lines
    services.see_news(account=people("agent"), code=owned.code)
    add(owned, people)
    ring_all_night(2, noon)
    assert page_of(signed_in, url).count("rung and written to") == 2, "another alarm is another line"


def test_an_incident_folds_them_too(owned, people, signed_in, noon):
    add(owned, people)
    code = services.open_incident_of(account=people("agent"), code=owned.code)
    ring_all_night(6, noon)
    page = page_of(signed_in, f"/admin/incidents/{code}/")
    assert page.count("rung and written to") == 1
    assert " times since" in page
