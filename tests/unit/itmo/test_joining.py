# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from itmo.admission import Admission, BrokerKey, read_admission, write_admission
from itmo.core.v1 import statements_pb2
from itmo.envelope import Envelope, Signature, pae, seal, to_json
from itmo.identifiers import NetworkId, NodeId, PartyCode, RegistryId
from itmo.joining import make_join_request, proof_of_possession_text, read_join_request
from itmo.keys import KeyPurpose, MemorySigner
from itmo.node_kinds import NodeKind
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.tls_request import MAX_TLS_REQUEST, make_tls_request, read_tls_request

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SIGNER = MemorySigner.from_seed(b"n" * 32)
TLS_KEY = ec.generate_private_key(ec.SECP256R1())
TLS_REQUEST = make_tls_request(TLS_KEY)
LABEL = PayloadKind.JOIN_REQUEST.label


def request(**changes: object) -> statements_pb2.JoinRequest:
    message = statements_pb2.JoinRequest(
        network_id="test-net",
        node="che-registry",
        kind=statements_pb2.NODE_KIND_NATIONAL,
        registries=["CHE01"],
        designated_parties=["CHE"],
        public_key=SIGNER.public_key,
        tls_request=TLS_REQUEST,
    )
    message.creation_time.FromDatetime(NOW)
    for name, value in changes.items():
        if isinstance(value, list):
            message.ClearField(name)  # type: ignore[arg-type]
            getattr(message, name).extend(value)
        else:
            setattr(message, name, value)
    return message


def sealed(**changes: object) -> str:
    return to_json(seal(LABEL, request(**changes).SerializeToString(), SIGNER))


def refusal(text: str | bytes) -> ProtocolError:
    with pytest.raises(ProtocolError) as caught:
        read_join_request(text)
    return caught.value


def test_a_joining_request_makes_the_round_trip() -> None:
    text = make_join_request(
        NetworkId("test-net"),
        NodeId("int-registry"),
        NodeKind.INTERNATIONAL,
        [RegistryId("CHE01"), RegistryId("THA01")],
        [PartyCode("CHE")],
        SIGNER,
        TLS_REQUEST,
        NOW,
    )
    read = read_join_request(text)
    assert (read.network_id, read.node, read.kind) == (
        "test-net",
        "int-registry",
        NodeKind.INTERNATIONAL,
    )
    assert read.registries == ("CHE01", "THA01")
    assert read.designated_parties == ("CHE",)
    assert (read.public_key, read.keyid) == (SIGNER.public_key, SIGNER.keyid)
    assert read.creation_time == NOW
    assert len(read.tls_key_hash) == 32
    assert to_json(read.envelope) == text


@pytest.mark.parametrize(
    ("changes", "reason", "word"),
    [
        ({"network_id": "Test"}, Reason.IDENTIFIER_INVALID, "network_id"),
        ({"node": "x y"}, Reason.IDENTIFIER_INVALID, "node"),
        ({"kind": 0}, Reason.PAYLOAD_INVALID, "kind"),
        ({"kind": statements_pb2.NODE_KIND_OPERATOR}, Reason.PAYLOAD_INVALID, "kind"),
        ({"kind": 77}, Reason.PAYLOAD_INVALID, "kind"),
        ({"registries": []}, Reason.PAYLOAD_INVALID, "registries"),
        ({"registries": ["CHE01", "CHE01"]}, Reason.PAYLOAD_INVALID, "twice"),
        ({"registries": ["QQQ01"]}, Reason.IDENTIFIER_INVALID, "registries"),
        ({"registries": ["CHE01"] * 251}, Reason.PAYLOAD_INVALID, "251"),
        ({"designated_parties": ["CHE", "CHE"]}, Reason.PAYLOAD_INVALID, "twice"),
        ({"designated_parties": ["che"]}, Reason.IDENTIFIER_INVALID, "designated_parties"),
        ({"public_key": bytes(32)}, Reason.KEY_REFUSED, "small order"),
        ({"public_key": b"x"}, Reason.KEY_REFUSED, "32"),
        ({"tls_request": b""}, Reason.PAYLOAD_INVALID, "tls_request"),
        ({"tls_request": TLS_REQUEST + b"x"}, Reason.PAYLOAD_INVALID, "tls_request"),
        (
            {"public_key": MemorySigner.from_seed(b"o" * 32).public_key},
            Reason.SIGNATURE_INVALID,
            "not signed with the key",
        ),
    ],
)
def test_what_is_wrong_is_named(changes: dict[str, Any], reason: Reason, word: str) -> None:
    error = refusal(sealed(**changes))
    assert error.reason is reason
    assert word in error.message


