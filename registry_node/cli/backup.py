# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Look after the store: back-ups."""

from __future__ import annotations

from pathlib import Path

import click

from itmo.runtime.cli.screen import Screen
from registry_node.cli.session import Session, command


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@command
def backup(session: Session, file: Path) -> None:
    """Write a complete copy of the store to FILE, whether the node runs or not, and check it.

    Keys, certificates and node.toml are not in it; they lie beside the store and rarely change.
    """
    from registry_node.app import back_up_store
    from registry_node.settings import load

    made = back_up_store(load(session.folder), file)
    found = {
        "file": str(file.absolute()),
        "bytes": made.size,
        "sha256": made.sha256,
        "commits": made.holds.position,
        "deliveries": made.holds.facts.get("deliveries", 0),
    }

    def table(screen: Screen) -> None:
        screen.line("The copy is complete and sound.", "green")
        screen.facts(found.items())

    session.show(found, table)
