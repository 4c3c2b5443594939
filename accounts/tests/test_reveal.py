"""A field of a person is shown with a reason, for a minute, and every look is in the journal (A5, A8)."""

import pytest

from accounts.services import reveal
from accounts.states import PersonalField
from core.errors import Forbidden, InvalidInput, TooMany
from core.models import AuditEntry


def test_a_reveal_is_recorded_with_its_reason(people):
    phone = reveal(
        account=people("agent"), code="passenger", field=PersonalField.PHONE, reason="call back", case="I-1"
    )
    entry = AuditEntry.objects.get(action="accounts.revealed")
    assert phone == "+8613800000001"
    assert (entry.actor, entry.subject, entry.case, entry.reason) == (
        "agent",
        "passenger",
        "I-1",
        "call back",
    )
    assert "13800000001" not in str(vars(entry))


@pytest.mark.parametrize("who", ["passenger", "officer", "admin"])
def test_others_see_nothing(people, who):
    with pytest.raises(Forbidden):
        reveal(account=people(who), code="passenger", field=PersonalField.PHONE, reason="x")
    assert not AuditEntry.objects.filter(action="accounts.revealed").exists()


def test_without_a_reason_nothing_is_shown(people, signed_in):
    with pytest.raises(InvalidInput):
        reveal(account=people("agent"), code="passenger", field=PersonalField.PHONE, reason=" ")
    page = signed_in("agent").post("/admin/people/passenger/", {"field": "phone", "reason": ""})
    assert page.status_code == 400
    assert "13800000001" not in page.content.decode()


def test_the_page_masks_until_it_is_asked(people, signed_in):
    client = signed_in("agent")
    before = client.get("/admin/people/passenger/").content.decode()
    assert "林**" in before
    for secret in ("13800000001", "林小雨", "330382199803120021"):
        assert secret not in before
    after = client.post("/admin/people/passenger/", {"field": "id_number", "reason": "police asks"})
    assert "330382199803120021" in after.content.decode()
    assert "林小雨" not in after.content.decode()
    assert after.headers["cache-control"] == "no-store"


def test_nobody_reveals_without_end(people):
    seen = []
    for _time in range(42):
        try:
            reveal(account=people("agent"), code="passenger", field=PersonalField.PHONE, reason="call back")
            seen.append(True)
        except TooMany:
            seen.append(False)
    assert seen == [True] * 40 + [False] * 2
    assert reveal(account=people("agent2"), code="passenger", field=PersonalField.PHONE, reason="call back")
