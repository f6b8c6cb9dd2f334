# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Nothing is booked in a final period: open transactions end before, and the audit looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from itmo.core.v1 import decision_pb2
from itmo.paris.v1 import parties_pb2
from itmo.payloads import PayloadKind
from itmo.timestamps import moment
from tests.kit.auditing import broken_invariants
from tests.kit.clearing import ClearingWorld, state_of, trading_world, transfer
from tests.kit.guards import behind_guards

FINAL = datetime(2024, 1, 1, tzinfo=UTC)


async def on_the_eve() -> ClearingWorld:
    """Six hours before Thailand's period is final; its host's participation stays as it was."""
    world = await trading_world()
    statement = parties_pb2.PartyStatement(party="THA", initial_report_date="2021-01-01")
    for criterion in (
        "party_to_agreement",
        "ndc_in_force",
        "authorization_arrangements",
        "tracking_arrangements",
        "latest_inventory",
    ):
        setattr(statement.participation, criterion, True)
    period = statement.ndc_periods.add(
        target=parties_pb2.NDC_TARGET_MULTI_YEAR,
        method=parties_pb2.ADJUSTMENT_METHOD_TRAJECTORY,
        first_or_first_updated=True,
        finality_date=FINAL.date().isoformat(),
    )
    period.years.first, period.years.last = 2021, 2030
    await world.operator.state(PayloadKind.PARTY_STATEMENT, statement)
    world.clock.set(FINAL - timedelta(hours=6))
    return world


async def test_an_open_transaction_ends_when_the_period_is_final() -> None:
    world = await on_the_eve()
    proposed = transfer(world, 1, 100)
    verdict = await world.senders["tha"].propose(proposed)
    assert verdict.state == decision_pb2.STATE_VALIDATED
    assert moment(verdict.deadline, "deadline") == FINAL
    world.clock.set(FINAL)
    await world.house.expire_due()
    assert state_of(world, proposed.transaction_id) == "TERMINATED"
    assert broken_invariants(world.connection) == []


async def test_the_audit_finds_what_was_booked_after() -> None:
    world = await on_the_eve()
    proposed = transfer(world, 1, 100)
    await world.senders["tha"].propose(proposed)
    await world.senders["che"].accept(proposed.transaction_id)
    assert broken_invariants(world.connection) == []
    behind_guards(
        world.connection,
        "UPDATE adjustment_entry SET booked_at = ?",
        (int(FINAL.timestamp() * 1000),),
    )
    assert any(
        each.startswith("final periods stay as they are: adjustment 1 of THA for 2022")
        for each in broken_invariants(world.connection)
    )
