# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transfers signed in advance: in the order of sending, in batches, to one account, within a registry."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import pytest

from broker.app import Parts, build_house
from broker.bench import MAX_PAIRS
from broker.bench.field import BROKER, NETWORK, Field, build_field, copied, receipt_signer
from broker.bench.floor import ANSWER_BYTES
from broker.bench.transfers import SUBMIT, SUBMIT_BATCH, Accounts, Exchange, sign_transfers
from broker.clearing.path.clerk import ClerkLimits
from broker.known_regimes import REGIMES
from broker.store.engines import DATABASE_ID
from broker.store.genesis import Network
from itmo.clearing.v1 import transaction_service_pb2
from itmo.clock import SystemClock
from itmo.identifiers import parse_registry_id
from itmo.ids import RandomIds
from itmo.keys import MemorySigner
from itmo.payloads import PayloadKind, decode, from_proto
from itmo.reasons import ProtocolError
from itmo.runtime.db.sqlite import open_writer
from itmo.runtime.db.thread import InlineDatabase

PAIRS: Final = 2


def now() -> datetime:
    """When something is signed: a message that waits for a slow run of the tests is too old."""
    return datetime.now(UTC)


@pytest.fixture
async def field(tmp_path: Path) -> Field:
    built = tmp_path / "built"
    built.mkdir()
    return await build_field(built, PAIRS)


def _proposed(exchange: Exchange) -> list[Any]:
    envelope = transaction_service_pb2.SubmitRequest.FromString(exchange.proposal).envelope
    if exchange.method == SUBMIT:
        return [cast("Any", decode(PayloadKind.PROPOSAL, envelope.payload)).transaction]
    return list(cast("Any", decode(PayloadKind.PROPOSAL_BATCH, envelope.payload)).transactions)


def test_as_many_pairs_as_there_may_be_have_registries() -> None:
    assert parse_registry_id(f"CHE{MAX_PAIRS:02d}", "registry")
    with pytest.raises(ProtocolError):
        parse_registry_id(f"CHE{MAX_PAIRS + 1:02d}", "registry")


async def test_ids_grow_in_the_order_of_sending(field: Field) -> None:
    signed = sign_transfers(field.pairs, 3, now())
    sent = [each.transactions[0] for together in zip(*signed, strict=True) for each in together]
    assert len(sent) == 3 * PAIRS
    assert sent == sorted(sent)
    assert all(each.acceptance for exchanges in signed for each in exchanges)


async def test_a_batch_moves_units_of_its_own_and_is_accepted_as_one(field: Field) -> None:
    first, second = sign_transfers(field.pairs, 8, now(), 4)[0]
    assert (first.method, len(first.transactions)) == (SUBMIT_BATCH, 4)
    envelope = transaction_service_pb2.SubmitRequest.FromString(first.acceptance).envelope
    accepted = cast("Any", decode(PayloadKind.ACCEPTANCE_BATCH, envelope.payload)).proposals
    assert [each.proposal_hash for each in accepted] == [first.proposal_hash]
    serials = [each.blocks[0].first for batch in (first, second) for each in _proposed(batch)]
    assert serials == list(range(1, 9))


async def test_nine_of_ten_hot_transfers_go_to_one_account(field: Field) -> None:
    signed = sign_transfers(field.pairs, 10, now(), accounts=Accounts.HOT)
    hot = field.pairs[0].taker
    to = [_proposed(each)[0].to_account for each in signed[1]]
    assert to.count(hot.account) == 9
    assert to[0] == field.pairs[1].taker.account
    before = hot.chain.previous_payload_hash
    assert signed[1][1].accepted(now())
    assert hot.chain.previous_payload_hash != before


async def test_within_a_registry_nobody_accepts(field: Field) -> None:
    (only,) = sign_transfers(field.pairs[:1], 1, now(), accounts=Accounts.WITHIN)[0]
    (written,) = _proposed(only)
    assert written.from_registry == written.to_registry
    assert written.from_account != written.to_account
    assert (only.taker, only.accepted(now())) == (None, b"")


def _broken(error: BaseException) -> None:
    raise error


async def _answers(field: Field) -> list[int]:
    """Has one transfer proposed and accepted by the broker of a field; the sizes of its answers."""
    connection = open_writer(field.database, application_id=DATABASE_ID)
    parts = Parts(
        network=Network(NETWORK, BROKER, test_network=True),
        clock=SystemClock(),
        ids=RandomIds(),
        signer=receipt_signer(field.directory),
        operator_signer=MemorySigner.from_seed(b"o" * 32),
        clerk_limits=ClerkLimits(),
        regimes=REGIMES,
    )
    database = InlineDatabase(connection)
    house = build_house(parts, database, database, _broken)
    await house.start()
    exchange, pair = sign_transfers(field.pairs[:1], 1, now())[0][0], field.pairs[0]
    sizes = []
    for trader, sent in ((pair.giver, exchange.proposal), (pair.taker, exchange.acceptance)):
        envelope = transaction_service_pb2.SubmitRequest.FromString(sent).envelope
        answer = await house.submit(trader.chain.node, from_proto(envelope))
        sizes += [len(each.payload) for each in answer.answers]
    await house.stop()
    connection.close()
    return sizes


async def test_each_measurement_has_the_field_as_it_was_built(field: Field, tmp_path: Path) -> None:
    sizes = [await _answers(copied(field, tmp_path / name)) for name in ("one", "two")]
    assert sizes[0] == pytest.approx(sizes[1], abs=8), "the second one begins where the first began"
    verdict, receipt = sizes[0]
    answered = (verdict + receipt) / 2
    assert pytest.approx(answered, rel=0.05) == ANSWER_BYTES, "the floor answers as much"
