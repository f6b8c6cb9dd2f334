# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Signing keys: who may sign what and when, and the signers that hold the secrets."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import SplitResult, unquote, urlsplit

from itmo.clock import to_text
from itmo.ed25519 import check_public_key, key_id, key_refused
from itmo.files import write_new_file
from itmo.identifiers import NodeId
from itmo.reasons import ProtocolError, Reason, plain, shown

if TYPE_CHECKING:
    # Loaded where a secret is read: whoever only verifies, or asks, does without.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_MAX_KEY_FILE: Final = 16_384  # bytes; a PKCS#8 file of an Ed25519 key has about 120


class KeyPurpose(StrEnum):
    """What a key may sign. A key has one purpose for all its life."""

    SIGN_MESSAGE = "SIGN_MESSAGE"
    SIGN_RECEIPT = "SIGN_RECEIPT"
    OPERATE = "OPERATE"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A registered key: one node, one purpose, one period.

    Attributes:
        keyid: Result of `key_id(raw)`.
        node: The node that signs with it.
        purpose: What it may sign.
        raw: The 32 bytes of the Ed25519 public key.
        not_before: First moment of validity.
        not_after: End of validity; at this moment the key is no longer valid.
        revoked_at: From this moment on the key is revoked, or None.
        revoked_index: Place in the log of the revocation, where it is known; what is decided after
            it this key cannot sign, whatever time is stated.

    Raises:
        ProtocolError: KEY_REFUSED, when the key is not admissible or the fields contradict.
    """

    keyid: str
    node: NodeId
    purpose: KeyPurpose
    raw: bytes
    not_before: datetime
    not_after: datetime
    revoked_at: datetime | None = None
    revoked_index: int | None = None

    def __post_init__(self) -> None:
        check_public_key(self.raw)
        if self.keyid != key_id(self.raw):
            raise key_refused(self.raw, f"is filed under another id, {shown(self.keyid)}")
        if not self.not_before < self.not_after:
            raise key_refused(self.raw, "has a validity that ends before it begins")


class Keyring:
    """The keys known at one moment, by key id. Immutable: a change of keys is a new key ring."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self._keys: dict[str, PublicKey] = {}
        for key in keys:
            # A key listed twice could have two nodes or purposes, and the order would decide.
            if key.keyid in self._keys:
                raise key_refused(key.raw, "is listed twice in one key ring")
            self._keys[key.keyid] = key

    def with_keys(self, changed: Iterable[PublicKey]) -> Keyring:
        """Returns a key ring in which each changed key is added, or takes its old form's place."""
        return Keyring({**self._keys, **{key.keyid: key for key in changed}}.values())

    def __iter__(self) -> Iterator[PublicKey]:
        """Goes through the keys, in no order that counts."""
        return iter(self._keys.values())

    def known(self, keyid: str) -> PublicKey | None:
        """Returns the key of an id, whatever its validity; None where there is none."""
        return self._keys.get(keyid)

    def fault(self, keyid: str, node: NodeId, purpose: KeyPurpose, at: datetime) -> str:
        """Says why a node may not sign for a purpose with a key at a time; empty where it may."""
        try:
            key = self.find(keyid, purpose, at)
        except ProtocolError as error:
            return error.message.rstrip(".")
        return "" if key.node == node else f"it is registered for {key.node}"

    def find(
        self, keyid: str, purpose: KeyPurpose, at: datetime, place: int | None = None
    ) -> PublicKey:
        """Returns the key that may sign for a purpose at a time, and at a place in the log.

        Raises:
            ProtocolError: KEY_UNKNOWN, KEY_WRONG_PURPOSE, KEY_REVOKED or KEY_NOT_VALID_NOW.
        """
        key = self._keys.get(keyid)
        if key is None:
            raise ProtocolError(
                Reason.KEY_UNKNOWN,
                f"No key with id {shown(keyid)} is registered; register it or use another.",
                keyid=plain(keyid),
            )
        if key.purpose is not purpose:
            raise ProtocolError(
                Reason.KEY_WRONG_PURPOSE,
                f"Key {keyid} is registered for {key.purpose}, not for {purpose}.",
                keyid=keyid,
                found=key.purpose,
                expected=purpose,
            )
        if key.revoked_at is not None and (at >= key.revoked_at or _after(place, key)):
            raise ProtocolError(
                Reason.KEY_REVOKED,
                f"Key {keyid} is revoked since {to_text(key.revoked_at)}; use another key.",
                keyid=keyid,
                revoked_at=to_text(key.revoked_at),
            )
        if not key.not_before <= at < key.not_after:
            first, end, now = to_text(key.not_before), to_text(key.not_after), to_text(at)
            raise ProtocolError(
                Reason.KEY_NOT_VALID_NOW,
                f"Key {keyid} is valid from {first} until before {end}, but it is {now}.",
                keyid=keyid,
                not_before=first,
                not_after=end,
                now=now,
            )
        return key


