# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The guard on every call of a server.

One interceptor instead of a chain, because it is on the hot path. In this order it

1. refuses new calls while the service is stopping (health checks excepted),
2. finds out who is calling (`current_peer`),
3. takes a token from the caller's bucket,
4. takes a place among the calls under way,
5. requires a deadline, streams excepted,
6. only then decodes the request and runs the handler,
7. turns what was raised into a status,
8. writes one line to the log, without contents.
"""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from contextvars import ContextVar
from typing import Any, Final, TypeAlias, TypeVar

import grpc
import structlog
from structlog.typing import FilteringBoundLogger

from itmo.identifiers import NetworkId, NodeId
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.rpc.errors import internal_error, set_status, status_code
from itmo.runtime.rpc.limiting import CallLimits, Slots, TokenBuckets
from itmo.runtime.rpc.tls import Peer, peer_of

# Rounding on the wire may make a deadline a little longer than what the caller set.
_DEADLINE_SLACK: Final = 1.0
_HEALTH: Final = "/grpc.health.v1.Health/"
_GONE: Final = "CANCELLED"

_PEER: Final[ContextVar[Peer]] = ContextVar("peer")

Context: TypeAlias = grpc.aio.ServicerContext[Any, Any]
Identify: TypeAlias = Callable[[Context], Peer]
# In quotes: the stubs make it generic, the class itself is not.
Handler: TypeAlias = "grpc.RpcMethodHandler[Any, Any]"
_T = TypeVar("_T")
_TRequest = TypeVar("_TRequest")
_TResponse = TypeVar("_TResponse")


def current_peer() -> Peer:
    """Return who makes the present call.

    Raises:
        ProtocolError: UNAUTHENTICATED, outside a guarded call.
    """
    peer = _PEER.get(None)
    if peer is None:
        raise ProtocolError(Reason.UNAUTHENTICATED, "This runs outside a call that was identified.")
    return peer


def identify_by_certificate(network: NetworkId) -> Identify:
    """Return the way to know callers on a mutual TLS port: nodes of one network."""

    def identify(context: Context) -> Peer:
        peer = peer_of(context.auth_context())
        if peer.network != network:
            raise ProtocolError(
                Reason.UNAUTHENTICATED,
                f"The client certificate is of network {peer.network}, this is {network};"
                " connect with the certificate issued for this network.",
            )
        return peer

    return identify


def identify_as(network: NetworkId, node: NodeId) -> Identify:
    """Return the way to know callers on a local socket: whoever can open it is this node."""
    peer = Peer(network, node, b"")
    return lambda _: peer


class CallGuard(grpc.aio.ServerInterceptor):
    """The interceptor of a server; see the module for what it does.

    Handlers are coroutines or async generators; a synchronous one is refused when it is called.

    Attributes:
        stopping: Set when the service begins to stop; long streams watch it and then raise
            ProtocolError(SHUTTING_DOWN), so that stopping need not tear them.
    """

    def __init__(
        self,
        *,
        identify: Identify,
        limits: CallLimits | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        limits = CallLimits() if limits is None else limits
        self._identify = identify
        self._monotonic = monotonic
        self._longest = limits.deadline_seconds
        self._buckets = TokenBuckets(limits.rate_per_second, limits.burst, monotonic)
        self._calls = Slots(limits.calls, limits.calls_per_node)
        self._streams = Slots(None, limits.streams_per_node)
        self._guarded: dict[str, tuple[Handler, Handler]] = {}
        self._log: FilteringBoundLogger = structlog.get_logger()
        self.stopping = asyncio.Event()

    def charge(self, node: str, tokens: float) -> None:
        """Take tokens of a node for what its calls have cost besides the one for each call."""
        self._buckets.charge(node, tokens)

    @property
    def calls_under_way(self) -> int:
        """Unary calls being served now."""
        return self._calls.taken

    @property
    def streams_open(self) -> int:
        """Streams being served now."""
        return self._streams.taken

    async def intercept_service(
        self,
        continuation: Callable[
            [grpc.HandlerCallDetails],
            Awaitable[grpc.RpcMethodHandler[_TRequest, _TResponse] | None],
        ],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[_TRequest, _TResponse] | None:
        """Hand gRPC the guarded handler in place of the plain one."""
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
        if handler.request_streaming or handler.response_streaming:
            return self._guard_stream(method, handler)
        run, decode = _coroutine(method, handler.unary_unary), handler.request_deserializer

        async def unary(request: Any, context: Context) -> Any:  # noqa: ANN401 - any message
            def work() -> Awaitable[Any]:
                return run(_decoded(decode, request), context)

            return await self._serve(method, context, self._calls, work)

        # Without a deserializer gRPC hands over the bytes: refused calls cost no decoding, and
        # bytes that do not decode are a refusal and not an exception inside gRPC.
        return grpc.unary_unary_rpc_method_handler(
            unary, response_serializer=handler.response_serializer
        )

    def _guard_stream(self, method: str, handler: Handler) -> Handler:
        run: Callable[..., Any] | None
        if handler.request_streaming and not handler.response_streaming:
            run = handler.stream_unary
        else:
            run = handler.stream_stream or handler.unary_stream
        decode = handler.request_deserializer

        async def stream(request: Any, context: Context) -> Any:  # noqa: ANN401 - any message
            def work() -> Awaitable[Any]:
                message = request if handler.request_streaming else _decoded(decode, request)
                return _run_stream(method, run, message, context)

            return await self._serve(method, context, self._streams, work)

        encode = handler.response_serializer
        if not handler.request_streaming:
            return grpc.unary_stream_rpc_method_handler(stream, response_serializer=encode)

        def decode_each(data: bytes) -> Any:  # noqa: ANN401 - any message
            return _decoded(decode, data)

        if handler.response_streaming:
            return grpc.stream_stream_rpc_method_handler(stream, decode_each, encode)
        return grpc.stream_unary_rpc_method_handler(stream, decode_each, encode)

    async def _serve(
        self, method: str, context: Context, slots: Slots, work: Callable[[], Awaitable[_T]]
    ) -> _T | None:
        began = self._monotonic()
        node, code, error = "", "OK", None
        try:
            self._refuse_while_stopping(method)  # (1)
            peer = self._identify(context)  # (2)
            node = peer.node
            _PEER.set(peer)
            self._buckets.take(node)  # (3)
            slots.enter(node)  # (4)
            try:
                if slots is self._calls:
                    self._require_deadline(context)  # (5)
                return await work()  # (6)
            finally:
                slots.leave(node)
        except ProtocolError as refusal:  # (7)
            error = refusal
        except asyncio.CancelledError:
            code = _GONE
            raise
        except grpc.aio.AbortError:
            code = _code_name(context)
            raise
        except Exception as fault:  # noqa: BLE001 - the last line of defence of every call
            if context.cancelled():
                code = _GONE  # what fails when the caller has gone is no fault
            else:
                error = internal_error(fault, method)
        finally:
            self._write_line(method, node, code, error, began)  # (8)
        if error is not None:
            set_status(context, error)
        return None

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

    def _write_line(
        self, method: str, node: str, code: str, error: ProtocolError | None, began: float
    ) -> None:
        write = self._log.debug if method.startswith(_HEALTH) else self._log.info
        facts: dict[str, object] = {"rpc": method, "peer": node, "code": code}
        if error is not None:
            facts["code"] = status_code(error.reason).name
            facts["reason"] = error.reason.value
        write("rpc", **facts, duration_ms=round((self._monotonic() - began) * 1000, 2))


def _code_name(context: Context) -> str:
    code: object = context.code()  # a number or a name, whatever the annotation says
    return code.name if isinstance(code, grpc.StatusCode) else str(code)


def _decoded(decode: Callable[[bytes], Any] | None, data: bytes) -> Any:  # noqa: ANN401
    if decode is None:
        return data
    try:
        return decode(data)
    # Deserializers are foreign code and raise what they like; the caller's bytes are the cause.
    except Exception:  # noqa: BLE001
        raise ProtocolError(
            Reason.MESSAGE_UNDECODABLE,
            "The request is not a message of the type this method takes; check the .proto files.",
            where="request",
        ) from None


def _coroutine(method: str, run: Callable[..., Any] | None) -> Callable[..., Awaitable[Any]]:
    if run is None or not inspect.iscoroutinefunction(run):
        raise TypeError(f"the handler of {method} must be a coroutine function")
    return run


async def _run_stream(
    method: str,
    run: Callable[..., Any] | None,
    request: Any,  # noqa: ANN401 - any message
    context: Context,
) -> Any:  # noqa: ANN401 - any message
    """Run a streaming handler of either style; its generator is closed before the call ends."""
    if run is None or not inspect.isasyncgenfunction(run):
        return await _coroutine(method, run)(request, context)
    responses: AsyncIterator[Any] = run(request, context)
    async with aclosing(responses):  # type: ignore[type-var]  # an async generator has aclose
        async for response in responses:
            await context.write(response)
    return None
