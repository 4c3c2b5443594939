"""What staff may do with an incident, and with the holds on a trip's recordings."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext, pgettext_lazy

from accounts.selectors import codes_who_may
from core import handover, holds
from core.actions import (
    Action,
    ActionForm,
    ActionSet,
    Drawn,
    Given,
    Once,
    See,
    calls,
    choice,
    say_what_is_shown,
    text,
    words,
)
from safety import selectors, services
from safety.errors import ActionClosed
from safety.models import Incident, Recording
from safety.policies import why_not, why_not_decide
from safety.states import Callee, Harm, IncidentOutcome, PlacedState, StaffPhrase
from safety.stations import find_stations

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.utils.functional import Promise

    from accounts.models import Account
    from core.errors import DomainError
    from core.models import DataHold
    from safety.models import MaliceAppeal

RESPOND, REVIEW = "incidents.respond", "incidents.review"


class HandOver(ActionForm):
    to = choice(_("Hand over to"), [], drawn=False)
    words = text(_("What must they know?"))

    def prepare(self) -> None:
        # Read when it is drawn or checked: most of the forms of a page are neither.
        field: Any = self.fields["to"]
        field.choices = lambda: [("", "—"), *handover.choices(self._others())]

    def _others(self) -> list[str]:
        return [code for code in codes_who_may(RESPOND) if code != self.person.code]


class CallContact(ActionForm):
    """Which of her emergency contacts; where there is one, nothing is asked."""

    contact = forms.ChoiceField(label=_("Whom"))

    def prepare(self) -> None:
        found = [(str(each.pk), each.name) for each in selectors.contacts_of(self.row)]
        self.fields["contact"] = choice(_("Whom"), found)
        if len(found) == 1:
            self.fields["contact"].widget, self.fields["contact"].initial = forms.HiddenInput(), found[0][0]


class CallStation(ActionForm):
    """Which station of the register, by a code or words that it alone has: it is rung at the number that it has published."""

    station = forms.CharField(
        label=_("Which station"),
        max_length=80,
        help_text=_("Its short name, or parts of its name: characters, pinyin or first letters."),
    )

    def clean_station(self) -> str:
        found = find_stations(self.cleaned_data["station"])
        if not found:
            raise forms.ValidationError(_("No station of the register has this in its name."))
        if len(found) > 1:
            names = pgettext("between the items of a list", ", ").join(
                f"{each.name} ({each.code})" for each in found[:5]
            )
            raise forms.ValidationError(
                _(
                    "Several stations have this in their names: %(names)s. Write more of the name, or the short name."
                )
                % {"names": names}
            )
        return found[0].code


class GiveOutcome(ActionForm):
    outcome = choice(_("Outcome"), IncidentOutcome.choices, drawn=False)
    harm = choice(_("Was somebody hurt?"), Harm.choices)
    words = text(_("What came of it?"))


class Harmed(ActionForm):
    harm = choice(_("Was somebody hurt?"), Harm.choices)
    words = text(_("What came of it?"))


class ToCaller(Once):
    """To one side that called for help; where only one did, nobody is asked which."""

    party = forms.ChoiceField(label=_("To whom"))
    # What is written is sent also from a page that says nothing of what it showed; only nothing is seen by it.
    shown = forms.CharField(max_length=20, widget=Drawn, required=False)

    def prepare(self) -> None:
        say_what_is_shown(self)
        self.say_after(self.row.written_by_staff)
        callers = selectors.callers_of(self.row)
        self.fields["party"] = choice(_("To whom"), [(party.value, party.label) for party in callers])
        if len(callers) == 1:
            self.fields["party"].widget, self.fields["party"].initial = forms.HiddenInput(), callers[0].value


class WriteToCaller(ToCaller):
    words = text(_("Words, as they are"), limit=1000)


class SayToCaller(ToCaller):
    phrase = choice(_("Phrase, in their language"), StaffPhrase.choices, drawn=False)


class PreparedStep(Once):
    """Which of the steps that supervisors wrote down."""

    step = forms.CharField(max_length=20, widget=forms.HiddenInput)
    shown = forms.CharField(max_length=20, widget=Drawn, required=False)

    def prepare(self) -> None:
        say_what_is_shown(self)


class PoliceCalled(ActionForm):
    station = forms.CharField(
        label=_("Which station, and who there took it?"),
        max_length=200,
        help_text=_(
            "Also where a station that rang us says that police are sent: who said it, and to where."
        ),
    )
    number = forms.CharField(label=_("Number that you reached"), max_length=40)


class DecideAppeal(ActionForm):
    """One side's appeal; where only one waits, nobody is asked which."""

    party = forms.ChoiceField(label=_("Whose appeal"))
    upheld = choice(_("Decision"), [("1", _("It was not malicious")), ("0", _("It stays so"))])
    words = text(_("Reason"), rows=2)

    def prepare(self) -> None:
        waiting = [(each.party, each.get_party_display()) for each in _waiting(self.row)]
        self.fields["party"] = choice(_("Whose appeal"), waiting)
        if len(waiting) == 1:
            self.fields["party"].widget, self.fields["party"].initial = forms.HiddenInput(), waiting[0][0]


