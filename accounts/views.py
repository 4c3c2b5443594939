"""Sign-in and one's own data."""

from collections.abc import Callable
from typing import Any

import segno
from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import enrolment, exports, guardians, leaving, passkeys, seen, services
from accounts.codes import CLOSING, COPY, PASSKEY
from accounts.devices import asker_with_device
from accounts.errors import CodeTooSoon, NotTheirName, SignInAgain
from accounts.forms import (
    CloseForm,
    ContactForm,
    DigitsForm,
    EnterByPasskeyForm,
    GuardianForm,
    PasskeyForm,
    PasswordForm,
    PasswordResetForm,
    PhoneCodeForm,
    PhoneForm,
    ProofForm,
    ProvedPasskeyForm,
    RealNameForm,
    SetUpForm,
    ShowPasskeyForm,
    SignInForm,
    TokenForm,
    WardForm,
)
from accounts.models import Account
from accounts.selectors import (
    contact_who_stays,
    ends_guardian_alone,
    is_grown_up,
    is_known_child,
    is_known_teen,
    named_as_guardian,
    newest_export,
    sessions_of,
)
from accounts.sessions import digest
from core import clock, disclosures, own_data, policy, retention
from core.access import account_of, permission_required
from core.errors import DomainError, InvalidInput, NotFound, TooMany, explain
from core.permissions import may, needs_second_factor
from core.posted import chosen
from core.typed import number

Given = dict[str, Any]
HAS_PASSKEYS = ("ride", "console.open", "police.ask")


def _next(request: HttpRequest) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if url_has_allowed_host_and_scheme(wanted, {request.get_host()}) else ""


def _go_on(request: HttpRequest, account: Account) -> HttpResponse:
    """To where they wanted, by way of the second factor where one is asked for."""
    if needs_second_factor(account):
        return redirect(f"{reverse('accounts:second_factor')}?{urlencode({'next': _next(request)})}")
    return redirect(_next(request) or "/")


def _page(
    request: HttpRequest, template: str, form: Form, *, status: int = 200, **more: object
) -> HttpResponse:
    return render(
        request,
        template,
        {"form": form, "next": _next(request), **more},
        status=400 if form.errors and status == 200 else status,
    )


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = services.sign_in_by_password(request, **form.credentials())
            return _go_on(request, account)
        except DomainError as error:
            explain(form, error)
            return _page(request, "accounts/sign_in.html", form, status=error.status)
    return _page(request, "accounts/sign_in.html", form)


@require_http_methods(["GET", "POST"])
def sign_in_passkey(request: HttpRequest) -> HttpResponse:
    """A member's passkey, which signs in alone."""
    form, status = EnterByPasskeyForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            return _go_on(request, passkeys.sign_in(request, **form.cleaned_data))
        except DomainError as error:
            explain(form, error)
            status = error.status
    options, sealed = passkeys.options_to_enter(request)
    template = "accounts/sign_in_passkey.html"
    return _page(request, template, form, status=status, options=options, sealed=sealed)


@require_http_methods(["GET", "POST"])
def sign_in_code(request: HttpRequest) -> HttpResponse:
    """First the phone, then the code; one page, two steps, no scripts."""
    template, step_two = "accounts/sign_in_code.html", "code" in request.POST
    form: Form = PhoneCodeForm(request.POST) if step_two else PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            if isinstance(form, PhoneCodeForm):
                return _go_on(request, services.sign_in_by_code(request, **form.credentials()))
            services.request_sign_in_code(**form.cleaned_data, asker=asker_with_device(request))
            form, step_two = PhoneCodeForm(initial=form.cleaned_data), True
        except CodeTooSoon as error:
            if not step_two:
                form = PhoneCodeForm(initial=form.cleaned_data)
            return _page_of_code(request, template, form, error)
        except DomainError as error:
            explain(form, error)
            return _page(request, template, form, status=error.status, step_two=step_two)
    return _page(request, template, form, step_two=step_two)


def _page_of_code(request: HttpRequest, template: str, form: Form, error: CodeTooSoon) -> HttpResponse:
    """Where none is sent now, the one that came before may be good still: there is a field for it."""
    if form.is_bound:
        explain(form, error)
    else:
        messages.warning(request, error.detail)
    return _page(request, template, form, status=error.status, step_two=True)


