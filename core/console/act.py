"""The one door through which everything is done with a row of the console."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from core.access import account_of, permission_required
from core.actions import ActionSet, Refusal
from core.errors import DomainError, NotFound, explain, wants_json
from core.permissions import require


def _back(address: str, query: str) -> str:
    """Where one returns to, with what the address of the action carried, such as the filter of the list one came from."""
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query="&".join(each for each in (parts.query, query) if each)))


def view(actions: ActionSet[Any], *permissions: str) -> Any:
    """The view of the actions with a kind of row: its route gives `code` and `action`. `permissions` open it, else the console's own.

    An unknown action or row is 404, and whoever may not do it at all sees nothing of the row. Any other refusal leaves
    the page as it is: what was typed stays, the sentence says why, and the status says that nothing was done. That page
    has the action's address: whoever loads it anew, or comes by its link, stands before the row.
    """

    @require_http_methods(["GET", "HEAD", "POST"])
    @permission_required(*permissions or ("console.open",))
    def act(request: HttpRequest, code: str, action: str) -> HttpResponse:
        return answer(actions, request, account_of(request), code, action)

    return act


def answer(
    actions: ActionSet[Any], request: HttpRequest, person: Any, code: str, action: str
) -> HttpResponse:
    """What `view` answers, for a door that knows by other means than a session who acts."""
    chosen = actions.action(action)
    require(person, chosen.permission)
    row = actions.find(code, person)
    if request.method != "POST":
        return redirect(_back(actions.back(row), request.META.get("QUERY_STRING", "")))
    form = actions.form(chosen, row, person, request.POST, request.FILES)
    try:
        done = actions.perform(chosen, row, person, form)
    except NotFound:
        raise
    except DomainError as error:
        if wants_json(request):
            raise
        # Above the page, because the action itself may have gone from it meanwhile, and where it was typed.
        messages.error(request, error.detail)
        explain(form, error)
        row = actions.find(code, person)
        # Parts of a page ask for themselves anew: by the page's address, not by this one.
        request.path = request.path_info = urlsplit(actions.back(row)).path
        shown = actions.show(request, row, Refusal(chosen.key, form, error))
        shown.status_code = error.status
        return shown
    if isinstance(done, HttpResponse):
        return done
    if done:
        messages.success(request, str(done))
    return redirect(_back(actions.back(row), request.META.get("QUERY_STRING", "")))
