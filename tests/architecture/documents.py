# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What pages of documentation hold: links, headings, blocks of commands.

A block of commands that is really run somewhere is announced by a comment on the line above it:

    <!-- executed: NAME -->

NAME is unique in the repository; whatever executes the block finds it here by that name.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.architecture.sources import ROOT, name_of, pages

COMMAND_LANGUAGES: Final = frozenset({"bash", "console", "sh"})
EXECUTED_LANGUAGES: Final = COMMAND_LANGUAGES | {"python", "text"}
"""What may be marked as executed: commands, and code that a test puts into a copy."""
PROGRAMS: Final = ("broker", "registry-node")

_FENCE: Final = re.compile(r"^(\s*)(```+|~~~+)([\w-]*)")
_MARK: Final = re.compile(r"^\s*<!-- executed: ([a-z0-9-]+) -->\s*$")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *#*$")
_LINK: Final = re.compile(
    r"(?<!!)\[(?:[^\[\]]|\[[^\]]*\])*\]\(<?([^()\s>]+(?:\([^()]*\))?)>?[^)]*\)"
)
_CODE: Final = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a page."""

    page: Path
    line: int
    language: str
    text: str
    executed_as: str = ""

    @property
    def where(self) -> str:
        """Where it stands, for a report."""
        return f"{name_of(self.page)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page, in order."""
    mark, fence, start, language, held = "", "", 0, "", list[str]()
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        found = _FENCE.match(line)
        if fence:
            if found and found[2].startswith(fence) and not found[3]:
                yield Block(page, start, language, "\n".join(held), mark)
                fence, mark = "", ""
            else:
                held.append(line)
        elif found:
            fence, start, language, held = found[2], number, found[3], []
        elif line.strip():
            marked = _MARK.match(line)
            mark = marked[1] if marked else ""


def prose(page: Path) -> Iterator[tuple[int, str]]:
    """The lines of a page outside its fenced blocks."""
    fence = ""
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        found = _FENCE.match(line)
        if fence:
            if found and found[2].startswith(fence) and not found[3]:
                fence = ""
        elif found:
            fence = found[2]
        else:
            yield number, line


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Where a page links to."""
    for number, line in prose(page):
        for target in _LINK.findall(_CODE.sub("", line)):
            yield number, target


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as the common renderers make them."""
    made: set[str] = set()
    for _, line in prose(page):
        if found := _HEADING.match(line):
            text = re.sub(r"[^\w\- ]", "", found[1].lower()).strip().replace(" ", "-")
            anchor, count = text, 0
            while anchor in made:
                count += 1
                anchor = f"{text}-{count}"
            made.add(anchor)
    return made


def executed_blocks() -> dict[str, Block]:
    """Every block that is marked as executed, by its name.

    Raises:
        ValueError: two blocks have one name.
    """
    found: dict[str, Block] = {}
    for page in pages():
        for block in blocks(page):
            if not block.executed_as:
                continue
            if block.executed_as in found:
                raise ValueError(f"{block.where}: {block.executed_as} is taken")
            found[block.executed_as] = block
    return found


def marks() -> int:
    """How many marks there are, well placed or not."""
    return sum(bool(_MARK.match(line)) for page in pages() for _, line in prose(page))


def command_lines(block: Block) -> Iterator[str]:
    """What a block tells the reader to type; continued lines are joined."""
    text = block.text.replace("\\\n", " ")
    for line in text.splitlines():
        typed = line.strip()
        if block.language == "console":
            if not typed.startswith("$ "):
                continue
            typed = typed.removeprefix("$ ")
        if typed and not typed.startswith("#"):
            yield typed


def invocations() -> Iterator[tuple[str, str, list[str]]]:
    """Calls of our programs in blocks of commands: where, program, and the words after it."""
    for page in pages():
        for block in blocks(page):
            if block.language not in COMMAND_LANGUAGES:
                continue
            for line in command_lines(block):
                yield from _calls(block.where, line)


def _calls(where: str, line: str) -> Iterator[tuple[str, str, list[str]]]:
    for part in re.split(r"\||&&|;", line):
        try:
            words = shlex.split(part, comments=True)
        except ValueError:
            continue  # a quotation that goes over several lines
        for index, word in enumerate(words):
            if Path(word).name in PROGRAMS:
                yield where, Path(word).name, words[index + 1 :]
                break
            if "=" not in word and word not in {"env", "sudo", "exec", "time"}:
                break


def figures_told(mark: str) -> list[tuple[float, str]]:
    """The figures of a table for operators, each with the constant that is named behind it."""
    text = (ROOT / "deploy" / "docs" / "operating.md").read_text(encoding="utf-8")
    table = text[text.index(f"<!-- {mark} -->") :].split("\n\n")[0]
    told = re.findall(r"(\d[\d .]*)(?: (?:s|h|MiB))? \(`(\w+)`", table)
    assert {name for _, name in told} == set(re.findall(r"`(_?[A-Z_]+_[A-Z_]+)`[,)]", table))
    return [(float(figure.replace(" ", "")), name) for figure, name in told]
