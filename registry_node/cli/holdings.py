# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`holdings`: the units in the accounts of this node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from itmo.forms import number
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli.session import Session, command, seconds_for
from registry_node.cli.unit_columns import COLUMNS, FIRST, Columns

_SECONDS: Final = seconds_for(0)


@click.command()
@click.argument("account", default="")
@command
def holdings(session: Session, account: str) -> None:
    """Lists the units in all accounts, or in one."""
    request = api.ListHoldingsRequest(account_id=account)
    answer = session.call(lambda stub: stub.ListHoldings(request, timeout=_SECONDS))

    def tables(screen: Screen) -> None:
        kinds: dict[str, list[api.Holding]] = {rulebook: [] for rulebook in COLUMNS}
        for row in answer.holdings:
            kinds[row.block.attributes.WhichOneof("rulebook") or FIRST].append(row)
        for rulebook, rows in kinds.items():
            if rows or (rulebook == FIRST and not any(kinds.values())):
                _table(screen, rows, COLUMNS[rulebook])

    session.show(answer, tables)


def _table(screen: Screen, holdings: Sequence[api.Holding], told: Columns) -> None:
    rows: list[tuple[object, ...]] = [
        (
            row.account_id,
            f"{row.block.registry}:{row.block.first}-{row.block.last}",
            number(row.block.quantity),
            *told.cells(row),
            row.reserved_by,
        )
        for row in holdings
    ]
    columns = ("account", "units", "quantity", *told.names, "reserved by")
    screen.table(columns, rows, numbers=("quantity",))