def _waiting(incident: Incident) -> "list[MaliceAppeal]":
    return [each for each in selectors.appeals_of(incident) if each.decided_at is None]


def _against_deciding(incident: Incident, person: "Account") -> "str | Promise":
    appeals = _waiting(incident) or selectors.appeals_of(incident)
    return why_not_decide(appeals[0], person) if appeals else _("Nobody appealed against it.")


def _decide_appeal(incident: Incident, person: "Account", given: Given) -> None:
    services.decide_appeal(
        account=person,
        code=incident.code,
        party=given["party"],
        upheld=given["upheld"] == "1",
        words=given["words"],
    )


def _hand_over(incident: Incident, person: "Account", given: Given) -> str:
    services.offer_incident(account=person, code=incident.code, to=given["to"], words=given["words"])
    return handover.not_there(given["to"])


def _call(to: Callee) -> "Callable[[Incident, Account, Given], Promise | None]":
    def run(incident: Incident, person: "Account", given: Given) -> "Promise | None":
        contact = int(given["contact"]) if to == Callee.CONTACT else None
        call = services.place_call(
            account=person, code=incident.code, to=to, contact=contact, station=given.get("station", "")
        )
        if call.state == PlacedState.FAILED:
            return _("The telephone system does not answer: call by hand, and write down what came of it.")
        return None  # how far it is stands among the calls, for as long as it is so

    return run


def _no_contact(incident: Incident, person: "Account") -> "str | Promise | DomainError":
    against = why_not(incident, person, "call_contact")
    return against or ("" if selectors.contacts_of(incident) else _("She named no emergency contact."))


INCIDENTS: ActionSet[Incident] = ActionSet(
    kind="incident",
    find=lambda code, _person: selectors.incident_by_code(code),
    route="safety_console:act",
    back=lambda incident: reverse("safety_console:incident", args=[incident.code]),
    why_not=why_not,
    refused=ActionClosed,
)
INCIDENTS.add(
    Action(
        key="take",
        label=_("Take it"),
        permission=RESPOND,
        run=calls(services.take_incident),
        urgent=True,
        shortcut="t",
    ),
    Action(
        key="see",
        label=_("I have seen what is new"),
        permission=RESPOND,
        run=calls(services.see_news, "shown"),
        form=See,
        offered=lambda incident, _person: (
            incident.taken_at is not None and (incident.news_at is not None or incident.look_due)
        ),
        urgent=True,
        shortcut="s",
    ),
    Action(
        key="write",
        label=_("Write to the caller"),
        permission=RESPOND,
        run=calls(services.write_to_caller, "party", "words", "shown"),
        form=WriteToCaller,
        offered=lambda incident, _person: incident.has_sos,
        shortcut="w",
    ),
    Action(
        key="say",
        label=_("Write a phrase"),
        permission=RESPOND,
        run=calls(services.write_to_caller, "party", "phrase", "shown"),
        form=SayToCaller,
        offered=lambda incident, _person: incident.has_sos,
        shortcut="q",
    ),
    Action(
        key="call_passenger",
        label=_("Call the passenger"),
        permission=RESPOND,
        run=_call(Callee.PASSENGER),
        shortcut="c",
    ),
    Action(
        key="call_contact",
        label=_("Call an emergency contact"),
        permission=RESPOND,
        run=_call(Callee.CONTACT),
        form=CallContact,
        why_not=_no_contact,
        shortcut="e",
    ),
    Action(
        key="call_driver",
        label=_("Call the driver"),
        permission=RESPOND,
        run=_call(Callee.DRIVER),
        shortcut="d",
    ),
    Action(
        key="call_station",
        label=_("Call a police station"),
        permission=RESPOND,
        run=_call(Callee.STATION),
        form=CallStation,
        shortcut="g",
    ),
    Action(
        key="step",
        label=pgettext_lazy("incident", "Take a prepared step"),
        permission=RESPOND,
        run=calls(services.take_step, "step", "shown"),
        form=PreparedStep,
        offered=lambda _incident, _person: False,  # each by a button and a key of its own
    ),
    Action(
        key="note",
        label=_("Add a note"),
        permission=RESPOND,
        run=calls(services.add_note, "words"),
        form=words(_("Note")),
        shortcut="n",
    ),
    Action(
        key="called",
        label=_("I called the passenger by hand"),
        permission=RESPOND,
        run=calls(services.record_call, "words"),
        form=words(_("What came of it?")),
    ),
    Action(
        key="hand_over",
        label=_("Hand it over to"),
        permission=RESPOND,
        run=_hand_over,
        form=HandOver,
        shortcut="h",
    ),
    Action(
        key="accept",
        label=_("Take it over"),
        permission=RESPOND,
        run=calls(services.accept_incident),
        shortcut="a",
    ),
    Action(
        key="safe_check",
        label=_("Spoken to, apart from the driver, safe"),
        permission=RESPOND,
        run=calls(services.record_safe_check, "words"),
        form=words(_("What came of it?")),
        shortcut="f",
    ),
    Action(
        key="police_called",
        label=_("Police of the place called"),
        permission=RESPOND,
        run=calls(services.record_police_call, "station", "number"),
        form=PoliceCalled,
        shortcut="b",
        two="safety.police_call",
    ),
    Action(
        key="police_seen",
        label=_("Confirm the call to the police"),
        permission=RESPOND,
        run=calls(services.confirm_police_call),
        offered=lambda incident, _person: incident.police_call_waits,
        shortcut="y",
        two="safety.police_call",
    ),
    Action(
        key="police_excused",
        label=_("Why the police are not called"),
        permission="incidents.excuse_police",
        run=calls(services.excuse_police_call, "words"),
        form=words(_("What came of it?")),
        shortcut="x",
    ),
    Action(
        key="resolve",
        label=_("Give an outcome"),
        permission=RESPOND,
        run=calls(services.resolve_incident, "outcome", "harm", "words"),
        form=GiveOutcome,
        shortcut="o",
        two="safety.outcome",
    ),
    Action(
        key="harm",
        label=_("Record whether somebody was hurt"),
        permission=RESPOND,
        run=calls(services.record_harm, "harm", "words"),
        form=Harmed,
    ),
    Action(
        key="close",
        label=_("Review and close"),
        permission=REVIEW,
        run=calls(services.close_incident),
        shortcut="v",
        two="safety.outcome",
    ),
    Action(
        key="send_back",
        label=_("Send back"),
        permission=REVIEW,
        run=calls(services.send_back, "words"),
        form=words(_("What came of it?")),
        shortcut="r",
        two="safety.outcome",
    ),
    Action(
        key="appeal",
        label=_("Decide the appeal"),
        permission=REVIEW,
        run=_decide_appeal,
        form=DecideAppeal,
        why_not=_against_deciding,
        offered=lambda _incident, _person: False,  # beside the words of the appeal
        two="safety.outcome",
    ),
)


