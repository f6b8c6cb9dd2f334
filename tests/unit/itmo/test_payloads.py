# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Payloads: labels, strict decoding, times and headers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from itmo import limits
from itmo.core.v1 import proposal_pb2
from itmo.envelope import Envelope, Signature
from itmo.message.v1 import header_pb2
from itmo.payloads import (
    KIND_OF_LABEL,
    MESSAGE_OF,
    PayloadKind,
    decode,
    from_proto,
    kind_of,
    read_header,
    to_proto,
    write_header,
)
from itmo.reasons import ProtocolError, Reason
from itmo.schema_versions import SCHEMA_VERSION
from itmo.timestamps import moment, timestamp

NOW = datetime(2023, 8, 1, 12, 30, 15, 123_000, tzinfo=UTC)
MESSAGE_ID = "0189b38b-5400-7deb-95c8-4c77486d787e"


def refusal(work: object, *arguments: object) -> Reason:
    assert callable(work)
    with pytest.raises(ProtocolError) as refused:
        work(*arguments)
    return refused.value.reason


def header(**changes: object) -> header_pb2.Header:
    made = header_pb2.Header(
        message_id=MESSAGE_ID,
        sender_node="tha",
        recipient_node="broker",
        network_id="test-net",
        sender_sequence=2,
        previous_payload_hash=bytes(32),
        creation_time=timestamp(NOW),
        expire_time=timestamp(NOW + timedelta(hours=1)),
        schema_version=SCHEMA_VERSION,
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


# -- labels and decoding --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", PayloadKind)
def test_every_kind_has_a_label_and_a_message(kind: PayloadKind) -> None:
    assert kind.label == f"application/vnd.itmo.{kind}.v1+protobuf"
    assert kind_of(kind.label) is kind
    assert KIND_OF_LABEL[kind.label] is kind
    assert decode(kind, b"") == MESSAGE_OF[kind]()


@pytest.mark.parametrize("label", ["", "text/plain", "application/vnd.itmo.proposal.v2+protobuf"])
def test_unknown_labels(label: str) -> None:
    assert refusal(kind_of, label) is Reason.PAYLOAD_TYPE_UNKNOWN


def test_labels_compare_exactly() -> None:
    label = PayloadKind.PROPOSAL.label
    for other in (label.upper(), f" {label}", f"{label};q=1", label.replace("a", "\u0430")):
        assert refusal(kind_of, other) is Reason.PAYLOAD_TYPE_UNKNOWN


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"\x0a\x05abc", Reason.MESSAGE_UNDECODABLE),
        (b"\xff", Reason.MESSAGE_UNDECODABLE),
        (b"\xa0\x06\x01", Reason.MESSAGE_UNKNOWN_FIELDS),
        (b"\x0a\x03\xa0\x06\x01", Reason.MESSAGE_UNKNOWN_FIELDS),
        (b"\x1b\x1c", Reason.MESSAGE_UNKNOWN_FIELDS),
        (bytes(limits.MAX_PAYLOAD_BYTES + 1), Reason.MESSAGE_TOO_LARGE),
    ],
)
def test_payloads_that_are_not_taken(payload: bytes, reason: Reason) -> None:
    assert refusal(decode, PayloadKind.PROPOSAL, payload) is reason


def test_unknown_enum_values_are_left_for_the_reader() -> None:
    payload = proposal_pb2.Proposal()
    payload.transaction.type = 99  # type: ignore[assignment]  # on purpose
    read = decode(PayloadKind.PROPOSAL, payload.SerializeToString())
    assert read == payload


def test_the_largest_payload_is_decoded() -> None:
    payload = proposal_pb2.Withdrawal(
        reason="x" * (limits.MAX_PAYLOAD_BYTES - 4)
    ).SerializeToString()
    assert len(payload) == limits.MAX_PAYLOAD_BYTES
    decode(PayloadKind.WITHDRAWAL, payload)


def test_envelopes_travel_unchanged() -> None:
    envelope = Envelope(b"\x00\xff", "any/type", (Signature("k", b"1"), Signature("", b"")))
    assert from_proto(to_proto(envelope)) == envelope


# -- times ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "at",
    [
        datetime(1970, 1, 1, 0, 0, 0, 1_000, tzinfo=UTC),
        NOW,
        datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
    ],
)
def test_times_there_and_back(at: datetime) -> None:
    assert moment(timestamp(at), "here") == at


def test_times_are_cut_to_milliseconds() -> None:
    assert moment(timestamp(NOW + timedelta(microseconds=999)), "here") == NOW


@pytest.mark.parametrize(
    ("seconds", "nanos"),
    [
        (-1, 0),
        (253402300800, 0),
        (2**63 - 1, 0),
        (0, -1),
        (0, 1_000_000_000),
        (0, 1),
        (0, 999_999),
    ],
)
def test_times_that_cannot_be(seconds: int, nanos: int) -> None:
    stamp = Timestamp(seconds=seconds, nanos=nanos)
    assert refusal(moment, stamp, "here") is Reason.PAYLOAD_INVALID


# -- headers --------------------------------------------------------------------------------------


def test_headers_there_and_back() -> None:
    written = header(causation_id=MESSAGE_ID)
    assert write_header(read_header(written)) == written


def test_a_first_message_has_no_hash_before_it() -> None:
    first = header(sender_sequence=1, previous_payload_hash=b"")
    assert read_header(first).previous_payload_hash == b""
    assert refusal(read_header, header(sender_sequence=1)) is Reason.PAYLOAD_INVALID


def test_a_statement_is_for_every_side() -> None:
    assert read_header(header(recipient_node="*")).recipient_node == "*"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("schema_version", 0, Reason.SCHEMA_VERSION_UNSUPPORTED),
        ("schema_version", 2, Reason.SCHEMA_VERSION_UNSUPPORTED),
        ("sender_sequence", 0, Reason.PAYLOAD_INVALID),
        ("sender_sequence", 2**63 - 1, Reason.PAYLOAD_INVALID),
        ("sender_sequence", 2**64 - 1, Reason.PAYLOAD_INVALID),
        ("previous_payload_hash", b"", Reason.PAYLOAD_INVALID),
        ("previous_payload_hash", bytes(31), Reason.PAYLOAD_INVALID),
        ("previous_payload_hash", bytes(33), Reason.PAYLOAD_INVALID),
        ("message_id", "", Reason.IDENTIFIER_INVALID),
        ("message_id", MESSAGE_ID.upper(), Reason.IDENTIFIER_INVALID),
        ("sender_node", "*", Reason.IDENTIFIER_INVALID),
        ("sender_node", "th\u0430", Reason.IDENTIFIER_INVALID),
        ("recipient_node", "", Reason.IDENTIFIER_INVALID),
        ("recipient_node", "**", Reason.IDENTIFIER_INVALID),
        ("causation_id", "x", Reason.IDENTIFIER_INVALID),
    ],
)
def test_headers_that_are_not_taken(name: str, value: object, reason: Reason) -> None:
    assert refusal(read_header, header(**{name: value})) is reason


def test_the_last_sequence_number() -> None:
    last = header(sender_sequence=2**63 - 2)
    assert read_header(last).sender_sequence == limits.MAX_SEQUENCE