@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect("accounts:sign_in")
    account = account_of(request)
    if enrolment.is_to_set_up(account):
        return redirect(f"{reverse('accounts:set_up')}?{urlencode({'next': _next(request)})}")
    by_passkey = ShowPasskeyForm(request.POST if "passkey" in request.POST else None)
    form, status = (
        TokenForm(request.POST if request.method == "POST" and not by_passkey.is_bound else None),
        200,
    )
    try:
        if by_passkey.is_bound and by_passkey.is_valid():
            passkeys.show(request, account=account, **by_passkey.cleaned_data)
            return redirect(_next(request) or _home(account))
        if form.is_valid():
            services.verify_second_factor(request, account=account, token=form.cleaned_data["token"])
            return redirect(_next(request) or _home(account))
    except DomainError as error:
        explain(by_passkey if by_passkey.is_bound else form, error)
        status = error.status
    options = passkeys.options_to_show(request, account=account)
    status = 400 if by_passkey.errors and status == 200 else status
    template = "accounts/second_factor.html"
    return _page(request, template, form, status=status, by_passkey=by_passkey, options=options)


def _home(account: Account) -> str:
    return reverse("police:home") if may(account, "police.ask") else reverse("admin:index")


@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """The first second factor: the set-up code, then the authenticator, then recovery codes, shown this once."""
    if not request.user.is_authenticated:
        return redirect("accounts:sign_in")
    account = account_of(request)
    if not enrolment.is_to_set_up(account):
        return redirect(_home(account) if needs_second_factor(account) else "/")
    device = enrolment.pending(request, account=account)
    asked: type[Form] = DigitsForm if device else SetUpForm
    form, status = asked(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            if device:
                codes = enrolment.finish(request, account=account, **form.cleaned_data)
                return _recovery_codes(request, codes, _next(request) or _home(account))
            enrolment.show_set_up_code(request, account=account, **form.cleaned_data)
            return redirect(f"{request.path}?{urlencode({'next': _next(request)})}")
        except DomainError as error:
            explain(form, error)
            status = error.status
    picture = secret = ""
    if device:
        address, secret = enrolment.address_of(device)
        picture = segno.make(address, error="m").svg_data_uri(scale=5, border=2, light="white")
    return _page(request, "accounts/set_up.html", form, status=status, picture=picture, secret=secret)


def _recovery_codes(request: HttpRequest, codes: list[str], onward: str) -> HttpResponse:
    answer = render(request, "accounts/recovery_codes.html", {"codes": codes, "onward": onward})
    answer["Cache-Control"] = "no-store"
    return answer


@require_http_methods(["GET", "POST"])
@permission_required()
def recovery(request: HttpRequest) -> HttpResponse:
    """How many recovery codes are left, and new ones, for which the authenticator's digits are asked once more."""
    account = account_of(request)
    if not needs_second_factor(account):
        raise NotFound
    form, status = DigitsForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            services.check_second_factor(account=account, token=form.cleaned_data["token"])
            codes = enrolment.renew_recovery_codes(account=account)
            return _recovery_codes(request, codes, reverse("accounts:me"))
        except DomainError as error:
            explain(form, error)
            status = error.status
    left = enrolment.codes_left(account)
    return _page(request, "accounts/recovery.html", form, status=status, left=left)


@require_http_methods(["GET", "POST"])
@permission_required(*HAS_PASSKEYS)
def my_passkeys(request: HttpRequest) -> HttpResponse:
    """My passkeys, and one more, for which staff and police type their digits and a member a fresh code."""
    account = account_of(request)
    if not needs_second_factor(account):
        return _proved(
            request, PASSKEY, "accounts/passkeys.html", ProvedPasskeyForm, _add_passkey(request), _mine
        )
    form, status = PasskeyForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            return _add_passkey(request)(account, form.cleaned_data)
        except DomainError as error:
            explain(form, error)
            status = error.status
    return _page(request, "accounts/passkeys.html", form, status=status, sent=True, **_mine(request, account))


def _mine(request: HttpRequest, account: Account) -> dict[str, object]:
    return {
        "passkeys": passkeys.of(account),
        "options": passkeys.options_to_add(request, account=account),
        "second": needs_second_factor(account),
    }


def _add_passkey(request: HttpRequest) -> Callable[[Account, Given], HttpResponse]:
    def add(account: Account, given: Given) -> HttpResponse:
        passkeys.add(request, account=account, **given)
        messages.success(request, _("Kept. From now on you can sign in with it."))
        return redirect("accounts:passkeys")

    return add


@require_POST
@permission_required(*HAS_PASSKEYS)
def remove_passkey(request: HttpRequest, pk: int) -> HttpResponse:
    passkeys.remove(account=account_of(request), pk=pk)
    messages.success(request, _("Removed. Nobody signs in with it any more."))
    return redirect("accounts:passkeys")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    services.sign_out(request)
    return redirect("/")


@require_http_methods(["GET", "POST"])
@permission_required()
def me(request: HttpRequest) -> HttpResponse:
    """My own data and my emergency contacts: visible to me alone."""
    account = account_of(request)
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            contact = services.add_emergency_contact(account=account, **form.cleaned_data)
            if contact.asked_at:
                messages.success(
                    request, _("Kept. We sent them a message, so that they can agree or refuse.")
                )
            else:
                messages.success(
                    request, _("Kept. They were asked just before, so we sent no further message.")
                )
            return redirect("accounts:me")
        except DomainError as error:
            explain(form, error)
    contacts = account.emergency_contacts.order_by("pk")
    stays = contact_who_stays(account, clock.now())
    second = needs_second_factor(account)
    return _page(
        request,
        "accounts/me.html",
        form,
        account=account,
        contacts=contacts,
        stays=stays,
        child=is_known_child(account, clock.now()),
        second_factor=second,
        rides=may(account, "ride"),
    )


@require_POST
@permission_required("ride")
def share_trips(request: HttpRequest) -> HttpResponse:
    """Whether my trips are shared with my contacts by themselves."""
    services.set_trip_sharing(account=account_of(request), on=chosen(request, "on"))
    return redirect("accounts:me")


@require_GET
@permission_required("ride")
def shared(request: HttpRequest) -> HttpResponse:
    """What I shared, with whom and when (R11)."""
    return render(request, "accounts/shared.html", {"shares": disclosures.of(account_of(request).code)})


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def real_name(request: HttpRequest) -> HttpResponse:
    """Have one's real name verified, and see how far that is."""
    account = account_of(request)
    form = RealNameForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_real_name(account=account, **form.cleaned_data)
            return redirect("accounts:real_name")
        except DomainError as error:
            explain(form, error)
    last = account.real_name_checks.order_by("-pk").first()
    return _page(request, "accounts/real_name.html", form, account=account, last=last)


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def guardian(request: HttpRequest) -> HttpResponse:
    """Name a guardian, and see for whom one was named."""
    account = account_of(request)
    form = GuardianForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            guardians.ask_guardian(account=account, **form.cleaned_data)
            return redirect("accounts:guardian")
        except DomainError as error:
            explain(form, error)
    return _guardian_page(request, account, form, status=400 if form.errors else 200)


def _guardian_page(
    request: HttpRequest,
    account: Account,
    form: Form,
    *,
    status: int,
    answered: WardForm | None = None,
    number: int = 0,
) -> HttpResponse:
    """What was answered wrongly (`answered`, of the question with this `number`) says so where it stands."""
    at = clock.now()
    wards = [
        (row, answered if answered and row.pk == number else WardForm(auto_id=f"id_{row.pk}_%s"))
        for row in named_as_guardian(account)
    ]
    context: dict[str, Any] = {
        "teen": is_known_teen(account, at),
        "mine": account.guardianships.order_by("-pk").first(),
        "ends_alone": is_known_teen(account, at) and ends_guardian_alone(account, at),
        "wards": wards,
        "grown_up": is_grown_up(account, at),
    }
    return _page(request, "accounts/guardian.html", form, status=status, **context)


@require_POST
@permission_required("ride")
def take_back_guardian(request: HttpRequest) -> HttpResponse:
    guardians.take_back_question(account=account_of(request))
    return redirect("accounts:guardian")


@require_POST
@permission_required("ride")
def end_guardian(request: HttpRequest) -> HttpResponse:
    """End that my guardian is it, or ask our staff to."""
    guardians.end_guardian(account=account_of(request))
    return redirect("accounts:guardian")


@require_POST
@permission_required("ride")
def answer_as_guardian(request: HttpRequest, number: int) -> HttpResponse:
    """Confirm, refuse or end, as the phone that was named."""
    answer = request.POST.get("answer")
    if answer not in {"accept", "end"}:
        raise InvalidInput("answer")
    account = account_of(request)
    if answer == "end":
        guardians.answer_as_guardian(account=account, number=number, accepts=False)
        return redirect("accounts:guardian")
    form, status = WardForm(request.POST, auto_id=f"id_{number}_%s"), 400
    if form.is_valid():
        try:
            guardians.answer_as_guardian(
                account=account, number=number, accepts=True, named=form.cleaned_data["name"]
            )
            return redirect("accounts:guardian")
        except (NotTheirName, TooMany) as error:
            explain(form, error)
            status = error.status
    return _guardian_page(request, account, GuardianForm(), status=status, answered=form, number=number)


@require_GET
@permission_required()
def sessions(request: HttpRequest) -> HttpResponse:
    """Where I am signed in, and since when."""
    here = digest(request.session.session_key or "")
    rows = sessions_of(account_of(request), clock.now())
    return render(
        request, "accounts/sessions.html", {"sessions": [(row, row.session_key == here) for row in rows]}
    )


@require_POST
@permission_required()
def end_session(request: HttpRequest) -> HttpResponse:
    """Sign out on one device, by the name that the list gives it, or on all; by way of a sign-in where the last is long ago."""
    name, account, here = request.POST.get("session", ""), account_of(request), request.session.session_key
    if not name:
        raise InvalidInput("session")
    try:
        if name == "all":
            services.end_own_sessions(account=account, here=here)
            services.sign_out(request)
            return redirect("accounts:sign_in")
        services.end_session(account=account, name=name, here=here)
    except SignInAgain as again:
        messages.info(request, again.detail)
        return redirect(f"{reverse('accounts:sign_in')}?{urlencode({'next': reverse('accounts:sessions')})}")
    messages.success(request, _("Signed out on that device."))
    return redirect("accounts:sessions")


@require_http_methods(["GET", "POST"])
@permission_required()
def password(request: HttpRequest) -> HttpResponse:
    """Change my password; who has none yet sets one by a code to the phone."""
    account = account_of(request)
    if not account.has_usable_password():
        return redirect("accounts:password_reset")
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_password(request, account=account, **form.cleaned_data)
            messages.success(request, _("Your password is changed. Other devices are signed out."))
            return redirect("accounts:sessions")
        except DomainError as error:
            explain(form, error)
            return _page(request, "accounts/password.html", form, status=error.status)
    return _page(request, "accounts/password.html", form)


@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest) -> HttpResponse:
    """First the phone, then the code and a new password; one page, two steps, no scripts."""
    template, step_two = "accounts/password_reset.html", "code" in request.POST
    form: Form = PasswordResetForm(request.POST) if step_two else PhoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data | {"asker": asker_with_device(request)}
        try:
            if step_two:
                services.reset_password(**given)
                messages.success(request, _("Your password is changed. Please sign in with it."))
                return redirect("accounts:sign_in")
            services.request_password_code(**given)
            form, step_two = PasswordResetForm(initial=form.cleaned_data), True
        except CodeTooSoon as error:
            if not step_two:
                form = PasswordResetForm(initial=form.cleaned_data)
            return _page_of_code(request, template, form, error)
        except DomainError as error:
            explain(form, error)
            return _page(request, template, form, status=error.status, step_two=step_two)
    return _page(request, template, form, step_two=step_two)


