# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Registries, who speaks for them and whether they take part."""

from __future__ import annotations

import click

from broker.cli.session import session
from itmo.runtime.cli.screen import Screen


@click.command()
def registries() -> None:
    """Lists registries, who speaks for them and whether they take part."""
    from broker.reports import directory

    run = session()
    with run.reader() as connection:
        found = directory.registries(connection)

    def text(screen: Screen) -> None:
        screen.table(
            ("registry", "Party", "status", "node", "kind", "designated by"),
            [
                (v.registry, v.party, v.status, v.node, v.node_kind, " ".join(v.designated_by))
                for v in found
            ],
            empty="no registry is admitted yet",
        )

    run.show({"registries": found}, text)
