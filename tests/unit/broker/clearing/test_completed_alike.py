# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What completes alike is judged by what its letter has counted, each time as it is counted then."""

from __future__ import annotations

import pytest

from broker.regime.paris import judgement, tallies
from broker.regime.paris.kinds import Alike
from broker.rulebook.paris.purposes import Purpose
from itmo.core.v1 import decision_pb2, proposal_pb2
from itmo.paris.v1 import authorization_pb2
from itmo.payloads import PayloadKind
from tests.kit.clearing import (
    AUTHORIZATION,
    ClearingWorld,
    answer_to,
    authorize,
    authorized_world,
    failed,
    issuance,
    trading_world,
    transfer,
    use,
)
from tests.unit.broker.clearing.test_answers_together import accept

ISSUED = 100_000
"""Units of the world, and the limit of their letter."""
_ISSUED_UNDER = tallies.issued("THA", AUTHORIZATION)
_USED_UNDER = tallies.used("THA", AUTHORIZATION, Purpose.NDC)


def _count(world: ClearingWorld, name: str, quantity: int) -> None:
    """Has so much counted, as if units had been issued, used or taken back elsewhere."""
    world.connection.execute(
        "INSERT INTO tally (name, quantity, reserved) VALUES (?, ?, 0)"
        " ON CONFLICT (name) DO UPDATE SET quantity = excluded.quantity",
        (name, quantity),
    )


@pytest.fixture
async def waiting() -> tuple[ClearingWorld, list[str]]:
    """Ten alike transfers that wait, of units whose letter is used up to its limit."""
    world = await trading_world()
    tha = world.senders["tha"]
    await authorize(tha, version=2, quantity=ISSUED, quantity_is_limit=True)
    offered = [transfer(world, 1 + 10 * at, 10 + 10 * at) for at in range(10)]
    await tha.say(PayloadKind.PROPOSAL_BATCH, proposal_pb2.ProposalBatch(transactions=offered))
    return world, [each.transaction_id for each in offered]


async def test_a_limit_that_is_passed_in_between_stops_them(
    waiting: tuple[ClearingWorld, list[str]],
) -> None:
    world, ids = waiting
    che = world.senders["che"]
    for at, name in enumerate(ids):
        above = at in {4, 5, 6, 8}  # after it was found out, twice more, and again
        _count(world, _ISSUED_UNDER, ISSUED + 1 if above else ISSUED)
        receipt = await che.accept(name)
        assert receipt.effective is not above, receipt.refusal
        if above:
            assert receipt.refusal.code == "AUTH_QUANTITY_CAP"
    _count(world, _ISSUED_UNDER, ISSUED)
    assert (await che.accept(ids[4])).state == decision_pb2.STATE_COMPLETED


async def test_what_is_used_is_looked_at_for_each() -> None:
    world = await authorized_world()
    tha, che = world.senders["tha"], world.senders["che"]
    shares = [
        authorization_pb2.PurposeQuantity(
            purposes=[authorization_pb2.PURPOSE_NDC], quantity=500_000
        )
    ]
    stated = await authorize(tha, version=2, purpose_quantities=shares, quantity_is_limit=True)
    assert stated.effective, stated.refusal
    issued = issuance(world, "THA01", 1, 1_000)
    issued.blocks[0].attributes.paris.authorization.version = 2
    verdict = await tha.propose(issued)
    assert verdict.state == decision_pb2.STATE_COMPLETED, failed(verdict)
    offered = transfer(world, 1, 1_000)
    await tha.propose(offered)
    assert (await che.accept(offered.transaction_id)).effective
    ids = []
    for at in range(8):
        wanted = use(world, 1 + 10 * at, 10 + 10 * at, 2025)
        wanted.completion = proposal_pb2.COMPLETION_MODE_BY_PROPOSER
        verdict = await che.propose(wanted)
        assert verdict.state == decision_pb2.STATE_VALIDATED, failed(verdict)
        ids.append(wanted.transaction_id)
    for at, name in enumerate(ids):
        above = at in {4, 5, 7}
        _count(world, _USED_UNDER, 499_991 if above else 499_990)
        receipt = await answer_to(che, PayloadKind.COMPLETION, name)
        assert receipt.effective is not above, receipt.refusal
        if above:
            assert receipt.refusal.code == "AUTH_PURPOSE_CAP"


async def test_what_is_found_out_once_is_not_judged_again(
    waiting: tuple[ClearingWorld, list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    world, ids = waiting
    looked_at: list[str] = []
    told = judgement._told

    def counted(alike: Alike, known: object) -> object:
        found = told(alike, known)  # type: ignore[arg-type]  # as it was asked
        looked_at.append("together" if found is not None and found.of_all else "each")
        return found

    monkeypatch.setattr(judgement, "_told", counted)
    assert all(each.effective for each in await accept(world, ids))
    assert looked_at.count("together") > len(ids) // 2, looked_at
