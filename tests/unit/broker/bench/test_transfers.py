# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Transfers signed in advance: in the order of sending, in batches, to one account, within a registry."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, cast

import pytest

from broker.bench.field import Field, build_field
from broker.bench.transfers import SUBMIT, SUBMIT_BATCH, Accounts, Exchange, sign_transfers
from itmo.clearing.v1 import transaction_service_pb2
from itmo.payloads import PayloadKind, decode

NOW: Final = datetime.now(UTC)
PAIRS: Final = 2


@pytest.fixture
async def field(tmp_path: Path) -> Field:
    return await build_field(tmp_path, PAIRS)


def _proposed(exchange: Exchange) -> list[Any]:
    envelope = transaction_service_pb2.SubmitRequest.FromString(exchange.proposal).envelope
    if exchange.method == SUBMIT:
        return [cast("Any", decode(PayloadKind.PROPOSAL, envelope.payload)).transaction]
    return list(cast("Any", decode(PayloadKind.PROPOSAL_BATCH, envelope.payload)).transactions)


async def test_ids_grow_in_the_order_of_sending(field: Field) -> None:
    signed = sign_transfers(field.pairs, 3, NOW)
    sent = [each.transactions[0] for together in zip(*signed, strict=True) for each in together]
    assert len(sent) == 3 * PAIRS
    assert sent == sorted(sent)
    assert all(each.acceptance for exchanges in signed for each in exchanges)


async def test_a_batch_moves_units_of_its_own_and_is_accepted_as_one(field: Field) -> None:
    first, second = sign_transfers(field.pairs, 8, NOW, 4)[0]
    assert (first.method, len(first.transactions)) == (SUBMIT_BATCH, 4)
    envelope = transaction_service_pb2.SubmitRequest.FromString(first.acceptance).envelope
    accepted = cast("Any", decode(PayloadKind.ACCEPTANCE_BATCH, envelope.payload)).proposals
    assert [each.proposal_hash for each in accepted] == [first.proposal_hash]
    serials = [each.blocks[0].first for batch in (first, second) for each in _proposed(batch)]
    assert serials == list(range(1, 9))


async def test_nine_of_ten_hot_transfers_go_to_one_account(field: Field) -> None:
    signed = sign_transfers(field.pairs, 10, NOW, accounts=Accounts.HOT)
    hot = field.pairs[0].taker
    to = [_proposed(each)[0].to_account for each in signed[1]]
    assert to.count(hot.account) == 9
    assert to[0] == field.pairs[1].taker.account
    before = hot.chain.previous_payload_hash
    assert signed[1][1].accepted(NOW)
    assert hot.chain.previous_payload_hash != before


async def test_within_a_registry_nobody_accepts(field: Field) -> None:
    (only,) = sign_transfers(field.pairs[:1], 1, NOW, accounts=Accounts.WITHIN)[0]
    (written,) = _proposed(only)
    assert written.from_registry == written.to_registry
    assert written.from_account != written.to_account
    assert (only.taker, only.accepted(NOW)) == (None, b"")
