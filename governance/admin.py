from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import pgettext_lazy

from core.admin import ReadOnlyAdmin
from governance.messages import told
from governance.models import DrillRun


@admin.register(DrillRun)
class DrillRunAdmin(ReadOnlyAdmin):
    list_display = ["begun_at", "passed", "seconds"]
    list_filter = ["passed"]
    ordering = ["-id"]
    in_words = {"steps": "report"}

    @admin.display(description=pgettext_lazy("field", "steps"))
    def report(self, run: DrillRun) -> str:
        return format_html_join(
            mark_safe("<br>"), "{} {}", (("✔" if step["ok"] else "✘", told(step)) for step in run.steps)
        )
