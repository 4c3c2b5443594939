from django.urls import path

from sandbox import stage, views

urlpatterns = [
    path("", views.inbox),
    path("director/", stage.page),
    path("director/state.json", stage.state),
    path("director/scenes/<slug:key>/<slug:act>/", stage.act),
    path("director/assets/<path:name>", stage.asset),
    path("codes/", views.codes),
    path("codes.json", views.codes_json),
    path("registries/behaviour/", views.registry_behaviour),
    path("registries/<slug:name>/", views.registry),
    path("money/", views.money_page),
    path("outside/", views.outside_page),
    path("money/<slug:what>/", views.money),
    path("relay/numbers/", views.relay),
    path("relay/numbers/end/", views.relay, {"what": "end"}),
    path("relay/calls/", views.relay_call),
    path("relay/calls/state/", views.relay_call, {"what": "state"}),
    path("keys/", views.key_service),
    path("keys/<str:name>", views.key_service),
    path("camera/", views.camera),
    path("camera/<str:name>/<slug:pose>.jpg", views.frame),
    path("certificates/<str:face>/<slug:kind>.jpg", views.certificate),
    path("plates/<str:plate>.jpg", views.plate),
    path("messages/", views.messages_json),
    path("messages/<slug:channel>/", views.take_message),
    path("time/", views.time_authority),
    path("time/behaviour/", views.time_behaviour),
    path("sms/", views.sms),
    path("sms/behaviour/", views.sms_behaviour),
]
