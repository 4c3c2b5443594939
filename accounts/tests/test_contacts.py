"""Emergency contacts: at most five, asked, and free to refuse."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.errors import TooManyContacts
from accounts.models import Account, EmergencyContact
from accounts.services import add_emergency_contact, remove_emergency_contact
from core.errors import NotFound
from core.models import Notification
from governance.demo import make_world


def test_the_sixth_is_refused(people):
    for number in range(5):
        add_emergency_contact(account=people("passenger"), name="a", phone=f"1391111000{number}")
    with pytest.raises(TooManyContacts):
        add_emergency_contact(account=people("passenger"), name="a", phone="13911110009")


def test_one_phone_is_one_contact(people):
    for _again in range(2):
        add_emergency_contact(account=people("passenger"), name="a", phone="139 1111 0000")
    assert EmergencyContact.objects.count() == 1
    assert Notification.objects.count() == 1


def test_a_contact_refuses_by_the_link(people, signed_in):
    add_emergency_contact(account=people("passenger"), name="a", phone="13911110000")
    path = re.findall(r"/contact/[^/]+/", Notification.objects.get().text)[0]
    assert signed_in("").get(path).status_code == 200
    signed_in("").post(path, {"answer": "refuse"})
    assert EmergencyContact.objects.get().state == "refused"


def test_anothers_contact_is_not_found(people):
    contact = add_emergency_contact(account=people("passenger"), name="a", phone="13911110000")
    with pytest.raises(NotFound):
        remove_emergency_contact(account=people("passenger2"), contact_id=contact.pk)
    remove_emergency_contact(account=people("passenger"), contact_id=contact.pk)
    assert not EmergencyContact.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_are_five(noon):
    make_world(password="x")
    gate = Barrier(10)

    def add(number):
        account = Account.objects.get(code="passenger")
        gate.wait()
        try:
            add_emergency_contact(account=account, name="a", phone=f"1391111000{number}")
        except TooManyContacts:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(10) as pool:
        assert sum(pool.map(add, range(10))) == 5
    assert EmergencyContact.objects.count() == 5


def asked():
    return Notification.objects.filter(message="accounts.contact_asked")


def test_a_contact_who_is_named_again_and_again_gets_one_message(people, noon):
    for _time in range(15):
        contact = add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001")
        link = contact.answer_digest
        remove_emergency_contact(account=people("passenger"), contact_id=contact.pk)
    assert asked().count() == 1
    assert contact.asked_at is None
    contact = add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001")
    assert contact.answer_digest == link, "what they were sent stays good"


def test_one_phone_is_asked_by_so_many_people(people, noon):
    for account in Account.objects.order_by("pk")[:9]:
        contact = add_emergency_contact(account=account, name="x", phone="13911110001")
    assert asked().count() == 5
    assert contact.state == "asked"  # and an SOS reaches them all the same


def test_the_page_says_whether_a_message_went(signed_in, people):
    client = signed_in("passenger")
    first = client.post("/me/", {"name": "妈", "phone": "13911110001"}, follow=True).content.decode()
    assert "We sent them a message" in first
    client.post(f"/me/contacts/{people('passenger').emergency_contacts.get().pk}/remove/")
    again = client.post("/me/", {"name": "妈", "phone": "13911110001"}, follow=True).content.decode()
    assert "no further message" in again
