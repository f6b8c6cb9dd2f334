# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`transaction`: one in full."""

from __future__ import annotations

from typing import Final

import click
from rich.markup import escape

from itmo.forms import number
from itmo.registry.v1 import operator_service_pb2 as api
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@click.argument("transaction_id")
@click.option("--all-checks", is_flag=True, help="Show passed checks too.")
@command
def transaction(session: Session, transaction_id: str, all_checks: bool) -> None:
    """Show one transaction: where it stands, what was said, and each check that did not pass."""
    request = api.GetTransactionRequest(transaction_id=transaction_id)
    answer = session.call(lambda stub: stub.GetTransaction(request, timeout=_SECONDS))

    def table() -> None:
        row, console = answer.transaction, session.console
        console.print(f"{showing.type_of(row)} {row.transaction_id}: {showing.state_of(row)}")
        console.print(f"  from   {row.from_account}  ({row.from_registry})", markup=False)
        console.print(f"  to     {row.to_account}  ({row.to_registry})", markup=False)
        console.print(
            f"  units  {number(row.quantity)}: {showing.blocks(row.blocks)}", markup=False
        )
        for mark in row.marks:
            console.print(f"  {mark.replace('_', ' ').lower()}", markup=False)
        if row.HasField("deadline"):
            console.print(f"  times out {showing.time_of(row.deadline)}")
        if row.note:
            console.print(f"  note   {row.note}", markup=False)
        if row.HasField("refusal"):
            showing.refusal(console, row.refusal)
        _history(session, answer)
        showing.findings(console, row.findings, row.remedies, every=all_checks)

    session.show(answer, table)


def _history(session: Session, answer: api.GetTransactionResponse) -> None:
    made = showing.table_of("", "when", "what", "by", "effect")
    for entry in answer.history:
        effect = ""
        if entry.HasField("refusal"):
            effect = f"[red]{escape(entry.refusal.code)}[/red] {escape(entry.refusal.found)}"
        made.add_row(showing.time_of(entry.time), entry.kind, escape(entry.node), effect)
    session.console.print(made)
