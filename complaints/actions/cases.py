"""What staff may do with a complaint."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from complaints import selectors, services
from complaints.actions.decision import Decide
from complaints.actions.forms import JUDGE, REVIEW, WHY, WORK, GiveTo, NameContact, complaint_named, listed
from complaints.errors import NotNow
from complaints.models import Complaint
from complaints.policies import (
    DECISION,
    LIFTING,
    LOWERING,
    REOPENING,
    TRAINED,
    Case,
    had_a_part,
    pausable,
    why_not,
)
from complaints.states import RANK, Finding, Level, PauseReason, Side
from core import handover
from core.actions import Action, ActionForm, ActionSet, Given, See, Step, by_two, calls, choice, text, words
from core.errors import NotFound
from core.permissions import may
from core.typed.fields import CODE, PLATE, Typed
from rides.selectors import trip_by_code

if TYPE_CHECKING:
    from accounts.models import Account


class Answer(ActionForm):
    template = "console/_answer_form.html"
    words = text(_("Your words; they read them on their page and by message"), rows=4)

    def macros(self) -> list[Any]:
        """Texts to begin with."""
        return selectors.macros_for(self.row.complaint.category)


class PauseLimit(ActionForm):
    timer = choice(_("Which limit"), [], drawn=False)
    reason = choice(_("Because"), PauseReason.choices, drawn=False)
    words = text(WHY, rows=2)

    def prepare(self) -> None:
        field: Any = self.fields["timer"]
        field.choices = listed((timer.kind, timer.get_kind_display()) for timer in pausable(self.row.known))


class OtherClass(ActionForm):
    level = choice(_("class"), [], drawn=False)
    words = text(WHY, rows=2)
    higher = True

    def prepare(self) -> None:
        now, field = RANK[Level(self.row.complaint.level)], self.fields["level"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = listed(
            (level.value, level.label)
            for level in Level
            if (RANK[level] > now if self.higher else RANK[level] < now)
        )

    def clean_level(self) -> Level:
        return Level(self.cleaned_data["level"])


class LowerClass(OtherClass):
    higher = False


class NameAccused(ActionForm):
    trip = Typed(CODE, label=_("Trip"), required=False)
    plate = Typed(PLATE, label=_("or the plate, where it belongs to one driver"), required=False)
    words = text(WHY, rows=2)

    def prepare(self) -> None:
        self.initial.setdefault("plate", self.row.complaint.plates)

    def clean_trip(self) -> str:
        code = str(self.cleaned_data["trip"])
        if code:
            try:
                trip_by_code(code)
            except NotFound:
                raise forms.ValidationError(_("No trip has this code.")) from None
        return code


class Join(ActionForm):
    into = Typed(CODE, label=_("Code of the other complaint"))
    words = text(WHY, rows=2)

    def clean_into(self) -> str:
        return complaint_named(self.cleaned_data["into"]).code


def _assign(case: Case, person: "Account", given: Given) -> str:
    services.assign(account=person, code=case.code, to=given["to"])
    return handover.not_there(given["to"])


def _decide(case: Case, person: "Account", given: Given) -> None:
    services.decide(
        account=person,
        code=case.code,
        finding=Finding(given["finding"]),
        awards=given["awards"],
        reason=given["words"],
        cites=given["cites"],
    )


def _name_accused(case: Case, person: "Account", given: Given) -> None:
    services.name_accused(
        account=person, code=case.code, trip_code=given["trip"], plate=given["plate"], words=given["words"]
    )


def _pause(case: Case, person: "Account", given: Given) -> None:
    services.pause_timer(
        account=person, code=case.code, kind=given["timer"], reason=given["reason"], words=given["words"]
    )


def _open_incident(case: Case, person: "Account", _given: Given) -> HttpResponse:
    return redirect("safety_console:incident", services.open_incident_of(account=person, code=case.code))


def _both(case: Case, given: Given) -> list[Complaint]:
    """Both complaints, in the order of their keys: two may be joined to each other at once."""
    return sorted((case.complaint, selectors.complaint_by_code(given["into"])), key=lambda row: row.pk)


QUESTION = _("What do you want to know? Say no more of the other side than must be.")

COMPLAINTS: ActionSet[Case] = ActionSet(
    kind="complaint",
    find=selectors.case_of,
    route="complaints_console:act",
    back=lambda case: reverse("complaints_console:case", args=[case.code]),
    why_not=why_not,
    refused=NotNow,
    had_a_part=had_a_part,
    lock=lambda case, _given: (case.complaint,),
)
COMPLAINTS.add(
    Action(
        key="take",
        label=_("Take it"),
        permission=WORK,
        run=calls(services.take),
        urgent=True,
        shortcut="t",
    ),
    Action(
        key="see",
        label=_("I have seen what is new"),
        permission=WORK,
        run=calls(services.see_news, "shown"),
        form=See,
        offered=lambda case, _person: case.complaint.news_at is not None,
        urgent=True,
        shortcut="s",
    ),
    Action(
        key="help",
        label=_("Somebody needs help: open an incident"),
        permission="incidents.respond",
        run=_open_incident,
        offered=lambda case, person: may(person, "incidents.respond"),
    ),
    Action(key="assign", label=_("Give it to"), permission=WORK, run=_assign, form=GiveTo),
    Action(
        key="unassign", label=_("Put it back in the queue"), permission=WORK, run=calls(services.unassign)
    ),
    Action(
        key="undo",
        label=_("Undo the last assignment"),
        permission=WORK,
        run=calls(services.undo_assignment),
        shortcut="z",
    ),
    Action(
        key="answer",
        label=_("Answer who complained"),
        permission=WORK,
        run=calls(services.answer, "words"),
        form=Answer,
        shortcut="a",
    ),
    Action(
        key="note",
        label=_("Add a note"),
        permission=WORK,
        run=calls(services.add_note, "words"),
        form=words(_("Note, for colleagues alone"), rows=2),
        shortcut="n",
    ),
    Action(
        key="review_keep",
        label=_("The stop on orders stays"),
        permission=REVIEW,
        run=calls(services.keep_stop, "words"),
        form=words(WHY, rows=2),
        two=LIFTING.key,
    ),
    *by_two(
        LIFTING.key,
        REVIEW,
        Step(
            "review_lift",
            _("Propose to lift the stop on orders"),
            calls(services.propose_lift, "words"),
            words(WHY, rows=2),
        ),
        Step("lift_agree", _("Agree to lift the stop on orders"), calls(services.agree_to_lift)),
    ),
    Action(
        key="ask_complainant",
        label=_("Ask who complained for a statement"),
        permission=WORK,
        run=calls(services.ask_statement, "words", side=Side.COMPLAINANT),
        form=words(QUESTION, rows=2),
    ),
    Action(
        key="ask_accused",
        label=_("Ask the other side for a statement"),
        permission=WORK,
        run=calls(services.ask_statement, "words", side=Side.ACCUSED),
        form=words(QUESTION, rows=2),
    ),
    Action(key="pause", label=_("Pause a limit"), permission=WORK, run=_pause, form=PauseLimit),
    Action(
        key="resume",
        label=_("Let a paused limit run"),
        permission=WORK,
        run=calls(services.resume_timers),
    ),
    Action(
        key="raise",
        label=_("Raise the class"),
        permission=WORK,
        run=calls(services.raise_class, "level", "words"),
        form=OtherClass,
    ),
    *by_two(
        LOWERING.key,
        JUDGE,
        Step("lower", _("Set the class lower"), calls(services.lower_class, "level", "words"), LowerClass),
        Step("lower_agree", _("Agree to the lower class"), calls(services.agree_to_lower)),
        Step(
            "lower_refuse",
            _("The class stays"),
            calls(services.refuse_to_lower, "words"),
            words(WHY, rows=2),
        ),
    ),
    Action(
        key="name",
        label=_("Say whom it is about"),
        permission=WORK,
        run=_name_accused,
        form=NameAccused,
    ),
    Action(
        key="confirm",
        label=_("I called back and reached them"),
        permission=WORK,
        run=calls(services.confirm_caller, "words"),
        form=words(WHY, rows=2),
    ),
    Action(
        key="contact",
        label=_("Who stays with the person harmed"),
        permission=JUDGE,
        run=calls(services.name_contact, "to"),
        form=NameContact,
    ),
    Action(
        key="merge",
        label=_("Join it to another complaint"),
        permission=WORK,
        run=calls(services.merge, "into", "words"),
        form=Join,
        lock=_both,
    ),
    Action(
        key="decide",
        label=_("Decide"),
        permission=WORK,  # an agent decides ordinary ones of their own
        run=_decide,
        form=Decide,
        shortcut="d",
        two=DECISION.key,
    ),
    *by_two(
        TRAINED.key,
        JUDGE,
        Step(
            "training",
            _("Training done"),
            calls(services.report_training, "words"),
            words(_("What came of it?"), rows=2),
        ),
        Step("training_agree", _("Confirm the training"), calls(services.confirm_training)),
        Step(
            "training_refuse",
            _("The training is not shown to be done"),
            calls(services.refuse_training, "words"),
            words(WHY, rows=2),
        ),
    ),
    Action(
        key="reopen",
        label=_("Open it again"),
        permission="complaints.reopen",
        run=calls(services.reopen, "words"),
        form=words(WHY, rows=2),
        two=REOPENING.key,
    ),
    *by_two(
        REOPENING.key,
        JUDGE,
        None,
        Step("reopen_agree", _("Agree to open it again"), calls(services.agree_to_reopen)),
        Step(
            "reopen_refuse",
            _("It stays decided"),
            calls(services.refuse_to_reopen, "words"),
            words(WHY, rows=2),
        ),
    ),
)
