# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`transaction`: one in full."""

from __future__ import annotations

from typing import Final

import click

from itmo.forms import number
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from itmo.stated_words import as_stated, in_lines
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for
from registry_node.cli.unit_columns import in_line

_SECONDS: Final = seconds_for(0)


@click.command()
@click.argument("transaction_id")
@click.option("--all-checks", is_flag=True, help="Show passed checks too.")
@command
def transaction(session: Session, transaction_id: str, all_checks: bool) -> None:
    """Shows one transaction: where it stands, what was said, and each check that did not pass."""
    request = api.GetTransactionRequest(transaction_id=transaction_id)
    answer = session.call(lambda stub: stub.GetTransaction(request, timeout=_SECONDS))

    def table(screen: Screen) -> None:
        row = answer.transaction
        screen.line(f"{showing.type_of(row)} {row.transaction_id}: {showing.state_of(row)}")
        screen.line(f"  from   {row.from_account}  ({row.from_registry})")
        screen.line(f"  to     {row.to_account}  ({row.to_registry})")
        screen.line(f"  units  {number(row.quantity)}: {showing.blocks(row.blocks)}")
        for told in dict.fromkeys(in_line(block.attributes) for block in row.blocks):
            if told:
                screen.line(f"  are    {told}")
        for name, said in in_lines(as_stated(row.terms)):
            screen.line(f"  {name}: {said}")
        for mark in row.marks:
            screen.line(f"  {mark.replace('_', ' ').lower()}")
        if row.HasField("deadline"):
            screen.line(f"  times out {showing.time_of(row.deadline)}")
        if row.note:
            screen.line(f"  note   {row.note}")
        if row.HasField("refusal"):
            showing.refusal(screen, row.refusal)
        _history(screen, answer)
        showing.findings(screen, row.findings, row.remedies, every=all_checks)

    session.show(answer, table)


def _history(screen: Screen, answer: api.GetTransactionResponse) -> None:
    rows: list[tuple[object, ...]] = []
    for entry in answer.history:
        effect = ""
        if entry.HasField("refusal"):
            effect = f"{entry.refusal.code} {entry.refusal.found}"
        rows.append((showing.time_of(entry.time), entry.kind, entry.node, effect))
    screen.table(("when", "what", "by", "effect"), rows)
