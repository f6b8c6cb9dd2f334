# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Files of keys that are to follow those in use, and how they take their place."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from itmo.admission import BrokerKey
from itmo.clock import to_text
from itmo.ed25519 import key_id
from itmo.files import read_plain_file
from itmo.keys import FileSigner, generate_key_file, key_file
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.tls_keys import generate_tls_key
from itmo.runtime.settings_text import change_setting
from registry_node.settings_file import FILE_NAME, PREFIX

if TYPE_CHECKING:
    from registry_node.settings import Settings

_NEXT: Final = ".next"
"""Behind the name of a file: the key that follows it once it is admitted or registered."""


@dataclass(frozen=True, slots=True)
class NextSigner:
    """A signing key that is to follow the one in use.

    Attributes:
        file: Where it lies until then.
        signer: The key.
        made: True where it was made now, false where an earlier run had begun with it.
    """

    file: Path
    signer: FileSigner
    made: bool


def next_of(file: Path) -> Path:
    """Returns where the key lies that is to follow the one in a file."""
    return file.with_name(f"{file.name}{_NEXT}")


def next_signer(settings: Settings) -> NextSigner:
    """Makes the signing key that follows the one in use, or reads the one that was begun with.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where the key lies in no file, or is set by a variable.
    """
    variable = f"{PREFIX}NODE__SIGNER"
    file = key_file(settings.node.signer)
    if file is None or any(name.upper() == variable for name in os.environ):
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"node.signer names no file, or is set by {variable}; register the next key with a"
            " KeyStatement of your own (protocol, chapter 7), name it there, and start again.",
            setting="node.signer",
        )
    waiting = next_of(file)
    if waiting.exists():
        begun = FileSigner.load(waiting)
        if not (file.exists() and FileSigner.load(file).keyid == begun.keyid):
            return NextSigner(waiting, begun, made=False)
        waiting.unlink()  # it is in use: the run that named it was cut off just before this
    return NextSigner(waiting, generate_key_file(waiting), made=True)


def take_signer(folder: Path, settings: Settings, now: datetime) -> Path:
    """Names the next signing key in node.toml; the one before keeps its file.

    Returns:
        The file that is named now.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where node.toml cannot be changed safely.
    """
    file = key_file(settings.node.signer)
    if file is None:  # as `next_signer` found out
        raise ProtocolError(Reason.CONFIGURATION_INVALID, "node.signer names no file.")
    stem = file.name.partition(".")[0].partition("-")[0]
    named, number = file.with_name(f"{stem}-{now:%Y-%m-%d}.pem"), 1
    while named.exists():
        number += 1
        named = file.with_name(f"{stem}-{now:%Y-%m-%d}-{number}.pem")
    # Both names lead to it, so that it is found wherever this is cut off.
    os.link(next_of(file), named)
    change_setting(folder / FILE_NAME, "node", "signer", named.as_uri())
    next_of(file).unlink()
    return named


def next_tls_key(file: Path) -> ec.EllipticCurvePrivateKey:
    """Makes the TLS key that follows the one in a file, or reads the one that was begun with.

    Raises:
        ProtocolError: CONFIGURATION_INVALID.
    """
    waiting = next_of(file)
    return tls_key_in(waiting) if waiting.exists() else generate_tls_key(waiting)


def tls_key_in(file: Path) -> ec.EllipticCurvePrivateKey:
    """Reads a TLS key.

    Raises:
        ProtocolError: CONFIGURATION_INVALID.
    """
    try:
        key = serialization.load_pem_private_key(read_plain_file(file), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"{file} holds no unencrypted ECDSA key; move it away and renew again.",
            setting="tls.key",
            found=str(file),
        )
    return key


def pinned_text(keys: tuple[BrokerKey, ...]) -> str:
    """Returns keys of the broker as node.toml pins them."""
    return "".join(
        f"""
[[broker.keys]]
purpose = "{key.purpose}"
public_key = "{key.public_key.hex()}"
not_before = "{to_text(key.not_before)}"
not_after = "{to_text(key.not_after)}"
"""
        for key in keys
    )


def not_pinned(keys: tuple[BrokerKey, ...], settings: Settings) -> tuple[BrokerKey, ...]:
    """Returns which keys of the broker node.toml does not pin yet."""
    pinned = {key.keyid for key in settings.broker_keys()}
    return tuple(key for key in keys if key_id(key.public_key) not in pinned)
