# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of started jobs are proposed in batches, a few ahead of what is sent.

A row has the id of its transaction from the moment it is taken in. Proposing rows and noting that they
are queued is one commit, and a transaction that is known is not proposed again: so each row is sent once,
whatever stops in between, in a restored copy too.
"""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, bindparam, func, literal_column, select

from itmo import limits
from itmo.core.v1 import proposal_pb2
from itmo.reasons import ProtocolError, Reason
from registry_node.commands.propose import propose
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.inbox.record_watch import RecordWatch
from registry_node.store.rows import ItemStatus, JobState, LoadedRow
from registry_node.store.schema import ROW_WAITS, WAS_REFUSED
from registry_node.store.tables import ITEMS, JOB_ROWS, JOBS, TRANSACTIONS, compiled
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)
AHEAD: Final = 4
"""Messages that wait in the outbox before more rows are queued: enough to be sent without a pause, and few
enough that what an operator proposes meanwhile does not wait for long."""
_DRAWN: Final = (0xFFF << 64) | ((1 << 62) - 1)
"""Bits of a UUIDv7 that stand neither for its time nor for its kind."""
FEW: Final = 30
"""Rows of a message after one with more was refused as a whole: of a thousand rows one that is in the way
costs some sixty messages, and not a thousand."""
_r, _j, _i, _t = JOB_ROWS.table.c, JOBS.table.c, ITEMS.table.c, TRANSACTIONS.table.c
_WAITS: Final[ColumnElement[bool]] = literal_column(ROW_WAITS)
_REFUSED: Final = JOB_ROWS.select(
    literal_column("job_row.queued = 1 AND job_row.code = ''"),
    _r.transaction_id.in_(select(_t.transaction_id).where(literal_column(WAS_REFUSED))),
    order=_r.row,
)
_FIRST: Final = JOB_ROWS.select(
    _WAITS,
    # Unsorted: those of one file and one way lie together in the index of what waits.
    _r.digest.in_(select(_j.digest).where(_j.state == bindparam("state"))),
    limit="most",
)
_SAME_WAY: Final = JOB_ROWS.select(
    _r.digest == bindparam("digest"),
    _r.from_registry == bindparam("giver"),
    _r.to_registry == bindparam("taker"),
    _r.together == bindparam("together"),
    _WAITS,
    order=_r.row,
    limit="most",
)
_UNSENT: Final = compiled(
    select(func.count())
    .select_from(ITEMS.table)
    .where((_i.status == bindparam("queued")) | (_i.status == bindparam("signed")))
)


class JobRunner:
    """The one task that queues rows of jobs."""

    def __init__(self, work: Work, watch: RecordWatch) -> None:
        self._work = work
        self._watch = watch
        self._fewer = 0
        self._news = asyncio.Event()

    def wake(self) -> None:
        """Says that there may be room in the outbox, or more rows."""
        self._news.set()

    async def serve(self) -> None:
        """Queues until cancelled."""
        while True:
            self._news.clear()
            await self.pump()
            await self._news.wait()

    async def pump(self) -> int:
        """Queues what there is room for; returns how many rows it dealt with."""
        done = 0
        while step := await self._step():
            done += step
        return done

    async def _step(self) -> int:
        # A restored copy takes its own messages back in first.
        if not self._watch.met or await self._watch.behind():
            return 0
        if await self._work.read(_any_refused):
            await self._work.run(_settle_refused)
        rows = await self._work.read(
            partial(_next, most=self._fewer or limits.MAX_PROPOSALS_PER_BATCH)
        )
        if not rows:
            return 0
        try:
            await self._work.run(partial(_queue, rows=rows))
        except ProtocolError as error:
            if len(rows) > 1:
                # One of them is in the way, or all together are too much: half of them, and half again.
                self._fewer = len(rows) // 2
                return len(rows)
            _log.info("job_row_refused", row=rows[0].row, code=error.reason)
            refused = replace(rows[0], code=error.reason, found=error.message)
            await self._work.run(lambda trip: JOB_ROWS.replace(trip.db, refused))
        self._fewer = 0
        return len(rows)


def _next(trip: Trip, *, most: int) -> list[LoadedRow]:
    """The next rows that go from one registry to one registry; none while the outbox is full."""
    (unsent,) = _UNSENT.run(trip.db, queued=ItemStatus.QUEUED, signed=ItemStatus.SIGNED).fetchone()
    first = _FIRST.first(trip.db, state=JobState.STARTED, most=1) if unsent < AHEAD else None
    if first is None:
        return []
    return _SAME_WAY.all(
        trip.db,
        digest=first.digest,
        giver=first.from_registry,
        taker=first.to_registry,
        together=first.together,
        most=min(most, first.together or most),
    )


def _any_refused(trip: Trip) -> bool:
    return _REFUSED.first(trip.db) is not None


def _settle_refused(trip: Trip) -> None:
    """Rows that were refused together with others are proposed again with fewer, under other ids.

    The broker has recorded nothing of a message that it refused. The other id follows from the first one,
    so that it is the same in a restored copy.
    """
    for each in _REFUSED.all(trip.db):
        found = trip.transaction(each.transaction_id)
        if found is None:
            continue
        if each.together == 1 or found.refusal_code == Reason.WITHDRAWN_UNSENT:
            settled = replace(each, code=found.refusal_code, found=found.refusal_found)
        else:
            wish = decoded(proposal_pb2.ProposedTransaction, found.proposal)
            wish.transaction_id = _following(each.transaction_id)
            settled = replace(
                each,
                transaction_id=wish.transaction_id,
                proposal=wish.SerializeToString(),
                together=1 if each.together else FEW,
                queued=False,
            )
        JOB_ROWS.replace(trip.db, settled)


def _following(transaction_id: str) -> str:
    """Returns the id under which a row is proposed again: of the same time, and otherwise another."""
    before = UUID(transaction_id)
    drawn = int.from_bytes(hashlib.sha256(before.bytes).digest()[:10])
    fixed = before.int & ~_DRAWN
    return str(UUID(int=fixed | (drawn & _DRAWN)))


def _queue(trip: Trip, *, rows: list[LoadedRow]) -> None:
    fresh = [each for each in rows if trip.transaction(each.transaction_id) is None]
    if fresh:
        wishes = [decoded(proposal_pb2.ProposedTransaction, each.proposal) for each in fresh]
        propose(trip, wishes, unchecked=False)
    for each in rows:
        JOB_ROWS.replace(trip.db, replace(each, queued=True, proposal=b""))
