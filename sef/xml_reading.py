# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the XML form, of either namespace; names of rows are compared as labels are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from itmo.files import read_plain_file
from itmo.reasons import ProtocolError
from sef.cell_reading import Read, read_any, read_open, read_shaded
from sef.faults import Fault, Finding
from sef.header_reading import name_findings
from sef.laying_out import REGISTRY
from sef.layout import Family, Form, Layout, Line, Listed
from sef.layouts import fitting
from sef.model import (
    EMPTY_HEADER_YEAR,
    Cell,
    Header,
    Row,
    RowKey,
    Side,
    Source,
    Spot,
    Status,
    Submission,
    Unit,
)
from sef.read_file import ReadFile
from sef.spot_words import words_of
from sef.vocabulary import row_of
from sef.xml_names import ROOT, SECOND, SIDES, TABLES, TableNames
from workbooks.archive_inspection import MIB
from workbooks.raw import Raw
from workbooks.unreadable import refuse

MAX_XML: Final = 8 * MIB
"""Bytes of a file. A submission takes about 200 KiB."""
TRANSACTION: Final = re.compile(r"[A-Z]{2,3}[1-9][0-9]{0,14}", re.ASCII)
_DIGITS: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_LONGEST: Final = 17
"""Characters of a number; a longer one is told as text."""
_HEADER_YEARS: Final = {
    "ReportedYear": "reported year",
    "SubmissionYear": "submission year",
    "CommitmentPeriod": "commitment period",
}


def read_xml(path: Path) -> ReadFile:
    """Reads an XML file.

    Raises:
        Unreadable: It is no XML, declares entities, or is no submission.
    """
    root = _root(path)
    findings: list[Finding] = []
    header = _header(root, findings)
    family = Family.CP2 if root.tag.startswith(f"{{{SECOND}}}") else Family.CP1
    period = 2 if family is Family.CP2 else 1
    layout = fitting(family, period, header.reported_year) or fitting(family, period, 2016)
    if layout is None:
        raise AssertionError("every family has a layout for 2016")
    if header.period not in (0, period):
        found = f"period {header.period}, and the elements of period {period}"
        findings.append(
            Finding(Fault.PERIOD_UNLIKE_TABLES, "Header", "", "commitment period", found)
        )
    reading = _Reading(layout, findings)
    for table in root:
        reading.tables.setdefault(_local(table), table)
    reading.read()
    findings += name_findings(path.name, header)
    return ReadFile(
        submission=Submission(
            header=header, cells=reading.cells, source=path.name, layout=layout.name
        ),
        findings=tuple(findings),
    )


def _root(path: Path) -> Element:
    try:
        content = read_plain_file(path, MAX_XML)
        root: Element = fromstring(content, forbid_dtd=True)
    except ProtocolError as error:
        refuse(path.name, error.message.rstrip("."), "Send the submission only.", MAX_XML)
    except DefusedXmlException:
        refuse(path.name, "the file declares XML entities", "Write it anew without them.")
    except (ParseError, ValueError, LookupError):
        refuse(path.name, "the XML is cut off or damaged", "Write it anew and send it again.")
    if _local(root) != ROOT:
        refuse(
            path.name,
            f"its root is {_local(root)}",
            f"Send a file with the root {ROOT}, or a workbook.",
        )
    return root


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _header(root: Element, findings: list[Finding]) -> Header:
    parent = next((each for each in root if _local(each) == "Header"), None)
    said = (
        {_local(each): (each.text or "").strip() for each in parent} if parent is not None else {}
    )
    numbers: dict[str, int] = {}
    for name, what in _HEADER_YEARS.items():
        text = said.get(name)
        if text is None:
            findings.append(Finding(Fault.HEADER_MISSING, "Header", "", what, ""))
        elif not text.isdigit():
            findings.append(Finding(Fault.HEADER_UNREADABLE, "Header", "", what, text))
        else:
            numbers[name] = int(text)
    party, version = said.get("Party", ""), said.get("Version", "")
    if not party:
        findings.append(Finding(Fault.HEADER_MISSING, "Header", "", "Party", ""))
    source, status = said.get("Source", "").upper(), said.get("Status", "").upper()
    return Header(
        party=party,
        registry=party if REGISTRY.fullmatch(party) else "",
        reported_year=numbers.get("ReportedYear", EMPTY_HEADER_YEAR),
        submission_year=numbers.get("SubmissionYear", EMPTY_HEADER_YEAR),
        period=numbers.get("CommitmentPeriod", EMPTY_HEADER_YEAR),
        version=int(version) if version.isdigit() and int(version) else 1,
        source=Source(source) if source in set(Source) else None,
        status=Status(status) if status in set(Status) else None,
        made=said.get("Timestamp", ""),
    )


