"""All addresses, composed from the apps' own."""

from django.contrib import admin
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from accounts import api as accounts
from complaints import api as complaints
from config import health
from core.console import panels
from core.messages import api as core
from drivers import api as drivers
from governance import api as governance
from police import api as police
from rides import api as rides
from safety import api as safety

api = [
    path("sign-in/code/", accounts.SignInCodeView.as_view()),
    path("sign-in/", accounts.SignInView.as_view()),
    path("sign-in/second-factor/", accounts.SecondFactorView.as_view()),
    path("me/", accounts.MeView.as_view()),
    path("sign-in/password/code/", accounts.PasswordCodeView.as_view()),
    path("sign-in/password/", accounts.PasswordResetView.as_view()),
    path("me/sessions/", accounts.SessionsView.as_view()),
    path("me/sessions/<word:name>/", accounts.SessionView.as_view()),
    path("me/password/", accounts.PasswordView.as_view()),
    path("me/real-name/", accounts.RealNameView.as_view()),
    path("me/contacts/", accounts.ContactsView.as_view()),
    path("me/consents/", accounts.ConsentsView.as_view()),
    path("me/consents/<word:key>/", accounts.OneConsentView.as_view()),
    path("me/screen/", accounts.ScreenView.as_view()),
    path("me/data/code/", accounts.ProofView.as_view()),
    path("me/data/copies/", accounts.CopiesView.as_view()),
    path("me/data/copies/<code:code>/", accounts.CopyView.as_view()),
    path("me/data/closing/", accounts.ClosingView.as_view()),
    path("me/never-again/", rides.NeverAgainsView.as_view()),
    path("trips/<code:code>/never-again/", rides.NeverAgainView.as_view()),
    path("itineraries/", rides.ItinerariesView.as_view()),
    path("itineraries/<code:code>/", rides.ItineraryView.as_view()),
    path("itineraries/<code:code>/request/", rides.RequestView.as_view()),
    path("trips/<code:code>/decline/", rides.DeclineView.as_view()),
    path("trips/<code:code>/owners/", rides.OwnersView.as_view()),
    path("driver/", rides.DriverView.as_view()),
    path("driver/vehicle/", drivers.VehicleView.as_view()),
    path("driver/application/", drivers.ApplicationView.as_view()),
    path("driver/application/photos/<word:kind>/", drivers.CertificatePhotoView.as_view()),
    path("driver/application/send/", drivers.SendApplicationView.as_view()),
    path("mismatch-reports/", drivers.StreetReportsView.as_view()),
    path("mismatch-reports/<code:code>/mend/", drivers.MendReportView.as_view()),
    path("mismatch-reports/<code:code>/prove/", drivers.ProveReporterView.as_view()),
    path("driver/face-consent/", drivers.FaceConsentView.as_view()),
    path("driver/face-checks/", drivers.FaceChecksView.as_view()),
    path("driver/face-checks/<code:code>/next/", drivers.FaceNextView.as_view()),
    path("driver/face-checks/<code:code>/frames/", drivers.FaceFramesView.as_view()),
    path("driver/video-checks/", drivers.VideoChecksView.as_view()),
    path("driver/video-checks/<code:code>/", drivers.VideoCheckView.as_view()),
    path("driver/video-checks/<code:code>/call/", drivers.DriverSayView.as_view()),
    path("video-checks/<code:code>/call/", drivers.ReviewerSayView.as_view()),
    path("video-checks/<code:code>/recording/", drivers.VideoRecordingView.as_view()),
    path("driver/holds/<code:code>/appeal/", drivers.AppealView.as_view()),
    path("driver/online/", rides.OnlineView.as_view()),
    path("driver/offer/", rides.OfferView.as_view()),
    path("driver/offers/<code:code>/accept/", rides.AcceptOfferView.as_view()),
    path("driver/offers/<code:code>/decline/", rides.DeclineOfferView.as_view()),
    path("me/score/", rides.ScoreView.as_view()),
    path("me/cities/<name:city_code>/places/", rides.OwnPlacesView.as_view()),
    path("me/places/<code:code>/", rides.OwnPlaceView.as_view()),
    path("estimates/", rides.EstimateView.as_view()),
    path("trips/", rides.TripsView.as_view()),
    path("trips/<code:code>/", rides.TripView.as_view()),
    path("trips/<code:code>/accept/", rides.AcceptView.as_view()),
    path("trips/<code:code>/plate-photo/", rides.PlatePhotoView.as_view()),
    path("trips/<code:code>/arrive/", rides.ArriveView.as_view()),
    path("trips/<code:code>/confirm-car/", rides.ConfirmCarView.as_view()),
    path("trips/<code:code>/mismatch/", rides.MismatchView.as_view()),
    path("trips/<code:code>/again/", rides.AgainView.as_view()),
    path("trips/<code:code>/board/", rides.BoardView.as_view()),
    path("trips/<code:code>/depart/", rides.DepartView.as_view()),
    path("trips/<code:code>/end/", rides.EndView.as_view()),
    path("trips/<code:code>/rider/", rides.MendRiderView.as_view()),
    path("trips/<code:code>/cancel/", rides.CancelView.as_view()),
    path("trips/<code:code>/rating/", rides.RatingView.as_view()),
    path("trips/<code:code>/messages/", rides.MessagesView.as_view()),
    path("trips/<code:code>/relay-number/", rides.RelayView.as_view()),
    path("trips/<code:code>/reminder/", rides.ReminderView.as_view()),
    path("trips/<code:code>/other-line/", rides.OtherLineView.as_view()),
    path("trips/<code:code>/sos/", safety.SosView.as_view()),
    path("trips/<code:code>/sos/words/", safety.WordsView.as_view()),
    path("trips/<code:code>/answer/", safety.QuestionView.as_view()),
    path("trips/<code:code>/sound/", safety.SoundView.as_view()),
    path("trips/<code:code>/recording/", safety.ConsentView.as_view()),
    path("trips/<code:code>/shares/", safety.SharesView.as_view()),
    path("trips/<code:code>/shares/<number:number>/", safety.ShareView.as_view()),
    path("sound-key/", safety.SoundKeyView.as_view()),
    path("sound/end/", safety.SoundEndView.as_view()),
    path("messages/in/", complaints.TextsView.as_view()),
    path("receipts/<word:transport>/", core.ReceiptsView.as_view()),
    path("centre/", safety.CentreView.as_view()),
    path("welfare-checks/", safety.ChecksView.as_view()),
    path("welfare-checks/<secret:secret>/", safety.CheckView.as_view()),
    path("complaints/", complaints.ComplaintsView.as_view()),
    path("complaints/<code:code>/", complaints.ComplaintView.as_view()),
    path("complaints/<code:code>/<word:what>/", complaints.ComplaintActView.as_view()),
    path("calls/", complaints.CallsView.as_view()),
    path("outside-messages/", complaints.OutsideMessagesView.as_view()),
    path("street-complaints/", complaints.StreetComplaintsView.as_view()),
    path("police/notices/", police.NoticesView.as_view()),
    path("police/requests/", police.RequestsView.as_view()),
    path("police/requests/<code:code>/", police.RequestView.as_view()),
    path("police/requests/<code:code>/live/", police.LiveView.as_view()),
    path("police/requests/<code:code>/papers/", police.PapersView.as_view()),
    path("consultations/", governance.ConsultationsView.as_view()),
    path("consultations/<word:slug>/", governance.ConsultationView.as_view()),
    path("consultations/<word:slug>/vote/", governance.VoteView.as_view()),
    path("consultations/<word:slug>/comment/", governance.CommentView.as_view()),
    path("consultations/<word:slug>/comment/appeal/", governance.CommentAppealView.as_view()),
    path("consultations/<word:slug>/receipt/", governance.ReceiptView.as_view()),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", health.api_docs, name="docs"),
]

urlpatterns = [
    path("favicon.ico", lambda request: redirect(static("img/icon.svg"))),
    path("", include("config.installed")),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("metrics", health.metrics),
    path("api/v1/", include(api)),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("config.console")),
    path("", include("config.work")),
    path("", include("config.catalogue")),
    path("", include("safety.console.pages")),
    path("", include("police.console.pages")),
    path("", include("accounts.console.pages")),
    path("", include("drivers.console.pages")),
    path("", include("rides.console.pages")),
    path("", include("complaints.console.urls")),
    path("", include("governance.console.pages")),
    path("", include("core.journal.pages")),
    path("admin/", admin.site.urls),
    path("", include("governance.urls")),
    path("", include("safety.urls")),
    path("", include("complaints.urls")),
    path("", include("police.urls")),
    path("", include("accounts.urls")),
    path("", include("drivers.urls")),
    path("", include("rides.urls")),
]

panels.offered()  # what an app offers to the console by halves stops the start

handler400 = "core.errors.bad_request"
handler403 = "core.errors.permission_denied"
handler404 = "core.errors.page_not_found"
handler500 = "core.errors.server_error"
