# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A terminal on which no line ends within a number, a date or an identifier, however narrow it is."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.table import Column, Table
from rich.text import Text

from itmo.runtime.cli.aligned import BETWEEN, rule_below, width_of

NOT_A_TERMINAL: Final = 10_000
"""Columns of a file or pipe: nothing is ever cut off or broken there."""
_GAP: Final = 2
"""Columns between a heading and its value where a row is written below itself."""
_WITHIN: Final = re.compile(
    r"(?<=\d) (?=\d{3}(?!\d))|(?<=\b\d) (?=[A-Z][a-z]{2} \d{4})|(?<=\b\d\d) (?=[A-Z][a-z]{2} \d{4})"
    r"|(?<=\b\d [A-Z][a-z]{2}) (?=\d{4})|(?<=\b\d\d [A-Z][a-z]{2}) (?=\d{4})"
)
"""Spaces between thousands, and between the parts of a date such as 1 Dec 2023."""
_HELD: Final = "\ue000"
"""Stands for such a space while lines are broken: every kind of space is a place to break for `rich`. It
is never printed; of a text of others, what has no form is escaped before (`itmo.legible`)."""


def _longest_word(text: str) -> int:
    """Columns of what is not broken."""
    return max(map(width_of, _WITHIN.sub(_HELD, text).split()), default=0)


class Whole(Text):
    """Text whose numbers and dates stay on one line."""

    @classmethod
    def of(cls, text: Text) -> Whole:
        """The same text with the same styles."""
        return cls(
            text.plain, style=text.style, justify=text.justify, overflow=text.overflow,
            no_wrap=text.no_wrap, end=text.end, spans=list(text.spans),
        )  # fmt: skip

    def wrap(self, console: Console, width: int, **options: Any) -> Any:  # noqa: ANN401 - as in rich
        """Breaks the text into lines."""
        lines = self._held().wrap(console, width, **options)
        for line in lines:
            line.plain = line.plain.replace(_HELD, " ")
        return lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return self._held().__rich_measure__(console, options)

    def _held(self) -> Text:
        held = self.copy()
        held.plain = _WITHIN.sub(_HELD, self.plain)
        return held


class _Alone:
    """A text by itself; `rich` puts texts that are printed together into one of its own."""

    def __init__(self, text: Whole) -> None:
        self._text = text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self._text


class Terminal(Console):
    """A console that prints every text as a `Whole`, in tables, too.

    A table whose words do not fit beside each other is written row by row, each value below the other:
    no column is left out, and no identifier is broken.
    """

    def render_str(self, text: str, **options: Any) -> Whole:  # noqa: ANN401 - as in rich
        """Reads the styles that are written into a text."""
        return Whole.of(super().render_str(text, **options))

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - as in rich
        """Prints, as `rich` does."""
        if len(objects) == 1 and isinstance(objects[0], Table) and objects[0].columns:
            if self._fit(objects[0]):
                super().print(objects[0], **options)
            else:
                self._below_each_other(objects[0])
            return
        reading = {key: options[key] for key in ("markup", "emoji", "highlight") if key in options}
        texts = [
            self.render_str(each, **reading) if isinstance(each, str) else each for each in objects
        ]
        if texts and all(isinstance(each, Text) for each in texts):
            # A word that is longer than the line is left to the terminal, which inserts nothing.
            whole = {"overflow": "ignore", "crop": False, **options}
            super().print(_Alone(Whole.of(Text(" ").join(texts))), **whole)
        else:
            super().print(*texts, **options)

    def lines(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        styles: Sequence[Sequence[str]],
    ) -> None:
        """Prints a table whose rows are a line each, cells filled up and each with its style."""
        self._line(Text(BETWEEN.join(headings), style="bold"))
        self._line(Text(rule_below(headings)))
        for cells, of_cells in zip(rows, styles, strict=True):
            line = Text(BETWEEN.join(cells))
            at = 0
            for cell, style in zip(cells, of_cells, strict=True):
                if style:
                    line.stylize(style, at, at + len(cell))
                at += len(cell) + len(BETWEEN)
            self._line(line)

    def _line(self, text: Text) -> None:
        super().print(text, no_wrap=True, overflow="ignore", crop=False)

    def broken(
        self,
        headings: Sequence[str],
        rows: Sequence[Sequence[str]],
        styles: Sequence[Sequence[str]],
        right: Collection[str],
    ) -> None:
        """Prints a table whose rows are too long for a line each."""
        words = [
            max(_longest_word(each) for each in column)
            for column in zip(headings, *rows, strict=True)
        ]
        texts = (
            [Whole(each, style=how) for each, how in zip(cells, of_cells, strict=True)]
            for cells, of_cells in zip(rows, styles, strict=True)
        )
        if sum(words) + len(BETWEEN) * (len(words) - 1) > self.width:
            self._rows_below(headings, texts)
            return
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", show_edge=False)
        for heading in headings:
            table.add_column(heading, justify="right" if heading in right else "left")
        for each in texts:
            table.add_row(*each)
        self.print(table, crop=False)

    def _fit(self, table: Table) -> bool:
        """Gives each column the room that its longest word needs, and the rest to those that want it."""
        options = self.options.update(width=NOT_A_TERMINAL)
        sizes = [
            [Measurement.get(self, options, each) for each in self._cells(column)]
            for column in table.columns
        ]
        least = [max(each.minimum for each in column) for column in sizes]
        wanted = [
            most.maximum - few
            for most, few in zip(
                (max(column, key=lambda each: each.maximum) for column in sizes), least, strict=True
            )
        ]
        bare = Measurement.get(self, options, table).minimum - sum(least)
        spare = self.width - bare - sum(least)
        if spare < 0:
            return False
        asked = max(sum(wanted), 1)
        for column, few, more in zip(table.columns, least, wanted, strict=True):
            column.width = few + min(more, spare * more // asked)
        return True

    def _cells(self, column: Column) -> list[Text]:
        return [
            self.render_str(each) if isinstance(each, str) else Whole.of(each)
            for each in (column.header, *column.cells)
            if isinstance(each, str | Text)
        ]

    def _below_each_other(self, table: Table) -> None:
        columns = [self._cells(column) for column in table.columns]
        if table.title:
            self.print(table.title)
        heads = [head.plain for head, *_ in columns]
        self._rows_below(heads, zip(*(values for _, *values in columns), strict=True))

    def _rows_below(self, heads: Sequence[str], rows: Iterable[Sequence[Text]]) -> None:
        """Writes each row as lines of a heading and a value."""
        label = max(map(len, heads)) + _GAP
        labels = [Text(head.ljust(label), style="bold") for head in heads]
        for number, values in enumerate(rows):
            if number:
                super().print()
            found = (self._labelled(*each) for each in zip(labels, values, strict=True))
            self._line(Text("\n").join(chain.from_iterable(found)))

    def _labelled(self, before: Text, value: Text) -> Iterator[Text]:
        head = len(before.plain)
        if head + value.cell_len <= self.width:
            yield Text.assemble(before, value)
            return
        longest = max((len(each) for each in value.plain.split()), default=0)
        for line in Whole.of(value).wrap(self, max(self.width - head, longest, 1)):
            line.rstrip()
            # An identifier longer than the line is left to the terminal, which inserts nothing.
            yield Text.assemble(before, line)
            before = Text(" " * head)
