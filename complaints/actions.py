"""What staff may do with complaints, claims, messages from outside, care, greetings and work summaries."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.selectors import codes_who_may
from complaints import safeguards, selectors, services
from complaints.forms import fen_of
from complaints.models import Accident, Campaign, CareTask, Claim, Complaint, OutsideMessage, WorkSummary
from complaints.policies import Award, Case, had_a_part, pausable, stage_of, why_not
from complaints.services.outcomes import CONSEQUENCES
from complaints.states import (
    BLIND,
    LIVE,
    RANK,
    CampaignState,
    Category,
    Finding,
    Level,
    Outcome,
    PauseReason,
    Settlement,
    Side,
    SummaryState,
)
from core.actions import (
    Action,
    ActionForm,
    ActionSet,
    Given,
    Sure,
    calls,
    choice,
    nothing_against,
    text,
    words,
)
from core.errors import InvalidInput, NotFound
from core.permissions import may
from rides.selectors import trip_by_code

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.utils.functional import Promise

    from accounts.models import Account

WORK, JUDGE, REVIEW = "complaints.work", "complaints.judge", "complaints.review_stop"
NOTHING = "nothing"  # said of a decision that has no consequence: none ticked is none said
WHY = _("Why?")


def _listed(pairs: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """The choices of a list that begins with none."""
    return [("", "—"), *pairs]


def _complaint(code: str) -> Complaint:
    """Raises Django's `ValidationError` where there is none."""
    try:
        return selectors.complaint_by_code(code.strip().upper())
    except NotFound:
        raise forms.ValidationError(_("No complaint has this code.")) from None


# --- Complaints -----------------------------------------------------------------------------------


class GiveTo(ActionForm):
    to = choice(_("Give it to"), [], drawn=False)

    def prepare(self) -> None:
        # Read when it is drawn or checked: most of the forms of a page are neither.
        field: Any = self.fields["to"]
        field.choices = lambda: _listed((code, code) for code in codes_who_may(WORK) if self.offers(code))

    def offers(self, code: str) -> bool:
        return code != self.person.code


class NameContact(GiveTo):
    to = choice(pgettext_lazy("named contact", "Who"), [], drawn=False)

    def offers(self, code: str) -> bool:
        return True


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
        field.choices = _listed((timer.kind, timer.get_kind_display()) for timer in pausable(self.row.known))


