"""Checkpoints where the database's owner cannot reach: a bucket with object lock, and the time of an authority."""

import hashlib
import secrets
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import boto3
import pytest
from asn1crypto import cms, tsp
from botocore.exceptions import ClientError
from django.core.files.storage import storages
from moto.server import ThreadedMotoServer

from core import clock, outside
from core import stamps as authority
from core.journal import anchor, checkpoints
from core.journal.verify import verify
from core.models import JournalCheckpoint
from sandbox import stamps

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bucket(monkeypatch, settings):
    """A bucket with object lock, of an S3 server that this test starts and stops."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in (
        ("ENDPOINT", f"http://{host}:{port}"),
        ("ACCESS_KEY", "test"),
        ("SECRET_KEY", "test"),
    ):
        monkeypatch.setenv(f"HUHANG_S3_{name}", value)
    client = boto3.client(
        "s3",
        endpoint_url=f"http://{host}:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    name = secrets.token_hex(8)
    client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    from config.settings import _stored

    settings.STORAGES = settings.STORAGES | {"journal": _stored(name, "", "")}
    settings.JOURNAL_BUCKET, settings.JOURNAL_ANCHOR, settings.TIME_URL = name, "", ""
    storages._storages.clear()
    anchor._bucket.cache_clear()
    yield client, name
    anchor._bucket.cache_clear()
    server.stop()


def test_a_checkpoint_in_the_bucket_is_locked_and_verification_reads_it_there(bucket, settings):
    client, name = bucket
    assert checkpoints.publish(clock.now()) == 1
    row = JournalCheckpoint.objects.get()
    assert list(anchor.kept()) == [row.note]
    (found,) = client.list_objects_v2(Bucket=name)["Contents"]
    lock = client.head_object(Bucket=name, Key=found["Key"])
    assert lock["ObjectLockMode"] == "COMPLIANCE"
    assert lock["ObjectLockRetainUntilDate"] > clock.now() + timedelta(days=3 * 365)
    (version,) = client.list_object_versions(Bucket=name)["Versions"]
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(
            Bucket=name, Key=found["Key"], VersionId=version["VersionId"], BypassGovernanceRetention=True
        )
    assert verify().ok
    settings.JOURNAL_BUCKET = "another"
    assert "cannot be read" in verify().first_bad
    with pytest.raises(anchor.NotKept):
        checkpoints.publish(clock.now())


@pytest.fixture
def time_authority(settings, tmp_path, monkeypatch):
    """The sandbox's own code behind a port."""
    monkeypatch.setattr(authority, "WITHIN", 60.0)
    settings.STATE, settings.JOURNAL_ANCHOR = tmp_path, str(tmp_path / "anchor")

    class Door(BaseHTTPRequestHandler):
        def do_POST(self):
            status, reply = stamps.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", authority.REPLY)
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    settings.TIME_URL = f"http://127.0.0.1:{server.server_port}/time/"
    outside._breakers = type(outside._breakers)(default_threshold=5, default_ttl=30.0)
    yield
    server.shutdown()
    server.server_close()


def test_a_checkpoint_is_stamped_and_one_that_could_not_be_is_published_all_the_same(time_authority):
    checkpoints.publish(clock.now())
    row = JournalCheckpoint.objects.get()
    signed = cms.ContentInfo.load(bytes(row.stamp))["content"]
    info = tsp.TSTInfo.load(signed["encap_content_info"]["content"].contents)
    imprint = info["message_imprint"]
    assert imprint["hash_algorithm"]["algorithm"].native == "sha256"
    assert imprint["hashed_message"].native == hashlib.sha256(row.note.encode()).digest()
    stamps.behave({"status": 500})
    checkpoints.publish(clock.now())
    assert bytes(JournalCheckpoint.objects.latest("pk").stamp) == b""
    assert JournalCheckpoint.objects.filter(anchored_at=None).count() == 0
