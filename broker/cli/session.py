# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What every command gets: where the broker lives, and how its answer is shown."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from itmo.forms import as_json
from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.contract import print_json
from itmo.runtime.cli.screen import Screen

if TYPE_CHECKING:
    from broker.settings import BrokerSettings


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line.

    Attributes:
        directory: Holds `broker.toml`.
        as_json: Whether a program reads the answer.
    """

    directory: Path = Path()
    as_json: bool = False

    def settings(self) -> BrokerSettings:
        """Reads the settings.

        Raises:
            ProtocolError: CONFIGURATION_INVALID.
        """
        import os

        from broker.settings import load_settings
        from broker.settings_file import FILE_NAME

        return load_settings(self.directory / FILE_NAME, os.environ)

    def tree(self) -> dict[str, Any]:
        """Reads the settings as they stand in file and environment, for what is asked often.

        Raises:
            ProtocolError: CONFIGURATION_INVALID.
        """
        import os

        from broker.settings_file import FILE

        return FILE.tree(self.directory, os.environ)

    @contextmanager
    def reader(self, *, older: bool = False) -> Iterator[sqlite3.Connection]:
        """Opens the database for reading, whether the broker runs or not.

        Args:
            older: Whether an older version of the schema will do.

        Raises:
            ProtocolError: CONFIGURATION_INVALID, when there is none, or it cannot be read.
        """
        from broker.store.migrate import SCHEMA
        from itmo.runtime.db.head import damaged_database

        path = self.settings().database.path
        if not path.exists():
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                f"There is no database {path} yet; it is made by the first `broker serve` or"
                " `broker admit`.",
                setting="database",
                found=str(path),
            )
        try:
            connection = SCHEMA.open_reader(path, older=older)
            try:
                yield connection
            finally:
                connection.close()
        except sqlite3.Error as error:
            raise ProtocolError(
                Reason.CONFIGURATION_INVALID,
                damaged_database(path, error),
                setting="database",
                found=str(path),
            ) from error

    def show(self, value: object, text: Callable[[Screen], None]) -> None:
        """Shows an answer: as JSON for a program, as text for people."""
        if self.as_json:
            print_json({key: as_json(each) for key, each in _named(value).items()})
        else:
            text(Screen())


def _named(value: object) -> Mapping[str, object]:
    """An answer as names and values; a list has a name, so that more can be said beside it."""
    if isinstance(value, Mapping):
        return value
    return {field.name: getattr(value, field.name) for field in fields(value)}  # type: ignore[arg-type]  # a view


def session() -> Session:
    """Returns the session of the command that runs now."""
    found = click.get_current_context().find_root().obj
    return found if isinstance(found, Session) else Session()