class OtherClass(ActionForm):
    level = choice(_("class"), [], drawn=False)
    words = text(WHY, rows=2)
    higher = True

    def prepare(self) -> None:
        now, field = RANK[Level(self.row.complaint.level)], self.fields["level"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = _listed(
            (level.value, level.label)
            for level in Level
            if (RANK[level] > now if self.higher else RANK[level] < now)
        )

    def clean_level(self) -> Level:
        return Level(self.cleaned_data["level"])


class LowerClass(OtherClass):
    higher = False


class NameAccused(ActionForm):
    trip = forms.CharField(label=_("Trip"), max_length=20, required=False)
    plate = forms.CharField(
        label=_("or the plate, where it belongs to one driver"), max_length=60, required=False
    )
    words = text(WHY, rows=2)

    def prepare(self) -> None:
        self.initial.setdefault("plate", self.row.complaint.plates)

    def clean_trip(self) -> str:
        code = str(self.cleaned_data["trip"]).strip().upper()
        if code:
            try:
                trip_by_code(code)
            except NotFound:
                raise forms.ValidationError(_("No trip has this code.")) from None
        return code


class Join(ActionForm):
    into = forms.CharField(label=_("Code of the other complaint"), max_length=20)
    words = text(WHY, rows=2)

    def clean_into(self) -> str:
        return _complaint(self.cleaned_data["into"]).code


class Decide(ActionForm):
    """Finding, consequences of it for each side, what it rests on, and why."""

    template = "console/_decide_form.html"
    finding = choice(_("Finding"), Finding.choices)
    award = forms.MultipleChoiceField(label=_("What comes of it"), widget=forms.CheckboxSelectMultiple)
    cites = forms.MultipleChoiceField(label=_("It rests on"), widget=forms.CheckboxSelectMultiple)
    words = text(_("Reason; both sides read it"), rows=4)

    def prepare(self) -> None:
        self.stage = stage_of(self.row.complaint, self.row.known)
        cites, award = self.fields["cites"], self.fields["award"]
        assert isinstance(cites, forms.ChoiceField)  # noqa: S101 - declared above
        assert isinstance(award, forms.ChoiceField)  # noqa: S101 - declared above
        award.choices = [(NOTHING, _("Nothing: there is no consequence"))]
        self.sides: list[tuple[Side, Account, list[Any]]] = []
        if self.stage is None:
            return
        cites.choices = lambda: [(cite.code, cite.label) for cite in selectors.citable(self.row.complaint)]
        self.sides = [
            (side, person, [kind for kind in CONSEQUENCES.values() if kind.fits(person)])
            for side in (Side.ACCUSED, Side.COMPLAINANT)
            if (person := selectors.person_of(self.row.complaint, side)) is not None
        ]
        for side, _person, kinds in self.sides:
            for kind in kinds:
                name = f"{side}:{kind.outcome}"
                award.choices = [*award.choices, (name, kind.outcome.label)]
                if kind.asks:
                    label = _("days") if kind.asks == "days" else _("yuan")
                    mode = "numeric" if kind.asks == "days" else "decimal"
                    self.fields[f"{kind.asks}:{name}"] = forms.CharField(
                        label=label,
                        max_length=14,
                        required=False,
                        widget=forms.TextInput(
                            attrs={
                                "class": "small",
                                "inputmode": mode,
                                "placeholder": label,
                                "aria-label": label,
                            }
                        ),
                    )

    @property
    def blind(self) -> bool:
        """Whether whoever decides must not know of the decision before."""
        return self.stage in BLIND

    def nothing(self) -> Any:
        """The box that says that nothing comes of it."""
        return self["award"].subwidgets[0]

    def groups(self) -> list[tuple[Side, "Account", list[tuple[Any, Any]]]]:
        """For each side its boxes, each with the field of what has to be said of it, if anything."""
        boxes = {box.data["value"]: box for box in self["award"].subwidgets}
        return [
            (
                side,
                person,
                [
                    (
                        boxes[f"{side}:{kind.outcome}"],
                        self[f"{kind.asks}:{side}:{kind.outcome}"] if kind.asks else None,
                    )
                    for kind in kinds
                ],
            )
            for side, person, kinds in self.sides
        ]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        chosen = given.get("award", [])
        if NOTHING in chosen and len(chosen) > 1:
            self.add_error("award", _("Either something comes of it, or nothing."))
        given["awards"] = [
            found for name in chosen if name != NOTHING and (found := self._award(name)) is not None
        ]
        return given

    def _award(self, chosen: str) -> Award | None:
        side, _colon, outcome = chosen.partition(":")
        days = fen = 0
        match CONSEQUENCES[Outcome(outcome)].asks:
            case "days":
                said = self.cleaned_data.get(f"days:{chosen}", "").strip()
                # What cannot be read is no number of days that a suspension may have, and the rule says so.
                days = int(said) if said.isascii() and said.isdecimal() and len(said) < 5 else 0
            case "yuan":
                try:
                    fen = fen_of(self.cleaned_data.get(f"yuan:{chosen}", ""))
                except InvalidInput:
                    self.add_error("award", _("Say how much."))
                    return None
            case "":
                pass
        return Award(Outcome(outcome), Side(side), days, fen)


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
        key="assign", label=_("Give it to"), permission=WORK, run=calls(services.assign, "to"), form=GiveTo
    ),
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
        two="complaints.lifting",
    ),
    Action(
        key="review_lift",
        label=_("Propose to lift the stop on orders"),
        permission=REVIEW,
        run=calls(services.propose_lift, "words"),
        form=words(WHY, rows=2),
        two="complaints.lifting",
    ),
    Action(
        key="lift_agree",
        label=_("Agree to lift the stop on orders"),
        permission=REVIEW,
        run=calls(services.agree_to_lift),
        two="complaints.lifting",
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
    Action(
        key="lower",
        label=_("Set the class lower"),
        permission=JUDGE,
        run=calls(services.lower_class, "level", "words"),
        form=LowerClass,
        two="complaints.lowering",
    ),
    Action(
        key="lower_agree",
        label=_("Agree to the lower class"),
        permission=JUDGE,
        run=calls(services.agree_to_lower),
        two="complaints.lowering",
    ),
    Action(
        key="lower_refuse",
        label=_("The class stays"),
        permission=JUDGE,
        run=calls(services.refuse_to_lower, "words"),
        form=words(WHY, rows=2),
        two="complaints.lowering",
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
        two="complaints.decision",
    ),
    Action(
        key="training",
        label=_("Training done"),
        permission=JUDGE,
        run=calls(services.report_training, "words"),
        form=words(_("What came of it?"), rows=2),
        two="complaints.trained",
    ),
    Action(
        key="training_agree",
        label=_("Confirm the training"),
        permission=JUDGE,
        run=calls(services.confirm_training),
        two="complaints.trained",
    ),
    Action(
        key="training_refuse",
        label=_("The training is not shown to be done"),
        permission=JUDGE,
        run=calls(services.refuse_training, "words"),
        form=words(WHY, rows=2),
        two="complaints.trained",
    ),
    Action(
        key="reopen",
        label=_("Open it again"),
        permission="complaints.reopen",
        run=calls(services.reopen, "words"),
        form=words(WHY, rows=2),
    ),
)


