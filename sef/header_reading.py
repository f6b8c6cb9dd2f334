# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads whose submission a workbook is: the sheet "Report Information", and the header of each sheet."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from itmo.parties import ALPHA2
from sef.faults import Fault, Finding
from sef.grids import Grid, address
from sef.laying_out import REGISTRY
from sef.model import EMPTY_HEADER_YEAR, Header, Source, Status
from sef.vocabulary import folded, table_of
from workbooks.cell_texts import cleaned
from workbooks.party_names import party_named
from workbooks.raw import Raw

_WORDS: Final = {
    "party": "party",
    "submissionyear": "submission_year",
    "reportedyear": "reported_year",
    "commitmentperiod": "period",
    "cp": "period",
    "registry": "registry",
    "version": "version",
    "status": "status",
    "validity": "validity",
    "source": "source",
}
_NEEDED: Final = ("party", "submission_year", "reported_year", "period")
_NUMBERS: Final = frozenset({"submission_year", "reported_year", "period", "version"})
_YEARS: Final = range(2007, 2100)
_LAST_PERIOD: Final = 2
_SAID: Final = {
    "party": "Party",
    "submission_year": "submission year",
    "reported_year": "reported year",
    "period": "commitment period",
    "registry": "registry",
}
_NAME: Final = re.compile(
    r"RREG1_([A-Z]{2,3})_([0-9]{4})_([0-9])_([0-9]{1,3})(?:\.[A-Za-z]+)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a header, where it stands."""

    field: str
    value: Raw
    sheet: str
    address: str


@dataclass(slots=True)
class FoundHeader:
    """What the headers of a file say together, and the findings on them."""

    header: Header
    findings: list[Finding] = field(default_factory=list)


def read_header(grids: Iterable[Grid]) -> FoundHeader:
    """Reads the header of a workbook; what most of its sheets say counts."""
    grids = list(grids)
    lines = [line for grid in grids for line in _lines(grid)]
    findings: list[Finding] = []
    values: dict[str, str | int] = {}
    for name in dict.fromkeys(_WORDS.values()):
        values[name] = _agreed(name, [each for each in lines if each.field == name], findings)
    with_tables = [grid for grid in grids if any(map(table_of, grid.texts.values()))]
    for grid in with_tables:
        said = {line.field for line in lines if line.sheet == grid.title}
        findings += [
            Finding(Fault.HEADER_MISSING, grid.title, "", _SAID[name], "")
            for name in _NEEDED
            if name not in said
        ]
    header = _header(values)
    if _other_party(header):
        line = next(each for each in lines if each.field == "party")
        findings.append(_finding(Fault.PARTY_UNLIKE_REGISTRY, line))
    return FoundHeader(header, findings)


def _other_party(header: Header) -> bool:
    """Whether the Party is one whose registry has other letters; a name that nobody knows is none."""
    named = party_named(header.party)
    return named is not None and header.registry not in ("", ALPHA2[named])


def _lines(grid: Grid) -> Iterator[Line]:
    first = min((row for (row, _), text in grid.texts.items() if table_of(text)), default=None)
    for (row, column), text in sorted(grid.texts.items()):
        if first is not None and row >= first:
            break
        name = _WORDS.get(folded(text))
        if name is None:
            continue
        right = [(at, raw) for at, raw in grid.row(row) if at > column and raw not in (None, "")]
        at, raw = right[0] if right else (column + 1, None)
        yield Line(name, raw, grid.title, address(row, at))


def _agreed(name: str, lines: list[Line], findings: list[Finding]) -> str | int:
    read: list[tuple[Line, str | int]] = []
    for line in lines:
        value = _value(name, line.value)
        if value is None:
            findings.append(_finding(Fault.HEADER_UNREADABLE, line))
        else:
            read.append((line, value))
    if not read:
        return EMPTY_HEADER_YEAR if name in _NUMBERS else ""
    counted = Counter(value for _, value in read)
    agreed = max(counted, key=lambda value: counted[value])
    findings += [_finding(Fault.HEADER_DIFFERS, line) for line, value in read if value != agreed]
    return agreed


def _finding(fault: Fault, line: Line) -> Finding:
    found = "" if line.value is None else cleaned(str(line.value))
    return Finding(fault, line.sheet, line.address, _SAID.get(line.field, line.field), found)


def _value(name: str, raw: Raw) -> str | int | None:
    """The value of a line; None where it says nothing that fits."""
    if name not in _NUMBERS:
        text = cleaned(raw) if isinstance(raw, str) else ""
        if name == "registry":
            return text if REGISTRY.fullmatch(text) else None
        return text or None
    number = raw
    if isinstance(raw, str) and cleaned(raw).isdigit():
        number = int(cleaned(raw))
    if isinstance(number, bool) or not isinstance(number, int | float) or number != int(number):
        return None
    whole = int(number)
    if name == "period":
        return whole if 1 <= whole <= _LAST_PERIOD else None
    if name == "version":
        return whole if whole > 0 else None
    return whole if whole in _YEARS else None


def _header(values: dict[str, str | int]) -> Header:
    status = str(values["status"]).upper()
    source = str(values["source"]).upper()
    return Header(
        party=str(values["party"]),
        registry=str(values["registry"]),
        reported_year=int(values["reported_year"]),
        submission_year=int(values["submission_year"]),
        period=int(values["period"]),
        version=int(values["version"]) or 1,
        source=Source(source) if source in set(Source) else None,
        status=Status(status) if status in set(Status) else None,
        validity=str(values["validity"]),
    )


def name_findings(name: str, header: Header) -> list[Finding]:
    """Returns where the name of a file says something else than its cells; other names say nothing."""
    read = _NAME.fullmatch(name)
    if read is None:
        return []
    said = (
        ("registry", read[1], header.registry),
        ("reported year", read[2], str(header.reported_year)),
        ("commitment period", read[3], str(header.period)),
        ("version", read[4], str(header.version)),
    )
    return [
        Finding(Fault.FILE_NAME, "", "", what, f"{name}: {named}, while the cells say {cell}")
        for what, named, cell in said
        if named.lstrip("0") != cell
    ]