@require_POST
@permission_required()
def remove_contact(request: HttpRequest, contact_id: int) -> HttpResponse:
    services.remove_emergency_contact(account=account_of(request), contact_id=contact_id)
    return redirect("accounts:me")


@require_http_methods(["GET", "POST"])
def contact_answer(request: HttpRequest, secret: str) -> HttpResponse:
    """The page behind the link in the message to an emergency contact."""
    if request.method == "POST":
        contact = services.answer_as_contact(
            secret=secret, accepts=chosen(request, "answer", yes="accept", no="refuse")
        )
    else:
        contact = services.contact_by_secret(secret)
    return render(request, "accounts/contact_answer.html", {"contact": contact})


# --- My data -------------------------------------------------------------------------------------


@require_GET
def kept(request: HttpRequest) -> HttpResponse:
    """What is kept of people, what for, on which ground, who else gets it and for how long (PIPL art. 17): for everybody,
    and before anything is asked. It is what each app says of its tables, and each time is the one in force."""
    told = [
        (each, [(span.name, span.kind.lines(policy.value(span))) for span in spans])
        for each, spans in retention.kept()
    ]
    return render(request, "accounts/kept.html", {"told": told})


@require_GET
@permission_required("ride")
def data(request: HttpRequest) -> HttpResponse:
    """My consents, a copy of all that is kept of me, and how I leave."""
    account = account_of(request)
    copy = newest_export(account)
    context = {
        "consents": own_data.consents_of(account),
        "told": own_data.told_to(account),
        "copy": copy,
        "may_fetch": copy is not None and exports.may_fetch(request, copy),
        "copy_there": copy is not None and copy.picture is not None and copy.picture.destroyed_at is None,
    }
    return render(request, "accounts/data.html", context)


