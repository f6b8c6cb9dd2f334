# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holdings as they stood at any moment: the record played again up to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from broker.reports.completed import Only
from broker.reports.paris.holders import Side
from broker.reports.paris.movements import Replay
from broker.reports.paris.unit_lots import UnitLot
from broker.reports.paris.unit_views import UnitView
from broker.reports.snapshot import snapshot
from itmo.runtime.db.connection import Connection

_INSTANT: Final = timedelta(milliseconds=1)
"""As times are stored: what was decided at a moment counts as of that moment."""
_LAST: Final = datetime.max.replace(tzinfo=UTC) - _INSTANT
"""No time is later than an instant after this one."""


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
    connection: Connection,
    *,
    before: datetime | None = None,
    up_to: int | None = None,
    account: str | None = None,
    party: str | None = None,
    only: Only | None = None,
) -> list[Held]:
    """Units and where they were, used and cancelled ones included, by registry and serial.

    Args:
        connection: The database.
        before: As things stood just before this time; None: now.
        up_to: As things stood after the decision at this place in the log; None: after the last.
        account: Only units in this account; None: all.
        party: Only units of this Party; None: all.
        only: Only these units; None: all.
    """
    with snapshot(connection):
        replay = Replay(connection, only)
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


def units_as_of(
    connection: Connection,
    as_of: datetime,
    registry: str | None = None,
    only: Only | None = None,
) -> list[UnitView]:
    """Live ranges as of a moment, by the account that held them; no locks, which leave no record.

    Args:
        connection: The database.
        as_of: What was decided at this moment counts.
        registry: Only units in accounts of this registry; None: all.
        only: Only these units; None: all.
    """
    held = holdings_as_of(connection, before=min(as_of, _LAST) + _INSTANT, only=only)
    return unit_views(each for each in held if registry in (None, each.side.registry))


def unit_views(held: Iterable[Held]) -> list[UnitView]:
    """Units that were held, as lists have them: by the account that held them."""
    found = [
        UnitView(
            registry=each.units.registry,
            first=each.units.first,
            last=each.units.last,
            issued_first=each.units.issued.first,
            account_id=each.side.account_id,
            account_type=each.side.account_type,
            holder_registry=each.side.registry,
            holder_party=each.side.party,
            vintage=each.units.vintage,
            authorization_id=each.units.authorization_id,
            authorization_version=each.units.authorization_version,
            first_transferred=each.units.first_transferred,
            locked_by=None,
            attributes=each.units.issued.attributes,
            issued_by=each.units.issued.issued_by,
        )
        for each in held
    ]
    return sorted(found, key=lambda each: (each.account_id, each.registry, each.first))
