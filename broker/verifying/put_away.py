# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whether archive files are what the database says of them, and which are not at hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from broker.log.merkle import Growing
from broker.store.archive_files import digest_of, file_name, read_archive
from broker.store.archived import ArchiveRow, archives, whole
from itmo.reasons import ProtocolError
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.portions import in_portions

_GONE: Final = (
    "SELECT (SELECT count(*) FROM message WHERE length(payload) = 0)"
    " + (SELECT count(*) FROM statement WHERE length(payload) = 0)"
)
_LEAVES: Final = "SELECT leaf_hash FROM log_leaf WHERE log_index <= ? ORDER BY log_index"


def not_at_hand(stored: Connection, since: int) -> list[ArchiveRow]:
    """Files that are not where they were put, with payloads of decisions from a place on."""
    return [row for row in archives(stored) if row.last_index >= since and not row.at_hand]


def archive_problems(stored: Connection) -> Iterator[str]:
    """Files have the payloads that are gone and stand between the roots that they state; those at hand are they."""
    rows = archives(stored)
    gone = stored.execute(_GONE).fetchone()[0] if rows else 0
    if gone != (put_away := sum(row.payloads for row in rows)):
        yield f"archive_file: {put_away} payloads are in files, {gone} are gone from the database"
    roots = _roots(stored, rows)
    for row in rows:
        if (roots.get(row.first_index), roots.get(row.last_index + 1)) != (
            row.root_before,
            row.root,
        ):
            yield f"archive_file ({row.digest.hex()}): its roots are not those of the log"
        if Path(row.path).name != file_name(row.first_index, row.last_index, row.digest):
            yield f"archive_file ({row.digest.hex()}): a file of these decisions has another name"
        if not row.at_hand:
            continue
        if digest_of(Path(row.path)) != row.digest:
            yield f"the archive file {row.path} is not the one that was put away: another digest"
            continue
        contents, _ = read_archive(Path(row.path))
        stated = (
            contents.first_index, contents.last_index, contents.root_before, contents.root,
            contents.payloads, contents.payload_bytes,
        )  # fmt: skip
        if stated != (
            row.first_index, row.last_index, row.root_before.hex(), row.root.hex(),
            row.payloads, row.payload_bytes,
        ):  # fmt: skip
            yield f"the archive file {row.path} does not state what the database says of it"


def payload_or_none(
    stored: Connection, payload: bytes, payload_hash: bytes, log_index: int
) -> bytes | None:
    """A payload, from its archive file where it is in one; None where that is not at hand.

    Raises:
        ProtocolError: Every file that may have it is at hand, and none does.
    """
    try:
        return whole(stored, payload, payload_hash, log_index)
    except ProtocolError:
        around = [
            each for each in archives(stored) if each.first_index <= log_index <= each.last_index
        ]
        if around and not all(each.at_hand for each in around):
            return None
        raise


def _roots(stored: Connection, rows: list[ArchiveRow]) -> dict[int, bytes]:
    """Roots of the log at the sizes that files begin and end with."""
    wanted = {each.first_index for each in rows} | {each.last_index + 1 for each in rows}
    tree, found = Growing(), {}
    for size, (leaf,) in enumerate(in_portions(stored, _LEAVES, (max(wanted, default=0),))):
        if size in wanted:
            found[size] = tree.root()
        tree.add(leaf)
        if size + 1 in wanted:
            found[size + 1] = tree.root()
    return found
