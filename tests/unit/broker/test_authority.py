# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from broker.authority import (
    AUTHORITY_LIFETIME,
    CERTIFICATE_LIFETIME,
    Authority,
    create_authority,
    load_authority,
)
from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.tls_request import make_tls_request, tls_key_hash

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NETWORK = NetworkId("test-net")


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return create_authority(NETWORK, tmp_path / "ca.pem", tmp_path / "ca.key", NOW)


def names_of(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value


def test_the_authority_can_issue_and_nothing_else(authority: Authority, tmp_path: Path) -> None:
    assert (tmp_path / "ca.key").stat().st_mode & 0o777 == 0o600
    constraints = authority.certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert constraints.critical
    assert (constraints.value.ca, constraints.value.path_length) == (True, 0)
    usage = authority.certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert not usage.digital_signature
    assert authority.certificate.not_valid_after_utc == NOW + AUTHORITY_LIFETIME
    assert "PRIVATE" not in repr(authority)
    assert len(authority.fingerprint) == 64


def test_only_the_key_is_taken_from_a_request(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    greedy = (
        x509.CertificateSigningRequestBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "broker")]))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName(
                [
                    x509.DNSName("broker.example"),
                    x509.UniformResourceIdentifier("spiffe://test-net/node/broker"),
                ]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )
    issued = authority.certify_node(NodeId("che-registry"), greedy, NOW)
    certificate = x509.load_pem_x509_certificate(issued.pem.encode())
    certificate.verify_directly_issued_by(authority.certificate)
    assert list(names_of(certificate)) == [
        x509.UniformResourceIdentifier("spiffe://test-net/node/che-registry")
    ]
    extension = certificate.extensions.get_extension_for_class
    assert not extension(x509.BasicConstraints).value.ca
    assert set(extension(x509.ExtendedKeyUsage).value) == {
        ExtendedKeyUsageOID.CLIENT_AUTH,
        ExtendedKeyUsageOID.SERVER_AUTH,
    }
    assert certificate.public_key() == key.public_key()
    assert issued.tls_key_hash == tls_key_hash(key.public_key())
    assert issued.not_after == NOW + CERTIFICATE_LIFETIME


def test_a_servers_certificate_names_its_hosts(authority: Authority) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = ["0.0.0.0", "broker.example", "192.0.2.7", "localhost"]
    issued = authority.certify_server(NodeId("broker"), key.public_key(), hosts, NOW)
    names = names_of(x509.load_pem_x509_certificate(issued.pem.encode()))
    assert names.get_values_for_type(x509.DNSName) == ["broker.example", "localhost"]
    assert names.get_values_for_type(x509.IPAddress) == [
        ip_address("192.0.2.7"),
        ip_address("127.0.0.1"),
        ip_address("::1"),
    ]
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == [
        "spiffe://test-net/node/broker"
    ]


def test_no_certificate_outlives_its_authority(authority: Authority) -> None:
    late = NOW + AUTHORITY_LIFETIME - timedelta(days=1)
    request = make_tls_request(ec.generate_private_key(ec.SECP256R1()))
    issued = authority.certify_node(NodeId("che-registry"), request, late)
    assert issued.not_after == authority.certificate.not_valid_after_utc


def test_an_authority_is_read_again(authority: Authority, tmp_path: Path) -> None:
    again = load_authority(NETWORK, tmp_path / "ca.pem", tmp_path / "ca.key")
    assert (again.pem, again.fingerprint) == (authority.pem, authority.fingerprint)


def test_nothing_is_overwritten(authority: Authority, tmp_path: Path) -> None:
    before = (tmp_path / "ca.key").read_bytes()
    with pytest.raises(ProtocolError) as caught:
        create_authority(NETWORK, tmp_path / "ca.pem", tmp_path / "ca.key", NOW)
    assert caught.value.reason is Reason.ALREADY_EXISTS
    assert (tmp_path / "ca.key").read_bytes() == before


@pytest.mark.parametrize("fault", ["open", "missing", "no key", "no certificate", "other key"])
def test_a_bad_file_is_named_and_not_shown(
    authority: Authority, tmp_path: Path, fault: str
) -> None:
    certificate, key = tmp_path / "ca.pem", tmp_path / "ca.key"
    match fault:
        case "open":
            key.chmod(0o640)
        case "missing":
            key.unlink()
        case "no key":
            key.write_text("hunter2")
        case "no certificate":
            certificate.write_text("hunter2")
        case _:
            create_authority(NETWORK, tmp_path / "2.pem", tmp_path / "2.key", NOW)
            key = tmp_path / "2.key"
    with pytest.raises(ProtocolError) as caught:
        load_authority(NETWORK, certificate, key)
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    assert str(tmp_path) in caught.value.message
    assert "hunter2" not in caught.value.message
