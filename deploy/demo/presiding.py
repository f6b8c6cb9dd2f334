# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the broker's operator says to the running broker, over its socket."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final

import grpc

from itmo.clearing.v1 import operator_service_pb2 as api
from itmo.clearing.v1 import operator_service_pb2_grpc as api_grpc
from itmo.runtime.rpc.client import local_channel
from itmo.timestamps import timestamp

SECONDS: Final = 30.0


class BrokerOperator:
    """The broker's operator, for its clock."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket
        self._channel = local_channel(socket)
        self._stub: api_grpc.OperatorServiceAsyncStub = api_grpc.OperatorServiceStub(self._channel)

    async def close(self) -> None:
        """Hangs up."""
        await self._channel.close()

    async def serves(self) -> bool:
        """Whether the broker runs and answers."""
        if not self._socket.exists():
            return False
        try:
            await self._stub.GetStatus(api.GetStatusRequest(), timeout=1)
        except grpc.aio.AioRpcError:
            return False
        return True

    async def set_clock(self, moment: datetime) -> None:
        """Sets the broker's clock forward."""
        request = api.SetClockRequest(time=timestamp(moment))
        await self._stub.SetClock(request, timeout=SECONDS)