# --- Accidents and claims -------------------------------------------------------------------------


class Propose(ActionForm):
    yuan = forms.CharField(
        label=_("Amount in yuan"), max_length=14, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    words = text(_("Reason"), rows=2)

    def clean_yuan(self) -> str:
        try:
            fen_of(self.cleaned_data["yuan"])
        except InvalidInput as error:
            raise forms.ValidationError(error.detail) from None
        return str(self.cleaned_data["yuan"])


class Settle(ActionForm):
    how = choice(_("Fault is settled"), Settlement.choices)
    words = text(_("Reason"), rows=2)


def _with_reason(service: Any, **fixed: object) -> Any:
    """A step of a claim whose service takes the words that were typed, if any, as its reason."""

    def run(claim: Claim, person: "Account", given: Given) -> None:
        service(account=person, code=claim.code, reason=given.get("words", ""), **fixed)

    return run


def _propose_claim(claim: Claim, person: "Account", given: Given) -> None:
    services.propose_claim(account=person, code=claim.code, fen=fen_of(given["yuan"]), reason=given["words"])


def _settle(claim: Claim, person: "Account", given: Given) -> None:
    services.settle_advance(
        account=person, code=claim.code, how=Settlement(given["how"]), reason=given["words"]
    )


def _claim(key: str, label: "str | Promise", run: Any, form: Any, two: str = "") -> None:
    """A step of a claim: its card shows what somebody could do with it now, and whoever decides sees who may not."""
    permission = CLAIM_WORK if key == "propose" else CLAIM_DECIDE
    CLAIMS.add(
        Action(
            key=key,
            label=label,
            permission=permission,
            run=run,
            form=form,
            two=two,
            offered=lambda claim, person: (
                not safeguards.closed(claim, key) and (key == "approve" or may(person, permission))
            ),
        )
    )


CLAIMS: ActionSet[Claim] = ActionSet(
    kind="claim",
    find=lambda code, _person: selectors.claim_by_code(code),
    route="complaints_console:claim_act",
    back=lambda claim: reverse("complaints_console:accident", args=[claim.accident.code]),
    why_not=safeguards.why_not,
    had_a_part=lambda claim, key: (safeguards.had_a_part(claim, key),),
    lock=lambda claim, _given: (claim.accident, claim),
    listed=True,
)
CLAIM_WORK, CLAIM_DECIDE = "claims.work", "claims.decide"
GRANT, SETTLEMENT = safeguards.GRANT.key, safeguards.SETTLEMENT.key
_claim("propose", _("Propose"), _propose_claim, Propose, GRANT)
_claim("refuse", _("Refuse"), _with_reason(services.refuse_claim), words(_("Reason"), rows=2))
_claim("approve", _("Agree to the sum"), _with_reason(services.decide_claim, approves=True), Sure, GRANT)
_claim(
    "send_back",
    _("Send back"),
    _with_reason(services.decide_claim, approves=False),
    words(_("Why not, where you do not agree"), rows=2),
    GRANT,
)
_claim("reopen", _("Look at it again"), _with_reason(services.reopen_claim), words(WHY, rows=2))
_claim("settle", _("Settle the advance"), _settle, Settle, SETTLEMENT)
_claim(
    "settle_agree",
    _("Agree to the settlement"),
    _with_reason(services.decide_settlement, approves=True),
    Sure,
    SETTLEMENT,
)
_claim(
    "settle_refuse",
    _("Do not agree to the settlement"),
    _with_reason(services.decide_settlement, approves=False),
    words(WHY, rows=2),
    SETTLEMENT,
)


class NameAccidentContact(NameContact):
    to = choice(pgettext_lazy("named contact", "Somebody else"), [], drawn=False)


def _name_accident_contact(accident: Accident, person: "Account", given: Given) -> None:
    services.name_accident_contact(account=person, accident_code=accident.code, to=given["to"])


ACCIDENTS: ActionSet[Accident] = ActionSet(
    kind="accident",
    find=lambda code, _person: selectors.accident_by_code(code),
    route="complaints_console:accident_act",
    back=lambda accident: reverse("complaints_console:accident", args=[accident.code]),
    why_not=nothing_against,
)
ACCIDENTS.add(
    Action(
        key="contact",
        label=_("Change"),
        permission=CLAIM_DECIDE,
        run=_name_accident_contact,
        form=NameAccidentContact,
    )
)


# --- Messages from outside ------------------------------------------------------------------------


class FileMessage(ActionForm):
    category = choice(_("category"), Category.choices, drawn=False)
    name = forms.CharField(label=_("Name of who wrote"), max_length=60, required=False)


class AddMessage(ActionForm):
    complaint = forms.CharField(label=_("Code of the complaint"), max_length=20)

    def clean_complaint(self) -> str:
        found = _complaint(self.cleaned_data["complaint"])
        if found.state not in LIVE:
            raise forms.ValidationError(_("No open complaint has this code."))
        return found.code


def _file_message(message: OutsideMessage, person: "Account", given: Given) -> "HttpResponse":
    filed = services.file_from_message(
        account=person, code=message.code, category=Category(given["category"]), name=given["name"]
    )
    return redirect("complaints_console:case", filed.code)


def _add_message(message: OutsideMessage, person: "Account", given: Given) -> "HttpResponse":
    root = services.add_message_to(account=person, code=message.code, complaint_code=given["complaint"])
    return redirect("complaints_console:case", root.code)


def _dismiss_message(message: OutsideMessage, person: "Account", given: Given) -> None:
    services.dismiss_message(account=person, code=message.code, why=given["words"])


MESSAGES: ActionSet[OutsideMessage] = ActionSet(
    kind="outside_message",
    find=lambda code, _person: selectors.message_by_code(code),
    route="complaints_console:sort",
    back=lambda _message: reverse("complaints_console:outside"),
    why_not=lambda message, _person, _key: _("Somebody sorted it already.") if message.sorted_at else "",
    listed=True,
)
MESSAGES.add(
    Action(key="file", label=_("It is a complaint"), permission=WORK, run=_file_message, form=FileMessage),
    Action(key="add", label=_("It belongs to this one"), permission=WORK, run=_add_message, form=AddMessage),
    Action(
        key="dismiss",
        label=_("It is none"),
        permission=WORK,
        run=_dismiss_message,
        form=words(WHY),
    ),
)


# --- Care and greetings ---------------------------------------------------------------------------

CARE: ActionSet[CareTask] = ActionSet(
    kind="care_task",
    find=lambda code, _person: selectors.care_task_by_code(code),
    route="complaints_console:care_act",
    back=lambda _task: reverse("complaints_console:care"),
    why_not=lambda task, _person, _key: _("It is done already.") if task.done_at else "",
    listed=True,
)
CARE.add(
    Action(
        key="done",
        label=pgettext_lazy("care", "Done"),
        permission=WORK,
        run=calls(services.finish_task, "words"),
        form=words(_("What came of it?")),
    )
)


def _not_waiting(greeting: Campaign, person: "Account", key: str) -> "str | Promise":
    if greeting.state != CampaignState.PROPOSED:
        return _("It is decided already.")
    own = key == "agree" and greeting.proposed_by == person.code
    return _("You proposed it: somebody else agrees.") if own else ""


GREETINGS: ActionSet[Campaign] = ActionSet(
    kind="greeting",
    find=lambda code, _person: selectors.campaign_by_code(code),
    route="complaints_console:greeting_act",
    back=lambda _greeting: reverse("complaints_console:care"),
    why_not=_not_waiting,
    listed=True,
)
GREETINGS.add(
    *(
        Action(
            key=key,
            label=label,
            permission="greetings.decide",
            run=calls(services.decide_campaign, approves=approves),
            two="complaints.greeting",
            offered=lambda greeting, person: (
                greeting.state == CampaignState.PROPOSED and may(person, "greetings.decide")
            ),
        )
        for key, label, approves in (("agree", _("Agree"), True), ("drop", _("Drop it"), False))
    )
)


# --- Work summaries -------------------------------------------------------------------------------


class Summary(Sure):
    """What one wrote; the hidden field says that the words are meant, whichever of them are empty."""

    judgement = forms.CharField(
        label=_("Which problems did you solve by your own judgement?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    learned = forms.CharField(
        label=_("What did you learn?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    skills = forms.CharField(
        label=_("Which skills do you want next?"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    goals = forms.CharField(
        label=_("Goals"), max_length=4000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    # Any number of them; the service keeps what belongs to the time.
    cases = forms.Field(
        label=_("Cases worth remembering"), required=False, widget=forms.CheckboxSelectMultiple
    )

    def prepare(self) -> None:
        for name in ("judgement", "learned", "skills", "goals", "cases"):
            self.initial.setdefault(name, getattr(self.row, name))
        found = selectors.cases_to_remember(self.row.account, self.row.begins, self.row.ends)
        widget: Any = self.fields["cases"].widget
        widget.choices = [
            (case.code, f"{case.code} · {case.get_category_display()} · {case.get_level_display()}")
            for case in found
        ]
        if not found:
            del self.fields["cases"]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        return given | {"cases": given.get("cases") or []}


def _write(submit: bool) -> Any:
    def run(summary: WorkSummary, person: "Account", given: Given) -> str:
        said = {name: given[name] for name in ("judgement", "learned", "skills", "goals", "cases")}
        services.write_summary(account=person, code=summary.code, submit=submit, **said)
        return _now("Kept.")

    return run


def _not_written(summary: WorkSummary, person: "Account", key: str) -> "str | Promise":
    mine, state = summary.account_id == person.pk, SummaryState(summary.state)
    if key == "answer":
        if mine:
            return _("Somebody else answers your summary.")
        return "" if state == SummaryState.SUBMITTED else _("It does not wait for an answer.")
    if not mine:
        return _("Only whoever it is about writes it.")
    return "" if state == SummaryState.DRAFT else _("This summary was handed in already.")


SUMMARIES: ActionSet[WorkSummary] = ActionSet(
    kind="summary",
    find=lambda code, person: selectors.summary_by_code(
        person, code, supervises=may(person, "summaries.answer")
    ),
    route="complaints_console:summary_act",
    back=lambda summary: reverse("complaints_console:summary", args=[summary.code]),
    why_not=_not_written,
)
SUMMARIES.add(
    Action(key="keep", label=_("Keep the draft"), permission="console.open", run=_write(False), form=Summary),
    Action(key="hand_in", label=_("Hand it in"), permission="console.open", run=_write(True), form=Summary),
    Action(
        key="answer",
        label=_("Answer"),
        permission="summaries.answer",
        run=calls(services.answer_summary, "reply"),
        form=type("Reply", (ActionForm,), {"reply": text(_("Your answer"), rows=4)}),
    ),
)
