# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Puts old payloads away: a file is written, synced and verified before its rows are emptied at once.

After a kill at any point the next run goes on: a file that was not finished is written anew, one that was
finished and not taken note of comes to the same bytes under the same name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from broker.archiving.choosing import PAGE, Going, going, horizon, unread
from broker.log.merkle import Growing
from broker.regime.regimes import Regimes
from broker.store import genesis
from broker.store.archive_files import (
    Contents,
    digest_of,
    file_name,
    read_archive,
    write_archive,
)
from broker.store.archive_schema import archive_file
from broker.store.archived import ArchiveRow, archives
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.rows import add

FILE_BYTES: Final = 32 * 1024 * 1024
"""Payloads of one file, at most by a message more: they are in memory together, and the rows that they
leave are emptied in one transaction, within about a second."""
_LEAVES: Final = (
    "SELECT leaf_hash FROM log_leaf WHERE log_index >= ? AND log_index < ? ORDER BY log_index"
)
_EMPTIED: Final = {
    "message": "UPDATE message SET payload = ? WHERE message_id = ?",
    "statement": "UPDATE statement SET payload = ? WHERE statement_id = ?",
}
_MOVED: Final = "UPDATE archive_file SET path = ? WHERE digest = ?"
_ADD: Final = add(archive_file)
_NOTHING: Final = b""


def _unseen(*_: object) -> None:
    """Nobody looks on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PutAway:
    """What came of it.

    Attributes:
        until: Decisions before this one were looked at; what follows is too young or not settled.
        payloads: How many went, or would go.
        payload_bytes: How long they are together.
        kept: Payloads of deliveries that nobody acknowledged; they stay.
        found: Files that lie elsewhere now, and were taken note of.
    """

    until: int
    files: int
    payloads: int
    payload_bytes: int
    kept: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be put away.

    Attributes:
        folder: Where the files go.
        before: What was decided before this moment, in milliseconds since 1970.
        now: When it is, in the same way.
        dry_run: Only looks what may go.
        file_bytes: As FILE_BYTES.
    """

    folder: Path
    before: int
    now: int
    dry_run: bool = False
    file_bytes: int = FILE_BYTES


def put_away(
    connection: Connection,
    asked: Asked,
    regimes: Regimes,
    progress: Callable[[int, int], None] = _unseen,
    step: Callable[[str], None] = _unseen,
) -> PutAway:
    """Moves payloads that may go into archive files.

    Args:
        connection: The one that writes; nobody else writes a file meanwhile.
        asked: What is to be put away.
        regimes: By which the network judges.
        progress: Called with decisions looked at, and how many there are to look at.
        step: Called before each step, for tests that end there.

    Raises:
        OSError: A file cannot be written.
        ProtocolError: LEDGER_AUDIT_FAILED, when a file does not hold what was written; nothing was
            removed for it.
    """
    found = 0 if asked.dry_run else _found_again(connection, asked.folder)
    until = horizon(connection, asked.before)
    stay = unread(connection, asked.before)
    files, payloads, size = 0, 0, 0
    for chosen in _in_files(connection, until, stay, regimes, asked.file_bytes, progress):
        if not asked.dry_run:
            _put(connection, asked, chosen, step)
        files += 1
        payloads += len(chosen.going)
        size += chosen.size
    return PutAway(
        until=until, files=files, payloads=payloads, payload_bytes=size, kept=len(stay), found=found
    )


@dataclass(frozen=True, slots=True)
class _Chosen:
    """What goes into one file, and the roots of the log around it."""

    going: Sequence[Going]
    last: int
    root_before: bytes
    root: bytes

    @property
    def size(self) -> int:
        return sum(len(each.kept.payload) for each in self.going)

    @property
    def first(self) -> int:
        return self.going[0].kept.log_index


def _in_files(
    connection: Connection,
    until: int,
    stay: Collection[str],
    regimes: Regimes,
    file_bytes: int,
    progress: Callable[[int, int], None],
) -> Iterator[_Chosen]:
    """What goes, cut into files at the ends of decisions."""
    tree, held, size = Growing(), list[Going](), 0
    before = tree.root()
    for since in range(0, until, PAGE):
        end = min(since + PAGE, until)
        leaves = connection.execute(_LEAVES, (since, end)).fetchall()
        may_go: dict[int, list[Going]] = {}
        for each in going(connection, since, end, stay, regimes):
            may_go.setdefault(each.kept.log_index, []).append(each)
        for place, (leaf,) in enumerate(leaves, start=since):
            if place in may_go and not held:
                before = tree.root()
            tree.add(leaf)
            for each in may_go.get(place, ()):
                held.append(each)
                size += len(each.kept.payload)
            if size >= file_bytes:
                yield _Chosen(held, place, before, tree.root())
                held, size = [], 0
        progress(end, until)
    if held:
        yield _Chosen(held, until - 1, before, tree.root())


def _put(
    connection: Connection, asked: Asked, chosen: _Chosen, step: Callable[[str], None]
) -> None:
    """Writes one file, verifies it, and empties its rows."""
    network = genesis.read_network(connection)
    contents = Contents(
        network=network.network_id if network else "",
        first_index=chosen.first, last_index=chosen.last,
        root_before=chosen.root_before.hex(), root=chosen.root.hex(),
        payloads=len(chosen.going), payload_bytes=chosen.size,
    )  # fmt: skip
    step("write")
    path = write_archive(asked.folder, contents, [each.kept for each in chosen.going])
    step("verify")
    digest = _verified(path, contents, chosen.going)
    step("empty")
    row = (
        digest, chosen.first, chosen.last, chosen.root_before, chosen.root, len(chosen.going),
        chosen.size, str(path.resolve()), asked.now,
    )  # fmt: skip
    connection.execute("BEGIN IMMEDIATE")
    try:
        _ADD.run(connection, [row])
        for table, query in _EMPTIED.items():
            names = [(_NOTHING, each.name) for each in chosen.going if each.table == table]
            if names:
                connection.executemany(query, names)
        step("commit")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    step("next")


def _verified(path: Path, contents: Contents, wanted: Sequence[Going]) -> bytes:
    """Reads a file back from where it lies, and compares; returns its digest."""
    digest = digest_of(path)
    written, kept = read_archive(path)
    held = {each.payload_hash for each in kept if _hash(each.payload) == each.payload_hash}
    whole = held.issuperset(each.kept.payload_hash for each in wanted)
    if path.name != file_name(contents.first_index, contents.last_index, digest) or not (
        whole and written == contents
    ):
        raise ProtocolError(
            Reason.LEDGER_AUDIT_FAILED,
            f"The file {path} does not hold what was written into it; the database was left as it was."
            " Look at the disk, or name another folder with --folder.",
        )
    return digest


def _found_again(connection: Connection, folder: Path) -> int:
    """Takes note of files that lie in a folder now, and not where they were put."""
    moved = [
        (str((folder / Path(row.path).name).resolve()), row.digest)
        for row in archives(connection)
        if not row.at_hand and _is(folder / Path(row.path).name, row)
    ]
    if moved:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_MOVED, moved)
        connection.execute("COMMIT")
    return len(moved)


def _is(path: Path, row: ArchiveRow) -> bool:
    return path.is_file() and digest_of(path) == row.digest


def _hash(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()
