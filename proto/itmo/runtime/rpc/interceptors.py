# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The guard on every call of a server.

One interceptor instead of a chain, because it is on the hot path. It looks at a call as soon as its
headers have come: on the wire, a call with one message is a stream with one message, and gRPC runs
the handler of a stream at once but that of a single message only once it is there. Every method is
therefore registered as taking a stream, and nobody can hold a place unseen by sending no message.
In this order the guard

1. refuses new calls while the service is stopping (health checks excepted),
2. finds out who is calling, and whether it is admitted; strangers may ask for the health only,
3. takes a token from the caller's bucket,
4. takes a place of the caller's own,
5. requires a deadline, streams excepted,
6. waits for the first message, for a limited time,
7. takes a place among the calls of all, decodes the request and runs the handler,
8. writes one line to the log, without contents; refusals of one second and caller share one,
9. turns what was raised into a status, which a caller that is refused all the time is told later.

What follows the one message of a call that takes one is never read.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import grpc
import structlog
from structlog.typing import FilteringBoundLogger

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.callers import Caller, Context, Identify, set_current_peer
from itmo.runtime.rpc.connections import Connections
from itmo.runtime.rpc.errors import internal_error, retry_after_ms, set_status, status_code
from itmo.runtime.rpc.handlers import Handler, Requests, run_of
from itmo.runtime.rpc.limiting import (
    LARGE_ANSWER_BYTES,
    STRANGER_BURST,
    STRANGER_CALLS,
    STRANGER_CALLS_EACH,
    STRANGER_RATE_PER_SECOND,
    CallLimits,
    Slots,
    TokenBuckets,
    Unsent,
)
from itmo.runtime.rpc.lines import Lines
from itmo.runtime.rpc.patience import HELD_SECONDS, Patience
from itmo.runtime.rpc.refusals import Refusals

# Rounding on the wire may make a deadline a little longer than what the caller set.
_DEADLINE_SLACK: Final = 1.0
_HEALTH: Final = "/grpc.health.v1.Health/"
_GONE: Final = "CANCELLED"
# Of one caller and reason, one refusal is written in this time, and how many more there were.
_LOG_SECONDS: Final = 1.0
# A stream that waits says so, if it is for so long: at most once in that time then.
_WAIT_TOLD_MS: Final = 500

_OPEN_TO_STRANGERS: Final = (_HEALTH, "/grpc.reflection.")

Encode = Callable[[Any], bytes]
_TRequest = TypeVar("_TRequest")
_TResponse = TypeVar("_TResponse")


@dataclass(slots=True)
class _Call:
    """A call under way.

    Attributes:
        method: Its full name.
        context: What gRPC tells of it.
        peer: The connection, as gRPC names it; asked for at once, since it is forgotten when the call ends.
        began: When, by the monotonic clock.
        who: Whom it is charged to.
        caller: Who makes it, once that is known.
        started: Whether its work has begun.
        kept: Whether its place is given back only when its answer has been sent.
    """

    method: str
    context: Context
    peer: str
    began: float
    who: str = ""
    caller: Caller | None = None
    started: bool = False
    kept: bool = False


