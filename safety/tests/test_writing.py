"""S1+: who called for help and staff write to each other, both ways, live; each side of the trip has its own."""

import re

import pytest
from django.utils.translation import override

from complaints.services import file_complaint
from complaints.states import Category
from core import timeline
from core.errors import DomainError, InvalidInput, NotFound
from rides.selectors import position_key
from rides.states import Party
from rides.tokens import TripKey
from safety import selectors, services
from safety.errors import ActionClosed, ReasonMissing
from safety.models import HelpMessage, Incident, SafetyQuestion
from safety.policies import clocks_of
from safety.states import Answer, StaffPhrase


def side(trip, party=Party.PASSENGER):
    return TripKey(trip.code, party, "wenzhou")


@pytest.fixture
def trip(rides):
    return rides.under_way()


@pytest.fixture
def incident(trip, people):
    found = services.raise_sos(key=side(trip), silent=True)
    services.take_incident(account=people("agent"), code=found.code)
    found.refresh_from_db()
    return found


def page_of(client, trip, party=Party.PASSENGER, language="en"):
    headers = {"accept-language": language, "x-trip-key": position_key(trip, party)}
    return client.get(f"/trips/{trip.code}/sos/status/", headers=headers).content.decode()


def test_the_agent_writes_a_phrase_that_she_reads_in_her_language(trip, incident, people, client):
    services.write_to_caller(
        account=people("agent"), code=incident.code, party="passenger", phrase="hurt", words="老城路口"
    )
    assert "Are you hurt? 老城路口" in page_of(client, trip)
    assert "您受伤了吗？老城路口" in page_of(client, trip, language="zh-hans")
    with override("en"):
        lines = [timeline.sentence(line) for line in timeline.of(incident=incident.code)]
    assert "agent wrote to the passenger: Are you hurt?" in lines


def test_the_newest_stands_first_and_nothing_is_folded_before_she_could_read_it(
    trip, incident, people, client, noon
):
    def tell(*words):
        for each in words:
            services.write_to_caller(
                account=people("agent"), code=incident.code, party="passenger", phrase="hurt", words=each
            )

    tell(*(f"w{number}." for number in range(8)))
    page = page_of(client, trip)
    assert "data-earlier" not in page, "she has seen none of them"
    places = [page.index(f"w{number}.") for number in range(8)]
    assert places == sorted(places, reverse=True)
    services.note_shown(key=side(trip), last=8)
    noon.shift(30)
    assert "data-earlier" not in page_of(client, trip)
    noon.shift(60)
    tell("w8.")
    page = page_of(client, trip)
    folded = page.index("data-earlier")
    assert [page.index(f"w{number}.") < folded for number in range(9)] == [False] * 5 + [True] * 4


def test_what_she_writes_has_arrived_at_once_and_is_seen_once_a_person_has_looked(
    trip, incident, people, client, noon
):
    noon.shift(5)
    services.add_word(key=side(trip), words="他有刀")
    assert "arrived; nobody has seen it yet" in page_of(client, trip)
    incident.refresh_from_db()
    assert incident.news_at is not None
    assert "news" in {each.key for each in clocks_of(incident)}
    noon.shift(5)
    services.see_news(account=people("agent"), code=incident.code)
    assert "seen by a specialist at 12:00:10" in page_of(client, trip)
    incident.refresh_from_db()
    assert incident.news_at is None
    with pytest.raises(ActionClosed):
        services.see_news(account=people("agent"), code=incident.code)


def shown_on(page):
    return re.search(r'name="shown" value="([^"]*)"', page)[1]


def test_what_comes_again_without_a_row_of_its_own_is_not_seen_by_an_older_page(
    trip, incident, people, signed_in
):
    """Grave words told a second time as a complaint weigh nothing more, and are news all the same."""
    told = {"account": people("passenger"), "trip_code": trip.code, "category": Category.OTHER}
    file_complaint(**told, words="师傅不让我下车，救命", submission="a")
    agent = signed_in("agent")
    path = f"/admin/incidents/{incident.code}/"
    stale = shown_on(agent.get(path).content.decode())
    file_complaint(**told, words="他要杀我，救命", submission="b")
    assert agent.post(f"{path}do/see/", {"do": "1", "shown": stale}).status_code == 403
    incident.refresh_from_db()
    assert incident.news_at


