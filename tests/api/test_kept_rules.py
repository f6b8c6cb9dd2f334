# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What breaks a rule that the gate or the record of messages keeps is refused there, over real gRPC."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from broker.rulebook.check import Kept
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.judging import AUDIT
from itmo.core.v1 import proposal_pb2
from itmo.envelope import seal
from itmo.payloads import PayloadKind
from itmo.reasons import ProtocolError
from tests.api.broker_kit import Line, Served, one_unit, proposal, refusal, trading

KEPT = {rule.id: rule for rule in CHECKS if isinstance(rule, Kept) and rule.where != AUDIT}


@pytest.fixture
async def broker() -> AsyncIterator[Served]:
    async with trading() as running:
        yield running


async def field_of_no_schema(broker: Served, line: Line) -> ProtocolError:
    """A signed proposal with a field that no schema has."""
    whole = proposal(broker, one_unit(broker, 1))
    longer = seal(whole.payload_type, whole.payload + b"\xa0\x06\x01", broker.tha.chain.signer)
    return await refusal(line.submit(longer))


async def bytes_changed(broker: Served, line: Line) -> ProtocolError:
    """A proposal of one unit that becomes one of another after it was signed."""
    whole = proposal(broker, one_unit(broker, 1))
    message = proposal_pb2.Proposal.FromString(whole.payload)
    message.transaction.blocks[0].first = message.transaction.blocks[0].last = 2
    return await refusal(line.submit(replace(whole, payload=message.SerializeToString())))


async def id_used_twice(broker: Served, line: Line) -> ProtocolError:
    """Two proposals under the id of one message."""
    header = broker.tha.chain.header(broker.world.clock.now())
    first, other = (
        broker.tha.chain.sign_with(
            PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=one_unit(broker, n)), header
        )
        for n in (1, 2)
    )
    await line.submit(first)
    return await refusal(line.submit(other))


BREAKS: dict[str, Callable[[Served, Line], Awaitable[ProtocolError]]] = {
    "MSG_SCHEMA": field_of_no_schema,
    "MSG_SIGNATURE": bytes_changed,
    "MSG_REPLAY": id_used_twice,
}


def test_every_kept_rule_is_broken_here() -> None:
    assert KEPT.keys() == BREAKS.keys()
    assert all(rule.reasons for rule in KEPT.values())


@pytest.mark.parametrize("rule_id", BREAKS)
async def test_what_breaks_a_kept_rule_is_refused_and_leaves_nothing(
    broker: Served, rule_id: str
) -> None:
    line = await broker.line("tha")
    error = await BREAKS[rule_id](broker, line)
    assert error.reason in KEPT[rule_id].reasons
    locked = "SELECT count(*) FROM unit_block WHERE locked_by IS NOT NULL AND first = 2"
    assert broker.world.connection.execute(locked).fetchone() == (0,)
