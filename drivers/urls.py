from django.urls import path

from drivers import views

app_name = "drivers"
urlpatterns = [path("drive/face-consent/", views.face_consent, name="face_consent")]
