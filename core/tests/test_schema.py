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


def bodies():
    """(call, kind of content, its schema) of every body, where a component is meant that component."""
    components = made()["components"]["schemas"]
    for call, said in operations():
        for kind, content in said.get("requestBody", {}).get("content", {}).items():
            schema = content["schema"]
            yield call, kind, components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def test_a_file_is_bytes_of_a_form_and_never_an_address():
    """Files were addresses, and JSON was said to hold them: a client that believed it was refused."""
    forms = 0
    for call, kind, schema in bodies():
        for name, said in schema.get("properties", {}).items():
            assert said.get("items", said).get("format") != "uri" or name == "endpoint", (call, name)
            if said.get("items", said).get("format") == "binary":
                assert kind == "multipart/form-data", (call, kind, name)
                forms += 1
    assert forms > 5


def test_a_call_that_changes_some_fields_says_which_it_needs():
    schema = next(schema for call, _kind, schema in bodies() if call == "patch /api/v1/driver/application/")
    assert schema["required"] == ["fields_typed"]


def test_what_may_not_be_blank_says_so_and_what_is_never_refused_says_that():
    by_call = {
        (call, kind): schema["properties"] for call, kind, schema in bodies() if "properties" in schema
    }
    assert by_call["post /api/v1/trips/{code}/owners/", "application/json"]["way"]["pattern"] == r"\S"
    words = by_call["post /api/v1/welfare-checks/", "application/json"]["words"]
    assert words["type"] == ["string", "number", "null"]
    assert "pattern" not in words
    assert "null" not in by_call["post /api/v1/welfare-checks/{secret}/", "application/json"]["words"]["type"]
    assert by_call["post /api/v1/trips/", "application/json"]["city"]["pattern"].startswith("^[")
    assert by_call["post /api/v1/me/contacts/", "application/json"]["phone"]["pattern"] == r"\S"


def named(said):
    """The components that a part of the schema names."""
    if isinstance(said, list):
        return set().union(*map(named, said))
    if not isinstance(said, dict):
        return set()
    return (
        set().union(*map(named, said.values())) | {said["$ref"]}
        if "$ref" in said
        else set().union(*map(named, said.values()))
    )


def test_what_is_sent_and_what_is_answered_are_described_apart():
    """Where one serializer is both, what may not be blank in a body would be a promise about answers."""
    sent, answered = set(), set()
    for _call, said in operations():
        sent |= named(said.get("requestBody", {}))
        answered |= named(said["responses"])
    assert not sent & answered
