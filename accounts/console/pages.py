"""People in the console: one of them, masked, a field at a time in the clear (A5), and who looked without a case (A8)."""

from datetime import date, datetime, time, timedelta

from django import forms
from django.contrib import messages
from django.db.models import Exists, Max, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_GET, require_http_methods

from accounts import enrolment, guardians, looks, services, staffing
from accounts.actions import GUARDIANS, LOOKS, MOTIONS, STAFF
from accounts.errors import NotRevealable
from accounts.models import Account, Authenticator, Guardianship, Look
from accounts.selectors import guardianship, person_by_code, sessions_of
from accounts.states import PersonalField
from core import clock, motions, typed
from core.access import account_of, permission_required
from core.actions import Refusal
from core.console import act, page
from core.console.motions import shown
from core.console.person import parts_of
from core.errors import DomainError, NotFound, explain
from core.privacy import mask_id_number, mask_name, mask_phone
from core.typed.fields import CODE, NAME, PHONE, Typed

SHOWN_SECONDS, LOOKS_SHOWN = 60, 200


class RevealForm(forms.Form):
    field = forms.ChoiceField(label=gettext_lazy("Field"), choices=PersonalField.choices)
    case = Typed(CODE, label=gettext_lazy("Case"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=looks.REASON_LENGTH,
        required=False,
        help_text=gettext_lazy(
            "A sentence, where you have no open case about this person. A supervisor reads it."
        ),
    )


@require_http_methods(["GET", "POST"])
@permission_required("people.reveal")
def person(request: HttpRequest, code: str) -> HttpResponse:
    """Masked fields; a revealed one is shown for a minute and kept nowhere."""
    found = person_by_code(code)
    if found is None:
        raise NotFound
    if request.method == "GET":
        looks.record_person_read(account=account_of(request), person=found)
    form = RevealForm(request.POST or None, initial={"case": request.GET.get("case", "")})
    shown, value, status = "", "", 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        shown = PersonalField(given["field"])
        try:
            value = looks.reveal(
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
        "refused": None if looks.is_revealable(found) else NotRevealable.sentence,
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
    return page(
        request, "console/sessions.html", context, status=400 if form.errors else 200, listed=[found.code]
    )


class NewcomerForm(forms.Form):
    name = Typed(NAME, label=gettext_lazy("Name, as on the ID card"), max_length=40)
    phone = Typed(PHONE, label=gettext_lazy("Mobile phone; it gets sign-in codes"))
    role = forms.ChoiceField(
        label=gettext_lazy("Role"),
        choices=[("", "—"), *((role.value, role.label) for role in staffing.ROLES)],
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


@require_http_methods(["GET", "POST"])
@permission_required("staff.appoint")
def staff(request: HttpRequest) -> HttpResponse:
    """All staff and officers, what waits for a second person, and somebody new."""
    form = NewcomerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            newcomer = staffing.Newcomer(**form.cleaned_data)
            motions.propose(account=account_of(request), kind=staffing.NEWCOMER, given=newcomer)
            messages.success(request, _("Proposed. Somebody else has to agree."))
            return redirect("accounts_console:staff")
        except DomainError as error:
            explain(form, error)
            return _staff(request, form, None, status=error.status)
    return _staff(request, form, None, status=400 if form.errors else 200)


@MOTIONS.shown_by
def _motions(request: HttpRequest, _row: object, refusal: Refusal | None) -> HttpResponse:
    return _staff(request, NewcomerForm(), refusal)


def _staff(
    request: HttpRequest, form: forms.Form, refusal: Refusal | None, *, status: int = 200
) -> HttpResponse:
    rows = staffing.staff().annotate(
        to_set_up=~Exists(Authenticator.objects.filter(user=OuterRef("pk"), confirmed=True)),
        seen_at=Max("sessions__used_at"),
    )
    context = {
        "title": pgettext("staff", "Staff"),
        "rows": [(row, mask_name(row.real_name), mask_phone(row.phone)) for row in rows],
        "motions": shown(MOTIONS, staffing.KINDS, account_of(request), refusal),
        "form": form,
    }
    return page(request, "console/staff.html", context, status=status, listed=[row.code for row in rows])


@require_GET
@permission_required("staff.appoint")
def member(request: HttpRequest, code: str) -> HttpResponse:
    """One of the staff: their role, and what may be done about it."""
    return _member(request, staffing.staff_by_code(code), None)


@STAFF.shown_by
def _member(request: HttpRequest, found: Account, refusal: Refusal | None) -> HttpResponse:
    person = account_of(request)
    context = {
        "title": _("Staff: %(code)s") % {"code": found.code},
        "person": found,
        "name": mask_name(found.real_name),
        "phone": mask_phone(found.phone),
        "to_set_up": enrolment.is_to_set_up(found),
        "offers": STAFF.offers(found, person, refusal),
        "motions": shown(MOTIONS, staffing.KINDS, person, refusal, subject=found.code),
    }
    return page(request, "console/staff_member.html", context, listed=[found.code])


# --- Guardians of who is not of age ---


@require_GET
@permission_required(guardians.MAY_END)
def guardian(request: HttpRequest, number: int) -> HttpResponse:
    """Who stands for whom, since when, and what may be done about it (A9)."""
    found = guardianship(number)
    if found is None:
        raise NotFound
    return _guardian(request, found, None)


@GUARDIANS.shown_by
def _guardian(request: HttpRequest, found: Guardianship, refusal: Refusal | None) -> HttpResponse:
    people = [each for each in (found.teen, found.guardian) if each]
    context = {
        "title": _("Guardian of %(code)s") % {"code": found.teen.code},
        "row": found,
        "offers": GUARDIANS.offers(found, account_of(request), refusal),
    }
    return page(request, "console/guardian.html", context, listed=[each.code for each in people])


# --- Looks without a case ---

_FIRST, _LAST = date(2000, 1, 1), date(2999, 12, 31)


def _day(written: str) -> date:
    """The day that an address names; today where it names none."""
    day = typed.day.guess(written) or timezone.localdate(clock.now())
    return min(max(day, _FIRST), _LAST)


@require_GET
@permission_required(looks.MAY_ANSWER)
def looked(request: HttpRequest) -> HttpResponse:
    """What waits for an answer, what was answered of one day, and who looked how often today."""
    return _looks_page(request, None)


@LOOKS.shown_by
def _look_shown(request: HttpRequest, _row: Look, refusal: Refusal | None) -> HttpResponse:
    return _looks_page(request, refusal)


def _looks_page(request: HttpRequest, refusal: Refusal | None) -> HttpResponse:
    account, at = account_of(request), clock.now()
    day = _day(request.GET.get("day", ""))
    begins = timezone.make_aware(datetime.combine(day, time()))
    waiting = looks.unanswered()
    usual = looks.looks_since(looks.day_of(at))
    context = {
        "title": _("Looks without a case"),
        "waiting": [(row, LOOKS.offers(row, account, refusal)) for row in waiting[:LOOKS_SHOWN]],
        "more": max(0, waiting.count() - LOOKS_SHOWN),
        "day": day,
        "before": day - timedelta(days=1),
        "after": day + timedelta(days=1),
        "answered": looks.answered_on(begins),
        "today": sorted(usual.items(), key=lambda each: (-each[1].all, each[0])),
        "unusual": looks.unusual(at),
    }
    return page(request, "console/looks.html", context)


app_name = "accounts_console"
urlpatterns = [
    path("admin/staff/", staff, name="staff"),
    path("admin/staff/motions/<code:code>/do/<word:action>/", act.view(MOTIONS), name="motion_act"),
    path("admin/staff/<person:code>/", member, name="member"),
    path("admin/staff/<person:code>/do/<word:action>/", act.view(STAFF), name="staff_act"),
    path("admin/looks/", looked, name="looks"),
    path("admin/looks/<row:code>/<word:action>/", act.view(LOOKS, looks.MAY_ANSWER), name="look_act"),
    path("admin/people/<person:code>/", person, name="person"),
    path("admin/guardians/<number:number>/", guardian, name="guardian"),
    path("admin/guardians/<row:code>/do/<word:action>/", act.view(GUARDIANS), name="guardian_act"),
    path("admin/people/<person:code>/sessions/", sessions, name="sessions"),
]
