from django.urls import path

from sandbox import views

urlpatterns = [
    path("", views.inbox),
    path("codes/", views.codes),
    path("codes.json", views.codes_json),
    path("messages/", views.messages_json),
    path("messages/<slug:channel>/", views.take_message),
]
