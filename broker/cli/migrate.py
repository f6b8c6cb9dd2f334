# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The schema of the database, changed ahead of new programs and behind old ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from broker.cli.session import session
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.database import Migration, migration_options, show_migration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from itmo.runtime.db.revisions import Revision


@click.command()
@migration_options
def migrate(*, dry_run: bool, contract: bool, yes: bool) -> Exit:
    """Adds to the database what this version needs, while brokers of the version before go on serving.

    On PostgreSQL they may serve; a broker on a file is stopped first, or does it when it starts. With
    --contract it takes away what only earlier versions use, once none of them was seen for a minute.
    """
    from broker.store.migrate import SCHEMA
    from broker.store.upgrading import migrate as change
    from broker.store.upgrading import serving_now
    from itmo import forms
    from itmo.runtime.db.migrations import version_of

    run = session()
    books = run.settings().database.books

    def waiting() -> tuple[str, Sequence[Revision]]:
        with run.reader(older=True) as connection:
            return version_of(connection), SCHEMA.waiting(connection)

    def serving() -> Sequence[tuple[object, ...]]:
        with run.reader(older=True) as connection:
            return [
                (e.process, e.program, e.knows, forms.moment(e.since), forms.moment(e.seen))
                for e in serving_now(connection)
            ]

    migration = Migration(
        SCHEMA, waiting, lambda contract: change(books, contract=contract), serving
    )
    return show_migration(run, migration, contract=contract, dry_run=dry_run, yes=yes)
