# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`transactions`: the list of them."""

from __future__ import annotations

from typing import Final

import click

from itmo.core.v1 import decision_pb2
from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli import showing
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


_STATES: Final = tuple(name.removeprefix("STATE_") for name in decision_pb2.State.keys()[1:])


@click.command()
@click.option("--state", type=click.Choice(_STATES, case_sensitive=False), help="Only this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@click.option("--page", "page_token", default="", help="next_page_token of the page before.")
@command
def transactions(session: Session, state: str | None, limit: int, page_token: str) -> None:
    """Lists transactions, newest first."""
    request = api.ListTransactionsRequest(
        page_size=limit,
        page_token=page_token,
        state=decision_pb2.State.Value(f"STATE_{state.upper()}") if state else 0,  # type: ignore[arg-type]  # 0: any
    )
    answer = session.call(lambda stub: stub.ListTransactions(request, timeout=_SECONDS))

    def table(screen: Screen) -> None:
        showing.transactions(screen, answer.transactions)
        if answer.next_page_token:
            screen.line(f"More with --page {answer.next_page_token}", "dim")

    session.show(answer, table)
