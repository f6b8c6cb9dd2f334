# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Messages that were refused before they became a decision."""

from __future__ import annotations

from typing import Final

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen

_LIMIT: Final = 50


@click.command()
@click.option("--limit", type=click.IntRange(1, 10_000), default=_LIMIT, show_default=True)
def refusals(limit: int) -> None:
    """Lists messages that were refused before they became a decision, newest first."""
    from broker.reports import directory
    from itmo.forms import moment

    run = session()
    with run.reader() as connection:
        found = directory.refusals(connection, limit)

    def text(screen: Screen) -> None:
        screen.table(
            ("when", "caller", "reason", "found"),
            [(moment(v.refused_at), v.caller, v.reason, v.found) for v in found],
            empty="nothing was refused",
        )

    run.show({"refusals": found}, text)
