"""SMS by approved templates: a sign name, a template's code and its parameters, as providers of the mainland ask for it.

    template+https://HOST/PATH?sign=护航&templates=FILE&token=…&receipts=…

`templates` is a JSON file `{message code: {language: the provider's template code}}`; what it does not name is left to
the next transport. `token` is shown to the provider, `receipts` by it. The call is

    POST https://HOST/PATH  {"key", "to", "sign", "template", "parameters"}   →   {"code": "OK", "id": …}

with the codes below where it is not taken. `manage.py message_templates` prints what is to be submitted.
"""

import json
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from django.conf import settings

from core.messages import catalogue
from core.messages.transports import Letter, NoAnswer, NotTaken, Unfit, WrongRecipient
from core.outside import NEVER_LEFT, trusted

TIMEOUT = httpx.Timeout(3.0, connect=2.0)
TAKEN = "OK"
# What a provider says of a number that does not exist, at once or by a receipt.
WRONG_NUMBER = frozenset({"isv.MOBILE_NUMBER_ILLEGAL", "MOBILE_NOT_EXIST", "isv.MOBILE_NOT_ON_SERVICE"})
# What it says of a message that it does not carry as things are.
UNFIT = frozenset(
    {
        "isv.SMS_TEMPLATE_ILLEGAL",
        "isv.SMS_SIGNATURE_ILLEGAL",
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.PARAM_LENGTH_LIMIT",
    }
)


@lru_cache(maxsize=4)
def _client() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT, trust_env=False, verify=trusted())


@lru_cache(maxsize=4)
def _read(path: str, _changed: float) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(Path(path).read_text())
    return found


class TemplateSms:
    """See the module."""

    sends_text = False

    def __init__(self, name: str, address: str) -> None:
        parts = urlsplit(address.removeprefix("template+"))
        given = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        if "templates" not in given:
            raise ValueError(f"{name}: its address names no file of templates")
        self.name = name
        self.receipt_token = given.get("receipts", "")
        self.url = parts._replace(query="").geturl()
        self.sign = given.get("sign", "护航")
        self._templates, token = given["templates"], given.get("token", "")
        self._shown = {"Authorization": f"Bearer {token}"} if token else {}

    def templates(self) -> dict[str, dict[str, str]]:
        """The provider's codes by message and language; nothing where the file is not there yet.

        Raises `ValueError` where it is no JSON.
        """
        try:
            return _read(self._templates, Path(self._templates).stat().st_mtime)
        except FileNotFoundError:
            return {}

    def hand_over(self, letter: Letter) -> str:
        """As `Transport.hand_over` says."""
        template = self.templates().get(letter.message, {}).get(letter.language)
        if not template:
            raise Unfit(f"{self.name}: no template in {letter.language}")
        body = {
            "key": letter.key,
            "to": letter.to,
            "sign": self.sign,
            "template": template,
            "parameters": self._parameters(letter),
        }
        try:
            answer = _client().post(self.url, json=body, headers=self._shown)
        except NEVER_LEFT as why:
            raise NotTaken(f"{self.name}: {type(why).__name__}") from None
        except httpx.TransportError as why:
            raise NoAnswer(f"{self.name}: {type(why).__name__}") from None
        return self._understood(answer)

    def says_wrong_recipient(self, reason: str) -> bool:
        """As `Transport.says_wrong_recipient` says."""
        return reason in WRONG_NUMBER

    def _parameters(self, letter: Letter) -> dict[str, str]:
        entry = catalogue.of_code(letter.message)
        if entry is None or set(entry.kinds) != set(letter.values):
            raise Unfit(f"{self.name}: a message of another release")
        fitting = {name: kind.fit(letter.values[name]) for name, kind in entry.kinds.items()}
        if too_long := [name for name, value in fitting.items() if value is None]:
            raise Unfit(f"{self.name}: too long: {', '.join(too_long)}")
        return {name: value for name, value in fitting.items() if value is not None}

    def _understood(self, answer: httpx.Response) -> str:
        try:
            said = answer.json()
            code, number = str(said["code"]), str(said.get("id", ""))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise (NoAnswer if answer.status_code >= 500 else NotTaken)(
                f"{self.name}: {answer.status_code}"
            ) from None
        if code == TAKEN and answer.is_success:
            return number
        if code in WRONG_NUMBER:
            raise WrongRecipient(f"{self.name}: {code}")
        raise (Unfit if code in UNFIT else NotTaken)(f"{self.name}: {code}")


def to_submit() -> list[dict[str, Any]]:
    """Every template that a provider has to approve: our name for it, its content, and how long each value may be."""
    return [
        {
            "name": f"HH_{entry.code.upper().replace('.', '_')}_{language[:2].upper()}",
            "message": entry.code,
            "language": language,
            "content": entry.template(language),
            "parameters": {name: kind.longest for name, kind in entry.kinds.items()},
        }
        for entry in catalogue.entries()
        if "sms" in entry.channels
        for language, _name in settings.LANGUAGES
    ]
