# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A line that fails is an event in the log, and one that fails for a week is no flood."""

from __future__ import annotations

from structlog.testing import capture_logs

from itmo.reasons import ProtocolError, Reason
from registry_node.health import Health
from tests.unit.registry_node.broker_double import unreachable


def test_failures_of_the_line_are_told_once_and_then_ever_more_rarely() -> None:
    health = Health()
    with capture_logs() as told:
        for _ in range(1000):
            health.failed(unreachable())
    assert [each["failures"] for each in told] == [2**power for power in range(10)]
    assert {(each["event"], each["reason"]) for each in told} == {
        ("line_failed", Reason.BROKER_UNREACHABLE)
    }


def test_another_reason_and_the_end_of_it_are_told() -> None:
    health = Health()
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
