# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the processes that hold the lines to nodes are doing, as `broker status` tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from itmo.clearing.v1 import operator_service_pb2 as pb


def worker_facts(workers: Iterable[pb.WorkerStanding]) -> list[dict[str, object]]:
    """The workers for programs to read."""
    from itmo.timestamps import moment

    return [
        {
            "worker": each.worker,
            "pid": each.pid or None,
            "ready": each.ready,
            "restarts": each.restarts,
            "started": moment(each.started, "started"),
            "connections": each.door.connections,
            "calls": each.door.calls,
            "streams": each.door.streams,
        }
        for each in workers
    ]


def worker_warnings(workers: Iterable[pb.WorkerStanding]) -> list[str]:
    """Which of them take no calls."""
    return [
        f"Worker {each.worker} takes no calls at present; it was started again {each.restarts} times."
        for each in workers
        if not each.ready
    ]


def workers_away(workers: Iterable[pb.WorkerStanding], *, all_of_them: bool) -> bool:
    """Whether one of them, or all of them, take no calls; never where one process does it all."""
    away = [not each.ready for each in workers]
    return bool(away) and (all(away) if all_of_them else any(away))


def show_workers(screen: Screen, workers: Iterable[pb.WorkerStanding]) -> None:
    """The workers for people to read; nothing where one process does it all."""
    rows = [
        (
            each.worker,
            each.pid or "",
            each.ready,
            each.restarts,
            each.door.connections,
            each.door.calls,
            each.door.streams,
        )
        for each in workers
    ]
    if not rows:
        return
    screen.line()
    screen.table(
        ("worker", "process", "takes calls", "restarts", "connections", "calls", "streams"),
        rows,
        numbers=["worker", "process", "restarts", "connections", "calls", "streams"],
    )
