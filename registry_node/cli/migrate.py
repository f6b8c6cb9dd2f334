# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""`migrate`: the schema of the store, changed ahead of a new program and behind the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.database import Migration, migration_options, show_migration
from registry_node.cli.session import Session, command

if TYPE_CHECKING:
    from collections.abc import Sequence

    from itmo.runtime.db.revisions import Revision


@click.command()
@migration_options
@command
def migrate(session: Session, *, dry_run: bool, contract: bool, yes: bool) -> Exit:
    """Adds to the store what this version needs, as the next `serve` does; the node is stopped first.

    With --contract it takes away what only earlier versions use.
    """
    from contextlib import closing

    from itmo.runtime.db.migrations import version_of
    from registry_node.app import migrate as change
    from registry_node.app import whole_database
    from registry_node.settings import load
    from registry_node.store.migrate import SCHEMA

    settings = load(session.folder)

    def waiting() -> tuple[str, Sequence[Revision]]:
        with closing(SCHEMA.open_reader(whole_database(settings), older=True)) as db:
            return version_of(db), SCHEMA.waiting(db)

    migration = Migration(
        SCHEMA, waiting, lambda contract: change(settings, contract=contract), list
    )
    return show_migration(session, migration, contract=contract, dry_run=dry_run, yes=yes)
