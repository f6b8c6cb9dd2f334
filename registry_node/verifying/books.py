# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The whole verification of a node's store: proofs, outbox, keys, and the books made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from google.protobuf.message import DecodeError
from sqlalchemy import Table

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.soundness import file_faults, schema_faults
from registry_node.commands.trip import Trip
from registry_node.inbox.opening import Opener
from registry_node.store import schema
from registry_node.verifying.proofs import MOST_PROBLEMS, Problem, verify_proofs
from registry_node.verifying.replay import Replay
from registry_node.verifying.said import key_faults, outbox_faults

COMPARED: Final[tuple[Table, ...]] = (
    schema.node_state,
    schema.outbox_item,
    schema.signed_version,
    schema.proof,
    schema.proof_transaction,
    schema.traded,
    schema.account,
    schema.holding,
    schema.delivery,
    schema.authorization,
    schema.notice,
    schema.instruction,
)
"""What the signed messages and deliveries determine."""
NOT_DETERMINED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "node_state": {"clock_offset_ms": "the clock of a test network is nobody's signed word"},
        "outbox_item": {"changed_at": "when the broker's answer came; nobody signs it"},
        "proof": {"received_at": "whether a delivery or the answer came first; nobody signs it"},
        "traded": {
            "number": "the place in a list",
            "asked_because": "the policy of that day is not stored",
        },
        "notice": {"number": "the place in a list"},
        "instruction": {
            "number": "the place in a queue",
            "done_at": "the registry system's word",
            "attempts": "the registry system's word",
            "last_error": "the registry system's word",
        },
    }
)
"""Columns of compared tables that nothing signed determines, each with the reason."""
_DRAFTS: Final = "authorization"
_MOST_OF_A_TABLE: Final = 20
_SHOWN: Final = 60
_Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What verification found."""

    checked: int
    valid: int
    problems: tuple[Problem, ...]


def verify_store(trip: Trip, opener: Opener) -> Audit:
    """Verify everything that is stored; changes nothing.

    1. Every proof verifies again, from its bytes.
    2. What the outbox holds is what was signed, under keys whose ids fit.
    3. The file is sound: no broken page, no dangling reference, no changed constraint.
    4. Own messages and deliveries, applied again to an empty store, make the same books.
    """
    problems: list[Problem] = []
    checked = valid = 0
    try:
        problems.extend(map(_problem, file_faults(trip.db)))
        proofs = verify_proofs(trip, opener)
        checked, valid = proofs.checked, proofs.valid
        problems.extend(proofs.problems)
        problems.extend(map(_problem, key_faults(trip)))
        problems.extend(map(_problem, outbox_faults(trip, opener)))
        replay = Replay(trip, proofs.opened)
        with closing(replay.db):
            problems.extend(map(_problem, replay.run()))
            problems.extend(map(_problem, schema_faults(trip.db, replay.db)))
            for table in COMPARED:
                problems.extend(map(_problem, _differences(trip.db, replay.db, table)))
    except (ProtocolError, sqlite3.Error, DecodeError, LookupError, ValueError, TypeError) as error:
        # Damaged rows can break a computation anywhere, and that is a finding.
        problems.append(_problem(f"the store cannot be read to its end: {error}"))
    return Audit(checked, valid, tuple(problems[:MOST_PROBLEMS]))


def _differences(
    stored: sqlite3.Connection, fresh: sqlite3.Connection, table: Table
) -> Iterator[str]:
    left_out = NOT_DETERMINED.get(table.name, {})
    columns = [column.name for column in table.columns if column.name not in left_out]
    keys = [c.name for c in table.primary_key if c.name not in left_out]
    if not keys:  # the number is left out; the id stands in its place
        keys = [columns[0]]
    listed = ", ".join(f'"{name}"' for name in columns)
    query = f'SELECT {listed} FROM "{table.name}"'  # noqa: S608  # names of our own schema
    if table.name == _DRAFTS:
        query += " WHERE version > 0"  # a draft was never signed
    places = [columns.index(name) for name in keys]
    ours = _by_key(stored.execute(query), places)
    again = _by_key(fresh.execute(query), places)
    shown = 0
    for key in sorted({*ours, *again}, key=repr):
        mine, made = ours.get(key), again.get(key)
        if mine == made:
            continue
        shown += 1
        if shown > _MOST_OF_A_TABLE:
            yield f"{table.name}: there are more differences"
            return
        name = ", ".join(map(_text, key))
        if mine is None or made is None:
            where = "only by the signed messages" if mine is None else "only in the store"
            yield f"{table.name} ({name}): there is such a row {where}"
            continue
        for column, one, other in zip(columns, mine, made, strict=True):
            if one != other:
                yield (
                    f"{table.name} ({name}): {column} is {_text(one)} in the store,"
                    f" {_text(other)} by the signed messages"
                )


def _by_key(rows: Iterator[_Row] | sqlite3.Cursor, places: Sequence[int]) -> dict[_Row, _Row]:
    return {tuple(row[place] for place in places): row for row in rows}


def _text(value: object) -> str:
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)})"


def _problem(found: str) -> Problem:
    return Problem(b"", "", Reason.LEDGER_AUDIT_FAILED, found)
