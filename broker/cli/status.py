# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How the broker is doing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from broker.cli.commanding import BrokerCommand
from broker.cli.door import door_facts, show_door, warnings
from broker.cli.failing import Exit
from broker.cli.printing import Screen
from broker.cli.session import Session, session

if TYPE_CHECKING:
    from broker.settings import BrokerSettings
    from itmo.clearing.v1 import operator_service_pb2 as pb


@click.command(cls=BrokerCommand)
def status() -> int:
    """Asks the running broker how it is doing.

    Exit status 3 when it does not run, 1 when it runs but decides nothing since its clock jumped.
    """
    run = session()
    settings = run.settings()
    answer = asyncio.run(_ask(settings))
    facts: dict[str, object] = {
        "running": answer is not None,
        "network_id": settings.network_id,
        "test_network": settings.test_network,
        "node_id": settings.node_id,
        "listen": settings.server.listen,
    }
    if answer is None:

        def not_running(screen: Screen) -> None:
            screen.line("The broker is not running.", "yellow")
            screen.facts([("network", settings.network_id), ("database", settings.database.path)])

        run.show(facts, not_running)
        return Exit.UNREACHABLE
    facts |= _facts(answer)
    late = _overdue(run, answer)
    facts["overdue_reports"] = late

    def text(screen: Screen) -> None:
        _text(screen, settings, answer, late)
        show_dated_ahead(screen, [each.said for each in answer.dated_ahead])

    run.show(facts, text)
    return Exit.REFUSED if answer.clock.jumped else Exit.DONE


def _overdue(run: Session, answer: pb.GetStatusResponse) -> list[str]:
    """Registries whose report is overdue by the broker's clock."""
    from broker.reports.sharing import overdue
    from itmo.payloads import moment

    with run.reader() as connection:
        return [each.registry for each in overdue(connection, moment(answer.time, "time"))]


def show_dated_ahead(screen: Screen, ahead: list[str]) -> None:
    """Says what a clock that was ahead has left behind, if anything."""
    if not ahead:
        return
    screen.heading("Dated ahead of the clock")
    screen.line(
        "A clock was ahead when these were recorded; see the chapter on the clock.", "yellow"
    )
    for each in ahead:
        screen.line(each)


async def _ask(settings: BrokerSettings) -> pb.GetStatusResponse | None:
    from broker.cli.access import operator_link

    async with operator_link(settings) as link:
        return None if link is None else await link.status()


def _facts(answer: pb.GetStatusResponse) -> dict[str, object]:
    from itmo.payloads import moment

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
        "tasks": [
            {"name": each.name, "fault": each.fault, "failures": each.failures}
            for each in answer.tasks
        ],
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
        "warnings": warnings(answer.door),
    }


def _text(
    screen: Screen, settings: BrokerSettings, answer: pb.GetStatusResponse, late: list[str]
) -> None:
    from broker.reports.forms import moment as written
    from itmo.clock import to_text
    from itmo.payloads import moment

    if answer.clock.jumped:
        found, expected = (
            written(moment(each, "clock")) for each in (answer.clock.found, answer.clock.expected)
        )
        screen.line("The broker runs but decides nothing: its clock has jumped.", "red")
        screen.line(f"The clock says {found}, expected {expected}.")
        screen.line(
            "It goes on by itself when the clock is back in line with that. If the clock is"
        )
        screen.line(
            f"right now, say so: broker clock accept {to_text(moment(answer.clock.found, 'clock'))}"
        )
    else:
        screen.line("The broker is running.", "green")
    for task in answer.tasks:
        if task.fault:
            screen.line(f"The task {task.name} failed: {task.fault}", "red")
    for warning in warnings(answer.door):
        screen.line(warning, "yellow")
    kind = "a test network" if settings.test_network else "production"
    screen.facts(
        [
            ("network", f"{settings.network_id}, {kind}"),
            ("time", written(moment(answer.time, "time"))),
            ("listens on", settings.server.listen),
            ("decisions", answer.log_size),
            ("queue", answer.queue_depth),
            ("open transactions", answer.open_transactions),
            ("reports overdue", ", ".join(late)),
        ]
    )
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
    show_door(screen, answer.door)