@pytest.mark.parametrize("act", ["write", "say"])
def test_whoever_writes_from_an_older_page_has_not_seen_what_it_did_not_show(
    trip, incident, signed_in, client, noon, act
):
    agent = signed_in("agent")
    path = f"/admin/incidents/{incident.code}/"
    body = {"do": "1", "party": "passenger", "words": "x", "phrase": "hurt"}
    stale = shown_on(agent.get(path).content.decode())
    noon.shift(5)
    services.add_word(key=side(trip), words="他拿着绳子回来了")
    agent.post(f"{path}do/{act}/", body | {"shown": stale})
    incident.refresh_from_db()
    assert incident.news_at
    assert "seen by a specialist" not in page_of(client, trip)
    agent.post(f"{path}do/{act}/", body | {"shown": shown_on(agent.get(path).content.decode())})
    incident.refresh_from_db()
    assert incident.news_at is None


def test_nobody_has_seen_what_came_after_the_page_was_drawn(trip, incident, signed_in, client, noon):
    """The button says what was on its page: words that came meanwhile wait, and the refusal shows them."""
    noon.shift(5)
    services.add_word(key=side(trip), words="他很生气")
    agent = signed_in("agent")
    path = f"/admin/incidents/{incident.code}/"

    def press(page):
        shown = re.search(r'name="shown" value="([^"]*)"', page)
        return agent.post(f"{path}do/see/", {"do": "1", "shown": shown[1]})

    stale = agent.get(path).content.decode()
    services.add_word(key=side(trip), words="他拿着绳子回来了")
    refused = press(stale)
    assert refused.status_code == 403
    assert "他拿着绳子回来了" in refused.content.decode()
    assert "seen by a specialist" not in page_of(client, trip)
    assert agent.post(f"{path}do/see/", {"do": "1"}).status_code == 400
    assert press(refused.content.decode()).status_code == 302
    assert page_of(client, trip).count("seen by a specialist") == 2


def test_the_agent_sees_when_it_stood_on_her_screen(trip, incident, people, signed_in, client, noon):
    services.write_to_caller(
        account=people("agent"), code=incident.code, party="passenger", words="我们看得到您"
    )
    path = f"/admin/incidents/{incident.code}/"
    assert "not on their screen yet" in signed_in("agent").get(path).content.decode()
    noon.shift(3)
    body = {"key": position_key(trip, Party.PASSENGER), "last": 1}
    assert client.post(f"/trips/{trip.code}/sos/shown/", body).status_code == 204
    assert "on their screen since 12:00:03" in signed_in("agent").get(path).content.decode()
    assert services.note_shown(key=side(trip), last=1) is None
    assert len([line for line in timeline.of(incident=incident.code) if line.kind == "safety.shown"]) == 1


def test_the_console_writes_a_phrase_or_words(trip, incident, signed_in):
    agent = signed_in("agent")
    path = f"/admin/incidents/{incident.code}/do"
    for empty in ({}, {"party": "passenger"}, {"party": "driver", "words": "x", "phrase": "hurt"}):
        assert agent.post(f"{path}/write/", empty).status_code == 400
        assert agent.post(f"{path}/say/", empty).status_code == 400
    assert agent.post(f"{path}/say/", {"party": "passenger", "phrase": "hurt"}).status_code == 302
    assert agent.post(f"{path}/write/", {"party": "passenger", "words": "走到灯下"}).status_code == 302
    assert [row.said for row in HelpMessage.objects.order_by("pk")] == [StaffPhrase.HURT.label, "走到灯下"]


def test_nobody_writes_before_they_have_it_or_when_it_is_over(trip, people):
    found = services.raise_sos(key=side(trip))
    write = {"account": people("agent"), "code": found.code, "party": "passenger"}
    with pytest.raises(ActionClosed):
        services.write_to_caller(**write, words="x")
    services.take_incident(account=people("agent"), code=found.code)
    with pytest.raises(ReasonMissing):
        services.write_to_caller(**write, words=" ")
    with pytest.raises(InvalidInput):
        services.write_to_caller(**write, phrase="locked")  # hers
    services.resolve_incident(
        account=people("agent"), code=found.code, outcome="safe", harm="none", words="x"
    )
    services.write_to_caller(**write, words="still here")
    services.close_incident(account=people("specialist"), code=found.code)
    with pytest.raises(ActionClosed):
        services.write_to_caller(**write, words="x")
    with pytest.raises(NotFound):
        services.note_shown(key=side(trip), last=1)


def closed(incident, people):
    services.resolve_incident(
        account=people("agent"), code=incident.code, outcome="safe", harm="none", words="x"
    )
    services.close_incident(account=people("specialist"), code=incident.code)


def test_what_is_sent_again_because_its_answer_was_lost_calls_nobody_anew(trip, incident, people):
    services.add_word(key=side(trip), words="我没事了", submission="s1")
    services.see_news(account=people("agent"), code=incident.code)
    closed(incident, people)
    services.add_word(key=side(trip), words="我没事了", submission="s1")
    assert Incident.objects.count() == 1


