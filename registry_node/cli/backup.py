# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Look after the store: back-ups."""

from __future__ import annotations

from pathlib import Path

import click

from itmo.runtime.cli.database import show_back_up
from registry_node.cli.session import Session, command


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@command
def backup(session: Session, file: Path) -> None:
    """Writes a complete copy of the store to FILE, whether the node runs or not, and checks it.

    Keys, certificates and node.toml are not in it; they lie beside the store and rarely change.
    """
    from registry_node.app import back_up_store
    from registry_node.settings import load

    made = back_up_store(load(session.folder), file)
    head = made.holds
    counted = {"commits": head.position, "deliveries": head.facts.get("deliveries", 0)}
    show_back_up(session, made, counted)
