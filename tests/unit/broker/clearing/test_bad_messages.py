# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bad input that never becomes a decision: each row is refused, and leaves one event and no trace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256

import pytest

from broker.clearing.path import waiting_room
from itmo import limits
from itmo.core.v1 import proposal_pb2, statements_pb2
from itmo.envelope import Envelope, Signature, pae, seal
from itmo.identifiers import NodeId
from itmo.keys import MemorySigner
from itmo.message.v1 import header_pb2
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.timestamps import timestamp
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    Sender,
    receipt_of,
    sealed,
    send,
    stored,
    transfer,
    unsent,
    use,
)
from tests.kit.world_again import trading_again
from tests.unit.broker.clearing.test_statements import key_statement

MINUTES_11 = timedelta(minutes=11)
STRANGER = MemorySigner.from_seed(b"stranger".ljust(32, b"."))
SECOND = MemorySigner.from_seed(b"second".ljust(32, b"."))
REVOKED = MemorySigner.from_seed(b"revoked".ljust(32, b"."))
LATER = MemorySigner.from_seed(b"later".ljust(32, b"."))
CYRILLIC_A, FULL_WIDTH_A, ZERO_WIDTH = "\u0430", "\uff41", "\u200b"


@pytest.fixture
async def world() -> AsyncIterator[ClearingWorld]:
    """Thailand has four more keys: one revoked, one not yet valid; two that are good."""
    made = await trading_again()
    tha, now = made.senders["tha"], made.clock.now()
    later = {
        "not_before": timestamp(now + timedelta(days=1)),
        "not_after": timestamp(now + timedelta(days=2)),
    }
    for statement in (
        key_statement(made, "tha", SECOND),
        key_statement(made, "tha", REVOKED),
        key_statement(made, "tha", LATER, **later),
        statements_pb2.KeyStatement(
            node="tha",
            purpose=statements_pb2.KEY_PURPOSE_SIGN_MESSAGE,
            public_key=REVOKED.public_key,
            revoked=True,
        ),
    ):
        assert receipt_of(await tha.say(PayloadKind.KEY_STATEMENT, statement)).effective
    made.clock.advance(timedelta(seconds=1))
    yield made
    assert broken_invariants(made.connection) == []
    await made.house.stop()


def wanted(sender: Sender) -> proposal_pb2.Proposal:
    return proposal_pb2.Proposal(transaction=transfer(sender.world, 1, 10))


def good(sender: Sender) -> Envelope:
    return sealed(sender, PayloadKind.PROPOSAL, wanted(sender))


def exact(sender: Sender, content: bytes, kind: PayloadKind = PayloadKind.PROPOSAL) -> Envelope:
    """Any bytes, well signed."""
    sig = sender.chain.signer.sign(pae(kind.label, content))
    return Envelope(content, kind.label, (Signature(sender.chain.signer.keyid, sig),))


Make = Callable[[Sender], Envelope]


def header(change: Callable[[header_pb2.Header, Sender], object]) -> Make:
    def make(sender: Sender) -> Envelope:
        changed = unsent(sender)
        change(changed, sender)
        return sealed(sender, PayloadKind.PROPOSAL, wanted(sender), changed)

    return make


def field(name: str, value: object) -> Make:
    return header(lambda made, _: setattr(made, name, value))


def shifted(created: timedelta, lifetime: timedelta = timedelta(hours=24)) -> Make:
    def change(made: header_pb2.Header, sender: Sender) -> None:
        at = sender.world.clock.now() + created
        made.creation_time.CopyFrom(timestamp(at))
        made.expire_time.CopyFrom(timestamp(at + lifetime))

    return header(change)


def content(change: Callable[[proposal_pb2.ProposedTransaction], object]) -> Make:
    def make(sender: Sender) -> Envelope:
        payload = wanted(sender)
        change(payload.transaction)
        return sealed(sender, PayloadKind.PROPOSAL, payload)

    return make


def by(*signers: MemorySigner) -> Make:
    return lambda sender: sealed(sender, PayloadKind.PROPOSAL, wanted(sender), None, *signers)


def broken(change: Callable[[Envelope], Envelope]) -> Make:
    return lambda sender: change(good(sender))


