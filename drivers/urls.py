from django.urls import path

from drivers import views

app_name = "drivers"
urlpatterns = [
    path("drive/apply/", views.apply, name="apply"),
    path("drive/apply/begin/", views.begin_application, name="begin_application"),
    path("drive/apply/save/", views.save_application, name="save_application"),
    path("drive/apply/photos/<word:kind>/", views.send_certificate, name="send_certificate"),
    path("drive/apply/send/", views.send_application, name="send_application"),
    path("drive/face-consent/", views.face_consent, name="face_consent"),
    path("drive/video/<code:code>/", views.video, name="video"),
    path("drive/video/<code:code>/recording/", views.video_recording, name="video_recording"),
    path("drive/holds/<code:code>/appeal/", views.appeal, name="appeal"),
    path("report-a-car/", views.street_report, name="street_report"),
    path("report-a-car/<code:code>/mend/", views.mend_report, name="mend_report"),
    path("report-a-car/<code:code>/prove/", views.prove_reporter, name="prove_reporter"),
]
