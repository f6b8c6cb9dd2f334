# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Payloads that went into archive files: read from there, or told where they are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import bindparam, select

from broker.clearing.decision.rows import StatementRow
from broker.store import archive_schema
from broker.store.archive_files import payload_in
from broker.store.schema import transaction
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.connection import Connection
from itmo.runtime.db.json_text import keys_of
from itmo.runtime.db.statement import Statement

_FILES: Final = archive_schema.archive_file
_A: Final = _FILES.c
_OF_DECISION: Final = Statement(
    select(_FILES)
    .where(_A.first_index <= bindparam("place"), _A.last_index >= bindparam("place"))
    .order_by(_A.first_index, _A.digest)
)
_ALL: Final = Statement(select(_FILES).order_by(_A.first_index, _A.digest))

_T: Final = transaction.c
_TYPES: Final = Statement(
    select(_T.rulebook, _T.type).where(_T.transaction_id.in_(keys_of())).order_by(_T.transaction_id)
)


@dataclass(frozen=True, slots=True)
class ArchiveRow:
    """A row of archive_file."""

    digest: bytes
    first_index: int
    last_index: int
    root_before: bytes
    root: bytes
    payloads: int
    payload_bytes: int
    path: str
    put_away_at: int

    @property
    def at_hand(self) -> bool:
        """Whether the file is where it was put."""
        return Path(self.path).is_file()

    @property
    def told(self) -> str:
        """The file as people are told of it."""
        return f"{self.path}, digest {self.digest.hex()}"


def archives(connection: Connection) -> list[ArchiveRow]:
    """Every archive file of a database, in the order of the log."""
    return [ArchiveRow(*row) for row in connection.execute(_ALL)]


def types_of(connection: Connection, ids: Iterable[str]) -> list[tuple[str, str]]:
    """Rulebook and type of each of some transactions that is recorded."""
    rows = connection.execute(_TYPES, {"wanted": json.dumps(sorted(ids))})
    return [(rulebook, kind) for rulebook, kind in rows]


def whole(connection: Connection, payload: bytes, payload_hash: bytes, log_index: int) -> bytes:
    """A payload as it was signed: what is stored or, where that is empty, from its archive file.

    Raises:
        ProtocolError: PAYLOAD_ARCHIVED, when its file is not at hand or does not hold it.
    """
    if payload:
        return payload
    rows = [ArchiveRow(*row) for row in connection.execute(_OF_DECISION, {"place": log_index})]
    for row in rows:
        try:
            found = payload_in(Path(row.path), payload_hash)
        except (OSError, ValueError):
            continue
        if found is not None:
            return found
    raise missing(rows, payload_hash, log_index)


def statement_whole(connection: Connection, row: StatementRow) -> StatementRow:
    """A statement with its payload; raises as `whole`."""
    if row.payload:
        return row
    return replace(row, payload=whole(connection, row.payload, row.payload_hash, row.log_index))


def unchanged(
    rows: Sequence[ArchiveRow], log_index: int, payload: bytes, payload_hash: bytes
) -> bool:
    """Whether a stored payload has its hash, or is one that went into an archive file."""
    if not payload:
        return any(row.first_index <= log_index <= row.last_index for row in rows)
    return hashlib.sha256(payload).digest() == payload_hash


def missing(rows: list[ArchiveRow], payload_hash: bytes, log_index: int) -> ProtocolError:
    """Says where a payload is that could not be read."""
    told = " or ".join(row.told for row in rows) or "no file that the database knows of"
    return ProtocolError(
        Reason.PAYLOAD_ARCHIVED,
        f"The payload with the hash {payload_hash.hex()} of decision {log_index} is archived in {told},"
        " which is not there or damaged. Put the file back, or say where it is with"
        " `broker archive --folder FOLDER`.",
        file=", ".join(Path(row.path).name for row in rows),
        digest=", ".join(row.digest.hex() for row in rows),
        log_index=log_index,
    )