def spliced(raw: Callable[[bytes], bytes]) -> Make:
    """A well-formed proposal with other bytes in it, signed as it is then."""
    return lambda sender: exact(sender, raw(good(sender).payload))


def nested_unknown(sender: Sender) -> Envelope:
    payload = wanted(sender)
    payload.header.CopyFrom(unsent(sender))
    block = payload.transaction.blocks[0].SerializeToString() + b"\xa0\x06\x01"  # field 100
    inner = payload.transaction
    del inner.blocks[:]
    tail = inner.SerializeToString() + b"\x3a" + bytes([len(block)]) + block
    head = proposal_pb2.Proposal(header=payload.header).SerializeToString()
    size = len(tail)
    return exact(sender, head + b"\x12" + bytes([size & 0x7F | 0x80, size >> 7]) + tail)


def batch_of(count: int, of_blocks: int = 1) -> Make:
    def make(sender: Sender) -> Envelope:
        written = proposal_pb2.ProposalBatch(
            transactions=[transfer(sender.world, 1, 10) for _ in range(count)]
        )
        for each in written.transactions:
            blocks(of_blocks)(each)
        return sealed(sender, PayloadKind.PROPOSAL_BATCH, written)

    return make


def two_pairs(sender: Sender) -> Envelope:
    pair = [transfer(sender.world, 1, 10), use(sender.world, 1, 10, 2022)]
    return sealed(sender, PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=pair))


def flipped(envelope: Envelope, at: int) -> Envelope:
    sig = bytearray(envelope.signatures[0].sig)
    sig[at] ^= 1
    return replace(envelope, signatures=(replace(envelope.signatures[0], sig=bytes(sig)),))


def bit(at: int) -> Make:
    return broken(lambda envelope: flipped(envelope, at))


def blocks(count: int) -> Callable[[proposal_pb2.ProposedTransaction], object]:
    def change(made: proposal_pb2.ProposedTransaction) -> None:
        del made.blocks[:]
        for serial in range(1, count + 1):
            made.blocks.add(registry="THA01", first=serial, last=serial)

    return change


def spans(*ranges: tuple[int, int]) -> Callable[[proposal_pb2.ProposedTransaction], object]:
    def change(made: proposal_pb2.ProposedTransaction) -> None:
        del made.blocks[:]
        for first, last in ranges:
            made.blocks.add(registry="THA01", first=first, last=last)

    return change


def allotted(*ranges: tuple[int, int]) -> Callable[[proposal_pb2.ProposedTransaction], object]:
    def change(made: proposal_pb2.ProposedTransaction) -> None:
        for first, last in ranges:
            made.terms.paris.allotments.add(
                purpose=1, account="XMR01-100-1-26", first=first, last=last
            )

    return change


def put(name: str, value: object) -> Callable[[proposal_pb2.ProposedTransaction], object]:
    """Sets a field of the transaction, or of its terms."""
    own = name in proposal_pb2.ProposedTransaction.DESCRIPTOR.fields_by_name
    return lambda made: setattr(made if own else made.terms.paris, name, value)


def in_attributes(name: str, value: object) -> Make:
    return content(lambda made: setattr(made.blocks[0].attributes.paris, name, value))


@dataclass(frozen=True)
class Row:
    name: str
    make: Make
    reason: Reason
    caller: str = "tha"


def spelled(where: str) -> list[Row]:
    """A header's name in letters that look alike."""
    return [
        Row(f"{where} {what}", field(where, value), reason)
        for what, value, reason in (
            ("cyrillic", f"th{CYRILLIC_A}", Reason.IDENTIFIER_INVALID),
            ("full width", f"th{FULL_WIDTH_A}", Reason.IDENTIFIER_INVALID),
            ("zero width", f"tha{ZERO_WIDTH}", Reason.IDENTIFIER_INVALID),
            ("upper case", "THA", Reason.IDENTIFIER_INVALID),
            ("empty", "", Reason.IDENTIFIER_INVALID),
            ("65 characters", "a" * 65, Reason.IDENTIFIER_INVALID),
            ("SQL", "tha'; DROP TABLE message; --", Reason.IDENTIFIER_INVALID),
            ("NUL", "tha\x00", Reason.IDENTIFIER_INVALID),
        )
    ]


