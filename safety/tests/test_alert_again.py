"""A contact who cannot be written to now is written to when it is possible again; the others are not kept waiting."""

import pytest

from accounts.models import EmergencyContact
from accounts.services import add_emergency_contact
from core import jobs
from core.models import FailedWork, Notification
from rides.states import Party
from rides.tokens import TripKey
from safety import handlers
from safety.services import raise_sos


@pytest.mark.django_db
def test_a_contact_who_fails_is_tried_until_written_to(rides, people, noon, deliver, monkeypatch):
    person = people("passenger")
    EmergencyContact.objects.filter(account=person).delete()
    for number in (1, 2):
        add_emergency_contact(account=person, name=f"friend {number}", phone=f"1390000001{number}")
    trip = rides.under_way()
    real, bad = handlers._alert, []

    def alert(contact, incident, party):
        if not bad or contact.pk == bad[0]:
            bad[:] = [contact.pk]
            raise KeyError("a key that is not here yet")
        real(contact, incident, party)

    monkeypatch.setattr(handlers, "_alert", alert)
    raise_sos(key=TripKey(trip.code, Party.PASSENGER, "wenzhou"))
    deliver()
    row = FailedWork.objects.get(kind="safety.alert_contacts", closed_at=None)
    assert row.life_safety
    before = Notification.objects.filter(key__startswith="sos:").count()

    monkeypatch.setattr(handlers, "_alert", real)
    noon.shift(30)
    jobs.again(handlers.CONTACTS).run(at=handlers.clock.now())
    assert Notification.objects.filter(key__startswith="sos:").count() == before + 1
    assert not FailedWork.objects.filter(kind="safety.alert_contacts", closed_at=None).exists()