class Renew(ActionForm):
    hold = forms.ChoiceField(label=_("Data hold"))
    reason = text(_("Reason"), limit=400)
    asked_for = False

    def prepare(self) -> None:
        rows = [row for row in holds.on(self.row.trip.code) if bool(row.renewal_by) == self.asked_for]
        choices = [(row.code, f"{row.get_source_display()} · {row.case}") for row in rows]
        self.fields["hold"] = choice(_("Data hold"), choices, drawn=False)


class AgreeToRenew(Renew):
    asked_for = True


def _against_renewing(recording: Recording, person: "Account", key: str) -> "str | Promise":
    """Empty where this may be done with one of the holds, else what is against the last of them."""
    why: str | Promise = _("Nothing holds it: it goes when its time is over.")
    for hold in holds.on(recording.trip.code):
        why = _AGAINST[key](hold, person.code)
        if not why:
            return ""
    return why


_AGAINST: "dict[str, Callable[[DataHold, str], str | Promise]]" = {
    "ask-to-renew": holds.why_not_ask,
    "renew": holds.why_not_agree,
}


def _ask_to_renew(_row: Recording, person: "Account", given: Given) -> "str | Promise":
    holds.ask_to_renew(actor=person.actor, code=given["hold"], reason=given["reason"])
    return _("Somebody else has to agree.")


def _renew(_row: Recording, person: "Account", given: Given) -> "str | Promise":
    holds.renew(actor=person.actor, code=given["hold"], reason=given["reason"])
    return _("Renewed.")


RECORDINGS: ActionSet[Recording] = ActionSet(
    kind="recording",
    find=lambda code, _person: selectors.recording_by_code(code),
    route="safety_console:act_on_recording",
    back=lambda recording: reverse("safety_console:recording", args=[recording.code]),
    why_not=_against_renewing,
)
RECORDINGS.add(
    Action(
        key="ask-to-renew",
        label=_("Ask to renew"),
        permission="data_holds.renew",
        run=_ask_to_renew,
        form=Renew,
        two="core.hold_renewal",
    ),
    Action(
        key="renew",
        label=_("Agree to renew"),
        permission="data_holds.renew",
        run=_renew,
        form=AgreeToRenew,
        two="core.hold_renewal",
    ),
)
