"""What staff may do with a request of the police."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import formats
from core.actions import Action, ActionForm, ActionSet, Given, Step, by_two, calls, choice, text
from core.console.motions import desk
from core.typed.fields import CODE, Moment, Typed
from police import papers, preserving, register, selectors, services, tables
from police.documents import rules, telling
from police.models import PoliceRequest, Preservation
from police.policies import (
    ERROR,
    REFUSAL,
    REINSTATEMENT,
    RENEWAL,
    calls_back,
    error_noted,
    had_a_part,
    identity_part,
    refusing,
    reinstating,
    why_not,
    why_not_preserve,
)
from police.states import (
    NO_ERROR,
    UNDECIDED,
    Channel,
    ErrorKind,
    IdentityState,
    Paper,
    RefusalCode,
    RequestState,
    Wanted,
)

if TYPE_CHECKING:
    from accounts.models import Account

ANSWER = "police.answer"
_AFTER_OTHERS = frozenset({"confirm", "identity_confirm", "proper", "improper"})
_REFUSAL_AFTER = frozenset({"refusal_agree"})


class Reason(ActionForm):
    reason = text(_("Reason"), limit=1000)


class PutOff(ActionForm):
    reason = text(_("Reason that the authority gives"), limit=1000)
    day = Moment(label=_("Nobody is told before"))


class AskedLonger(ActionForm):
    reason = text(_("Reason that the authority gives"), limit=1000)


class PointToTrip(ActionForm):
    """One of the trips that were found, or the code of another: who asks by a phone knows no code of a trip."""

    OTHER = "other"
    found = choice(_("Trips that were found"), [])
    trip = Typed(CODE, label=_("trip code"))

    def prepare(self) -> None:
        field = self.fields["found"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        trips = selectors.trips_meant(self.row)
        if not trips:
            del self.fields["found"]
            return
        field.choices = [
            *(
                (each.code, f"{each.code} · {formats.moment(each.window_start)} · {each.get_state_display()}")
                for each in trips
            ),
            (self.OTHER, _("another one, of this code:")),
        ]
        self.fields["trip"].required = False

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("found") == self.OTHER and not given.get("trip") and "trip" not in self.errors:
            self.add_error("trip", self.fields["trip"].error_messages["required"])
        return given


class PapersCame(ActionForm):
    """The written request of who asked by telephone, as it came by post, fax or courier."""

    letter_number = text(_("Number of the letter of introduction"), limit=40)
    certificate_1 = text(_("First officer's certificate"), limit=40)
    certificate_2 = text(_("Second officer's certificate"), limit=40)
    letter = forms.FileField(label=Paper.LETTER.label, required=False)
    file_1 = forms.FileField(label=Paper.CERTIFICATE_1.label, required=False)
    file_2 = forms.FileField(label=Paper.CERTIFICATE_2.label, required=False)


class RefuseIdentity(ActionForm):
    reason = text(_("Legal reason"), limit=1000)


class Refuse(ActionForm):
    why = choice(pgettext_lazy("refusal", "Code"), RefusalCode.choices, drawn=False)
    reason = text(_("Legal reason"), limit=1000)


class NoteError(ActionForm):
    kind = choice(_("What went wrong"), [*ErrorKind.choices, NO_ERROR])
    cause = text(_("Cause"), limit=1000)
    remedy = text(_("What was done about it"), limit=1000)


class RefuseCall(ActionForm):
    reason = text(_("Legal reason"), limit=1000)
    why = choice(pgettext_lazy("refusal", "Code"), RefusalCode.choices, drawn=False)


class LeaveOut(ActionForm):
    """Which of the categories of this question is not given, and why."""

    category = choice(pgettext_lazy("refusal", "Category"), Wanted.choices, drawn=False)
    why = choice(pgettext_lazy("refusal", "Code"), RefusalCode.choices, drawn=False)

    def prepare(self) -> None:
        """Only what this letter names."""
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "—"), *((each, Wanted(each).label) for each in self.row.wanted)]


class GiveAgain(ActionForm):
    """Which of the categories that were left out is given after all."""

    category = choice(pgettext_lazy("refusal", "Category"), Wanted.choices, drawn=False)

    def prepare(self) -> None:
        field = self.fields["category"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", "—"), *((each, Wanted(each).label) for each in self.row.left_out)]


def _give_again(request: PoliceRequest, person: "Account", given: Given) -> None:
    services.leave_out(account=person, code=request.code, category=given["category"], why="")


def _point_to_trip(request: PoliceRequest, person: "Account", given: Given) -> None:
    found = given.get("found", PointToTrip.OTHER)
    meant = given["trip"] if found == PointToTrip.OTHER else found
    services.point_to_trip(account=person, code=request.code, trip_code=meant)


def _papers_came(request: PoliceRequest, person: "Account", given: Given) -> None:
    """Its files are read and stored before the service's transaction begins."""
    files = papers.read({paper: given[name] for paper, name in papers.FIELDS.items() if given.get(name)})
    services.receive_papers(
        account=person,
        code=request.code,
        letter_number=given["letter_number"],
        certificate_1=given["certificate_1"],
        certificate_2=given["certificate_2"],
        legal_basis="",
        files=files,
    )


