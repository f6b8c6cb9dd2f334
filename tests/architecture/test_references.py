# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever a message, a help text or a page sends its reader to is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.architecture import documents
from tests.architecture.sources import ROOT, modules, name_of, nodes, pages, tree

PROTOCOL = ROOT / "proto" / "docs" / "protocol.md"
CHAPTER = re.compile(r"\bchapters? (\d+)")
VAGUE = re.compile(
    r"\b(?:see|in) the [a-z ]*\bchapter\b|\bchapter on\b|\bchapter of recovery\b", re.IGNORECASE
)
NAMED = re.compile(r'"([A-Z][^"]+)" in ([a-z_]+\.md)')
PAGE = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[a-z_]+\.md)\b")
SEEN = re.compile(r'\(?[Ss]ee "([A-Z][^"]+)"')
PROGRAMS = (
    "aef",
    "sef",
    "workbooks",
    "broker",
    "registry_node",
    "proto/itmo",
    "scenarios",
    "office",
)


@cache
def headings(page: Path) -> frozenset[str]:
    found = re.findall(r"^#+ +(.+?) *$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return frozenset(found)


@cache
def chapters() -> frozenset[str]:
    found = (re.match(r"(\d+)\. ", each) for each in headings(PROTOCOL))
    return frozenset(each[1] for each in found if each)


@cache
def named_pages() -> dict[str, Path]:
    return {page.name: page for page in pages()}


def texts() -> Iterator[tuple[str, str]]:
    """Every text that the programs hold, docstrings and help included."""
    for path in modules(*PROGRAMS):
        for node in nodes(tree(path)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield f"{name_of(path)}:{node.lineno}", node.value


def faults(where: str, text: str) -> Iterator[str]:
    for number in CHAPTER.findall(text):
        if number not in chapters():
            yield f"{where}: there is no chapter {number} in protocol.md"
    for vague in VAGUE.findall(text):
        yield f"{where}: {vague!r} names no heading"
    for heading, page in NAMED.findall(text):
        if page not in named_pages() or heading not in headings(named_pages()[page]):
            yield f"{where}: {page} has no heading {heading!r}"
    for page in PAGE.findall(text):
        if page.rpartition("/")[2] not in named_pages():
            yield f"{where}: there is no page {page}"


def test_what_the_programs_say_leads_somewhere() -> None:
    found = [fault for where, text in texts() for fault in faults(where, text)]
    assert found == []
    told = [text for _, text in texts() if NAMED.search(text)]
    assert len(told) >= 3, "messages do lead to chapters of the operator's page"


def test_chapters_and_headings_that_pages_name_are_there() -> None:
    found = []
    for page in pages():
        for line, text in documents.prose(page):
            where = f"{name_of(page)}:{line}"
            found += [
                f"{where}: no chapter {number}"
                for number in CHAPTER.findall(text)
                if number not in chapters()
            ]
            found += [
                f"{where}: no heading {heading!r}"
                for heading in SEEN.findall(text)
                if heading not in headings(page)
            ]
    assert found == []


def test_a_reference_that_leads_nowhere_is_found() -> None:
    for wrong in (
        "see chapter 99",
        "see the recovery chapter",
        '"No such heading" in operating.md',
        "see nowhere.md",
    ):
        assert list(faults("x", wrong)), wrong
    assert list(faults("x", 'see "The clock" in operating.md and chapter 14 of protocol.md')) == []
