# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One stream of signed messages: many under way at once, each answered when it is decided.

What is under way is bounded in number and in bytes. Beyond that, and while the node has used up its
rate, nothing more is read, so that the window of the stream fills up and the node has to wait.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress

from broker.api.peer import admitted_caller
from broker.clearing.path.house import ClearingHouse
from itmo import limits
from itmo.clearing.v1 import transaction_service_pb2 as pb
from itmo.payloads import from_proto, to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.errors import internal_error, to_rpc_status
from itmo.runtime.rpc.interceptors import CallGuard


class SubmitStream:
    """The messages of one stream."""

    def __init__(self, house: ClearingHouse, guard: CallGuard) -> None:
        self._house = house
        self._guard = guard
        self._answers: asyncio.Queue[tuple[pb.SubmitStreamResponse, int | None] | None] = (
            asyncio.Queue()
        )
        self._deciding: set[asyncio.Task[None]] = set()
        self._messages = self._bytes = 0
        self._room = asyncio.Event()

    async def answers(
        self, requests: AsyncIterator[pb.SubmitStreamRequest]
    ) -> AsyncIterator[pb.SubmitStreamResponse]:
        """Answers in the order of the decisions; ends when the node has closed its side.

        Raises:
            ProtocolError: SHUTTING_DOWN, once all that was read is answered; or why nothing more is
                taken from the caller.
        """
        reader = asyncio.create_task(self._read(requests))
        stopping = asyncio.create_task(self._stop(reader))
        try:
            while (decided := await self._answers.get()) is not None:
                answer, size = decided
                yield answer
                # Only now: a node that does not read its answers is not read from either.
                if size is not None:
                    self._leave(size)
            if reader.cancelled():
                raise ProtocolError(
                    Reason.SHUTTING_DOWN,
                    "The service is stopping; connect again, send the same bytes.",
                )
            reader.result()  # raises what the node did wrong, if it did
        finally:
            for task in (stopping, reader, *self._deciding):
                task.cancel()
            with suppress(asyncio.CancelledError, ProtocolError):
                await reader

    async def _stop(self, reader: asyncio.Task[None]) -> None:
        await self._guard.stopping.wait()
        reader.cancel()

    async def _read(self, requests: AsyncIterator[pb.SubmitStreamRequest]) -> None:
        try:
            async for request in requests:
                node = admitted_caller(self._house)
                await self._guard.pass_message(node, self._ask_to_wait)
                size = len(request.envelope.payload)
                await self._enter(size)
                task = asyncio.create_task(self._decide(request, size))
                self._deciding.add(task)
                task.add_done_callback(self._deciding.discard)
        finally:
            # Whoever stops reading still answers what was read.
            closing = asyncio.create_task(self._close())
            self._deciding.add(closing)

    def _ask_to_wait(self, error: ProtocolError) -> None:
        """Says why nothing is read, so that a node's operator need not guess; it answers no message."""
        told = pb.SubmitStreamResponse(refusal=to_rpc_status(error).SerializeToString())
        self._answers.put_nowait((told, None))

    async def _close(self) -> None:
        own = asyncio.current_task()
        while pending := [task for task in self._deciding if task is not own]:
            await asyncio.wait(pending)
        self._answers.put_nowait(None)

    async def _enter(self, size: int) -> None:
        while self._messages and (
            self._messages >= limits.MAX_STREAMED or self._bytes + size > limits.MAX_STREAMED_BYTES
        ):
            self._room.clear()
            await self._room.wait()
        self._messages += 1
        self._bytes += size

    def _leave(self, size: int) -> None:
        self._messages -= 1
        self._bytes -= size
        self._room.set()

    async def _decide(self, request: pb.SubmitStreamRequest, size: int) -> None:
        answer = pb.SubmitStreamResponse(
            message_hash=hashlib.sha256(request.envelope.payload).digest()
        )
        try:
            node = admitted_caller(self._house)
            found = await self._house.submit(node, from_proto(request.envelope))
            answer.answers.extend(map(to_proto, found.answers))
            answer.replayed = found.replayed
        except ProtocolError as error:
            answer.refusal = to_rpc_status(error).SerializeToString()
        except Exception as error:  # noqa: BLE001  # a fault of ours in one message ends no other
            fault = internal_error(error, "SubmitStream")
            answer.refusal = to_rpc_status(fault).SerializeToString()
        self._answers.put_nowait((answer, size))
