# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`status`: how the node is doing. Asked every few seconds: nothing of the node is loaded for it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from itertools import groupby
from typing import Any, Final

import click

from itmo.clock import SystemClock
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli import standing_shown
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import as_tree
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@click.option(
    "--health",
    is_flag=True,
    help="Exit status 1 only for what stops work now, not for what ends soon.",
)
@click.option("--metrics", is_flag=True, help="Print figures in the text format of OpenMetrics.")
@command
def status(session: Session, *, health: bool, metrics: bool) -> None:
    """Shows how the node is doing.

    Exit status 3 when it does not run; 1 when it runs and is not connected, its clock is wrong, or a
    certificate or key that it needs has ended or ends within 60 days. A node that the broker asks to
    wait is connected.
    """
    request = api.GetStatusRequest()
    answer = session.call(lambda stub: stub.GetStatus(request, timeout=_SECONDS))
    if metrics:
        click.echo(standing_shown.metrics("itmo_node", answer.program, _metrics(answer)))
    else:
        seen_to = standing_shown.warnings(answer.program, SystemClock().now())
        session.show({**as_tree(answer), "warnings": seen_to}, lambda screen: _text(screen, answer))
    failing = standing_shown.ended if health else standing_shown.ends
    if answer.HasField("clock") or not answer.connected or failing(answer.program):
        sys.exit(Exit.REFUSED)


def _metrics(answer: api.GetStatusResponse) -> list[Any]:
    return [
        ("connected", "1 while the broker answers.", [({}, int(answer.connected))]),
        ("slowed", "1 while the broker asks to wait.", [({}, int(answer.HasField("slowed")))]),
        ("clock_wrong", "1 while nothing is signed.", [({}, int(answer.HasField("clock")))]),
        ("outbox_depth", "Messages without an answer.", [({}, answer.outbox_depth)]),
        ("inbox_depth", "Transfers that wait for a person.", [({}, answer.inbox_depth)]),
        ("instructions_depth", "Instructions to do.", [({}, answer.instructions_depth)]),
        ("quarantined", "Deliveries that did not verify.", [({}, answer.quarantined)]),
        (
            "open_cases",
            "Cases of books that differ.",
            [({"registry": each.registry}, len(each.cases)) for each in answer.reconciliations],
        ),
        ("open_alarms", "Alarms nobody looked at.", [({}, answer.open_alarms)]),
    ]


def _text(screen: Screen, answer: api.GetStatusResponse) -> None:
    connection, style = ("connected", "green") if answer.connected else ("not connected", "red")
    if answer.connected and answer.HasField("slowed"):
        connection, style = "connected and being slowed", "yellow"
    kind = " (test network)" if answer.test_network else ""
    screen.line(f"{answer.node} on {answer.network_id}{kind}, {connection}", style)
    _attention(screen, answer)
    facts = [
        ("registries", ", ".join(answer.registries)),
        ("time", showing.time_of(answer.time)),
        *standing_shown.lines(answer.program, SystemClock().now()),
        ("messages", f"{answer.outbox_depth} on the way, {answer.recorded_sequence} recorded"),
        ("deliveries", f"{answer.cursor} applied, {answer.quarantined} in quarantine"),
        ("waiting here", str(answer.inbox_depth)),
    ]
    if answer.instructions_depth:
        facts.append(("registry system", f"{answer.instructions_depth} instructions to do"))
    screen.facts(facts)
    for each in answer.reconciliations:
        screen.line(*showing.books(each))
        if each.cases:
            screen.line(f"  {len(each.cases)} open cases: `registry-node reconcile --last`", "red")


def _attention(screen: Screen, answer: api.GetStatusResponse) -> None:
    """What somebody has to see to."""
    slowed = answer.slowed if answer.HasField("slowed") else None
    if slowed is not None:
        text = f"  The broker asks this node to wait until {showing.time_of(slowed.until)}: {slowed.refusal.found}"
        screen.line(text, "yellow")
        screen.line(
            f"  What is on the way goes slowly and is not lost. {slowed.refusal.remedy}", "yellow"
        )
    if answer.HasField("last_error") and (slowed is None or answer.last_error != slowed.refusal):
        error = answer.last_error
        screen.line(f"  last error    {error.code}: {error.found}", "red")
    if answer.HasField("clock"):
        text = f"  The clock is wrong, nothing is signed: {answer.clock.found}"
        screen.line(text, "red")
    for each in answer.suspensions:
        text = f"  {each.registry} is {showing.status_of(each)}: {each.reason or 'no reason given'}"
        screen.line(text, "red")
    for task in answer.tasks:
        if task.fault:
            text = f"  The task {task.name} failed: {task.fault}"
            screen.line(text, "red")
    for warning in standing_shown.warnings(answer.program, SystemClock().now()):
        screen.line(f"  {warning}", "yellow")
    _alarms(screen, answer.alarms, answer.open_alarms)


def _alarms(screen: Screen, found: Iterable[api.Alarm], open_alarms: int) -> None:
    """Opens alarms: of each kind the last, with how many and since when."""
    for code, group in groupby(sorted(found, key=lambda each: each.code), lambda each: each.code):
        same = sorted(group, key=lambda each: each.number)
        last, count = same[-1], len(same)
        since = f", {count} since {showing.time_of(same[0].time)}" if count > 1 else ""
        text = f"  {showing.time_of(last.time)} {code}{since}: {last.found}"
        screen.line(text, "red")
    if open_alarms:
        screen.line(
            f"  {open_alarms} {'alarm' if open_alarms == 1 else 'alarms'}: `registry-node alarms` lists them,"
            " `registry-node acknowledge-alarms --all` takes them off when you have looked.",
            "dim",
        )