@pytest.mark.parametrize("said", [{"words": "他又回来了"}, {"phrase": "locked"}])
def test_what_she_writes_after_the_close_calls_for_help_again(trip, incident, people, client, said):
    """Her page stays open after two people closed it, and what she writes there is not lost."""
    closed(incident, people)
    body = {"key": position_key(trip, Party.PASSENGER), "submission": "s1"} | said
    for _again in range(2):
        headers = {"HX-Request": "true", "accept-language": "en"}
        answer = client.post(f"/trips/{trip.code}/sos/word/", body, headers=headers)
        assert answer.status_code == 200
        assert "arrived; nobody has seen it yet" in answer.content.decode()
    again = Incident.objects.exclude(pk=incident.pk).get()
    assert (again.state, again.has_sos) == ("open", True)
    assert again.help_messages.count() == 1
    assert again.sos_calls.count() == 1


def test_after_the_close_a_tap_is_as_silent_as_she_was(trip, incident, people):
    """A phone that must not ring must not ring in the next incident of the same trip."""
    closed(incident, people)
    again = services.raise_sos(key=side(trip))
    assert again.pk != incident.pk
    assert selectors.silent_callers(again) == [Party.PASSENGER]
    services.add_word(key=side(trip), silent=False)
    assert selectors.silent_callers(again) == []
    services.take_incident(account=people("agent"), code=again.code)
    closed(again, people)
    assert selectors.silent_callers(services.raise_sos(key=side(trip))) == []


def test_the_other_side_is_not_silenced_by_hers(trip, incident, people):
    closed(incident, people)
    assert selectors.silent_callers(services.raise_sos(key=side(trip, Party.DRIVER))) == []


def test_the_same_from_one_page_is_written_once(trip, incident):
    for _again in range(3):
        services.add_word(key=side(trip), phrase="locked", submission="s1")
    services.add_word(key=side(trip), phrase="locked", submission="s2")
    assert HelpMessage.objects.count() == 2
    with pytest.raises(InvalidInput):
        services.add_word(key=side(trip), phrase="hurt me")


def test_a_part_of_the_page_answers_and_without_scripts_the_page_does(trip, incident, client):
    body = {"key": position_key(trip, Party.PASSENGER), "words": "他停在山边"}
    path = f"/trips/{trip.code}/sos/word/"
    part = client.post(path, body, headers={"HX-Request": "true"})
    assert part.status_code == 200
    assert "他停在山边" in part.content.decode()
    assert "<html" not in part.content.decode()
    assert client.post(path, body).status_code == 302
    again = client.post(f"/trips/{trip.code}/sos/", body, headers={"HX-Request": "true"})
    assert again.status_code == 200
    assert "<html" not in again.content.decode()


# --- Each side its own -------------------------------------------------------------------------------------------


def test_the_drivers_key_neither_reads_nor_ends_what_she_did(trip, incident, people, client):
    """S11: his own call for help in the same incident answers with his own alone."""
    services.write_to_caller(account=people("agent"), code=incident.code, party="passenger", words="她的话")
    key = position_key(trip, Party.DRIVER)
    api = f"/api/v1/trips/{trip.code}/sos/"
    answer = client.post(api, {"key": key}, content_type="application/json").json()
    assert (answer["silent"], answer["written"]) == (False, [])
    services.add_word(key=side(trip, Party.DRIVER), silent=False)
    incident.refresh_from_db()
    assert selectors.silent_callers(incident) == [Party.PASSENGER]
    assert "她的话" not in page_of(client, trip, Party.DRIVER)
    words = client.post(f"{api}words/", {"key": key}, content_type="application/json").json()
    assert words["written"] == []
    last = HelpMessage.objects.latest("pk").pk
    services.note_shown(key=side(trip, Party.DRIVER), last=last)
    assert HelpMessage.objects.get(pk=last).shown_at is None


def test_his_call_in_an_incident_of_hers_is_not_taken_before_a_person_looked(trip, incident, client, noon):
    noon.shift(60)
    key = position_key(trip, Party.DRIVER)
    answer = client.post(f"/api/v1/trips/{trip.code}/sos/", {"key": key}, content_type="application/json")
    assert answer.json()["taken_at"] is None
    assert "Calling a safety specialist" in page_of(client, trip, Party.DRIVER)


def test_silent_mode_is_hers_and_she_ends_it(trip, incident):
    services.add_word(key=side(trip), silent=False)
    incident.refresh_from_db()
    assert selectors.silent_callers(incident) == []


