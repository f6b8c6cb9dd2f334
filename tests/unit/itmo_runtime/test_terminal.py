# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""On a terminal of any width, no line ends within a number or a date."""

from __future__ import annotations

import io
import re
from random import Random

import pytest
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from itmo.runtime.cli.screen import Screen
from itmo.runtime.cli.terminal import Terminal, Whole
from tests.kit.effort import Effort, calls

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


@pytest.mark.parametrize("seed", range(20))
def test_in_a_pipe_a_table_is_laid_out_as_rich_does(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    random = Random(seed)
    texts = [
        "",
        "1 916",
        "COMPLETED",
        SAID,
        "Zürich",
        "北京 碳",
        "e\u0301",
        "x" * 200,
        "[bold]",
        "🌍",
    ]
    heads = tuple(f"column {number}" for number in range(random.randrange(1, 6)))
    rows = [tuple(random.choices(texts, k=len(heads))) for _ in range(random.randrange(1, 9))]
    right = random.sample(heads, random.randrange(len(heads) + 1))
    Screen().table(heads, rows, numbers=right)
    stream = io.StringIO()
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    Console(file=stream, width=10_000).print(table, crop=False)
    assert capsys.readouterr().out == stream.getvalue()


@pytest.mark.parametrize(("width", "most"), [(None, 100), (200, 500), (80, 2_200)])
def test_a_long_table_costs_little_for_each_row(
    width: int | None, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, thousands in every form: twenty thousand rows took most of a minute."""
    monkeypatch.setattr("sys.stdout", io.StringIO() if width is None else _Screen())
    monkeypatch.setenv("COLUMNS", str(width or ""))
    screen, made = Screen(), {}
    for count in (20, 120):
        with calls(found := Effort()):
            screen.table(HEADS, ROWS * (count // len(ROWS)), numbers=("units",))
        made[count] = found.taken
    assert (made[120] - made[20]) // 100 < most


def test_on_a_terminal_states_have_their_colours_in_every_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    for width in (40, 200):
        stream = _Screen()
        monkeypatch.setattr("sys.stdout", stream)
        monkeypatch.setenv("COLUMNS", str(width))
        Screen().table(HEADS, ROWS, numbers=("units",))
        assert "\x1b[32mCOMPLETED" in stream.getvalue()
        assert "\x1b[31mREJECTED" in stream.getvalue()
        assert stream.getvalue().count("\x1b[1m") == (1 if width == 200 else 12)


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


UUID = "0193a6e0-5f3c-7d2e-9b1a-2f6c8d4e1a7b"
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
ACCOUNT = "THA01-100-000000000012-34"
ROWS = (
    (UUID, "transfer", ACCOUNT, "CHE01-100-000000000007-11", "1 916", "COMPLETED"),
    (UUID.replace("a7b", "a7c"), "use", ACCOUNT, ACCOUNT, "7 144 362", "REJECTED: sold elsewhere"),
)
HEADS = ("transaction", "type", "from", "to", "units", "state")


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
@pytest.mark.parametrize("digest", [False, True])
def test_no_column_is_lost_and_no_identifier_broken(width: int, digest: bool) -> None:
    stream = io.StringIO()
    console = Terminal(file=stream, width=width, highlight=False)
    rows = [(*row, DIGEST) for row in ROWS] if digest else ROWS
    heads = (*HEADS, "digest") if digest else HEADS
    table = Table(title="Waiting for you", box=None, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    printed = stream.getvalue()
    assert "Waiting for you" in printed
    for word in (*heads, *(cell for row in rows for cell in row if " " not in cell)):
        assert word in printed, word
    for number in ("1 916", "7 144 362"):
        assert number in printed
    assert printed.count("sold") == printed.count("elsewhere") == 1
    longest = max(map(len, printed.splitlines()))
    assert longest <= max(width, len("transaction  ") + len(DIGEST))


def test_a_table_that_fits_stays_one() -> None:
    stream = io.StringIO()
    console = Terminal(file=stream, width=60, highlight=False)
    table = Table(box=None, pad_edge=False)
    table.add_column("key")
    table.add_column("found")
    table.add_row(ACCOUNT, "a long sentence that has to be broken between its words somewhere")
    console.print(table)
    lines = stream.getvalue().splitlines()
    assert lines[0].split() == ["key", "found"]
    assert len(lines) == 4
    assert all(len(line) <= 60 for line in lines)


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_a_digest_in_a_sentence_is_never_broken(width: int) -> None:
    stream = io.StringIO()
    console = Terminal(file=stream, width=width, highlight=False)
    console.print(f"Send it to the clearing-house and compare its SHA-256: {DIGEST}")
    console.print(f"  [bold]{UUID}[/bold]: [red]No effect[/red]")
    assert DIGEST in stream.getvalue()
    assert UUID in stream.getvalue()