@require_POST
@permission_required("ride")
def consent(request: HttpRequest, key: str) -> HttpResponse:
    """Give or withdraw one of my consents."""
    on = chosen(request, "on")
    own_data.set_consent(account_of(request), key, on=on)
    messages.success(request, _("You agreed to it.") if on else _("Withdrawn. It holds from now on."))
    return redirect("accounts:data")


def _proved(
    request: HttpRequest,
    purpose: str,
    template: str,
    asked: type[ProofForm],
    act: Callable[[Account, Given], HttpResponse],
    more: Callable[[HttpRequest, Account], dict[str, object]] = lambda request, account: {},
) -> HttpResponse:
    """One page, two steps, no scripts: a code is sent, then what it is for is done with it; `more` is what it shows."""
    account = account_of(request)
    form = asked(request.POST) if "code" in request.POST else asked()
    sent, status = form.is_bound, 200
    refusal: DomainError | None = None
    if request.method == "POST":
        try:
            if not form.is_bound:
                exports.send_proof(account=account, purpose=purpose, asker=asker_with_device(request))
                sent = True
            elif form.is_valid():
                return act(account, form.cleaned_data)
        except CodeTooSoon as error:
            sent, status, refusal = True, error.status, error
        except DomainError as error:
            status, refusal = error.status, error
    if refusal is not None and form.is_bound:
        explain(form, refusal)
    elif refusal is not None:
        messages.warning(request, refusal.detail)
    return _page(request, template, form, status=status, sent=sent, **more(request, account))


