# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far the timeline has come, for the operator; asked often, so that little is counted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, select

from broker.reports.completed import completions
from broker.reports.paris.timeline_file import beside, is_current
from broker.store import schema as s
from broker.store.log_head import log_size
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.clock import from_ms
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.statement import Statement
from itmo.timestamps import timestamp

_LATELY: Final = timedelta(seconds=10)
"""A turn takes half a second, some seconds where others need the machine."""
COUNTED: Final = 100_000
"""Transactions behind that are counted, in some milliseconds; one waits for a minute for them."""
_PLACE: Final = "SELECT log_index FROM place"
_DECIDED: Final = Statement(
    select(s.log_leaf.c.decided_at).where(s.log_leaf.c.log_index == bindparam("place"))
)


def timeline_standing(ledger: Connection, books: Path, now: datetime) -> pb.TimelineStanding:
    """How far the timeline beside a broker's books has come.

    Args:
        ledger: What it is made of.
        books: Beside which it lies.
        now: The time of the machine, by which files are dated.
    """
    file = beside(books)
    decisions, decided = _decisions(file), log_size(ledger)
    if decisions >= decided:
        return pb.TimelineStanding(decisions=decided)
    (since,) = ledger.execute(_DECIDED, {"place": decisions}).fetchone()
    return pb.TimelineStanding(
        decisions=decisions,
        behind=decided - decisions,
        transactions_behind=completions(ledger, decisions - 1, COUNTED),
        since=timestamp(from_ms(since)),
        reading=now - _written(file) < _LATELY,
    )


def _decisions(file: Path) -> int:
    """How many decisions are in it; none where there is none that can be read."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as timeline:
            if not is_current(timeline):
                return 0
            return int(timeline.execute(_PLACE).fetchone()[0]) + 1
    except sqlite3.Error:
        return 0


def _written(file: Path) -> datetime:
    """When a turn ended last; each is written to the log of the file."""
    places = (file, file.with_name(f"{file.name}-wal"))
    written = [each.stat().st_mtime_ns // 1_000_000 for each in places if each.exists()]
    return from_ms(max(written, default=0))
