# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a registry node has to do for its operator, through its local service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import grpc

from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.ids import RandomIds
from itmo.limits import MAX_PROPOSALS_PER_BATCH
from itmo.registry.v1 import operator_service_pb2 as pb
from itmo.registry.v1 import operator_service_pb2_grpc as pb_grpc
from tests.conformance.report import Case, expect
from tests.conformance.speaking import SECONDS, refused


@dataclass
class NodeDesk:
    """A node's operator."""

    channel: grpc.aio.Channel

    def __post_init__(self) -> None:
        self.stub = pb_grpc.OperatorServiceStub(self.channel)


def _fresh_id() -> str:
    return RandomIds().uuid7(datetime.now(UTC))


async def status(pair: NodeDesk) -> None:
    told = await pair.stub.GetStatus(pb.GetStatusRequest(), timeout=SECONDS)
    expect(bool(told.node and told.network_id and told.registries), told)
    expect(told.quarantined == 0, f"{told.quarantined} deliveries do not verify")


async def accounts(pair: NodeDesk) -> None:
    told = await pair.stub.ListAccounts(pb.ListAccountsRequest(), timeout=SECONDS)
    expect(len({each.account_id for each in told.accounts}) == len(told.accounts), "listed twice")


def _move(first: int, last: int) -> pb.ProposeRequest:
    wish = proposal_pb2.ProposedTransaction(
        type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        from_account="CH72CHE0110000000001",
        to_account="TH05THA0110000000001",
        blocks=[units_pb2.UnitBlock(registry="CHE01", first=first, last=last)],
    )
    return pb.ProposeRequest(transactions=[wish])


async def no_holdings(pair: NodeDesk) -> None:
    await refused(
        lambda: pair.stub.Propose(_move(2**40, 2**40), timeout=SECONDS),
        "INSUFFICIENT_HOLDINGS",
        "NOT_FOUND",
    )


async def bad_range(pair: NodeDesk) -> None:
    await refused(
        lambda: pair.stub.Propose(_move(9, 5), timeout=SECONDS), "SERIAL_RANGE_INVALID", "NOT_FOUND"
    )


async def no_batch(pair: NodeDesk) -> None:
    request = pb.ProposeRequest()
    await refused(lambda: pair.stub.Propose(request, timeout=SECONDS), "PAYLOAD_INVALID")
    request.transactions.extend([_move(1, 1).transactions[0]] * (MAX_PROPOSALS_PER_BATCH + 1))
    await refused(lambda: pair.stub.Propose(request, timeout=SECONDS), "BATCH_TOO_LARGE")


async def unknown_offer(pair: NodeDesk) -> None:
    request = pb.AcceptRequest(transaction_id=_fresh_id())
    await refused(lambda: pair.stub.Accept(request, timeout=SECONDS), "TRANSACTION_UNKNOWN")


async def unknown_transaction(pair: NodeDesk) -> None:
    request = pb.GetTransactionRequest(transaction_id=_fresh_id())
    await refused(lambda: pair.stub.GetTransaction(request, timeout=SECONDS), "TRANSACTION_UNKNOWN")


async def receipts(pair: NodeDesk) -> None:
    told = await pair.stub.VerifyReceipts(pb.VerifyReceiptsRequest(), timeout=60)
    expect(told.checked == told.valid and not told.problems, told)


async def inbox(pair: NodeDesk) -> None:
    await pair.stub.ListInbox(pb.ListInboxRequest(), timeout=SECONDS)


_CASES = (
    ("tells how it is doing, and has nothing in quarantine", status),
    ("lists its accounts, each once", accounts),
    ("offers nothing that it does not hold", no_holdings),
    ("refuses a reversed range", bad_range),
    ("proposes neither nothing nor more than a batch takes", no_batch),
    ("accepts nothing that was not offered to it", unknown_offer),
    ("does not know transactions of others", unknown_transaction),
    ("lists what waits for a person", inbox),
    ("verifies every receipt it keeps from the stored bytes", receipts),
)
CASES: tuple[Case[NodeDesk], ...] = tuple(
    Case(f"N{number:02d}", f"The node {what}.", run) for number, (what, run) in enumerate(_CASES, 1)
)
