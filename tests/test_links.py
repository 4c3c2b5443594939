"""Pages that open to whoever has their address, without an account."""

import pytest
from django.apps import apps
from django.db import connection
from psycopg import sql

from accounts.models import ContactQuestion
from accounts.services import add_emergency_contact
from complaints import services as complaints
from complaints.models import Claim, Complaint, Satisfaction
from complaints.services import Caller, Filing
from complaints.states import Category, ClaimKind
from core import clock
from core.errors import NotFound
from core.links import HasLink
from core.models import Notification
from core.privacy import blind_index
from governance.models import Concern
from governance.tests.factories import shown_concern
from safety import services as safety
from safety.models import EmergencyPush, Incident, WelfareCheck


@pytest.fixture
def opened(db, people, rides):
    """One of each, and the address of its page."""

    def made(number):
        complaint = complaints.file_from_street(
            caller=Caller("路人", f"1391111000{number}"),
            plate="",
            told=Filing(Category.DISPUTE, f"绕路了 {number}", f"a-key-of-a-stranger-{number}"),
        )
        accident = complaints.open_accident(
            account=people("agent"), trip_code="", happened_at=clock.now(), place="x", words="x",
            submission=f"accident-{number}",
        )  # fmt: skip
        claim = complaints.file_claim(
            account=people("agent"), accident_code=accident.code, kind=ClaimKind.ADVANCE, name="x",
            phone=f"1391111100{number}", fen=100, submission=f"claim-{number}",
        )  # fmt: skip
        asked = Satisfaction.objects.create(complaint=complaint, asked_at=clock.now())
        filed = safety.file_welfare_check(
            missing_phone="13800000002",
            reporter_phone=f"1397777000{number}",
            words="x",
            submission=f"check-{number}",
        )
        check = WelfareCheck.objects.get(code=filed.code)
        assert filed.secret == check.secret
        add_emergency_contact(account=people("passenger"), name="妈", phone=f"1391111200{number}")
        question = people("passenger").contact_questions.order_by("pk").last()
        incident = Incident.objects.create(
            code=f"I-0000000{number}",
            origin="sos",
            opened_at=clock.now(),
            opened_by="passenger",
            changed_at=clock.now(),
            trip=rides.ended(),
        )
        push = EmergencyPush.objects.create(
            incident=incident, key=f"case {number}", cause="sos", asked_at=clock.now(), next_at=clock.now()
        )
        concern = shown_concern(people("agent"), f"concern-{number:x>20}")
        return {
            "/110/{}/": (push, "110", incident.code),
            f"/complaints/{complaint.code}/{{}}/": (complaint, "complaint", complaint.code),
            f"/claims/{claim.code}/{{}}/": (claim, "claim", claim.code),
            f"/thanks/{complaint.code}/1/{{}}/": (asked, "thanks", f"{complaint.code}:1"),
            "/welfare-check/{}/": (check, "welfare-check", check.code),
            "/contact/{}/": (question, "contact", f"passenger {question.phone_index}"),
            "/speak-up/{}/": (concern, "concern", concern.code),
        }

    return made


def test_a_page_opens_to_its_own_secret_and_to_nothing_that_can_be_worked_out(opened, client):
    rows = opened(1) | opened(2)
    assert (
        {type(row) for row, _purpose, _code in rows.values()}
        == {model for model in apps.get_models() if issubclass(model, HasLink)}
        == {Complaint, Claim, Concern, ContactQuestion, EmergencyPush, Satisfaction, WelfareCheck}
    )
    secrets = {row.secret for row, _purpose, _code in rows.values()}
    assert len(secrets) == len({row for row, _purpose, _code in rows.values()})
    for page, (row, purpose, code) in rows.items():
        assert len(row.secret) >= 32
        assert client.get(page.format(row.secret)).status_code == 200, page
        # Whoever learns the key of indexes finds people by it, and opens nothing.
        assert (
            client.get(page.format(blind_index(code, purpose=f"link-{purpose}")[:32])).status_code == 404
        ), page
        with connection.cursor() as cursor:
            cursor.execute(
                sql.SQL("SELECT * FROM {} WHERE id = %s").format(sql.Identifier(row._meta.db_table)), [row.pk]
            )
            kept = " ".join(
                str(bytes(value) if isinstance(value, memoryview) else value) for value in cursor.fetchone()
            )
        assert row.secret not in kept
        assert row.secret_digest in kept


def test_a_message_carries_the_same_address_each_time(opened, people):
    complaint = next(row for row, _purpose, _code in opened(3).values() if isinstance(row, Complaint))
    link = complaints.link_of(Complaint.objects.get(pk=complaint.pk))
    assert link == complaints.link_of(Complaint.objects.get(pk=complaint.pk))
    assert link in Notification.objects.get(subject=complaint.code).text
    Complaint.objects.get(pk=complaint.pk).save()
    assert complaints.link_of(Complaint.objects.get(pk=complaint.pk)) == link


def test_the_secret_of_one_opens_no_other(opened, client):
    one, other = opened(4), opened(5)
    for (page, _), (row, _purpose, _code) in zip(one.items(), other.values(), strict=True):
        if page not in {
            "/110/{}/",
            "/welfare-check/{}/",
            "/contact/{}/",
            "/speak-up/{}/",
        }:  # their addresses name nothing else
            assert client.get(page.format(row.secret)).status_code == 404, page
    with pytest.raises(NotFound):
        safety.check_by_secret("x" * 32)
