"""How long each table of accounts is kept (`core.retention`)."""

from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.retention import (
    MESSAGES_KEPT,
    RECORDS_KEPT,
    TRACES_KEPT,
    Ground,
    data,
    destroyed,
    goes_by,
    goes_when_left,
    goes_with,
    let_go,
)

IDENTITY = data(
    "identity",
    pgettext_lazy("kind of data", "Who you are"),
    purpose=_("one person, one account; real names of passengers and drivers"),
    ground=Ground.LAW,
    law=_(
        "E-Commerce Law art. 31 and Interim Measures on online taxis art. 27: as long as trips are kept, it must be known whose they were"
    ),
    processors=_("the identity registry that is asked once"),
)
SIGN_IN = data(
    "sign_in",
    pgettext_lazy("kind of data", "Signing in"),
    purpose=_("only you get into your account; a lent account is seen"),
    ground=Ground.CONTRACT,
    law=_("Cybersecurity Law art. 21: logs of six months"),
    processors=_("providers of text messages"),
)
CONTACTS = data(
    "contacts",
    pgettext_lazy("kind of data", "Emergency contacts"),
    purpose=_("help reaches those whom you named"),
    ground=Ground.CONSENT,
    processors=_("providers of text messages"),
)
SCREENS = data(
    "screens",
    pgettext_lazy("kind of data", "Screens that are told"),
    purpose=_("you see that a car was found, or that an order waits, without looking"),
    ground=Ground.CONSENT,
    processors=_("the push service of your browser, which cannot read what it carries"),
)
STAFF = data(
    "staff",
    pgettext_lazy("kind of data", "Staff and officers"),
    purpose=_("who may do what, and who did it"),
    ground=Ground.CONTRACT,
    law=_("Labour Contract Law art. 50: two years after the contract ends"),
)

goes_by(
    "accounts.Account",
    IDENTITY,
    "phone, real name, document and birthday, language",
    "accounts.erase",
    "emptied once nothing keeps it after its owner left (`accounts/leaving.py`); the code stays",
)
destroyed(
    "accounts.Restriction",
    IDENTITY,
    "keyed indexes of a document, person and phone that may not order",
    after=RECORDS_KEPT,
    since=Coalesce("lifted_at", "until"),
    said="it was lifted or ran out; one for good stays",
    person="account",
)
destroyed(
    "accounts.OneTimeCode",
    SIGN_IN,
    "keyed index of a phone, digest of a code",
    after=TRACES_KEPT,
    since="created_at",
    said="it was sent",
)
goes_when_left("accounts.EmergencyContact", CONTACTS, "name and phone of somebody else")
goes_when_left(
    "accounts.ContactQuestion",
    CONTACTS,
    "keyed index of a phone that was asked, how often, and whether it refused",
)
goes_when_left(
    "accounts.Guardianship",
    CONTACTS,
    "who is whose guardian, keyed index of the guardian's phone, and of their document where our staff ended it, and who of our staff did",
)
destroyed(
    "accounts.RealNameCheck",
    IDENTITY,
    "name and document number as they were typed",
    after=TRACES_KEPT,
    since="decided_at",
    said="the registry answered",
    person="account",
)
destroyed(
    "accounts.Device",
    SIGN_IN,
    "digest of a browser's number",
    after=MESSAGES_KEPT,
    since="last_seen_at",
    said="it was used last",
    person="account",
)
goes_by("accounts.SignInPlace", SIGN_IN, "a position", "accounts.forget_places", "destroyed after a day")
goes_by(
    "accounts.Session",
    SIGN_IN,
    "browser, part of an address",
    "accounts.forget_sessions",
    "destroyed when it is over",
)
goes_with(
    "accounts.PushSubscription",
    SCREENS,
    "address and keys of a browser at its push service",
    "accounts.Session",
)
destroyed(
    "accounts.SetUpCode",
    STAFF,
    "digest of a code",
    after=TRACES_KEPT,
    since="expires_at",
    said="it ran out",
)
goes_when_left("accounts.RecoveryCode", STAFF, "digest of a code")
goes_when_left("accounts.Authenticator", STAFF, "the seed of a second factor")
goes_when_left("accounts.Passkey", SIGN_IN, "name and public key of a passkey")
let_go(
    "accounts.Look",
    STAFF,
    "who looked at whom, with which reason",
    after=RECORDS_KEPT,
    since="at",
    said="the look",
    ends="destroyed",
    person="subject:code",
)
destroyed(
    "accounts.DataExport",
    SIGN_IN,
    "that somebody asked for a copy; the file itself is a stored picture of one day",
    after=TRACES_KEPT,
    since="asked_at",
    said="it was asked for",
    person="account",
)
