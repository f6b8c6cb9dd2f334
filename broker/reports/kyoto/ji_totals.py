# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""ERUs that came to be under joint implementation, by host, year and track; all of them by conversion."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from broker.reports.kyoto.history import History
from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.codes import Track
from itmo.identifiers import RegistryId, registry_party
from itmo.runtime.db.connection import Connection


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A host Party, a calendar year (UTC) and a track."""

    host: str
    year: int
    track: Track


@dataclass(frozen=True, slots=True)
class JiTotals:
    """ERUs by host, year and track, and how many projects of each host got any."""

    units: dict[Cell, int]
    projects: dict[str, int]

    def sum(
        self, *, host: str | None = None, year: int | None = None, track: Track | None = None
    ) -> int:
        """ERUs of a host, of a year, of a track, or of several of these together."""
        return sum(
            units
            for cell, units in self.units.items()
            if host in (None, cell.host)
            and year in (None, cell.year)
            and track in (None, cell.track)
        )


def totals(connection: Connection, as_of: datetime | None) -> JiTotals:
    """What was converted until a moment, that time included; None: in all."""
    units = Counter[Cell]()
    projects: set[tuple[str, int]] = set()
    for event in History(connection).events(as_of):
        track = event.after.track
        if event.type is TransactionType.CONVERSION and event.acts and track is not None:
            host = registry_party(RegistryId(event.units.registry))
            units[Cell(host, event.at.year, track)] += event.quantity
            projects.add((host, event.after.project))
    return JiTotals(
        units=dict(sorted(units.items())),
        projects=dict(sorted(Counter(host for host, _ in projects).items())),
    )
