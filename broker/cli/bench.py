# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What this machine clears per second."""

from __future__ import annotations

from pathlib import Path

import click

from broker.bench import MAX_PAIRS
from broker.cli.session import session
from itmo.files import write_whole
from itmo.runtime.cli.contract import print_json
from itmo.runtime.cli.screen import Screen


@click.command()
@click.option("--seconds", type=click.FloatRange(1, 3600), default=8.0, show_default=True)
@click.option(
    "--senders",
    type=click.IntRange(1, MAX_PAIRS),
    default=32,
    show_default=True,
    help="Pairs of registries, each with one exchange under way.",
)
@click.option(
    "--runs",
    type=click.IntRange(1, 100),
    default=1,
    show_default=True,
    help="Of the whole; what is told is the median, the lowest and the highest.",
)
@click.option(
    "--full",
    is_flag=True,
    help="Batches, hot accounts, one registry, and neighbours on this machine, besides.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Writes the figures as a picture (SVG), too.",
)
@click.option(
    "--engine",
    type=click.Choice(["sqlite", "postgresql"]),
    default="sqlite",
    show_default=True,
    help="Of the broker's database; for PostgreSQL a primary and a strict synchronous standby are started.",
)
@click.option(
    "--database",
    metavar="URL",
    default="",
    help="Measures on this PostgreSQL server instead; its role must be allowed to make databases.",
)
@click.option(
    "--workers",
    type=click.IntRange(0, 64),
    default=0,
    show_default=True,
    help="Processes that hold the lines to nodes, as of `broker serve`; a full run has a case with two.",
)
def bench(
    seconds: float,
    senders: int,
    runs: int,
    *,
    full: bool,
    plot: Path | None,
    engine: str,
    database: str,
    workers: int,
) -> None:
    """Measures what this machine clears per second, and the floor of its engine."""
    import uvloop

    from broker.bench.plan import Engine
    from broker.bench.plot import svg
    from broker.bench.report import table
    from broker.bench.run import BenchSettings, measure

    run = session()
    settings = BenchSettings(
        seconds=seconds,
        pairs=senders,
        runs=runs,
        full=full,
        engine=Engine.POSTGRESQL if database else Engine(engine),
        url=database,
        workers=workers,
    )
    measured = uvloop.run(measure(settings, lambda line: click.echo(line, err=True)))
    if plot is not None:
        write_whole(plot, svg(measured))
    if run.as_json:
        print_json(measured)
    else:
        screen = Screen()
        for line in table(measured):
            screen.line(line)