OVERSIZED = limits.MAX_PAYLOAD_BYTES + 1
UUID4 = "2f1b3c5e-0c3d-4b1a-9c55-0f8f6a3f2a10"
ROWS = [
    # bytes
    Row("truncated", spliced(lambda raw: raw[:-1]), Reason.MESSAGE_UNDECODABLE),
    Row("random bytes", lambda s: exact(s, sha256(b"x").digest() * 3), Reason.MESSAGE_UNDECODABLE),
    Row("empty", lambda s: exact(s, b""), Reason.SCHEMA_VERSION_UNSUPPORTED),
    Row("oversized", lambda s: exact(s, bytes(OVERSIZED)), Reason.MESSAGE_TOO_LARGE),
    Row(
        "deeply nested",
        spliced(lambda raw: raw + b"\x1b" * 5000 + b"\x1c" * 5000),
        Reason.MESSAGE_UNDECODABLE,
    ),
    Row("nested a little", spliced(lambda raw: raw + b"\x1b\x1c"), Reason.MESSAGE_UNKNOWN_FIELDS),
    Row("unknown field", spliced(lambda raw: raw + b"\xa0\x06\x01"), Reason.MESSAGE_UNKNOWN_FIELDS),
    Row("unknown field inside", nested_unknown, Reason.MESSAGE_UNKNOWN_FIELDS),
    Row("wrong wire type", spliced(lambda raw: raw + b"\x08\x01"), Reason.MESSAGE_UNKNOWN_FIELDS),
    Row(
        "not UTF-8", spliced(lambda raw: raw + b"\x12\x03\x0a\x01\xff"), Reason.MESSAGE_UNDECODABLE
    ),
    # label
    Row(
        "unknown label",
        broken(lambda e: replace(e, payload_type="application/json")),
        Reason.PAYLOAD_TYPE_UNKNOWN,
    ),
    Row("no label", broken(lambda e: replace(e, payload_type="")), Reason.PAYLOAD_TYPE_UNKNOWN),
    Row(
        "label in other letters",
        broken(lambda e: replace(e, payload_type=e.payload_type.upper())),
        Reason.PAYLOAD_TYPE_UNKNOWN,
    ),
    Row(
        "label of another layout",
        broken(lambda e: replace(e, payload_type=PayloadKind.KEY_STATEMENT.label)),
        Reason.SIGNATURE_INVALID,
    ),
    Row(
        "label of the same layout",
        lambda s: replace(
            sealed(s, PayloadKind.WITHDRAWAL, proposal_pb2.Withdrawal()),
            payload_type=PayloadKind.REJECTION.label,
        ),
        Reason.SIGNATURE_INVALID,
    ),
    Row(
        "operator's kind",
        lambda s: sealed(s, PayloadKind.PARTY_STATEMENT, parties_pb2.PartyStatement()),
        Reason.PAYLOAD_TYPE_UNKNOWN,
    ),
    # header
    Row("no header", lambda s: exact(s, b"\x12\x00"), Reason.SCHEMA_VERSION_UNSUPPORTED),
    Row("other network", field("network_id", "other-net"), Reason.NETWORK_MISMATCH),
    Row("no network", field("network_id", ""), Reason.NETWORK_MISMATCH),
    Row("long network", field("network_id", "n" * 5000), Reason.NETWORK_MISMATCH),
    Row("other recipient", field("recipient_node", "other"), Reason.RECIPIENT_MISMATCH),
    Row("every recipient", field("recipient_node", "*"), Reason.RECIPIENT_MISMATCH),
    Row("other sender", field("sender_node", "che"), Reason.SENDER_MISMATCH),
    Row("other caller", good, Reason.SENDER_MISMATCH, caller="che"),
    Row("operator as caller", good, Reason.PAYLOAD_TYPE_UNKNOWN, caller="operator"),
    Row("made in the past", shifted(-MINUTES_11), Reason.CLOCK_SKEW),
    Row("made in the future", shifted(MINUTES_11), Reason.CLOCK_SKEW),
    Row("expired", shifted(timedelta(0), timedelta(0)), Reason.MESSAGE_EXPIRED),
    Row(
        "expires before it was made",
        shifted(timedelta(minutes=5), -timedelta(minutes=1)),
        Reason.EXPIRY_TOO_FAR,
    ),
    Row(
        "expires too late",
        shifted(timedelta(0), timedelta(hours=72, milliseconds=1)),
        Reason.EXPIRY_TOO_FAR,
    ),
    Row(
        "half a millisecond",
        header(lambda made, _: setattr(made.creation_time, "nanos", 500_000)),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "negative nanoseconds",
        header(lambda made, _: setattr(made.creation_time, "nanos", -1_000_000)),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "year 10000",
        header(lambda made, _: setattr(made.expire_time, "seconds", 253402300800)),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "before 1970",
        header(lambda made, _: setattr(made.creation_time, "seconds", -1)),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "no creation time",
        header(lambda made, _: made.ClearField("creation_time")),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "no expiry",
        header(lambda made, _: made.ClearField("expire_time")),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "an empty expiry",
        header(lambda made, _: made.expire_time.Clear()),
        Reason.PAYLOAD_INVALID,
    ),
    Row("sequence 0", field("sender_sequence", 0), Reason.PAYLOAD_INVALID),
    Row("sequence 2^64-1", field("sender_sequence", 2**64 - 1), Reason.PAYLOAD_INVALID),
    Row("sequence 2^63-1", field("sender_sequence", 2**63 - 1), Reason.PAYLOAD_INVALID),
    Row("sequence 2^63-2", field("sender_sequence", 2**63 - 2), Reason.SEQUENCE_GAP),
    Row("previous of 31 bytes", field("previous_payload_hash", bytes(31)), Reason.PAYLOAD_INVALID),
    Row("no previous", field("previous_payload_hash", b""), Reason.PAYLOAD_INVALID),
    Row("wrong previous", field("previous_payload_hash", bytes(32)), Reason.PREVIOUS_HASH_MISMATCH),
    Row("schema 2", field("schema_version", 2), Reason.SCHEMA_VERSION_UNSUPPORTED),
    Row("message id of version 4", field("message_id", UUID4), Reason.IDENTIFIER_INVALID),
    Row("no message id", field("message_id", ""), Reason.IDENTIFIER_INVALID),
    Row("wrong causation", field("causation_id", "because"), Reason.IDENTIFIER_INVALID),
    *spelled("sender_node"),
    *spelled("recipient_node"),
    *spelled("message_id"),
    # keys and signatures
    Row("unknown key", by(STRANGER), Reason.KEY_UNKNOWN),
    Row("foreign key", by(MemorySigner.from_seed(b"che".ljust(32, b"."))), Reason.SENDER_MISMATCH),
    Row("revoked key", by(REVOKED), Reason.KEY_REVOKED),
    Row("key of later", by(LATER), Reason.KEY_NOT_VALID_NOW),
    Row("operator's key", by(MemorySigner.from_seed(b"o" * 32)), Reason.KEY_WRONG_PURPOSE),
    Row("broker's key", by(MemorySigner.from_seed(b"b" * 32)), Reason.KEY_WRONG_PURPOSE),
    Row("no signature", broken(lambda e: replace(e, signatures=())), Reason.SIGNATURE_MISSING),
    Row(
        "five signatures",
        broken(lambda e: replace(e, signatures=e.signatures * 5)),
        Reason.SIGNATURE_TOO_MANY,
    ),
    Row("the same key twice", by(SECOND, SECOND), Reason.SIGNATURE_INVALID),
    Row("one of two revoked", by(SECOND, REVOKED), Reason.KEY_REVOKED),
    Row("one of two unknown", by(SECOND, STRANGER), Reason.KEY_UNKNOWN),
    Row(
        "two nodes",
        by(SECOND, MemorySigner.from_seed(b"che".ljust(32, b"."))),
        Reason.SENDER_MISMATCH,
    ),
    *(
        Row(f"bit flipped in byte {at}", bit(at), Reason.SIGNATURE_INVALID)
        for at in (0, 31, 32, 63)
    ),
    Row(
        "short signature",
        broken(lambda e: replace(e, signatures=(replace(e.signatures[0], sig=bytes(63)),))),
        Reason.SIGNATURE_INVALID,
    ),
    Row(
        "signature of zeros",
        broken(lambda e: replace(e, signatures=(replace(e.signatures[0], sig=bytes(64)),))),
        Reason.SIGNATURE_INVALID,
    ),
    Row(
        "key id in capitals",
        broken(
            lambda e: replace(
                e, signatures=(replace(e.signatures[0], keyid=e.signatures[0].keyid.upper()),)
            )
        ),
        Reason.KEY_UNKNOWN,
    ),
    Row(
        "key id of 10000 characters",
        broken(lambda e: replace(e, signatures=(replace(e.signatures[0], keyid="k" * 10_000),))),
        Reason.KEY_UNKNOWN,
    ),
    Row(
        "payload changed afterwards",
        broken(lambda e: replace(e, payload=e.payload.replace(b"CHE01", b"BRA01"))),
        Reason.SIGNATURE_INVALID,
    ),
    # content
    Row("no type", content(put("type", 0)), Reason.PAYLOAD_INVALID),
    Row("unknown type", content(put("type", 99)), Reason.PAYLOAD_INVALID),
    Row("negative type", content(put("type", -1)), Reason.PAYLOAD_INVALID),
    Row("unknown completion", content(put("completion", 7)), Reason.PAYLOAD_INVALID),
    Row("unknown unit type", in_attributes("unit_type", 99), Reason.PAYLOAD_INVALID),
    Row("unknown metric", in_attributes("metric", 9), Reason.PAYLOAD_INVALID),
    Row("unknown mitigation", in_attributes("mitigation_type", 9), Reason.PAYLOAD_INVALID),
    Row(
        "no transaction",
        lambda s: sealed(s, PayloadKind.PROPOSAL, proposal_pb2.Proposal()),
        Reason.PAYLOAD_INVALID,
    ),
    Row("no blocks", content(blocks(0)), Reason.PAYLOAD_INVALID),
    Row("501 blocks", content(blocks(501)), Reason.TOO_MANY_BLOCKS),
    Row("overlapping blocks", content(spans((1, 10), (10, 20))), Reason.PAYLOAD_INVALID),
    Row("a block twice", content(spans((1, 10), (1, 10))), Reason.PAYLOAD_INVALID),
    Row("a block in another", content(spans((1, 100), (40, 50))), Reason.PAYLOAD_INVALID),
    Row("overlapping, apart", content(spans((1, 10), (50, 60), (5, 6))), Reason.PAYLOAD_INVALID),
    Row("five greatest ranges", content(spans(*[(1, 2**63 - 2)] * 5)), Reason.PAYLOAD_INVALID),
    Row("overlapping allotments", content(allotted((1, 5), (5, 9))), Reason.PAYLOAD_INVALID),
    Row("1001 blocks in a batch", batch_of(3, 334), Reason.TOO_MANY_BLOCKS),
    Row("no proposals", batch_of(0), Reason.PAYLOAD_INVALID),
    Row("1001 proposals", batch_of(limits.MAX_PROPOSALS_PER_BATCH + 1), Reason.BATCH_TOO_LARGE),
    Row("two pairs of registries", two_pairs, Reason.PAYLOAD_INVALID),
    *(
        Row(
            f"transaction id {value[:20]!a}",
            content(put("transaction_id", value)),
            Reason.IDENTIFIER_INVALID,
        )
        for value in (
            "",
            UUID4,
            "0189B38B-5400-7DEB-95C8-4C77486D787E",
            "{0189b38b-5400-7deb-95c8-4c77486d787e}",
            "0189b38b54007deb95c84c77486d787e",
            "0189b38b-5400-7deb-15c8-4c77486d787e",
            "0189b38b-5400-7deb-95c8-4c77486d787\u0435",
            "0189b38b-5400-7deb-95c8-4c77486d787\uff15",
            " 0189b38b-5400-7deb-95c8-4c77486d787e",
            "' OR 1=1 --",
            "x" * 65,
        )
    ),
    *(
        Row(
            f"transaction id that ends in {end!a}",
            content(put("transaction_id", "0189b38b-5400-7deb-95c8-4c77486d787e" + end)),
            Reason.PAYLOAD_INVALID,
        )
        for end in ("\u200b", "\n")
    ),
    *(
        Row(f"{name} of 65 characters", content(put(name, "x" * 65)), Reason.PAYLOAD_INVALID)
        for name in ("from_account", "to_account", "from_registry", "to_registry", "entity")
    ),
    Row(
        "a block that is only named",
        content(lambda made: setattr(made.blocks[0], "role", 2)),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "attributes of another rulebook",
        content(lambda made: setattr(made.blocks[0].attributes.kyoto, "project", "UA1")),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "terms of another rulebook",
        content(lambda made: made.terms.kyoto.SetInParent()),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "a type of another rulebook",
        content(lambda made: setattr(made, "type", 6)),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "block registry of 65 characters",
        content(lambda made: setattr(made.blocks[0], "registry", "x" * 65)),
        Reason.PAYLOAD_INVALID,
    ),
    *(
        Row(f"{name} of 65 characters", in_attributes(name, "x" * 65), Reason.PAYLOAD_INVALID)
        for name in ("cooperative_approach", "first_transferring_party", "sector", "activity_type")
    ),
    *(
        Row(f"purpose {what}", content(put("purpose", value)), Reason.PAYLOAD_INVALID)
        for what, value in (
            ("NUL", "a\x00b"),
            ("bidi", "\u202egpj.exe"),
            ("zero width", "a\u200bb"),
            ("not NFC", "e\u0301"),
            ("line break", "a\nb"),
            ("escape", "\x1b[2J"),
            ("long", "a" * 2001),
        )
    ),
    Row(
        "deadline finer than a millisecond",
        content(lambda made: setattr(made.deadline, "nanos", 1)),
        Reason.PAYLOAD_INVALID,
    ),
    Row(
        "deadline before 1970",
        content(lambda made: setattr(made.deadline, "seconds", -5)),
        Reason.PAYLOAD_INVALID,
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_bad_messages_are_refused_and_leave_one_event(
    world: ClearingWorld, row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", timedelta(0))
    tha = world.senders["tha"]
    await world.house.expire_due()  # writes what was only noted so far
    before = stored(world.connection, "refused_message")
    envelope = row.make(tha)
    with pytest.raises(ProtocolError) as refused:
        await world.house.submit(NodeId(row.caller), envelope)
    assert refused.value.reason is row.reason, refused.value.message
    assert refused.value.message.isprintable()
    assert stored(world.connection, "refused_message") == before
    await world.house.expire_due()
    assert stored(world.connection, "refused_message") == before
    events = world.connection.execute(
        "SELECT caller, reason, payload_hash, found FROM refused_message"
    ).fetchall()
    assert [each[:3] for each in events] == [
        (row.caller, row.reason.value, sha256(envelope.payload).digest())
    ]
    assert events[0][3].isprintable()
    assert len(events[0][3]) <= 500
    await world.house.expire_due()
    assert len(stored(world.connection)["refused_message"]) == 1


async def test_the_sender_is_still_welcome_after_all_that(
    world: ClearingWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_room, "EARLY_WAIT", timedelta(0))
    tha = world.senders["tha"]
    answers = await asyncio.gather(
        *(world.house.submit(NodeId(row.caller), row.make(tha)) for row in ROWS),
        return_exceptions=True,
    )
    assert {type(each) for each in answers} == {ProtocolError}
    assert (await send(tha, good(tha))).answers
    assert len(stored(world.connection)["refused_message"]) == len(ROWS)


@pytest.mark.parametrize("signer", [REVOKED, LATER], ids=["revoked", "not yet valid"])
async def test_other_content_under_a_used_id_gets_no_answer_of_the_first(
    world: ClearingWorld, signer: MemorySigner
) -> None:
    """Whoever found an old key learns nothing by it, and makes no evidence against its owner."""
    tha = world.senders["tha"]
    head = unsent(tha)
    one = sealed(tha, PayloadKind.PROPOSAL, wanted(tha), head)
    other = sealed(tha, PayloadKind.PROPOSAL, wanted(tha), head)
    assert one.payload != other.payload
    await send(tha, one)
    again = seal(PayloadKind.PROPOSAL.label, other.payload, signer)
    for validate_only in (False, True):
        with pytest.raises(ProtocolError) as refused:
            await send(tha, again, validate_only=validate_only)
        assert refused.value.reason in (Reason.KEY_REVOKED, Reason.KEY_NOT_VALID_NOW)
    assert world.connection.execute("SELECT count(*) FROM conflicting_message").fetchone() == (0,)
