# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import asyncio
import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.sqlite import (
    MEMORY,
    SAFE_SQLITE,
    Writer,
    checkpoint,
    open_reader,
    open_writer,
)
from itmo.runtime.db.thread import DatabaseThread, InlineDatabase

ID = 0x49544D4F


def pragma(connection: sqlite3.Connection, name: str) -> object:
    return connection.execute(f"PRAGMA {name}").fetchone()[0]


def refusal_of_writer(path: Path, application_id: int = ID) -> str:
    with pytest.raises(ProtocolError) as caught:
        open_writer(path, application_id=application_id)
    assert caught.value.reason is Reason.CONFIGURATION_INVALID
    return caught.value.message


def test_the_writer_promises_durability(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / "a.sqlite", application_id=ID)) as writer:
        assert pragma(writer, "journal_mode") == "wal"
        assert pragma(writer, "synchronous") == 2
        assert pragma(writer, "foreign_keys") == 1
        assert pragma(writer, "trusted_schema") == 0
        assert pragma(writer, "application_id") == ID
        assert writer.isolation_level is None


def test_memory_needs_no_lock_and_no_log() -> None:
    with closing(open_writer(MEMORY, application_id=ID)) as writer:
        writer.execute("CREATE TABLE t (x)")
        assert checkpoint(writer) == 0


