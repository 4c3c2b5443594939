"""Pictures in a bucket: what one web host takes another shows; read, rotated and destroyed, against a real S3 server."""

import secrets
from datetime import timedelta

import boto3
import pytest
from django.core.files.storage import storages
from django.db import transaction
from moto.server import ThreadedMotoServer

from core import clock, pictures, privacy
from core.actors import SYSTEM
from core.errors import NotFound
from core.models import StoredPicture
from core.rotation import rotate_pictures
from core.tests.test_rotation import two_keys  # noqa: F401 - a fixture


@pytest.fixture
def bucket(monkeypatch, settings):
    """A bucket of an S3 server that this test starts and stops, where pictures go as production's settings say."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
    name = secrets.token_hex(8)  # the server forgets nothing between tests
    client.create_bucket(Bucket=name)
    monkeypatch.setenv("HUHANG_S3_ENDPOINT", address)
    monkeypatch.setenv("HUHANG_S3_ACCESS_KEY", "test")
    monkeypatch.setenv("HUHANG_S3_SECRET_KEY", "test")
    from config.settings import _stored

    settings.STORAGES = settings.STORAGES | {"pictures": _stored(name, "HUHANG_PICTURES", "pictures")}
    yield client, name
    server.stop()


def kept(bucket):
    client, name = bucket
    return [each["Key"] for each in client.list_objects_v2(Bucket=name).get("Contents", [])]


def keep(content=b"a face", days=1):
    written = pictures.store(content)
    with transaction.atomic():
        return pictures.attach(written, purpose="face_check", subject="T-1", keep_for=timedelta(days=days))


def test_another_host_shows_what_one_has_taken(bucket, db):
    row = keep()
    storages._storages.clear()  # as another process begins
    assert pictures.read(actor=SYSTEM, code=row.code) == b"a face"
    client, name = bucket
    lying = client.get_object(Bucket=name, Key=row.name)["Body"].read()
    assert b"a face" not in lying


def test_a_picture_is_destroyed_in_its_time_and_is_then_not_there(bucket, db):
    row = keep()
    assert pictures.sweep(at=clock.now() + timedelta(days=2)) == 1
    assert kept(bucket) == []
    with pytest.raises(NotFound):
        pictures.read(actor=SYSTEM, code=row.code)


def test_a_picture_whose_object_is_gone_is_not_there(bucket, db):
    row = keep()
    client, name = bucket
    client.delete_object(Bucket=name, Key=row.name)
    with pytest.raises(NotFound):
        pictures.read(actor=SYSTEM, code=row.code)


def test_pictures_come_under_the_newest_key(bucket, two_keys, settings):  # noqa: F811 - the fixture
    settings.FIELD_KEYS = [two_keys[0]]
    privacy._keys.cache_clear()
    row = keep()
    before = kept(bucket)
    settings.FIELD_KEYS = list(two_keys)
    privacy._keys.cache_clear()
    assert rotate_pictures() == 1
    row = StoredPicture.objects.get(pk=row.pk)
    assert kept(bucket) == [row.name] != before
    assert pictures.read(actor=SYSTEM, code=row.code) == b"a face"
