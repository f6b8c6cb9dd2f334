# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the head of the node's database says: how often it changed, and where its books then stood.

Every change counts, because each is somebody's word: to the operator that a command is stored, to
the broker that a delivery was taken, and that a message keeps its id and its place in the chain.
"""

from __future__ import annotations

import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from itmo.runtime.db.head import End, Head, damaged_database, head_path, read_head
from itmo.runtime.db.shortfall import shortfall
from itmo.runtime.db.sqlite import open_reader

PROGRAM: Final = "registry-node"
_MARK: Final = "SELECT database_id, commits, mark, previous_mark FROM commit_mark"
_FOUND: Final = (
    "INSERT INTO commit_mark (id, database_id, commits, mark, previous_mark)"
    " VALUES (1, ?, 0, x'', x'') ON CONFLICT DO NOTHING"
)
_ADVANCE: Final = "UPDATE commit_mark SET commits = ?, mark = ?, previous_mark = ?"
_HAS_TABLE: Final = "SELECT count(*) FROM sqlite_master WHERE name = 'commit_mark'"
_STATE: Final = "SELECT cursor, recorded_sequence, recorded_hash FROM node_state"
_ITEM: Final = "SELECT item_id, message_id FROM outbox_item ORDER BY item_id DESC LIMIT 1"
NOTHING: Final = End(Head(PROGRAM, "", 0, b""), lambda _: None, "commits", PROGRAM)
"""Where a database ends that is not there."""


def found(db: sqlite3.Connection, database_id: str) -> None:
    """Gives a new database its id."""
    db.execute(_FOUND, (database_id,))


def mark_commit(db: sqlite3.Connection) -> Head:
    """Counts the transaction under way, and returns what the head says after it."""
    database_id, commits, mark, _ = db.execute(_MARK).fetchone()
    cursor, sequence, recorded = db.execute(_STATE).fetchone() or (0, 0, b"")
    item, message_id = db.execute(_ITEM).fetchone() or (0, "")
    facts = _facts(cursor, sequence, item)
    told = f"{commits + 1} {sorted(facts.items())} {message_id}".encode()
    made = hashlib.sha256(mark + recorded + told).digest()
    db.execute(_ADVANCE, (commits + 1, made, mark))
    return Head(PROGRAM, database_id, commits + 1, made, facts)


def commit_end(db: sqlite3.Connection) -> End:
    """Where a database ends."""
    if not db.execute(_HAS_TABLE).fetchone()[0]:
        return NOTHING
    row = db.execute(_MARK).fetchone()
    if row is None:
        return NOTHING
    database_id, commits, mark, previous = row
    cursor, sequence, _ = db.execute(_STATE).fetchone() or (0, 0, b"")
    item, _ = db.execute(_ITEM).fetchone() or (0, "")
    known = {commits: mark, commits - 1: previous}
    head = Head(PROGRAM, database_id, commits, mark, _facts(cursor, sequence, item))
    return End(head, known.get, "commits", PROGRAM)


def has_head(path: Path) -> bool:
    """Whether a head lies beside a database; a back-up that is put somewhere has none.

    Raises:
        ProtocolError: LEDGER_AUDIT_FAILED for a damaged head.
    """
    return read_head(head_path(path)) is not None


def commit_shortfall(database: Path) -> str:
    """What a database lacks by its head; raises as `shortfall`."""
    return shortfall(database, commit_end, NOTHING)


def unreadable(path: Path) -> str:
    """Why a database cannot be read at all; empty where it can."""
    try:
        with closing(open_reader(path)) as db:
            commit_end(db)
    except sqlite3.Error as error:
        return damaged_database(path, error)
    return ""


def _facts(cursor: int, sequence: int, item: int) -> dict[str, int]:
    return {"deliveries": cursor, "recorded messages": sequence, "outbox items": item}