@dataclass(slots=True)
class _Reading:
    """A file while it is read."""

    layout: Layout
    findings: list[Finding]
    cells: dict[Spot, Cell] = field(default_factory=dict)
    tables: dict[str, Element] = field(default_factory=dict)

    def read(self) -> None:
        for _, form in self.layout.forms():
            names = TABLES[self.layout.family][form.table]
            table = self.tables.get(names.table)
            if table is None:
                self.findings.append(
                    Finding(Fault.TABLE_MISSING, names.table, "", form.table.value, "")
                )
                continue
            self._table(form, names, table)

    def _table(self, form: Form, names: TableNames, table: Element) -> None:
        seen: set[RowKey] = set()
        for path, row, key, said in _rows(form, names, table):
            line = _line(form, key)
            if key is None or line is None:
                self.findings.append(
                    Finding(Fault.ROW_UNKNOWN, names.table, path, form.table.value, said)
                )
            elif key in seen:
                self.findings.append(
                    Finding(Fault.ROW_TWICE, names.table, path, form.table.value, said)
                )
            else:
                seen.add(key)
                self._row(form, line, key, names.table, path, row)
        for line in form.lines:
            if line.row is not None and not isinstance(line.row, Listed) and line.row not in seen:
                what = f"{form.table.value}: {line.label.strip()}"
                self.findings.append(Finding(Fault.ROW_MISSING, names.table, "", what, ""))

    def _row(
        self, form: Form, line: Line, key: RowKey, table: str, path: str, row: Element
    ) -> None:
        for at, columns in enumerate(form.columns):
            parent = row
            if columns.side is not Side.QUANTITY:
                parent = next((e for e in row if _local(e) == SIDES[columns.side]), Element("none"))
            values = {each.get("type", ""): (each.text or "").strip() for each in parent}
            for unit in Unit:
                if columns.has(unit):
                    spot = Spot(form.table, key, columns.side, unit)
                    raw = _raw(values.get(unit.value, ""))
                    kind, quantity, faults = _read(raw, line, at, unit)
                    where = f"{path}/{SIDES[columns.side]}/{unit.value}".replace("//", "/")
                    self.cells[spot] = Cell(kind, quantity, table, where)
                    self.findings += [
                        Finding(fault, table, where, words_of(spot), str(raw or ""))
                        for fault in faults
                    ]


def _read(raw: Raw, line: Line, side: int, unit: Unit) -> Read:
    if line.is_open(side, unit):
        return read_open(raw)
    if line.may_be_open(side, unit):
        return read_any(raw)
    return read_shaded(raw)


def _raw(text: str) -> Raw:
    """XML has no kinds of values: what looks like a number is one."""
    if _DIGITS.fullmatch(text) is None or len(text) > _LONGEST:
        return text or None
    return float(text) if "." in text else int(text)


def _rows(
    form: Form, names: TableNames, table: Element
) -> Iterator[tuple[str, Element, RowKey | None, str]]:
    """The rows of a table: where, the element, which row, and what it is called."""
    alone = {name: row for row, name in names.alone}
    inner = {name: row for row, name in names.inner}
    around = [each for each in table if names.within and _local(each) == names.within]
    for element in table:
        if (row := alone.get(_local(element))) is not None:
            yield _local(element), element, row, _local(element)
    for element in around[0] if around else table:
        local = _local(element)
        if (row := inner.get(local)) is not None:
            yield local, element, row, local
        elif local == names.rows:
            said = element.get(names.key, "")
            yield f"{local}[{said}]", element, _key(form, names, said), said


def _key(form: Form, names: TableNames, said: str) -> RowKey | None:
    match names.key:
        case "year":
            return int(said) if said.isdigit() else None
        case "registry":
            return said if REGISTRY.fullmatch(said) else None
        case "transactionNumber":
            return said if TRANSACTION.fullmatch(said) else None
        case _:
            named = (line.row for line in form.lines if line.xml == said)
            found = next((row for row in named if isinstance(row, Row)), None)
            if found is None and (labelled := row_of((form.table,), "", said)) is not None:
                return labelled[1]
            return found


def _line(form: Form, key: RowKey | None) -> Line | None:
    if key is None:
        return None
    for line in form.lines:
        if line.row == key and not isinstance(line.row, Listed):
            return line
    if isinstance(key, str) and not isinstance(key, Row):
        return next((line for line in form.lines if isinstance(line.row, Listed)), None)
    return None
