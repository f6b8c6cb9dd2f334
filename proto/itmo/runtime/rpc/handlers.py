# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Handlers of gRPC as the guard runs them: one shape for all, and messages read one by one."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from functools import partial
from typing import Any, TypeAlias

import grpc

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Context

# In quotes: the stubs make it generic, the class itself is not.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"


def run_of(method: str, handler: Handler) -> Callable[[Any, Context], Awaitable[Any]]:
    """Returns a handler of any of gRPC's four shapes as one coroutine function.

    Raises:
        TypeError: It is synchronous.
    """
    run: Callable[..., Any] | None = (
        handler.unary_unary or handler.unary_stream or handler.stream_unary or handler.stream_stream
    )
    if inspect.isasyncgenfunction(run):
        return partial(_write_all, run)
    if run is None or not inspect.iscoroutinefunction(run):
        raise TypeError(f"the handler of {method} must be a coroutine function")
    return run


async def _write_all(
    run: Callable[..., AsyncGenerator[Any]],
    request: Any,  # noqa: ANN401 - any message
    context: Context,
) -> None:
    """Runs a handler that yields its answers; its generator is closed before the call ends."""
    async with aclosing(run(request, context)) as responses:
        async for response in responses:
            await context.write(response)


class Requests:
    """The messages of a call: the first has to come within a time, the others come as they come."""

    __slots__ = ("_context", "_decode", "_first")

    def __init__(self, context: Context, decode: Callable[[bytes], Any] | None) -> None:
        self._context = context
        self._decode = decode
        self._first: object = None

    async def await_first(self, seconds: float) -> None:
        """Waits for the first message, or the caller's end of its side.

        Raises:
            ProtocolError: MESSAGE_LATE.
        """
        # As asyncio.timeout does it, which costs each call ten times as much.
        task, late = asyncio.current_task(), False
        if task is None:
            raise RuntimeError("a call runs in a task")
        cancelled_before = task.cancelling()

        def end() -> None:
            nonlocal late
            late = True
            task.cancel()

        timer = asyncio.get_running_loop().call_later(seconds, end)
        try:
            self._first = await self._context.read()
        except asyncio.CancelledError:
            if not late or task.uncancel() > cancelled_before:
                raise
            raise ProtocolError(
                Reason.MESSAGE_LATE,
                f"The call began, but its message has not come whole within {seconds:g} s;"
                " send the same again.",
            ) from None
        finally:
            timer.cancel()

    def only(self) -> Any:  # noqa: ANN401 - any message
        """Returns the first message, of a call that takes one.

        Raises:
            ProtocolError: MESSAGE_UNDECODABLE.
        """
        message, self._first = self._first, None
        return _decoded(self._decode, message)

    def __aiter__(self) -> Requests:
        return self

    async def __anext__(self) -> Any:  # noqa: ANN401 - any message
        message, self._first = self._first, None
        if message is None:
            message = await self._context.read()
        if message is grpc.aio.EOF:
            self._first = message
            raise StopAsyncIteration
        return _decoded(self._decode, message)


def _decoded(decode: Callable[[bytes], Any] | None, data: object) -> Any:  # noqa: ANN401
    if isinstance(data, bytes):
        if decode is None:
            return data
        # Deserializers are foreign code and raise what they like; the bytes are the cause.
        with suppress(Exception):
            return decode(data)
    raise ProtocolError(
        Reason.MESSAGE_UNDECODABLE,
        "The request is not a message of the type this method takes; check the .proto files.",
        where="request",
    )
