# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Keys for mutual TLS, made here and never shown."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from itmo.files import write_new_file


def generate_tls_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Writes a fresh ECDSA P-256 key to a new file of mode 0600 and returns it.

    Raises:
        ProtocolError: ALREADY_EXISTS; an existing file is never overwritten.
    """
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_new_file(path, pem, secret=True)
    return key
