# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import sqlite3
from contextlib import closing, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itmo.identifiers import NetworkId, NodeId, RegistryId
from itmo.node_kinds import NodeKind
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.trip import _TOUCHED
from registry_node.identity import Identity
from registry_node.ledger.holdings import Holding
from registry_node.store import tables
from registry_node.store.database import Store, claim, empty_database
from registry_node.store.tables import HOLDINGS, Rows

ME = Identity(
    node=NodeId("che-registry"),
    kind=NodeKind.NATIONAL,
    registries=(RegistryId("CHE01"),),
    network_id=NetworkId("itmo-test"),
    test_network=True,
    broker_node=NodeId("hub"),
)
UNITS = Holding(
    registry="CHE01",
    first=1,
    last=10,
    account_id="a",
    attributes=b"",
    marks="",
    reserved_by=None,
)


@pytest.mark.parametrize("rows", [each for each in vars(tables).values() if isinstance(each, Rows)])
def test_row_classes_and_tables_have_the_same_columns(rows: Rows[object]) -> None:
    assert rows._names == [column.name for column in rows.table.columns]


async def test_commit_survives_and_refusal_leaves_no_trace(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "node.db")
    await store.run(lambda db: claim(db, ME))
    await store.run(lambda db: HOLDINGS.insert(db, UNITS))

    def fail(db: sqlite3.Connection) -> None:
        HOLDINGS.insert(db, replace(UNITS, first=11, last=20))
        raise LookupError("no")

    with pytest.raises(LookupError):
        await store.run(fail)
    await store.close()
    again = await Store.open(tmp_path / "node.db")
    assert await again.read(HOLDINGS.select().all) == [UNITS]
    await again.close()


async def test_second_process_is_kept_out(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "node.db")
    with pytest.raises(ProtocolError) as caught:
        await Store.open(tmp_path / "node.db")
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    await store.close()


async def test_database_of_another_node_is_refused() -> None:
    store = Store.in_memory()
    await store.run(lambda db: claim(db, ME))
    with pytest.raises(ProtocolError) as caught:
        await store.run(lambda db: claim(db, replace(ME, node=NodeId("tha-registry"))))
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    await store.close()


async def test_database_of_a_later_version_is_refused(tmp_path: Path) -> None:
    store = await Store.open(tmp_path / "node.db")
    await store.close()
    with closing(sqlite3.connect(tmp_path / "node.db")) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(ProtocolError) as caught:
        await Store.open(tmp_path / "node.db")
    assert "9999" in caught.value.message


@pytest.mark.parametrize(
    "wrong",
    [
        replace(UNITS, first=10, last=20),
        replace(UNITS, first=0, last=0),
        replace(UNITS, first=30, last=29),
        replace(UNITS, first=30, last=2**63 - 1),
    ],
)
async def test_constraints_bar_what_the_ledger_must_never_hold(wrong: Holding) -> None:
    store = Store.in_memory()
    await store.run(lambda db: HOLDINGS.insert(db, UNITS))
    with pytest.raises(sqlite3.IntegrityError):
        await store.run(lambda db: HOLDINGS.insert(db, wrong))
    await store.close()


async def test_listeners_hear_commits_and_nothing_else() -> None:
    store = Store.in_memory()
    heard: list[str] = []
    store.listen(lambda: heard.append("commit"))
    await store.read(HOLDINGS.select().all)
    assert heard == []
    await store.run(lambda db: HOLDINGS.insert(db, UNITS))
    assert heard == ["commit"]
    await store.close()


def _offered(pieces: int) -> sqlite3.Connection:
    """A store with units in so many pieces, as when each is offered in a transaction of its own."""
    db = empty_database()
    for number in range(pieces):
        HOLDINGS.insert(db, _piece(10 * number + 1, 10 * number + 10, f"t{number}"))
    return db


def _piece(first: int, last: int, reserved_by: str | None = None) -> Holding:
    return replace(UNITS, registry="THA01", first=first, last=last, reserved_by=reserved_by)


def _steps(pieces: int) -> int:
    """Steps of the engine for a piece behind all others: found, taken out and put in again."""
    taken = 0

    def step() -> int:
        nonlocal taken
        taken += 1
        return 0

    with closing(_offered(pieces)) as db:
        last = 10 * pieces
        db.set_progress_handler(step, 1)
        (found,) = _TOUCHED.all(db, registry="THA01", since=last - 3, upto=last + 5)
        db.execute("DELETE FROM holding WHERE registry = 'THA01' AND first = ?", (found.first,))
        HOLDINGS.insert(db, found)
        db.set_progress_handler(None, 0)
    return taken


def test_a_piece_costs_as_much_among_thousands_as_among_few() -> None:
    assert _steps(2_000) <= _steps(20) + 10


@given(
    taken=st.sets(st.integers(0, 11)),
    first=st.integers(1, 120),
    length=st.integers(1, 40),
)
def test_ranges_that_touch_are_found_and_cannot_be_there_twice(
    taken: set[int], first: int, length: int
) -> None:
    last = first + length - 1
    pieces = [_piece(10 * each + 1, 10 * each + 10) for each in sorted(taken)]
    with closing(empty_database()) as db:
        for each in pieces:
            HOLDINGS.insert(db, each)
        touched = [each for each in pieces if each.first <= last and each.last >= first]
        assert _TOUCHED.all(db, registry="THA01", since=first, upto=last) == touched
        refused = pytest.raises(sqlite3.IntegrityError) if touched else nullcontext()
        with refused:
            HOLDINGS.insert(db, _piece(first, last))
