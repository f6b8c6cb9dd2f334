# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Old messages go into archive files, from which they are read when somebody asks."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.progress import Bar
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.archiving.putting_away import PutAway
    from broker.store.archived import ArchiveRow

_LEAST_DAYS: Final = 30
_MOST_DAYS: Final = 36_525  # a hundred years: before that there was no record
"""Nodes send a message again for days after an outage, and read their mailbox again after a restore."""


@click.command()
@click.option(
    "--older-than",
    "days",
    type=click.IntRange(_LEAST_DAYS, _MOST_DAYS),
    default=365,
    show_default=True,
    metavar="DAYS",
    help="Only what was decided so many days ago, or before.",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where archive files go, and where those are looked for that are not where they were put."
    "  [default: beside the database]",
)
@click.option("--dry-run", is_flag=True, help="Only tells what would go.")
def archive(days: int, folder: Path | None, *, dry_run: bool) -> None:
    """Moves old messages and statements on ended transactions into archive files.

    Their hashes, their places in the log and all that follows from them stay in the database, so that
    every proof, balance and history is as before. The messages themselves are read from the files: keep
    them as safe as the database. On SQLite the broker must not run meanwhile.
    """
    from broker.archiving.putting_away import Asked, put_away
    from broker.known_regimes import regimes_of
    from broker.store import genesis
    from broker.store.archived import archives
    from broker.store.engines import taken
    from itmo.clock import SystemClock, to_ms

    run = session()
    with run.reader() as connection:  # says what is wrong, where there is no database
        network = genesis.read_network(connection)
    settings = run.settings()
    books = settings.database.books
    opened = books.open_reader() if dry_run else books.open_writer(alone=False)
    with closing(opened) as connection, Bar() as bar:
        if not dry_run:
            taken(connection)
        now = to_ms(SystemClock().now()) + (network.clock_offset_ms if network else 0)
        asked = Asked(
            folder=folder or archives_beside(books.file),
            before=now - days * 86_400_000,
            now=now,
            dry_run=dry_run,
        )
        try:
            done = put_away(
                connection,
                asked,
                regimes_of(settings.transactions.rulebooks),
                lambda at, of: bar.at("decisions", at, of),
            )
        except OSError as error:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"An archive file cannot be written: {error}. What was put away before is; mend this, or"
                " name another folder with --folder, and go on with the same command.",
                setting="--folder",
                found=str(asked.folder),
            ) from error
        files = archives(connection)
    facts = {  # whole numbers as text: they may be wide
        "dry_run": dry_run,
        "until": str(done.until),
        "payloads": str(done.payloads),
        "payload_bytes": str(done.payload_bytes),
        "kept_for_deliveries": str(done.kept),
        "found_again": str(done.found),
        "files": [_shown(each) for each in files],
    }
    run.show(facts, partial(_tell, done=done, files=files, dry_run=dry_run))


def archives_beside(database: Path) -> Path:
    """Where the archive files of a database go, if nothing else is said."""
    return database.with_name(f"{database.name}.archive")


def _shown(row: ArchiveRow) -> dict[str, object]:
    return {
        "file": row.path,
        "digest": row.digest.hex(),
        "first_decision": str(row.first_index),
        "last_decision": str(row.last_index),
        "root_before": row.root_before.hex(),
        "root": row.root.hex(),
        "payloads": str(row.payloads),
        "payload_bytes": str(row.payload_bytes),
        "at_hand": row.at_hand,
    }


def _tell(screen: Screen, *, done: PutAway, files: list[ArchiveRow], dry_run: bool) -> None:
    from itmo.forms import number

    screen.facts(
        [
            ("decisions looked at", number(done.until)),
            ("would go" if dry_run else "went", f"{number(done.payloads)} payloads"),
            ("bytes", number(done.payload_bytes)),
            ("kept for deliveries", number(done.kept) if done.kept else None),
            ("files found again", done.found or None),
        ]
    )
    screen.table(
        ("decisions", "payloads", "bytes", "file", ""),
        [
            (
                f"{row.first_index}-{row.last_index}",
                row.payloads,
                row.payload_bytes,
                row.path,
                "" if row.at_hand else "not there",
            )
            for row in files
        ],
        numbers=["payloads", "bytes"],
        empty="no archive files",
    )
