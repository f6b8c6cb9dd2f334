# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What breaks a rule on our own bookings is found by the audit, since no proposal can break it."""

from __future__ import annotations

import pytest

from broker.rulebook.check import Kept
from broker.rulebook.paris.catalogue import CHECKS
from broker.rulebook.paris.judging import AUDIT
from tests.kit.auditing import broken_invariants
from tests.unit.broker.reports.test_audit import damage, lived_in

BREAKS = {
    "CA_PAIRED": ("DELETE FROM adjustment_entry WHERE kind = 'USE'", "is not booked"),
    "CA_OUTSIDE_NDC_TOO": (
        "DELETE FROM adjustment_entry WHERE kind = 'FIRST_TRANSFER'",
        "is not booked",
    ),
}


def test_every_rule_that_the_audit_keeps_is_broken_here() -> None:
    kept = {rule.id for rule in CHECKS if isinstance(rule, Kept) and rule.where == AUDIT}
    assert kept == BREAKS.keys()


@pytest.mark.parametrize("rule_id", BREAKS)
async def test_the_audit_finds_what_breaks_the_rule(rule_id: str) -> None:
    world = await lived_in()
    change, told = BREAKS[rule_id]
    damage(world.connection, change)
    said = broken_invariants(world.connection)
    assert any(told in each for each in said), said
