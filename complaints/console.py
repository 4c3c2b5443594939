"""The console's page of one complaint."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from accounts.access import account_of, door
from accounts.policies import STAFF
from accounts.states import Role
from complaints import selectors, services
from complaints.forms import DecisionForm
from complaints.states import ComplaintState, Finding
from core import timeline
from core.console import page
from core.errors import DomainError
from drivers.selectors import open_holds


@require_http_methods(["GET", "POST"])
@door(*(STAFF - {Role.VETTING}))
def show(request: HttpRequest, code: str) -> HttpResponse:
    """What was said, what is held, and the decision."""
    complaint, account = selectors.complaint_by_code(code), account_of(request)
    form = DecisionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.decide_complaint(
                account=account,
                code=code,
                finding=Finding(form.cleaned_data["finding"]),
                reason=form.cleaned_data["reason"],
            )
            return redirect("complaints_console:complaint", code)
        except DomainError as error:
            messages.error(request, error.detail)
    context = {
        "title": _("Complaint %(code)s") % {"code": code},
        "complaint": complaint,
        "due": selectors.due_at(complaint),
        "form": form,
        "may_decide": account.role in {Role.ADJUDICATOR, Role.SUPERVISOR}
        and complaint.state == ComplaintState.OPEN,
        "holds": open_holds(complaint.accused.account.code) if complaint.accused else [],
        "lines": [
            (line, timeline.sentence(line)) for line in reversed(timeline.of(trip=complaint.trip.code))
        ],
    }
    return page(request, "console/complaint.html", context, status=400 if form.errors else 200)


app_name = "complaints_console"
urlpatterns = [path("admin/complaints-desk/<str:code>/", show, name="complaint")]
