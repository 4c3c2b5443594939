from django.urls import path

from governance.transparency import views as reports
from governance.views import concerns, consultations, promises

app_name = "governance"
urlpatterns = [
    path("promises/", promises.promises, name="promises"),
    path("promises/board.json", promises.promises_json, name="promises_json"),
    path("promises/tree/", promises.tree, name="tree"),
    path("promises/tree.json", promises.tree_json, name="tree_json"),
    path("promises/tree.svg", promises.tree_svg, name="tree_svg"),
    path("promises/<word:slug>/", promises.promise, name="promise"),
    path("promises/<word:slug>.json", promises.promise_json, name="promise_json"),
    path("consultations/", consultations.index, name="consultations"),
    path("consultations/recount.py", consultations.script, name="recount"),
    path("consultations/<word:slug>/", consultations.one, name="consultation"),
    path("consultations/<word:slug>/vote/", consultations.vote, name="vote"),
    path("consultations/<word:slug>/comment/", consultations.comment, name="comment"),
    path("consultations/<word:slug>/comment/appeal/", consultations.appeal, name="comment_appeal"),
    path("consultations/<word:slug>/receipt/", consultations.receipt, name="receipt"),
    path("consultations/<word:slug>/list.csv", consultations.list_csv, name="list_csv"),
    path("consultations/<word:slug>/list.json", consultations.list_json, name="list_json"),
    path("consultations/<word:slug>/result.json", consultations.result, name="result"),
    path("transparency/", reports.index, name="reports"),
    path("transparency/report-1.schema.json", reports.report_schema, name="report_schema"),
    path("transparency/<code:code>/", reports.report, name="report"),
    path("transparency/<code:code>/report.json", reports.report_json, name="report_json"),
    path("transparency/<code:code>/report.csv", reports.report_csv, name="report_csv"),
    path("transparency/<code:code>/report.pdf", reports.report_pdf, name="report_pdf"),
    path("speak-up/", concerns.speak_up, name="speak_up"),
    path("speak-up/<secret:secret>/", concerns.spoken, name="spoken"),
]
