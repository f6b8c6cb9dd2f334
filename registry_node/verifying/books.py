# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The whole verification of a node's store: proofs, outbox, keys, and the books made again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from google.protobuf.message import DecodeError
from sqlalchemy import Table

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.db.comparison import SIGNED, Words, differences
from itmo.runtime.db.soundness import file_faults, schema_faults
from itmo.runtime.db.undamaged import undamaged
from registry_node.commands.trip import Trip
from registry_node.inbox.catalogues import catalogue_faults
from registry_node.inbox.opening import Opener
from registry_node.store import schema
from registry_node.store.database import node_state
from registry_node.verifying.proofs import MOST_PROBLEMS, Problem, Told, untold, verify_proofs
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
    schema.notice,
    schema.broker_key,
    schema.instruction,
)
"""What the signed messages and deliveries determine."""
NOT_DETERMINED: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "node_state": {
            "clock_offset_ms": "the clock of a test network is nobody's signed word",
            "record_fault": "it tells of the broker's record, and is a problem of its own",
        },
        "delivery": {"digest": "the broker compares it at each contact"},
        "outbox_item": {"changed_at": "when the broker's answer came; nobody signs it"},
        "proof": {"received_at": "whether a delivery or the answer came first; nobody signs it"},
        "traded": {"number": "the place in a list"},
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


@dataclass(frozen=True, slots=True)
class Audit:
    """What verification found."""

    checked: int
    valid: int
    problems: tuple[Problem, ...]


def verify_store(trip: Trip, opener: Opener, told: Told = untold) -> Audit:
    """Verifies everything that is stored; changes nothing. It takes a millisecond for each transaction.

    1. Every proof verifies again, from its bytes.
    2. What the outbox holds is what was signed, under keys whose ids fit.
    3. The file is sound: no broken page, no dangling reference, no changed constraint.
    4. Own messages and deliveries, applied again to an empty store, make the same books.
    """
    problems: list[Problem] = []
    checked = valid = 0
    try:
        problems.extend(map(_problem, file_faults(trip.db)))
        proofs = verify_proofs(trip, opener, told)
        checked, valid = proofs.checked, proofs.valid
        problems.extend(proofs.problems)
        problems.extend(map(_problem, key_faults(trip)))
        problems.extend(map(_problem, catalogue_faults(trip)))
        problems.extend(map(_problem, outbox_faults(trip, opener)))
        problems.extend(_record_faults(trip))
        replay = Replay(trip, proofs.opened)
        with closing(replay.db):
            problems.extend(map(_problem, replay.run(told)))
            problems.extend(map(_problem, schema_faults(trip.db, replay.db)))
            for number, table in enumerate(COMPARED):
                told("tables compared", number, len(COMPARED))
                problems.extend(map(_problem, _differences(trip.db, replay.db, table)))
    except (ProtocolError, sqlite3.Error, DecodeError, LookupError, ValueError, TypeError) as error:
        if undamaged(error):
            raise
        # Damaged rows can break a computation anywhere, and that is a finding.
        problems.append(_problem(f"the store cannot be read to its end: {error}"))
    return Audit(checked, valid, tuple(problems[:MOST_PROBLEMS]))


def _record_faults(trip: Trip) -> Iterator[Problem]:
    """What the broker's record lacks of what this store was told, as it was last found."""
    fault = node_state(trip.db).record_fault
    if fault:
        yield Problem(b"", "", Reason.RECORD_DIFFERS, fault)


def _differences(
    stored: sqlite3.Connection, fresh: sqlite3.Connection, table: Table
) -> Iterator[str]:
    left_out = NOT_DETERMINED.get(table.name, {})
    columns = [column.name for column in table.columns if column.name not in left_out]
    keys = [c.name for c in table.primary_key if c.name not in left_out]
    return differences(
        stored,
        fresh,
        table.name,
        columns,
        keys or columns[:1],  # where the number is left out, the id stands in its place
        words=Words("store", SIGNED.said_by),
    )


def _problem(found: str) -> Problem:
    return Problem(b"", "", Reason.LEDGER_AUDIT_FAILED, found)
