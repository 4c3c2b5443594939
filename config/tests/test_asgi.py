"""What the server hands to the pages."""

import pytest
from starlette.testclient import TestClient

from core.tests.factories import set_policy
from safety.models import WelfareCheck


@pytest.mark.django_db(transaction=True)
def test_a_name_with_an_underscore_is_not_taken_for_what_our_proxy_writes(world, valkey, settings):
    from config.asgi import _either as application

    settings.PROXIES = 1
    set_policy("safety.welfare_checks", {"address": 5, "within": 60})
    with TestClient(application, client=("127.0.0.1", 1), follow_redirects=False) as client:
        for number in range(7):
            said = {"missing_phone": f"1380000010{number}", "words": "x", "submission": f"s{number}"}
            named = [
                (b"X-Forwarded-For", b"203.0.113.1"),
                (b"X_Forwarded_For", f"203.0.113.1{number}".encode()),
            ]
            assert client.post("/welfare-check/", data=said, headers=named).status_code == 302
    assert WelfareCheck.objects.filter(from_crowd=True).count() == 2