def _open(request: PoliceRequest) -> bool:
    return request.state in UNDECIDED


def _identity(*states: IdentityState) -> Callable[[PoliceRequest, "Account"], bool]:
    """Offered while the identity part stands so."""

    def there(request: PoliceRequest, _person: "Account") -> bool:
        part = identity_part(request)
        return part is not None and part.state in states

    return there


def _released(request: PoliceRequest, _person: object) -> bool:
    return request.state == RequestState.RELEASED


def _later_proposed(request: PoliceRequest) -> str | None:
    """Who proposed that the people on the trip are told later; None where nobody is left to tell."""
    if request.state != RequestState.RELEASED or not rules.waiting(request.code):
        return None
    return rules.proposed(request.code)


REQUESTS: ActionSet[PoliceRequest] = ActionSet(
    kind="police_request",
    find=lambda code, _person: selectors.request_by_code(code),
    route="police_console:act",
    back=lambda request: reverse("police_console:request", args=[request.code]),
    why_not=why_not,
    had_a_part=lambda request, key: (
        had_a_part(request)
        if key in _AFTER_OTHERS
        else {request.refuse_by} - {""}
        if key in _REFUSAL_AFTER
        else {error_noted(request) or ""} - {""}
        if key == "error_agree"
        else ()
    ),
)
REQUESTS.add(
    Action(
        key="call-back",
        label=_("I called back and reached the officer"),
        permission=ANSWER,
        run=calls(services.record_call_back),
        offered=lambda request, _person: (
            _open(request) and calls_back(request) and request.called_back_at is None
        ),
        urgent=True,
        two="police.release",
    ),
    Action(
        key="trip",
        label=_("This trip"),
        permission=ANSWER,
        run=_point_to_trip,
        form=PointToTrip,
        offered=lambda request, _person: (
            _open(request) and (not request.trip_id or bool(request.trip_found_by))
        ),
        two="police.release",
    ),
    Action(
        key="propose",
        label=_("I checked it: propose the release"),
        permission=ANSWER,
        run=calls(services.propose_release),
        offered=lambda request, _person: (
            _open(request) and not calls_back(request) and not request.proposed_by
        ),
        two="police.release",
    ),
    Action(
        key="confirm",
        label=_("I confirm: release the minimum pack"),
        permission="police.confirm",
        run=calls(services.confirm_release),
        offered=lambda request, _person: _open(request),
        urgent=True,
        two="police.release",
    ),
    Action(
        key="refuse",
        label=_("Refuse"),
        permission=ANSWER,
        run=calls(services.refuse_request, "reason", "why"),
        form=RefuseCall,
        offered=lambda request, _person: _open(request) and request.notice_id is None,
    ),
    *by_two(
        REFUSAL.key,
        ANSWER,
        Step("refusal", _("Propose to refuse"), calls(services.propose_refusal, "reason", "why"), Refuse),
        proposal=refusing,
    ),
    *by_two(
        REFUSAL.key,
        "police.confirm",
        None,
        Step("refusal_agree", _("Agree: refuse it"), calls(services.decide_refusal, agrees=True)),
        Step("refusal_back", _("Do not refuse it"), calls(services.decide_refusal, agrees=False)),
        proposal=refusing,
    ),
    Action(
        key="leave_out",
        label=_("Leave a category out"),
        permission=ANSWER,
        run=calls(services.leave_out, "category", "why"),
        form=LeaveOut,
        offered=lambda request, _person: _open(request) and request.notice_id is not None,
        two="police.release",
    ),
    Action(
        key="give_again",
        label=_("Give a category after all"),
        permission=ANSWER,
        run=_give_again,
        form=GiveAgain,
        offered=lambda request, _person: _open(request) and bool(request.left_out),
        two="police.release",
    ),
    Action(
        key="escalate",
        label=_("Escalate at once"),
        permission=ANSWER,
        run=calls(services.escalate_request),
        offered=lambda request, _person: _open(request) and request.state != RequestState.ESCALATED,
    ),
    Action(
        key="papers",
        label=_("The written request came"),
        permission=ANSWER,
        run=_papers_came,
        form=PapersCame,
        offered=lambda request, _person: (
            request.channel != Channel.FORM
            and request.papers_at is None
            and request.state in {*UNDECIDED, RequestState.RELEASED}
        ),
    ),
    Action(
        key="identity_call",
        label=_("I called back and reached the officer"),
        permission=ANSWER,
        run=calls(services.call_back_for_identity),
        offered=_identity(IdentityState.WAITING),
        urgent=True,
        two="police.identity",
    ),
    Action(
        key="identity_confirm",
        label=_("I confirm: release the identity part"),
        permission="police.confirm",
        run=calls(services.release_identity),
        offered=_identity(IdentityState.WAITING, IdentityState.CALLED_BACK),
        urgent=True,
        two="police.identity",
    ),
    Action(
        key="identity_refuse",
        label=_("Refuse the identity part"),
        permission=ANSWER,
        run=calls(services.refuse_identity, "reason"),
        form=RefuseIdentity,
        offered=_identity(IdentityState.WAITING, IdentityState.CALLED_BACK),
    ),
    Action(
        key="proper",
        label=_("This release was proper"),
        permission=ANSWER,
        run=calls(services.review_release, proper=True),
        offered=_released,
    ),
    Action(
        key="improper",
        label=_("Improper: suspend the officer"),
        permission=ANSWER,
        run=calls(services.review_release, proper=False),
        offered=_released,
    ),
    *by_two(
        ERROR.key,
        ANSWER,
        Step("error", _("Note an error"), calls(services.note_error, "kind", "cause", "remedy"), NoteError),
        proposal=error_noted,
    ),
    *by_two(
        ERROR.key,
        "police.confirm",
        None,
        Step("error_agree", _("Agree: the error is closed"), calls(services.decide_error, agrees=True)),
        Step("error_back", _("It is not so: say it anew"), calls(services.decide_error, agrees=False)),
        proposal=error_noted,
    ),
    *by_two(
        REINSTATEMENT.key,
        "police.confirm",
        Step(
            "reinstate",
            _("Propose to let the officer in again"),
            calls(services.propose_reinstatement, "reason"),
            Reason,
        ),
        Step(
            "reinstate_agree",
            _("Agree: the officer is let in again"),
            calls(services.decide_reinstatement, agrees=True),
        ),
        Step(
            "reinstate_refuse",
            _("The officer stays suspended"),
            calls(services.decide_reinstatement, agrees=False),
        ),
        proposal=reinstating,
    ),
    *by_two(
        rules.PUTTING_OFF.key,
        "police.answer",
        Step(
            "notice_later",
            _("Put off that the people are told"),
            calls(telling.propose_later, "reason", "day"),
            PutOff,
        ),
        Step("notice_later_agree", _("Agree: they are told later"), calls(telling.decide_later, agrees=True)),
        Step("notice_later_refuse", _("They are told on the day"), calls(telling.decide_later, agrees=False)),
        proposal=_later_proposed,
    ),
)

