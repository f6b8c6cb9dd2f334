# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every command gets: where the broker lives, and how its answer is shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli import session as cli
from itmo.runtime.db.connection import Connection

if TYPE_CHECKING:
    from broker.reports.paris.timeline import Timeline
    from broker.settings import BrokerSettings


_NEAR: Final = 20_000
"""Completed transactions that are taken into a timeline for one question: ten to twenty seconds of one core."""


class NotFounded(ProtocolError):  # noqa: N818  # the name says what happened
    """There is no database, or one without tables and without a head: nothing can have been lost of it."""


@dataclass(frozen=True, slots=True)
class Session(cli.Session):
    """What every command works with: the directory of a broker, and its database."""

    def settings(self) -> BrokerSettings:
        """Reads the settings.

        Raises:
            ProtocolError: CONFIGURATION_INVALID.
        """
        import os

        from broker.settings import load_settings
        from broker.settings_file import FILE_NAME

        return load_settings(self.folder / FILE_NAME, os.environ)

    def tree(self) -> dict[str, Any]:
        """Reads the settings as they stand in file and environment, for what is asked often.

        Raises:
            ProtocolError: CONFIGURATION_INVALID.
        """
        import os

        from broker.settings_file import FILE

        return FILE.tree(self.folder, os.environ)

    @contextmanager
    def reader(self, *, older: bool = False) -> Iterator[Connection]:
        """Opens the database for reading, whether the broker runs or not.

        Args:
            older: Whether an older version of the schema will do.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when there is none, or it cannot be read.
        """
        from itmo.runtime.db.head import damaged_database
        from itmo.runtime.db.migrations import has_tables

        books = self.settings().database.books
        if not books.made():
            raise NotFounded(
                Reason.CONFIGURATION_INVALID,
                f"There is no database {books.shown} yet; it is made by the first `broker serve` or"
                " `broker admit`.",
                setting="database",
                found=books.shown,
            )
        try:
            connection = books.open_reader(older=older)
            try:
                if not has_tables(connection) and not books.shortfall():
                    raise NotFounded(
                        Reason.CONFIGURATION_INVALID,
                        f"The database {books.shown} holds nothing: its founding was cut off, or an empty"
                        " file lies there. Where nothing was decided yet, `broker serve` makes it.",
                        setting="database",
                        found=books.shown,
                    )
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                damaged_database(books.file, error),
                setting="database",
                found=books.shown,
            ) from error

    @contextmanager
    def timeline(self, ledger: Connection) -> Iterator[Timeline | None]:
        """The timeline, brought to the end of the record; None where there is none near it that may be written.

        What is asked of it costs what is answered; without it the whole record is read, which is faster than to
        make one, as the broker does. Who only asks makes none: it would not be the broker's own where root asks.
        """
        from broker.reports.paris.timeline import Timeline
        from broker.reports.paris.timeline_file import beside, is_of_this_program
        from broker.store import log_head
        from itmo.runtime.cli.progress import Bar

        file = beside(self.settings().database.books.file)
        with closing(Timeline(file)) as made:
            found: Timeline | None = None
            try:
                size = log_head.log_size(ledger)
                near = is_of_this_program(file) and _is_near(ledger, made)
                with Bar() as bar:
                    while near and found is None:
                        found = made if made.read_on(ledger) else None
                        # One that is of an older copy of the record begins anew.
                        near = _is_near(ledger, made)
                        bar.at("decisions", made.decisions(ledger), size)
            except (sqlite3.OperationalError, OSError):
                found = None
            yield found


def _is_near(ledger: Connection, made: Timeline) -> bool:
    """Whether little is to be taken in; one decision may have completed a thousand transactions."""
    from broker.reports.completed import nth_completion

    return nth_completion(ledger, made.decisions(ledger) - 1, _NEAR + 1) is None


def session() -> Session:
    """Returns the session of the command that runs now."""
    return cli.session_of(Session)
