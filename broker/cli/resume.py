# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A suspended registry takes part again."""

from __future__ import annotations

import click

from broker.cli.suspend import set_status


@click.command()
@click.argument("registry")
@click.option(
    "--reason", default="", metavar="TEXT", help="Why; the node of the registry reads it."
)
@click.option(
    "--rulebook",
    "rulebooks",
    multiple=True,
    metavar="NAME",
    help="A rulebook in which it takes part from now on; once for each. Left out: they stay.",
)
def resume(registry: str, reason: str, rulebooks: tuple[str, ...]) -> None:
    """Lets a suspended REGISTRY take part again, or another one take part in other rulebooks."""
    from broker.rulebook.general.registries import OperationalStatus

    set_status(registry, OperationalStatus.OPERATIONAL, reason, rulebooks)
