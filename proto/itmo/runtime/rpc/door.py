# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The door of a server: calls are taken in as they come, and let on as their connections take turns.

gRPC hands over one call after the other, in the order in which they came, and whose a call is can be
asked only then. So of a thousand that one caller opens at once each was identified and refused before
the next of anybody else. To take a call in costs a quarter of that (decision record 0048).

Nothing public of gRPC lets its user choose the next call, so this uses names from its inside. Where a
version has other names there, calls come in one line, as they always did.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, Final

import grpc
from grpc._cython import cygrpc
from grpc.aio import _server

from itmo.runtime.rpc.lines import Lines

# Calls that gRPC may hand over before the loop comes to the first: so many are taken in within one turn of it.
_AHEAD: Final = 16
# Without one of these a server of ours would start and answer nobody.
_NAMES: Final = frozenset(("_make_request_call_future", "_request_call"))


class _Door(cygrpc.AioServer):  # type: ignore[misc]  # gRPC's inside has no types
    """gRPC's server, except that the next call is one from the lines."""

    def __init__(
        self, lines: Lines[Any], loop: asyncio.AbstractEventLoop, *settings: object
    ) -> None:
        super().__init__(loop, *settings)
        self._lines = lines
        self._events = loop
        self._taking_in: set[asyncio.Task[None]] = set()

    def _make_request_call_future(self, method: bytes | None) -> asyncio.Future[Any]:
        """Returns the next call that comes; gRPC's loop asks for one when it has begun the one before.

        Calls of methods that are registered by themselves come past the lines; the server registers none.
        """
        if method is not None:
            registered: asyncio.Future[Any] = super()._make_request_call_future(method)
            return registered
        while len(self._taking_in) < _AHEAD:
            task = self._events.create_task(self._take_in(), name="door")
            self._taking_in.add(task)
            task.add_done_callback(self._ended)
        return self._lines.next_in_turn()

    async def _take_in(self) -> None:
        try:
            while True:
                call = await self._request_call()
                self._lines.join(_connection_of(call, self._events), call)
        except Exception as error:  # noqa: BLE001  # whatever it is, gRPC's loop is to meet it, which knows what to do
            self._lines.fail(error)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._taking_in.discard(task)
        if not self._taking_in:  # the server stops, and waits for the calls it has handed over
            self._lines.clear()


def _connection_of(call: object, loop: asyncio.AbstractEventLoop) -> str:
    """Tells on which connection a call came; those that their callers have ended already are in one line."""
    peer: str = cygrpc._ServicerContext(call, None, None, loop).peer()  # noqa: SLF001 - nothing public knows it yet
    return peer


class _Inside:
    """gRPC's inside, with another class of servers."""

    def __init__(self, lines: Lines[Any]) -> None:
        self.AioServer = partial(_Door, lines)

    def __getattr__(self, name: str) -> object:
        return getattr(cygrpc, name)


def server_with_door(lines: Lines[Any], **settings: Any) -> grpc.aio.Server:  # noqa: ANN401 - as grpc.aio.server has them
    """Makes a server as `grpc.aio.server` does, whose calls wait in lines where this version of gRPC lets them."""
    if not (_NAMES.issubset(dir(cygrpc.AioServer)) and hasattr(cygrpc, "_ServicerContext")):
        return grpc.aio.server(**settings)
    inside: Any = _server  # its types do not tell of what it imports
    inside.cygrpc = _Inside(lines)
    try:
        return grpc.aio.server(**settings)
    finally:
        inside.cygrpc = cygrpc
