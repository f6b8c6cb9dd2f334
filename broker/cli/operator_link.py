# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The operator's socket of a broker that runs. Nothing of the server is loaded for it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import grpc

from broker.cli.failing import Unreachable
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.clearing.v1 import operator_service_pb2_grpc as pb_grpc
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.client import READ_DEADLINE, SUBMIT_DEADLINE, local_channel
from itmo.runtime.rpc.errors import from_rpc_error, is_late
from itmo.timestamps import moment, timestamp

if TYPE_CHECKING:
    from itmo.envelope import Envelope

_CONNECT_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class OperatorLink:
    """The operator service of a broker that runs."""

    stub: pb_grpc.OperatorServiceAsyncStub

    async def status(self) -> pb.GetStatusResponse:
        """Asks how the broker is doing.

        Raises:
            ProtocolError: what the broker refused; Unreachable, when it does not answer.
        """
        try:
            return await self.stub.GetStatus(pb.GetStatusRequest(), timeout=READ_DEADLINE)
        except grpc.aio.AioRpcError as error:
            raise _read(error) from error

    async def submit(self, envelope: Envelope) -> tuple[Envelope, ...]:
        """Hands a signed statement in; raises as `status`."""
        from itmo.payloads import from_proto, to_proto

        request = pb.SubmitStatementRequest(envelope=to_proto(envelope))
        try:
            response = await self.stub.SubmitStatement(request, timeout=SUBMIT_DEADLINE)
        except grpc.aio.AioRpcError as error:
            raise _read(error) from error
        return tuple(map(from_proto, response.answers))

    async def set_clock(self, to: datetime) -> datetime:
        """Sets the clock of a test network; raises as `status`."""
        try:
            response = await self.stub.SetClock(
                pb.SetClockRequest(time=timestamp(to)), timeout=READ_DEADLINE
            )
        except grpc.aio.AioRpcError as error:
            raise _read(error) from error
        return moment(response.time, "time")

    async def accept_clock(self, told: datetime) -> datetime:
        """Has the machine's time taken for right; raises as `status`."""
        try:
            response = await self.stub.AcceptClock(
                pb.AcceptClockRequest(time=timestamp(told)), timeout=READ_DEADLINE
            )
        except grpc.aio.AioRpcError as error:
            raise _read(error) from error
        return moment(response.time, "time")

    async def take_up_keys(self) -> pb.TakeUpKeysResponse:
        """Has the keys taken up that the file of settings names; raises as `status`."""
        try:
            return await self.stub.TakeUpKeys(pb.TakeUpKeysRequest(), timeout=SUBMIT_DEADLINE)
        except grpc.aio.AioRpcError as error:
            raise _read(error) from error


@asynccontextmanager
async def operator_link(path: Path) -> AsyncIterator[OperatorLink | None]:
    """Opens the operator's socket; gives None when nobody listens there."""
    if not _listening(path):
        yield None
        return
    async with local_channel(path) as channel:
        yield OperatorLink(pb_grpc.OperatorServiceStub(channel))


def _listening(path: Path) -> bool:
    """True when somebody takes connections on a socket file; a stale file does not count."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(_CONNECT_SECONDS)
        try:
            probe.connect(str(path))
        except PermissionError:
            raise ProtocolError(
                Reason.PERMISSION_DENIED,
                f"The operator's socket {path} belongs to somebody else; run this as that user.",
            ) from None
        except OSError:
            return False
    return True


def _read(error: grpc.aio.AioRpcError) -> ProtocolError:
    refusal = from_rpc_error(error)
    if is_late(refusal):
        return ProtocolError(
            Reason.OVERLOADED,
            "The broker runs and has not answered in time. What was asked of it may have been done: look"
            " before you ask again.",
        )
    if refusal.reason is Reason.BROKER_UNREACHABLE:
        return Unreachable(f"The broker does not answer: {refusal.message}")
    return refusal
