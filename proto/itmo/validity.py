# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How long keys and certificates are good for, read in one place for whoever renews or tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from itmo.keys import PublicKey
from itmo.reasons import ProtocolError, Reason


@dataclass(frozen=True, slots=True)
class Validity:
    """From when until when a key or a certificate is good.

    Attributes:
        what: What it is, in words: "TLS certificate of the broker".
        fingerprint: The key id, or the SHA-256 of the certificate; hexadecimal.
        not_before: First moment of validity.
        not_after: End of validity; of a revoked key its revocation, where that is earlier.
    """

    what: str
    fingerprint: str
    not_before: datetime
    not_after: datetime


def of_key(what: str, key: PublicKey) -> Validity:
    """Returns the validity of a registered key."""
    end = key.not_after if key.revoked_at is None else min(key.not_after, key.revoked_at)
    return Validity(what, key.keyid, key.not_before, end)


def of_certificate(what: str, certificate: x509.Certificate) -> Validity:
    """Returns the validity of a certificate."""
    return Validity(
        what,
        certificate_fingerprint(certificate),
        certificate.not_valid_before_utc,
        certificate.not_valid_after_utc,
    )


def certificate_fingerprint(certificate: x509.Certificate) -> str:
    """Returns the SHA-256 of a certificate, hexadecimal, for comparing over another channel."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def certificates_of(pem: bytes, where: str) -> tuple[x509.Certificate, ...]:
    """Reads every certificate of a PEM file.

    Args:
        pem: What the file holds.
        where: Its name, for the message.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, when there is none or one cannot be read.
    """
    try:
        return tuple(x509.load_pem_x509_certificates(pem))
    except ValueError:
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"{where} holds no certificate in PEM.",
            setting="tls",
            found=where,
            expected="certificates in PEM",
        ) from None


def issuer_among(
    certificate: x509.Certificate, authorities: Iterable[x509.Certificate]
) -> x509.Certificate | None:
    """Returns the authority that issued a certificate, or None."""
    for authority in authorities:
        if isinstance(authority.public_key(), ec.EllipticCurvePublicKey) and _issued(
            certificate, authority
        ):
            return authority
    return None


def _issued(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001 - the library raises several types; each says that it did not
        return False
    return True
