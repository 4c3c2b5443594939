"""Addresses of the console's pages of complaints."""

from django.urls import path

from complaints.actions import ACCIDENTS, CARE, CLAIMS, COMPLAINTS, GREETINGS, MESSAGES, SUMMARIES
from complaints.console import care, claims, outside, reports, work, workspace
from core.console import act

app_name = "complaints_console"
urlpatterns = [
    path("admin/workspace/", workspace.queue, name="queue"),
    path("admin/workspace/next/", workspace.take_next, name="next"),
    path("admin/workspace/bulk/", workspace.bulk, name="bulk"),
    path("admin/workspace/hand-over/", workspace.hand_over, name="hand_over"),
    path("admin/workspace/views/", workspace.save_view, name="views"),
    path("admin/workspace/new/", workspace.take_down, name="take_down"),
    path("admin/workspace/<code:code>/", workspace.case, name="case"),
    path("admin/workspace/<code:code>/do/<word:action>/", act.view(COMPLAINTS), name="act"),
    path("admin/workspace/<code:code>/here/", workspace.here, name="here"),
    path("admin/workspace/<code:code>/reveal/", workspace.reveal, name="reveal"),
    path("admin/workspace/<code:code>/macro/<name:macro_code>/", workspace.macro, name="macro"),
    path("admin/workspace/<code:code>/evidence/<code:picture>/", workspace.evidence, name="evidence"),
    path("admin/workspace/words/", outside.danger_words, name="words"),
    path("admin/workspace/macros/", outside.macro_list, name="macros"),
    path("admin/workspace/guides/", outside.guides, name="guides"),
    path("admin/outside/", outside.inbox, name="outside"),
    path("admin/outside/<code:code>/do/<word:action>/", act.view(MESSAGES), name="sort"),
    path("admin/calls/ringing/", outside.ringing, name="ringing"),
    path("admin/calls/<number:pk>/", outside.caller, name="caller"),
    path("admin/accidents/", claims.accidents, name="accidents"),
    path("admin/accidents/<code:code>/", claims.accident, name="accident"),
    path("admin/accidents/<code:code>/claims/", claims.file_claim, name="file_claim"),
    path("admin/accidents/<code:code>/do/<word:action>/", act.view(ACCIDENTS), name="accident_act"),
    path("admin/accidents/<code:code>/statement.pdf", claims.statement, name="statement"),
    path("admin/claims/<code:code>/papers/", claims.add_papers, name="claim_papers"),
    path("admin/claims/<code:code>/papers/<code:picture>/", claims.paper, name="claim_paper"),
    path("admin/claims/<code:code>/do/<word:action>/", act.view(CLAIMS), name="claim_act"),
    path("admin/care/", care.care, name="care"),
    path("admin/care/<code:code>/do/<word:action>/", act.view(CARE), name="care_act"),
    path("admin/care/greetings/<code:code>/do/<word:action>/", act.view(GREETINGS), name="greeting_act"),
    path("admin/roster/", work.roster, name="roster"),
    path("admin/practice/", work.exercises, name="practice"),
    path("admin/practice/<code:code>/", work.exercise, name="exercise"),
    path("admin/summaries/", work.summaries, name="summaries"),
    path("admin/summaries/<code:code>/", work.summary, name="summary"),
    path("admin/summaries/<code:code>/do/<word:action>/", act.view(SUMMARIES), name="summary_act"),
    path("admin/summaries/<code:code>/summary.pdf", work.summary_pdf, name="summary_pdf"),
    path("admin/team/", work.team, name="team"),
    path("admin/reports/", reports.reports, name="reports"),
    path("admin/reports/<word:name>.csv", reports.report_csv, name="report_csv"),
]
