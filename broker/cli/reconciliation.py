# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The books of registries compared with the record: how they stand, and cases of what differs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.reports.reconciliation import Case
    from broker.settings import BrokerSettings
    from itmo.core.v1 import decision_pb2, reconciliation_pb2

_RIGHT = ("record", "books", "neither")


@click.group()
def reconciliation() -> None:
    """Shows how the books of registries stand to the record, and resolves cases of what differs."""


@reconciliation.command("list")
@click.option("--all", "every", is_flag=True, help="Cases that were resolved, too.")
def list_cases(every: bool) -> int:
    """Lists registries that take part in full, and open cases; exit status 1 where a case is open."""
    from broker.reports.reconciliation import books, cases
    from itmo.forms import moment

    run = session()
    with run.reader() as connection:
        standing = books(connection)
        found = [each for each in cases(connection) if every or each.found_right is None]

    def text(screen: Screen) -> None:
        screen.table(
            ("registry", "outcome", "compared", "log place", "open cases", "ranges held"),
            [
                (
                    each.registry,
                    each.outcome or "never",
                    moment(each.compared_at) if each.compared_at else "",
                    each.snapshot_index,
                    each.open_cases,
                    each.held,
                )
                for each in standing
            ],
            numbers=["log place", "open cases", "ranges held"],
        )
        if found:
            screen.line()
            screen.table(
                ("case", "registry", "opened", "ranges", "has to act", "found right"),
                [
                    (
                        each.case_id,
                        each.registry,
                        moment(each.opened_at),
                        each.ranges,
                        each.owner if each.found_right is None else "",
                        each.found_right or "",
                    )
                    for each in found
                ],
                numbers=["ranges"],
            )

    run.show({"registries": standing, "cases": found}, text)
    return Exit.REFUSED if any(each.found_right is None for each in found) else Exit.DONE


@reconciliation.command("show")
@click.argument("case_id", metavar="CASE")
def show_case(case_id: str) -> None:
    """Shows a case: what differs, by account and serial range, its history, and both trails."""
    from broker.reports.reconciliation import case

    run = session()
    with run.reader() as connection:
        found = case(connection, case_id)
    run.show({"case": found}, lambda screen: _text(screen, found))


def _text(screen: Screen, found: Case) -> None:
    from itmo.forms import moment

    view = found.view
    screen.facts(
        [
            ("case", view.case_id),
            ("registry", view.registry),
            ("opened", moment(view.opened_at)),
            ("has to act", view.owner if view.found_right is None else ""),
            ("found right", view.found_right or "not resolved"),
            ("reason", view.reason),
        ]
    )
    screen.line()
    screen.table(
        (
            "units",
            "differ",
            "account by the record",
            "by the books",
            "class by the record",
            "by the books",
        ),
        [
            (
                f"{each.registry}:{each.first}-{each.last}",
                each.kind,
                each.recorded_account,
                each.stated_account,
                each.recorded_class,
                each.stated_class,
            )
            for each in found.held
        ],
    )
    screen.line()
    screen.table(
        ("log place", "time", "event", "found"),
        [(each.log_index, moment(each.at), each.event, each.found) for each in found.events],
        numbers=["log place"],
    )
    screen.line()
    screen.table(
        ("transaction", "completed", "in the record", "stated by the node"),
        [
            (
                each.transaction_id,
                moment(each.completed_at) if each.completed_at else "",
                "yes" if each.recorded else "no",
                "yes" if each.stated else "no",
            )
            for each in found.trail
        ],
    )


@reconciliation.command("resolve")
@click.argument("case_id", metavar="CASE")
@click.option("--right", type=click.Choice(_RIGHT), required=True, help="What was found right.")
@click.option("--reason", required=True, help="What the review found; the registry can read it.")
@click.option("--yes", is_flag=True, help="Resolve without asking.")
def resolve_case(case_id: str, right: str, reason: str, yes: bool) -> None:
    """Settles a case by a signed statement, and lets its units go.

    The record is not changed by it. Where the books were right, transactions put the record right; where
    they still differ, the next reconciliation opens another case.
    """
    from broker.clearing.reconciliation.reconciliation_rows import Owner
    from broker.reports.reconciliation import case
    from itmo.core.v1 import reconciliation_pb2 as pb
    from itmo.identifiers import parse_free_text

    run = session()
    with run.reader() as connection:
        view = case(connection, case_id).view
    parse_free_text(reason, "--reason")
    still = " Its books have not agreed since." if view.owner is Owner.REGISTRY else ""
    question = f"Let {view.ranges} ranges of {view.registry} go?{still}"
    run.ask(question, yes=yes, needs="say --yes once the review is done")
    written = pb.CaseResolution(
        case_id=view.case_id, right=pb.CaseRight.Value(f"CASE_RIGHT_{right.upper()}"), reason=reason
    )
    receipt = asyncio.run(_resolve(run.settings(), written))
    facts = {
        "case_id": view.case_id,
        "right": right,
        "reason": reason,
        "log_index": receipt.log_index,
    }
    run.show(
        facts,
        lambda screen: screen.line(
            f"Case {view.case_id} is resolved from decision {receipt.log_index} on; its units move again, and"
            f" {view.registry} is told."
        ),
    )


async def _resolve(
    settings: BrokerSettings, written: reconciliation_pb2.CaseResolution
) -> decision_pb2.Receipt:
    from broker.cli.access import operator_of
    from itmo.payloads import PayloadKind

    async with operator_of(settings) as operator:
        return await operator.state(PayloadKind.CASE_RESOLUTION, written)
