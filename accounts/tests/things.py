"""What the addresses of accounts are about: one of each (`tests/test_permissions.py`)."""

import re

from django.test import Client

from accounts import staffing
from accounts.models import DataExport, Guardianship, Look, Passkey, Session
from accounts.services import add_emergency_contact
from accounts.sessions import digest
from accounts.tests.authenticators import SoftKey
from core import clock, motions
from core.models import Notification
from core.permissions import Role

CREDENTIAL = bytes(SoftKey().credential())


def things(rides, people, made):
    passenger = people("passenger")
    add_emergency_contact(account=passenger, name="a", phone="13911110001")
    secret = re.findall(r"/contact/([^/]+)/", Notification.objects.latest("pk").text)[0]
    newcomer = motions.propose(
        account=people("admin"),
        kind=staffing.NEWCOMER,
        given=staffing.Newcomer("许新", "+8613911119001", Role.SPECIALIST, "x"),
    )
    guardianship = Guardianship.objects.create(
        teen=people("passenger2"),
        phone_index="x",
        guardian=people("driver2"),
        state="confirmed",
        asked_at=clock.now(),
        answered_at=clock.now(),
        end_asked_at=clock.now(),
    )
    return {
        "contact": passenger.emergency_contacts.get().pk,
        "contact_secret": secret,
        "staff": "agent2",
        "staff_motion": newcomer.code,
        "guardianship": guardianship.pk,
        "session": _session_of(passenger),
        "consent": "greetings",
        "copy": DataExport.objects.create(code="Q-00000001", account=passenger, asked_at=clock.now()).code,
        "passkey": Passkey.objects.create(
            user=people("agent"), name="x", digest="x", credential=CREDENTIAL, added_at=clock.now()
        ).pk,
        "look": Look.objects.create(
            at=clock.now(), actor="agent2", subject="passenger", seen="phone", reason="x"
        ).pk,
    }


def _session_of(account):
    """What the list of their sessions calls one of an account's."""
    client = Client()
    client.force_login(account)
    return Session.objects.get(session_key=digest(client.cookies["sessionid"].value)).name
