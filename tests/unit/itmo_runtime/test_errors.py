# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import grpc
import pytest
from google.rpc.error_details_pb2 import (  # type: ignore[import-untyped]
    ErrorInfo,
    RetryInfo,
)
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]

from itmo.reasons import CATALOGUE, ProtocolError, Reason
from itmo.runtime.rpc.errors import (
    from_rpc_error,
    is_late,
    judged_by_later,
    reason_name,
    refusal_of,
    status_code,
    to_rpc_status,
    to_status,
)

DETAILS = "grpc-status-details-bin"


def received(
    code: grpc.StatusCode, details: str | None = None, status: bytes | None = None
) -> ProtocolError:
    trailers = grpc.aio.Metadata() if status is None else grpc.aio.Metadata((DETAILS, status))
    return from_rpc_error(grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailers, details))


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_makes_the_round_trip(reason: Reason) -> None:
    sent = ProtocolError(reason, "What is wrong.", found=7, limit="x")
    status = to_status(sent)
    assert status.code.name == CATALOGUE[reason].grpc_code
    back = received(status.code, status.details, to_rpc_status(sent).SerializeToString())
    assert back.reason is reason
    assert back.message == "What is wrong."
    assert (back.metadata["found"], back.metadata["limit"]) == ("7", "x")
    assert ("retry_after_ms" in back.metadata) is sent.retryable
    assert "grpc_code" not in back.metadata


def test_how_a_call_of_the_other_side_failed_is_not_how_this_one_did() -> None:
    """A node that cannot reach the broker answers its operator; that answer did arrive."""
    sent = ProtocolError(Reason.BROKER_UNREACHABLE, "no route", grpc_code="UNAVAILABLE")
    status = to_status(sent)
    back = received(status.code, status.details, to_rpc_status(sent).SerializeToString())
    assert back.reason is Reason.BROKER_UNREACHABLE
    assert "grpc_code" not in back.metadata


def test_a_retry_delay_travels_as_retry_info() -> None:
    status = to_rpc_status(ProtocolError(Reason.RATE_LIMITED, "Slower.", retry_after_ms=1234))
    info, retry = ErrorInfo(), RetryInfo()
    status.details[0].Unpack(info)
    status.details[1].Unpack(retry)
    assert (info.reason, info.domain) == ("RATE_LIMITED", "clearing.itmo")
    assert retry.retry_delay.ToMilliseconds() == 1234


def test_what_travels_is_bounded() -> None:
    status = to_rpc_status(ProtocolError(Reason.PAYLOAD_INVALID, "x" * 10**6, found="y" * 10**6))
    assert len(status.SerializeToString()) < 4096


@pytest.mark.parametrize(
    ("code", "details", "reason"),
    [
        (grpc.StatusCode.UNAVAILABLE, "connection refused", Reason.BROKER_UNREACHABLE),
        (grpc.StatusCode.DEADLINE_EXCEEDED, None, Reason.BROKER_UNREACHABLE),
        (grpc.StatusCode.CANCELLED, None, Reason.BROKER_UNREACHABLE),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "SERVER: Received message larger than max (9 vs. 8)",
            Reason.MESSAGE_TOO_LARGE,
        ),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "Concurrent RPC limit exceeded!",
            Reason.OVERLOADED,
        ),
        (grpc.StatusCode.UNKNOWN, "who knows", Reason.INTERNAL),
        (grpc.StatusCode.UNIMPLEMENTED, "Method not found!", Reason.CALL_NOT_OFFERED),
    ],
)
def test_a_status_of_grpc_itself_is_marked_as_such(
    code: grpc.StatusCode, details: str | None, reason: Reason
) -> None:
    error = received(code, details)
    assert error.reason is reason
    assert error.metadata["grpc_code"] == code.name


def test_a_silent_line_is_told_as_one() -> None:
    """Before, `status` and log said "DEADLINE_EXCEEDED: Deadline Exceeded"."""
    error = received(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded")
    assert error.message == (
        "DEADLINE_EXCEEDED: no answer came within the time that the call may take"
    )
    assert is_late(error)


def test_a_reason_of_a_later_version_is_kept_but_not_trusted() -> None:
    status = Status(code=9, message="New rule.")
    status.details.add().Pack(ErrorInfo(reason="MOON_PHASE", domain="clearing.itmo"))
    error = received(grpc.StatusCode.FAILED_PRECONDITION, "New rule.", status.SerializeToString())
    assert error.reason is Reason.INTERNAL
    assert error.metadata == {"reason": "MOON_PHASE", "grpc_code": "FAILED_PRECONDITION"}
    assert reason_name(error) == "MOON_PHASE"
    assert judged_by_later(error)
    streamed = refusal_of(status.SerializeToString())
    assert (streamed.reason, streamed.message) == (error.reason, error.message)
    assert streamed.metadata == error.metadata


@pytest.mark.parametrize(
    ("code", "judged"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, True),
        (grpc.StatusCode.PERMISSION_DENIED, True),
        (grpc.StatusCode.UNAVAILABLE, False),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, False),
        (grpc.StatusCode.INTERNAL, False),
    ],
)
def test_by_the_code_a_reason_of_a_later_version_is_final_or_not(
    code: grpc.StatusCode, *, judged: bool
) -> None:
    status = Status(code=code.value[0], message="New rule.")
    status.details.add().Pack(ErrorInfo(reason="MOON_PHASE", domain="clearing.itmo"))
    assert judged_by_later(received(code, "New rule.", status.SerializeToString())) == judged
    assert judged_by_later(refusal_of(status.SerializeToString())) == judged
    assert not judged_by_later(received(code, "New rule."))


@pytest.mark.parametrize("domain", ["", "other.example"])
def test_a_reason_of_another_domain_is_not_ours(domain: str) -> None:
    status = Status(code=14, message="No.")
    status.details.add().Pack(ErrorInfo(reason="KEY_REVOKED", domain=domain))
    error = received(grpc.StatusCode.UNAVAILABLE, "No.", status.SerializeToString())
    assert error.reason is Reason.BROKER_UNREACHABLE


@pytest.mark.parametrize(
    "status",
    [b"\xff\xff\xff", b"", Status(code=5, message="other").SerializeToString()],
    ids=["no status", "empty", "contradicts the plain status"],
)
def test_broken_details_count_as_none(status: bytes) -> None:
    error = received(grpc.StatusCode.UNAVAILABLE, "gone", status)
    assert error.reason is Reason.BROKER_UNREACHABLE


def test_names_on_the_wire_need_not_be_python_names() -> None:
    status = Status(code=3, message="No.")
    info = ErrorInfo(reason="PAYLOAD_INVALID", domain="clearing.itmo", metadata={"not a name": "x"})
    status.details.add().Pack(info)
    error = received(grpc.StatusCode.INVALID_ARGUMENT, "No.", status.SerializeToString())
    assert error.metadata == {"not a name": "x"}


def test_the_catalogue_knows_only_codes_of_grpc() -> None:
    assert {status_code(reason) for reason in Reason} <= set(grpc.StatusCode)
