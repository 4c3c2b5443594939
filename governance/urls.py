from django.urls import path

from governance import views
from governance.transparency import views as reports

app_name = "governance"
urlpatterns = [
    path("promises/", views.promises, name="promises"),
    path("promises/board.json", views.promises_json, name="promises_json"),
    path("promises/tree/", views.tree, name="tree"),
    path("promises/tree.json", views.tree_json, name="tree_json"),
    path("promises/tree.svg", views.tree_svg, name="tree_svg"),
    path("promises/<word:slug>/", views.promise, name="promise"),
    path("promises/<word:slug>.json", views.promise_json, name="promise_json"),
    path("transparency/", reports.index, name="reports"),
    path("transparency/report-1.schema.json", reports.report_schema, name="report_schema"),
    path("transparency/<code:code>/", reports.report, name="report"),
    path("transparency/<code:code>/report.json", reports.report_json, name="report_json"),
    path("transparency/<code:code>/report.csv", reports.report_csv, name="report_csv"),
    path("transparency/<code:code>/report.pdf", reports.report_pdf, name="report_pdf"),
    path("speak-up/", views.speak_up, name="speak_up"),
    path("speak-up/<secret:secret>/", views.spoken, name="spoken"),
]
