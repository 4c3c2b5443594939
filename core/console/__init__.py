"""What console pages of all apps share: one frame."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse


def page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page inside the console's frame, with its navigation."""
    return TemplateResponse(
        request, template, {**admin.site.each_context(request), **context}, status=status
    ).render()
