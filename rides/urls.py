from django.urls import path

from core.console import act
from rides.actions import OFFERS, TRIPS
from rides.views import booking, driving, own_places, rider, trips

app_name = "rides"
urlpatterns = [
    path("", booking.home, name="home"),
    path("book/prices/", booking.prices, name="prices"),
    path("book/places/", booking.places, name="places"),
    path("book/places/mine/", own_places.own_places, name="own_places"),
    path("book/places/mine/<code:code>/remove/", own_places.remove_place, name="remove_place"),
    path("book/score/", booking.least_score, name="least_score"),
    path("trips/<code:code>/", trips.trip_page, name="trip"),
    path("trips/<code:code>/status/", trips.trip_status, name="trip_status"),
    path("trips/<code:code>/confirm-car/", trips.confirm_car, name="confirm_car"),
    path("trips/<code:code>/mismatch/", trips.mismatch, name="mismatch"),
    path("trips/<code:code>/again/", trips.again, name="again"),
    path("trips/<code:code>/rider/", trips.mend_rider, name="mend_rider"),
    path("trips/<code:code>/cancel/", trips.cancel, name="cancel"),
    path("trips/<code:code>/say/", trips.say, name="say"),
    path("trips/<code:code>/call/", trips.call, name="call"),
    path("trips/<code:code>/rate/", trips.rate, name="rate"),
    path("trips/<code:code>/choose/", trips.choose, name="choose"),
    path("trips/<code:code>/never-again/", trips.never_again, name="never_again"),
    path("trips/<code:code>/never-again/undo/", trips.undo_never_again, name="undo_never_again"),
    path("trips/<code:code>/reminder/", trips.reminder, name="reminder"),
    path("trips/<code:code>/other-line/", trips.other_line, name="other_line"),
    path("ride/<secret:key>/", rider.ride, name="ride"),
    path("ride/<secret:key>/status/", rider.ride_status, name="ride_status"),
    path("ride/<secret:key>/confirm-car/", rider.ride_confirm, name="ride_confirm"),
    path("ride/<secret:key>/mismatch/", rider.ride_mismatch, name="ride_mismatch"),
    path("ride/<secret:key>/again/", rider.ride_again, name="ride_again"),
    path("ride/<secret:key>/reminder/", rider.ride_reminder, name="ride_reminder"),
    path("ride/<secret:key>/other-line/", rider.ride_other_line, name="ride_other_line"),
    path("drive/", driving.drive, name="drive"),
    path("drive/orders/", driving.orders, name="orders"),
    path("drive/vehicle/", driving.vehicle, name="vehicle"),
    path("drive/online/", driving.online, name="online"),
    path("drive/offline/", driving.offline, name="offline"),
    path("drive/ways/<code:code>/close/", driving.close_way, name="close_way"),
    path("drive/offers/<code:code>/<word:action>/", act.view(OFFERS, "ride"), name="offer"),
    path("drive/requests/<code:code>/face/", driving.face_before_accepting, name="face"),
    path("drive/requests/<code:code>/decline/", driving.decline, name="decline"),
    path("drive/requests/<code:code>/accept/", driving.accept, name="accept"),
    path("drive/trips/<code:code>/pickup/", driving.pickup, name="pickup"),
    path("drive/trips/<code:code>/<word:action>/", act.view(TRIPS, "ride"), name="driver_step"),
]
