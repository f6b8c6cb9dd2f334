# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Envelopes as they come to a broker: each is recorded, or refused with one reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Final

from hostile.writing import DAY, NOW, Tree, header, key, signed, signer, uuid7, written
from itmo import limits
from itmo.clock import to_text
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.envelope import Envelope
from itmo.identifiers import RegistryId, make_account_id
from itmo.payloads import PayloadKind
from itmo.timestamps import timestamp

NETWORK: Final = "test-net"
BROKER: Final = "broker"
_BROKER_KEY: Final = "b" * 32
_CONTINUES: Final = 0x80
"""Of a varint: another seven bits follow."""
_PROPOSAL, _WITHDRAWAL = PayloadKind.PROPOSAL, PayloadKind.WITHDRAWAL
Change = Callable[[proposal_pb2.Proposal], object]


def setting() -> Tree:
    """Who is known when the envelopes come."""
    return {
        "network_id": NETWORK,
        "broker_node": BROKER,
        "now": to_text(NOW),
        "connected_node": "tha",
        "nodes": [
            {"node": "tha", "registries": ["THA01"]},
            {"node": "che", "registries": ["CHE01"]},
        ],
        "keys": [
            key("tha", "tha"),
            key("tha second", "tha"),
            key("che", "che"),
            key("tha revoked", "tha", revoked_at=NOW - timedelta(hours=1)),
            key("tha later", "tha", not_before=NOW + DAY, not_after=NOW + 2 * DAY),
            key("tha ended", "tha", not_before=NOW - 2 * DAY, not_after=NOW),
            key(_BROKER_KEY, BROKER, "SIGN_RECEIPT"),
        ],
        "next_sequence": 1,
        "previous_payload_hash": "",
    }


def proposal(number: int = 1) -> proposal_pb2.Proposal:
    """A proposal without fault of form; whether it is valid does not matter here."""
    return proposal_pb2.Proposal(
        header=header("tha", BROKER, NETWORK, number),
        transaction=proposal_pb2.ProposedTransaction(
            transaction_id=uuid7(1_000_000 + number),
            type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
            from_account=make_account_id(RegistryId("THA01"), 100, 1),
            to_account=make_account_id(RegistryId("CHE01"), 100, 1),
            from_registry="THA01",
            to_registry="CHE01",
            blocks=[units_pb2.UnitBlock(registry="THA01", first=1, last=10)],
        ),
    )


def _changed(change: Change, *names: str) -> Envelope:
    payload = proposal()
    change(payload)
    return signed(_PROPOSAL, payload, *(names or ("tha",)))


def _head(name: str, value: object) -> Envelope:
    def change(payload: proposal_pb2.Proposal) -> None:
        if value is None:
            payload.header.ClearField(name)
        elif isinstance(value, timedelta):
            getattr(payload.header, name).CopyFrom(timestamp(NOW + value))
        else:
            setattr(payload.header, name, value)

    return _changed(change)


def _times(made: timedelta, expires: timedelta) -> Envelope:
    def change(payload: proposal_pb2.Proposal) -> None:
        payload.header.creation_time.CopyFrom(timestamp(NOW + made))
        payload.header.expire_time.CopyFrom(timestamp(NOW + expires))

    return _changed(change)


def _body(name: str, value: object) -> Envelope:
    return _changed(lambda payload: setattr(payload.transaction, name, value))


def _blocks(*ranges: tuple[int, int]) -> Envelope:
    def change(payload: proposal_pb2.Proposal) -> None:
        del payload.transaction.blocks[:]
        for first, last in ranges:
            payload.transaction.blocks.add(registry="THA01", first=first, last=last)

    return _changed(change)


def _nanos(payload: proposal_pb2.Proposal) -> None:
    payload.header.creation_time.nanos = 1


def _unknown_inside() -> Envelope:
    """Field 100 in a header, three lines of wire format deep."""
    payload = proposal()
    head = payload.header.SerializeToString() + b"\xa0\x06\x01"
    payload.ClearField("header")
    return signed(
        _PROPOSAL, b"\x0a" + _varint(len(head)) + head + payload.SerializeToString(), "tha"
    )


