# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`accounts`: the accounts of this node."""

from __future__ import annotations

from typing import Final

import click

from itmo.forms import number
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@click.option("--registry", default="", help="Only of this registry.")
@command
def accounts(session: Session, registry: str) -> None:
    """Lists accounts with what they hold."""
    request = api.ListAccountsRequest(registry=registry)
    answer = session.call(lambda stub: stub.ListAccounts(request, timeout=_SECONDS))

    def table(screen: Screen) -> None:
        rows: list[tuple[object, ...]] = []
        for row in answer.accounts:
            state = api.AccountState.Name(row.state).removeprefix("ACCOUNT_STATE_").lower()
            span = row.terms.paris.ndc_period
            years = f" {span.first}-{span.last}" if span.first else ""
            rows.append(
                (
                    row.account_id,
                    f"{row.account_type}{years}",
                    number(row.quantity),
                    number(row.reserved_quantity),
                    state,
                    row.entity or "Party",
                )
            )
        screen.table(
            ("account", "type", "units", "reserved", "state", "held by"),
            rows,
            numbers=("units", "reserved"),
        )

    session.show(answer, table)
