# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the JSON form strictly: an unknown field, a wrong type or a double name refuses the file.

Whoever writes JSON writes it by program and can be held to the form; what the values say is judged
as leniently, and reported as fully, as in a workbook.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final, NoReturn

from aef.doubtful_dates import without_doubtful_dates
from aef.json_writing import FORM, VERSION
from aef.layout import ENTITIES, LISTED, SUBMISSION, Format, Table
from aef.model import (
    ActionRow,
    AuthorizationRow,
    EntityRow,
    Heading,
    HoldingRow,
    Place,
    ReadFile,
    Submission,
)
from aef.notes import Notes
from aef.row_reading import RowReader, Values
from itmo.reasons import shown
from workbooks.archive_inspection import MAX_FILE, MAX_ROWS
from workbooks.progress import EVERY, Progress
from workbooks.raw import Raw
from workbooks.unreadable import refuse

_REMEDY: Final = "Write the form as documented."
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LISTS: Final = frozenset({Format.PARTIES, Format.SECTORS, Format.ACTIVITIES, Format.LIST})
_NUMBERS: Final = frozenset({Format.QUANTITY, Format.YEAR, Format.REPORTED_YEAR})
_DATES: Final = frozenset({Format.DATE, Format.MOMENT})
_KEYS: Final = frozenset({"form", "version", SUBMISSION.key, *(table.key for table in LISTED)})


def read_json(path: Path, progress: Progress | None = None) -> ReadFile:
    """Reads a JSON file.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE, when it is not of the documented form.
    """
    with path.open("rb") as stream:
        content = stream.read(MAX_FILE + 1)
    if len(content) > MAX_FILE:
        refuse(path.name, "the file is too large", "Split it.", MAX_FILE)
    try:
        document = json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_float=_no_float,
            parse_constant=_no_float,
        )
    except (ValueError, RecursionError) as error:
        refuse(path.name, f"this is no proper JSON ({shown(str(error))})", _REMEDY)
    return from_json(document, path.name, progress)


def from_json(document: object, source: str, progress: Progress | None = None) -> ReadFile:
    """Reads the JSON form.

    Args:
        document: What `json.loads` gave.
        source: Name of the file, for messages and for the submission.
        progress: Told rows done and rows in all.

    Raises:
        ProtocolError: AEF_FILE_UNREADABLE.
    """
    form = _Form(source)
    tables = form.mapping(document, "the file", _KEYS)
    if tables.get("form") != FORM or tables.get("version") != VERSION:
        found = f"form {shown(tables.get('form'))}, version {shown(tables.get('version'))}"
        refuse(source, f"{found} is not known here", f"Write form {FORM!r}, version {VERSION}.")
    notes = Notes()
    heading = form.row(SUBMISSION, tables.get(SUBMISSION.key, {}), SUBMISSION.key)
    values = _read(_reader(SUBMISSION, notes), heading, Place(SUBMISSION.key, 1))
    del values["place"]
    listed = {table.key: form.rows(table, tables.get(table.key, [])) for table in LISTED}
    total = sum(map(len, listed.values()))
    read: dict[str, list[Values]] = {}
    done = 0
    for table in LISTED:
        reader = _reader(table, notes)
        read[table.key] = []
        for number, row in enumerate(listed[table.key], 1):
            read[table.key].append(_read(reader, row, Place(table.key, number)))
            done += 1
            if progress is not None and (done % EVERY == 0 or done == total):
                progress(done, total)
    submission = Submission(
        source=source,
        heading=Heading(**values),
        authorizations=tuple(AuthorizationRow(**row) for row in read["authorizations"]),
        actions=tuple(ActionRow(**row) for row in read["actions"]),
        holdings=tuple(HoldingRow(**row) for row in read["holdings"]),
        entities=tuple(EntityRow(**row) for row in read[ENTITIES.key]),
        columns={
            (table.key, "" if table is SUBMISSION else table.key): {
                column.field: Place(table.key, int(table is SUBMISSION), column.field)
                for column in table.columns
            }
            for table in (SUBMISSION, *LISTED)
        },
    )
    submission = without_doubtful_dates(submission, notes)
    return ReadFile(submission=submission, findings=notes.finished())


def _read(reader: RowReader, row: Mapping[str, Raw], place: Place) -> Values:
    return reader.read(row, place, lambda name: Place(place.sheet, place.row, name))


def _reader(table: Table, notes: Notes) -> RowReader:
    return RowReader(table, notes, [column.field for column in table.columns])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _no_float(text: str) -> NoReturn:
    raise ValueError(f"{text[:20]} is no whole number")


class _Form:
    """Holds a document to the documented form."""

    def __init__(self, source: str) -> None:
        self._source = source

    def mapping(self, value: object, where: str, names: frozenset[str]) -> Mapping[str, Any]:
        if not isinstance(value, dict):
            self._refuse(f"{where} is no object")
        unknown = sorted(str(name) for name in value if name not in names)
        if unknown:
            self._refuse(f"{where} has the unknown field {shown(unknown[0])}")
        return value

    def rows(self, table: Table, value: object) -> list[Mapping[str, Raw]]:
        if not isinstance(value, list):
            self._refuse(f"{table.key} is no list")
        if len(value) > MAX_ROWS:
            refuse(self._source, f"{table.key} has too many rows", "Split the table.", MAX_ROWS)
        return [self.row(table, row, f"{table.key}[{at}]") for at, row in enumerate(value)]

    def row(self, table: Table, value: object, where: str) -> Mapping[str, Raw]:
        formats = {column.field: column.format for column in table.columns}
        found = self.mapping(value, where, frozenset(formats))
        return {
            name: self._field(raw, formats[name], f"{where}.{name}") for name, raw in found.items()
        }

    def _field(self, raw: object, form: Format, where: str) -> Raw:
        if isinstance(raw, list):
            if form not in _LISTS or not all(isinstance(each, str) for each in raw):
                self._refuse(f"{where} must not be a list, or holds something else than text")
            return raw
        if raw is None or isinstance(raw, str):
            return _day(raw) if raw is not None and form in _DATES else raw
        if type(raw) is int and form in _NUMBERS:
            return raw
        expected = "a whole number or text" if form in _NUMBERS else "text"
        return self._refuse(f"{where} is {shown(raw)}, expected {expected}")

    def _refuse(self, found: str) -> NoReturn:
        refuse(self._source, found, _REMEDY)


def _day(text: str) -> Raw:
    if _DAY.fullmatch(text) is None:
        return text
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text
