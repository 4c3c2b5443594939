"""Emergency contacts: at most five, asked, and free to refuse."""

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from accounts.errors import TooManyContacts
from accounts.models import Account, EmergencyContact
from accounts.selectors import contacts_to_alert
from accounts.services import add_emergency_contact, answer_as_contact, remove_emergency_contact
from core.errors import NotFound
from core.models import Notification
from core.privacy import blind_index
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
        remove_emergency_contact(account=people("passenger"), contact_id=contact.pk)
    assert asked().count() == 1
    assert contact.asked_at is None
    add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001")
    answer_as_contact(secret=secret_of(asked().get()), accepts=True)  # what they were sent stays good
    assert EmergencyContact.objects.get().state == "confirmed"


def secret_of(message):
    return re.findall(r"/contact/([^/]+)/", message.text)[0]


def test_who_refused_is_not_asked_again_by_being_named_again(people, signed_in, noon):
    """A removal and a new name would otherwise send a stranger a message each day, and help would call them."""
    contact = add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001")
    secret = secret_of(asked().get())
    answer_as_contact(secret=secret, accepts=False)
    for _day in range(3):
        remove_emergency_contact(account=people("passenger"), contact_id=contact.pk)
        assert signed_in("").get(f"/contact/{secret}/").status_code == 404  # nobody names them now
        noon.shift(86_401)
        contact = add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001")
        assert (contact.state, contact.asked_at) == ("refused", None)
        assert contacts_to_alert(people("passenger")) == []
    assert asked().count() == 1
    # They may change their mind, and somebody else may ask them.
    answer_as_contact(secret=secret, accepts=True)
    assert contacts_to_alert(people("passenger")) == [contact]
    assert add_emergency_contact(account=people("driver"), name="妈", phone="13911110001").asked_at


def test_who_says_nothing_is_not_asked_for_ever(people, noon):
    """One message a day for a year is no question any more."""
    for _day in range(9):
        contact = add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001")
        remove_emergency_contact(account=people("passenger"), contact_id=contact.pk)
        noon.shift(86_401)
    assert asked().count() == 3
    assert contact.asked_at is None
    contact = add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001")
    assert contacts_to_alert(people("passenger")) == [contact]  # help reaches them all the same
    assert add_emergency_contact(account=people("driver"), name="妈", phone="13911110001").asked_at
    # Who agreed knows who asks, and is asked again after a while.
    answer_as_contact(secret=secret_of(asked().earliest("pk")), accepts=True)
    remove_emergency_contact(account=people("passenger"), contact_id=contact.pk)
    noon.shift(86_401)
    assert add_emergency_contact(account=people("passenger"), name="妈", phone="13911110001").asked_at


def test_a_link_is_random_for_each_two_people(people):
    for who in ("passenger", "passenger2"):
        add_emergency_contact(account=people(who), name="妈", phone="13911110001")
    one, other = (secret_of(message) for message in asked())
    assert one != other
    index = people("passenger").emergency_contacts.get().phone_index
    # Whoever learns the key of indexes works out no link.
    assert blind_index(f"passenger {index}", purpose="link-contact")[:32] not in {one, other}


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
