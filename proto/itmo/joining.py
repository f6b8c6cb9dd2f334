# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How a node joins a network: two files that operators carry to each other.

The joining request goes from the node to the clearing-house: an envelope in the JSON form of DSSE,
signed with the very key it asks to admit. The admission (`itmo.admission`) comes back: what the
node has to trust and where to connect. Neither file holds a secret, but whoever could exchange them
on the way could take a place in the network: compare their SHA-256 over another channel.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Final, cast

from itmo import limits
from itmo.core.v1 import statements_pb2
from itmo.ed25519 import check_public_key, key_id, verify
from itmo.envelope import Envelope, Signature, from_json, pae, seal, to_json
from itmo.identifiers import (
    NetworkId,
    NodeId,
    PartyCode,
    RegistryId,
    parse_network_id,
    parse_node_id,
    parse_party_code,
    parse_registry_id,
)
from itmo.keys import Signer
from itmo.node_kinds import NODE_KINDS, NodeKind
from itmo.nomenclature import UNDERLYING_REGISTRIES
from itmo.payloads import PayloadKind, decode
from itmo.reasons import ProtocolError, Reason, plain, shown
from itmo.schema_versions import FIRST_SCHEMA_VERSION, SCHEMA_VERSIONS
from itmo.texts import check_texts
from itmo.timestamps import moment, timestamp
from itmo.tls_request import read_tls_request, tls_key_hash

# More than there are Parties; the clearing-house takes no more.
MAX_REGISTRIES: Final = 250
_MAX_SIGNATURES: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinRequestRead:
    """A joining request whose maker holds both keys it names.

    Attributes:
        envelope: As it was signed.
        network_id: The network to join.
        node: The name wanted.
        kind: What the node is.
        registries: Registries it wants to speak for.
        designated_parties: Parties whose authorizations and inventories it wants to sign.
        public_key: The 32 bytes of its message key.
        keyid: Key id of that key, for comparing over another channel.
        tls_request: PKCS#10 request in DER.
        tls_key_hash: SHA-256 of the SubjectPublicKeyInfo of its TLS key, 32 bytes.
        creation_time: When it was made, by the clock of its maker.
        programmes: Crediting programmes it wants to speak for; kind PROGRAMME only.
        endorsed_by: Of a node that asks again with another key: a second signature, by the key that
            it had. It is not verified here, since that takes the keys that are registered.
    """

    envelope: Envelope
    network_id: NetworkId
    node: NodeId
    kind: NodeKind
    registries: tuple[RegistryId, ...]
    designated_parties: tuple[PartyCode, ...]
    public_key: bytes
    keyid: str
    tls_request: bytes = field(repr=False)
    tls_key_hash: bytes
    creation_time: datetime
    programmes: tuple[str, ...] = ()
    endorsed_by: Signature | None = None


def make_join_request(
    network_id: NetworkId,
    node: NodeId,
    kind: NodeKind,
    registries: Sequence[RegistryId],
    designated_parties: Sequence[PartyCode],
    signer: Signer,
    tls_request_der: bytes,
    now: datetime,
    programmes: Sequence[str] = (),
    endorser: Signer | None = None,
) -> str:
    """Returns the JSON text of a joining request.

    Args:
        network_id: The network to join.
        node: The name wanted.
        kind: What the node is.
        registries: Registries it speaks for.
        designated_parties: Parties whose authorizations and inventories it signs.
        signer: Its message key, the one to be admitted.
        tls_request_der: What `make_tls_request` made for its TLS key.
        now: The present time.
        programmes: Crediting programmes it speaks for; kind PROGRAMME only.
        endorser: The key that it had until now, where it asks again with another one.

    Raises:
        ProtocolError: as `read_join_request`; nothing is written that would not be read.
    """
    request = statements_pb2.JoinRequest(
        network_id=network_id,
        node=node,
        kind=statements_pb2.NodeKind.Value(f"NODE_KIND_{kind}"),
        registries=registries,
        designated_parties=designated_parties,
        public_key=signer.public_key,
        tls_request=tls_request_der,
        creation_time=timestamp(now),
        programmes=programmes,
        schema_versions=SCHEMA_VERSIONS,
    )
    label = PayloadKind.JOIN_REQUEST.label
    envelope = seal(label, request.SerializeToString(), signer)
    if endorser is not None:
        signature = endorser.sign(pae(label, envelope.payload))
        second = Signature(endorser.keyid, signature)
        envelope = Envelope(envelope.payload, label, (*envelope.signatures, second))
    text = to_json(envelope)
    read_join_request(text)
    return text


