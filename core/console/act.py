"""The one door through which everything is done with a row of the console."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.access import account_of, door
from core.actions import Desk, Refusal
from core.errors import DomainError, NotFound, explain, wants_json
from core.permissions import require


def view(desk: Desk[Any]) -> Any:
    """The view of a desk's actions: its route gives `code` and `action`.

    An unknown action or row is 404, and whoever may not do it at all sees nothing of the row. Any other refusal leaves
    the page as it is: what was typed stays, the sentence says why, and the status says that nothing was done.
    """

    @require_POST
    @door("console.open")
    def act(request: HttpRequest, code: str, action: str) -> HttpResponse:
        person, chosen = account_of(request), desk.action(action)
        require(person, chosen.permission)
        row = desk.find(code, person)
        form = desk.form(chosen, row, person, request.POST, request.FILES)
        try:
            answer = desk.perform(chosen, row, person, form)
        except NotFound:
            raise
        except DomainError as error:
            if wants_json(request):
                raise
            explain(form, error)
            row = desk.find(code, person)
            if not chosen.offered(
                row, person
            ):  # its form is gone from the page, or stands at a place of its own
                messages.error(request, error.detail)
            shown = desk.show(request, row, Refusal(desk.code(row), chosen.key, form, error))
            shown.status_code = error.status
            return shown
        if isinstance(answer, HttpResponse):
            return answer
        if answer:
            messages.success(request, str(answer))
        return redirect(desk.back(row))

    return act
