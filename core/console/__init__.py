"""What console pages of all apps share: one frame."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from core import lists


def page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    status: int = 200,
    listed: Iterable[Any] | None = None,
) -> HttpResponse:
    """A page inside the console's frame, with its navigation.

    `listed` are the codes of what it shows of people, where it is a list: that it was opened is in the journal.
    """
    if listed is not None:
        lists.note(request, template.rpartition("/")[2].removesuffix(".html"), listed)
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), **context}, status=status
    ).render()
