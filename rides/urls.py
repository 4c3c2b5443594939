from django.urls import path, re_path

from rides import views

app_name = "rides"
urlpatterns = [
    path("", views.home, name="home"),
    path("trips/<str:code>/", views.trip_page, name="trip"),
    path("trips/<str:code>/status/", views.trip_status, name="trip_status"),
    path("trips/<str:code>/confirm-car/", views.confirm_car, name="confirm_car"),
    path("trips/<str:code>/mismatch/", views.mismatch, name="mismatch"),
    path("trips/<str:code>/cancel/", views.cancel, name="cancel"),
    path("drive/", views.drive, name="drive"),
    path("drive/requests/<str:code>/face/", views.face_before_accepting, name="face"),
    path("drive/requests/<str:code>/accept/", views.accept, name="accept"),
    path("drive/trips/<str:code>/pickup/", views.pickup, name="pickup"),
    re_path(
        r"^drive/trips/(?P<code>[^/]+)/(?P<step>arrive|board|depart|end)/$",
        views.driver_step,
        name="driver_step",
    ),
]
