# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`kyoto totals`: what the mechanisms brought, from the record."""

from __future__ import annotations

from datetime import datetime

import click

from broker.cli.session import session
from itmo.runtime.cli.times import AsOf, as_of_option


@click.command()
@as_of_option
@click.option(
    "--since",
    type=AsOf(),
    help="Show besides what came after a time, or after the end of a day (UTC).",
)
def totals(as_of: datetime | None, since: datetime | None) -> None:
    """Shows what was issued, moved and cancelled under the mechanisms, and what lies pending."""
    from broker.reports.kyoto import totals_view

    run = session()
    if since is not None and as_of is not None and since > as_of:
        raise click.UsageError("--since is later than --as-of; give an earlier time")
    with run.reader() as connection:
        found = totals_view.totals(connection, since, as_of)
    run.show(totals_view.as_data(found), lambda screen: totals_view.show(screen, found))
