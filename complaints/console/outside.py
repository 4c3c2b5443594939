"""Who calls, what came from outside, guides, macros, and what danger words would do (C2, C11)."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from complaints import macros, selectors, services, words
from complaints.actions import MESSAGES
from complaints.forms import DangerWordsForm
from complaints.limits import limits_of
from complaints.models import OutsideMessage
from complaints.states import LEVEL_OF, SMS, Category, Level, MacroUse
from core import danger, policy
from core.access import account_of, permission_required
from core.actions import Refusal, choice
from core.console import page
from core.errors import DomainError, NotFound, explain
from core.permissions import may
from core.privacy import mask_name, mask_phone


class TextsForm(forms.Form):
    """A text in both languages: a macro or a guide."""

    code = forms.CharField(max_length=20, required=False, widget=forms.HiddenInput)
    title_zh = forms.CharField(label=gettext_lazy("title (Chinese)"), max_length=60)
    title_en = forms.CharField(label=gettext_lazy("title (English)"), max_length=60)
    body_zh = forms.CharField(
        label=gettext_lazy("text (Chinese)"), max_length=8000, widget=forms.Textarea(attrs={"rows": 4})
    )
    body_en = forms.CharField(
        label=gettext_lazy("text (English)"), max_length=8000, widget=forms.Textarea(attrs={"rows": 4})
    )
    category = forms.ChoiceField(
        label=gettext_lazy("category"), choices=[("", gettext_lazy("all")), *Category.choices], required=False
    )


class MacroForm(TextsForm):
    """An answer or a step on an incident, and whether it is offered."""

    field_order = (
        "code", "use", "title_zh", "title_en", "body_zh", "body_en", "note_zh", "note_en", "again_minutes", "category",
    )  # fmt: skip

    use = choice(pgettext_lazy("macro", "used for"), MacroUse.choices)
    note_zh = forms.CharField(
        label=pgettext_lazy("macro", "note (Chinese)"),
        max_length=400,
        required=False,
        help_text=gettext_lazy("Of a step alone: it stands in the timeline of the incident."),
    )
    note_en = forms.CharField(label=pgettext_lazy("macro", "note (English)"), max_length=400, required=False)
    again_minutes = forms.IntegerField(
        label=pgettext_lazy("macro", "look again after, in minutes"),
        min_value=1,
        max_value=services.library.LONGEST_WAIT,
        required=False,
        help_text=gettext_lazy(
            "Of a step alone: after that time the incident rings until somebody has looked."
        ),
    )
    retired = choice(
        gettext_lazy("Is it in use?"),
        [("0", gettext_lazy("in use")), ("1", gettext_lazy("retired"))],
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["retired"].initial = "0"  # whoever writes one wants it offered
        for name in ("body_zh", "body_en"):
            self.fields[name].required = False  # a step may write to nobody; the service asks for an answer's


@require_GET
@permission_required("complaints.work")
def ringing(request: HttpRequest) -> HttpResponse:
    """The call that was just put through to me; nothing where none was."""
    call = selectors.ringing(account_of(request))
    return render(
        request, "console/_ringing.html", {"call": call, "number": mask_phone(call.number) if call else ""}
    )


@require_GET
@permission_required("complaints.work")
def caller(request: HttpRequest, pk: int) -> HttpResponse:
    """The history that opens with a call; opening it is in the journal."""
    call = services.see_call(account=account_of(request), pk=pk)
    found = selectors.caller_of(call)
    context = {
        "title": _("Who calls"),
        "caller": found,
        "number": mask_phone(call.number),
        "name": mask_name(found.account.real_name) if found.account else "",
    }
    people = [found.account.code] if found.account else []
    return page(request, "console/caller.html", context, listed=people)


@require_GET
@permission_required("complaints.work")
def inbox(request: HttpRequest) -> HttpResponse:
    """Messages from outside that wait for somebody to say what they are."""
    return _inbox(request, None)


def _inbox(request: HttpRequest, refusal: Refusal | None) -> HttpResponse:
    account = account_of(request)
    rows = selectors.waiting_messages()
    context = {
        "title": _("Messages from outside"),
        "messages_in": [
            (
                row,
                mask_phone(row.sender) if row.channel == SMS else "",
                MESSAGES.offers(row, account, refusal),
            )
            for row in rows
        ],
        "more": selectors.more_waiting(len(rows)),
    }
    return page(request, "console/outside.html", context, listed=[row.code for row in rows])


@MESSAGES.shown_by
def _shown(request: HttpRequest, _message: OutsideMessage, refusal: Refusal | None) -> HttpResponse:
    return _inbox(request, refusal)


def _texts(request: HttpRequest, keep: Any, kind: type[TextsForm] = TextsForm) -> tuple[TextsForm, bool]:
    """The form of a text, and whether it was kept."""
    form = kind(request.POST if request.method == "POST" else None)
    if form.is_valid():
        given = form.cleaned_data
        try:
            keep(given)
            return form, True
        except DomainError as error:
            explain(form, error)
    return form, False


@require_http_methods(["GET", "POST"])
@permission_required("complaints.work")
def guides(request: HttpRequest) -> HttpResponse:
    """The knowledge base: searched by everybody, written by supervisors and adjudicators."""
    account = account_of(request)
    form, kept = _texts(
        request,
        lambda given: services.write_article(
            account=account, code=given["code"], texts=given, category=given["category"]
        ),
    )
    if kept:
        return redirect("complaints_console:guides")
    text = request.GET.get("text", "")[:60]
    if (code := request.GET.get("code", "")) and not form.is_bound:
        first = selectors.article_versions(code)[0]
        fields = ("code", "title_zh", "title_en", "body_zh", "body_en", "category")
        form = TextsForm(initial={name: getattr(first, name) for name in fields})
    context = {
        "title": _("Guides"),
        "guides": selectors.articles(text),
        "text": text,
        "form": form,
        "may_write": may(account, "guides.write"),
        "versions": selectors.article_versions(code) if code else [],
    }
    return page(request, "console/guides.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("complaints.work")
def macro_list(request: HttpRequest) -> HttpResponse:
    """Answers that are used often: read by everybody, written by supervisors and adjudicators."""
    account = account_of(request)
    form, kept = _texts(
        request,
        lambda given: services.save_macro(
            account=account,
            code=given["code"],
            texts=given,
            category=given["category"],
            retired=given["retired"] == "1",
            use=given["use"],
            again=given["again_minutes"],
        ),
        MacroForm,
    )
    if kept:
        return redirect("complaints_console:macros")
    rows = selectors.all_macros()
    if (code := request.GET.get("code", "")) and not form.is_bound:
        row = next((each for each in rows if each.code == code), None)
        if row is None:
            raise NotFound
        fields = {"code", "use", "title_zh", "title_en", "body_zh", "body_en", "note_zh", "note_en"}
        initial = {name: getattr(row, name) for name in fields | {"again_minutes", "category"}}
        form = MacroForm(initial=initial | {"retired": "1" if row.retired else "0"})
    context = {
        "title": _("Macros"),
        "macros": rows,
        "form": form,
        "editing": code,
        "placeholders": [
            (f"{{{name}}}", what, name in macros.OF_STEPS) for name, what in macros.PLACEHOLDERS.items()
        ],
        "may_write": may(account, "guides.write"),
    }
    return page(request, "console/macros.html", context, status=400 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@permission_required("danger_words.try")
def danger_words(request: HttpRequest) -> HttpResponse:
    """What would this text do? Nothing is kept of it."""
    form, found = DangerWordsForm(request.POST if request.method == "POST" else None), None
    if form.is_valid():
        category, text = Category(form.cleaned_data["category"]), form.cleaned_data["words"]
        level = words.level_of(category, text)
        read = danger.read(text)
        found = {
            "level": level,
            "by_category": LEVEL_OF[category],
            "read": read,
            "facts": read.facts(),
            "limits": limits_of(level, interlock=level == Level.SEVERE),
            "searched": words.query(text).count("&") + 1 if words.query(text) else 0,
        }
    rule, sure = policy.in_force(danger.DANGER_WORDS), policy.in_force(danger.SURENESS)
    context = {
        "title": _("Danger words"),
        "form": form,
        "found": found,
        "rule": rule,
        "lists": [(danger.LABELS[level], listed) for level, listed in rule.value.items()],
        "sure": sure,
        "sureness": [(danger.LABELS[level], f"{least:.0%}") for level, least in sure.value.items()],
    }
    return page(request, "console/danger_words.html", context, status=400 if form.errors else 200)
