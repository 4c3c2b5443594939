"""The sandbox's time authority: real tokens by its own key, over HTTP, slow or dead when told so."""

import hashlib
import json

import pytest
from asn1crypto import algos, cms, tsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

DIGEST = hashlib.sha256(b"a document").digest()


@pytest.fixture
def ask(settings, tmp_path, client):
    settings.ROOT_URLCONF = "sandbox.urls"
    settings.STATE = tmp_path
    settings.MIDDLEWARE = []
    settings.ALLOWED_HOSTS = ["*"]

    def asked(body, kind="application/timestamp-query"):
        return client.post("/time/", body, content_type=kind)

    return asked


def query(nonce=7):
    imprint = {
        "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
        "hashed_message": DIGEST,
    }
    asked = {
        "version": 1,
        "message_imprint": tsp.MessageImprint(imprint),
        "nonce": cms.Integer(nonce),
        "cert_req": True,
    }
    return tsp.TimeStampReq(asked).dump()


def test_the_token_is_of_what_was_asked_and_by_the_authoritys_own_key(ask, tmp_path):
    answer = ask(query())
    assert answer["Content-Type"] == "application/timestamp-reply"
    reply = tsp.TimeStampResp.load(answer.content)
    assert reply["status"]["status"].native == "granted"
    signed = reply["time_stamp_token"]["content"]
    info = signed["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST
    assert info["nonce"].native == 7
    signer = signed["signer_infos"][0]
    certificate = x509.load_pem_x509_certificate((tmp_path / "time_authority.pem").read_bytes())
    attributes = signer["signed_attrs"].untag().dump()
    certificate.public_key().verify(signer["signature"].native, attributes, PKCS1v15(), hashes.SHA256())


def test_what_is_no_query_gets_no_token(ask):
    assert ask(b"nonsense").status_code == 400
    assert ask(query(), kind="text/plain").status_code == 415


def test_it_can_be_dead_and_come_back(ask, client):
    def told(**how):
        return client.post("/time/behaviour/", json.dumps(how), content_type="application/json").status_code

    assert told(status=503) == 200
    assert ask(query()).status_code == 503
    assert told(what=1) == 400
    assert told() == 200
    assert ask(query()).status_code == 200
