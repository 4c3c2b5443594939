"""The environment of this machine, for commands that are typed by hand beside `make run`."""

import base64
import json
import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

BASE_DIR = Path(__file__).resolve().parent.parent
NO_DATABASE = "postgres://nobody@127.0.0.1:1/none"

# Whoever has one of them and no stage lost the others: what stands in this shell is still a company's.
KEYS = (
    *("HUHANG_SECRET_KEY", "HUHANG_FIELD_KEYS", "HUHANG_INDEX_KEY"),
    *("HUHANG_AUDIT_KEY", "HUHANG_FACE_KEY", "HUHANG_SEAL_KEY"),
)


def is_production() -> bool:
    """Whether this shell has the environment of a company's platform: where a stage is not said, any of its keys says it."""
    stage = os.environ.get("HUHANG_STAGE")
    return stage == "production" or (not stage and any(key in os.environ for key in KEYS))


def refuse_production(what: str) -> None:
    """For what is meant for the machines of those who write the platform. Raises `SystemExit` with a sentence."""
    if is_production():
        raise SystemExit(
            f"{what} is not for production, whose settings stand in this shell; nothing was done."
        )


def new_seal(owner: str = "Huhang demo") -> tuple[str, str]:
    """The seal of `owner` for releases to the police, and its chain, the root last: base64 of PKCS #8 and of PEM.

    A company has its seal from a certification authority instead.
    """
    root_name = f"{owner} root"
    root, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())

    def certificate(name: str, public: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.Certificate:
        organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner)
        usage = x509.KeyUsage(
            digital_signature=not authority,
            content_commitment=not authority,
            key_cert_sign=authority,
            crl_sign=authority,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, root_name)]))
            .public_key(public)
            .serial_number(x509.random_serial_number())
            # Drills play in 2018.
            .not_valid_before(datetime(2018, 1, 1, tzinfo=UTC))
            .not_valid_after(datetime(2048, 1, 1, tzinfo=UTC))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key()), False)
        )
        return made.sign(root, hashes.SHA256())

    chain = (
        certificate(f"{owner} seal", key.public_key(), authority=False),
        certificate(root_name, root.public_key(), authority=True),
    )
    private = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = b"".join(each.public_bytes(serialization.Encoding.PEM) for each in chain)
    return base64.b64encode(private).decode(), base64.b64encode(pem).decode()


def new_secrets() -> dict[str, str]:
    """Fresh keys and passwords for one state folder."""
    seal, chain = new_seal()

    def key() -> str:
        return base64.b64encode(secrets.token_bytes(32)).decode()

    return {
        "HUHANG_SECRET_KEY": secrets.token_urlsafe(48),
        "HUHANG_FIELD_KEYS": f"1:{key()}",
        "HUHANG_INDEX_KEY": key(),
        "HUHANG_AUDIT_KEY": key(),
        "HUHANG_FACE_KEY": key(),
        "HUHANG_PUSH_KEYS": f"1:{key()}",
        "HUHANG_SEAL_KEY": seal,
        "HUHANG_SEAL_CHAIN": chain,
        "HUHANG_TELEPHONE_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_OUTSIDE_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_SMS_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_RECEIPT_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_CENTRE_KEY": secrets.token_urlsafe(32),
        "HUHANG_REGULATOR_KEY": secrets.token_urlsafe(32),
        "HUHANG_METRICS_TOKEN": secrets.token_urlsafe(24),
        "HUHANG_OWNER_PASSWORD": secrets.token_urlsafe(18),
        "HUHANG_APP_PASSWORD": secrets.token_urlsafe(18),
        "HUHANG_BOARD_PASSWORD": secrets.token_urlsafe(18),
        "HUHANG_VALKEY_PASSWORD": secrets.token_urlsafe(18),
        "HUHANG_DEMO_PASSWORD": "huhang-" + secrets.token_hex(4),
    }


def throwaway_environment() -> dict[str, str]:
    """An environment in which settings load; its database and broker answer nothing."""
    return {
        **new_secrets(),
        "HUHANG_STAGE": "scratch",
        "DATABASE_URL": NO_DATABASE,
        "REDIS_URL": "redis://127.0.0.1:1/0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


def local_environment() -> dict[str, str]:
    """What the stack of `make run` on this state folder uses; throw-away secrets where there is none."""
    path = Path(os.environ.get("HUHANG_STATE", BASE_DIR / "var")) / "run" / "environment.json"
    if path.is_file():
        found: dict[str, str] = json.loads(path.read_text())
        return found
    return throwaway_environment()
