# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What `head`, `backup` and `migrate` of both programs say, and how a loss is accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from itmo.clock import SystemClock
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import Session

if TYPE_CHECKING:
    from itmo.runtime.db.back_up import BackUp
    from itmo.runtime.db.migrations import Schema
    from itmo.runtime.db.revisions import Revision

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Recovery:
    """How a program finds what its database lacks, and goes on without it.

    Attributes:
        shortfall: Says what is missing; empty where nothing is.
        accept: Takes the database as it is, and says what was missing.
        question: Asked before.
        step: What the database counts, in the plural.
        digest: What the hash of the last step is called.
        accepted: Sentences that say what follows.
    """

    shortfall: Callable[[Path], str]
    accept: Callable[[Path, datetime], str]
    question: str
    step: str
    digest: str
    accepted: Sequence[str]


def recovery_options(command: F) -> F:
    """Gives `head` its options."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask again."),
        click.option(
            "--accept-loss",
            is_flag=True,
            help="Take the database as it is, although something acknowledged may be missing in it.",
        ),
    ):
        command = option(command)
    return command


def show_head(
    run: Session, database: Path, recovery: Recovery, *, accept_loss: bool, yes: bool
) -> Exit:
    """Compares a database with its head, and accepts what is missing if that is asked for.

    Raises:
        ProtocolError: CONFIGURATION_INVALID, where the database cannot be read, or is in use.
        click.Abort: The loss was not accepted after all.
    """
    from itmo.runtime.db.head import head_path, read_head

    head = head_path(database)
    try:
        missing = recovery.shortfall(database)
        known = read_head(head)
    except ProtocolError as error:
        if error.reason is not Reason.LEDGER_AUDIT_FAILED:
            raise
        missing, known = error.message, None
    accepted = bool(accept_loss and missing)
    if accepted:
        run.ask(recovery.question, yes=yes, before=missing)
        missing = recovery.accept(database, SystemClock().now())
        known = read_head(head)
    facts = {
        "file": str(head),
        "database": known.database if known else None,
        recovery.step: known.position if known else None,
        recovery.digest: known.digest.hex() if known else None,
    }

    def text(screen: Screen) -> None:
        if missing:
            screen.line(missing, "yellow" if accepted else "red")
        for sentence in recovery.accepted if accepted else ():
            screen.line(sentence)
        if not missing and not accepted:
            screen.line("Nothing acknowledged is missing.", "green")
        screen.facts(facts.items())

    holds = accepted or not missing
    run.show({"ok": holds, "accepted": accepted, "missing": missing, **facts}, text)
    return Exit.DONE if holds else Exit.REFUSED


def show_back_up(run: Session, made: BackUp[Any], holds: Mapping[str, object]) -> None:
    """Says that a back-up was made, and what it holds."""
    facts = {
        "file": str(made.file.absolute()),
        "bytes": made.size,
        "sha256": made.sha256,
        **holds,
    }

    def text(screen: Screen) -> None:
        screen.line("The copy is complete and sound.", "green")
        screen.facts(facts.items())

    run.show(facts, text)


def migration_options(command: F) -> F:
    """Gives `migrate` its options."""
    for option in (
        click.option("--yes", is_flag=True, help="Do not ask again."),
        click.option(
            "--contract",
            is_flag=True,
            help="Take away what programs of earlier versions use; none of them can be started after it.",
        ),
        click.option("--dry-run", is_flag=True, help="Change nothing; say what would be done."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True)
class Migration:
    """How the schema of a program's database is changed.

    Attributes:
        schema: The schema that the program knows.
        waiting: Revisions that the database has not had, and its version.
        migrate: Adds, or takes away where it is told so; the version that was found and that it has then.
        serving: A row for each process that serves: process, program, schema version, since when and
            when it was last seen; empty where the lock of a file says it.
    """

    schema: Schema
    waiting: Callable[[], tuple[str, Sequence[Revision]]]
    migrate: Callable[[bool], tuple[str, str]]
    serving: Callable[[], Sequence[tuple[object, ...]]]


_PROCESS: Final = ("process", "program", "knows", "since", "seen")
_BEFORE_CONTRACT: Final = (
    "Programs older than this cannot be started on the database afterwards, and only a back-up from before"
    " leads back."
)


def show_migration(
    run: Session, migration: Migration, *, contract: bool, dry_run: bool, yes: bool
) -> Exit:
    """Changes a schema, and says what was done and what is left.

    Raises:
        ProtocolError: Why it cannot be changed now.
        click.Abort: It was not to be contracted after all.
    """
    found, waiting = migration.waiting()
    version = found
    if not dry_run and any(each.contracts == contract for each in waiting):
        if contract:
            run.ask("Is there a back-up? Take it away", yes=yes, before=_BEFORE_CONTRACT)
        found, version = migration.migrate(contract)
    left = [each for each in waiting if each.version > version]
    serving = migration.serving()
    facts = {"found": found, "version": version, "knows": migration.schema.newest}
    steps = [
        {"version": each.version, "contracts": each.contracts, "needs": each.needs} for each in left
    ]

    def text(screen: Screen) -> None:
        screen.line(_said(found, version, left, dry_run=dry_run), "green" if not left else "yellow")
        screen.facts(facts.items())
        if left:
            rows = [(e.version, "contracts" if e.contracts else "expands", e.needs) for e in left]
            screen.table(("waits", "what it does", "programs have to know"), rows)
        if serving:
            screen.table(_PROCESS, serving)

    listed = [dict(zip(_PROCESS, map(str, row), strict=True)) for row in serving]
    run.show({**facts, "waiting": steps, "serving": listed}, text)
    return Exit.DONE


def _said(found: str, version: str, left: Sequence[Revision], *, dry_run: bool) -> str:
    if dry_run and left:
        return "Nothing was changed; this would be done."
    if found != version:
        return f"The schema was brought from version {found} to {version}."
    if left:
        return "All that is needed is there; `migrate --contract` takes away what is left."
    return "The schema is up to date."
