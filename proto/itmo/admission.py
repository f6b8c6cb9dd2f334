# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The admission: the file with which the operator of the clearing-house answers a joining request.

It is JSON without a secret and without a signature: it is where a node's trust begins, so its
SHA-256 is compared over another channel before it is used.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from cryptography import x509

from itmo.clock import from_text, to_text
from itmo.ed25519 import check_public_key, key_id
from itmo.envelope import members_of
from itmo.identifiers import NetworkId, NodeId, parse_network_id, parse_node_id
from itmo.keys import KeyPurpose, PublicKey
from itmo.reasons import ProtocolError, Reason, plain, shown
from itmo.validity import issuer_among

VERSION: Final = 1
# Two certificates and a few keys take 4 KiB; room for chains, not for a file named by mistake.
MAX_ADMISSION: Final = 256 * 1024
# The broker's present keys and, around a rotation, their successors.
MAX_BROKER_KEYS: Final = 16

_ADDRESS: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\]):([0-9]{1,5})")
_LAST_PORT: Final = 65_535
_TEXTS: Final = (
    "network_id",
    "node",
    "broker_node",
    "broker_address",
    "ca_pem",
    "certificate_pem",
)
_MEMBERS: Final = (*_TEXTS, "version", "test_network", "broker_keys")
_KEY_MEMBERS: Final = ("purpose", "public_key", "not_before", "not_after")


