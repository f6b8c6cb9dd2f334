# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""One spelling for the ids of units that other systems issued, however somebody wrote them down.

Ids come out of spreadsheets and printed reports: with other dashes, blanks, thousands separators,
leading zeros or a full stop behind them. None of this makes another unit.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MINUS: Final = "\N{MINUS SIGN}"
_EDGES: Final = re.compile(r"^[\s.,;:'\"\u2018-\u201f-]+|[\s.,;:'\"\u2018-\u201f-]+$")
_SEPARATORS: Final = re.compile(r"\s*[-_/][-_/\s]*")
_TO: Final = re.compile(r"(?<=[0-9])\s+to\s+(?=[0-9])", re.ASCII | re.IGNORECASE)
"""Between the numbers of the first and the last unit."""
_GROUPED: Final = re.compile(
    r"(?<![A-Za-z0-9])[0-9]{1,3}(?:([,.'\u2019\s])[0-9]{3})(?:\1[0-9]{3})*(?![0-9])"
)
"""A number with thousands separators of one kind."""
_UNGROUPED: Final = re.compile(r"[,.'\u2019\s]")
_BLANKS: Final = re.compile(r"(?<![0-9])\s+|\s+(?![0-9])")
"""Blanks that do not keep two numbers apart."""
_LEADING_ZEROS: Final = re.compile(r"(?<![0-9])0+(?=[0-9])", re.ASCII)
_NORMAL: Final = re.compile(r"[A-Z0-9]+(?:-[A-Z0-9]+)*", re.ASCII)


class NotReadError(ValueError):
    """Something that has no normal form; the message says what was understood."""


def normal_text(written: str) -> str:
    """An id in capital letters, digits and single dashes, without leading zeros.

    Raises:
        NotReadError: other characters remain, or blanks part it in more than one way.
    """
    plain = written.upper()
    if _NORMAL.fullmatch(plain):  # most are; a fifth of the work
        return _LEADING_ZEROS.sub("", plain)
    text = unicodedata.normalize("NFKC", written)
    kinds = ((each, unicodedata.category(each)) for each in text)
    text = "".join(
        "-" if kind == "Pd" or each == _MINUS else each for each, kind in kinds if kind != "Cf"
    )
    text = _TO.sub("-", _SEPARATORS.sub("-", _EDGES.sub("", text)))
    if "-" in text:
        text = _BLANKS.sub("", _GROUPED.sub(lambda found: _UNGROUPED.sub("", found[0]), text))
    elif any(found[1].isspace() or found[1] == "." for found in _GROUPED.finditer(text)):
        raise NotReadError(f"{text!a} can be read in two ways; write it with dashes")
    else:
        text = "-".join(_GROUPED.sub(lambda found: _UNGROUPED.sub("", found[0]), text).split())
    text = _LEADING_ZEROS.sub("", text.upper())
    if not _NORMAL.fullmatch(text):
        raise NotReadError(f"it is read as {text!a}; expected letters, digits and dashes")
    return text
