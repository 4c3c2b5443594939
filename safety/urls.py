from django.urls import path

from safety import views

app_name = "safety"
urlpatterns = [
    path("trips/<str:code>/sos/", views.sos, name="sos"),
    path("trips/<str:code>/sos/status/", views.sos_status, name="sos_status"),
    path("trips/<str:code>/sos/word/", views.sos_word, name="sos_word"),
    path("trips/<str:code>/sos/shown/", views.sos_shown, name="sos_shown"),
    path("trips/<str:code>/sos/plea/", views.plea, name="plea"),
    path("trips/<str:code>/recording/", views.recording, name="recording"),
    path("trips/<str:code>/recording/keep/", views.keep, name="keep"),
    path("trips/<str:code>/shares/", views.shares, name="shares"),
    path("share/<str:token>/", views.share, name="share"),
    path("practice/sos/", views.practice, name="practice"),
    path("trips/<str:code>/care/", views.care, name="care"),
    path("trips/<str:code>/offline/", views.offline, name="offline"),
    path("trips/<str:code>/question/", views.question, name="question"),
    path("trips/<str:code>/answer/", views.answer, name="answer"),
    path("welfare-check/", views.welfare_check, name="welfare_check"),
    path("welfare-check/<str:secret>/", views.report, name="report"),
    path("welfare-check/<str:secret>/mend/", views.mend, name="mend"),
    path("welfare-check/<str:secret>/evidence/", views.evidence, name="evidence"),
    path("welfare-check/<str:secret>/verify/", views.verify, name="verify"),
]
