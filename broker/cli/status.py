# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the broker is doing. Asked every few seconds: nothing of the server is loaded for it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from broker.cli.failing import Unreachable
from broker.cli.session import session
from broker.cli.status_database import (
    database_facts,
    database_metrics,
    database_warnings,
    show_database,
)
from broker.cli.status_door import door_facts, show_door, warnings
from broker.cli.status_timeline import (
    timeline_facts,
    timeline_metrics,
    timeline_text,
    timeline_warnings,
)
from broker.cli.status_workers import show_workers, worker_facts, worker_warnings, workers_away
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from itmo.clearing.v1 import operator_service_pb2 as pb

_SOCKET: Final = "operator.sock"


@click.command()
@click.option(
    "--health",
    is_flag=True,
    help="Exit status 1 only for what stops work now, not for what ends soon.",
)
@click.option("--metrics", is_flag=True, help="Print figures in the text format of OpenMetrics.")
def status(health: bool, metrics: bool) -> int:
    """Asks the running broker how it is doing.

    Exit status 3 when it does not run; 1 when it runs but decides nothing since its clock jumped, a
    worker takes no calls (with --health: none of them does), or a certificate or key of its own has
    ended or ends within 60 days.
    """
    from itmo.runtime.cli import standing_shown

    run = session()
    settings = _Named(run.tree(), run.folder)
    answer = asyncio.run(_ask(settings.socket))
    if answer is None:
        raise Unreachable(
            f"The broker of {settings.facts['network_id']} is not running: nobody answers at"
            f" {settings.socket}."
        )
    if metrics:
        figures = [*_metrics(answer), *timeline_metrics(answer)]
        click.echo(standing_shown.metrics("itmo_broker", answer.program, figures))
    else:
        facts = settings.facts | {"running": True} | _facts(answer)
        run.show(facts, lambda screen: _text(screen, settings, answer))
    failing = standing_shown.ended if health else standing_shown.ends
    stopped = answer.clock.jumped or workers_away(answer.workers, all_of_them=health)
    return Exit.REFUSED if stopped or failing(answer.program) else Exit.DONE


class _Named:
    """What the settings say of a broker, as they stand there: the broker itself has checked them."""

    def __init__(self, tree: dict[str, Any], directory: Path) -> None:
        server = tree.get("server", {})
        self.socket = directory.absolute() / str(server.get("operator_socket", _SOCKET))
        self.facts = {
            "network_id": tree.get("network_id"),
            "test_network": tree.get("test_network", False),
            "node_id": tree.get("node_id", "broker"),
            "listen": server.get("listen"),
        }


async def _ask(socket: Path) -> pb.GetStatusResponse | None:
    from broker.cli.operator_link import operator_link

    async with operator_link(socket) as link:
        return None if link is None else await link.status()


def _facts(answer: pb.GetStatusResponse) -> dict[str, object]:
    from google.protobuf.json_format import MessageToDict

    from itmo.timestamps import moment

    return {
        "time": moment(answer.time, "time"),
        "log_size": answer.log_size,
        "queue_depth": answer.queue_depth,
        "open_transactions": answer.open_transactions,
        "clock": {
            "jumped": answer.clock.jumped,
            "found": moment(answer.clock.found, "clock.found"),
            "expected": moment(answer.clock.expected, "clock.expected")
            if answer.clock.jumped
            else None,
        },
        "tasks": [{"name": t.name, "fault": t.fault, "failures": t.failures} for t in answer.tasks],
        "mailboxes": [
            {
                "node": each.node,
                "last_sequence": each.last_sequence,
                "acknowledged_sequence": each.acknowledged_sequence,
                "connected": each.connected,
            }
            for each in answer.mailboxes
        ],
        "dated_ahead": [
            {"kind": each.kind, "name": each.name, "until": moment(each.until, "until")}
            for each in answer.dated_ahead
        ],
        "door": door_facts(answer.door),
        "workers": worker_facts(answer.workers),
        "database": database_facts(answer),
        "timeline": timeline_facts(answer),
        "overdue_reports": list(answer.overdue_reports),
        "books": [
            {
                "registry": each.registry,
                "outcome": each.outcome or None,
                "time": moment(each.time, "time") if each.HasField("time") else None,
                "open_cases": each.open_cases,
                "held_ranges": each.held_ranges,
            }
            for each in answer.books
        ],
        "program": MessageToDict(
            answer.program,
            preserving_proto_field_name=True,
            always_print_fields_with_no_presence=True,
        ),
        "warnings": _warnings(answer),
    }


def _warnings(answer: pb.GetStatusResponse) -> list[str]:
    from itmo.clock import SystemClock
    from itmo.runtime.cli import standing_shown
    from itmo.timestamps import moment

    return [
        *warnings(answer.door),
        *worker_warnings(answer.workers),
        *database_warnings(answer),
        *timeline_warnings(answer, moment(answer.time, "time")),
        *standing_shown.warnings(answer.program, SystemClock().now()),
    ]


