# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What an operator sees of several processes: workers, brokers on one database, servers that follow it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from broker.cli.status import _metrics
from broker.cli.status_database import database_facts, database_warnings, show_database
from broker.cli.status_workers import workers_away
from itmo.clearing.v1 import operator_service_pb2 as pb
from itmo.runtime.cli.screen import Screen
from itmo.timestamps import timestamp


def workers(*ready: bool) -> list[pb.WorkerStanding]:
    return [pb.WorkerStanding(worker=at, ready=each) for at, each in enumerate(ready, 1)]


@pytest.mark.parametrize(
    ("ready", "one", "everyone"),
    [
        ((), False, False),
        ((True, True), False, False),
        ((True, False), True, False),
        ((False,), True, True),
    ],
)
def test_health_ends_with_the_last_worker_and_the_status_with_the_first(
    ready: tuple[bool, ...], one: bool, everyone: bool
) -> None:
    assert workers_away(workers(*ready), all_of_them=False) is one
    assert workers_away(workers(*ready), all_of_them=True) is everyone


SINCE = timestamp(datetime(2026, 11, 28, tzinfo=UTC))
SHARED = pb.GetStatusResponse(
    door=pb.DoorStatus(
        calls=3,
        streams=4,
        refusals=[
            pb.DoorRefusals(caller="tha", reason="RATE_LIMITED", count=5),
            pb.DoorRefusals(caller="che", reason="RATE_LIMITED", count=2),
        ],
    ),
    database=pb.DatabaseStanding(
        epoch=2,
        turns=17,
        brokers=[
            pb.BrokerStanding(process="aa", address="192.0.2.1", since=SINCE, last=True),
            pb.BrokerStanding(process="bb", since=SINCE),
        ],
        standbys=[pb.StandbyStanding(name="b", kind="sync", lag_bytes=4096)],
        oldest_reader="pg_dump",
        written_since=1_000,
    ),
)


def test_who_decides_and_who_follows_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    facts = database_facts(SHARED)
    assert facts is not None
    assert (facts["epoch"], facts["turns"]) == (2, 17)
    assert facts["standbys"] == [{"name": "b", "kind": "sync", "lag_bytes": 4096}]
    assert (facts["oldest_reader"], facts["written_since"]) == ("pg_dump", 1_000)
    (warning,) = database_warnings(SHARED)
    assert warning.startswith("pg_dump has been reading the database for 1000 transactions")
    soon = pb.GetStatusResponse(database=pb.DatabaseStanding(oldest_reader="a", written_since=999))
    assert database_warnings(soon) == []
    show_database(Screen(), SHARED)
    shown = capsys.readouterr().out
    for each in ("aa", "192.0.2.1", "sync", "4096"):
        assert each in shown
    assert database_facts(pb.GetStatusResponse()) is None


def test_metrics_add_up_what_all_workers_have() -> None:
    figures = {name: samples for name, _, samples in _metrics(SHARED)}
    assert figures["calls"] == [({}, 3)]
    assert figures["streams"] == [({}, 4)]
    assert figures["refusals"] == [({"reason": "RATE_LIMITED"}, 7)]
    assert figures["brokers"] == [({}, 2)]
    assert figures["standby_lag_bytes"] == [({"standby": "b"}, 4096)]
    assert figures["written_since_oldest_reader"] == [({}, 1_000)]
