"""Addresses of the console's pages of complaints."""

from django.urls import path, re_path

from complaints.console import workspace

app_name = "complaints_console"
urlpatterns = [
    path("admin/workspace/", workspace.queue, name="queue"),
    path("admin/workspace/next/", workspace.take_next, name="next"),
    path("admin/workspace/bulk/", workspace.bulk, name="bulk"),
    path("admin/workspace/hand-over/", workspace.hand_over, name="hand_over"),
    path("admin/workspace/views/", workspace.save_view, name="views"),
    path("admin/workspace/new/", workspace.take_down, name="take_down"),
    re_path(r"^admin/workspace/(?P<code>C-\w+)/$", workspace.case, name="case"),
    re_path(r"^admin/workspace/(?P<code>C-\w+)/do/(?P<action>\w+)/$", workspace.act, name="act"),
    re_path(r"^admin/workspace/(?P<code>C-\w+)/here/$", workspace.here, name="here"),
    re_path(r"^admin/workspace/(?P<code>C-\w+)/reveal/$", workspace.reveal, name="reveal"),
    re_path(
        r"^admin/workspace/(?P<code>C-\w+)/macro/(?P<macro_code>[\w-]+)/$", workspace.macro, name="macro"
    ),
    re_path(
        r"^admin/workspace/(?P<code>C-\w+)/evidence/(?P<picture>F-\w+)/$", workspace.evidence, name="evidence"
    ),
]
