from django.urls import path

from police import views

app_name = "police"
urlpatterns = [
    path("police/", views.home, name="home"),
    path("police/how/", views.how, name="how"),
    path("police/emergency/", views.emergency, name="emergency"),
    path("police/ordinary/", views.ordinary, name="ordinary"),
    path("police/ordinary/<code:code>/", views.notice, name="notice"),
    path("police/requests/<code:code>/", views.show, name="request"),
    path("police/requests/<code:code>/pack.json", views.pack_json, name="pack_json"),
    path("police/requests/<code:code>/papers/", views.papers, name="papers"),
    path("police/packs/<secret:secret>/", views.link, name="link"),
]
