"""Who is signed in, as Django asks for it at each request."""

from django.contrib.auth.backends import ModelBackend

from accounts.models import Account
from core.reads import Read

_ACCOUNT = Read(lambda pk: Account.objects.filter(pk=pk), int)


class AccountBackend(ModelBackend):
    """Django's own, by a statement that is written once."""

    def get_user(self, user_id: int) -> Account | None:
        account = _ACCOUNT.first(int(user_id))
        return account if account is not None and self.user_can_authenticate(account) else None
