"""Tokens that machines show, and how one is turned while both sides go on."""

import pytest

from core import production

OLD, NEW = "kW3vXz81QbLmNfYt5GhRs7Pd", "Zc6jUe29TaVoKxHr4DwMy0Bq"


@pytest.mark.parametrize("setting", [f"{NEW},{OLD}", f"{NEW} , {OLD}"])
def test_while_a_token_is_turned_both_are_good(client, world, settings, setting):
    def asked(shown):
        return client.get("/metrics", headers={"authorization": f"Bearer {shown}"}).status_code

    settings.METRICS_TOKEN = OLD
    assert (asked(OLD), asked(NEW)) == (200, 404)
    settings.METRICS_TOKEN = setting
    assert (asked(OLD), asked(NEW)) == (200, 200)
    settings.METRICS_TOKEN = NEW
    assert (asked(OLD), asked(NEW)) == (404, 200)
    for shown in ("", ",", f"{NEW},{OLD}", f"{NEW},", NEW[:-1]):
        assert asked(shown) == 404, shown


@pytest.mark.parametrize("setting", ["", ",", " , "])
def test_where_none_is_set_nobody_shows_it(client, world, settings, setting):
    settings.METRICS_TOKEN = setting
    for shown in ("", ",", " "):
        assert client.get("/metrics", headers={"authorization": f"Bearer {shown}"}).status_code == 404


def test_a_weak_one_beside_a_strong_one_is_weak(settings):
    settings.METRICS_TOKEN = f"{NEW},secret"
    assert any("HUHANG_METRICS_TOKEN is weak" in each for each in production.secrets())
    settings.METRICS_TOKEN = f"{NEW},{OLD}"
    assert not any("HUHANG_METRICS_TOKEN" in each for each in production.secrets())
