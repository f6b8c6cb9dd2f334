# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of a file are taken in: each is looked at, and kept with the id of its transaction; nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from sqlalchemy import bindparam, func, select

from itmo.core.v1 import proposal_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.serials import SerialRange
from registry_node.commands.propose import refuse_mirrored
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.proposals import building
from registry_node.store.rows import AccountState, JobRow, JobState, LoadedRow
from registry_node.store.tables import JOB_ROWS, JOBS, compiled

MAX_ROWS_AT_ONCE: Final = 1_000
"""Rows handed in with one call: some hundred kilobytes, and a commit that nobody waits long for."""
MAX_ROWS: Final = 1_000_000
"""Rows of one file; their ranges are compared in memory, some hundred bytes each."""
_DIGEST_BYTES: Final = 32
_r = JOB_ROWS.table.c
_JOB: Final = JOBS.select(JOBS.table.c.digest == bindparam("digest"))
_PROPOSALS: Final = compiled(
    select(_r.row, _r.proposal).where(_r.digest == bindparam("digest")).order_by(_r.row)
)
_COUNT: Final = compiled(
    select(func.count(), func.max(_r.row)).where(_r.digest == bindparam("digest"))
)
_FORGET_JOB: Final = JOBS.deletion(JOBS.table.c.digest == bindparam("digest"))
_FORGET_ROWS: Final = JOB_ROWS.deletion(_r.digest == bindparam("digest"))


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is handed in."""

    number: int
    wish: proposal_pb2.ProposedTransaction


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot come to anything.

    Attributes:
        where: The field that is wrong; empty: the row as a whole.
        found: What was found, and what to do.
    """

    row: int
    where: str
    found: str


def open_job(trip: Trip, digest: bytes, name: str) -> JobRow:
    """Begins the job of a file, or returns the one that was begun.

    Raises:
        ProtocolError: PAYLOAD_INVALID.
    """
    if len(digest) != _DIGEST_BYTES:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"digest: expected {_DIGEST_BYTES} bytes", where="digest"
        )
    job = _JOB.first(trip.db, digest=digest)
    if job is None:
        job = JobRow(digest=digest, name=name, state=JobState.LOADING, created_at=trip.now_ms)
        JOBS.insert(trip.db, job)
    return job


def job_of(trip: Trip, digest: bytes) -> JobRow:
    """Returns a job.

    Raises:
        ProtocolError: NOT_FOUND.
    """
    job = _JOB.first(trip.db, digest=digest)
    if job is None:
        raise ProtocolError(
            Reason.NOT_FOUND, "this node has no job of such a file", where=digest.hex()
        )
    return job


def load(trip: Trip, digest: bytes, rows: Sequence[Row]) -> list[Fault]:
    """Takes in rows behind those that are in; returns what is wrong with them.

    Raises:
        ProtocolError: PAYLOAD_INVALID or TRANSACTION_NOT_WAITING; nothing is taken in.
    """
    job = job_of(trip, digest)
    if job.state is not JobState.LOADING:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"the job of {job.name} has all its rows",
            where="digest",
            found=digest.hex(),
        )
    count, last = _COUNT.run(trip.db, digest=digest).fetchone()
    numbers = [last or 0, *(each.number for each in rows)]
    if len(rows) > MAX_ROWS_AT_ONCE or count + len(rows) > MAX_ROWS:
        raise ProtocolError(
            Reason.BATCH_TOO_LARGE,
            f"{len(rows)} rows beside {count}: at most {MAX_ROWS_AT_ONCE} at once, {MAX_ROWS} in all;"
            " split the file.",
            found=len(rows),
            limit=MAX_ROWS_AT_ONCE,
        )
    if any(following <= before for before, following in pairwise(numbers)):
        raise ProtocolError(
            Reason.PAYLOAD_INVALID, f"rows: expected rows behind row {last or 0}", where="rows"
        )
    registry_of = {each.account_id: each.registry for each in trip.accounts()}
    own = {each.account_id for each in trip.accounts() if each.state is AccountState.OPEN}
    faults = []
    for row in rows:
        wish = building.filled_in(row.wish, registry_of)
        wish.transaction_id = wish.transaction_id or trip.ids.uuid7(trip.now)
        try:
            _look_at(trip, wish, own)
        except ProtocolError as error:
            faults.append(Fault(row.number, error.metadata.get("where", ""), error.message))
        JOB_ROWS.insert(
            trip.db,
            LoadedRow(
                digest=digest,
                row=row.number,
                transaction_id=wish.transaction_id,
                proposal=wish.SerializeToString(),
                from_registry=wish.from_registry,
                to_registry=wish.to_registry,
            ),
        )
    return faults


def _look_at(trip: Trip, wish: proposal_pb2.ProposedTransaction, own: set[str]) -> None:
    """Does everything but queue it, and keeps nothing of that."""
    if trip.transaction(wish.transaction_id) is not None:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"transaction {wish.transaction_id} is known here; use a new id for a new transaction.",
            where="transaction_id",
            found=wish.transaction_id,
        )
    if wish.type == proposal_pb2.TRANSACTION_TYPE_REVERSAL:
        raise ProtocolError(
            Reason.PAYLOAD_INVALID,
            "reversals are proposed one by one: `registry-node reverse`.",
            where="type",
        )
    filled = trip.rules.fill(trip, wish)
    building.check_wish(filled, own)
    if filled.type != proposal_pb2.TRANSACTION_TYPE_ISSUANCE:
        blocks = building.blocks_of(filled)
        ledger = trip.ledger(blocks, filled.transaction_id)
        refuse_mirrored(trip, ledger, blocks, filled.from_account)
        ledger.reserve(blocks, filled.from_account, filled.transaction_id)
        building.with_attributes(filled, ledger.pieces)


def start(trip: Trip, digest: bytes, *, drop: bool) -> list[Fault]:
    """Has a job send its rows; drops it where that is asked for, or where rows name the same units.

    Returns:
        Units that several rows name.
    """
    job = job_of(trip, digest)
    if job.state is not JobState.LOADING:
        return []
    faults = list(_shared(_PROPOSALS.run(trip.db, digest=digest)))
    if drop or faults:
        forget(trip, digest)
    else:
        JOBS.replace(trip.db, replace(job, state=JobState.STARTED))
    return faults


def forget(trip: Trip, digest: bytes) -> None:
    """Drops a job of which nothing was sent."""
    _FORGET_ROWS.run(trip.db, digest=digest)
    _FORGET_JOB.run(trip.db, digest=digest)


def _shared(rows: Iterable[tuple[int, bytes]]) -> Iterator[Fault]:
    """Units that act in more than one row, told at the later one; an issuance makes its units."""
    named: list[tuple[str, int, int, int]] = []
    for number, proposal in rows:
        wish = decoded(proposal_pb2.ProposedTransaction, proposal)
        named += [
            (each.registry, each.serials.first, each.serials.last, number)
            for each in building.readable_blocks(wish)
        ]
    named.sort()
    reach, whose, before = 0, 0, ""
    for registry, first, last, row in named:
        if registry == before and first <= reach and whose != row:
            earlier, later = sorted((whose, row))
            units = f"{registry}:{SerialRange(first, min(last, reach))}"
            found = f"row {earlier} has units {units}, too; name each unit in one row."
            yield Fault(later, "blocks", found)
        if registry != before or last > reach:
            reach, whose, before = last, row, registry
