# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What goes to the terminal. Data of others is escaped, so that it cannot take the screen over."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import click

from itmo.forms import moment
from itmo.legible import printable
from itmo.runtime.cli.aligned import BETWEEN, aligned, rule_below, width_of
from itmo.runtime.cli.hints import as_typed

if TYPE_CHECKING:
    from itmo.runtime.cli.terminal import Terminal

__all__ = ["Screen", "printable", "style_of"]

_LABEL: Final = 9
"""Columns of a label beside a paragraph."""


class Screen:
    """Text for people on standard output; colour on a terminal only."""

    def __init__(self) -> None:
        # In a file or pipe nothing is coloured or broken; to load `rich` takes a sixth of a short command.
        self._terminal = _terminal() if sys.stdout.isatty() else None

    def line(self, text: object = "", style: str = "") -> None:
        """Prints a line; on a terminal it ends between words, but an identifier is never broken."""
        told = _told(text)
        if self._terminal is None:
            click.echo(told)
            return
        from rich.text import Text

        self._terminal.print(Text(told, style=style), overflow="ignore", crop=False)

    def paragraph(self, text: object, indent: int = 0, style: str = "", label: str = "") -> None:
        """Prints a paragraph, moved in and, on a terminal, wrapped; a label stands to its left."""
        if self._terminal is None:
            before = f"{printable(label):<{_LABEL}} " if label else ""
            click.echo(" " * indent + before + _told(text))
            return
        from rich.padding import Padding
        from rich.table import Table
        from rich.text import Text

        from itmo.runtime.cli.terminal import Whole

        written = Whole(_told(text), style=style, overflow="fold")
        grid = Table.grid(padding=(0, 1, 0, 0))
        if label:
            grid.add_column(width=_LABEL, no_wrap=True)
            grid.add_row(Text(printable(label), style="dim"), written)
        else:
            grid.add_row(written)
        self._terminal.print(Padding(grid, (0, 0, 0, indent), expand=False))

    def heading(self, text: object) -> None:
        """Prints a heading, with an empty line before it."""
        self.line()
        self.line(text, "bold")

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Prints names and values below each other; what is empty or not known is left out.

        A name may be that of JSON; people read it as words.
        """
        known = [
            (name.replace("_", " "), _cell(value))
            for name, value in pairs
            if value not in ("", None)
        ]
        widest = max((len(name) for name, _ in known), default=0)
        for name, value in known:
            self.line(f"{name:<{widest}}  {value}")

    def table(
        self,
        headings: Sequence[str],
        rows: Iterable[Sequence[object]],
        *,
        numbers: Iterable[str] = (),
        empty: str = "none",
        title: str = "",
    ) -> None:
        """Prints a table; states and outcomes have their colours.

        Args:
            headings: Of its columns.
            rows: Their values.
            numbers: Headings of columns that are aligned to the right.
            empty: What is said where there is no row.
            title: Stands above it.
        """
        listed = list(rows)
        if not listed:
            self.line(empty, "dim")
            return
        if title:
            self.line(title, "bold")
        texts, right = [list(map(_cell, row)) for row in listed], frozenset(numbers)
        head, *filled = aligned(headings, texts, right)
        if self._terminal is None:
            click.echo("\n".join(map(BETWEEN.join, [head, [rule_below(head)], *filled])))
            return
        styles = [list(map(style_of, row)) for row in listed]
        if width_of(BETWEEN.join(head)) <= self._terminal.width:
            self._terminal.lines(head, filled, styles)
        else:
            self._terminal.broken(headings, texts, styles, right)


_STYLES: Final = {
    "COMPLETED": "green",
    "OPERATIONAL": "green",
    "PASSED": "green",
    "ok": "green",
    "VALIDATED": "yellow",
    "ACCEPTED": "yellow",
    "WARNING": "yellow",
    "TRANSACTIONS_DISALLOWED": "yellow",
    "INVALIDATED": "red",
    "REJECTED": "red",
    "FAILED": "red",
    "INCONCLUSIVE": "red",
    "ERROR": "red",
    "NON_OPERATIONAL": "red",
    "TERMINATED": "magenta",
    "PROPOSED": "yellow",
    "NOT TAKEN IN": "red",
    "NOT_APPLICABLE": "dim",
}
"""Colours of states and outcomes; what stands behind one, after a colon or in brackets, has it too."""


def _terminal() -> Terminal:
    from itmo.runtime.cli.terminal import Terminal

    return Terminal(
        file=sys.stdout,
        force_terminal=True,
        color_system="auto",
        highlight=False,
        markup=False,
        emoji=False,
    )


def _told(value: object) -> str:
    return as_typed(printable(value))


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(_cell, value))
    if isinstance(value, datetime):
        return moment(value.astimezone(UTC))
    return _told(value)


def style_of(value: object) -> str:
    """The colour of a state or outcome; none of anything else."""
    if not isinstance(value, str):
        return ""
    return _STYLES.get(value.partition(":")[0].partition(" (")[0], "")
