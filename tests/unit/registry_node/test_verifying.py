# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every column of every table of the store, changed: verification notices, or the list says why not."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import pytest

from itmo.core.v1 import notices_pb2, sharing_pb2
from itmo.lifecycle import State
from itmo.reasons import ProtocolError, Reason
from registry_node.store import schema
from registry_node.store.rows import ItemStatus
from registry_node.verifying.books import NOT_DETERMINED
from tests.kit import wishes
from tests.unit.registry_node.conftest import Scene, block

SEED: Final = 7
CHANGES: Final = 140
UNSEEN: Final = {
    **{(table, column): why for table, columns in NOT_DETERMINED.items()
       for column, why in columns.items()},
    ("outbox_item", "code"): "the broker's word at its door, which nobody signs",
    ("outbox_item", "found"): "the broker's word at its door, which nobody signs",
    ("outbox_item", "after_delivery"): "the order of what was said between two deliveries",
    ("outbox_item", "created_at"): "a moment before the one in the id is possible",
    ("proof", "delivery_sequence"): "with which of two deliveries it came, where the order is the same",
    ("delivery", "received_at"): "when it came here: this node's own word",
    ("delivery", "code"): "why it is in quarantine: this node's own word",
    ("delivery", "found"): "why it is in quarantine: this node's own word",
    ("delivery", "transaction_id"): "what the mailbox called it; nobody signs it",
    ("known_key", "node"): "of a key that signed nothing which is stored here",
    ("known_key", "purpose"): "of a key that signed nothing which is stored here",
    ("known_key", "not_before"): "the directory's word; what was signed outside is noticed",
    ("known_key", "not_after"): "the directory's word; what was signed outside is noticed",
    ("known_key", "revoked_at"): "the directory's word; what was signed outside is noticed",
}  # fmt: skip
"""Columns in which some change is not noticed, each with the reason."""
UNSEEN_TABLES: Final = {
    "alarm": "what a person must look at; no part of the books",
    "mirrored": "a picture of other registries' books, replaced whole by the next pull",
    "commit_mark": "compared with the head beside the file, not with what was signed",
}


@dataclass(frozen=True)
class Change:
    table: str
    column: str
    key: int
    value: object
    before: object

    def __str__(self) -> str:
        return f"{self.table}.{self.column} of row {self.key} to {self.value!r}"


async def lived_in(scene: Scene) -> None:
    """A store in which every table has rows."""
    sold = await scene.offer(1, 100)
    await scene.network.settle()
    await scene.che.accept(sold)
    await scene.network.settle()
    await scene.offer(200, 250)
    await scene.network.settle()
    await scene.che.open_account(wishes.account(account_type=200, ndc_period=(2021, 2030)))
    await scene.tha.share(sharing_pb2.SharingStatement(registry="THA01"))
    message = notices_pb2.AdministratorMessage(recipients=["CHE01"], subject="s", text="t")
    await scene.tha.write_to(message)
    await scene.network.settle()
    refused = wishes.transfer(scene.tha_account, scene.che_account, [block(300, 310)])
    await scene.tha.propose(refused)


def database_of(scene: Scene, name: str) -> sqlite3.Connection:
    return scene.network.stores[name]._database._connection  # type: ignore[attr-defined,no-any-return]


def changes(db: sqlite3.Connection) -> Iterator[Change]:
    """Each column once, then more from a seed."""
    drawn = random.Random(SEED)
    filled: list[tuple[str, str, list[int]]] = []
    for table in schema.metadata.sorted_tables:
        rows = [row[0] for row in db.execute(f'SELECT rowid FROM "{table.name}"')]
        if rows:
            filled.extend((table.name, column.name, rows) for column in table.columns)
    again = [drawn.choice(filled) for _ in range(max(0, CHANGES - len(filled)))]
    for name, column, rows in [*filled, *again]:
        key = drawn.choice(rows)
        old = db.execute(f'SELECT "{column}" FROM "{name}" WHERE rowid = ?', (key,)).fetchone()[0]
        yield Change(name, column, key, other_than(old, column, drawn), old)


def other_than(old: object, column: str, drawn: random.Random) -> object:
    if column == "status":
        return drawn.choice([each.value for each in ItemStatus if each.value != old])
    if column == "state":
        return drawn.choice([each.value for each in State if each.value != old])
    if isinstance(old, int):
        return old + drawn.choice([1, -1, 7])
    if isinstance(old, str):
        return f"{old}x"
    if isinstance(old, bytes):
        return old[:-1] + bytes([old[-1] ^ 1]) if old else b"x"
    return 1 if column in {"effective", "first_transferred", "answer_item"} else "x"


def write(db: sqlite3.Connection, change: Change) -> bool:
    """Change a value as somebody with the file would; False where its type or key bars it."""
    triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        db.execute(f'DROP TRIGGER "{name}"')
    try:
        db.execute(
            f'UPDATE "{change.table}" SET "{change.column}" = ? WHERE rowid = ?',
            (change.value, change.key),
        )
    except sqlite3.Error:
        return False
    finally:
        for _, sql in triggers:
            db.execute(sql)
    return True


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tha-registry", "che-registry"])
async def test_a_changed_value_is_noticed_or_listed(scene: Scene, name: str) -> None:
    await lived_in(scene)
    db, node = database_of(scene, name), scene.network.nodes[name]
    assert (await node.verify()).problems == ()
    db.execute("PRAGMA foreign_keys = OFF")
    db.execute("PRAGMA ignore_check_constraints = ON")
    unnoticed, made = [], 0
    for change in list(changes(db)):
        if write(db, change):
            made += 1
            if not (await node.verify()).problems:
                unnoticed.append(change)
            # The number of a row that counts is its key.
            moved = change.column in {"item_id", "number", "sequence", "id"}
            key = change.value if moved else change.key
            assert isinstance(key, int)
            assert write(db, replace(change, key=key, value=change.before))
    left = [
        str(each)
        for each in unnoticed
        if each.table not in UNSEEN_TABLES and (each.table, each.column) not in UNSEEN
    ]
    assert left == []
    assert made >= CHANGES * 0.8


async def test_a_dropped_trigger_is_noticed(scene: Scene) -> None:
    db = database_of(scene, "tha-registry")
    db.execute("DROP TRIGGER holding_disjoint")
    assert any("holding_disjoint" in each.found for each in (await scene.tha.verify()).problems)
    scene.unsound = True


@pytest.mark.parametrize(
    ("meddling", "told"),
    [
        ("UPDATE node_state SET cursor = cursor + 1", "the cursor is"),
        ("UPDATE node_state SET cursor = cursor - 1", "the cursor is"),
        ("DELETE FROM proof_transaction", "no receipt says so"),
        ("UPDATE outbox_item SET status = 'DECIDED', effective = 1", "no statement of the broker"),
        ("DROP TRIGGER holding_final", "trigger holding_final was dropped"),
        ("DROP INDEX holding_reserved", "index holding_reserved was dropped"),
        ("UPDATE traded SET state = 'TERMINATED' WHERE state = 'PROPOSED'", "is reserved by"),
    ],
)
async def test_unsound_books_are_not_served(scene: Scene, meddling: str, told: str) -> None:
    await scene.offer()
    database_of(scene, "tha-registry").execute(meddling)
    with pytest.raises(ProtocolError, match=told) as caught:
        await scene.network.start("tha-registry")
    assert caught.value.reason is Reason.LEDGER_AUDIT_FAILED
    scene.unsound = True
