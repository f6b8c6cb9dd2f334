# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holdings as they stood at any moment: the record played again up to it."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from broker.reports.holders import Side
from broker.reports.lots import UnitLot
from broker.reports.movements import Replay
from broker.reports.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class Held:
    """Units that are alike, and the account that they were in."""

    side: Side
    units: UnitLot

    @property
    def party(self) -> str:
        """Party that held them."""
        return self.side.party_of(self.units.host)


def holdings_as_of(
    connection: sqlite3.Connection,
    *,
    before: datetime | None = None,
    up_to: int | None = None,
    account: str | None = None,
    party: str | None = None,
) -> list[Held]:
    """Units and where they were, used and cancelled ones included, by registry and serial.

    Args:
        connection: The database.
        before: As things stood just before this time; None: now.
        up_to: As things stood after the decision at this place in the log; None: after the last.
        account: Only units in this account; None: all.
        party: Only units of this Party; None: all.
    """
    with snapshot(connection):
        replay = Replay(connection)
        for _ in replay.movements(before=before, up_to=up_to):
            pass
        found = []
        for side, lot in replay.held():
            held = Held(side, lot)
            if account in (None, side.account_id) and party in (None, held.party):
                found.append(held)
    return joined(found)


def joined(found: list[Held]) -> list[Held]:
    """Neighbours in one account that differ in nothing but their serials, as one."""
    whole: list[Held] = []
    for held in found:
        before = whole[-1] if whole else None
        if before and before.side == held.side and before.units.continued_by(held.units):
            units = before.units
            whole[-1] = Held(held.side, units.part(units.first, held.units.last))
        else:
            whole.append(held)
    return whole
