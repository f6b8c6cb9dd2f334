# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import os
import stat
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from itmo.ed25519 import key_id, verify
from itmo.identifiers import NodeId
from itmo.keys import (
    FileSigner,
    KeyPurpose,
    Keyring,
    MemorySigner,
    PublicKey,
    generate_key_file,
    signer_from_uri,
)
from itmo.reasons import ProtocolError, Reason

START = datetime(2026, 1, 1, tzinfo=UTC)
END = datetime(2027, 1, 1, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
SIGNER = MemorySigner.from_seed(bytes(32))


def public_key(revoked_at: datetime | None = None, **changes: str) -> PublicKey:
    return PublicKey(
        keyid=changes.get("keyid", SIGNER.keyid),
        node=NodeId("che-registry"),
        purpose=KeyPurpose.SIGN_MESSAGE,
        raw=SIGNER.public_key,
        not_before=START,
        not_after=END,
        revoked_at=revoked_at,
    )


def reason_of(call: Callable[[], object]) -> Reason:
    with pytest.raises(ProtocolError) as caught:
        call()
    return caught.value.reason


@pytest.mark.parametrize("at", [START, START + INSTANT, END - INSTANT])
def test_a_key_is_found_within_its_validity(at: datetime) -> None:
    key = public_key()
    assert Keyring([key]).find(key.keyid, KeyPurpose.SIGN_MESSAGE, at) is key


@pytest.mark.parametrize("at", [START - INSTANT, END, END + INSTANT])
def test_a_key_is_not_valid_outside(at: datetime) -> None:
    ring = Keyring([public_key()])
    found = reason_of(lambda: ring.find(SIGNER.keyid, KeyPurpose.SIGN_MESSAGE, at))
    assert found is Reason.KEY_NOT_VALID_NOW


def test_revocation_begins_at_its_moment() -> None:
    revoked_at = START + timedelta(days=9)
    ring = Keyring([public_key(revoked_at)])
    ring.find(SIGNER.keyid, KeyPurpose.SIGN_MESSAGE, revoked_at - INSTANT)
    for at in (revoked_at, END + INSTANT):
        found = reason_of(partial(ring.find, SIGNER.keyid, KeyPurpose.SIGN_MESSAGE, at))
        assert found is Reason.KEY_REVOKED


@pytest.mark.parametrize("purpose", [KeyPurpose.SIGN_RECEIPT, KeyPurpose.OPERATE])
def test_a_key_serves_one_purpose(purpose: KeyPurpose) -> None:
    ring = Keyring([public_key()])
    assert reason_of(lambda: ring.find(SIGNER.keyid, purpose, START)) is Reason.KEY_WRONG_PURPOSE


@pytest.mark.parametrize("keyid", ["", "x" * 9999, SIGNER.keyid.upper(), SIGNER.keyid[:8]])
def test_unknown_keys(keyid: str) -> None:
    ring = Keyring([public_key()])
    found = reason_of(lambda: ring.find(keyid, KeyPurpose.SIGN_MESSAGE, START))
    assert found is Reason.KEY_UNKNOWN


def test_a_registered_key_is_consistent() -> None:
    good = public_key()
    assert reason_of(lambda: public_key(keyid="0" * 64)) is Reason.KEY_REFUSED
    assert reason_of(lambda: Keyring([good, good])) is Reason.KEY_REFUSED
    identity = bytes([1]) + bytes(31)
    for raw, end in ((identity, END), (good.raw, START)):
        make = partial(PublicKey, key_id(raw), good.node, good.purpose, raw, START, end)
        found = reason_of(make)
        assert found is Reason.KEY_REFUSED


def test_a_key_file_is_private_signs_and_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "message key.pem"
    made = generate_key_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = signer_from_uri(path.as_uri())
    assert isinstance(loaded, FileSigner)
    assert loaded.keyid == made.keyid
    assert verify(made.public_key, b"message", loaded.sign(b"message"))
    before = path.read_bytes()
    assert reason_of(lambda: generate_key_file(path)) is Reason.ALREADY_EXISTS
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o644])
def test_a_key_file_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key.pem"
    generate_key_file(path)
    path.chmod(mode)
    assert reason_of(lambda: FileSigner.load(path)) is Reason.CONFIGURATION_INVALID


def pem(key: Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None) -> bytes:
    encryption = (
        serialization.BestAvailableEncryption(password)
        if password
        else serialization.NoEncryption()
    )
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a key",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem(ec.generate_private_key(ec.SECP256R1()), None),
        pem(Ed25519PrivateKey.generate(), b"secret"),
    ],
    ids=["empty", "text", "garbage", "P-256", "encrypted"],
)
def test_files_that_hold_no_plain_ed25519_key(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(content)
    path.chmod(0o600)
    assert reason_of(lambda: FileSigner.load(path)) is Reason.CONFIGURATION_INVALID


def test_missing_files_directories_and_pipes_are_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (tmp_path / "missing", tmp_path, pipe):
        assert reason_of(partial(FileSigner.load, path)) is Reason.CONFIGURATION_INVALID


@pytest.mark.parametrize(
    "uri", ["", "key.pem", "/etc/key.pem", "vault:key", "file:key.pem", "file://host/key.pem"]
)
def test_uris_that_name_no_signer(uri: str) -> None:
    assert reason_of(lambda: signer_from_uri(uri)) is Reason.CONFIGURATION_INVALID


def test_an_unknown_scheme_names_the_known_ones_and_hides_the_rest() -> None:
    with pytest.raises(ProtocolError) as caught:
        signer_from_uri("pkcs12:token=a?pin-value=1234")
    assert "file" in caught.value.message
    assert "1234" not in caught.value.message + str(caught.value.metadata)


def test_no_text_of_a_signer_shows_the_secret(tmp_path: Path) -> None:
    seed = bytes(range(32))
    for signer in (MemorySigner.from_seed(seed), generate_key_file(tmp_path / "key.pem")):
        assert repr(signer) == f"{type(signer).__name__}(keyid={signer.keyid!r})"
        assert str(signer) == repr(signer)
