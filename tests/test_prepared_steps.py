"""Steps on an incident that supervisors prepared: words to who called, a note, and when somebody looks again."""

import re
from datetime import timedelta

import pytest

from complaints import services as desk
from complaints.errors import MacroUnknown, OfAnswersAlone
from complaints.macros import PLACEHOLDERS
from complaints.selectors import macros_for
from core import alarms, clock, timeline
from core.actors import SYSTEM
from core.errors import Forbidden, InvalidInput
from rides.states import Party
from rides.tokens import TripKey
from safety import services
from safety.errors import ActionClosed
from safety.models import HelpMessage, Incident

TEXTS = {
    "title_zh": "问能否写字",
    "title_en": "Ask whether she can write",
    "body_zh": "您能写字吗？",
    "body_en": "Can you write?",
    "note_zh": "已询问，等待回复",
    "note_en": "Asked, waiting for an answer",
}


def prepare(people, texts=TEXTS, **changes):
    given = {"use": "incident", "again": 3} | changes
    return desk.save_macro(account=people("supervisor"), code="ask", texts=texts, **given)


@pytest.fixture
def taken(rides, people):
    incident = services.raise_sos(key=TripKey(rides.under_way().code, Party.PASSENGER, "wenzhou"))
    return services.take_incident(account=people("agent"), code=incident.code)


def test_one_key_writes_notes_and_says_when_somebody_looks_again(taken, people, signed_in, noon):
    prepare(people)
    agent = signed_in("agent")
    address = f"/admin/incidents/{taken.code}/"
    page = agent.get(address, headers={"accept-language": "en"}).content.decode()
    assert 'data-shortcut="1"' in page
    assert "Ask whether she can write" in page
    agent.post(f"{address}do/step/", {"step": "ask", "shown": str(taken.news)})
    said = HelpMessage.objects.get()
    assert (said.party, said.words, said.staff) == ("passenger", "您能写字吗？", "agent")  # in her language
    assert {"已询问，等待回复", "Asked, waiting for an answer"} & {
        line.words for line in timeline.of(incident=taken.code)
    }
    taken.refresh_from_db()
    assert taken.look_at == clock.now() + timedelta(minutes=3) or taken.look_at > clock.now()
    assert "looked at again" in agent.get(address, headers={"accept-language": "en"}).content.decode()


def test_it_rings_when_the_time_has_come_until_somebody_has_looked(taken, people, signed_in, noon):
    prepare(people)
    services.take_step(account=people("agent"), code=taken.code, step="ask", shown=str(taken.news))

    def rings():
        found = alarms.ringing_for(people("agent"), clock.now())
        return [each.code for each in found if each.key.startswith("look:")]

    assert rings() == []
    with pytest.raises(ActionClosed):
        services.see_news(
            account=people("agent"), code=taken.code
        )  # the time has not come, and nothing is new
    noon.shift(timedelta(minutes=3, seconds=1))
    assert rings() == [taken.code]
    assert 'data-do="see"' in signed_in("agent").get(f"/admin/incidents/{taken.code}/").content.decode()
    services.see_news(account=people("agent"), code=taken.code)
    assert rings() == []
    assert Incident.objects.get(pk=taken.pk).look_at is None


def test_looking_before_the_time_does_not_take_it_away(taken, people):
    prepare(people)
    services.take_step(account=people("agent"), code=taken.code, step="ask", shown=str(taken.news))
    before = Incident.objects.get(pk=taken.pk)
    services.write_to_caller(
        account=people("agent"), code=taken.code, party="passenger", words="x", shown=str(before.news)
    )
    assert Incident.objects.get(pk=taken.pk).look_at == before.look_at


def test_a_key_keeps_its_step_when_somebody_calls_meanwhile(rides, people, signed_in):
    prepare(people)  # words for who called
    alone = {each: "" for each in TEXTS if each.startswith("body")} | {"title_zh": "等", "title_en": "Wait"}
    desk.save_macro(account=people("supervisor"), code="wait", texts=TEXTS | alone, use="incident", again=5)
    trip, agent = rides.under_way(), signed_in("agent")
    incident = services.open_incident(trip=trip, origin="monitor", actor=SYSTEM)
    services.take_incident(account=people("agent"), code=incident.code)

    def keys():
        page = agent.get(f"/admin/incidents/{incident.code}/").content.decode()
        steps = page.partition('id="steps"')[2].partition('id="placed-calls"')[0]
        return dict(re.findall(r'name="step" value="(\w+)".*?data-shortcut="(\d)"', steps, re.DOTALL))

    before = keys()
    assert before.keys() == {"wait"}
    services.raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    after = keys()
    assert after.keys() == {"ask", "wait"}
    assert after["wait"] == before["wait"]


@pytest.mark.parametrize(
    ("act", "said"),
    [
        ("step", {"step": "ask"}),
        ("write", {"party": "passenger", "words": "x"}),
        ("say", {"party": "passenger", "phrase": "hurt"}),
    ],
)
def test_one_press_sent_twice_writes_once_and_another_one_writes_again(taken, people, signed_in, act, said):
    prepare(people)
    agent, address = signed_in("agent"), f"/admin/incidents/{taken.code}/"

    def press():
        page = agent.get(address).content.decode().partition(f"do/{act}/")[2].partition("</form>")[0]
        return said | dict(re.findall(r'name="(shown|after)"\s+value="([^"]*)"', page))

    one = press()
    for _time in range(2):
        assert agent.post(f"{address}do/{act}/", one).status_code == 302
    assert HelpMessage.objects.count() == 1
    assert agent.post(f"{address}do/{act}/", press()).status_code == 302
    assert HelpMessage.objects.count() == 2


