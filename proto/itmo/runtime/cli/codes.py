# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Values of the command line that are codes of an older system: written as the code, or as its word."""

from __future__ import annotations

from collections.abc import Mapping

import click

from itmo.reasons import shown


class Code(click.ParamType[int]):
    """A code, such as 3, or its word, such as forest-management."""

    def __init__(self, name: str, words: Mapping[str, int]) -> None:
        """Takes the words by which the codes are known; spaces in them are written as hyphens."""
        self.name = name
        self._words = {word.replace(" ", "-").lower(): code for word, code in words.items()}

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Reads a code."""
        text = str(value).lower()
        found = self._words.get(text) or (int(text) if text.isdecimal() else 0)
        if found not in self._words.values():
            known = ", ".join(f"{code} or {word}" for word, code in self._words.items())
            self.fail(f"{shown(value)} is no {self.name}; write {known}.", param, ctx)
        return found
