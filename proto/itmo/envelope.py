# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The signed envelope: DSSE layout and pre-authentication encoding (DSSE protocol 1.0.2).

What is signed are the exact bytes of the payload together with their type. Nobody parses a payload
before its envelope is opened: `open_envelope` is the only maker of `Opened`, and everything behind
the door asks for `Opened`.
"""

import base64
import hashlib
import json
import re
from dataclasses import InitVar, dataclass, field
from datetime import datetime
from typing import Final

from itmo import limits
from itmo.ed25519 import verify
from itmo.frozen import quickly_made
from itmo.identifiers import NodeId
from itmo.keys import KeyPurpose, Keyring, PublicKey, Signer
from itmo.reasons import ProtocolError, Reason, plain, shown

_PAYLOAD_TYPE: Final = re.compile(rf"[!-~]{{1,{limits.MAX_PAYLOAD_TYPE_BYTES}}}")
# A payload of the permitted size in base64, and generous room for everything around it.
_MAX_JSON_CHARACTERS: Final = limits.MAX_PAYLOAD_BYTES * 4 // 3 + 64 * limits.KIB
_DOOR: Final = object()


@quickly_made
@dataclass(frozen=True, slots=True)
class Signature:
    """A signature and a hint at its key; the hint is not authenticated.

    Attributes:
        keyid: Key id, as `keys.key_id` makes it.
        sig: The bytes of the signature.
    """

    keyid: str
    sig: bytes = field(repr=False)


@quickly_made
@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its type and signatures, all of it unverified.

    Attributes:
        payload: The exact bytes that were signed.
        payload_type: Names what the bytes are; part of what is signed.
        signatures: The signatures, in the order received.
    """

    payload: bytes = field(repr=False)
    payload_type: str
    signatures: tuple[Signature, ...]


@dataclass(frozen=True, slots=True)
class Opened:
    """A verified payload. Only `open_envelope` makes one.

    Attributes:
        payload: The exact bytes that were signed.
        payload_type: What the bytes are.
        payload_hash: SHA-256 of the payload, 32 bytes.
        keyid: Key id of the first signature.
        node: The node that all signing keys belong to.
    """

    payload: bytes = field(repr=False)
    payload_type: str
    payload_hash: bytes
    keyid: str
    node: NodeId
    door: InitVar[object]

    def __post_init__(self, door: object) -> None:
        if door is not _DOOR:
            raise TypeError("Opened is made by open_envelope only")


def pae(payload_type: str, payload: bytes) -> bytes:
    """Returns the pre-authentication encoding: the bytes that are signed in place of the payload.

    Lengths count bytes, of the type in UTF-8.
    """
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def seal(payload_type: str, payload: bytes, signer: Signer) -> Envelope:
    """Signs a payload.

    Raises:
        ProtocolError: MESSAGE_TOO_LARGE or PAYLOAD_TYPE_UNKNOWN; nothing is signed that no
            recipient would open.
    """
    _check_outside(payload_type, payload)
    signature = Signature(signer.keyid, signer.sign(pae(payload_type, payload)))
    return Envelope(payload, payload_type, (signature,))


def open_envelope(
    envelope: Envelope,
    keyring: Keyring,
    at: datetime,
    purpose: KeyPurpose,
    place: int | None = None,
    *,
    longest: int = limits.MAX_PAYLOAD_BYTES,
) -> Opened:
    """Verifies an envelope and hands out what is in it.

    Verification, cheap steps first; every one must hold, for every signature:

    1. The payload is no longer than `longest`, its type is short printable ASCII.
    2. There are 1 to MAX_SIGNATURES signatures.
    3. Each key is known, made for `purpose`, not revoked and valid at `at`.
    4. No key signs twice, so that the number of signatures is a number of keys.
    5. All keys belong to the same node.
    6. Each signature fits the pre-authentication encoding of type and payload.

    Not verified here, since it takes the parsed payload: network, recipient, sender, times and
    sequence of the header.

    Args:
        envelope: What arrived.
        keyring: The keys known now.
        at: The time on the verifier's clock.
        purpose: What the signing keys must be registered for.
        place: Place in the log of what a statement decides; a key revoked before it is refused.
        longest: The most bytes that the payload may have.

    Raises:
        ProtocolError: MESSAGE_TOO_LARGE, PAYLOAD_TYPE_UNKNOWN, SIGNATURE_MISSING,
            SIGNATURE_TOO_MANY, one of the KEY reasons of `Keyring.find`, SENDER_MISMATCH or
            SIGNATURE_INVALID.
    """
    _check_outside(envelope.payload_type, envelope.payload, longest)  # (1)
    _check_count(envelope)  # (2)
    keys = [keyring.find(each.keyid, purpose, at, place) for each in envelope.signatures]  # (3)
    _check_distinct(keys)  # (4)
    _check_one_node(keys)  # (5)
    signed = pae(envelope.payload_type, envelope.payload)
    for key, each in zip(keys, envelope.signatures, strict=True):  # (6)
        if not verify(key.raw, signed, each.sig):
            raise _invalid(key, "does not fit the payload and its type")
    return Opened(
        payload=envelope.payload,
        payload_type=envelope.payload_type,
        payload_hash=hashlib.sha256(envelope.payload).digest(),
        keyid=keys[0].keyid,
        node=keys[0].node,
        door=_DOOR,
    )