def test_a_step_puts_off_no_look_that_was_promised_or_is_due(taken, people, noon):
    prepare(people)  # again in three minutes
    later = {each: "" for each in TEXTS if each.startswith("body")} | {"title_zh": "等", "title_en": "Wait"}
    desk.save_macro(account=people("supervisor"), code="wait", texts=TEXTS | later, use="incident", again=5)

    def take(step, shown=""):
        services.take_step(account=people("agent"), code=taken.code, step=step, shown=shown)
        return Incident.objects.get(pk=taken.pk).look_at

    first = take("wait")
    assert take("ask") == first - timedelta(minutes=2)  # an earlier one is heard
    assert take("wait") == first - timedelta(minutes=2)
    noon.shift(timedelta(minutes=4))
    assert take("wait") == first - timedelta(minutes=2)  # due, from a page that showed something else
    news = str(Incident.objects.get(pk=taken.pk).news)
    assert take("wait", news) > clock.now() + timedelta(minutes=4)  # whoever looked begins anew


def test_words_that_would_reach_nobody_are_refused_whole(rides, people, signed_in):
    prepare(people)
    incident = services.open_incident(trip=rides.under_way(), origin="monitor", actor=SYSTEM)
    services.take_incident(account=people("agent"), code=incident.code)
    with pytest.raises(ActionClosed):
        services.take_step(account=people("agent"), code=incident.code, step="ask")
    assert Incident.objects.get(pk=incident.pk).look_at is None
    assert "Ask whether" not in signed_in("agent").get(f"/admin/incidents/{incident.code}/").content.decode()
    prepare(people, TEXTS | {"body_zh": "", "body_en": ""})  # a note and a time alone need nobody who called
    services.take_step(account=people("agent"), code=incident.code, step="ask")
    assert Incident.objects.get(pk=incident.pk).look_at


@pytest.mark.parametrize(
    ("texts", "changes", "error"),
    [
        ({"body_en": ""}, {}, InvalidInput),
        ({"note_zh": ""}, {}, InvalidInput),
        ({"body_zh": "{code}"}, {}, MacroUnknown),
        ({"body_zh": "x" * 1001}, {}, InvalidInput),
        (dict.fromkeys(("body_zh", "body_en", "note_zh", "note_en"), ""), {"again": None}, InvalidInput),
        ({}, {"again": 0}, InvalidInput),
        ({}, {"use": "nose"}, InvalidInput),
    ],
)
def test_a_step_is_whole_in_both_languages(people, texts, changes, error):
    with pytest.raises(error):
        prepare(people, TEXTS | texts, **changes)


def test_only_who_writes_guides_writes_steps_and_they_are_no_answers(taken, people):
    with pytest.raises(Forbidden):
        desk.save_macro(account=people("agent"), code="ask", texts=TEXTS, use="incident")
    prepare(people)
    assert "ask" not in {each.code for each in macros_for("other")}
    prepare(people, retired=True)
    with pytest.raises(InvalidInput):
        services.take_step(account=people("agent"), code=taken.code, step="ask")
    assert not HelpMessage.objects.exists()


def test_it_is_kept_on_the_page_of_macros(people, signed_in):
    given = TEXTS | {"use": "incident", "again_minutes": "5", "retired": "0", "code": "", "category": ""}
    given |= {"body_zh": "", "body_en": ""}
    assert signed_in("supervisor").post("/admin/workspace/macros/", given).status_code == 302
    page = (
        signed_in("agent").get("/admin/workspace/macros/", headers={"accept-language": "en"}).content.decode()
    )
    assert "Asked, waiting for an answer" in page
    assert "Looked at again after 5 min" in page


def test_a_step_holds_of_the_list_what_is_the_same_everywhere(taken, people, signed_in, settings):
    prepare(
        people,
        TEXTS
        | {
            "body_zh": "请拨打{safety_line}。",
            "body_en": "Call {safety_line}.",
            "note_zh": "已告知{safety_line}",
            "note_en": "Told {safety_line}",
        },
    )
    services.take_step(account=people("agent"), code=taken.code, step="ask", shown=str(taken.news))
    assert HelpMessage.objects.get().words == f"请拨打{settings.SAFETY_LINE}。"
    words = {line.words for line in timeline.of(incident=taken.code)}
    assert {f"已告知{settings.SAFETY_LINE}", f"Told {settings.SAFETY_LINE}"} & words


def test_the_list_of_placeholders_and_the_refusal_say_the_same(people, signed_in):
    client = signed_in("supervisor")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = client.get("/admin/workspace/macros/").content.decode()
    listed = re.findall(r"<code>(\{\w+\})</code></dt>\s*<dd>(.*?)</dd>", page, re.DOTALL)
    assert {name for name, _what in listed} == {f"{{{name}}}" for name in PLACEHOLDERS}
    for name, what in listed:
        texts = TEXTS | {"body_en": f"x {name}"}
        if "in answers and steps" in what:
            prepare(people, texts)
            continue
        assert "in answers alone" in what
        with pytest.raises(OfAnswersAlone):
            prepare(people, texts)
    with pytest.raises(MacroUnknown, match="placeholder_unknown"):
        prepare(people, TEXTS | {"body_en": "{phone}"})


def test_what_is_written_anew_is_in_use_and_may_be_either(signed_in):
    client = signed_in("supervisor")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    page = client.get("/admin/workspace/macros/").content.decode()
    assert "Write an answer or a step" in page
    (used,) = re.findall(r'<input[^>]*name="retired"[^>]*value="0"[^>]*>', page)
    assert "checked" in used
    assert "checked" not in re.findall(r'<input[^>]*name="use"[^>]*>', page)[0]