def test_there_is_one_writer_only(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with closing(open_writer(path, application_id=ID)):
        assert "in use" in refusal_of_writer(path)
        script = (
            "import sys; from itmo.runtime.db.sqlite import open_writer\n"
            f"open_writer({str(path)!r}, application_id={ID})"
        )
        other = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "in use" in other.stderr
    open_writer(path, application_id=ID).close()  # closing lets the next one in


def test_a_file_of_another_program_is_refused(tmp_path: Path) -> None:
    open_writer(tmp_path / "a.sqlite", application_id=ID).close()
    assert "another program" in refusal_of_writer(tmp_path / "a.sqlite", ID + 1)
    with closing(sqlite3.connect(tmp_path / "b.sqlite")) as other:
        other.execute("CREATE TABLE t (x)")
    assert "another program" in refusal_of_writer(tmp_path / "b.sqlite")
    (tmp_path / "c.sqlite").write_text("this is a letter, not a database" * 40)
    assert "cannot be opened" in refusal_of_writer(tmp_path / "c.sqlite")
    assert "cannot be locked" in refusal_of_writer(tmp_path / "none" / "d.sqlite")


def test_a_reader_reads_what_is_committed_and_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a ?#%.sqlite"
    with closing(open_writer(path, application_id=ID)) as writer:
        writer.execute("CREATE TABLE t (x)")
        with closing(open_reader(path)) as reader:
            writer.execute("BEGIN IMMEDIATE")
            writer.execute("INSERT INTO t VALUES (1)")
            assert reader.execute("SELECT count(*) FROM t").fetchone() == (0,)
            writer.execute("COMMIT")
            assert reader.execute("SELECT count(*) FROM t").fetchone() == (1,)
            with pytest.raises(sqlite3.OperationalError):
                reader.execute("INSERT INTO t VALUES (2)")


def test_a_reader_makes_no_database(tmp_path: Path) -> None:
    with pytest.raises(ProtocolError):
        open_reader(tmp_path / "none.sqlite")
    assert not (tmp_path / "none.sqlite").exists()


def test_a_checkpoint_empties_the_log(tmp_path: Path) -> None:
    with closing(open_writer(tmp_path / "a.sqlite", application_id=ID)) as writer:
        writer.execute("CREATE TABLE t (x)")
        assert checkpoint(writer) == 0


def test_an_old_sqlite_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for version, warned in (((3, 51, 2), True), (SAFE_SQLITE, False)):
        monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
        with capture_logs() as lines:
            open_writer(tmp_path / "a.sqlite", application_id=ID).close()
        assert ("sqlite_old" in [line["event"] for line in lines]) is warned


async def test_the_thread_runs_whole_closures_in_order(tmp_path: Path) -> None:
    database = DatabaseThread(open_writer(tmp_path / "a.sqlite", application_id=ID))
    await database.run(lambda db: db.execute("CREATE TABLE t (x INTEGER PRIMARY KEY, n)"))

    async def insert(number: int) -> str:
        def work(db: sqlite3.Connection) -> str:
            db.execute("INSERT INTO t (n) VALUES (?)", (number,))
            return threading.current_thread().name

        return await database.run(work)

    names = await asyncio.gather(*(insert(number) for number in range(50)))
    assert set(names) == {"database"}
    rows = await database.run(lambda db: db.execute("SELECT n FROM t ORDER BY x").fetchall())
    assert rows == [(number,) for number in range(50)]
    await database.close()
    await database.close()
    with pytest.raises(RuntimeError, match="closed"):
        await database.run(lambda _: None)
    open_writer(tmp_path / "a.sqlite", application_id=ID).close()


@pytest.mark.parametrize("kind", [DatabaseThread, InlineDatabase])
async def test_what_the_work_raises_is_raised(
    kind: type[DatabaseThread[Writer]] | type[InlineDatabase[Writer]],
) -> None:
    database = kind(open_writer(MEMORY, application_id=ID))
    with pytest.raises(sqlite3.OperationalError):
        await database.run(lambda db: db.execute("SELECT * FROM nothing"))
    assert await database.run(lambda db: db.execute("SELECT 1").fetchone()) == (1,)
    await database.close()


async def test_cancelling_the_caller_does_not_cut_the_work() -> None:
    database = DatabaseThread(open_writer(MEMORY, application_id=ID))
    await database.run(lambda db: db.execute("CREATE TABLE t (x)"))
    may_go = threading.Event()

    def work(db: sqlite3.Connection) -> None:
        may_go.wait(5)
        db.execute("INSERT INTO t VALUES (1)")

    task = asyncio.ensure_future(database.run(work))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    may_go.set()
    assert await database.run(lambda db: db.execute("SELECT count(*) FROM t").fetchone()) == (1,)
    await database.close()


async def test_what_is_settled_is_thought_here_and_committed_on_the_thread() -> None:
    database = DatabaseThread(open_writer(MEMORY, application_id=ID))
    seen: list[str] = []

    def note(step: str) -> None:
        seen.append(f"{step} {threading.current_thread().name}")

    def think(db: sqlite3.Connection) -> int:
        note("think")
        found: int = db.execute("SELECT 7").fetchone()[0]
        return found

    settled = database.settle(think, lambda _, found: note(f"commit {found}"))
    before, found, _ = await asyncio.gather(
        database.run(lambda _: note("before")), settled, database.run(lambda _: note("after"))
    )
    here = threading.current_thread().name
    assert (before, found) == (None, 7)
    assert seen == ["before database", f"think {here}", "commit 7 database", "after database"]
    await database.close()


@pytest.mark.parametrize("kind", [DatabaseThread, InlineDatabase])
async def test_what_was_not_thought_through_is_not_committed(
    kind: type[DatabaseThread[Writer]] | type[InlineDatabase[Writer]],
) -> None:
    database = kind(open_writer(MEMORY, application_id=ID))
    committed: list[object] = []

    def think(db: sqlite3.Connection) -> object:
        return db.execute("SELECT * FROM nothing")

    with pytest.raises(sqlite3.OperationalError):
        await database.settle(think, lambda _, found: committed.append(found))
    assert committed == []
    assert await database.run(lambda db: db.execute("SELECT 1").fetchone()) == (1,)
    await database.close()


async def test_cancelling_the_caller_leaves_what_is_settled_whole() -> None:
    database = DatabaseThread(open_writer(MEMORY, application_id=ID))
    await database.run(lambda db: db.execute("CREATE TABLE t (x)"))
    thinking = asyncio.Event()

    def think(db: sqlite3.Connection) -> None:
        db.execute("BEGIN IMMEDIATE")
        db.execute("INSERT INTO t VALUES (1)")
        thinking.set()

    task = asyncio.ensure_future(database.settle(think, lambda db, _: db.execute("COMMIT")))
    await thinking.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await database.run(lambda db: (db.in_transaction, db.total_changes)) == (False, 1)
    await database.close()


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_database_and_its_log_are_their_owners_alone(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        with closing(open_writer(tmp_path / "a.sqlite", application_id=ID)) as writer:
            writer.execute("CREATE TABLE t (x)")
            modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    names = ("a.sqlite", "a.sqlite-wal", "a.sqlite-shm", "a.sqlite.lock")
    assert modes == dict.fromkeys(names, 0o600)


def test_a_database_open_to_others_is_warned_of(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    open_writer(path, application_id=ID).close()
    path.chmod(0o644)
    with capture_logs() as logs, closing(open_writer(path, application_id=ID)):
        pass
    assert [log["mode"] for log in logs if log["event"] == "database_open_to_others"] == ["0644"]
