# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What becomes of an identifier without its form, where it stands: the table of chapter 3."""

from __future__ import annotations

from functools import reduce

import pytest

from itmo.core.v1 import decision_pb2, proposal_pb2, statements_pb2
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from tests.kit.clearing import (
    ClearingWorld,
    failed,
    issuance,
    receipt_of,
    sealed,
    send,
    transfer,
    unsent,
)
from tests.kit.world_again import trading_again

TOO_LONG = "A" * 65


@pytest.fixture
async def world() -> ClearingWorld:
    return await trading_again()


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("message_id", "1", Reason.IDENTIFIER_INVALID),
        ("sender_node", "Tha", Reason.IDENTIFIER_INVALID),
        ("recipient_node", "Broker", Reason.IDENTIFIER_INVALID),
        ("causation_id", "1", Reason.IDENTIFIER_INVALID),
        ("network_id", "Test Net", Reason.NETWORK_MISMATCH),
    ],
)
async def test_in_a_header(world: ClearingWorld, name: str, value: str, reason: Reason) -> None:
    tha = world.senders["tha"]
    header = unsent(tha)
    setattr(header, name, value)
    wanted = proposal_pb2.Proposal(transaction=transfer(world, 1, 10))
    with pytest.raises(ProtocolError) as refused:
        await send(tha, sealed(tha, PayloadKind.PROPOSAL, wanted, header))
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("transaction_id", "1", Reason.IDENTIFIER_INVALID),
        ("notice_id", "1", Reason.IDENTIFIER_INVALID),
        ("reverses", "1", Reason.IDENTIFIER_INVALID),
        ("from_account", TOO_LONG, Reason.PAYLOAD_INVALID),
        ("to_registry", TOO_LONG, Reason.PAYLOAD_INVALID),
        ("terms.paris.entity", TOO_LONG, Reason.PAYLOAD_INVALID),
    ],
)
async def test_refused_in_a_proposal(
    world: ClearingWorld, name: str, value: str, reason: Reason
) -> None:
    wanted = transfer(world, 1, 10)
    *around, last = name.split(".")
    setattr(reduce(getattr, around, wanted), last, value)
    with pytest.raises(ProtocolError) as refused:
        await world.senders["tha"].propose(wanted)
    assert refused.value.reason is reason


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("from_account", "TH00THA0110000000001", "ACC_ID_FORMAT"),
        ("to_account", "nothing", "ACC_ID_FORMAT"),
        ("to_registry", "CHE", "REG_EXISTS"),
    ],
)
async def test_judged_in_a_proposal(
    world: ClearingWorld, name: str, value: str, check: str
) -> None:
    wanted = transfer(world, 1, 10)
    setattr(wanted, name, value)
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert check in failed(verdict)


async def test_judged_in_a_block(world: ClearingWorld) -> None:
    wanted = issuance(world, "THA01", 200_001, 200_010)
    wanted.blocks[0].attributes.paris.cooperative_approach = "CA3"
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == decision_pb2.STATE_INVALIDATED
    assert "ID_FORMAT" in failed(verdict)


@pytest.mark.parametrize("kind", [PayloadKind.ACCEPTANCE, PayloadKind.WITHDRAWAL])
async def test_in_an_answer(world: ClearingWorld, kind: PayloadKind) -> None:
    made = {
        PayloadKind.ACCEPTANCE: proposal_pb2.Acceptance(transaction_id="1"),
        PayloadKind.WITHDRAWAL: proposal_pb2.Withdrawal(transaction_id="1"),
    }
    receipt = receipt_of(await world.senders["tha"].say(kind, made[kind]))
    assert (receipt.effective, receipt.refusal.code) == (False, Reason.TRANSACTION_UNKNOWN)


async def test_in_a_statement(world: ClearingWorld) -> None:
    written = statements_pb2.AccountStatement(
        account_id="TH00THA0110000000001", registry="THA01", account_type=100
    )
    receipt = receipt_of(await world.senders["tha"].say(PayloadKind.ACCOUNT_STATEMENT, written))
    assert (receipt.effective, receipt.refusal.code) == (False, Reason.IDENTIFIER_INVALID)


async def test_in_a_question(world: ClearingWorld) -> None:
    with pytest.raises(ProtocolError) as refused:
        await world.house.transaction(world.senders["tha"].node, "1")
    assert refused.value.reason is Reason.IDENTIFIER_INVALID
