from django.contrib import admin

from core.admin import ReadOnlyAdmin
from governance.models import DrillRun


@admin.register(DrillRun)
class DrillRunAdmin(ReadOnlyAdmin):
    list_display = ["begun_at", "passed", "seconds"]
    list_filter = ["passed"]
    ordering = ["-id"]
