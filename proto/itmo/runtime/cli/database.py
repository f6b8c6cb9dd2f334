# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What `head` and `backup` of both programs say, and how a loss is accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from itmo.clock import SystemClock
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import Exit
from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.session import Session

if TYPE_CHECKING:
    from itmo.runtime.db.back_up import BackUp

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
        "database": known.database if known else "",
        recovery.step: known.position if known else 0,
        recovery.digest: known.digest.hex() if known else "",
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
