# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Looking after a broker: verification, back-ups, measurement."""

from __future__ import annotations

import asyncio
import errno
import os
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Final

import click

from broker.cli.commanding import BrokerCommand
from broker.cli.failing import Exit
from broker.cli.printing import Screen
from broker.cli.session import session
from itmo.reasons import ProtocolError, Reason

_CHUNK: Final = 1 << 20
_TOLD_EVERY: Final = 10_000
_OWNER_ONLY: Final = 0o600


@click.command(cls=BrokerCommand)
def verify() -> int:
    """Verifies everything stored; exit status 1 when something does not hold.

    The file, every ledger invariant, every signature; then the signed messages are played again
    into an empty database, and must lead to the same ledgers, statements and log.
    """
    from broker.reports.forms import as_json
    from broker.store.log_head import log_end
    from broker.verifying.verify import verify as verify_database
    from itmo.runtime.db.head import check_end, head_path, read_head

    run = session()
    database = run.settings().database.path
    try:
        known = read_head(head_path(database))  # before the database: a broker may be at work
        with run.reader() as connection:
            found = verify_database(connection, _progress)
            if known is not None and (missing := check_end(database, known, log_end(connection))):
                found = replace(found, problems=(missing, *found.problems))
    except ProtocolError as error:
        if error.metadata.get("setting") != "database" or not database.exists():
            raise
        # A file that cannot even be opened as a database is the worst result of a verification.
        raise ProtocolError(Reason.LEDGER_AUDIT_FAILED, error.message) from error

    def text(screen: Screen) -> None:
        for problem in found.problems:
            screen.line(problem, "red")
        screen.line(
            "Something does not hold." if found.problems else "Everything holds.",
            "red" if found.problems else "green",
        )
        screen.facts(
            [
                ("decisions", found.decisions),
                ("messages", found.messages),
                ("statements", found.statements),
                ("root of the log", found.log_root),
                ("problems", len(found.problems)),
            ]
        )
        if known is None:
            screen.line(
                "There is no head beside the database: whether later decisions were acknowledged"
                " cannot be told from here."
            )
        if found.other_rulebook:
            screen.line(
                "Some decisions were made under another version of the rulebook: compared by what"
                " they decided, not byte for byte."
            )

    facts = as_json(found)
    run.show({"ok": not found.problems, **(facts if isinstance(facts, dict) else {})}, text)
    return Exit.REFUSED if found.problems else Exit.DONE


@click.command(cls=BrokerCommand)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Writes a complete copy of the database to FILE while the broker runs, and verifies it."""
    run = session()
    with run.reader() as connection:
        _claim(file)
        try:
            _copy(connection, file)
            decisions = _check_copy(file)
        except sqlite3.Error as error:
            # Of the copy: the database was only read, and its own faults are found by `verify`.
            _unmake(file)
            raise OSError(errno.EIO, f"the copy failed: {error}", str(file)) from None
        except BaseException:
            _unmake(file)
            raise
    facts = {
        "file": str(file.absolute()),
        "bytes": file.stat().st_size,
        "sha256": _sha256(file),
        "decisions": decisions,
    }

    def text(screen: Screen) -> None:
        screen.line("The copy is complete and sound.", "green")
        screen.facts(facts.items())

    run.show(facts, text)


@click.command(cls=BrokerCommand)
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
        import json

        click.echo(json.dumps(measured, indent=2))
    else:
        _measured(Screen(), measured)


def _progress(decisions: int) -> None:
    """Says on a terminal how far a verification is; a large one takes minutes."""
    if decisions % _TOLD_EVERY == 0 and sys.stderr.isatty():
        click.echo(f"{decisions} decisions ...", err=True)


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


def _claim(file: Path) -> None:
    """Makes the file, so that it is the owner's alone; nothing is ever overwritten."""
    try:
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY))
    except FileExistsError:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"{file} exists; choose another name, a back-up overwrites nothing.",
            where="FILE",
            found=str(file),
        ) from None


def _unmake(file: Path) -> None:
    for left in (file, Path(f"{file}-journal"), Path(f"{file}-wal"), Path(f"{file}-shm")):
        left.unlink(missing_ok=True)


def _copy(source: sqlite3.Connection, file: Path) -> None:
    with closing(sqlite3.connect(file)) as copy:
        source.backup(copy)
        # One file that can be carried away; the broker goes back to WAL when it opens it.
        copy.execute("PRAGMA journal_mode = DELETE")
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _check_copy(file: Path) -> int:
    """Verifies a copy and returns the number of decisions in it."""
    from broker.store import queries
    from itmo.runtime.db.sqlite import open_reader

    with closing(open_reader(file)) as copy:
        faults = [row[0] for row in copy.execute("PRAGMA integrity_check") if row[0] != "ok"]
        faults += [f"a dangling reference in {row[0]}" for row in _dangling(copy)]
        if faults:
            raise ProtocolError(
                Reason.LEDGER_AUDIT_FAILED,
                f"The copy is not sound and was removed: {faults[0]}.",
                found=faults[0],
            )
        return queries.log_size(copy)


def _dangling(copy: sqlite3.Connection) -> list[tuple[str]]:
    return copy.execute("PRAGMA foreign_key_check").fetchall()


def _sha256(file: Path) -> str:
    import hashlib

    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
