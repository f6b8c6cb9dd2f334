# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Finds the parts of a workbook by its relations, in either dialect of the standard.

Spreadsheets write the transitional dialect, and the strict one on request; they differ in namespaces
only, so that whoever looks for one of them finds an empty workbook in the other (ISO/IEC 29500).
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

from workbooks.sheet_objects import SheetObject, objects_in

_PACKAGE: Final = "_rels/.rels"
_USUAL: Final = "xl/workbook.xml"
_TRUE: Final = frozenset({"1", "true", "on"})


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """A sheet as the workbook lists it.

    Attributes:
        part: Name of its file in the archive.
        hidden: Whether a spreadsheet hides it, whichever way.
        has_cells: False for a sheet of charts, macros or dialogs.
        objects: What lies on it besides its cells.
    """

    title: str
    part: str
    hidden: bool
    has_cells: bool = True
    objects: tuple[SheetObject, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkbookParts:
    """Where the parts of a workbook are.

    Attributes:
        strings: File of the shared strings; None where it has none.
        styles: File of the styles; None where it has none.
        from_1904: Whether days are counted from 1904.
    """

    sheets: tuple[SheetEntry, ...]
    strings: str | None
    styles: str | None
    from_1904: bool


def workbook_parts(archive: zipfile.ZipFile) -> WorkbookParts:
    """Finds the parts of a workbook.

    Raises:
        ValueError, LookupError, ParseError: The archive is no proper workbook.
    """
    names = {name.casefold(): name for name in archive.namelist()}
    main = _main_part(archive, names)
    root = _root(archive, main)
    relations = _relations(archive, names, main)
    targets = {identity: (kind, part) for identity, kind, part in relations}
    by_kind = {kind: part for _, kind, part in relations}
    return WorkbookParts(
        sheets=tuple(_with_objects(archive, names, each) for each in _sheets(root, targets)),
        strings=by_kind.get("sharedStrings"),
        styles=by_kind.get("styles"),
        from_1904=any(
            each.get("date1904", "0") in _TRUE for each in root if _local(each.tag) == "workbookPr"
        ),
    )


def _sheets(root: Element, targets: Mapping[str, tuple[str, str]]) -> Iterator[SheetEntry]:
    for listed in root:
        if _local(listed.tag) != "sheets":
            continue
        for each in listed:
            identity = next(
                value for name, value in each.attrib.items() if name.endswith("}id") or name == "id"
            )
            kind, part = targets[identity]
            visible = each.get("state", "visible") == "visible"
            yield SheetEntry(each.get("name", ""), part, not visible, kind == "worksheet")


def _with_objects(
    archive: zipfile.ZipFile, names: Mapping[str, str], sheet: SheetEntry
) -> SheetEntry:
    objects = tuple(
        found
        for _, kind, part in _relations(archive, names, sheet.part)
        for found in objects_in(archive, kind, part)
    )
    return replace(sheet, objects=objects) if objects else sheet


def _main_part(archive: zipfile.ZipFile, names: Mapping[str, str]) -> str:
    found = [part for _, kind, part in _relations(archive, names, "") if kind == "officeDocument"]
    return found[0] if found else names[_USUAL]


def _relations(
    archive: zipfile.ZipFile, names: Mapping[str, str], source: str
) -> list[tuple[str, str, str]]:
    """Id, kind and part of the relations of a part; of the package, where no part is named."""
    folder, name = posixpath.split(source)
    listed = posixpath.join(folder, "_rels", f"{name}.rels") if source else _PACKAGE
    if listed.casefold() not in names:
        return []
    return [
        (
            each.get("Id", ""),
            each.get("Type", "").rpartition("/")[2],
            _part(names, folder, each.get("Target", "")),
        )
        for each in _root(archive, names[listed.casefold()])
        if each.get("TargetMode") != "External"
    ]


def _part(names: Mapping[str, str], folder: str, target: str) -> str:
    target = unquote(target.replace("\\", "/"))
    path = target[1:] if target.startswith("/") else posixpath.join(folder, target)
    path = posixpath.normpath(path)
    return names.get(path.casefold(), path)


def _root(archive: zipfile.ZipFile, part: str) -> Element:
    with archive.open(part) as source:
        root = parse(source).getroot()
    if root is None:
        raise ValueError("an empty part")
    return root


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
