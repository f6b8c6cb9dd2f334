# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Rows of started jobs are proposed in batches, a few ahead of what is sent.

A row has the id of its transaction from the moment it is taken in. Proposing rows and noting that they
are queued is one commit, and a transaction that is known is not proposed again: so each row is sent once,
whatever stops in between, in a restored copy too.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final

import structlog
from sqlalchemy import bindparam, func, select

from itmo import limits
from itmo.core.v1 import proposal_pb2
from itmo.reasons import ProtocolError
from registry_node.commands.propose import propose
from registry_node.commands.trip import Trip
from registry_node.damage import decoded
from registry_node.inbox.record_watch import RecordWatch
from registry_node.store.rows import ItemStatus, JobState, LoadedRow
from registry_node.store.tables import ITEMS, JOB_ROWS, JOBS, compiled
from registry_node.work import Work

_log: Final = structlog.get_logger(__name__)
AHEAD: Final = 4
"""Messages that wait in the outbox before more rows are queued: enough to be sent without a pause, and few
enough that what an operator proposes meanwhile does not wait for long."""
_r, _j, _i = JOB_ROWS.table.c, JOBS.table.c, ITEMS.table.c
_WAITS: Final = (_r.queued == 0) & (_r.code == "")
_FIRST: Final = JOB_ROWS.select(
    _WAITS,
    _r.digest.in_(select(_j.digest).where(_j.state == bindparam("state"))),
    order=_r.row,
    limit="most",
)
_SAME_WAY: Final = JOB_ROWS.select(
    _r.digest == bindparam("digest"),
    _r.from_registry == bindparam("giver"),
    _r.to_registry == bindparam("taker"),
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
        most=most,
    )


def _queue(trip: Trip, *, rows: list[LoadedRow]) -> None:
    fresh = [each for each in rows if trip.transaction(each.transaction_id) is None]
    if fresh:
        wishes = [decoded(proposal_pb2.ProposedTransaction, each.proposal) for each in fresh]
        propose(trip, wishes, unchecked=False)
    for each in rows:
        JOB_ROWS.replace(trip.db, replace(each, queued=True, proposal=b""))
