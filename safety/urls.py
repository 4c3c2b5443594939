from django.urls import path

from safety import views

app_name = "safety"
urlpatterns = [
    path("trips/<code:code>/sos/", views.sos, name="sos"),
    path("trips/<code:code>/sos/status/", views.sos_status, name="sos_status"),
    path("trips/<code:code>/sos/word/", views.sos_word, name="sos_word"),
    path("trips/<code:code>/sos/110/", views.sos_110, name="sos_110"),
    path("110/<secret:secret>/", views.centre, name="centre"),
    path("trips/<code:code>/sos/shown/", views.sos_shown, name="sos_shown"),
    path("trips/<code:code>/sos/appeal/", views.appeal, name="appeal"),
    path("trips/<code:code>/recording/", views.recording, name="recording"),
    path("trips/<code:code>/recording/keep/", views.keep, name="keep"),
    path("trips/<code:code>/shares/", views.shares, name="shares"),
    path("share/<secret:token>/", views.share, name="share"),
    path("practice/sos/", views.practice, name="practice"),
    path("trips/<code:code>/care/", views.care, name="care"),
    path("trips/<code:code>/offline/", views.offline, name="offline"),
    path("trips/<code:code>/question/", views.question, name="question"),
    path("trips/<code:code>/answer/", views.answer, name="answer"),
    path("welfare-check/", views.welfare_check, name="welfare_check"),
    path("welfare-check/<secret:secret>/", views.report, name="report"),
    path("welfare-check/<secret:secret>/mend/", views.mend, name="mend"),
    path("welfare-check/<secret:secret>/evidence/", views.evidence, name="evidence"),
    path("welfare-check/<secret:secret>/verify/", views.verify, name="verify"),
]