def test_an_answer_under_duress_silences_her_side(rides, people):
    trip = rides.under_way()
    SafetyQuestion.objects.create(trip=trip, asked_at=trip.requested_at, expires_at=trip.window_end)
    services.answer_question(key=side(trip), answer=Answer.DURESS)
    incident = Incident.objects.get()
    assert selectors.silent_callers(incident) == [Party.PASSENGER]


def test_her_stream_is_woken_and_his_hears_nothing(
    trip, incident, people, monkeypatch, django_capture_on_commit_callbacks
):
    from core import broker

    said = []
    monkeypatch.setattr(broker, "publish", lambda channel, text: said.append((channel, text)))
    with django_capture_on_commit_callbacks(execute=True):
        services.write_to_caller(account=people("agent"), code=incident.code, party="passenger", words="x")
    topics = [text.rpartition(":")[2] for channel, text in said if channel == "live:trips"]
    assert topics == [f"{trip.code}/passenger"]


def test_by_the_api_both_ways(trip, incident, people, client):
    services.write_to_caller(account=people("agent"), code=incident.code, party="passenger", phrase="weapon")
    key = position_key(trip, Party.PASSENGER)
    path = f"/api/v1/trips/{trip.code}/sos/words/"
    first = client.post(path, {"key": key}, content_type="application/json").json()
    number = first["written"][0]["number"]
    body = {"key": key, "phrase": "yes", "shown": number, "submission": "a", "silent": False}
    answer = client.post(path, body, content_type="application/json").json()
    assert [(row["from_staff"], row["phrase"]) for row in answer["written"]] == [
        (True, "weapon"),
        (False, "yes"),
    ]
    assert answer["written"][0]["seen_at"]
    assert not answer["silent"]
    assert client.post(path, {"key": "x"}, content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    "beside",
    [
        {"words": "help\0 me"},
        {"words": "help me", "submission": "x" * 200},
        {"words": "help me", "submission": None},
        {"words": "help me", "shown": -1},
        {"words": "help me", "shown": "many"},
        {"words": "help me", "silent": "perhaps"},
    ],
)
def test_no_call_for_help_is_refused_for_what_comes_along_with_it(trip, incident, client, beside):
    """By the API as on the page: her words are taken, whatever a phone sends beside them."""
    body = {"key": position_key(trip, Party.PASSENGER), **beside}
    answer = client.post(f"/api/v1/trips/{trip.code}/sos/words/", body, content_type="application/json")
    assert answer.status_code == 200, answer.json()
    assert [each["text"] for each in answer.json()["written"]] == ["help me"]
    assert answer.json()["silent"] is True  # as she had called


def test_who_has_not_called_has_no_thread(trip, client):
    path = f"/api/v1/trips/{trip.code}/sos/words/"
    answer = client.post(path, {"key": position_key(trip, Party.PASSENGER)}, content_type="application/json")
    assert answer.status_code == 404


def test_the_console_shows_both_threads_and_who_must_not_be_called(trip, incident, signed_in):
    services.add_word(key=side(trip), words="她写的")
    services.raise_sos(key=side(trip, Party.DRIVER))
    services.add_word(key=side(trip, Party.DRIVER), words="他写的")
    page = signed_in("agent").get(f"/admin/incidents/{incident.code}/").content.decode()
    assert "她写的" in page
    assert "他写的" in page
    assert re.search(r"Silent mode.*passenger", page)


def test_a_refusal_names_itself(trip, incident, people):
    with pytest.raises(DomainError) as refused:
        services.write_to_caller(
            account=people("passenger"), code=incident.code, party="passenger", words="x"
        )
    assert refused.value.code == "action_closed"


def test_the_numbers_that_he_reads_count_no_word_of_hers(trip, incident, people, client):
    """A gap between two numbers of his own would say that she, or somebody to her, has written (S11)."""
    services.raise_sos(key=side(trip, Party.DRIVER), silent=False)
    path, key = f"/api/v1/trips/{trip.code}/sos/words/", position_key(trip, Party.DRIVER)
    for words in ("one", "two"):
        services.add_word(key=side(trip), words="救命")
        services.write_to_caller(account=people("agent"), code=incident.code, party="passenger", words="x")
        answer = client.post(path, {"key": key, "words": words}, content_type="application/json").json()
    assert [row["number"] for row in answer["written"]] == [1, 2]
    services.write_to_caller(account=people("agent"), code=incident.code, party="driver", words="y")
    assert 'data-written="3"' in page_of(client, trip, Party.DRIVER)
    services.note_shown(key=side(trip, Party.DRIVER), last=10**30)
    assert HelpMessage.objects.filter(party=Party.DRIVER).exclude(staff="").get().shown_at
    assert not HelpMessage.objects.filter(party=Party.PASSENGER, shown_at__isnull=False).exists()
