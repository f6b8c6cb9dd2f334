# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""OperatorService: for the broker's operator, on a socket file that only its owner can open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import grpc

from broker.clearing.gate import OPERATOR_NODE
from broker.clearing.house import ClearingHouse
from broker.mailbox.subscription import Subscriptions
from broker.store import queries
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.clearing.v1 import operator_service_pb2_grpc as pb_grpc
from itmo.payloads import from_proto, moment, timestamp, to_proto

Context = grpc.aio.ServicerContext[Any, Any]
SetClock = Callable[[datetime], Awaitable[datetime]]


class OperatorServicer(pb_grpc.OperatorServiceServicer):
    """See operator_service.proto."""

    def __init__(
        self,
        house: ClearingHouse,
        subscriptions: Subscriptions,
        set_clock: SetClock,
        door: Callable[[], pb.DoorStatus],
    ) -> None:
        self._house = house
        self._subscriptions = subscriptions
        self._set_clock = set_clock
        self._door = door

    async def SubmitStatement(  # noqa: N802  # gRPC's name
        self,
        request: pb.SubmitStatementRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.SubmitStatementResponse:
        """Takes in a statement signed with an operator's key."""
        answer = await self._house.submit(OPERATOR_NODE, from_proto(request.envelope))
        return pb.SubmitStatementResponse(answers=[to_proto(each) for each in answer.answers])

    async def SetClock(  # noqa: N802  # gRPC's name
        self,
        request: pb.SetClockRequest,
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.SetClockResponse:
        """Sets the clock of a test network forward."""
        return pb.SetClockResponse(
            time=timestamp(await self._set_clock(moment(request.time, "time")))
        )

    async def GetStatus(  # noqa: N802  # gRPC's name
        self,
        request: pb.GetStatusRequest,  # noqa: ARG002  # gRPC's signature
        context: Context,  # noqa: ARG002  # gRPC's signature
    ) -> pb.GetStatusResponse:
        """Shows how the broker is doing."""
        reader = self._house.reader
        mailboxes = await reader.run(queries.mailboxes)
        return pb.GetStatusResponse(
            time=timestamp(self._house.now()),
            log_size=await reader.run(queries.log_size),
            queue_depth=self._house.queue_depth,
            open_transactions=await reader.run(queries.open_transactions),
            mailboxes=[
                pb.MailboxStatus(
                    node=each.node,
                    last_sequence=each.last_sequence,
                    acknowledged_sequence=each.acknowledged_sequence,
                    connected=self._subscriptions.connected(each.node),
                )
                for each in mailboxes
            ],
            door=self._door(),
        )