class CallGuard(grpc.aio.ServerInterceptor):
    """The interceptor of a server; see the module for what it does.

    Handlers are coroutines or async generators; a synchronous one is refused when it is called.

    Attributes:
        stopping: Set when the service begins to stop; long streams watch it and then raise
            ProtocolError(SHUTTING_DOWN), so that stopping need not tear them.
        refusals: What was refused lately.
        lines: Calls that have come to its server and are not looked at yet.
    """

    def __init__(
        self,
        *,
        identify: Identify,
        limits: CallLimits | None = None,
        connections: Connections | None = None,
        explain: Callable[[Exception], ProtocolError | None] = lambda _: None,
        monotonic: Callable[[], float] = time.monotonic,
        held_seconds: float = HELD_SECONDS,
    ) -> None:
        """Sets up.

        Args:
            identify: Finds out who is calling.
            limits: What is admitted.
            connections: Told of calls of admitted nodes, and of connections that are to be closed.
            explain: Makes an error that is no fault of the program, as of a full disk, a refusal.
            monotonic: A clock in seconds.
            held_seconds: How long refusals are held back from a caller that does not heed them.
        """
        limits = CallLimits() if limits is None else limits
        self._identify = identify
        self._connections = connections
        self._explain = explain
        self._monotonic = monotonic
        self._longest = limits.deadline_seconds
        self._first_message = limits.first_message_seconds
        self._buckets = TokenBuckets(limits.rate_per_second, limits.burst, monotonic)
        self._burst = limits.burst
        self._calls = Slots(limits.calls, limits.calls_per_node)
        self._streams = Slots(None, limits.streams_per_node)
        self._unsent = Unsent()
        self._strangers_buckets = TokenBuckets(STRANGER_RATE_PER_SECOND, STRANGER_BURST, monotonic)
        self._strangers = Slots(STRANGER_CALLS, STRANGER_CALLS_EACH)
        self._guarded: dict[str, tuple[Handler, Handler]] = {}
        self._told: Callable[[str, float], None] = lambda *_: None
        self._log: FilteringBoundLogger = structlog.get_logger()
        self.lines: Lines[object] = Lines(self._hang_up)
        self.refusals = Refusals(monotonic)
        self.stopping = asyncio.Event()
        self._patience = Patience(self.stopping, monotonic, held_seconds)

    def charge(self, node: str, tokens: float) -> None:
        """Takes tokens of a node for what its calls have cost besides the one for each call."""
        self._buckets.charge(node, tokens)
        self._told(node, tokens)

    async def pass_message(
        self, node: str, asked_to_wait: Callable[[ProtocolError], None] = lambda _: None
    ) -> None:
        """Takes a token for a message on a stream, as for a call; waits as long as there is none.

        Args:
            node: The node.
            asked_to_wait: Told why and how long, where that is longer than a moment.
        """
        while True:
            try:
                self._buckets.take(node)
            except ProtocolError as error:
                if retry_after_ms(error) >= _WAIT_TOLD_MS:
                    asked_to_wait(error)
                await asyncio.sleep(retry_after_ms(error) / 1000)
            else:
                self._told(node, 1.0)
                return

    async def out_of_debt(self, node: str) -> None:
        """Waits while a node owes more than another burst; what it is told on streams waits so.

        Its calls are refused long before. Otherwise a node that sends all it may would hear of nothing:
        every token that comes is taken by a call. Returns at once when the service stops.
        """
        while not self.stopping.is_set():
            try:
                self._buckets.take(node, 0.0, self._burst)
            except ProtocolError as error:
                with suppress(TimeoutError):
                    async with asyncio.timeout(retry_after_ms(error) / 1000):
                        await self.stopping.wait()
            else:
                return

    def waits(self) -> dict[str, int]:
        """Nodes that have sent faster than their share, and in how many milliseconds a call is taken again."""
        return self._buckets.waits()

    def charge_elsewhere(self, node: str, tokens: float) -> None:
        """Takes tokens of a node that it has spent in another process of this service."""
        self._buckets.charge(node, tokens)

    def held(self) -> dict[str, tuple[int, int]]:
        """How many calls and streams of each node are under way here."""
        calls, streams = self._calls.held(), self._streams.held()
        return {node: (calls.get(node, 0), streams.get(node, 0)) for node in {*calls, *streams}}

    def hold_elsewhere(self, process: str, held: Mapping[str, tuple[int, int]]) -> None:
        """Counts what nodes have under way in another process of this service, in place of what it was."""
        for at, slots in enumerate((self._calls, self._streams)):
            slots.hold_elsewhere(
                process, {node: each[at] for node, each in held.items() if each[at]}
            )

    def tell(self, told: Callable[[str, float], None]) -> None:
        """From now on somebody hears of the tokens that nodes spend here."""
        self._told = told

    @property
    def calls(self) -> Slots:
        """Calls with one message and one answer."""
        return self._calls

    @property
    def streams(self) -> Slots:
        """Streams."""
        return self._streams

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails],
            Awaitable[grpc.RpcMethodHandler[_TRequest, _TResponse] | None],
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[_TRequest, _TResponse] | None:
        """Hands gRPC the guarded handler in place of the plain one."""
        handler = await continuation(handler_call_details)
        if handler is None:
            return None  # unknown method: gRPC answers UNIMPLEMENTED
        # Known methods only, so the table cannot grow beyond them.
        method = handler_call_details.method
        known = self._guarded.get(method)
        if known is None or known[0] is not handler:
            known = (handler, self._guard(method, handler))
            self._guarded[method] = known
        return known[1]

    def _guard(self, method: str, handler: Handler) -> Handler:
        # Without a deserializer gRPC hands over the bytes: refused calls cost no decoding, and
        # bytes that do not decode are a refusal and not an exception inside gRPC.
        run, decode = run_of(method, handler), handler.request_deserializer
        unary = not (handler.request_streaming or handler.response_streaming)
        slots = self._calls if unary else self._streams

        async def serve(_: object, context: Context, encode: Encode | None = None) -> Any:  # noqa: ANN401 - bytes, where there is an encoder
            requests = Requests(context, decode)

            def work() -> Awaitable[Any]:
                return run(requests if handler.request_streaming else requests.only(), context)

            call = _Call(method, context, context.peer(), self._monotonic())
            try:
                return await self._serve(call, slots, requests, work, encode)
            except asyncio.CancelledError:
                self._note_end(call)
                raise

        encode = handler.response_serializer
        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(serve, response_serializer=encode)

        async def answer(requests: object, context: Context) -> Any:  # noqa: ANN401 - bytes, or None
            return await serve(requests, context, encode)

        return grpc.stream_unary_rpc_method_handler(answer, response_serializer=None)

    async def _serve(
        self,
        call: _Call,
        slots: Slots,
        requests: Requests,
        work: Callable[[], Awaitable[Any]],
        encode: Encode | None,
    ) -> bytes | None:
        code, error = "OK", None
        try:
            self._refuse_while_stopping(call.method)  # (1)
            caller = call.caller = self._identify(call.context)  # (2)
            call.who = caller.charged_to
            slots = self._charge(caller, call, slots)  # (3)
            slots.enter(call.who)  # (4)
            try:
                if slots is not self._streams:
                    self._require_deadline(call.context)  # (5)
                await requests.await_first(self._first_message)  # (6)
                slots.start(call.who)  # (7)
                call.started = True
                made = await work()
                return None if encode is None else self._encoded(call, slots, encode(made))
            finally:
                if not call.kept:
                    slots.leave(call.who, started=call.started)
        except ProtocolError as refusal:
            error = _alone(refusal)
        except asyncio.CancelledError:
            code = _GONE
            raise
        except grpc.aio.AbortError:
            code = _code_name(call.context)
            raise
        except Exception as fault:  # noqa: BLE001 - the last line of defence of every call
            # What fails when the caller has gone is no fault; a write may fail a moment before that is known.
            if call.context.cancelled() or isinstance(fault, grpc.aio.InternalError):
                code = _GONE
            else:
                error = _alone(self._explain(fault) or internal_error(fault, call.method))
        finally:
            self._write_line(call, code, error)  # (8)
        if error is not None:
            await self._refuse(call, error)  # (9)
        return None

    def _encoded(self, call: _Call, slots: Slots, content: bytes) -> bytes:
        """Lets a large answer keep its call's place, and count, as long as its caller does not take it."""
        size = len(content)
        if size < LARGE_ANSWER_BYTES:
            return content
        self._unsent.hold(call.who, size)
        call.kept = True

        def sent(_: Context) -> None:
            self._unsent.sent(call.who, size)
            slots.leave(call.who, started=True)

        call.context.add_done_callback(sent)  # type: ignore[arg-type]  # the stubs know the synchronous kind
        return content

    async def _refuse(self, call: _Call, error: ProtocolError) -> None:
        if call.caller is not None and not call.started:
            self.lines.set_apart(call.peer)
            try:
                told = await self._patience.hold_back(call.who)
            finally:
                self.lines.bring_back(call.peer)
            if not told:
                self._hang_up(call.peer)
        set_status(call.context, error)

    def _note_end(self, call: _Call) -> None:
        """Hangs up a connection on which again and again calls are ended before their work has begun."""
        if call.caller is None or call.started:
            return
        if not self._patience.bears_end(call.peer):
            self._hang_up(call.peer)

    def _hang_up(self, peer: str) -> None:
        if self._connections is not None:
            self._connections.hang_up_soon(peer)

    def _charge(self, caller: Caller, call: _Call, slots: Slots) -> Slots:
        """Takes a token of whoever is to be charged; returns where its call has its place."""
        if caller.refusal is None:
            if self._connections is not None:
                self._connections.note_call(call.peer, caller.charged_to)
            self._buckets.take(caller.charged_to)
            self._told(caller.charged_to, 1.0)
        else:
            if caller.peer is None or not call.method.startswith(_OPEN_TO_STRANGERS):
                raise caller.refusal
            self._strangers_buckets.take(caller.charged_to)
            slots = self._strangers
        if caller.peer is not None:
            set_current_peer(caller.peer)
        return slots

    def _refuse_while_stopping(self, method: str) -> None:
        if self.stopping.is_set() and not method.startswith(_HEALTH):
            raise ProtocolError(
                Reason.SHUTTING_DOWN, "The service is stopping; connect again, send the same bytes."
            )

    def _require_deadline(self, context: Context) -> None:
        # The annotation of gRPC says float, but without a deadline it is None.
        remaining: float | None = context.time_remaining()
        if remaining is None or remaining > self._longest + _DEADLINE_SLACK:
            raise ProtocolError(
                Reason.DEADLINE_REQUIRED,
                f"Every call needs a deadline of at most {self._longest:g} s; set one.",
            )

    def _write_line(self, call: _Call, code: str, error: ProtocolError | None) -> None:
        facts: dict[str, object] = {"rpc": call.method, "peer": call.who, "code": code}
        reason = _GONE if code == _GONE and not call.started else None
        if error is not None:
            facts["code"] = status_code(error.reason).name
            facts["reason"] = reason = error.reason.value
        if reason is not None:
            key = self.refusals.add(call.who, reason)
            if key is None:
                return
            asyncio.get_running_loop().call_later(_LOG_SECONDS, self._write_silenced, key)
        # Only now: to ask the log for a way to write costs more than everything else here.
        write = self._log.debug if call.method.startswith(_HEALTH) else self._log.info
        write("rpc", **facts, duration_ms=round((self._monotonic() - call.began) * 1000, 2))

    def _write_silenced(self, key: tuple[str, str]) -> None:
        more = self.refusals.silenced(key)
        if more:
            who, reason = key
            self._log.info("rpc_refused_more", peer=who, reason=reason, more=more)


def _alone(error: ProtocolError) -> ProtocolError:
    """A refusal without the way it came: that would keep the call's message in memory for long."""
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


def _code_name(context: Context) -> str:
    code: object = context.code()  # a number or a name, whatever the annotation says
    return code.name if isinstance(code, grpc.StatusCode) else str(code)
