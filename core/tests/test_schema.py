"""The API's schema is made once a language, and is what it would be without that."""

from django.utils import translation
from drf_spectacular.generators import SchemaGenerator

from core.schema import Generator


def test_it_is_made_once_a_language_and_says_all(client, db, monkeypatch):
    with translation.override("en"):
        assert Generator().get_schema() == SchemaGenerator().get_schema(request=None, public=True)
    monkeypatch.setattr(SchemaGenerator, "parse", None)  # whoever made it anew would fail
    for path in ("/api/v1/schema/", "/api/v1/docs/"):
        assert client.get(path, headers={"accept-language": "en"}).status_code == 200
