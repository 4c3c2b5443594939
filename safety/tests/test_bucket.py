"""Chunks in a bucket: the same promises over the S3 protocol, against a real server on loopback."""

import boto3
import pytest
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from safety import chunks
from safety.errors import ChunkDiffers


@pytest.fixture
def bucket(monkeypatch, own_recordings):
    """A bucket of an S3 server that this test starts and stops."""
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=address, region_name="us-east-1")
    client.create_bucket(Bucket="sound")
    options = {
        "bucket_name": "sound",
        "endpoint_url": address,
        "access_key": "test",
        "secret_key": "test",
        "region_name": "us-east-1",
        "default_acl": None,
    }
    known = storages.backends["recordings"]
    storages._backends = {
        **storages.backends,
        "recordings": {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options},
    }
    storages._storages.pop("recordings", None)
    yield client
    storages._backends = {**storages.backends, "recordings": known}
    storages._storages.pop("recordings", None)
    server.stop()


def test_chunks_are_kept_once_read_counted_and_erased(bucket):
    code = "A-BUCKET0001"
    for number in (0, 2, 10):
        chunks.write(code, number, b"sound %d" % number)
    chunks.write(code, 2, b"sound 2")
    with pytest.raises(ChunkDiffers):
        chunks.write(code, 2, b"another")
    assert chunks.read(code, 2) == b"sound 2"
    assert chunks.read(code, 3) is None
    assert chunks.numbers(code) == [0, 2, 10]
    assert chunks.size(code) == 22
    chunks.erase(code)
    assert chunks.numbers(code) == []
    assert "Contents" not in bucket.list_objects_v2(Bucket="sound")


def test_a_recording_that_is_not_there_is_empty(bucket):
    assert chunks.numbers("A-NOTHERE0001") == []
    chunks.erase("A-NOTHERE0001")