@dataclass(frozen=True, slots=True)
class BrokerKey:
    """A key of the broker that the node is to trust from the start.

    Attributes:
        purpose: What it signs.
        public_key: The 32 bytes of the Ed25519 public key.
        not_before: First moment of validity.
        not_after: End of validity, exclusive.
    """

    purpose: KeyPurpose
    public_key: bytes
    not_before: datetime
    not_after: datetime

    def of(self, node: NodeId) -> PublicKey:
        """Returns it as a key of a node, for a key ring."""
        return PublicKey(
            keyid=key_id(self.public_key),
            node=node,
            purpose=self.purpose,
            raw=self.public_key,
            not_before=self.not_before,
            not_after=self.not_after,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What a node needs to know to take part.

    Attributes:
        network_id: The network.
        test_network: Whether its clock may be set.
        node: The node admitted.
        broker_node: The node id under which the broker signs.
        broker_address: Where to connect, as `host:port`.
        ca_pem: The network's TLS authority; around its replacement both, one after the other.
        certificate_pem: The node's TLS certificate, for the key of its joining request.
        broker_keys: The broker's keys.
        version: Version of this file format.
    """

    network_id: NetworkId
    test_network: bool
    node: NodeId
    broker_node: NodeId
    broker_address: str
    ca_pem: str = field(repr=False)
    certificate_pem: str = field(repr=False)
    broker_keys: tuple[BrokerKey, ...]
    version: int = VERSION


def write_admission(admission: Admission) -> str:
    """Returns the JSON text of an admission.

    Raises:
        ProtocolError: as `read_admission`; nothing is written that would not be read.
    """
    tree: dict[str, object] = {
        "version": admission.version,
        "test_network": admission.test_network,
        **{name: getattr(admission, name) for name in _TEXTS},
        "broker_keys": [
            {
                "purpose": key.purpose.value,
                "public_key": base64.b64encode(key.public_key).decode("ascii"),
                "not_before": to_text(key.not_before),
                "not_after": to_text(key.not_after),
            }
            for key in admission.broker_keys
        ],
    }
    text = json.dumps(tree, indent=2, sort_keys=True) + "\n"
    read_admission(text)
    return text


def read_admission(text: str | bytes) -> Admission:
    """Reads an admission strictly.

    1. It is JSON of bearable size with exactly the members of this version.
    2. Names, address and times have the form laid down for them.
    3. The certificate was issued by the authority.
    4. The broker's keys are safe ones, and one of them signs receipts.

    Raises:
        ProtocolError: MESSAGE_TOO_LARGE, MESSAGE_UNDECODABLE, MESSAGE_UNKNOWN_FIELDS or
            SCHEMA_VERSION_UNSUPPORTED (1); IDENTIFIER_INVALID or PAYLOAD_INVALID (2, 3);
            KEY_REFUSED or PAYLOAD_INVALID (4).
    """
    tree = _tree(text)  # (1)
    texts = {name: _text(tree[name], name) for name in _TEXTS}
    if not isinstance(test_network := tree["test_network"], bool):
        raise _invalid("test_network", plain(test_network), "true or false")
    if not _is_address(texts["broker_address"]):  # (2)
        raise _invalid("broker_address", plain(texts["broker_address"]), "host:port")
    _check_issued(texts["certificate_pem"], texts["ca_pem"])  # (3)
    return Admission(
        version=VERSION,
        network_id=parse_network_id(texts["network_id"], "network_id"),
        test_network=test_network,
        node=parse_node_id(texts["node"], "node"),
        broker_node=parse_node_id(texts["broker_node"], "broker_node"),
        broker_address=texts["broker_address"],
        ca_pem=texts["ca_pem"],
        certificate_pem=texts["certificate_pem"],
        broker_keys=_keys(tree["broker_keys"]),  # (4)
    )


def _tree(text: str | bytes) -> dict[str, object]:
    if len(text) > MAX_ADMISSION:
        raise ProtocolError(
            Reason.MESSAGE_TOO_LARGE,
            f"The admission has {len(text)} characters, allowed are {MAX_ADMISSION}.",
            found=len(text),
            limit=MAX_ADMISSION,
        )
    try:
        tree = json.loads(text, object_pairs_hook=_object_without_repeats)
    except (ValueError, RecursionError):
        raise ProtocolError(
            Reason.MESSAGE_UNDECODABLE,
            "The admission is not one JSON document in UTF-8; ask for the file again.",
            where="admission",
        ) from None
    version = tree.get("version", VERSION) if isinstance(tree, dict) else VERSION
    if version != VERSION or isinstance(version, bool):
        raise ProtocolError(
            Reason.SCHEMA_VERSION_UNSUPPORTED,
            f"The admission has version {shown(version)}, this program reads {VERSION}.",
            found=plain(version),
            supported=VERSION,
        )
    return members_of(tree, _MEMBERS, "admission")


def _object_without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice, and readers differ in which one they take")
    return members


def _text(value: object, where: str) -> str:
    if isinstance(value, str) and value.isascii():
        return value
    raise _invalid(where, plain(value), "ASCII text")


def _is_address(text: str) -> bool:
    match = _ADDRESS.fullmatch(text)
    return match is not None and 1 <= int(match[1]) <= _LAST_PORT


def _check_issued(certificate_pem: str, ca_pem: str) -> None:
    try:
        certificate = x509.load_pem_x509_certificate(certificate_pem.encode("ascii"))
        if issuer_among(certificate, x509.load_pem_x509_certificates(ca_pem.encode("ascii"))):
            return
    except ValueError:
        pass  # refused below, like a certificate of somebody else
    raise _invalid(
        "certificate_pem", "something else", "a PEM certificate issued by the one in ca_pem"
    )


def _keys(value: object) -> tuple[BrokerKey, ...]:
    if not isinstance(value, list) or len(value) > MAX_BROKER_KEYS:
        raise _invalid("broker_keys", "something else", f"a list of at most {MAX_BROKER_KEYS}")
    keys = tuple(_key(each) for each in value)
    if not any(key.purpose is KeyPurpose.SIGN_RECEIPT for key in keys):
        raise _invalid("broker_keys", "none", f"a key for {KeyPurpose.SIGN_RECEIPT}")
    return keys


def _key(tree: object) -> BrokerKey:
    where = "broker_keys[]"
    members = members_of(tree, _KEY_MEMBERS, where)
    texts = {name: _text(members[name], f"{where}.{name}") for name in _KEY_MEMBERS}
    if texts["purpose"] not in KeyPurpose.__members__:
        raise _invalid(f"{where}.purpose", plain(texts["purpose"]), ", ".join(KeyPurpose))
    try:
        raw = base64.b64decode(texts["public_key"], validate=True)
    except ValueError:
        raise _invalid(f"{where}.public_key", plain(texts["public_key"]), "base64") from None
    check_public_key(raw)
    key = BrokerKey(
        purpose=KeyPurpose(texts["purpose"]),
        public_key=raw,
        not_before=from_text(texts["not_before"], f"{where}.not_before"),
        not_after=from_text(texts["not_after"], f"{where}.not_after"),
    )
    if not key.not_before < key.not_after:
        raise _invalid(f"{where}.not_after", texts["not_after"], "a time after not_before")
    return key


def _invalid(where: str, found: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"{where}: found {found}, expected {expected}.",
        where=where,
        found=found,
        expected=expected,
    )
