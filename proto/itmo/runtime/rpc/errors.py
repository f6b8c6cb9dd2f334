# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Refusals on the wire: ProtocolError to google.rpc.Status and back (AIP-193).

The catalogue of reasons drives the status codes. What is no refusal is our own fault: the caller
gets INTERNAL and an id to quote, the log gets everything else.
"""

import secrets
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import grpc
import structlog
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import DecodeError
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]  # it marks no types
    ErrorInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # same
from grpc_status import rpc_status
from structlog.typing import FilteringBoundLogger

from itmo.reasons import CATALOGUE, ProtocolError, Reason

_log: Final[FilteringBoundLogger] = structlog.get_logger()

DOMAIN: Final = "clearing.itmo"
"""Domain of ErrorInfo: reasons of this protocol and of no other."""

RETRY_AFTER_MS: Final = "retry_after_ms"
"""Name of the detail that says how long to wait, in whole milliseconds."""

TRANSPORT_CODE: Final = "grpc_code"
"""Name of the detail of an error that gRPC made, not the other side's judgement of the request."""

LATER_REASON: Final = "reason"
"""Name of the detail with the name of a reason that this version does not know."""

# A second is long against a restart of the clerk and short against any deadline of a caller.
DEFAULT_RETRY_MS: Final = 1_000
# Status and details travel in trailers, of which a client takes 16 KiB; leave room for escapes.
_MAX_TEXT: Final = 1_000
_MAX_DETAIL: Final = 200
_MAX_DETAILS: Final = 16
# Enough to find one line in a log; an id, not a secret.
_REQUEST_ID_BYTES: Final = 8

_TOO_LARGE: Final = "larger than max"  # how gRPC words it for requests, answers and unfolding
_LATE: Final = "no answer came within the time that the call may take"  # gRPC names the code again

# What a status without our details means: the transport or gRPC itself has spoken.
_REASON_OF_CODE: Final[Mapping[grpc.StatusCode, Reason]] = MappingProxyType(
    {
        grpc.StatusCode.UNAVAILABLE: Reason.BROKER_UNREACHABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED: Reason.BROKER_UNREACHABLE,
        grpc.StatusCode.CANCELLED: Reason.BROKER_UNREACHABLE,
        grpc.StatusCode.RESOURCE_EXHAUSTED: Reason.OVERLOADED,
        grpc.StatusCode.UNAUTHENTICATED: Reason.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED: Reason.PERMISSION_DENIED,
        grpc.StatusCode.NOT_FOUND: Reason.NOT_FOUND,
        grpc.StatusCode.UNIMPLEMENTED: Reason.CALL_NOT_OFFERED,
    }
)

_CODES: Final = MappingProxyType({code.value[0]: code for code in grpc.StatusCode})
_JUDGED: Final = frozenset(
    {"INVALID_ARGUMENT", "FAILED_PRECONDITION", "ALREADY_EXISTS", "NOT_FOUND", "PERMISSION_DENIED"}
)
"""Codes with which a message is refused that would be refused again."""


def status_code(reason: Reason) -> grpc.StatusCode:
    """Returns the gRPC status code that the catalogue lays down for a reason."""
    return grpc.StatusCode[CATALOGUE[reason].grpc_code]


def to_rpc_status(error: ProtocolError) -> Status:
    """Writes a refusal as google.rpc.Status with ErrorInfo, and RetryInfo where retrying helps."""
    details = {
        name: value[:_MAX_DETAIL] for name, value in list(error.metadata.items())[:_MAX_DETAILS]
    }
    if error.retryable:
        details.setdefault(RETRY_AFTER_MS, str(retry_after_ms(error)))
    status = Status(code=status_code(error.reason).value[0], message=error.message[:_MAX_TEXT])
    status.details.add().Pack(ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=details))
    if error.retryable:
        delay = Duration()
        delay.FromMilliseconds(retry_after_ms(error))
        status.details.add().Pack(RetryInfo(retry_delay=delay))
    return status


def to_status(error: ProtocolError) -> grpc.Status:
    """Writes a refusal as the status with which a call ends."""
    status: grpc.Status = rpc_status.to_status(to_rpc_status(error))
    return status


def set_status(context: grpc.aio.ServicerContext[object, object], error: ProtocolError) -> None:
    """Ends the present call with a refusal; the handler then returns instead of raising.

    `abort` does the same by an exception, which makes a graceful stop ungraceful (grpc #37239).
    """
    status = to_status(error)
    context.set_code(status.code)
    context.set_details(status.details)
    context.set_trailing_metadata(status.trailing_metadata)


def retry_after_ms(error: ProtocolError) -> int:
    """Returns how many milliseconds a caller should wait before sending the same again."""
    text = error.metadata.get(RETRY_AFTER_MS, "")
    return int(text) if text.isascii() and text.isdigit() else DEFAULT_RETRY_MS


