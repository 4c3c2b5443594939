from django.urls import path

from core.console import act
from rides.actions import OFFERS, TRIPS
from rides.views import booking, driving, rider, trips

app_name = "rides"
urlpatterns = [
    path("", booking.home, name="home"),
    path("book/prices/", booking.prices, name="prices"),
    path("book/places/", booking.places, name="places"),
    path("book/score/", booking.least_score, name="least_score"),
    path("trips/<str:code>/", trips.trip_page, name="trip"),
    path("trips/<str:code>/status/", trips.trip_status, name="trip_status"),
    path("trips/<str:code>/confirm-car/", trips.confirm_car, name="confirm_car"),
    path("trips/<str:code>/mismatch/", trips.mismatch, name="mismatch"),
    path("trips/<str:code>/again/", trips.again, name="again"),
    path("trips/<str:code>/cancel/", trips.cancel, name="cancel"),
    path("trips/<str:code>/say/", trips.say, name="say"),
    path("trips/<str:code>/call/", trips.call, name="call"),
    path("trips/<str:code>/rate/", trips.rate, name="rate"),
    path("trips/<str:code>/choose/", trips.choose, name="choose"),
    path("trips/<str:code>/never-again/", trips.never_again, name="never_again"),
    path("trips/<str:code>/never-again/undo/", trips.undo_never_again, name="undo_never_again"),
    path("trips/<str:code>/reminder/", trips.reminder, name="reminder"),
    path("trips/<str:code>/other-line/", trips.other_line, name="other_line"),
    path("ride/<str:key>/", rider.ride, name="ride"),
    path("ride/<str:key>/status/", rider.ride_status, name="ride_status"),
    path("ride/<str:key>/confirm-car/", rider.ride_confirm, name="ride_confirm"),
    path("ride/<str:key>/mismatch/", rider.ride_mismatch, name="ride_mismatch"),
    path("ride/<str:key>/again/", rider.ride_again, name="ride_again"),
    path("ride/<str:key>/reminder/", rider.ride_reminder, name="ride_reminder"),
    path("ride/<str:key>/other-line/", rider.ride_other_line, name="ride_other_line"),
    path("drive/", driving.drive, name="drive"),
    path("drive/orders/", driving.orders, name="orders"),
    path("drive/online/", driving.online, name="online"),
    path("drive/offline/", driving.offline, name="offline"),
    path("drive/ways/<str:code>/close/", driving.close_way, name="close_way"),
    path("drive/offers/<str:code>/<slug:action>/", act.view(OFFERS, "ride"), name="offer"),
    path("drive/requests/<str:code>/face/", driving.face_before_accepting, name="face"),
    path("drive/requests/<str:code>/decline/", driving.decline, name="decline"),
    path("drive/requests/<str:code>/accept/", driving.accept, name="accept"),
    path("drive/trips/<str:code>/pickup/", driving.pickup, name="pickup"),
    path("drive/trips/<str:code>/<slug:action>/", act.view(TRIPS, "ride"), name="driver_step"),
]
