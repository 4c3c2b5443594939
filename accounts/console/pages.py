"""One person in the console: masked, and a field at a time revealed with a reason (A5)."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts import services
from accounts.models import Account
from accounts.selectors import account_by_code, sessions_of
from accounts.states import PersonalField
from core import clock
from core.access import account_of, permission_required
from core.console import page
from core.console.person import parts_of
from core.errors import DomainError, NotFound, explain
from core.privacy import mask_id_number, mask_name, mask_phone
from core.typed.fields import CODE, Typed

SHOWN_SECONDS = 60


class RevealForm(forms.Form):
    field = forms.ChoiceField(label=gettext_lazy("Field"), choices=PersonalField.choices)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=400)
    case = Typed(CODE, label=gettext_lazy("Case"), required=False)


@require_http_methods(["GET", "POST"])
@permission_required("people.reveal")
def person(request: HttpRequest, code: str) -> HttpResponse:
    """Masked fields; a revealed one is shown for a minute and kept nowhere."""
    found = account_by_code(code)
    if found is None:
        raise NotFound
    form = RevealForm(request.POST or None, initial={"case": request.GET.get("case", "")})
    shown, value, status = "", "", 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        shown = PersonalField(given["field"])
        try:
            value = services.reveal(
                account=account_of(request),
                code=code,
                field=shown,
                reason=given["reason"],
                case=given["case"],
            )
        except NotFound:
            raise
        except DomainError as error:
            shown, status = "", error.status
            explain(form, error)
    elif request.method == "POST":
        status = 400
    rows = [
        (PersonalField.REAL_NAME, mask_name(found.real_name)),
        (PersonalField.PHONE, mask_phone(found.phone)),
        (PersonalField.ID_NUMBER, mask_id_number(found.id_number)),
    ]
    context = {
        "title": _("Person %(code)s") % {"code": code},
        "person": found,
        "rows": [
            (field.label, value if field == shown else masked, field == shown) for field, masked in rows
        ],
        "seconds": SHOWN_SECONDS,
        "form": form,
        "parts": parts_of(found),
    }
    answer = page(request, "console/person.html", context, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


class EndForm(forms.Form):
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=400)


@require_http_methods(["GET", "POST"])
@permission_required("sessions.end")
def sessions(request: HttpRequest, code: str) -> HttpResponse:
    """Where somebody is signed in; all of it ends with a reason, and they are told."""
    found = Account.objects.filter(code=code).first()
    if found is None:
        raise NotFound
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.end_sessions_of(account=account_of(request), code=code, reason=form.cleaned_data["reason"])
        messages.success(request, _("Signed out on all devices."))
        return redirect("accounts_console:sessions", code)
    context = {
        "title": _("Sessions of %(code)s") % {"code": code},
        "person": found,
        "sessions": sessions_of(found, clock.now()),
        "form": form,
    }
    return page(request, "console/sessions.html", context, status=400 if form.errors else 200)


app_name = "accounts_console"
urlpatterns = [
    path("admin/people/<person:code>/", person, name="person"),
    path("admin/people/<person:code>/sessions/", sessions, name="sessions"),
]