def _after(place: int | None, key: PublicKey) -> bool:
    """Whoever steals a key states what time it likes; its place in the log it cannot choose."""
    return place is not None and key.revoked_index is not None and place > key.revoked_index


class Signer(Protocol):
    """Something that signs with one Ed25519 key and never shows the secret."""

    @property
    def keyid(self) -> str:
        """Key id of the public key."""
        ...

    @property
    def public_key(self) -> bytes:
        """The 32 bytes of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Returns the 64 bytes of the signature of a message."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class MemorySigner:
    """A signer whose secret lies in this process.

    Attributes:
        keyid: Key id of the public key.
        public_key: The 32 bytes of the public key.
    """

    _secret: Ed25519PrivateKey = field(repr=False)
    public_key: bytes = field(init=False, repr=False)
    keyid: str = field(init=False)

    def __post_init__(self) -> None:
        # The way a frozen dataclass sets what it derives.
        object.__setattr__(self, "public_key", self._secret.public_key().public_bytes_raw())
        object.__setattr__(self, "keyid", key_id(self.public_key))

    @classmethod
    def from_seed(cls, seed: bytes) -> MemorySigner:
        """Makes the signer of a 32-byte seed (RFC 8032 section 5.1.5)."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """Returns the 64 bytes of the signature of a message."""
        return self._secret.sign(message)


class FileSigner(MemorySigner):
    """A signer whose secret is read once from an unencrypted PKCS#8 PEM file of mode 0600."""

    __slots__ = ()

    @classmethod
    def load(cls, path: Path) -> FileSigner:
        """Reads the key file.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when the file is missing, not a plain file, open
                to group or others, or holds anything but an unencrypted Ed25519 private key.
        """
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        pem = _read_private_file(path)
        try:
            secret = serialization.load_pem_private_key(pem, password=None)
        # The library raises many types for a bad file; none of their texts may reach a log.
        except Exception:  # noqa: BLE001 - every failure to read a key is the same refusal
            secret = None
        if not isinstance(secret, Ed25519PrivateKey):
            raise _bad_file(path, "holds no unencrypted Ed25519 private key in PKCS#8 PEM")
        return cls(secret)


def generate_key_file(path: Path) -> FileSigner:
    """Writes a fresh private key to a new file of mode 0600 and returns its signer.

    Raises:
        ProtocolError: ALREADY_EXISTS; an existing key is never overwritten.
    """
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    secret = Ed25519PrivateKey.generate()
    pem = secret.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    # A key that is registered and then lost in a power cut would lock its node out.
    write_new_file(path, pem, secret=True)
    return FileSigner(secret)


def _read_private_file(path: Path) -> bytes:
    try:
        # Non-blocking, so that a named pipe in place of the file cannot hold up the start.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as error:
        raise _bad_file(path, f"cannot be opened: {error.strerror}") from None
    try:
        # Asked of the open file, not of the path, which could be exchanged in between.
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise _bad_file(path, "is not a plain file")
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise _bad_file(path, "is open to group or others; set its mode to 0600")
        return os.read(descriptor, _MAX_KEY_FILE)
    finally:
        os.close(descriptor)


def _bad_file(path: Path, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.CONFIGURATION_INVALID,
        f"The key file {path} {fault}.",
        setting="signer",
        found=str(path),
        expected="a PKCS#8 PEM file of mode 0600",
    )


def key_file(uri: str) -> Path | None:
    """Returns the file that a signer's URI names; None where its key is elsewhere."""
    parts = urlsplit(uri)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _signer_from_file(uri: SplitResult) -> Signer:
    path = Path(unquote(uri.path))
    if uri.netloc or not path.is_absolute():
        raise _bad_file(path, "must be named by an absolute path: file:///path/to/key.pem")
    return FileSigner.load(path)


SIGNER_FOR_URI_SCHEME: Final[dict[str, Callable[[SplitResult], Signer]]] = {
    "file": _signer_from_file
}
"""Makers of signers by URI scheme; a program adds its hardware modules here when it starts."""


def signer_from_uri(uri: str) -> Signer:
    """Returns the signer that a URI names, such as `file:///etc/itmo/message.pem`.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, naming the known schemes or the fault. The URI itself
            is not repeated, since URIs of hardware modules can hold a PIN.
    """
    scheme, colon, _ = uri.partition(":")
    maker = SIGNER_FOR_URI_SCHEME.get(scheme.lower()) if colon else None
    if maker is None:
        known = ", ".join(sorted(SIGNER_FOR_URI_SCHEME))
        found = shown(scheme) if colon else "no scheme"
        raise ProtocolError(
            Reason.CONFIGURATION_INVALID,
            f"A signer is named by a URI with one of the schemes {known}; found {found}.",
            setting="signer",
            found=found,
            expected=known,
        )
    return maker(urlsplit(uri))