def _metrics(answer: pb.GetStatusResponse) -> list[Any]:
    waiting = [
        ({"node": each.node}, each.last_sequence - each.acknowledged_sequence)
        for each in answer.mailboxes
    ]
    return [
        ("clock_jumped", "1 while nothing is decided.", [({}, int(answer.clock.jumped))]),
        ("decisions", "Decisions in the log.", [({}, answer.log_size)]),
        ("queue_depth", "Messages that wait for a decision.", [({}, answer.queue_depth)]),
        ("open_transactions", "Transactions not final.", [({}, answer.open_transactions)]),
        (
            "worker_ready",
            "1 while a worker takes calls.",
            [({"worker": each.worker}, int(each.ready)) for each in answer.workers],
        ),
        (
            "worker_restarts",
            "How often a worker was started again.",
            [({"worker": each.worker}, each.restarts) for each in answer.workers],
        ),
        ("connections", "Connections of nodes.", [({}, answer.door.connections)]),
        ("calls", "Calls of nodes under way.", [({}, answer.door.calls)]),
        (
            "slowed_milliseconds",
            "How long nodes that send faster than their share have to wait.",
            [({"node": each.node}, each.wait_ms) for each in answer.door.holders if each.wait_ms],
        ),
        ("streams", "Streams of nodes.", [({}, answer.door.streams)]),
        (
            "refusals",
            "What was refused in the last five minutes.",
            [({"reason": reason}, count) for reason, count in _refusals(answer.door).items()],
        ),
        *database_metrics(answer),
        ("descriptors", "Open files.", [({}, answer.door.descriptors)]),
        (
            "refusals_lately",
            "Calls refused in the last five minutes.",
            [
                ({"caller": each.caller, "reason": each.reason}, each.count)
                for each in answer.door.refusals
            ],
        ),
        ("loop_tasks", "What is done side by side.", [({}, answer.door.loop_tasks)]),
        ("mailbox_waiting", "Deliveries not acknowledged.", waiting),
        (
            "open_cases",
            "Cases of books that differ.",
            [({"registry": each.registry}, each.open_cases) for each in answer.books],
        ),
    ]


def _refusals(door: pb.DoorStatus) -> dict[str, int]:
    """Of all callers together: who they are is in the status, and could be anybody."""
    counts: dict[str, int] = {}
    for each in door.refusals:
        counts[each.reason] = counts.get(each.reason, 0) + each.count
    return counts


def _text(screen: Screen, settings: _Named, answer: pb.GetStatusResponse) -> None:
    _standing(screen, answer)
    _figures(screen, settings, answer)
    screen.line()
    screen.table(
        ("node", "connected", "deliveries", "waiting"),
        [
            (
                each.node,
                each.connected,
                each.last_sequence,
                each.last_sequence - each.acknowledged_sequence,
            )
            for each in answer.mailboxes
        ],
        numbers=["deliveries", "waiting"],
        empty="no node is admitted yet",
    )
    show_workers(screen, answer.workers)
    show_database(screen, answer)
    show_door(screen, answer.door)
    show_dated_ahead(screen, [each.said for each in answer.dated_ahead])


def show_dated_ahead(screen: Screen, ahead: list[str]) -> None:
    """Says what a clock that was ahead has left behind, if anything."""
    if not ahead:
        return
    screen.heading("Dated ahead of the clock")
    screen.line(
        'A clock was ahead when these were recorded; see "The clock" in operating.md.', "yellow"
    )
    for each in ahead:
        screen.line(each)


def _standing(screen: Screen, answer: pb.GetStatusResponse) -> None:
    """Whether it works, and what somebody has to see to."""
    from itmo import forms
    from itmo.clock import to_text
    from itmo.timestamps import moment

    if answer.clock.jumped:
        found, expected = (
            forms.moment(moment(each, "clock"))
            for each in (answer.clock.found, answer.clock.expected)
        )
        screen.line("The broker runs but decides nothing: its clock has jumped.", "red")
        screen.line(f"The clock says {found}, expected {expected}.")
        screen.line(
            "It goes on by itself when the clock is back in line with that. If the clock is"
        )
        screen.line(
            f"right now, say so: `broker clock accept {to_text(moment(answer.clock.found, 'clock'))}`"
        )
    else:
        screen.line("The broker is running.", "green")
    for task in answer.tasks:
        if task.fault:
            screen.line(f"The task {task.name} failed: {task.fault}", "red")
    for each in answer.books:
        if each.open_cases:
            screen.line(
                f"The books of {each.registry} differ from the record: {each.open_cases} open cases hold"
                f" {each.held_ranges} ranges; see `broker reconciliation list`.",
                "red",
            )
    for warning in _warnings(answer):
        screen.line(warning, "yellow")


def _figures(screen: Screen, settings: _Named, answer: pb.GetStatusResponse) -> None:
    from itmo import forms
    from itmo.clock import SystemClock
    from itmo.runtime.cli import standing_shown
    from itmo.timestamps import moment

    kind = "a test network" if settings.facts["test_network"] else "production"
    screen.facts(
        [
            ("network", f"{settings.facts['network_id']}, {kind}"),
            ("time", forms.moment(moment(answer.time, "time"))),
            ("listens on", settings.facts["listen"]),
            *standing_shown.lines(answer.program, SystemClock().now()),
            ("decisions", answer.log_size),
            ("timeline", timeline_text(answer)),
            ("queue", answer.queue_depth),
            ("open transactions", answer.open_transactions),
            ("reports overdue", ", ".join(answer.overdue_reports)),
            (
                "books never compared",
                ", ".join(each.registry for each in answer.books if not each.outcome),
            ),
        ]
    )
