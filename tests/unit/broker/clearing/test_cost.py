# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a message is known to cost before anything is looked up."""

from __future__ import annotations

from broker.clearing.path import cost
from broker.clearing.path.received import Received
from broker.regime.paris.reading import proposed
from itmo.core.v1 import proposal_pb2, units_pb2
from itmo.paris.v1 import terms_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import START, paris_terms
from tests.unit.broker.clearing.test_clock_window import header


def received(blocks: int, allotments: int = 0) -> Received:
    written = proposal_pb2.ProposedTransaction(
        transaction_id="018cc251-f400-7000-8000-000000000001",
        type=proposal_pb2.TRANSACTION_TYPE_TRANSFER,
        blocks=[
            units_pb2.UnitBlock(registry="THA01", first=n, last=n) for n in range(1, blocks + 1)
        ],
        terms=paris_terms(
            allotments=[
                terms_pb2.Allotment(
                    purpose=terms_pb2.ALLOTMENT_PURPOSE_OMGE, account="", first=n, last=n
                )
                for n in range(1, allotments + 1)
            ],
        ),
    )
    return Received(
        kind=PayloadKind.PROPOSAL,
        header=header(START, START),
        payload=proposal_pb2.Proposal(transaction=written),
        payload_bytes=b"",
        payload_hash=b"",
        keyids=(),
        signatures=(),
        proposed=(proposed(written, "transaction"),),
        verified=True,
        refusal=None,
        validate_only=False,
    )


def test_each_block_and_each_allotment_is_paid_for() -> None:
    one = cost.known(received(1))
    assert cost.known(received(10)) == one + 9 * cost.BLOCK
    assert cost.known(received(1, allotments=5)) == one + 5 * cost.BLOCK
