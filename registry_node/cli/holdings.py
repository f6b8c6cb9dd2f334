# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`holdings`: the units in the accounts of this node."""

from __future__ import annotations

from typing import Final

import click

from itmo.forms import number
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@click.argument("account", default="")
@command
def holdings(session: Session, account: str) -> None:
    """Lists the units in all accounts, or in one."""
    request = api.ListHoldingsRequest(account_id=account)
    answer = session.call(lambda stub: stub.ListHoldings(request, timeout=_SECONDS))

    def table(screen: Screen) -> None:
        rows: list[tuple[object, ...]] = []
        for row in answer.holdings:
            known = row.block.attributes.paris
            first = ("no", "yes")["FIRST_TRANSFERRED" in row.marks]
            rows.append(
                (
                    row.account_id,
                    f"{row.block.registry}:{row.block.first}-{row.block.last}",
                    number(row.block.quantity),
                    str(known.vintage or ""),
                    known.cooperative_approach,
                    known.authorization.id,
                    first,
                    row.reserved_by,
                )
            )
        screen.table(
            (
                "account",
                "units",
                "quantity",
                "vintage",
                "approach",
                "authorization",
                "first transferred",
                "reserved by",
            ),
            rows,
            numbers=("quantity",),
        )

    session.show(answer, table)
