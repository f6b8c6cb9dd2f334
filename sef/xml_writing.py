# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a submission as XML, in the namespace of its period."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from itmo.files import write_whole
from sef.laying_out import expanded, lay_out
from sef.layout import Family, Form, Layout, Line
from sef.model import UNIT_OF_LETTER, CellKind, Header, Row, RowKey, Side, Spot, Submission
from sef.spot_words import words_of
from sef.unplaced import Unplaced
from sef.xml_names import (
    CER,
    FIRST,
    NAMESPACES,
    ROOT,
    SIDES,
    TABLES,
    UNIT,
    TableNames,
    namespace_of,
)


def write_xml(submission: Submission, layout: Layout, path: Path) -> None:
    """Writes a submission as XML; the file appears under its name only when it is complete.

    Args:
        submission: What to write.
        layout: Of a commitment period; the draft has no XML form.
        path: The file; one that exists is replaced.

    Raises:
        Unplaced: The layout has no place for a quantity, or a cell cannot be read.
        OSError: The disk did not take it.
    """
    if unplaced := lay_out(submission, layout).unplaced:
        raise Unplaced(layout.name, tuple(map(words_of, unplaced)))
    ET.register_namespace("", NAMESPACES[layout.family])
    if layout.family is Family.CP2:
        ET.register_namespace("sef1", FIRST)
    text = ET.tostring(_root(submission, layout), encoding="unicode")
    write_whole(path, f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n')


def _root(submission: Submission, layout: Layout) -> ET.Element:
    writer = _Writer(submission, layout.family)
    root = writer.element(None, ROOT)
    writer.header(root, submission.header)
    for _, form in layout.forms():
        writer.table(root, form)
    ET.indent(root)
    return root


class _Writer:
    """Builds the elements of one submission."""

    def __init__(self, submission: Submission, family: Family) -> None:
        self._submission = submission
        self._family = family
        self._tables: dict[str, ET.Element] = {}

    def element(self, parent: ET.Element | None, name: str, text: str = "") -> ET.Element:
        tag = f"{{{namespace_of(name, self._family)}}}{name}"
        made = ET.Element(tag) if parent is None else ET.SubElement(parent, tag)
        if text:
            made.text = text
        return made

    def header(self, root: ET.Element, header: Header) -> None:
        parent = self.element(root, "Header")
        said = {
            "Party": header.registry or header.party,
            "SubmissionYear": str(header.submission_year),
            "ReportedYear": str(header.reported_year),
            "CommitmentPeriod": str(header.period),
            "Version": str(header.version),
            "Source": header.source.value if header.source else "",
            "Status": header.status.value.capitalize() if header.status else "",
            "Timestamp": header.made,
        }
        for name, value in said.items():
            if value:
                self.element(parent, name, value)

    def table(self, root: ET.Element, form: Form) -> None:
        names = TABLES[self._family][form.table]
        parent = self._tables.get(names.table)
        if parent is None:
            parent = self._tables[names.table] = self.element(root, names.table)
        inner = self.element(parent, names.within) if names.within else parent
        for line, key in expanded(form, self._submission):
            if line.row is not None:
                place = self._row(parent, inner, names, line, key)
                self._values(place, form, line, key)

    def _row(
        self, parent: ET.Element, inner: ET.Element, names: TableNames, line: Line, key: RowKey
    ) -> ET.Element:
        if isinstance(key, Row) and (name := dict(names.alone).get(key)):
            if name == "PreviousCP":
                # It stands before the element around the years.
                parent.remove(inner)
                made = self.element(parent, name)
                parent.append(inner)
                return made
            return self.element(parent, name)
        if isinstance(key, Row) and (name := dict(names.inner).get(key)):
            return self.element(inner, name)
        made = self.element(inner, names.rows)
        made.set(names.key, line.xml or str(key))
        return made

    def _values(self, row: ET.Element, form: Form, line: Line, key: RowKey) -> None:
        for at, columns in enumerate(form.columns):
            side = SIDES[columns.side]
            parent = self.element(row, side) if side else row
            name = CER if columns.side is Side.REQUIREMENT else UNIT
            for letter in columns.units:
                spot = Spot(form.table, key, columns.side, UNIT_OF_LETTER[letter])
                cell = self._submission.cell(spot)
                text = cell.text if cell.kind is CellKind.NUMBER else CellKind.NOT_OCCURRING.value
                if cell.kind is not CellKind.NUMBER and not line.is_open(at, spot.unit):
                    text = CellKind.NOT_APPLICABLE.value
                if cell.kind is CellKind.EMPTY:
                    text = ""
                self.element(parent, name, text).set("type", spot.unit.value)
