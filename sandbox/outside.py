"""The company's telephone system and the gateway of e-mail, WeChat and Weibo: they speak to the platform over HTTP."""

import json
import os
import secrets
import urllib.error
import urllib.request

PLATFORM = os.environ.get("HUHANG_PUBLIC_URL", "http://127.0.0.1:8000")


def _post(path: str, token: str, body: dict[str, str]) -> str:
    """What came of it, for the person who looks: empty where all went well."""
    request = urllib.request.Request(  # noqa: S310 - the platform's own address
        f"{PLATFORM}/api/v1/{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - as above
            return ""
    except urllib.error.HTTPError as error:
        return f"{error.code}: {error.read(300).decode(errors='replace')}"
    except OSError as error:
        return str(error)


def ring(number: str, agent: str) -> str:
    """Put a call from a number through to an agent."""
    body = {"key": secrets.token_hex(8), "number": number, "agent": agent}
    return _post("calls/", os.environ.get("HUHANG_TELEPHONE_TOKEN", ""), body)


def write(channel: str, sender: str, words: str) -> str:
    """Let somebody write to the company from outside."""
    body = {"channel": channel, "key": secrets.token_hex(8), "sender": sender, "words": words}
    return _post("outside-messages/", os.environ.get("HUHANG_OUTSIDE_TOKEN", ""), body)
