# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How far each node has read its deliveries."""

from __future__ import annotations

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen


@click.command()
def mailboxes() -> None:
    """Lists how far each node has read its deliveries."""
    from broker.store import mailboxes

    run = session()
    with run.reader() as connection:
        found = mailboxes.standings(connection)

    def text(screen: Screen) -> None:
        screen.table(
            ("node", "deliveries", "acknowledged", "waiting"),
            [
                (
                    v.node,
                    v.last_sequence,
                    v.acknowledged_sequence,
                    v.last_sequence - v.acknowledged_sequence,
                )
                for v in found
            ],
            numbers=["deliveries", "acknowledged", "waiting"],
            empty="no node is admitted yet",
        )

    run.show({"mailboxes": found}, text)
