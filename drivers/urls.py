from django.urls import path

from drivers import views

app_name = "drivers"
urlpatterns = [
    path("drive/face-consent/", views.face_consent, name="face_consent"),
    path("drive/holds/<str:code>/appeal/", views.appeal, name="appeal"),
]
