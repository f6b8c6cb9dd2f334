# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What the demonstration says while it runs: coloured on a terminal, plain elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from itmo.runtime.cli.terminal import Terminal

_WIDTH: Final = 100
_STYLES: Final = {
    "COMPLETED": "green",
    "VALIDATED": "yellow",
    "INVALIDATED": "red",
    "REJECTED": "red",
    "TERMINATED": "magenta",
}


class Stage:
    """Tells the story, and remembers where it is for the case that something fails."""

    def __init__(self, *, quiet_output: bool) -> None:
        """Sends everything to standard error where standard output is for a program."""
        stream = sys.stderr if quiet_output else sys.stdout
        width = None if stream.isatty() else _WIDTH
        self._console = Terminal(file=stream, highlight=False, markup=False, width=width)
        self.step = "start"

    def chapter(self, title: str, date: datetime | None = None) -> None:
        """Begins a chapter."""
        self.step = title
        line = Text()
        if date is not None:
            line.append(f"{date:%d %B %Y}  ".lstrip("0"), style="cyan")
        line.append(title, style="bold")
        self._console.print()
        self._console.print(line)

    def say(self, text: str, style: str = "") -> None:
        """Says a sentence."""
        self.step = text
        self._console.print(Text(f"  {text}", style=style))

    def remark(self, text: str) -> None:
        """Says something about the story rather than in it."""
        self._console.print(Padding(Text(f"({text})", style="dim"), (0, 0, 0, 2), expand=False))

    def finding(self, check: str, text: str) -> None:
        """Says which check failed, and why."""
        self._console.print(Padding(Text(f"{check}: {text}"), (0, 0, 0, 14), expand=False))

    def outcome(self, state: str, text: str) -> None:
        """Says how a transaction stands."""
        line = Text("  ")
        line.append(f"{state:<12}", style=_STYLES.get(state, ""))
        line.append(text)
        self._console.print(line)

    def table(self, headings: Sequence[str], rows: Iterable[Sequence[str]], right: str) -> None:
        """Shows a table; columns named in `right` are aligned to the right."""
        made = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
        for heading in headings:
            made.add_column(heading, justify="right" if heading in right.split() else "left")
        for row in rows:
            made.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
        self._console.print(made)

    def plain(self, text: str = "", style: str = "") -> None:
        """Prints a line as it is; never folded, so that it can be copied."""
        self._console.print(Text(text, style=style), soft_wrap=True)
