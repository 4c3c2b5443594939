from django.urls import path

from complaints import views

app_name = "complaints"
urlpatterns = [
    path("trips/<code:trip_code>/complaint/", views.file, name="file"),
    path("ride/<secret:key>/complaint/", views.rider, name="rider"),
    path("complain/", views.street, name="street"),
    path("complaints/", views.mine, name="mine"),
    path("complaints/<code:code>/", views.receipt, name="receipt"),
    path("complaints/<code:code>/<secret:secret>/", views.follow, name="follow"),
    path("complaints/<code:code>/<word:action>/", views.act, name="act"),
    path("complaints/<code:code>/<secret:secret>/<word:action>/", views.follow_act, name="follow_act"),
    path("claims/<code:code>/<secret:secret>/", views.claim, name="claim"),
    path("claims/<code:code>/<secret:secret>/papers/", views.claim_papers, name="claim_papers"),
    path("claims/<code:code>/<secret:secret>/statement.pdf", views.claim_pdf, name="claim_pdf"),
    path("thanks/<code:code>/<number:number>/<secret:secret>/", views.thanks, name="thanks"),
    path("me/care/", views.care, name="care"),
]