@require_GET
@permission_required("ride")
def looks_at_me(request: HttpRequest) -> HttpResponse:
    """Who looked at my data, line by line as the journal has it."""
    context = {
        "lines": seen.lines(account_of(request)),
        "saved": number.guess(request.GET.get("saved", "")),
    }
    return render(request, "accounts/looks.html", context)


@require_GET
@permission_required("ride")
def proof_of_look(request: HttpRequest, pk: int) -> HttpResponse:
    """What proves one line to whoever has the script and a checkpoint; `saved` is how many lines that one speaks of."""
    asked = request.GET.get("saved", "")
    saved = number.read(asked, field="saved") if asked else None
    headers = {"Content-Disposition": f'attachment; filename="proof-{pk}.json"', "Cache-Control": "no-store"}
    return JsonResponse(
        seen.proof(account_of(request), pk, saved=saved),
        headers=headers,
        json_dumps_params={"ensure_ascii": False, "indent": 1},
    )


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def data_copy(request: HttpRequest) -> HttpResponse:
    """Ask for a copy of all that is kept of me."""

    def ask(account: Account, given: Given) -> HttpResponse:
        exports.ask_for_copy(request, account=account, **given)
        return redirect("accounts:data")

    return _proved(request, COPY, "accounts/data_copy.html", ProofForm, ask)


@require_GET
@permission_required("ride")
def data_file(request: HttpRequest, code: str) -> HttpResponse:
    """The copy itself, where it was asked for."""
    content = exports.fetch(request, account=account_of(request), code=code)
    return HttpResponse(
        content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="huhang-{code}.zip"',
            "Cache-Control": "no-store",
        },
    )


@require_http_methods(["GET", "POST"])
@permission_required("ride")
def close(request: HttpRequest) -> HttpResponse:
    """What goes and what stays, by which law and until when; then a code, and the account is closed."""

    def leave(account: Account, given: Given) -> HttpResponse:
        leaving.close_account(request, account=account, code=given["code"])
        messages.success(request, _("Your account is closed. Nobody signs in with it any more."))
        return redirect("accounts:sign_in")

    def leaves(request: HttpRequest, account: Account) -> dict[str, object]:
        return {"stays": leaving.what_stays(account), "refused": own_data.why_not_close(account)}

    return _proved(request, CLOSING, "accounts/close.html", CloseForm, leave, leaves)