def to_json(envelope: Envelope) -> str:
    """Writes the JSON form of DSSE, in ASCII on one line, for files that operators carry."""
    return json.dumps(
        {
            "payloadType": envelope.payload_type,
            "payload": base64.b64encode(envelope.payload).decode("ascii"),
            "signatures": [
                {"keyid": each.keyid, "sig": base64.b64encode(each.sig).decode("ascii")}
                for each in envelope.signatures
            ],
        }
    )


def from_json(text: str | bytes) -> Envelope:
    """Reads the JSON form of DSSE; the result is as unverified as any envelope.

    Strict where DSSE is lenient: all members are required, no other ones are allowed, none may
    occur twice, and base64 is the standard alphabet with padding.

    Raises:
        ProtocolError: MESSAGE_TOO_LARGE, MESSAGE_UNDECODABLE, MESSAGE_UNKNOWN_FIELDS,
            PAYLOAD_TYPE_UNKNOWN, SIGNATURE_MISSING or SIGNATURE_TOO_MANY.
    """
    if len(text) > _MAX_JSON_CHARACTERS:
        raise _too_large(len(text), _MAX_JSON_CHARACTERS, "characters of JSON")
    try:
        tree = json.loads(text, object_pairs_hook=_object_without_repeats)
    except (ValueError, RecursionError):
        raise _undecodable("envelope", "one JSON document in UTF-8") from None
    outside = members_of(tree, ("payloadType", "payload", "signatures"), "envelope")
    if not isinstance(signatures := outside["signatures"], list):
        raise _undecodable("signatures", "a list")
    envelope = Envelope(
        payload=_base64(outside["payload"], "payload"),
        payload_type=_text(outside["payloadType"], "payloadType"),
        signatures=tuple(_signature(tree) for tree in signatures[: limits.MAX_SIGNATURES + 1]),
    )
    _check_outside(envelope.payload_type, envelope.payload)
    _check_count(envelope)
    return envelope


def _signature(tree: object) -> Signature:
    members = members_of(tree, ("keyid", "sig"), "signatures[]")
    keyid = _text(members["keyid"], "signatures[].keyid")
    return Signature(keyid, _base64(members["sig"], "signatures[].sig"))


def _object_without_repeats(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member occurs twice, and readers differ in which one they take")
    return members


def members_of(tree: object, names: tuple[str, ...], where: str) -> dict[str, object]:
    """Returns a JSON object that has these members and no others.

    Raises:
        ProtocolError: MESSAGE_UNDECODABLE or MESSAGE_UNKNOWN_FIELDS, naming `where`.
    """
    if not isinstance(tree, dict) or not all(name in tree for name in names):
        raise _undecodable(where, f"an object with {', '.join(names)}")
    if len(tree) != len(names):
        raise ProtocolError(
            Reason.MESSAGE_UNKNOWN_FIELDS,
            f"{where}: found more members than {', '.join(names)}; remove the others.",
            where=where,
        )
    return tree


def _text(value: object, where: str) -> str:
    if isinstance(value, str):
        return value
    raise _undecodable(where, "text")


def _base64(value: object, where: str) -> bytes:
    text = _text(value, where)
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    # The decoder passes over stray bits in the last character, and one payload would have two texts.
    if base64.b64encode(data).decode("ascii") != text:
        raise _undecodable(where, "canonical base64")
    return data


def _undecodable(where: str, expected: str) -> ProtocolError:
    return ProtocolError(
        Reason.MESSAGE_UNDECODABLE,
        f"{where}: expected {expected}; export the envelope again.",
        where=where,
    )


def _check_outside(
    payload_type: str, payload: bytes, longest: int = limits.MAX_PAYLOAD_BYTES
) -> None:
    if len(payload) > longest:
        raise _too_large(len(payload), longest, "bytes in the payload")
    if _PAYLOAD_TYPE.fullmatch(payload_type) is None:
        raise ProtocolError(
            Reason.PAYLOAD_TYPE_UNKNOWN,
            f"The payload type is {shown(payload_type)}, expected a media type of the protocol.",
            found=plain(payload_type),
        )


def _check_count(envelope: Envelope) -> None:
    count = len(envelope.signatures)
    if count == 0:
        raise ProtocolError(
            Reason.SIGNATURE_MISSING,
            "The envelope carries no signature; sign the payload.",
            where="signatures",
        )
    if count > limits.MAX_SIGNATURES:
        raise ProtocolError(
            Reason.SIGNATURE_TOO_MANY,
            f"The envelope carries {count} signatures, allowed are {limits.MAX_SIGNATURES}.",
            found=count,
            limit=limits.MAX_SIGNATURES,
        )


def _check_distinct(keys: list[PublicKey]) -> None:
    if len({key.keyid for key in keys}) < len(keys):
        raise _invalid(keys[0], "stands beside a repeated key, which would count one key as two")


def _check_one_node(keys: list[PublicKey]) -> None:
    for key in keys:
        if key.node != keys[0].node:
            raise ProtocolError(
                Reason.SENDER_MISMATCH,
                f"Keys of {keys[0].node} and {key.node} sign one envelope; one node must sign it.",
                found=key.node,
                expected=keys[0].node,
            )


def _invalid(key: PublicKey, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.SIGNATURE_INVALID, f"The signature of key {key.keyid} {fault}.", keyid=key.keyid
    )


def _too_large(found: int, limit: int, what: str) -> ProtocolError:
    return ProtocolError(
        Reason.MESSAGE_TOO_LARGE,
        f"Found {found} {what}, allowed are {limit}; send fewer items in one message.",
        found=found,
        limit=limit,
    )
