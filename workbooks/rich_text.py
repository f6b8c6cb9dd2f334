# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Puts the text of a cell together from its runs: what is raised is a mark, not part of the text.

Footnote letters are raised runs, so that "Vintage" with a raised j would read as another word. What
only tells how a text is pronounced is left out, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Final
from xml.parsers import expat

from workbooks.cell_texts import MAX_TEXT

_PIECE: Final = 1 << 17
_ESCAPED: Final = re.compile("_x([0-9A-Fa-f]{4})_", re.ASCII)
"""How a workbook writes a character that XML cannot hold."""

RUN_TAGS: Final = frozenset({"t", "r", "vertAlign", "rPh"})


class RunText:
    """Collects the text of one cell or shared string from the events of a parser."""

    __slots__ = ("_aloud", "_into", "_lifted", "plain", "raised")

    def __init__(self) -> None:
        self.plain: list[str] = []
        self.raised: list[str] = []
        self._into: list[str] | None = None
        self._lifted = False
        self._aloud = False

    def clear(self) -> None:
        """Begins a new text."""
        self.plain = []
        self.raised = []
        self._into = None
        self._lifted = self._aloud = False

    def enter(self, tag: str, attributes: dict[str, str]) -> None:
        """Takes the beginning of an element of RUN_TAGS."""
        if tag == "t":
            target = self.raised if self._lifted else self.plain
            self._into = None if self._aloud else target
        elif tag == "vertAlign":
            self._lifted = attributes.get("val") == "superscript"
        elif tag == "rPh":
            self._aloud = True

    def leave(self, tag: str) -> None:
        """Takes the end of an element of RUN_TAGS."""
        if tag == "t":
            self._into = None
        elif tag == "r":
            self._lifted = False
        elif tag == "rPh":
            self._aloud = False

    def characters(self, data: str) -> None:
        """Takes text; more than a cell may hold is cut off later, with a finding."""
        if self._into is not None and len(self._into) < MAX_TEXT:
            self._into.append(data)

    def taken(self) -> tuple[str, str]:
        """Returns the text and its raised marks; a text that is raised as a whole is no mark."""
        if len(self.plain) == 1 and not self.raised:
            return unescaped(self.plain[0]), ""
        plain, raised = unescaped("".join(self.plain)), unescaped("".join(self.raised)).strip()
        return (plain, raised) if plain.strip() else (plain + raised, "")


def unescaped(text: str) -> str:
    """Returns the text with the characters for which a workbook writes their number."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def local_name(tag: str) -> str:
    """Returns the name of an element without its prefix."""
    return tag.rpartition(":")[2]


def shared_strings(source: IO[bytes]) -> Iterator[tuple[str, str]]:
    """Yields the shared strings of a workbook, each with its raised marks.

    Raises:
        ValueError, expat.ExpatError: The part is damaged.
    """
    text, found = RunText(), list[tuple[str, str]]()

    def start(name: str, attributes: dict[str, str]) -> None:
        if (tag := local_name(name)) in RUN_TAGS:
            text.enter(tag, attributes)
        elif tag == "si":
            text.clear()

    def end(name: str) -> None:
        if (tag := local_name(name)) in RUN_TAGS:
            text.leave(tag)
        elif tag == "si":
            found.append(text.taken())

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.characters
    parser.StartDoctypeDeclHandler = no_document_type
    while piece := source.read(_PIECE):
        parser.Parse(piece, False)
        yield from found
        found.clear()
    parser.Parse(b"", True)
    yield from found


def no_document_type(*_: object) -> None:
    """Refuses what no part of a workbook has.

    Raises:
        ValueError: Always.
    """
    raise ValueError("no part of a workbook declares a document type")
