# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Mutated input: whatever comes, the gate and the parsers answer with ProtocolError or a result."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broker.clearing.path.gate import OPERATOR_NODE, Gate, at_once
from broker.clearing.path.received import Received
from broker.known_regimes import REGIMES
from broker.rulebook.paris.attributes import Underlying
from broker.rulebook.paris.underlying import underlying_range
from itmo import identifiers
from itmo.chain import SenderChain
from itmo.core.v1 import proposal_pb2, rulebooks_pb2, statements_pb2, units_pb2
from itmo.envelope import Envelope, Signature, from_json, pae, to_json
from itmo.identifiers import NetworkId, NodeId
from itmo.ids import SeededIds
from itmo.keys import KeyPurpose, Keyring, MemorySigner, PublicKey
from itmo.paris.v1 import attributes_pb2, parties_pb2
from itmo.payloads import MESSAGE_OF, PayloadKind
from itmo.reasons import ProtocolError
from itmo.serials import SerialRange, parse_serial_range
from tests.kit.clearing import paris_terms

NOW = datetime(2023, 8, 1, tzinfo=UTC)
SIGNERS = {
    NodeId("tha"): MemorySigner.from_seed(b"t" * 32),
    OPERATOR_NODE: MemorySigner.from_seed(b"o" * 32),
}
PURPOSES = {NodeId("tha"): KeyPurpose.SIGN_MESSAGE, OPERATOR_NODE: KeyPurpose.OPERATE}
KEYRING = Keyring(
    PublicKey(
        signer.keyid,
        node,
        PURPOSES[node],
        signer.public_key,
        NOW - timedelta(1),
        NOW + timedelta(1),
    )
    for node, signer in SIGNERS.items()
)
GATE = Gate(NetworkId("test-net"), NodeId("broker"), REGIMES)


def transaction() -> proposal_pb2.ProposedTransaction:
    return proposal_pb2.ProposedTransaction(
        transaction_id="0189b38b-5400-7deb-95c8-4c77486d787e",
        type=proposal_pb2.TRANSACTION_TYPE_ISSUANCE,
        from_account="TH26THA0110000000001",
        to_account="TH26THA0110000000001",
        from_registry="THA01",
        to_registry="THA01",
        terms=paris_terms(purpose="CORSIA"),
        blocks=[
            units_pb2.UnitBlock(
                registry="THA01",
                first=1,
                last=2**63 - 2,
                quantity=5,
                attributes=rulebooks_pb2.UnitAttributes(
                    paris=attributes_pb2.UnitAttributes(
                        cooperative_approach="CA0003",
                        vintage=2022,
                        authorization=attributes_pb2.AuthorizationReference(
                            id="1006.4/2810", version=1
                        ),
                        underlying=attributes_pb2.UnderlyingUnits(
                            registry="GS", first_unit_id="GS-1", last_unit_id="GS-9"
                        ),
                    )
                ),
            )
        ],
    )


PAYLOADS = {
    PayloadKind.PROPOSAL: proposal_pb2.Proposal(transaction=transaction()),
    PayloadKind.PROPOSAL_BATCH: proposal_pb2.ProposalBatch(transactions=[transaction()] * 2),
    PayloadKind.ACCEPTANCE: proposal_pb2.Acceptance(proposal_hash=bytes(32)),
    PayloadKind.WITHDRAWAL: proposal_pb2.Withdrawal(reason="why not"),
    PayloadKind.KEY_STATEMENT: statements_pb2.KeyStatement(node="tha", public_key=bytes(32)),
    PayloadKind.PARTY_STATEMENT: parties_pb2.PartyStatement(party="THA"),
}


def whole(kind: PayloadKind) -> bytes:
    payload = MESSAGE_OF[kind]()
    payload.CopyFrom(PAYLOADS[kind])
    chain = SenderChain(
        node=NodeId("tha"),
        recipient=NodeId("broker"),
        network_id=NetworkId("test-net"),
        signer=SIGNERS[NodeId("tha")],
        ids=SeededIds(3),
    )
    return chain.sign(kind, payload, NOW).payload


WHOLE = {kind: whole(kind) for kind in PAYLOADS}


