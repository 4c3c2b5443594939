"""Who is signed in, and by what second factor, as Django and django-otp ask for it at each request."""

from django.contrib.auth.backends import ModelBackend
from django_otp.middleware import OTPMiddleware

from accounts.models import Account, Authenticator, Passkey
from core.reads import Read

_ACCOUNT = Read(lambda pk: Account.objects.filter(pk=pk), int)


class AccountBackend(ModelBackend):
    """Django's own, by a statement that is written once."""

    def get_user(self, user_id: int) -> Account | None:
        account = _ACCOUNT.first(int(user_id))
        return account if account is not None and self.user_can_authenticate(account) else None


_FACTORS: dict[str, "Read[Authenticator] | Read[Passkey]"] = {
    Authenticator.model_label(): Read(lambda pk: Authenticator.objects.filter(pk=pk), int),
    Passkey.model_label(): Read(lambda pk: Passkey.objects.filter(pk=pk), int),
}


class SecondFactorMiddleware(OTPMiddleware):  # type: ignore[misc]  # untyped library
    """Django-otp's own, by statements that are written once: it asks before each page of the console."""

    def _device_from_persistent_id(self, persistent_id: str) -> Authenticator | Passkey | None:
        label, _slash, number = self._normalize_persistent_id(persistent_id).partition("/")
        factors = _FACTORS.get(label)
        return factors.first(int(number)) if factors is not None and number.isdecimal() else None
