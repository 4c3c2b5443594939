"""Where staff and drivers report a danger in confidence, and the page of a report (G9).

Outside of the console, because there everybody sees who is on which page.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.selectors import people_who_may
from core import clock
from core.access import account_of, permission_required, unnamed
from core.errors import DomainError, Forbidden, explain
from core.limits import asker_of
from core.permissions import may
from governance import concerns
from governance.forms import MoreForm, SpeakUpForm
from governance.policies import CONCERNS_ANSWER


@unnamed
@require_http_methods(["GET", "POST"])
@permission_required()
def speak_up(request: HttpRequest) -> HttpResponse:
    """One of the staff, or a driver, reports a danger in confidence."""
    person = account_of(request)
    if not concerns.may_speak_up(person):
        raise Forbidden
    # Drivers know nobody of the staff, and are told of nobody.
    staff = people_who_may(CONCERNS_ANSWER) if may(person, "console.open") else []
    readers = [(each.code, f"{each.get_role_display()} · {each.code}") for each in staff]
    form = SpeakUpForm(request.POST or None, readers=readers)
    status = 200
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            row = concerns.report(
                account=person,
                words=given["words"],
                about=given["about"],
                asks_back=given["asks_back"] == "yes",
                barred=given.get("barred", []),
                submission=given["submission"],
                asker=asker_of(request),
            )
            return redirect("governance:spoken", row.secret)
        except DomainError as error:
            explain(form, error)
            status = error.status
    elif request.method == "POST":
        status = 400
    return render(request, "governance/speak_up.html", {"form": form}, status=status)


@unnamed
@require_http_methods(["GET", "POST"])
def spoken(request: HttpRequest, secret: str) -> HttpResponse:
    """The page of a report, for whoever has its link: no session is asked for, and nothing says who opens it."""
    row = concerns.by_secret(secret)
    form = MoreForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            concerns.write_more(secret=secret, words=form.cleaned_data["words"])
            return redirect("governance:spoken", secret)
        except DomainError as error:
            explain(form, error)
            status = error.status
    elif request.method == "POST":
        status = 400
    context = {
        "row": row,
        "lines": row.lines.order_by("at", "pk"),
        "due": concerns.due_of(row),
        "now": clock.now(),
        "openings": concerns.openings_of(row),
        "form": form,
    }
    return render(request, "governance/spoken.html", context, status=status)
