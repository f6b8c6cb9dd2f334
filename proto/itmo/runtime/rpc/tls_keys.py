# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Keys for mutual TLS: made here, never shown; and the request by which one is certified."""

import hashlib
import os
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from itmo.reasons import ProtocolError, Reason

# A request for a P-256 key has about 200 bytes; the rest is names and extensions nobody reads.
MAX_TLS_REQUEST: Final = 16_384
_SECRET_MODE: Final = 0o600
_PUBLIC_MODE: Final = 0o644


def generate_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Write a fresh ECDSA P-256 key to a new file of mode 0600 and return it.

    Raises:
        ProtocolError: ALREADY_EXISTS; an existing file is never overwritten.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new_file(path, pem, secret=True)
    return key


def make_tls_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return a PKCS#10 request in DER for a key; who it is for is said where it is sent."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def read_tls_request(der: bytes) -> ec.EllipticCurvePublicKey:
    """Return the key of a PKCS#10 request; nothing else in it is looked at.

    1. The request is well formed and of bearable size.
    2. The key is ECDSA P-256, which gRPC and every TLS 1.3 stack can use.
    3. The request is signed by its own key.

    Raises:
        ProtocolError: PAYLOAD_INVALID (1), KEY_REFUSED (2, 3).
    """
    try:
        if len(der) > MAX_TLS_REQUEST:
            raise ValueError
        request = x509.load_der_x509_csr(der)  # (1)
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"tls_request: expected a PKCS#10 request in DER of at most {MAX_TLS_REQUEST} bytes;"
            " make the joining request again.",
            where="tls_request",
            found=f"{len(der)} bytes",
            expected="PKCS#10 in DER",
        ) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _refused("asks to certify a key that is not ECDSA P-256")  # (2)
    if not _signed_by_itself(request):
        raise _refused("is not signed by the key it asks to certify")  # (3)
    return key


def tls_key_hash(key: ec.EllipticCurvePublicKey) -> bytes:
    """Return the SHA-256 of the SubjectPublicKeyInfo of a TLS key, 32 bytes."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def write_new_file(path: Path, content: bytes, *, secret: bool = False) -> None:
    """Write a file that must not exist yet, and make it survive a power cut.

    Args:
        path: Where to.
        content: What.
        secret: Whether only the owner may read it (mode 0600 from the first moment on).

    Raises:
        ProtocolError: ALREADY_EXISTS.
    """
    mode = _SECRET_MODE if secret else _PUBLIC_MODE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"{path} exists; choose another place, this file is never overwritten.",
            where="file",
            found=str(path),
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _signed_by_itself(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return False  # a signature algorithm that nobody should use


def _refused(fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.KEY_REFUSED, f"The TLS request {fault}; make a fresh key and request.", keyid="tls"
    )
