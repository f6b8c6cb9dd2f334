# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A line that fails is an event in the log, and one that fails for a week is no flood."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # it marks no types
from structlog.testing import capture_logs

from itmo.clock import FakeClock
from itmo.reasons import CATALOGUE, ProtocolError, Reason, ReasonEntry
from itmo.runtime.rpc.errors import DEFAULT_RETRY_MS, refusal_of, retry_after_ms, to_rpc_status
from registry_node.health import Backoff, Health, Slowed, asks_to_wait
from tests.unit.registry_node.broker_double import unreachable


def test_failures_of_the_line_are_told_once_and_then_ever_more_rarely() -> None:
    health = Health(FakeClock(datetime(2026, 6, 1, tzinfo=UTC)).now)
    with capture_logs() as told:
        for _ in range(1000):
            health.failed(unreachable())
    assert [each["failures"] for each in told] == [2**power for power in range(10)]
    assert {(each["event"], each["reason"]) for each in told} == {
        ("line_failed", Reason.BROKER_UNREACHABLE)
    }


def test_another_reason_and_the_end_of_it_are_told() -> None:
    health = Health(FakeClock(datetime(2026, 6, 1, tzinfo=UTC)).now)
    for _ in range(3):
        health.failed(unreachable())
    with capture_logs() as told:
        health.failed(unreachable())
        health.failed(unreachable())
        health.failed(ProtocolError(Reason.UNAUTHENTICATED, "expired"))
        assert health.succeeded()
        assert not health.succeeded()
    assert [each["event"] for each in told] == ["line_failed", "line_failed", "line_works"]
    assert told[0]["failures"] == 4
    assert (told[1]["reason"], told[2]["failures"]) == (Reason.UNAUTHENTICATED, 6)


WAITS = [each for each in CATALOGUE.values() if each.grpc_code == "RESOURCE_EXHAUSTED"]


def test_the_reasons_that_ask_to_wait() -> None:
    assert {each.reason for each in WAITS} == {Reason.RATE_LIMITED, Reason.OVERLOADED}
    assert all(each.retryable and each.remedy.startswith("Wait as long as") for each in WAITS)


@pytest.mark.parametrize("entry", WAITS, ids=lambda each: each.reason)
@pytest.mark.parametrize("asked", [{}, {"retry_after_ms": 1_500}], ids=["default", "told"])
def test_who_is_asked_to_wait_waits_and_calls_it_no_failure(
    entry: ReasonEntry, asked: dict[str, int]
) -> None:
    """On a call and on a stream alike: the time travels, is waited for, and the line is not to blame."""
    status = to_rpc_status(ProtocolError(entry.reason, "full", **asked))
    delay = RetryInfo()
    (detail,) = [each for each in status.details if each.Is(RetryInfo.DESCRIPTOR)]
    detail.Unpack(delay)
    told = refusal_of(status.SerializeToString())
    expected = asked.get("retry_after_ms", DEFAULT_RETRY_MS)
    assert delay.retry_delay.ToMilliseconds() == expected == retry_after_ms(told)
    assert asks_to_wait(told)
    backoff, health = Backoff(Random(3)), Health(FakeClock(datetime(2026, 6, 1, tzinfo=UTC)).now)
    health.succeeded()
    with capture_logs() as lines:
        health.failed(told)
    assert (lines, health.connected, health.last_error) == ([], True, told)
    assert expected / 1000 <= backoff.next_seconds(told) <= expected / 1000 * 1.25


def test_who_waits_for_its_own_share_waits_no_longer_each_time() -> None:
    """Its share comes back at its rate; where all is full whoever comes again makes it worse."""
    waits = {}
    for reason in (Reason.RATE_LIMITED, Reason.OVERLOADED):
        backoff = Backoff(Random(3))
        error = ProtocolError(reason, "full", retry_after_ms=100)
        waits[reason] = [backoff.next_seconds(error) for _ in range(12)]
    assert max(waits[Reason.RATE_LIMITED]) <= 0.2
    assert max(waits[Reason.OVERLOADED]) > 5


def test_who_is_asked_to_wait_is_connected_and_slowed_until_it_is_past() -> None:
    clock = FakeClock(datetime(2026, 6, 1, tzinfo=UTC))
    health = Health(clock.now)
    assert not health.reached
    asked = ProtocolError(Reason.RATE_LIMITED, "faster than its share", retry_after_ms=30_000)
    health.failed(asked)
    assert (health.reached, health.connected) == (True, False), "clocks are still to be compared"
    until = clock.now() + timedelta(seconds=30)
    assert standing(health) == Slowed(asked, until)
    health.succeeded()
    assert standing(health) is not None, "one call got through, between those that do not"
    health.asked_to_wait(ProtocolError(Reason.OVERLOADED, "full", retry_after_ms=200))
    assert standing(health) == Slowed(asked, until), "the longest counts"
    clock.advance(timedelta(seconds=31))
    assert standing(health) == Slowed(asked, until), "the next call may be told so again"
    clock.advance(timedelta(seconds=20))
    assert standing(health) is None
    health.failed(asked)
    health.failed(unreachable())
    assert standing(health) is None


def standing(health: Health) -> Slowed | None:
    """Read anew: it depends on the time."""
    return health.slowed


def test_what_grpc_itself_or_another_reason_says_is_a_failure_still() -> None:
    for error in (
        ProtocolError(Reason.OVERLOADED, "by gRPC", grpc_code="RESOURCE_EXHAUSTED"),
        ProtocolError(Reason.SHUTTING_DOWN, "stops"),
    ):
        assert not asks_to_wait(error)
