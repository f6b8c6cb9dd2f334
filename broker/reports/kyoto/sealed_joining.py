# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether what an archive told of a registry and what the record has of it make one trail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from itmo import serial_sets
from sef.archive_replaying import Replaying
from sef.archive_trail import NoticeRow, TrailRow


def joins(
    registry: str,
    told: Sequence[TrailRow],
    brought_in: Collection[serial_sets.Range],
    first: datetime | None,
) -> bool:
    """True where all units of an archive, and no others, were brought in, after all that it tells.

    Args:
        registry: Whose archive it is.
        told: Its trail; empty: it has none.
        brought_in: The units that were brought in from it.
        first: When the first other thing happened in the record; None: nothing did.
    """
    if not told or (first is not None and told[-1].at > first):
        return False
    played = Replaying(registry)
    for row in told:
        played.play(row)
    lying = serial_sets.merged((e.registry, e.first, e.last) for e in played.lying())
    return not played.faults and lying == serial_sets.merged(brought_in)


def apart(told: Sequence[NoticeRow], stated: Collection[int]) -> bool:
    """True where notices of the archive and of the record have numbers of their own."""
    return not {each.number for each in told} & set(stated)
