"""The API's schema is made once a language, and is what it would be without that."""

import io
from contextlib import redirect_stderr

from django.utils import translation
from drf_spectacular.drainage import GENERATOR_STATS, reset_generator_stats
from drf_spectacular.generators import SchemaGenerator

from core.errors import PROBLEM_TYPE
from core.schema import REFUSALS, WITH_BODY, Generator


def test_it_is_made_once_a_language_and_says_all(client, db, monkeypatch):
    with translation.override("en"):
        assert Generator().get_schema() == SchemaGenerator().get_schema(request=None, public=True)
    monkeypatch.setattr(SchemaGenerator, "parse", None)  # whoever made it anew would fail
    for path in ("/api/v1/schema/", "/api/v1/docs/"):
        assert client.get(path, headers={"accept-language": "en"}).status_code == 200


def made():
    return Generator(api_version="1").get_schema(public=True)


def operations():
    for path, methods in made()["paths"].items():
        for method, said in methods.items():
            yield f"{method} {path}", said


def test_nothing_in_it_is_guessed_and_no_two_things_have_one_name():
    """Two serializers of one name described police requests as requests of a hitch ride; one operation had two names."""
    reset_generator_stats()
    with redirect_stderr(io.StringIO()) as said:
        SchemaGenerator().get_schema(request=None, public=True)
        GENERATOR_STATS.emit_summary()
    assert said.getvalue() == ""


def test_every_operation_has_a_name_of_its_own():
    names = [said["operationId"] for _call, said in operations()]
    assert len(set(names)) == len(names) > 80


def test_every_call_says_how_it_may_be_refused():
    for call, said in operations():
        if "/live/" in call:
            continue
        refusals = set(REFUSALS) - (set() if "requestBody" in said else WITH_BODY)
        assert refusals <= set(said["responses"]), call
        assert list(said["responses"]["400"]["content"]) == [PROBLEM_TYPE]
