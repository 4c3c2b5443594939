import unicodedata
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core import idempotency, policy
from core.policy import editor
from core.typed.fields import REAL_NAME, TOKEN, Day, Moment, Typed
from governance.comments import LONGEST as LONGEST_COMMENT
from governance.concerns import LONGEST_ABOUT, LONGEST_WORDS
from governance.consultations import LEAST_OPEN, LONGEST_OPEN
from governance.measures import measures
from governance.models import Consultation
from governance.rules import LONGEST_REASON
from governance.states import Mode
from governance.transparency.reports import LONGEST_CHANGE
from governance.waivers import MOST_DAYS
from rides.states import Line


class WaiverForm(forms.Form):
    """Which measure is let be, why and how long. Those on which lives depend are not among them."""

    measure = forms.ChoiceField(label=pgettext_lazy("waiver", "Measure"))
    days = forms.IntegerField(label=pgettext_lazy("waiver", "Days"), min_value=1, max_value=MOST_DAYS)
    reason = forms.CharField(
        label=pgettext_lazy("waiver", "Reason; everybody reads it"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        field = self.fields["measure"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [
            ("", "—"),
            *((row.id, f"{row.id} {row.title}"[:80]) for row in measures() if not row.saves_lives),
        ]


class ReportForm(forms.Form):
    """Of which days a transparency report is counted, and what a correction corrects."""

    begins = Day(label=pgettext_lazy("report", "First day"))
    ends = Day(label=pgettext_lazy("report", "Last day"))
    change = forms.CharField(
        label=pgettext_lazy("report", "What changed; everybody reads it"),
        help_text=_("Only where these days are published already and this corrects them."),
        max_length=LONGEST_CHANGE,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


_TYPES = {"number": {"inputmode": "decimal"}, "day": {"type": "date"}, "time": {"type": "time"}}
LONGEST_TEXT = 200_000  # all danger words are less than a tenth of it


class RuleForm(forms.Form):
    """A version of one rule: a field for each part of its value, from when on, and why.

    `rule` and its value `shown`, in JSON; after `is_valid()` what was filled in is `cleaned_data["value"]`, in JSON as well.
    """

    mode = forms.ChoiceField(label=pgettext_lazy("rule change", "How"), widget=forms.RadioSelect)
    effective_from = Moment(
        label=pgettext_lazy("rule change", "From when on"),
        required=False,
        help_text=_(
            "Only where two people change it from a time on. The second one agrees so early that those whom it meets hear of"
            " it. What was decided before is not judged by it."
        ),
    )
    reason = forms.CharField(
        label=pgettext_lazy("rule change", "Why"),
        max_length=LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(
        self, *typed: Any, rule: policy.Policy[Any], shown: Any, modes: list[Mode], **options: Any
    ) -> None:
        super().__init__(*typed, **options)
        self.rule, self.shown = rule, shown
        self.leaves = editor.leaves(rule.kind, shown)
        for number, leaf in enumerate(self.leaves):
            self.fields[f"v{number}"] = _field(leaf, rule)
        self.order_fields(
            [*(f"v{number}" for number in range(len(self.leaves))), "mode", "effective_from", "reason"]
        )
        field = self.fields["mode"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [(mode.value, mode.label) for mode in modes]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        names = {leaf.where: f"v{number}" for number, leaf in enumerate(self.leaves)}
        typed_in = {where: given.get(name, "") for where, name in names.items()}
        value, faults = editor.gather(self.rule.kind, self.shown, typed_in)
        if not faults:
            faults = self.rule.read(value)[1]
        for fault in faults:
            self.add_error(_at(names, fault.where), forms.ValidationError(str(fault.why), code=fault.code))
        later = given.get("mode") == Mode.LATER
        if later and not given.get("effective_from") and "effective_from" not in self.errors:
            self.add_error("effective_from", _now("From when on shall it hold?"))
        return given | {"value": value, "effective_from": given.get("effective_from") if later else None}


def _at(names: dict[str, str], where: str) -> str | None:
    """The field of a fault, or of the first part of what it is about; above the form where it is about the whole."""
    if where in names:
        return names[where]
    return next((name for place, name in names.items() if where and place.startswith(f"{where}.")), None)


def _field(leaf: editor.Leaf, rule: policy.Policy[Any]) -> forms.Field:
    label = " · ".join(leaf.labels) or str(rule.name)
    if leaf.unit:
        label = _now("%(name)s (%(unit)s)") % {"name": label, "unit": leaf.unit}
    shared: dict[str, Any] = {"label": label, "initial": leaf.shown, "required": False}
    if leaf.kind == "choice":
        return forms.ChoiceField(choices=leaf.choices, **shared)
    if leaf.kind == "several":
        return forms.MultipleChoiceField(choices=leaf.choices, widget=forms.CheckboxSelectMultiple, **shared)
    shared |= {"strip": False, "max_length": LONGEST_TEXT, "help_text": _help(leaf)}
    if leaf.kind in {"text", "words", "json"}:
        rows = min(16, max(3, str(leaf.shown).count("\n") + 1))
        return forms.CharField(widget=forms.Textarea(attrs={"rows": rows}), **shared)
    return forms.CharField(widget=forms.TextInput(attrs=_TYPES[leaf.kind]), **shared)


def _help(leaf: editor.Leaf) -> str:
    said = [leaf.of.bounds()]
    if leaf.kind == "words":
        said.append(_now("One on each line."))
    if leaf.empty:
        said.append(_now("Empty: none."))
    return " ".join(filter(None, said))


def authenticator() -> Typed:
    """Whoever signs a relaunch shows their authenticator now: a session that was left open signs nothing."""
    return Typed(
        TOKEN,
        label=_("Six digits of your authenticator"),
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


class SignForm(forms.Form):
    """The first signature of a relaunch."""

    token = authenticator()


def _line() -> forms.ChoiceField:
    return forms.ChoiceField(label=pgettext_lazy("opening", "line"), choices=[("", "—"), *Line.choices])


def _text(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))


class ExecutiveForm(forms.Form):
    """Who answers for a line; everybody reads it."""

    line = _line()
    name = Typed(REAL_NAME, max_length=60, label=pgettext_lazy("executive", "Name"))
    office = forms.CharField(label=pgettext_lazy("executive", "Office"), max_length=80)


class NightForm(forms.Form):
    """What was asked about hitch at night, found and decided; everybody reads it."""

    questions = _text(pgettext_lazy("reassessment", "Questions"))
    findings = _text(pgettext_lazy("reassessment", "Findings"))
    decision = _text(pgettext_lazy("reassessment", "Decision"))


class ReassessmentForm(NightForm):
    """What a line was asked, what was found and decided; everybody reads it."""

    line = _line()
    field_order = ("line",)


def _long(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=6000, widget=forms.Textarea(attrs={"rows": 6}))


class StatementForm(forms.Form):
    """That the way back from this build was rehearsed, with its record: nobody types a digest, the file is hashed here."""

    statement = forms.CharField(
        label=pgettext_lazy("field", "statement"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    file = forms.FileField(
        label=_("The record of the rehearsal"),
        help_text=_("Its SHA-256 is taken here and kept; the file stays in the company's archive."),
    )


# --- Speak up ------------------------------------------------------------------------------------------------


class SpeakUpForm(forms.Form):
    """A danger, reported in confidence. `readers` are the codes and offices of those who would read it; a driver is shown none."""

    words = forms.CharField(
        label=pgettext_lazy("concern", "What is dangerous?"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Do not write who you are: your words are read as they stand."),
    )
    about = forms.CharField(
        label=pgettext_lazy("concern", "What is it about?"),
        max_length=LONGEST_ABOUT,
        required=False,
        help_text=_(
            "The code of a case or trip, a place, a part of the platform. Whose case it is, or a colleague whose code you give, does not see your report."
        ),
    )
    asks_back = forms.ChoiceField(
        label=pgettext_lazy("concern", "May we ask you something?"),
        choices=[
            ("yes", pgettext_lazy("concern", "Yes: I look at the page of my report now and then")),
            ("no", pgettext_lazy("concern", "No: I only want to read the answer")),
        ],
        widget=forms.RadioSelect,
    )
    barred = forms.MultipleChoiceField(
        label=pgettext_lazy("concern", "Who must not learn of it?"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, readers: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial.setdefault("submission", idempotency.new_key())
        field = self.fields["barred"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - as declared above
        field.choices = readers
        if not readers:
            del self.fields["barred"]


class MoreForm(forms.Form):
    words = forms.CharField(
        label=pgettext_lazy("concern", "Write more"),
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


# --- What the public is asked ----------------------------------------------------------------------------------


class VoteForm(forms.Form):
    """One of the answers, none chosen beforehand."""

    choice = forms.ChoiceField(label=pgettext_lazy("vote", "Your choice"), widget=forms.RadioSelect)
    submission = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, *typed: Any, row: Consultation, **options: Any) -> None:
        super().__init__(*typed, **options)
        field = self.fields["choice"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        field.choices = [(option.key, str(option)) for option in row.options.all()]


class ReceiptForm(forms.Form):
    """A receipt, as it was handed out or typed from paper."""

    receipt = forms.CharField(
        label=pgettext_lazy("vote", "Receipt"),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )

    def clean_receipt(self) -> str:
        """Letters and figures alone, in groups of five, however they were typed."""
        found = unicodedata.normalize("NFKC", self.cleaned_data["receipt"]).upper()
        letters = "".join(each for each in found if each.isascii() and each.isalnum())
        return "-".join(letters[at : at + 5] for at in range(0, len(letters), 5))


def _sentence(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=200)


class QuestionForm(forms.Form):
    """A question to the public, in both languages; it opens when the second person agrees."""

    slug = forms.RegexField(
        r"^[a-z0-9]+(?:-[a-z0-9]+){0,5}$",
        label=pgettext_lazy("consultation", "address"),
        max_length=40,
        help_text=_("Small letters and figures; it stands in the address for good."),
    )
    title_zh = _sentence(pgettext_lazy("consultation", "question in Chinese"))
    title_en = _sentence(pgettext_lazy("consultation", "question in English"))
    background_zh = _long(pgettext_lazy("consultation", "background in Chinese"))
    background_en = _long(pgettext_lazy("consultation", "background in English"))
    options = forms.CharField(
        label=pgettext_lazy("consultation", "answers to choose"),
        max_length=3_000,
        help_text=_("Two to eight lines, each: a short name | in Chinese | in English"),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    days = forms.IntegerField(
        label=pgettext_lazy("consultation", "days open"),
        min_value=LEAST_OPEN.days,
        max_value=LONGEST_OPEN.days,
    )
    line = forms.ChoiceField(
        label=pgettext_lazy("consultation", "line"),
        required=False,
        choices=[("", "—"), *Line.choices],
        help_text=_("Where it asks whether a suspended line may return."),
    )
    city = forms.SlugField(
        label=pgettext_lazy("consultation", "city"),
        required=False,
        help_text=_("Empty: every city."),
    )


class AnswerForm(forms.Form):
    """What the company decided and why, in both languages. It is never changed or taken away."""

    slug = forms.ChoiceField(label=pgettext_lazy("consultation", "question"))
    decision_zh = _text(pgettext_lazy("consultation answer", "what was decided, in Chinese"))
    decision_en = _text(pgettext_lazy("consultation answer", "what was decided, in English"))
    why_zh = _text(pgettext_lazy("consultation answer", "why, in Chinese"))
    why_en = _text(pgettext_lazy("consultation answer", "why, in English"))
    rule = forms.CharField(
        label=pgettext_lazy("consultation answer", "version of a rule"),
        required=False,
        max_length=80,
        help_text=_("Of what came of it, as the page of all rules writes it: rides.curfew v2. Empty: none."),
    )

    def __init__(self, *typed: Any, **options: Any) -> None:
        super().__init__(*typed, **options)
        field = self.fields["slug"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - as declared above
        rows = Consultation.objects.filter(counted_at__isnull=False).order_by("-closes_at")
        field.choices = [("", "—"), *((row.slug, row.title) for row in rows)]


class CommentForm(forms.Form):
    """What somebody thinks of a public question."""

    words = forms.CharField(
        label=pgettext_lazy("comment", "What you think"),
        max_length=LONGEST_COMMENT,
        help_text=_(
            "No names, numbers or plates, please: who reads it does not know you, and everybody reads it."
        ),
        widget=forms.Textarea(attrs={"rows": 4}),
    )
