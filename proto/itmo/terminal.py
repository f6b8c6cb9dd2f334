# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A terminal on which no line ends within a number or a date, however narrow it is."""

from __future__ import annotations

import re
from typing import Any, Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

_WITHIN: Final = re.compile(
    r"(?<=\d) (?=\d{3}(?!\d))|(?<=\b\d) (?=[A-Z][a-z]{2} \d{4})|(?<=\b\d\d) (?=[A-Z][a-z]{2} \d{4})"
    r"|(?<=\b\d [A-Z][a-z]{2}) (?=\d{4})|(?<=\b\d\d [A-Z][a-z]{2}) (?=\d{4})"
)
"""Spaces between thousands, and between the parts of a date such as 1 Dec 2023."""
_HELD: Final = "\ue000"
"""Stands for such a space while lines are broken: every kind of space is a place to break for `rich`. It
is never printed; of a text of others, what has no form is escaped before (`itmo.legible`)."""


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
    """A console that prints every text as a `Whole`, in tables, too."""

    def render_str(self, text: str, **options: Any) -> Whole:  # noqa: ANN401 - as in rich
        """Reads the styles that are written into a text."""
        return Whole.of(super().render_str(text, **options))

    def print(self, *objects: Any, **options: Any) -> None:  # noqa: ANN401 - as in rich
        """Prints, as `rich` does."""
        reading = {key: options[key] for key in ("markup", "emoji", "highlight") if key in options}
        texts = [
            self.render_str(each, **reading) if isinstance(each, str) else each for each in objects
        ]
        if texts and all(isinstance(each, Text) for each in texts):
            super().print(_Alone(Whole.of(Text(" ").join(texts))), **options)
        else:
            super().print(*texts, **options)