def test_possession_must_be_proven_over_these_very_bytes() -> None:
    payload = request().SerializeToString()
    for kind, body in ((LABEL, payload + b"\x08\x01"), ("application/other", payload)):
        signature = SIGNER.sign(pae(kind, body))
        envelope = Envelope(payload, LABEL, (Signature(SIGNER.keyid, signature),))
        assert refusal(to_json(envelope)).reason is Reason.SIGNATURE_INVALID


def test_another_payload_is_no_joining_request() -> None:
    other = seal(PayloadKind.KEY_STATEMENT.label, request().SerializeToString(), SIGNER)
    assert refusal(to_json(other)).reason is Reason.PAYLOAD_TYPE_UNKNOWN
    once = seal(LABEL, request().SerializeToString(), SIGNER)
    twice = Envelope(once.payload, LABEL, once.signatures * 2)
    assert refusal(to_json(twice)).reason is Reason.SIGNATURE_TOO_MANY
    unknown = seal(LABEL, request().SerializeToString() + b"\xf8\x07\x01", SIGNER)
    assert refusal(to_json(unknown)).reason is Reason.MESSAGE_UNKNOWN_FIELDS
    assert refusal("no JSON").reason is Reason.MESSAGE_UNDECODABLE


def test_nothing_is_written_that_would_not_be_read() -> None:
    def make(tls_request: bytes) -> None:
        network, node = NetworkId("test-net"), NodeId("a-node")
        registries = [RegistryId("CHE01")]
        make_join_request(
            network, node, NodeKind.NATIONAL, registries, [], SIGNER, tls_request, NOW
        )

    make(TLS_REQUEST)
    with pytest.raises(ProtocolError):
        make(b"")


def test_a_tls_key_must_be_ecdsa_p256_and_sign_its_request() -> None:
    def csr(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | Ed25519PrivateKey) -> bytes:
        algorithm = None if isinstance(key, Ed25519PrivateKey) else hashes.SHA256()
        builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
        return builder.sign(key, algorithm).public_bytes(Encoding.DER)

    for key in (
        ec.generate_private_key(ec.SECP384R1()),
        Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 2048),
    ):
        with pytest.raises(ProtocolError) as caught:
            read_tls_request(csr(key))
        assert caught.value.reason is Reason.KEY_REFUSED

    forged = bytearray(TLS_REQUEST)
    forged[-1] ^= 1
    with pytest.raises(ProtocolError) as caught:
        read_tls_request(bytes(forged))
    assert caught.value.reason in (Reason.KEY_REFUSED, Reason.PAYLOAD_INVALID)
    with pytest.raises(ProtocolError) as caught:
        read_tls_request(bytes(MAX_TLS_REQUEST + 1))
    assert caught.value.reason is Reason.PAYLOAD_INVALID