PRESERVATIONS: ActionSet[Preservation] = ActionSet(
    kind="preservation",
    find=lambda code, _person: preserving.by_code(code),
    route="police_console:preservation_act",
    back=lambda row: reverse("police_console:preservation", args=[row.code]),
    why_not=why_not_preserve,
    had_a_part=lambda row, key: {row.renewal_by} - {""} if key == "renew_agree" else (),
)
PRESERVATIONS.add(
    *by_two(
        RENEWAL.key,
        ANSWER,
        Step("renew", _("Propose to renew it"), calls(preserving.propose_renewal, "reason"), AskedLonger),
        proposal=lambda row: row.renewal_by,
    ),
    *by_two(
        RENEWAL.key,
        "police.confirm",
        None,
        Step("renew_agree", _("Agree: it is renewed"), calls(preserving.decide_renewal, agrees=True)),
        Step("renew_back", _("It ends on its day"), calls(preserving.decide_renewal, agrees=False)),
        proposal=lambda row: row.renewal_by,
    ),
)

MOTIONS = frozenset(
    {
        register.STATION.key,
        tables.STATIONS.key,
        register.OFFICER.key,
        register.LONGER.key,
        register.CALLED.key,
    }
)
STATIONS = desk(
    "station_motion",
    permission=register.REGISTER,
    kinds=MOTIONS,
    route="police_console:motion_act",
    back=lambda _motion: reverse("police_console:stations"),
)
