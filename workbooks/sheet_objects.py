# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Names what lies on a sheet besides its cells, such as pictures, text boxes and comments.

Nothing of it is read; whoever pasted a table as a picture is told so.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

_ANCHORS: Final = frozenset({"twoCellAnchor", "oneCellAnchor", "absoluteAnchor"})
_SHAPES: Final = {
    "pic": "a picture",
    "graphicFrame": "a chart or diagram",
    "sp": "a shape",
    "grpSp": "a group of shapes",
    "cxnSp": "a line",
    "contentPart": "a drawing",
}
_EMBEDDED: Final = {
    "image": "a picture behind the cells",
    "oleObject": "an embedded object",
    "package": "an embedded document",
    "control": "a control",
    "pivotTable": "a pivot table",
}
"""By kind of relation; of the last the cells hold the values, but not all that it would show."""
_COMMENTS: Final = frozenset({"comments", "threadedComment"})
MAX_WORDS: Final = 160
"""Characters of a text box that are repeated."""


@dataclass(frozen=True, slots=True)
class SheetObject:
    """Something on a sheet that is no cell.

    Attributes:
        said: What it is, with the beginning of its text.
        may_hold_rows: Whether a table could be in it; a comment only adds to a cell.
    """

    said: str
    may_hold_rows: bool = True


def objects_in(archive: zipfile.ZipFile, kind: str, part: str) -> Iterator[SheetObject]:
    """Yields what a part that belongs to a sheet puts on it.

    Args:
        archive: The workbook.
        kind: Kind of the relation that names the part.
        part: Name of its file.

    Raises:
        LookupError, ParseError: The archive is no proper workbook.
    """
    if kind in _EMBEDDED:
        yield SheetObject(_EMBEDDED[kind])
    elif kind == "drawing":
        for anchor in _root(archive, part):
            if _local(anchor.tag) in _ANCHORS:
                yield from _anchored(anchor)
    elif kind in _COMMENTS:
        for each in _root(archive, part).iter():
            if _local(each.tag) in {"comment", "threadedComment"}:
                place = each.get("ref", "")
                yield SheetObject(_with_words(f"a comment at {place}", each), may_hold_rows=False)


def _anchored(anchor: Element) -> Iterator[SheetObject]:
    for each in anchor.iter():
        if (name := _SHAPES.get(_local(each.tag))) is not None:
            words = _with_words("a text box", each)
            yield SheetObject(words if words != "a text box" else name)
            return


def _with_words(name: str, element: Element) -> str:
    said = (each.text or "" for each in element.iter() if _local(each.tag) in {"t", "text"})
    text = " ".join(" ".join(said).split())
    return f"{name}: {text[:MAX_WORDS]}" if text else name


def _root(archive: zipfile.ZipFile, part: str) -> Element:
    with archive.open(part) as source:
        root = parse(source).getroot()
    if root is None:
        raise LookupError("an empty part")
    return root


def _local(tag: object) -> str:
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""
