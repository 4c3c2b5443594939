from django.urls import path

from police import views
from police.documents import views as documents

app_name = "police"
urlpatterns = [
    path("police/", views.home, name="home"),
    path("police/how/", views.how, name="how"),
    path("police/emergency/", views.emergency, name="emergency"),
    path("police/preserve/", views.preserve, name="preserve"),
    path("police/code/", views.code, name="code"),
    path("me/police-codes/", views.codes, name="codes"),
    path("me/police-codes/<code:code>/end/", views.end_code, name="end_code"),
    path("police/ordinary/", views.ordinary, name="ordinary"),
    path("police/ordinary/<code:code>/", views.notice, name="notice"),
    path("police/requests/<code:code>/", views.show, name="request"),
    path("police/requests/<code:code>/live/", views.live, name="live"),
    path("police/requests/<code:code>/pack.json", views.pack_json, name="pack_json"),
    path("police/requests/<code:code>/pack.pdf", documents.pack_pdf, name="pack_pdf"),
    path("police/requests/<code:code>/proof.pdf", documents.proof_pdf, name="proof_pdf"),
    path("police/requests/<code:code>/sound/<code:recording>/", documents.sound, name="sound"),
    path("police/requests/<code:code>/files/<name:copy>/", documents.again, name="file"),
    path("police/verify/", documents.verify_page, name="verify"),
    path("police/schemas/<word:name>.json", documents.schema, name="schema"),
    path("police/requests/<code:code>/papers/", views.papers, name="papers"),
    path("police/owning/<secret:secret>/", views.owning, name="owning"),
    path("police/packs/<secret:secret>/", views.link, name="link"),
]