def internal_error(error: BaseException, where: str) -> ProtocolError:
    """Log an unexpected exception with its traceback, and return what the caller may know of it."""
    request_id = secrets.token_hex(_REQUEST_ID_BYTES)
    _log.error("unexpected_error", where=where, request_id=request_id, exc_info=error)
    return ProtocolError(
        Reason.INTERNAL,
        f"The service has a fault of its own; report it with the request id {request_id}.",
        request_id=request_id,
    )


def from_rpc_error(error: grpc.aio.AioRpcError) -> ProtocolError:
    """Reads why a call failed.

    A status that carries our details becomes the same refusal as on the other side. One without
    comes from gRPC itself: whether the call had an effect is then unknown, and the detail
    `TRANSPORT_CODE` says so.
    """
    status = _status_of(error)
    info = _detail(status, ErrorInfo()) if status is not None else None
    if status is not None and isinstance(info, ErrorInfo) and info.domain == DOMAIN:
        metadata = dict(info.metadata)
        metadata.pop(TRANSPORT_CODE, None)  # of a call that the other side made, not of this one
        wait = _detail(status, RetryInfo())
        if isinstance(wait, RetryInfo):
            metadata.setdefault(RETRY_AFTER_MS, str(wait.retry_delay.ToMilliseconds()))
        return _refusal(info.reason, error.code(), status.message, metadata)
    reason = _REASON_OF_CODE.get(error.code(), Reason.INTERNAL)
    text = (error.details() or CATALOGUE[reason].cause)[:_MAX_TEXT]
    if error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
        text = _LATE
    if reason is Reason.OVERLOADED and _TOO_LARGE in text:
        reason = Reason.MESSAGE_TOO_LARGE  # gRPC has one code for both
    return ProtocolError(
        reason, f"{error.code().name}: {text}", **{TRANSPORT_CODE: error.code().name}
    )


def refusal_of(serialized: bytes) -> ProtocolError:
    """Reads why a message on a stream was not taken in: a refusal, or a fault of the other side."""
    status = Status()
    try:
        status.ParseFromString(serialized)
    except DecodeError:
        return ProtocolError(Reason.INTERNAL, "The refusal cannot be read.")
    info = _detail(status, ErrorInfo())
    metadata = dict(info.metadata) if isinstance(info, ErrorInfo) else {}
    metadata.pop(TRANSPORT_CODE, None)
    name = info.reason if isinstance(info, ErrorInfo) and info.domain == DOMAIN else ""
    code = _CODES.get(status.code)
    if not name or code is None:  # nothing is known of what became of the message
        return ProtocolError(Reason.INTERNAL, status.message[:_MAX_TEXT])
    return _refusal(name, code, status.message, metadata)


def is_late(refusal: ProtocolError) -> bool:
    """Whether the other side is there and has not answered within the deadline of a call."""
    return refusal.metadata.get(TRANSPORT_CODE) == grpc.StatusCode.DEADLINE_EXCEEDED.name


def judged_by_later(refusal: ProtocolError) -> bool:
    """Whether the other side refused for good what it was sent, with a reason of a later version."""
    return LATER_REASON in refusal.metadata and refusal.metadata.get(TRANSPORT_CODE) in _JUDGED


def reason_name(refusal: ProtocolError) -> str:
    """The name of a reason, as the other side said it: this version may not know it."""
    return refusal.metadata.get(LATER_REASON) or refusal.reason


def _refusal(
    name: str, code: grpc.StatusCode, message: str, metadata: dict[str, str]
) -> ProtocolError:
    try:
        reason = Reason(name)
    except ValueError:
        # A reason of a later version of the protocol: keep its name, act by the code.
        reason = _REASON_OF_CODE.get(code, Reason.INTERNAL)
        metadata = {**metadata, LATER_REASON: name, TRANSPORT_CODE: code.name}
    refusal = ProtocolError(reason, message)
    refusal.metadata = metadata  # not by keyword: names on the wire need not be Python names
    return refusal


def _status_of(error: grpc.aio.AioRpcError) -> Status | None:
    try:
        # An AioRpcError has what is asked of a call: code, details and trailers.
        status = rpc_status.from_call(error)  # type: ignore[arg-type]
    except (ValueError, DecodeError):
        return None  # contradicts the plain status, or is no status: as good as absent
    return status if isinstance(status, Status) else None


def _detail(status: Status, kind: ErrorInfo | RetryInfo) -> ErrorInfo | RetryInfo | None:
    for detail in status.details:
        if detail.Is(kind.DESCRIPTOR):
            try:
                detail.Unpack(kind)
            except DecodeError:
                return None
            return kind
    return None
