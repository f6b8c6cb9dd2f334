# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Pull and view: what the node's Parties hold in other registries (7/CMA.4 annex I para 49).

The clearing-house shows it; the node keeps a picture of it, apart from its ledger. So the units can be
seen beside the own ones, and can be moved in one place only: where they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from itmo import limits
from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.reasons import Reason
from itmo.serials import SerialRange
from registry_node.commands.trip import Trip
from registry_node.ledger.holdings import Block
from registry_node.store.rows import MirroredRow
from registry_node.store.tables import MIRRORED

_c = MIRRORED.table.c
_ALL: Final = MIRRORED.select(order=_c.registry)
_OVERLAPPING: Final = MIRRORED.select(*MIRRORED.touching("first", "last"), order=_c.first)
STALE_AFTER: Final = limits.REPORT_DAILY
"""As with a registry that reports daily: on what is older nobody relies."""
_FORGET: Final = MIRRORED.deletion()


def mirror(trip: Trip, positions: Iterable[meta.UnitPosition], log_size: int) -> int:
    """Replaces the picture by what was pulled; returns the number of units in it.

    Units of own registries are left out: the ledger has them. A unit that the ledger holds as well
    is told as an alarm, for one of the two must be wrong.
    """
    rows = [
        _row(trip, each, log_size)
        for each in positions
        if each.holder not in trip.identity.registries and not each.source.reported_by
    ]
    _FORGET.run(trip.db)
    for row in rows:
        MIRRORED.insert(trip.db, row)
        block = Block(row.registry, SerialRange(row.first, row.last))
        for held in trip.ledger((block,), "").pieces(block):
            trip.alarm(
                Reason.LEDGER_AUDIT_FAILED,
                f"{held.registry}:{held.serials} are held here in {held.account_id}, and in"
                f" {row.holder} by the word of the clearing-house",
            )
    return sum(row.quantity for row in rows)


def mirrored(trip: Trip) -> list[MirroredRow]:
    """Returns what was pulled last, by originating registry and serial number."""
    return sorted(_ALL.all(trip.db), key=lambda row: (row.registry, row.first))


def held_elsewhere(trip: Trip, block: Block) -> MirroredRow | None:
    """Returns the first mirrored range that shares a unit with a block."""
    return _OVERLAPPING.first(
        trip.db, registry=block.registry, first=block.serials.first, last=block.serials.last
    )


def _row(trip: Trip, position: meta.UnitPosition, log_size: int) -> MirroredRow:
    return MirroredRow(
        registry=position.registry,
        first=position.first,
        last=position.last,
        holder=position.holder,
        position=position.SerializeToString(deterministic=True),
        pulled_at=trip.now_ms,
        log_size=log_size,
    )
