# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""No valid message makes a sum pass what the database can hold; what is too much is refused."""

import pytest

from itmo import limits
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.paris.v1 import authorization_pb2
from itmo.parties import ALPHA2
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import (
    ClearingWorld,
    authorize,
    failed,
    issuance,
    restarted,
    trading_world,
    transfer,
)

COMPLETED, INVALIDATED = decision_pb2.STATE_COMPLETED, decision_pb2.STATE_INVALIDATED
VALIDATED = decision_pb2.STATE_VALIDATED
BIGGEST = 2**63 - 2
"""What one serial could be when sums overflowed."""


def waiting(
    world: ClearingWorld, first: int, last: int, registry: str = "THA01"
) -> proposal_pb2.ProposedTransaction:
    wanted = issuance(world, registry, first, last)
    wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
    return wanted


async def honest(world: ClearingWorld, first: int) -> None:
    """Somebody else's first transfer goes through."""
    wanted = transfer(world, first, first + 9)
    verdict = await world.senders["tha"].propose(wanted)
    assert verdict.state == VALIDATED, failed(verdict)
    assert (await world.senders["che"].accept(wanted.transaction_id)).effective


def test_all_registries_together_stay_within_a_signed_column() -> None:
    registries = len(ALPHA2) * 100  # a Party's code and two digits
    units = registries * limits.MAX_UNITS
    # Every unit first transferred by one Party, and every unit used by it, on top of yearly figures.
    assert 2 * units + 8000 * limits.MAX_UNITS < 2**63


@pytest.mark.parametrize("last", [BIGGEST, limits.MAX_UNITS])
async def test_two_waiting_issuances_of_the_most_units(last: int) -> None:
    world = await trading_world()
    tha = world.senders["tha"]
    states = [
        (await tha.propose(waiting(world, first, last))).state for first in (200_001, 200_001)
    ]
    assert states == ([INVALIDATED] * 2 if last == BIGGEST else [VALIDATED, INVALIDATED])
    await honest(world, 1)
    await restarted(world).start()
    await honest(world, 101)
    assert broken_invariants(world.connection) == []


@pytest.mark.parametrize("last", [BIGGEST, limits.MAX_UNITS])
async def test_the_most_units_first_transferred_at_issuance(last: int) -> None:
    world = await trading_world()
    tha = world.senders["tha"]
    letter = await authorize(
        tha,
        authorization_id="OP-1",
        purposes=[authorization_pb2.PURPOSE_OP],
        first_transfer_definition=authorization_pb2.FIRST_TRANSFER_DEFINITION_ISSUANCE,
        other_purposes="voluntary",
        quantity=2**63 - 2,
    )
    assert letter.effective, letter.refusal
    wanted = issuance(world, "THA01", 200_001, last)
    wanted.blocks[0].attributes.paris.authorization.id = "OP-1"
    verdict = await tha.propose(wanted)
    assert verdict.state == (INVALIDATED if last == BIGGEST else COMPLETED), failed(verdict)
    await honest(world, 1)
    await restarted(world).start()
    await honest(world, 101)
    assert broken_invariants(world.connection) == []
