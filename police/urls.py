from django.urls import path

from police import views

app_name = "police"
urlpatterns = [
    path("police/", views.home, name="home"),
    path("police/requests/<str:code>/", views.show, name="request"),
    path("police/requests/<str:code>/pack.json", views.pack_json, name="pack_json"),
    path("police/requests/<str:code>/papers/", views.papers, name="papers"),
    path("police/packs/<str:secret>/", views.link, name="link"),
]
