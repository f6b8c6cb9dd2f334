# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What this machine clears per second."""

from __future__ import annotations

import asyncio

import click

from broker.cli.session import session
from itmo.runtime.cli.contract import print_json
from itmo.runtime.cli.screen import Screen


@click.command()
@click.option("--seconds", type=click.FloatRange(1, 3600), default=8.0, show_default=True)
@click.option(
    "--senders",
    type=click.IntRange(1, 250),
    default=32,
    show_default=True,
    help="Pairs of registries, each with one transfer under way.",
)
def bench(seconds: float, senders: int) -> None:
    """Measures what this machine clears per second, and the floor of its engine."""
    from broker.bench.run import BenchSettings, measure

    run = session()
    settings = BenchSettings(seconds=seconds, pairs=senders)
    measured = asyncio.run(measure(settings, lambda line: click.echo(line, err=True)))
    if run.as_json:
        print_json(measured)
    else:
        _measured(Screen(), measured)


def _measured(screen: Screen, value: object, name: str = "", depth: int = 0) -> None:
    indent = "  " * depth
    if isinstance(value, dict):
        if name:
            screen.line(f"{indent}{name}", "bold")
        for key, each in value.items():
            _measured(screen, each, str(key), depth + bool(name))
    elif isinstance(value, list):
        for each in value:
            _measured(screen, each, name, depth)
    else:
        screen.line(f"{indent}{name}: {value}")