def mutated(original: bytes, chance: random.Random) -> bytes:
    """A few changes such as broken or hostile encoders make."""
    raw = bytearray(original)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(raw)) if raw else 0
        match chance.randrange(8):
            case 0 if raw:
                raw[at] ^= 1 << chance.randrange(8)
            case 1 if raw:
                raw[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del raw[at:]
            case 3:
                del raw[at : at + chance.randrange(1, 9)]
            case 4:
                raw[at:at] = chance.randbytes(chance.randrange(1, 9))
            case 5:
                raw[at:at] = raw[at : at + chance.randrange(1, 40)]
            case 6:
                raw[at:at] = chance.choice(
                    (
                        b"\xff" * 9 + b"\x01",
                        b"\x1b" * 200,
                        b"\x00",
                        "\u202e".encode(),
                        b"\xed\xa0\x80",
                    )
                )
            case _:
                other = chance.choice(list(WHOLE.values()))
                raw[at:at] = other[chance.randrange(len(other)) :]
    return bytes(raw)


def admitted(kind: PayloadKind, payload: bytes, caller: NodeId) -> Received | None:
    """Well signed, so that the fault gets as far as it can."""
    signer = SIGNERS[caller]
    sig = signer.sign(pae(kind.label, payload))
    envelope = Envelope(payload, kind.label, (Signature(signer.keyid, sig),))
    try:
        return at_once(GATE.admit(envelope, caller, KEYRING, NOW))
    except ProtocolError as error:
        told = error.message
    assert told.isprintable()
    assert len(told) < 2000
    return None


def fuzz_gate(seed: int, rounds: int) -> tuple[int, int]:
    chance = random.Random(seed)
    let_in = 0
    for _ in range(rounds):
        kind = chance.choice(list(WHOLE))
        payload = mutated(WHOLE[kind], chance)
        label = kind if chance.random() < 0.9 else chance.choice(list(PayloadKind))
        caller = NodeId("tha") if chance.random() < 0.9 else OPERATOR_NODE
        received = admitted(label, payload, caller)
        if received is None:
            continue
        let_in += 1
        assert received.payload_bytes == payload
        assert received.header.sender_node == caller
        for proposed in received.proposed:
            for block in proposed.blocks:
                assert block.range is None or 1 <= block.range.first <= block.range.last < 2**63
    return rounds, let_in


def test_unchanged_payloads_are_let_in() -> None:
    for kind, payload in WHOLE.items():
        if kind is not PayloadKind.PARTY_STATEMENT:
            received = admitted(kind, payload, NodeId("tha"))
            assert received is not None
            assert received.refusal is None


@pytest.mark.parametrize("seed", range(4))
def test_mutated_payloads(seed: int) -> None:
    rounds, let_in = fuzz_gate(seed, 1500)
    assert 0 < let_in < rounds


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1006))
def test_mutated_payloads_for_long(seed: int) -> None:
    rounds, let_in = fuzz_gate(seed, 20_000)
    assert 0 < let_in < rounds


@settings(max_examples=150, deadline=None)
@given(
    payload=st.binary(max_size=300),
    label=st.one_of(st.sampled_from([k.label for k in PayloadKind]), st.text(max_size=60)),
    signatures=st.lists(
        st.tuples(st.sampled_from([s.keyid for s in SIGNERS.values()]) | st.text(), st.binary()),
        max_size=6,
    ),
)
def test_any_envelope(payload: bytes, label: str, signatures: list[tuple[str, bytes]]) -> None:
    envelope = Envelope(payload, label, tuple(Signature(*each) for each in signatures))
    with pytest.raises(ProtocolError):
        at_once(GATE.admit(envelope, NodeId("tha"), KEYRING, NOW))


PARSERS: list[Callable[[str, str], object]] = [
    identifiers.parse_party_code,
    identifiers.parse_registry_id,
    identifiers.parse_node_id,
    identifiers.parse_network_id,
    identifiers.parse_cooperative_approach_id,
    identifiers.parse_authorization_id,
    identifiers.parse_entity_id,
    identifiers.parse_transaction_id,
    identifiers.parse_message_id,
    identifiers.parse_account_id,
    identifiers.parse_free_text,
    identifiers.UnitId.parse,
    parse_serial_range,
]
GOOD = [
    "CHE", "CHE01", "che-registry", "CA0003", "CA000003", "1006.4/2810", "CH72CHE0110000000001",
    "0189b38b-5400-7deb-95c8-4c77486d787e", "CA0003-THA01-THA-1-2022", "1-1916", "1..1916",
    "9223372036854775806-9223372036854775807",
]  # fmt: skip
STRANGE = st.sampled_from(
    [
        "\u0430",
        "\uff11",
        "\u200b",
        "\u202e",
        "\x00",
        "\n",
        " ",
        "-",
        "..",
        "'",
        "\u0661",
        "\U0001f600",
    ]
)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(GOOD) | st.text(max_size=70))
    at = draw(st.integers(0, len(text)))
    return text[:at] + draw(STRANGE | st.just("")) + text[at + draw(st.integers(0, 2)) :]


def misread(text: str) -> Iterator[str]:
    """What parsers make of a text that they should neither take in nor tell so."""
    for parse in PARSERS:
        try:
            read = parse(text, "here")
        except ProtocolError as error:
            if not error.message.isprintable():
                yield f"{parse} refuses in words that cannot be printed"
            continue
        if parse != identifiers.parse_free_text and not text.isascii():
            yield f"{parse} takes letters of other scripts"
        if isinstance(read, SerialRange) and not 1 <= read.first <= read.last < 2**63:
            yield f"{parse} reads {read}"


@settings(max_examples=400, deadline=None)
@given(spellings())
def test_parsers(text: str) -> None:
    assert list(misread(text)) == []


@pytest.mark.slow
@settings(max_examples=20_000, deadline=None)
@given(spellings())
def test_parsers_for_long(text: str) -> None:
    assert list(misread(text)) == []


@settings(max_examples=200, deadline=None)
@given(spellings(), spellings())
def test_underlying_ranges(first: str, last: str) -> None:
    read = underlying_range(Underlying("GS", first, last))
    assert read is None or 0 <= read.first <= read.last < 10**18


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.binary(max_size=6))
def test_envelopes_in_json(at: int, junk: bytes) -> None:
    kind = PayloadKind.PROPOSAL
    text = to_json(Envelope(WHOLE[kind][:40], kind.label, (Signature("k", bytes(64)),))).encode()
    for damaged in (text[:at] + junk + text[at + 1 :], text[:at], junk):
        try:
            read = from_json(damaged)
        except ProtocolError:
            continue
        assert from_json(to_json(read)) == read
