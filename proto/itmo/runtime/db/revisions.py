# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Revisions of a schema: those that programs of the version before go on working with, and those that take away.

A revision after the first says in its first line what it is: `-- expand`, or `-- contract: needs 0002`
with the oldest version that a program has to know to use a database from which it took something. Each
database keeps this of what was done to it, because a program of the version before has no file of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from itmo.runtime.db.connection import Connection

STEPS: Final = "schema_step"
"""The table of what was done to a database."""
STEPS_TABLE: Final = (
    f"CREATE TABLE IF NOT EXISTS {STEPS} (version TEXT NOT NULL PRIMARY KEY, needs TEXT NOT NULL)"
)
END: Final = "\n--\n"
"""Ends a statement of a revision; a trigger holds semicolons of its own."""
_KIND: Final = re.compile(r"-- (?:expand|contract: needs (\d{4}))")
_NOTE: Final = f"INSERT INTO {STEPS} (version, needs) VALUES (?, ?)"  # noqa: S608  # a name of ours
_AHEAD: Final = f"SELECT version, needs FROM {STEPS} WHERE version > ? ORDER BY version"  # noqa: S608  # as above


@dataclass(frozen=True, slots=True)
class Revision:
    """A step from one version of a schema to the next.

    Attributes:
        version: That it leads to.
        file: Its SQL for SQLite.
        needs: The oldest version that a program has to know after it; empty where the step expands.
    """

    version: str
    file: Path
    needs: str = ""

    @property
    def contracts(self) -> bool:
        """Whether programs of the version before may fail after it."""
        return bool(self.needs)


def revisions_in(folder: Path) -> tuple[Revision, ...]:
    """The revisions of a folder, oldest first.

    Raises:
        ValueError: One after the first does not say what it is.
    """
    files = sorted(folder.glob("*.sql"))
    return tuple(_read(file, first=file == files[0]) for file in files)


def _read(file: Path, *, first: bool) -> Revision:
    version = file.name.partition("_")[0]
    if first:
        return Revision(version, file, needs=version)
    with file.open(encoding="utf-8") as text:
        said = _KIND.fullmatch(text.readline().rstrip("\n"))
    if said is None or (said[1] or "") > version:
        message = (
            f"{file.name} begins neither with `-- expand` nor with `-- contract: needs VERSION`"
        )
        raise ValueError(message)
    return Revision(version, file, said[1] or "")


def note(connection: Connection, revision: Revision) -> None:
    """Keeps that a revision was done."""
    connection.execute(_NOTE, (revision.version, revision.needs))


def steps_after(connection: Connection, version: str) -> list[Revision]:
    """What was done to a database after a version, oldest first; it has the table of it."""
    rows = connection.execute(_AHEAD, (version,)).fetchall()
    return [Revision(made, Path(), needs) for made, needs in rows]
