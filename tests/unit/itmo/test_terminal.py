# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""On a terminal of any width, no line ends within a number or a date."""

from __future__ import annotations

import io
import re

import pytest
from rich.padding import Padding
from rich.table import Table

from broker.cli.printing import Screen
from itmo.terminal import Terminal, Whole

SAID = "First transfer of 7 144 362 units on 12 Feb 2021; 1 916 of them on 3 Mar 2024, as 12 12345"
WHOLE = ("7 144 362", "12 Feb 2021", "1 916", "3 Mar 2024")
WIDTHS = range(14, 90)


def kept(printed: str) -> bool:
    return all(each in printed for each in WHOLE)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_line_ends_beside_a_number(width: int) -> None:
    stream = io.StringIO()
    Terminal(file=stream, width=width, highlight=False).print(f"[bold]{SAID}[/bold]")
    assert kept(stream.getvalue())
    assert "".join(stream.getvalue().split()) == "".join(SAID.split())


@pytest.mark.parametrize("width", WIDTHS)
def test_in_a_table_too(width: int) -> None:
    stream = io.StringIO()
    table = Table(box=None, pad_edge=False)
    table.add_column("found", overflow="fold")
    table.add_row(SAID)
    console = Terminal(file=stream, width=width, highlight=False)
    console.print(table)
    console.print(Padding(Whole(SAID), (0, 0, 0, 1)))
    assert [each in stream.getvalue() for each in WHOLE] == [True] * len(WHOLE)


def test_styles_and_signs_of_others_stay_as_they_are() -> None:
    stream = io.StringIO()
    console = Terminal(file=stream, width=20, highlight=False)
    console.print("[x] 1 000", markup=False)
    console.print("[bold]1 000[/bold]", "and", style="dim")
    assert stream.getvalue() == "[x] 1 000\n1 000 and\n"


class _Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("width", range(24, 90, 3))
def test_what_the_broker_prints_keeps_numbers_and_identifiers_whole(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = _Screen()
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "xterm")
    screen = Screen()
    digest = "5f" * 32
    screen.line(f"{SAID} {digest}", "bold")
    screen.paragraph(SAID, 2, label="found")
    screen.table(("found", "ok", "units"), [(SAID, 23, "7 144 362")], numbers=("ok", "units"))
    screen.table(("ok", "digest"), [(24, digest)], numbers=("ok",))
    printed = re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue())
    for each in WHOLE:
        assert printed.count(each) == (4 if each == "7 144 362" else 3)
    assert printed.count(digest) == 2
    assert re.search(r"\b23\b", printed)
    assert re.search(r"\b24\b", printed)
