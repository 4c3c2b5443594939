"""The one door through which everything is done with a row of the console."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.access import account_of, door
from core.actions import Desk, Refusal
from core.errors import DomainError, NotFound, explain, wants_json


def view(desk: Desk[Any]) -> Any:
    """The view of a desk's actions: its route gives `code` and `action`.

    An unknown action or row is 404. A refusal leaves the page as it is: what was typed stays, the sentence says why,
    and the status says that nothing was done.
    """

    @require_POST
    @door("console.open")
    def act(request: HttpRequest, code: str, action: str) -> HttpResponse:
        person, chosen = account_of(request), desk.action(action)
        row = desk.find(code, person)
        form = chosen.form(request.POST, request.FILES, row=row, person=person, auto_id=f"{chosen.key}-%s")
        try:
            answer = desk.perform(chosen, row, person, form)
        except NotFound:
            raise
        except DomainError as error:
            if wants_json(request):
                raise
            explain(form, error)
            shown = desk.show(request, desk.find(code, person), Refusal(chosen.key, form, error))
            shown.status_code = error.status
            return shown
        if isinstance(answer, HttpResponse):
            return answer
        if answer:
            messages.success(request, str(answer))
        return redirect(desk.back(row))

    return act
