# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The request by which a node has its TLS key certified: PKCS#10, of which only the key counts."""

from __future__ import annotations

import hashlib
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from itmo.reasons import ProtocolError, Reason

# A request for a P-256 key has about 200 bytes; the rest is names and extensions nobody reads.
MAX_TLS_REQUEST: Final = 16_384


def make_tls_request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Returns a PKCS#10 request in DER for a key; who it is for is said where it is sent."""
    request = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    return request.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def read_tls_request(der: bytes) -> ec.EllipticCurvePublicKey:
    """Returns the key of a PKCS#10 request; nothing else in it is looked at.

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
        expected = f"a PKCS#10 request in DER of at most {MAX_TLS_REQUEST} bytes"
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            f"tls_request: found {len(der)} bytes, expected {expected}.",
            where="tls_request",
            found=f"{len(der)} bytes",
            expected=expected,
        ) from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise _tls_refused("asks to certify a key that is not ECDSA P-256")  # (2)
    if not _signed_by_itself(request):
        raise _tls_refused("is not signed by the key it asks to certify")  # (3)
    return key


def tls_key_hash(key: ec.EllipticCurvePublicKey) -> bytes:
    """Returns the SHA-256 of the SubjectPublicKeyInfo of a TLS key, 32 bytes."""
    spki = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(spki).digest()


def _signed_by_itself(request: x509.CertificateSigningRequest) -> bool:
    try:
        return request.is_signature_valid
    except (ValueError, UnsupportedAlgorithm):
        return False  # a signature algorithm that nobody should use


def _tls_refused(fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.KEY_REFUSED, f"The TLS request {fault}; make a fresh key and request.", keyid="tls"
    )
