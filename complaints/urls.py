from django.urls import path

from complaints import views

app_name = "complaints"
urlpatterns = [
    path("trips/<str:trip_code>/complaint/", views.file, name="file"),
    path("complaints/<str:code>/", views.receipt, name="receipt"),
]
