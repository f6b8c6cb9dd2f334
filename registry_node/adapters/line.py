# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The line to the broker: the channel, and what is said when a call on it fails."""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import grpc

from itmo.reasons import ProtocolError
from itmo.runtime.rpc.errors import TRANSPORT_CODE, from_rpc_error
from itmo.runtime.rpc.proxies import Proxy

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Line:
    """A channel to the broker.

    Attributes:
        channel: The channel.
        proxy: What stands in between, if anything.
    """

    channel: grpc.aio.Channel
    proxy: Proxy | None = None

    async def answered(self, call: Awaitable[T]) -> T:
        """Waits for the answer to a call.

        Raises:
            ProtocolError: What the broker refused, or what became of the call on the way.
        """
        try:
            return await call
        except grpc.aio.AioRpcError as error:
            raise self.failure(error) from error

    def failure(self, error: grpc.aio.AioRpcError) -> ProtocolError:
        """Reads why a call failed; names the proxy where the line itself is what failed."""
        found = from_rpc_error(error)
        if self.proxy is None or TRANSPORT_CODE not in found.metadata:
            return found
        told = ProtocolError(found.reason, f"{found.message} ({self.proxy})")
        told.metadata = {**found.metadata, "proxy": self.proxy.where}
        return told
