# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Keys for mutual TLS, made here and never shown; and files that are written once."""

import os
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from itmo.reasons import ProtocolError, Reason

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
