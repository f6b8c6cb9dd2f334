# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Text of cells: made harmless on the way in, escaped on the way out."""

from __future__ import annotations

import re
from typing import Final

MAX_TEXT: Final = 32_767
"""Characters of a cell; more than that no spreadsheet can hold."""

# Everything that prints nothing or turns the direction of writing. Line feeds and tabs stay, as
# people use them; carriage returns do not, as XML turns them into line feeds anyway.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\ufff0-\uffff]"
)
_LIKE_AN_ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)", re.ASCII)
_CARRIAGE: Final = re.compile("\r\n?")


def cleaned(text: str) -> str:
    """Returns the text without what cannot be printed, and without space at either end."""
    return _UNPRINTABLE.sub("", _CARRIAGE.sub("\n", text)).strip()


def escaped(text: str) -> str:
    """Returns the text as a workbook writes it: what would be read as an escape is escaped itself."""
    return _LIKE_AN_ESCAPE.sub("_x005F_", text) if "_x" in text else text


def printable(text: str) -> bool:
    """Says whether cleaning takes nothing out but outer space."""
    return _UNPRINTABLE.search(_CARRIAGE.sub("\n", text)) is None
