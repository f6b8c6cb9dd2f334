# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""From when until when keys and certificates are good."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broker.authority import create_authority
from itmo import validity
from itmo.identifiers import NetworkId, NodeId
from itmo.keys import KeyPurpose, MemorySigner, PublicKey
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.tls_keys import generate_tls_key

NOW = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)


def test_a_key_that_was_revoked_ends_at_its_revocation() -> None:
    signer = MemorySigner.from_seed(b"k" * 32)
    key = PublicKey(
        signer.keyid, NodeId("che"), KeyPurpose.SIGN_MESSAGE, signer.public_key, NOW, NOW + YEAR
    )
    assert validity.of_key("key", key) == validity.Validity("key", key.keyid, NOW, NOW + YEAR)
    revoked = PublicKey(key.keyid, key.node, key.purpose, key.raw, NOW, NOW + YEAR, NOW + YEAR / 2)
    assert validity.of_key("key", revoked).not_after == NOW + YEAR / 2


def test_certificates_are_read_and_their_authority_is_found(tmp_path: Path) -> None:
    one = create_authority(NetworkId("test-net"), tmp_path / "a.pem", tmp_path / "a.key", NOW)
    two = create_authority(NetworkId("test-net"), tmp_path / "b.pem", tmp_path / "b.key", NOW)
    key = generate_tls_key(tmp_path / "tls.key")
    issued = two.certify_server(NodeId("broker"), key.public_key(), [], NOW)
    (certificate,) = validity.certificates_of(issued.pem.encode(), "broker.pem")
    both = validity.certificates_of((one.pem + two.pem).encode(), "ca.pem")
    # Both have the same name, so that only the signature tells which of them it was.
    assert validity.issuer_among(certificate, both) == both[1]
    assert validity.issuer_among(certificate, both[:1]) is None
    found = validity.of_certificate("certificate", certificate)
    assert found.not_after == issued.not_after
    assert found.fingerprint == validity.certificate_fingerprint(certificate)


def test_a_file_without_a_certificate_is_named() -> None:
    with pytest.raises(ProtocolError, match=r"ca\.pem holds no certificate") as refused:
        validity.certificates_of(b"nothing", "ca.pem")
    assert refused.value.reason is Reason.CONFIGURATION_INVALID
