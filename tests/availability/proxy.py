# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A proxy for TCP: a load balancer where there are several ends, a network that can be cut where there is one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

Address = tuple[str, int]


class Proxy:
    """Takes connections on a port of its own and leads each to the next end that takes it.

    Args:
        ends: Where they lead.
    """

    def __init__(self, *ends: Address) -> None:
        self.ends: Sequence[Address] = ends
        self.port = 0
        self._turn = count()
        self._server: asyncio.Server | None = None
        self._cut = False
        self._open: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Begins to take connections."""
        self._server = await asyncio.start_server(self._lead, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Ends."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """Lets nothing through any more; whoever connects waits in vain."""
        self._cut = True
        for writer in list(self._open):
            writer.transport.abort()

    def leave_out(self, end: Address) -> None:
        """Leads nobody to an end any more, and ends what leads there: it does not answer for its health."""
        self.ends = [each for each in self.ends if each != end]
        self.cut()
        self.heal()

    def take_in(self, end: Address) -> None:
        """Leads to an end again."""
        self.ends = [*self.ends, end]

    def heal(self) -> None:
        """Lets everything through again."""
        self._cut = False

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        with suppress(asyncio.CancelledError):  # the loop ends before its connections do
            await self._led(reader, writer)
        writer.transport.abort()
        self._open.discard(writer)

    async def _led(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found = None if self._cut else await self._end()
        if found is None:
            return
        there, back = found
        self._open.add(back)
        pumps = [
            asyncio.ensure_future(_pump(reader, back)),
            asyncio.ensure_future(_pump(there, writer)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            back.transport.abort()
            self._open.discard(back)

    async def _end(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for at in range(len(self.ends)):
            with suppress(OSError):
                return await asyncio.open_connection(*self.ends[(first + at) % len(self.ends)])
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
