from django.urls import path, re_path

from complaints import views

app_name = "complaints"
urlpatterns = [
    path("trips/<str:trip_code>/complaint/", views.file, name="file"),
    path("complain/", views.street, name="street"),
    path("complaints/", views.mine, name="mine"),
    path("complaints/<str:code>/", views.receipt, name="receipt"),
    re_path(r"^complaints/(?P<code>C-\w+)/(?P<action>[a-z]{2,12})/$", views.act, name="act"),
    path("claims/<str:code>/<str:secret>/", views.claim, name="claim"),
    path("claims/<str:code>/<str:secret>/papers/", views.claim_papers, name="claim_papers"),
    path("claims/<str:code>/<str:secret>/statement.pdf", views.claim_pdf, name="claim_pdf"),
    path("thanks/<str:code>/<int:number>/<str:secret>/", views.thanks, name="thanks"),
    path("me/care/", views.care, name="care"),
    path("complaints/<str:code>/<str:secret>/", views.follow, name="follow"),
    re_path(
        r"^complaints/(?P<code>C-\w+)/(?P<secret>[\w-]+)/(?P<action>[a-z]{2,12})/$",
        views.follow_act,
        name="follow_act",
    ),
]
