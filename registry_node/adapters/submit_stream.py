# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The node's end of a stream of messages: answers are matched by the hash of what they answer.

It is kept open: streams that are opened and ended again and again cost gRPC memory that it does not
give back.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress

import grpc

from itmo.clearing.v1 import transaction_service_pb2 as pb
from itmo.envelope import Envelope
from itmo.payloads import from_proto, to_proto
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.client import SUBMIT_DEADLINE
from itmo.runtime.rpc.errors import TRANSPORT_CODE, refusal_of, retry_after_ms
from registry_node.adapters.line import Line
from registry_node.broker_link import Answer


class SubmitStream:
    """One stream; a task reads its answers until it ends.

    Attributes:
        ended: Whether another one has to be opened.
    """

    def __init__(
        self,
        line: Line,
        call: grpc.aio.StreamStreamCall[pb.SubmitStreamRequest, pb.SubmitStreamResponse],
    ) -> None:
        self.ended = False
        self._line = line
        self._call = call
        self._waiting: dict[bytes, asyncio.Future[Answer | ProtocolError]] = {}
        self._failure: ProtocolError | None = None
        self._asked_to_wait: Callable[[ProtocolError], None] = lambda _: None
        self._deadline: asyncio.Timeout | None = None
        self._reader = asyncio.create_task(self._read())

    async def submit(
        self, envelopes: Sequence[Envelope], asked_to_wait: Callable[[ProtocolError], None]
    ) -> list[Answer | ProtocolError]:
        """Hands messages in, in their order; returns what came of each.

        Args:
            envelopes: The messages.
            asked_to_wait: Told of it when the broker reads nothing for a while.

        Raises:
            ProtocolError: the stream ended, or nothing came for too long, before the first answer.
        """
        self._asked_to_wait = asked_to_wait
        told = [self._expect(each) for each in envelopes]
        try:
            for each in envelopes:
                await self._call.write(pb.SubmitStreamRequest(envelope=to_proto(each)))
        except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
            await asyncio.wait([self._reader])  # it knows why, and has told whoever waits
        for answered in told:
            try:
                # Each answer, not all together: many may wait for their turn.
                async with asyncio.timeout(SUBMIT_DEADLINE) as self._deadline:
                    await asyncio.shield(answered)
            except TimeoutError:
                self._fail(_silent())
                self.end()
        found = [answered.result() for answered in told]
        if isinstance(found[0], ProtocolError) and found[0] is self._failure:
            raise found[0]
        return found

    def end(self) -> None:
        """Ends the stream; what is still under way is in doubt."""
        self.ended = True
        self._call.cancel()

    def _expect(self, envelope: Envelope) -> asyncio.Future[Answer | ProtocolError]:
        answered: asyncio.Future[Answer | ProtocolError] = (
            asyncio.get_running_loop().create_future()
        )
        if self._failure is not None:
            answered.set_result(self._failure)
        self._waiting[hashlib.sha256(envelope.payload).digest()] = answered
        return answered

    async def _read(self) -> None:
        failure = _silent()
        try:
            async for answer in self._call:
                if not answer.message_hash:
                    self._wait(refusal_of(answer.refusal))
                    continue
                waiting = self._waiting.pop(answer.message_hash, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(_told(answer))
        except grpc.aio.AioRpcError as error:
            failure = self._line.failure(error)
        except asyncio.CancelledError:
            # The call was ended from here; the task itself is nobody's to cancel.
            pass
        finally:
            self.ended = True
            self._fail(failure)

    def _wait(self, asked: ProtocolError) -> None:
        """The broker reads nothing for a while: it is not silent, and its answer may come as much later."""
        self._asked_to_wait(asked)
        if self._deadline is not None and not self._deadline.expired():
            longer = retry_after_ms(asked) / 1000 + SUBMIT_DEADLINE
            with suppress(RuntimeError):  # nobody waits just now
                self._deadline.reschedule(asyncio.get_running_loop().time() + longer)

    def _fail(self, failure: ProtocolError) -> None:
        """Tells everybody who waits that nothing is known of what became of the message."""
        self._failure = self._failure or failure
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_result(self._failure)
        self._waiting.clear()


def _told(answer: pb.SubmitStreamResponse) -> Answer | ProtocolError:
    if answer.refusal:
        return refusal_of(answer.refusal)
    return Answer(tuple(map(from_proto, answer.answers)), answer.replayed)


def _silent() -> ProtocolError:
    # Marked as of the transport: the message may have been recorded.
    return ProtocolError(
        Reason.BROKER_UNREACHABLE,
        "the stream of messages ended without an answer; the same bytes are sent again",
        **{TRANSPORT_CODE: grpc.StatusCode.CANCELLED.name},
    )
