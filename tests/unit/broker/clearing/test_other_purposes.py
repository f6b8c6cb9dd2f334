# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units used or cancelled for other international mitigation purposes: what that books, and when."""

from __future__ import annotations

import pytest

from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.paris.v1 import authorization_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    ClearingWorld,
    failed,
    issuance,
    receipt_of,
    trading_world,
    transfer,
)
from tests.kit.notices import CORSIA, OIMP, for_other_purposes

VINTAGE = 2022
AT_USE = authorization_pb2.FIRST_TRANSFER_DEFINITION_USE_OR_CANCELLATION
FIRST, LAST = 900_001, 900_100


@pytest.mark.parametrize(
    ("kind", "account_type"),
    [
        (proposal_pb2.TRANSACTION_TYPE_USE, 210),
        (proposal_pb2.TRANSACTION_TYPE_CANCELLATION, 300),
    ],
)
async def test_a_first_transfer_by_use_is_booked_in_the_year_of_the_mitigation(
    kind: proposal_pb2.TransactionType.ValueType, account_type: int
) -> None:
    """Not in the year in which the units are used (2/CMA.3 annex para 8)."""
    world: ClearingWorld = await trading_world()
    tha = world.senders["tha"]
    await world.open_account(tha, "THA01", account_type)
    await for_other_purposes(tha, OIMP, AT_USE)
    made = issuance(world, "THA01", FIRST, LAST)
    made.blocks[0].attributes.paris.authorization.id = OIMP
    assert (await tha.propose(made)).state == decision_pb2.STATE_COMPLETED
    assert world.clock.now().year != VINTAGE
    used = transfer(world, FIRST, LAST, taker="THA01", to_type=account_type, kind=kind)
    used.terms.paris.purpose = CORSIA
    answer = await tha.say(PayloadKind.PROPOSAL, proposal_pb2.Proposal(transaction=used))
    receipt = receipt_of(answer)
    assert receipt.state == decision_pb2.STATE_COMPLETED, failed(await tha.propose(used))
    assert receipt.marks == ["FIRST_TRANSFER"]
    (told,) = receipt.adjustments
    assert (told.party, told.year, told.quantity) == ("THA", VINTAGE, 100)
    rows = world.connection.execute("SELECT kind, party, year, amount FROM adjustment_entry")
    assert rows.fetchall() == [("FIRST_TRANSFER", "THA", VINTAGE, 100)]
    await world.house.stop()
