# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The timeline beside the ledger is brought to the end of the record, or made anew."""

from __future__ import annotations

from contextlib import closing

import click

from broker.cli.session import session
from itmo.runtime.cli.progress import Bar


@click.command()
@click.option("--anew", is_flag=True, help="Throws away what is in it first.")
def timeline(*, anew: bool) -> None:
    """Takes into the timeline what was decided since; with --anew makes it from the first decision on.

    From the timeline nodes are told balances, summaries, lists and histories. Without this command a
    broker that runs brings it to the end of the record in quiet moments, or when somebody asks, who waits for it.
    The broker may run meanwhile; stopped on the way, it goes on from there the next time.
    """
    from broker.reports.paris.timeline import Timeline
    from broker.reports.paris.timeline_file import beside
    from broker.store import log_head

    run = session()
    file = beside(run.settings().database.books.file)
    with run.reader() as ledger, Bar() as bar, closing(Timeline(file)) as made:
        if anew:
            made.make_anew(ledger)
        before = made.decisions(ledger)
        while not made.read_on(ledger):
            bar.at("decisions", made.decisions(ledger), log_head.log_size(ledger))
        now = made.decisions(ledger)
    facts = {"file": str(file), "decisions": str(now), "taken_in": str(now - before)}
    run.show(
        facts,
        lambda screen: screen.facts(
            [("timeline", file), ("decisions in it", now), ("taken in now", now - before)]
        ),
    )
