"""The form of a decision: finding, what comes of it for each side, what it rests on, and why."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from complaints import selectors
from complaints.actions.forms import NOTHING
from complaints.policies import Award, stage_of
from complaints.services.outcomes import CONSEQUENCES
from complaints.states import BLIND, Finding, Outcome, Side
from core import typed
from core.actions import ActionForm, choice, text

if TYPE_CHECKING:
    from accounts.models import Account


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
                # What cannot be read is no number of days that a suspension may have, and the rule says so.
                days = typed.number.guess(self.cleaned_data.get(f"days:{chosen}", ""), most=9_999) or 0
            case "yuan":
                try:
                    fen = typed.money.read(self.cleaned_data.get(f"yuan:{chosen}", ""))
                except typed.money.AmountUnreadable:
                    self.add_error("award", _("Say how much."))
                    return None
            case "":
                pass
        return Award(Outcome(outcome), Side(side), days, fen)
