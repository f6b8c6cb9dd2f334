# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Activities of cooperative approaches: when they were registered."""

from __future__ import annotations

import asyncio
from datetime import datetime

import click

from broker.cli.paris.stated_facts import stated_activity
from broker.cli.session import session
from broker.cli.stated import confirm_change, stated_before
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.times import DAY


@click.command()
@click.argument("approach", metavar="APPROACH")
@click.argument("name", metavar="ACTIVITY")
@click.option(
    "--registered",
    required=True,
    type=DAY,
    help="The day on which it was registered.",
)
@click.option("--yes", is_flag=True, help="Replace what was stated without asking.")
def activity(approach: str, name: str, registered: datetime, yes: bool) -> None:
    """States when an ACTIVITY of a cooperative approach was registered, anew or corrected.

    Name the activity as its units name it. Approaches with the timing before-registration or
    up-to-registration count authorizations from that day.
    """
    from broker.cli.paris.stating import submit
    from broker.regime.paris.reading import canonical_approach
    from itmo.paris.v1 import approaches_pb2
    from itmo.payloads import PayloadKind

    run = session()
    day = registered.date().isoformat()
    known = canonical_approach(approach)
    before = stated_before(run, lambda books: stated_activity(books, known, name))
    confirm_change(run, f"{name} of {approach}", before, {"registered": day}, yes=yes)
    stated = approaches_pb2.ActivityStatement(
        cooperative_approach=approach,
        activity=name,
        registration_date=day,
    )
    receipt = asyncio.run(submit(run.settings(), PayloadKind.ACTIVITY_STATEMENT, stated))
    facts = {
        "cooperative_approach": approach,
        "activity": name,
        "registered": stated.registration_date,
        "log_index": receipt.log_index,
    }
    told = f"{name} of {approach} was registered on {stated.registration_date}"
    run.show(facts, lambda screen: screen.line(f"{told}, decision {receipt.log_index} of the log."))


@click.command()
def activities() -> None:
    """Lists activities of cooperative approaches and when they were registered."""
    from broker.reports.paris import activities as registered

    run = session()
    with run.reader() as connection:
        found = registered.activities(connection)

    def text(screen: Screen) -> None:
        screen.table(
            ("approach", "activity", "registered"),
            [(v.cooperative_approach, v.activity, v.registered.isoformat()) for v in found],
            empty="no activity is known to be registered",
        )

    run.show({"activities": found}, text)
