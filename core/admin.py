"""Journal, policies and messages in the console: read, never written here."""

from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.postgres.search import SearchVectorField
from django.core.paginator import Paginator
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, pgettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.paginator import InfinitePaginator

from core import actors, audit_selectors, formats, lists, policy, retention, timeline, typed
from core.journal import proofs
from core.journal import words as journal_words
from core.models import AuditEntry, FailedWork, LedgerTransfer, Notification, Payout, PolicyVersion
from core.permissions import Role
from core.privacy import EncryptedTextField

ONE_DAY = timedelta(days=1)


def _said_by(field: "models.CharField[Any, Any]") -> Callable[[models.Model], str]:
    """The column of who acted, by the name that the reader knows them by."""

    @admin.display(description=field.verbose_name, ordering=field.name)
    def said(row: models.Model) -> str:
        return actors.name_of(getattr(row, field.name))

    return said


def _moment_of(field: "models.DateTimeField[Any, Any]") -> Callable[[models.Model], str]:
    """The column of a time as every other page says it, to the second: what came first is read from it."""

    @admin.display(description=field.verbose_name, ordering=field.name)
    def said(row: models.Model) -> str:
        return formats.moment(getattr(row, field.name), "full") or "–"

    return said


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no stubs
    """A list and a page to read. State changes through services that ask for a reason; encrypted fields stay hidden."""

    list_per_page = 50
    show_full_result_count = False
    paginator = Paginator
    # Columns whose value is a code that its field cannot tell: their name, and the method that says it.
    in_words: dict[str, str] = {}

    def __init__(self, model: type[models.Model], admin_site: admin.AdminSite) -> None:
        super().__init__(model, admin_site)
        said = {
            field.name: _moment_of(field)
            for field in model._meta.fields
            if isinstance(field, models.DateTimeField)
        } | {
            field.name: _said_by(field)
            for field in model._meta.fields
            if isinstance(field, models.CharField) and (field.name == "actor" or field.name.endswith("_by"))
        }
        self.worded = {name: f"{name}_said" for name in said} | self.in_words
        for name, shown in said.items():
            setattr(self, f"{name}_said", shown)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def get_fields(self, request: HttpRequest | None, obj: models.Model | None = None) -> list[str]:
        """Every column but encrypted ones, indexes and digests, each in words where `in_words` says so."""
        hidden = ("_index", "_digest", "password")
        sealed = (EncryptedTextField, SearchVectorField)
        fields = [field for field in self.model._meta.fields if not isinstance(field, sealed)]
        names = [field.name for field in fields if field.name != "id" and not field.name.endswith(hidden)]
        return [self.worded.get(name, name) for name in names]

    def get_list_display(self, request: HttpRequest) -> list[str]:
        return [self.worded.get(name, name) for name in self.list_display]

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """By its address a list is asked for what its pages show and nothing else: whether a row is left tells how a value
        begins, and asked again and again the rest of it."""
        name = lookup.partition(LOOKUP_SEP)[0]
        return name in self._shown(request) and bool(super().lookup_allowed(lookup, value, request))

    def _shown(self, request: HttpRequest | None) -> set[str]:
        """The columns that its pages show and its filters offer, by their own names."""
        columns = {shown: name for name, shown in self.worded.items()}
        offered = [each if isinstance(each, str) else each[0] for each in self.list_filter]
        shown = [*self.list_display, *self.get_fields(request), *offered]
        return {columns.get(name, name) for name in shown}

    def get_search_results(
        self, request: HttpRequest, queryset: "models.QuerySet[Any]", search_term: str
    ) -> "tuple[models.QuerySet[Any], bool]":
        """Also what a code or a plate written in another way means."""
        found, doubled = super().get_search_results(request, queryset, search_term)
        meant = {typed.code.read(search_term), typed.plate.shown(search_term)} - {search_term, ""}
        for term in sorted(meant) if search_term.strip() else []:
            more, also = super().get_search_results(request, queryset, term)
            found, doubled = found | more, doubled or also
        return found, doubled

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; that it was read, what for and of whom, is in the journal where its table holds people."""
        answer = super().changelist_view(request, extra_context)
        shown = getattr(answer, "context_data", None) or {}
        rule = retention.rules().get(self.model._meta.label)
        if "cl" in shown and (rule is None or rule.data is not None):
            rows = shown["cl"].result_list
            lists.note(request, self.model._meta.label_lower, [getattr(row, "code", row.pk) for row in rows])
        return answer  # type: ignore[no-any-return]  # unfold has no stubs

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {}


class RoleFilter(admin.ChoicesFieldListFilter):
    """Roles as the platform knows them: what the lines say is not asked for, which would read all of them."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        asked: str | list[str] = self.lookup_val or []
        for value, name in ((None, pgettext("roles", "All")), *Role.choices, *actors.NoPerson.choices):
            chosen = {} if value is None else {self.lookup_kwarg: value}
            query = changelist.get_query_string(chosen, [] if chosen else [self.lookup_kwarg])
            yield {
                "selected": str(value) in asked if value else not asked,
                "query_string": query,
                "display": name,
            }


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin):
    """The journal for auditors: found by person, case, who acted, what was done and day; each look is a line itself."""

    list_display = ["at", "actor", "role", "action", "subject", "case"]
    list_filter = [("role", RoleFilter)]
    in_words = {"role": "part", "action": "done"}
    search_fields = ["subject__exact"]  # and what `get_search_results` says
    search_help_text = _(
        "Codes of a person, a case or whoever acted, an action, a day, a month or a year (2026-05-01, 2026-05). All that is"
        " typed has to be true of a line. Or an action alone, in the words of the list."
    )
    ordering = ["-id"]
    paginator = InfinitePaginator

    def get_search_results(
        self, request: HttpRequest, queryset: "models.QuerySet[Any]", search_term: str
    ) -> "tuple[models.QuerySet[Any], bool]":
        """An action in the words of the list; else each word is a day, or days, or stands as it is in an indexed column."""
        if named := journal_words.called(search_term):
            return queryset.filter(action__in=named), False
        for word in search_term.split():
            days = typed.day.guess_span(word)
            if days is not None:
                begins, ends = (
                    timezone.make_aware(datetime.combine(day, time.min))
                    for day in (days[0], days[1] + ONE_DAY)
                )
                queryset = queryset.filter(at__gte=begins, at__lt=ends)
                continue
            meant = {word, typed.code.read(word)} - {""}
            columns = ("subject", "case", "actor", "action")
            queryset = queryset.filter(
                models.Q(*((f"{name}__in", meant) for name in columns), _connector=models.Q.OR)
            )
        return queryset, False

    def get_fields(self, request: HttpRequest | None, obj: models.Model | None = None) -> list[str]:
        """The seal would say to whoever reads it what a digest hides."""
        shown = [name for name in super().get_fields(request, obj) if name != "seal"]
        code = shown.index("done") + 1  # by it lines are found from outside, and checked
        return [*shown[:code], "action", *shown[code:], "place", "whole"]

    def get_readonly_fields(self, request: HttpRequest, obj: models.Model | None = None) -> list[str]:
        return self.get_fields(request, obj)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """One line; that it was read is a line."""
        answer = super().change_view(request, object_id, form_url, extra_context)
        if answer.status_code == 200:
            lists.note(request, "core.auditentry.line", [object_id])
        return answer  # type: ignore[no-any-return]  # unfold has no stubs

    @admin.display(description=pgettext_lazy("field", "role"), ordering="role")
    def part(self, entry: AuditEntry) -> str:
        return timeline.word("role", entry.role)

    @admin.display(description=pgettext_lazy("field", "what was done"))
    def done(self, entry: AuditEntry) -> str:
        return journal_words.in_words(entry.action)

    @admin.display(description=pgettext_lazy("field", "place in the journal"))
    def place(self, entry: AuditEntry) -> str:
        found = proofs.place_of(entry)
        return "–" if found is None else str(found)

    @admin.display(description=pgettext_lazy("field", "as it was written"), boolean=True)
    def whole(self, entry: AuditEntry) -> bool:
        return audit_selectors.is_whole(entry)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnlyAdmin):
    list_display = ["named", "said", "effective_from", "proposed_by", "approved_by", "cited"]
    fields = [
        "named",
        "about",
        "said",
        "bounds",
        "effective_from",
        "proposed_by",
        "approved_by",
        "reason",
        "cited",
    ]
    readonly_fields = fields
    search_fields = ["key"]

    def get_fields(self, request: HttpRequest | None, obj: models.Model | None = None) -> list[str]:
        return self.fields

    @admin.display(description=_("rule"), ordering="key")
    def named(self, row: PolicyVersion) -> str:
        return policy.title(str(row))

    @admin.display(description=pgettext_lazy("rule", "what it says"))
    def about(self, row: PolicyVersion) -> str:
        known = policy.of_key(row.key)
        return str(known.about) if known else "–"

    @admin.display(description=pgettext_lazy("rule", "value"))
    def said(self, row: PolicyVersion) -> str:
        """The value with its units; what cannot be read says so, beside what holds instead."""
        known = policy.of_key(row.key)
        if known is None:
            return gettext("This version of the platform has no such rule.")
        value, faults = known.read(row.value)
        lines = known.kind.lines(value)
        if any(fault.serious for fault in faults):
            lines = [gettext("It cannot be read. This holds instead:"), *lines]
        return format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))

    @admin.display(description=pgettext_lazy("rule", "what may be chosen"))
    def bounds(self, row: PolicyVersion) -> str:
        known = policy.of_key(row.key)
        return (known.kind.bounds() if known else "") or "–"

    @admin.display(description=pgettext_lazy("rule", "cited as"))
    def cited(self, row: PolicyVersion) -> str:
        return str(row)


