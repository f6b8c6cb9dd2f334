# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How much registries share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.reports.sharing import FindingView


@click.command()
@click.option("--findings", "only_findings", is_flag=True, help="List what was found in reports.")
@click.option("--registry", metavar="ID", help="Only this registry.")
@click.option("--closed", is_flag=True, help="With --findings: also those that are closed.")
def sharing(only_findings: bool, registry: str | None, closed: bool) -> int:
    """Shows how much registries share, and overdue reports; exit status 1 when one is overdue."""
    from broker.reports import sharing as report
    from broker.store import genesis
    from broker.store.genesis import broker_clock
    from itmo.clock import SystemClock
    from itmo.identifiers import parse_registry_id

    run = session()
    wanted = None if registry is None else parse_registry_id(registry, "--registry")
    with run.reader() as connection:
        network = genesis.read_network(connection)
        now = (SystemClock() if network is None else broker_clock(network)).now()
        views = [
            each for each in report.sharing(connection, now) if wanted in (None, each.registry)
        ]
        found = list(report.findings(connection, registry=wanted, closed=closed))
    if only_findings:
        run.show({"findings": found}, lambda screen: _findings(screen, found))
        return Exit.DONE

    def text(screen: Screen) -> None:
        from itmo.forms import moment

        screen.table(
            ("registry", "level", "reports", "until", "due", "overdue", "findings", "switched off"),
            [
                (
                    each.registry,
                    each.level.value,
                    each.frequency.lower().replace("_", " ") or None,
                    moment(each.reported_until) if each.reported_until else None,
                    moment(each.due) if each.due else None,
                    each.overdue,
                    each.open_findings,
                    ", ".join(each.switched_off) or None,
                )
                for each in views
            ],
            numbers=["findings"],
            empty="no registry is admitted yet",
        )

    run.show({"registries": views}, text)
    return Exit.REFUSED if any(each.overdue for each in views) else Exit.DONE


def _findings(screen: Screen, found: list[FindingView]) -> None:
    from itmo.forms import moment

    screen.table(
        ("opened", "reported by", "for", "check", "state", "found", "other side", "answer"),
        [
            (
                moment(each.opened_at),
                each.reporter,
                each.party,
                each.code,
                each.state.value,
                each.found,
                each.other or None,
                each.answer or None,
            )
            for each in found
        ],
        empty="nothing was found",
    )
