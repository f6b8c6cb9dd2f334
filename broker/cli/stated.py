# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the clearing-house was told before: shown, and compared before it is replaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, Final

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.screen import Screen
from itmo.runtime.db.connection import Connection

if TYPE_CHECKING:
    from broker.cli.session import Session

Facts = Mapping[str, str]
"""What a statement says, in words, by name."""
NONE: Final = "none"
_NOTHING: Final = "-"


def show_stated(run: Session, kind: str, name: str, facts: Facts | None) -> None:
    """Shows what was stated last.

    Raises:
        ProtocolError: NOT_FOUND, where nothing was.
    """
    if facts is None:
        raise ProtocolError(
            Reason.NOT_FOUND,
            f"Nothing is stated of {kind} {name} yet; state it with options or --file"
            f" (`broker {kind} --help`).",
            where=kind,
        )

    def text(screen: Screen) -> None:
        screen.line(f"{name}, as it was stated last", "bold")
        screen.facts(facts.items())
        screen.line("With options or --file it is stated anew, as a whole.", "dim")

    run.show({kind: name, "stated": dict(facts)}, text)


def confirm_change(
    run: Session, name: str, before: Facts | None, after: Facts, *, yes: bool
) -> None:
    """Shows what a statement would change of the one before, and asks.

    Raises:
        click.UsageError: --json cannot ask.
        click.Abort: not confirmed.
    """
    changed = [
        (each, f"{(before or {}).get(each, _NOTHING)} becomes {after.get(each, _NOTHING)}")
        for each in dict.fromkeys((*(before or {}), *after))
        if (before or {}).get(each) != after.get(each)
    ]
    if before is None or not changed:
        return
    if not run.as_json:
        screen = Screen()
        screen.line(f"{name} is stated already. What would change:", "bold")
        screen.facts(changed)
    listed = "; ".join(f"{each}: {text}" for each, text in changed)
    run.ask("State it?", yes=yes, needs=f"say --yes to change {name}: {listed}")


def stated_before(run: Session, find: Callable[[Connection], Facts | None]) -> Facts | None:
    """Returns what is found in the books; None where there are none yet, as before the first."""
    from itmo.runtime.db.undamaged import refuse_undamaged

    books = run.settings().database.books
    if not books.made():
        return None
    with closing(books.open_reader()) as connection:
        try:
            return find(connection)
        except sqlite3.OperationalError as error:
            refuse_undamaged(books.file, error)
            return None  # not founded yet, or damaged: whoever opens it to write says which