@admin.register(Notification)
class NotificationAdmin(ReadOnlyAdmin):
    list_display = [
        "created_at",
        "message",
        "channel",
        "subject",
        "life_safety",
        "state",
        "transport",
        "attempts",
        "sent_at",
        "delivered_at",
    ]
    list_filter = ["state", "channel", "transport", "life_safety", "message"]
    ordering = ["-id"]


@admin.register(FailedWork)
class FailedWorkAdmin(ReadOnlyAdmin):
    """Also what was done in the end; trying again has its own page, which asks for a reason."""

    list_display = [
        "first_at",
        "kind",
        "subject",
        "life_safety",
        "attempts",
        "needs_person_at",
        "rests",
        "closed_at",
        "closed_by",
        "closed_reason",
    ]
    list_filter = ["kind", "life_safety", ("closed_at", admin.EmptyFieldListFilter)]
    search_fields = ["subject__exact", "key__exact"]
    ordering = ["-id"]


@admin.register(LedgerTransfer)
class LedgerTransferAdmin(ReadOnlyAdmin):
    list_display = ["key", "subject", "at", "actor", "citation", "moved"]
    search_fields = ["subject__exact", "key__exact"]
    ordering = ["-id"]

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[LedgerTransfer]:
        return LedgerTransfer.objects.prefetch_related("entries")

    @admin.display(description=_("entries"))
    def moved(self, transfer: LedgerTransfer) -> str:
        """Each entry in yuan."""
        return " · ".join(f"{entry.account} {formats.money(entry.fen)}" for entry in transfer.entries.all())


@admin.register(Payout)
class PayoutAdmin(ReadOnlyAdmin):
    list_display = ["key", "payee", "fen", "subject", "state", "due_at", "paid_at"]
    list_filter = ["state"]
    search_fields = ["key", "subject__exact"]
    ordering = ["-id"]
