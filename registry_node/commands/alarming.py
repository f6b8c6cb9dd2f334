# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Alarms: what a person must look at, until one says that it was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import func, select

from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import Trip
from registry_node.store.rows import AlarmRow
from registry_node.store.tables import ALARMS, compiled
from registry_node.work import Work

MOST_LISTED: Final = 1000
_c = ALARMS.table.c
_NEWEST: Final = ALARMS.select(order=_c.number.desc(), limit="most")
_OPEN: Final = ALARMS.select(_c.acknowledged_at.is_(None), order=_c.number.desc(), limit="most")
_EVERY_OPEN: Final = ALARMS.select(_c.acknowledged_at.is_(None))
_COUNT: Final = compiled(
    select(func.count()).select_from(ALARMS.table).where(_c.acknowledged_at.is_(None))
)


class Alarms:
    """The alarms of one node."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def listed(self, *, acknowledged: bool = False) -> list[AlarmRow]:
        """Returns open alarms, or also those that were looked at; oldest first."""
        return await self._work.read(lambda trip: listed(trip, acknowledged=acknowledged))

    async def acknowledge(self, numbers: Sequence[int] = (), code: str = "") -> int:
        """Notes that somebody has looked; see `acknowledge`."""
        return await self._work.run(lambda trip: acknowledge(trip, numbers, code))


def listed(trip: Trip, *, acknowledged: bool = False, most: int = MOST_LISTED) -> list[AlarmRow]:
    """Returns the last alarms that are open, or the last of all; oldest first."""
    return (_NEWEST if acknowledged else _OPEN).all(trip.db, most=most)[::-1]


def open_alarms(trip: Trip) -> int:
    """Returns how many nobody has looked at."""
    (found,) = _COUNT.run(trip.db).fetchone()
    return int(found)


def acknowledge(trip: Trip, numbers: Sequence[int], code: str) -> int:
    """Notes that somebody has looked at alarms; they stay in the store.

    Args:
        trip: The transaction.
        numbers: Only these; none: all that are open.
        code: Only those of this code; empty: any.

    Returns:
        How many were open.

    Raises:
        ProtocolError: NOT_FOUND, when a number is not that of an open alarm.
    """
    found = {row.number: row for row in _EVERY_OPEN.all(trip.db) if code in ("", row.code)}
    unknown = [str(number) for number in numbers if number not in found]
    if unknown:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"There is no open alarm {', '.join(unknown)}; `registry-node alarms` lists those there are.",
            where="numbers",
            found=" ".join(unknown),
        )
    for number in numbers or found:
        ALARMS.replace(trip.db, replace(found[number], acknowledged_at=trip.now_ms))
    return len(numbers or found)
