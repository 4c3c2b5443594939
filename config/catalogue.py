"""The console's page of everything the company says: read from the catalogue, with what became of it this week."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET

from core import clock
from core.access import permission_required
from core.console import page
from core.messages import outbox, transports
from core.messages.catalogue import Entry, entries
from core.models import WAYS

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Row:
    """One message as staff read it: both languages, its values, its ways, and the week's figures."""

    entry: Entry
    zh: str
    en: str
    channels: list[str | Promise]
    templates: list[tuple[str, list[str]]]
    week: outbox.Tally


def _rows() -> Iterator[Row]:
    names = dict(WAYS)
    figures = outbox.figures("message", clock.now() - WEEK)
    with_templates = [(way.name, way.templates()) for way in transports.of_channel("sms")]
    for entry in entries():
        with override("zh-hans"):
            zh = _shown(entry)
        with override("en"):
            en = _shown(entry)
        yield Row(
            entry,
            zh,
            en,
            [names[channel] for channel in entry.channels],
            [
                (name, sorted(codes.get(entry.code, {}).values()))
                for name, codes in with_templates
                if codes and "sms" in entry.channels
            ],
            figures.get(entry.code, outbox.Tally()),
        )


def _shown(entry: Entry) -> str:
    """The sentence in the language in force, with `{name}` for its values."""
    return re.sub(r"%\((\w+)\)s", r"{\1}", entry.text())


def _name_of(app: str) -> str | Promise:
    """What staff call an app; `config`, which is none, watches the platform itself."""
    return apps.get_app_config(app).verbose_name if apps.is_installed(app) else _("The platform")


def _group(app: str, rows: list[Row]) -> tuple[str | Promise, list[Row], outbox.Tally | None]:
    """One app's messages under its name, with the week's figures of them all where any was said."""
    week = sum((row.week for row in rows), outbox.Tally())
    return _name_of(app), rows, week if week != outbox.Tally() else None


@require_GET
@permission_required("console.open")
def index(request: HttpRequest) -> HttpResponse:
    """Everything that the company says outside of its pages, app by app."""
    grouped = groupby(_rows(), key=lambda row: row.entry.app)
    context = {
        "title": _("What we say"),
        "groups": [_group(app, list(rows)) for app, rows in grouped],
        "providers": [(name, [way.name for way in transports.of_channel(channel)]) for channel, name in WAYS],
    }
    return page(request, "console/messages.html", context)


app_name = "messages"
urlpatterns = [path("admin/messages/", index, name="index")]
