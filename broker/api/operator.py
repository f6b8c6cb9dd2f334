# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""OperatorService: for the broker's operator, on a socket file that only its owner can open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from broker.clearing.path.gate import OPERATOR_NODE
from broker.clearing.path.house import ClearingHouse
from broker.reports.dated_ahead import dated_ahead
from broker.reports.reconciliation import books
from broker.reports.sharing import overdue
from broker.store import log_head, mailboxes, transaction_record
from broker.store.standing import DatabaseStanding, database_standing
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.clearing.v1 import operator_service_pb2_grpc as pb_grpc
from itmo.clock import Look
from itmo.payloads import from_proto, to_proto
from itmo.runtime.db.connection import Connection
from itmo.runtime.rpc.callers import Context
from itmo.runtime.tasks import TaskStanding
from itmo.timestamps import moment, timestamp

ChangeClock = Callable[[datetime], Awaitable[datetime]]


async def _silent() -> None:
    """A program that says nothing of itself."""


def _none(_: Connection) -> None:
    """Nothing is made of the record."""


def _nobody(_: str) -> bool:
    """Nobody is connected."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """What an operator can do to a running broker besides stating things."""

    set_clock: ChangeClock
    accept_clock: ChangeClock
    take_up_keys: Callable[[], Awaitable[tuple[str, str]]]
    tasks: Callable[[], Sequence[TaskStanding]]
    standing: Callable[[], Awaitable[pb.ProgramStanding | None]] = _silent
    connected: Callable[[str], bool] = _nobody
    """Whether a node has a subscription."""
    door: Callable[[], pb.DoorStatus] = pb.DoorStatus
    """How the door for nodes is doing."""
    timeline: Callable[[Connection], pb.TimelineStanding | None] = _none
    """How far what is made of the record for questions has come."""
    workers: Callable[[], Sequence[pb.WorkerStanding]] = tuple
    """The processes that hold the lines to nodes, where they are others than the one that decides."""


class OperatorServicer(pb_grpc.OperatorServiceServicer):
    """See operator_service.proto."""

    def __init__(self, house: ClearingHouse, operations: Operations) -> None:
        self._house = house
        self._operations = operations

    async def SubmitStatement(
        self, request: pb.SubmitStatementRequest, context: Context
    ) -> pb.SubmitStatementResponse:
        """Takes in a statement signed with an operator's key."""
        answer = await self._house.submit(OPERATOR_NODE, from_proto(request.envelope))
        return pb.SubmitStatementResponse(answers=[to_proto(each) for each in answer.answers])

    async def SetClock(self, request: pb.SetClockRequest, context: Context) -> pb.SetClockResponse:
        """Sets the clock of a test network forward."""
        return pb.SetClockResponse(
            time=timestamp(await self._operations.set_clock(moment(request.time, "time")))
        )

    async def AcceptClock(
        self, request: pb.AcceptClockRequest, context: Context
    ) -> pb.AcceptClockResponse:
        """Takes the machine's time for right after it jumped."""
        return pb.AcceptClockResponse(
            time=timestamp(await self._operations.accept_clock(moment(request.time, "time")))
        )

    async def TakeUpKeys(
        self, request: pb.TakeUpKeysRequest, context: Context
    ) -> pb.TakeUpKeysResponse:
        """Signs with the keys that the settings name now."""
        message, operator = await self._operations.take_up_keys()
        return pb.TakeUpKeysResponse(message_keyid=message, operator_keyid=operator)

    async def GetStatus(
        self, request: pb.GetStatusRequest, context: Context
    ) -> pb.GetStatusResponse:
        """Shows how the broker is doing."""
        reader = self._house.reader
        boxes = await reader.run(mailboxes.standings)
        now = self._house.now()
        late = await reader.run(partial(overdue, now=now))
        return pb.GetStatusResponse(
            time=timestamp(now),
            log_size=await reader.run(log_head.log_size),
            queue_depth=self._house.queue_depth,
            open_transactions=await reader.run(transaction_record.open_transactions),
            mailboxes=[
                pb.MailboxStatus(
                    node=each.node,
                    last_sequence=each.last_sequence,
                    acknowledged_sequence=each.acknowledged_sequence,
                    connected=self._operations.connected(each.node),
                )
                for each in boxes
            ],
            door=self._operations.door(),
            workers=self._operations.workers(),
            timeline=await reader.run(self._operations.timeline),
            database=_database(await reader.run(database_standing)),
            clock=_clock(self._house.clock.look()),
            tasks=[
                pb.TaskStanding(name=each.name, fault=each.fault, failures=each.failures)
                for each in self._operations.tasks()
            ],
            dated_ahead=[
                pb.DatedAhead(
                    kind=each.kind.value,
                    name=each.name,
                    until=timestamp(each.until),
                    said=str(each),
                )
                for each in await reader.run(partial(dated_ahead, now=now))
            ],
            program=await self._operations.standing(),
            overdue_reports=[each.registry for each in late],
            books=[
                pb.BooksStatus(
                    registry=each.registry,
                    outcome=each.outcome or "",
                    time=timestamp(each.compared_at) if each.compared_at else None,
                    open_cases=each.open_cases,
                    held_ranges=each.held,
                )
                for each in await reader.run(books)
            ],
        )


def _database(standing: DatabaseStanding | None) -> pb.DatabaseStanding | None:
    if standing is None:
        return None
    return pb.DatabaseStanding(
        epoch=standing.epoch,
        turns=standing.turns,
        brokers=[
            pb.BrokerStanding(
                process=each.process,
                address=each.address,
                since=timestamp(each.since),
                last=each.last,
            )
            for each in standing.brokers
        ],
        standbys=[
            pb.StandbyStanding(name=each.name, kind=each.kind, lag_bytes=each.lag_bytes)
            for each in standing.standbys
        ],
        oldest_reader=standing.oldest_reader,
        written_since=standing.written_since,
    )


def _clock(look: Look) -> pb.ClockStanding:
    if look.fault is None:
        return pb.ClockStanding(found=timestamp(look.now))
    return pb.ClockStanding(
        jumped=True,
        found=timestamp(look.fault.found),
        expected=timestamp(look.fault.expected),
    )
