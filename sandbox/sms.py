"""An SMS provider as those of the mainland are: it sends approved templates with their parameters and nothing else.

It knows the templates that stand in its state folder, refuses what they do not allow, and brings receipts by HTTP. It
can be told to misbehave: to hang, to answer with a code, to send receipts of failure, or none.
"""

import hashlib
import hmac
import json
import os
import re
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from sandbox import messages

PLATFORM = os.environ.get("HUHANG_PUBLIC_URL", "http://127.0.0.1:8000")
NAME = "template"  # how the platform's settings call this provider
SIGN = "护航"
LONGEST = 1000
_NUMBER = re.compile(r"\+861[3-9]\d{9}")
DEFAULTS: dict[str, Any] = {"hang": 0.0, "code": "OK", "receipt": "delivered", "reason": "", "after": 0.3}


def _path(name: str) -> Path:
    folder: Path = settings.STATE  # type: ignore[misc]  # the sandbox has settings of its own
    folder.mkdir(parents=True, exist_ok=True)
    return folder / name


def _read(name: str) -> dict[str, Any]:
    path = _path(name)
    found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    return found


def behave(wanted: dict[str, Any]) -> None:
    """From now on: `hang` seconds before an answer, the `code` of every answer, and the `receipt` that follows
    (`delivered`, `failed` with a `reason`, or `none`) `after` seconds. What is not named is as at first.

    Raises `ValueError` for another name.
    """
    if unknown := set(wanted) - set(DEFAULTS):
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    _path("sms_behaviour.json").write_text(json.dumps(wanted))


def knows(token: str) -> bool:
    """Whether this is the token of our only customer; anybody is, where none is set."""
    known = os.environ.get("HUHANG_SMS_TOKEN", "")
    return not known or hmac.compare_digest(token.encode(), known.encode())


def send(body: dict[str, Any]) -> dict[str, str]:
    """The provider's answer: `{"code": "OK", "id": …}`, or the code of what is wrong. A repeated key is one message."""
    manner = DEFAULTS | _read("sms_behaviour.json")
    time.sleep(float(manner["hang"]))
    if manner["code"] != "OK":
        return {"code": str(manner["code"])}
    key, to = body.get("key"), body.get("to")
    if not isinstance(key, str) or not key or not isinstance(to, str) or not _NUMBER.fullmatch(to):
        return {"code": "isv.MOBILE_NUMBER_ILLEGAL" if key else "isv.INVALID_PARAMETERS"}
    code, text = _filled(body)
    if code != "OK":
        return {"code": code}
    messages.keep(
        {
            "channel": "sms",
            "to": to,
            "key": key,
            "text": f"【{SIGN}】{text}",
            "at": timezone.now().isoformat(timespec="seconds"),
            "template": body["template"],
        }
    )
    if manner["receipt"] != "none":
        receipt = {"key": key, "state": manner["receipt"], "reason": manner["reason"]}
        timer = threading.Timer(float(manner["after"]), _receipts.add, [receipt])
        timer.daemon = True
        timer.start()
    return {"code": "OK", "id": hashlib.sha256(key.encode()).hexdigest()[:16]}


def _filled(body: dict[str, Any]) -> tuple[str, str]:
    """`OK` and the template with its parameters, or the code of what is wrong with them."""
    template = _read("sms_templates.json").get(str(body.get("template")))
    given = body.get("parameters")
    if body.get("sign") != SIGN:
        return "isv.SMS_SIGNATURE_ILLEGAL", ""
    if template is None or template["state"] != "approved":
        return "isv.SMS_TEMPLATE_ILLEGAL", ""
    longest: dict[str, int] = template["parameters"]
    if not isinstance(given, dict) or set(given) != set(longest):
        return "isv.TEMPLATE_MISSING_PARAMETERS", ""
    if not all(isinstance(value, str) for value in given.values()):
        return "isv.TEMPLATE_PARAMS_ILLEGAL", ""
    if any(len(value) > longest[name] for name, value in given.items()):
        return "isv.PARAM_LENGTH_LIMIT", ""
    text = re.sub(r"\$\{(\w+)\}", lambda found: given[found[1]], template["content"])
    return ("OK", text) if len(text) <= LONGEST else ("isv.PARAM_LENGTH_LIMIT", "")


class _Receipts:
    """Those that are due, brought together as providers do it: those of `PAUSE` seconds, `MOST` at most, in one call."""

    PAUSE, MOST = 0.2, 500

    def __init__(self) -> None:
        self._lock, self._waiting = threading.Lock(), list[dict[str, Any]]()

    def add(self, receipt: dict[str, Any]) -> None:
        """Whoever adds the first one brings all that others add meanwhile."""
        with self._lock:
            self._waiting.append(receipt)
            if len(self._waiting) > 1:
                return
        time.sleep(self.PAUSE)
        with self._lock:
            due, self._waiting = self._waiting, []
        for first in range(0, len(due), self.MOST):
            bring(due[first : first + self.MOST])


_receipts = _Receipts()


def bring(receipts: list[dict[str, Any]]) -> bool:
    """Bring receipts to the platform, again and again for a minute; False where they were not taken."""
    body = json.dumps({"receipts": receipts}).encode()
    token = os.environ.get("HUHANG_RECEIPT_TOKEN", "")
    for wait in (0.5, 1, 2, 5, 10, 20, 20):
        request = urllib.request.Request(  # noqa: S310 - the platform's own address
            f"{PLATFORM}/api/v1/receipts/{NAME}/",
            data=body,
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - as above
                return True
        except urllib.error.HTTPError as error:
            if error.code < 500:
                return False
        except OSError:
            pass
        time.sleep(wait)
    return False