def _varint(value: int) -> bytes:
    return bytes([value % _CONTINUES | _CONTINUES, value // _CONTINUES])  # from 128 to 16 383


def _envelope_cases() -> list[tuple[str, Envelope, str]]:
    good = signed(_PROPOSAL, proposal(), "tha")
    (sig,) = good.signatures
    twice = replace(good, signatures=(sig, sig))
    return [
        ("without fault", good, "recorded"),
        ("two keys of one node", signed(_PROPOSAL, proposal(), "tha", "tha second"), "recorded"),
        ("a schema of its own", signed("application/json", proposal(), "tha"), "PAYLOAD_TYPE_UNKNOWN"),
        ("a batch's label", replace(good, payload_type=PayloadKind.PROPOSAL_BATCH.label), "PAYLOAD_TYPE_UNKNOWN"),
        ("another kind's label, over the same signature", replace(good, payload_type=_WITHDRAWAL.label), "SIGNATURE_INVALID"),
        ("a statement of the broker", signed(PayloadKind.RECEIPT, b"", "tha"), "PAYLOAD_TYPE_UNKNOWN"),
        ("a statement of the operator", signed(PayloadKind.PARTY_STATEMENT, b"", "tha"), "PAYLOAD_TYPE_UNKNOWN"),
        ("no protobuf", signed(_PROPOSAL, b"\xff" * 40, "tha"), "MESSAGE_UNDECODABLE"),
        ("cut short", signed(_PROPOSAL, good.payload[:-1], "tha"), "MESSAGE_UNDECODABLE"),
        ("an unknown field", signed(_PROPOSAL, good.payload + b"\xa0\x06\x01", "tha"), "MESSAGE_UNKNOWN_FIELDS"),
        ("an unknown field in the header", _unknown_inside(), "MESSAGE_UNKNOWN_FIELDS"),
        ("empty", signed(_PROPOSAL, b"", "tha"), "SCHEMA_VERSION_UNSUPPORTED"),
        ("no signature", replace(good, signatures=()), "SIGNATURE_MISSING"),
        ("five signatures", replace(good, signatures=(sig,) * 5), "SIGNATURE_TOO_MANY"),
        ("one key twice", twice, "SIGNATURE_INVALID"),
        ("keys of two nodes", signed(_PROPOSAL, proposal(), "tha", "che"), "SENDER_MISMATCH"),
        ("the second signature does not fit",
         replace(good, signatures=(sig, replace(signed(_PROPOSAL, b"x", "tha second").signatures[0]))), "SIGNATURE_INVALID"),
        ("a payload changed afterwards", replace(good, payload=good.payload.replace(b"CHE01", b"BRA01")), "SIGNATURE_INVALID"),
        ("a signature over the payload alone",
         replace(good, signatures=(replace(sig, sig=_bare(good.payload)),)), "SIGNATURE_INVALID"),
        ("a key id in capitals", replace(good, signatures=(replace(sig, keyid=sig.keyid.upper()),)), "KEY_UNKNOWN"),
        ("a key that nobody registered", signed(_PROPOSAL, proposal(), "mallory"), "KEY_UNKNOWN"),
        ("a key of another node", signed(_PROPOSAL, proposal(), "che"), "SENDER_MISMATCH"),
        ("the broker's key", signed(_PROPOSAL, proposal(), _BROKER_KEY), "KEY_WRONG_PURPOSE"),
        ("a revoked key", signed(_PROPOSAL, proposal(), "tha revoked"), "KEY_REVOKED"),
        ("a key of tomorrow", signed(_PROPOSAL, proposal(), "tha later"), "KEY_NOT_VALID_NOW"),
        ("a key at its very end", signed(_PROPOSAL, proposal(), "tha ended"), "KEY_NOT_VALID_NOW"),
    ]  # fmt: skip


def _bare(payload: bytes) -> bytes:
    return signer("tha").sign(payload)


def _header_cases() -> list[tuple[str, Envelope, str]]:
    minutes = timedelta(minutes=1)
    return [
        ("another network", _head("network_id", "itmo-production"), "NETWORK_MISMATCH"),
        ("another recipient", _head("recipient_node", "che"), "RECIPIENT_MISMATCH"),
        ("every recipient", _head("recipient_node", "*"), "RECIPIENT_MISMATCH"),
        ("another sender", _head("sender_node", "che"), "SENDER_MISMATCH"),
        ("a sender in Cyrillic letters", _head("sender_node", "th\u0430"), "IDENTIFIER_INVALID"),
        ("a message id of version 4", _head("message_id", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), "IDENTIFIER_INVALID"),
        ("a message id in capitals", _head("message_id", uuid7(0xABC).upper()), "IDENTIFIER_INVALID"),
        ("schema version 2", _head("schema_version", 2), "SCHEMA_VERSION_UNSUPPORTED"),
        ("no sequence", _head("sender_sequence", 0), "PAYLOAD_INVALID"),
        ("a sequence of 64 bits", _head("sender_sequence", 2**63 - 1), "PAYLOAD_INVALID"),
        ("a first message that chains", _head("previous_payload_hash", bytes(32)), "PAYLOAD_INVALID"),
        ("no creation time", _head("creation_time", None), "PAYLOAD_INVALID"),
        ("no expiry", _head("expire_time", None), "PAYLOAD_INVALID"),
        ("a nanosecond", _changed(_nanos), "PAYLOAD_INVALID"),
        ("eleven minutes old", _times(-11 * minutes, DAY - 11 * minutes), "CLOCK_SKEW"),
        ("eleven minutes ahead", _times(11 * minutes, DAY), "CLOCK_SKEW"),
        ("ten minutes old", _times(-10 * minutes, minutes), "recorded"),
        ("expired at this moment", _times(-minutes, timedelta(0)), "MESSAGE_EXPIRED"),
        ("expires before it was made", _times(5 * minutes, minutes), "EXPIRY_TOO_FAR"),
        ("lives 72 hours", _times(timedelta(0), timedelta(hours=72)), "recorded"),
        ("lives a millisecond longer", _times(timedelta(0), timedelta(hours=72, milliseconds=1)), "EXPIRY_TOO_FAR"),
    ]  # fmt: skip


def _content_cases() -> list[tuple[str, Envelope, str]]:
    most = limits.MAX_BLOCKS_PER_PROPOSAL
    return [
        ("no transaction id", _body("transaction_id", ""), "IDENTIFIER_INVALID"),
        ("a type that is not defined", _body("type", 99), "PAYLOAD_INVALID"),
        ("an account of 65 characters", _body("to_account", "A" * 65), "PAYLOAD_INVALID"),
        ("an account with a zero-width space", _body("to_account", "CH72CHE01\u200b10000000001"), "PAYLOAD_INVALID"),
        ("a note written right to left", _body("note", "\u202eevil"), "PAYLOAD_INVALID"),
        ("a note that is not in form NFC", _body("note", "e\u0301"), "PAYLOAD_INVALID"),
        ("a note with a line break", _body("note", "a\nb"), "PAYLOAD_INVALID"),
        ("a note of 2001 characters", _body("note", "x" * (limits.MAX_TEXT + 1)), "PAYLOAD_INVALID"),
        ("no blocks", _blocks(), "PAYLOAD_INVALID"),
        ("too many blocks", _blocks(*((n, n) for n in range(1, most + 2))), "TOO_MANY_BLOCKS"),
        ("units named twice", _blocks((1, 10), (10, 20)), "PAYLOAD_INVALID"),
        ("a range that runs backwards, which is judged", _blocks((10, 1)), "recorded"),
        ("an account that does not exist, which is judged", _body("to_account", "nowhere"), "recorded"),
    ]  # fmt: skip


def cases() -> list[Tree]:
    """Each envelope comes alone to a broker in the setting."""
    return [
        {"name": name, "call": "Submit", "envelope": written(envelope), "expect": expect}
        for name, envelope, expect in [*_envelope_cases(), *_header_cases(), *_content_cases()]
    ]


def chains() -> list[Tree]:
    """Messages of one sender, in order, to a broker in the setting."""

    def message(
        number: int, sequence: int, previous: Envelope | bytes | None, **body: str
    ) -> Envelope:
        payload = proposal(number)
        payload.header.sender_sequence = sequence
        payload.header.previous_payload_hash = (
            b""
            if previous is None
            else previous
            if isinstance(previous, bytes)
            else _hash(previous)
        )
        for name, value in body.items():
            setattr(payload.transaction, name, value)
        return signed(_PROPOSAL, payload, "tha")

    first = message(1, 1, None)
    second = message(2, 2, first)
    other = message(1, 1, None, note="other content")
    same_id = message(3, 2, first, transaction_id=proposal(1).transaction.transaction_id)
    told = [
        ("in order", [(first, "recorded"), (second, "recorded")]),
        ("the same again gets the first answer", [(first, "recorded"), (second, "recorded"), (first, "replayed")]),
        ("other content under a used message id", [(first, "recorded"), (other, "MESSAGE_ID_REUSED")]),
        ("a number that is used", [(first, "recorded"), (message(4, 1, None), "SEQUENCE_USED")]),
        ("a number that is missing", [(first, "recorded"), (message(5, 400, bytes(32)), "SEQUENCE_GAP")]),
        ("another message before it", [(first, "recorded"), (message(6, 2, bytes(32)), "PREVIOUS_HASH_MISMATCH")]),
        ("a refusal uses no number",
         [(first, "recorded"), (message(7, 2, first, note="a\nb"), "PAYLOAD_INVALID"), (second, "recorded")]),
        ("a transaction id twice uses a number, is judged, and leaves the transaction alone",
         [(first, "recorded"), (same_id, "recorded")]),
    ]  # fmt: skip
    return [
        {
            "name": name,
            "messages": [
                {"call": "Submit", "envelope": written(envelope), "expect": expect}
                for envelope, expect in messages
            ],
        }
        for name, messages in told
    ]


def _hash(envelope: Envelope) -> bytes:
    return sha256(envelope.payload).digest()