def test_the_text_that_proves_possession() -> None:
    text = proof_of_possession_text("test-net", "che-registry", b"\xab" * 32)
    assert text == "itmo-key-possession:test-net:che-registry:" + "ab" * 32


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def certificate(
    subject: str,
    key: ec.EllipticCurvePrivateKey,
    issuer: str,
    issuer_key: ec.EllipticCurvePrivateKey,
) -> str:
    made = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .sign(issuer_key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


CA_KEY = ec.generate_private_key(ec.SECP256R1())
CA_PEM = certificate("ca", CA_KEY, "ca", CA_KEY)
ADMISSION = Admission(
    network_id=NetworkId("test-net"),
    test_network=True,
    node=NodeId("che-registry"),
    broker_node=NodeId("broker"),
    broker_address="broker.example:7443",
    ca_pem=CA_PEM,
    certificate_pem=certificate("node", TLS_KEY, "ca", CA_KEY),
    broker_keys=(
        BrokerKey(KeyPurpose.SIGN_RECEIPT, SIGNER.public_key, NOW, NOW + timedelta(days=400)),
    ),
)


def test_an_admission_makes_the_round_trip() -> None:
    text = write_admission(ADMISSION)
    assert read_admission(text) == ADMISSION
    assert read_admission(text.encode()) == ADMISSION
    key = ADMISSION.broker_keys[0].of(ADMISSION.broker_node)
    assert (key.keyid, key.node, key.purpose) == (SIGNER.keyid, "broker", KeyPurpose.SIGN_RECEIPT)
    assert "BEGIN" not in repr(ADMISSION)


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("version", 2, Reason.SCHEMA_VERSION_UNSUPPORTED),
        ("version", True, Reason.SCHEMA_VERSION_UNSUPPORTED),
        ("test_network", "yes", Reason.PAYLOAD_INVALID),
        ("network_id", "Test", Reason.IDENTIFIER_INVALID),
        ("node", 7, Reason.PAYLOAD_INVALID),
        ("broker_node", "", Reason.IDENTIFIER_INVALID),
        ("broker_address", "broker.example", Reason.PAYLOAD_INVALID),
        ("broker_address", "broker.example:0", Reason.PAYLOAD_INVALID),
        ("broker_address", "broker.example:65536", Reason.PAYLOAD_INVALID),
        ("broker_address", "unix:/socket:1", Reason.PAYLOAD_INVALID),
        ("ca_pem", "", Reason.PAYLOAD_INVALID),
        ("certificate_pem", "-----BEGIN", Reason.PAYLOAD_INVALID),
        ("certificate_pem", certificate("n", TLS_KEY, "ca", TLS_KEY), Reason.PAYLOAD_INVALID),
        ("certificate_pem", certificate("n", TLS_KEY, "x", CA_KEY), Reason.PAYLOAD_INVALID),
        ("broker_keys", {}, Reason.PAYLOAD_INVALID),
        ("broker_keys", [], Reason.PAYLOAD_INVALID),
        ("broker_keys", [{}], Reason.MESSAGE_UNDECODABLE),
        ("extra", 1, Reason.MESSAGE_UNKNOWN_FIELDS),
    ],
)
def test_an_admission_is_read_strictly(member: str, value: object, reason: Reason) -> None:
    tree = json.loads(write_admission(ADMISSION))
    tree[member] = value
    with pytest.raises(ProtocolError) as caught:
        read_admission(json.dumps(tree))
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("member", "value", "reason"),
    [
        ("purpose", "SIGN", Reason.PAYLOAD_INVALID),
        ("purpose", "SIGN_MESSAGE", Reason.PAYLOAD_INVALID),
        ("public_key", "!", Reason.PAYLOAD_INVALID),
        ("public_key", base64.b64encode(bytes(32)).decode(), Reason.KEY_REFUSED),
        ("not_before", "yesterday", Reason.PAYLOAD_INVALID),
        ("not_after", "2026-05-01T12:00:00.000Z", Reason.PAYLOAD_INVALID),
        ("extra", 1, Reason.MESSAGE_UNKNOWN_FIELDS),
    ],
)
def test_the_brokers_keys_are_read_strictly(member: str, value: object, reason: Reason) -> None:
    tree = json.loads(write_admission(ADMISSION))
    tree["broker_keys"][0][member] = value
    with pytest.raises(ProtocolError) as caught:
        read_admission(json.dumps(tree))
    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"version": 1, "version": 1}', b"\xff", "[" * 9999]
)
def test_what_is_no_admission_is_refused(text: str | bytes) -> None:
    with pytest.raises(ProtocolError):
        read_admission(text)
    with pytest.raises(ProtocolError) as caught:
        read_admission(" " * 300_000)
    assert caught.value.reason is Reason.MESSAGE_TOO_LARGE
