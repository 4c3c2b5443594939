from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.sign_in, name="sign_in"),
    path("sign-in/passkey/", views.sign_in_passkey, name="sign_in_passkey"),
    path("sign-in/code/", views.sign_in_code, name="sign_in_code"),
    path("sign-in/second-factor/", views.second_factor, name="second_factor"),
    path("sign-in/set-up/", views.set_up, name="set_up"),
    path("me/recovery-codes/", views.recovery, name="recovery"),
    path("me/passkeys/", views.my_passkeys, name="passkeys"),
    path("me/passkeys/<number:pk>/remove/", views.remove_passkey, name="remove_passkey"),
    path("sign-in/password/", views.password_reset, name="password_reset"),
    path("sign-out/", views.sign_out, name="sign_out"),
    path("me/", views.me, name="me"),
    path("me/share-trips/", views.share_trips, name="share_trips"),
    path("me/shared/", views.shared, name="shared"),
    path("me/sessions/", views.sessions, name="sessions"),
    path("me/sessions/end/", views.end_session, name="end_session"),
    path("kept/", views.kept, name="kept"),
    path("me/data/", views.data, name="data"),
    path("me/data/consents/<word:key>/", views.consent, name="consent"),
    path("me/data/copy/", views.data_copy, name="data_copy"),
    path("me/data/copies/<code:code>/", views.data_file, name="data_file"),
    path("me/data/looks/", views.looks_at_me, name="looks"),
    path("me/data/looks/<number:pk>/proof.json", views.proof_of_look, name="proof"),
    path("me/data/close/", views.close, name="close"),
    path("me/password/", views.password, name="password"),
    path("me/real-name/", views.real_name, name="real_name"),
    path("me/guardian/", views.guardian, name="guardian"),
    path("me/guardian/take-back/", views.take_back_guardian, name="take_back_guardian"),
    path("me/guardian/end/", views.end_guardian, name="end_guardian"),
    path("me/guardian/<number:number>/answer/", views.answer_as_guardian, name="answer_as_guardian"),
    path("me/contacts/<number:contact_id>/remove/", views.remove_contact, name="remove_contact"),
    path("contact/<secret:secret>/", views.contact_answer, name="contact_answer"),
]
