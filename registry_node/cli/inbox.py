# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`inbox`: what waits for a person."""

from __future__ import annotations

from typing import Final

import click

from itmo.registry.v1 import operator_service_pb2 as api
from itmo.runtime.cli.screen import Screen
from registry_node.cli import showing
from registry_node.cli.pages import PAGE, all_pages
from registry_node.cli.session import Session, command, seconds_for

_SECONDS: Final = seconds_for(0)


@click.command()
@command
def inbox(session: Session) -> None:
    """Lists the transfers that wait for you to accept or reject."""

    def ask(token: str) -> api.ListInboxResponse:
        request = api.ListInboxRequest(page_size=PAGE, page_token=token)
        return session.call(lambda stub: stub.ListInbox(request, timeout=_SECONDS))

    answer = all_pages(ask, "transactions")

    def table(screen: Screen) -> None:
        if not answer.transactions:
            screen.line("Nothing waits.")
            return
        showing.waiting(screen, answer.transactions)

    session.show(answer, table)
