# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`broker status` says how far the timeline is, that it is being made, and when nobody has seen to it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from broker.cli.status_timeline import (
    timeline_facts,
    timeline_metrics,
    timeline_text,
    timeline_warnings,
)
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.timestamps import timestamp

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


def answered(
    *,
    behind: int = 5_000,
    transactions: int = 2_000,
    since: timedelta = timedelta(hours=25),
    reading: bool = False,
) -> pb.GetStatusResponse:
    return pb.GetStatusResponse(
        time=timestamp(NOW), log_size=10_000,
        timeline=pb.TimelineStanding(
            decisions=10_000 - behind, behind=behind, since=timestamp(NOW - since), reading=reading,
            transactions_behind=transactions,
        ),
    )  # fmt: skip


def test_a_network_without_one_is_told_of_none() -> None:
    answer = pb.GetStatusResponse(time=timestamp(NOW), log_size=10_000)
    assert timeline_facts(answer) is None
    assert timeline_text(answer) is None
    assert timeline_warnings(answer, NOW) == []
    assert timeline_metrics(answer) == []


def test_how_far_it_is_behind() -> None:
    answer = answered()
    assert timeline_facts(answer) == {
        "decisions": 5_000, "behind": 5_000, "transactions_behind": 2_000,
        "since": NOW - timedelta(hours=25), "reading": False
    }  # fmt: skip
    assert timeline_text(answer) == (
        "5000 decisions with 2000 completed transactions behind; read on in a quiet moment, or when somebody asks"
    )
    figures = {name: values[0][1] for name, _, values in timeline_metrics(answer)}
    assert figures == {
        "timeline_decisions": 5_000, "timeline_behind": 5_000, "timeline_transactions_behind": 2_000,
        "timeline_behind_seconds": 25 * 3_600, "timeline_reading": 0,
    }  # fmt: skip


def test_one_that_nobody_has_seen_to_for_a_day_is_warned_of() -> None:
    (said,) = timeline_warnings(answered(), NOW)
    assert "24 hours, by 5000 decisions with 2000 completed transactions" in said
    assert "`broker timeline`" in said
    assert timeline_warnings(answered(since=timedelta(hours=23)), NOW) == []
    assert timeline_warnings(answered(transactions=1_999), NOW) == [], "nobody notices"
    assert timeline_warnings(answered(behind=0, transactions=0), NOW) == []
    (said,) = timeline_warnings(answered(behind=2), NOW)
    assert "by 2 decisions" in said, "of batches"


def test_one_that_is_being_made_says_how_far_it_is() -> None:
    answer = answered(since=timedelta(minutes=1), reading=True)
    assert timeline_text(answer) == (
        "5000 decisions with 2000 completed transactions behind; being read on now"
    )
    (said,) = timeline_warnings(answer, NOW)
    assert "being made: 5000 of 10000 decisions" in said
