# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One call proposes whatever is proposed: each type, several at once, and the same again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

import pytest

from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2, units_pb2
from itmo.lifecycle import State
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError, Reason
from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.api.operator_service import OperatorServicer
from registry_node.proposals import building
from registry_node.service import RegistryNode
from registry_node.store.rows import TransactionRow
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene, block

UNKNOWN: Final = "018cc251-f400-7000-8000-000000000001"


@dataclass
class Caller:
    """Calls the operator's service of a node."""

    node: RegistryNode

    async def propose(
        self, *transactions: proposal_pb2.ProposedTransaction, unchecked: bool = False
    ) -> api.ProposeResponse:
        request = api.ProposeRequest(transactions=transactions, unchecked=unchecked)
        return await OperatorServicer(self.node).Propose(request, cast("Any", None))


def move(scene: Scene, first: int, last: int, **more: Any) -> proposal_pb2.ProposedTransaction:  # noqa: ANN401  # fields
    units = [units_pb2.UnitBlock(first=first, last=last)]
    return wishes.transfer(scene.tha_account, scene.che_account, units, **more)


def written(row: TransactionRow) -> str:
    return building.type_of(proposal_pb2.ProposedTransaction.FromString(row.proposal)).upper()


async def test_every_type_goes_through_one_call(scene: Scene) -> None:
    tha, che = Caller(scene.tha), Caller(scene.che)
    rows = [
        (await scene.che.open_account(wishes.account(account_type=kind, ndc_period=period)))[1]
        for kind, period in ((200, (2021, 2030)), (300, None))
    ]
    await scene.network.settle()
    issued = await tha.propose(
        wishes.issuance(scene.tha_account, [block(2001, 2100, vintage=2022)])
    )
    sold = await tha.propose(move(scene, 1, 100))
    await scene.network.settle()
    await scene.che.accept(sold.outcome.transaction.transaction_id)
    await scene.network.settle()
    own, (ndc, gone) = scene.che_account, [each.account_id for each in rows]
    use, cancel = proposal_pb2.TRANSACTION_TYPE_USE, proposal_pb2.TRANSACTION_TYPE_CANCELLATION
    used = await che.propose(wishes.transfer(own, ndc, [block(1, 10)], type=use, year_of_use=2024))
    cancelled = await che.propose(
        wishes.transfer(own, gone, [block(11, 20)], type=cancel, purpose="none left")
    )
    sent = await che.propose(wishes.transfer(own, scene.tha_account, [block(21, 30)]))
    await scene.network.settle()
    known = {
        each.transaction_id: (written(each), each.state)
        for node in (scene.tha, scene.che)
        for each in await node.transactions()
    }
    for answer, kind, state in (
        (issued, "ISSUANCE", State.COMPLETED),
        (sold, "TRANSFER", State.COMPLETED),
        (used, "USE", State.COMPLETED),
        (cancelled, "CANCELLATION", State.COMPLETED),
        (sent, "TRANSFER", State.VALIDATED),
    ):
        assert known[answer.outcome.transaction.transaction_id] == (kind, state)
        assert not answer.transactions


async def test_a_reversal_is_made_of_the_transfer_that_it_names(scene: Scene) -> None:
    sold = (await Caller(scene.tha).propose(move(scene, 1, 100))).outcome.transaction
    await scene.network.settle()
    await scene.che.accept(sold.transaction_id)
    await scene.network.settle()
    back = proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TRANSACTION_TYPE_REVERSAL,
        reverses=sold.transaction_id[-8:],
        note="by mistake",
    )
    told = (await Caller(scene.che).propose(back)).outcome.transaction
    asked = proposal_pb2.ProposedTransaction.FromString(
        (await scene.che.story(told.transaction_id)).transaction.proposal
    )
    assert asked.reverses == sold.transaction_id
    assert (asked.from_account, asked.to_account) == (scene.che_account, scene.tha_account)
    assert (asked.from_registry, asked.to_registry) == ("CHE01", "THA01")
    assert [(each.first, each.last) for each in asked.blocks] == [(1, 100)]
    assert (asked.completion, asked.note) == (
        proposal_pb2.COMPLETION_MODE_ON_ACCEPTANCE,
        "by mistake",
    )
    for caller, named, reason in (
        (scene.che, UNKNOWN, Reason.TRANSACTION_UNKNOWN),
        (scene.tha, sold.transaction_id, Reason.ILLEGAL_TRANSITION),
    ):
        back.reverses = named
        with pytest.raises(ProtocolError) as caught:
            await Caller(caller).propose(back)
        assert caught.value.reason is reason


async def test_several_are_one_signed_batch_and_each_is_told(scene: Scene) -> None:
    answer = await Caller(scene.tha).propose(*(move(scene, n, n) for n in range(1, 101)))
    assert answer.outcome.state == api.MESSAGE_STATE_PENDING
    assert not answer.outcome.HasField("transaction")
    assert [each.blocks[0].first for each in answer.transactions] == list(range(1, 101))
    assert {each.state for each in answer.transactions} == {decision_pb2.STATE_PROPOSED}
    await scene.network.settle()
    kinds = [each.payload_type for each in scene.broker.submitted]
    assert kinds.count(PayloadKind.PROPOSAL_BATCH.label) == 1
    waiting = {row.transaction_id for row in await scene.che.waiting()}
    assert waiting == {each.transaction_id for each in answer.transactions}


async def test_the_limits_of_a_batch_are_kept_before_anything_is_signed(scene: Scene) -> None:
    tha = Caller(scene.tha)
    most = limits.MAX_PROPOSALS_PER_BATCH
    one = move(scene, 1, 1)
    home = wishes.transfer(scene.tha_account, scene.tha_account, [block(2, 2)])
    for batch, reason in (
        ([], Reason.PAYLOAD_INVALID),
        ([one] * (most + 1), Reason.BATCH_TOO_LARGE),
        ([one, home], Reason.PAYLOAD_INVALID),
        ([one, one], Reason.INSUFFICIENT_HOLDINGS),
        (
            [move(scene, 1, 1, transaction_id=UNKNOWN), move(scene, 2, 2, transaction_id=UNKNOWN)],
            Reason.ALREADY_EXISTS,
        ),
    ):
        with pytest.raises(ProtocolError) as caught:
            await tha.propose(*batch)
        assert caught.value.reason is reason
    assert (await scene.tha.status()).outbox_depth == 0
    assert all(row.reserved_by is None for row in await scene.tha.holdings())


async def test_the_same_request_again_is_told_by_its_ids(scene: Scene) -> None:
    tha = Caller(scene.tha)
    batch = [
        move(scene, n, n, transaction_id=f"018cc251-f400-7000-8000-00000000000{n}") for n in (1, 2)
    ]
    await tha.propose(*batch)
    before = await scene.tha.status()
    for again in (batch, batch[:1]):
        with pytest.raises(ProtocolError) as caught:
            await tha.propose(*again)
        assert caught.value.reason is Reason.ALREADY_EXISTS
    assert await scene.tha.status() == before