def read_join_request(text: str | bytes) -> JoinRequestRead:
    """Reads a joining request and verify that its maker holds the keys it names.

    1. The envelope is well formed, holds a joining request and one signature; a second one is by the
       key that a known node had until now.
    2. Names, registries, Parties and time have the form laid down for them; none is named twice.
    3. The message key is a safe one, and the signature is made with it.
    4. The TLS request is for an ECDSA P-256 key and signed by that key.

    Whether the node may have what it asks for is for the operator to say.

    Raises:
        ProtocolError: the reasons of `from_json` and `decode`, PAYLOAD_TYPE_UNKNOWN (1);
            IDENTIFIER_INVALID or PAYLOAD_INVALID (2); KEY_REFUSED or SIGNATURE_INVALID (3);
            PAYLOAD_INVALID or KEY_REFUSED (4).
    """
    envelope = from_json(text)  # (1)
    request = _request_in(envelope)
    registries = [parse_registry_id(each, "registries") for each in request.registries]  # (2)
    parties = [parse_party_code(each, "designated_parties") for each in request.designated_parties]
    check_represented(request)
    versions_read(request)
    programmes = list(request.programmes)
    for where, names in (
        ("registries", registries),
        ("designated_parties", parties),
        ("programmes", programmes),
    ):
        if len(set(names)) != len(names):
            raise _invalid(where, "an entry named twice", "each entry once")
    check_public_key(request.public_key)  # (3)
    keyid = key_id(request.public_key)
    signed = pae(envelope.payload_type, envelope.payload)
    if not verify(request.public_key, signed, envelope.signatures[0].sig):
        raise ProtocolError(
            Reason.SIGNATURE_INVALID,
            "The joining request is not signed with the key it asks to admit; make it again.",
            keyid=keyid,
        )
    tls_key = read_tls_request(request.tls_request)  # (4)
    return JoinRequestRead(
        envelope=envelope,
        network_id=parse_network_id(request.network_id, "network_id"),
        node=parse_node_id(request.node, "node"),
        kind=_kind_from_proto(request.kind),
        registries=tuple(registries),
        designated_parties=tuple(parties),
        public_key=request.public_key,
        keyid=keyid,
        tls_request=request.tls_request,
        tls_key_hash=tls_key_hash(tls_key),
        creation_time=moment(request.creation_time, "creation_time"),
        programmes=tuple(programmes),
        endorsed_by=envelope.signatures[1] if len(envelope.signatures) > 1 else None,
    )


def check_represented(request: statements_pb2.JoinRequest) -> None:
    """Checks for whom a node wants to speak: registries and Parties, or programmes, never both.

    A crediting programme has no account and no Party (7/CMA.4 synthesis report, para 19); its names
    are those of the common nomenclatures, so that the units which they back can be found.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    programme = request.kind == statements_pb2.NODE_KIND_PROGRAMME
    spoken_for = request.programmes if programme else request.registries
    where = "programmes" if programme else "registries"
    listed = (request.registries, request.designated_parties, request.programmes)
    if not spoken_for or max(map(len, listed)) > MAX_REGISTRIES:
        raise _invalid(where, f"{len(spoken_for)} entries", f"1 to {MAX_REGISTRIES}")
    if programme and (request.registries or request.designated_parties):
        raise _invalid("registries", "registries or Parties of a programme", "none")
    if request.programmes and not programme:
        raise _invalid("programmes", f"programmes of a node of kind {request.kind}", "none")
    for name in request.programmes:
        if name not in UNDERLYING_REGISTRIES:
            raise _invalid("programmes", plain(name), ", ".join(UNDERLYING_REGISTRIES))


def versions_read(request: statements_pb2.JoinRequest) -> tuple[int, ...]:
    """The schema versions of payloads that a node reads; the first where it states none.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    stated = tuple(request.schema_versions) or (FIRST_SCHEMA_VERSION,)
    if len(stated) > limits.MAX_SCHEMA_VERSIONS or stated[0] < FIRST_SCHEMA_VERSION:
        raise _invalid("schema_versions", str(stated[0]), f"1 to {limits.MAX_SCHEMA_VERSIONS}")
    if any(one >= other for one, other in pairwise(stated)):
        raise _invalid("schema_versions", "versions out of order", "each once, ascending")
    return stated


def proof_of_possession_text(network_id: str, node: str, public_key: bytes) -> str:
    """Returns the text that a new key signs to prove that its secret is there (KeyStatement)."""
    return f"itmo-key-possession:{network_id}:{node}:{public_key.hex()}"


def _request_in(envelope: Envelope) -> statements_pb2.JoinRequest:
    label = PayloadKind.JOIN_REQUEST.label
    if envelope.payload_type != label:
        raise ProtocolError(
            Reason.PAYLOAD_TYPE_UNKNOWN,
            f"The file holds {shown(envelope.payload_type)}, not a joining request ({label}).",
            found=plain(envelope.payload_type),
        )
    signing = {each.keyid for each in envelope.signatures}
    if not 1 <= len(envelope.signatures) == len(signing) <= _MAX_SIGNATURES:
        raise ProtocolError(
            Reason.SIGNATURE_TOO_MANY,
            "A joining request carries one signature, or a second one by the key that the node had"
            f" until now; this one carries {len(envelope.signatures)}.",
            found=len(envelope.signatures),
            limit=_MAX_SIGNATURES,
        )
    decoded = decode(PayloadKind.JOIN_REQUEST, envelope.payload)
    check_texts(decoded)
    return cast("statements_pb2.JoinRequest", decoded)


def _kind_from_proto(number: statements_pb2.NodeKind.ValueType) -> NodeKind:
    if number not in NODE_KINDS:
        raise _invalid("kind", str(number), ", ".join(NodeKind))
    return NODE_KINDS[number]


def _invalid(where: str, found: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"{where}: found {found}, expected {expected}.",
        where=where,
        found=found,
        expected=expected,
    )
