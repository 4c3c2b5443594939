"""An officer's call-back is renewed each year: station and officer are told ahead, staff have a list, and who is left
unreviewed is let in no more (P1)."""

from datetime import timedelta

import pytest

from core import clock, formats
from core.models import Notification
from core.tests.factories import set_policy
from police import register, selectors
from police.console.panels import to_be_reviewed
from police.errors import OfficerSuspended
from police.models import Officer

DAY = timedelta(days=1)


@pytest.fixture
def officer(people):
    """Let in for three years; called back now."""
    Officer.objects.update(expires_at=clock.now() + 1000 * DAY, called_back_at=clock.now())
    return Officer.objects.get(account=people("officer"))


def told(account):
    return Notification.objects.filter(key__startswith=f"officer-ends:{account.code}:")


def test_station_and_officer_are_told_ahead_once(officer, people, noon):
    account = people("officer")
    register.ENDS.run(at=clock.now() + 300 * DAY)
    assert not told(account).exists()
    noon.shift(340 * DAY)
    for _time in range(2):
        register.ENDS.run(at=clock.now())
    assert {row.channel: row.recipient for row in told(account)} == {
        "email": officer.agency.registered_email,
        "sms": account.phone,
    }
    Officer.objects.filter(pk=officer.pk).update(called_back_at=clock.now())
    register.ENDS.run(at=clock.now() + 100 * DAY)
    assert told(account).count() == 2
    register.ENDS.run(at=clock.now() + 340 * DAY)
    assert told(account).count() == 4


def test_an_entry_that_ends_is_told_too(officer, people):
    Officer.objects.filter(pk=officer.pk).update(expires_at=clock.now() + 20 * DAY)
    register.ENDS.run(at=clock.now())
    assert told(people("officer")).count() == 2


def test_they_are_listed_and_then_let_in_no_more(officer, people, noon, signed_in):
    account = people("officer")
    noon.shift(340 * DAY)
    due = {each.code: each for each in to_be_reviewed(people("supervisor"), clock.now())}
    assert not due[account.code].late
    register.ENDS.run(at=clock.now())
    noon.shift(30 * DAY)
    due = {each.code: each for each in to_be_reviewed(people("supervisor"), clock.now())}
    assert due[account.code].late
    assert account.code in signed_in("supervisor").get("/admin/due/").content.decode()
    assert selectors.officer_of(account, clock.now()) == officer
    noon.shift(30 * DAY)
    with pytest.raises(OfficerSuspended):
        selectors.officer_of(account, clock.now())
    Officer.objects.filter(pk=officer.pk).update(called_back_at=clock.now())
    assert selectors.officer_of(account, clock.now()).pk == officer.pk
    assert not [
        each for each in to_be_reviewed(people("supervisor"), clock.now()) if each.code == account.code
    ]


def test_the_rule_that_asks_for_passkeys(officer, signed_in, settings):
    client = signed_in("officer")
    assert client.get("/police/").status_code == 200
    set_policy("police.passkeys_required", True)
    answer = client.get("/police/")
    assert answer.status_code == 403
    assert "passkey" in answer.content.decode()
    assert client.get("/api/v1/police/requests/").json()["code"] == "passkey_needed"


@pytest.mark.parametrize("why", ["it was over before", "its life was made shorter"])
def test_nobody_is_locked_out_whom_nobody_told(officer, people, noon, why):
    account = people("officer")
    if why == "it was over before":
        Officer.objects.filter(pk=officer.pk).update(called_back_at=clock.now() - 500 * DAY)
    else:
        Officer.objects.filter(pk=officer.pk).update(
            called_back_at=clock.now() - 200 * DAY, end_told_at=clock.now() - 210 * DAY
        )
        set_policy("police.call_back_holds", 30)
    assert selectors.officer_of(account, clock.now()).pk == officer.pk
    for _time in range(2):
        register.ENDS.run(at=clock.now())
    assert told(account).count() == 2
    for row in told(account):
        assert formats.moment(clock.now() + 30 * DAY) in row.text, (
            "when they are let in no more, not what is over"
        )
    noon.shift(29 * DAY)
    assert selectors.officer_of(account, clock.now()).pk == officer.pk
    assert account.code in listed(people)
    noon.shift(2 * DAY)
    with pytest.raises(OfficerSuspended):
        selectors.officer_of(account, clock.now())


def listed(people):
    return [each.code for each in to_be_reviewed(people("supervisor"), clock.now())]


@pytest.mark.parametrize("before", [True, False])
def test_a_letter_about_an_older_call_back_warns_of_no_newer_one(officer, people, noon, before):
    """The letter before an end may be of longer than a call-back holds."""
    set_policy("police.call_back_holds", 30)
    set_policy("police.officer_end_told", 90)
    at = clock.now()
    Officer.objects.filter(pk=officer.pk).update(end_told_at=at - DAY if before else at + DAY)
    noon.shift(61 * DAY)
    if before:
        assert selectors.officer_of(people("officer"), clock.now()).pk == officer.pk
    else:
        with pytest.raises(OfficerSuspended):
            selectors.officer_of(people("officer"), clock.now())


def test_the_list_holds_whom_somebody_can_still_keep_and_those_that_end_next_first(
    officer, people, monkeypatch
):
    at, second = clock.now(), Officer.objects.get(account=people("officer2"))
    everybody = Officer.objects.exclude(pk__in=[officer.pk, second.pk])
    everybody.update(expires_at=at - 31 * DAY)
    Officer.objects.filter(pk=officer.pk).update(expires_at=at + 20 * DAY)
    Officer.objects.filter(pk=second.pk).update(expires_at=at - 2 * DAY)
    assert listed(people) == ["officer", "officer2"]
    register.ENDS.run(at=at)
    assert told(people("officer")).exists() and told(people("officer2")).exists()
    for row in everybody:
        assert not told(row.account).exists(), "over for longer than anything can be done about"
    Officer.objects.filter(pk=second.pk).update(
        expires_at=at + 500 * DAY, called_back_at=at - 500 * DAY, end_told_at=at - 120 * DAY
    )
    assert listed(people) == ["officer"]
