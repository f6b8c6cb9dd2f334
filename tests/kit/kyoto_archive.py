# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An archive of Great Britain: the record of a first clearing-house, which a second one is given."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from broker.known_regimes import ALL_REGIMES
from broker.reports.kyoto.sealed_tables import (
    NOTICES,
    TRAIL,
    TRAIL_COLUMNS,
    UNITS,
    lying_units,
    past_rows,
    table,
)
from broker.reports.kyoto.sef_entries import sef_entries
from itmo.core.v1 import decision_pb2
from itmo.runtime.db.connection import Connection
from sef.archive_reading import COLUMNS
from sef.archive_trail_reading import NOTICE_COLUMNS
from sef.cli.write import write_derived
from sef.derivation import Asked
from tests.kit.clearing import ClearingWorld, failed, new_world
from tests.kit.kyoto import AAUS, kyoto, kyoto_world, open_kyoto

BEGAN = datetime(2010, 6, 1, tzinfo=UTC)
YEARS = (2010, 2011)
Rows = list[dict[str, str]]


async def past() -> ClearingWorld:
    """Great Britain issues and converts in 2010; in 2011 it gives, gets back, retires and cancels."""
    world = await kyoto_world(await new_world(regimes=ALL_REGIMES, start=BEGAN))
    gbr, che = world.senders["gbr"], world.senders["che"]
    await open_kyoto(gbr, "GBR01", 230, period=1)
    done = [
        await gbr.propose(kyoto(world, "ISSUANCE", 1, AAUS)),
        await gbr.propose(kyoto(world, "CONVERSION", 101, 200)),
    ]
    world.clock.advance(timedelta(days=300))
    for giver, taker, first, last in (("gbr", "CHE01", 51, 150), ("che", "GBR01", 51, 60)):
        sender, other = (gbr, che) if giver == "gbr" else (che, gbr)
        registry = "GBR01" if giver == "gbr" else "CHE01"
        moved = kyoto(world, "TRANSFER", first, last, giver=registry, taker=taker)
        await sender.propose(moved)
        await other.accept(moved.transaction_id)
    done += [
        await gbr.propose(kyoto(world, "RETIREMENT", 201, 300, to_type=300)),
        await gbr.propose(kyoto(world, "CANCELLATION", 55, 60, to_type=230)),
    ]
    for each in done:
        assert each.state == decision_pb2.STATE_COMPLETED, failed(each)
    return world


def stored_archive(
    world: ClearingWorld,
    folder: Path,
    change: Callable[[Rows, Rows], None] = lambda _, __: None,
) -> Path:
    """The archive as a folder; what is changed are the rows of its blocks and of its trail."""
    folder.mkdir()
    blocks = _rows(table(COLUMNS, lying_units(world.connection, "GBR01")))
    past, notices = past_rows(world.connection, "GBR01")
    trail = _rows(table(TRAIL_COLUMNS, past))
    change(blocks, trail)
    for name, columns, rows in ((UNITS, COLUMNS, blocks), (TRAIL, TRAIL_COLUMNS, trail)):
        lines = ([row[column] for column in columns] for row in rows)
        (folder / name).write_bytes(table(columns, lines))
    (folder / NOTICES).write_bytes(table(NOTICE_COLUMNS, notices))
    return folder


def _rows(content: bytes) -> Rows:
    return list(csv.DictReader(io.StringIO(content.decode())))


def filed(world: ClearingWorld, folder: Path) -> list[Path]:
    """The reports of Great Britain on both years."""
    return filed_of(world.connection, folder)


def filed_of(connection: Connection, folder: Path) -> list[Path]:
    """The same, of a record."""
    folder.mkdir(exist_ok=True)
    entries = sef_entries(connection, date(2012, 1, 1))
    return [
        write_derived(
            entries,
            Asked(party="GB", year=year, period=1),
            folder / f"RREG1_GB_{year}_1_1.xlsx",
            None,
        )[0]
        for year in YEARS
    ]
