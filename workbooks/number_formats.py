# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a cell shows of its number: the digits, fixed decimals and noughts, a percentage, a date.

A spreadsheet stores 1 where it shows 1.0 or 0001; a Party sees and means what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Final

from defusedxml.ElementTree import parse
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format

SHORT_DATE: Final = "mm-dd-yy"
"""The format with number 14: the short date of whatever country the reader is in."""
_GENERAL: Final = "General"
_TEXT: Final = "@"
_DATES_OF_LOCALES: Final = frozenset({*range(27, 37), *range(50, 59), *range(71, 78), 81})
"""Numbers of date formats of East Asian and Thai spreadsheets, which have no code in the file."""
_LOCALE: Final = re.compile(r"\[\$[^\]]*\]|\[[^\]]*\]")
_SKIPPED: Final = re.compile(r"_.|\*.")
_LITERAL: Final = re.compile(r'"([^"]*)"|\\(.)')
_PLAIN: Final = re.compile(
    r"(?P<before>[^0#?.,%EGdmyhs@/]*)(?P<whole>[0#?,]+|General)(?P<fraction>\.[0#?]+)?"
    r"(?P<behind>[^0#?,EGdmyhs@/]*)",
    re.ASCII,
)
_ISO: Final = "yyyy-mm-dd"
_ASKED: Final = "dd/mm/yyyy"
_YEAR_ONLY: Final = frozenset({"yyyy", "yy", "e"})


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A number format of a workbook.

    Attributes:
        code: As the file or the standard has it, its first section only.
        is_date: Whether it shows a date.
    """

    code: str
    is_date: bool = False

    def tells(self) -> bool:
        """Whether it may show something else than the digits of a whole number, or dd/mm/yyyy."""
        if self.is_date:
            return self._form != _ASKED
        return self.shown(7) != "7"

    @property
    def _form(self) -> str:
        code = _LOCALE.sub("", self.code)
        return _LITERAL.sub(lambda found: found[1] or found[2] or "", code).strip().lower()

    @property
    def shows_year_only(self) -> bool:
        """Whether it shows the year of a date and nothing else."""
        return self.is_date and self._form in _YEAR_ONLY

    def shows_date_as_asked(self, *, moment: bool) -> bool:
        """Whether it shows a date as dd/mm/yyyy, or a moment in the order of ISO 8601."""
        return self._form.startswith(_ASKED) or (moment and self._form.startswith(_ISO))

    @property
    def is_percentage(self) -> bool:
        """Whether it shows a hundred times the number."""
        return "%" in _LITERAL.sub("", self.code)

    @property
    def decimals(self) -> int:
        """How many decimals it always shows."""
        parts = _PLAIN.fullmatch(self._spoken())
        return (parts["fraction"] or "").count("0") if parts is not None else 0

    def shown(self, number: float) -> str | None:
        """Returns what a cell shows of a number that is not negative; None where that is not known.

        Separators between thousands are left out.
        """
        parts = _PLAIN.fullmatch(self._spoken())
        if parts is None or number != number or abs(number) > _LARGEST or number < 0:  # noqa: PLR0124 - not a number differs from itself
            return None
        if parts["whole"] == _GENERAL:
            digits = str(int(number)) if number == int(number) else repr(number)
        else:
            scaled = number * 100 if self.is_percentage else number
            places = len(parts["fraction"] or ".") - 1
            whole, _, fraction = f"{scaled:.{places}f}".partition(".")
            always = (parts["fraction"] or "").count("0")
            while len(fraction) > always and fraction.endswith("0"):
                fraction = fraction[:-1]
            noughts = parts["whole"].count("0")
            digits = whole.zfill(noughts) + (f".{fraction}" if fraction else "")
        return f"{_said(parts['before'])}{digits}{_said(parts['behind'])}".strip()

    def _spoken(self) -> str:
        """The code with its literals put where no letter of a format can be taken for them."""
        code = _SKIPPED.sub("", _LOCALE.sub("", self.code))
        return _LITERAL.sub(
            lambda found: "".join(chr(ord(one) + _APART) for one in found[1] or found[2] or ""),
            code,
        )


_LARGEST: Final = 1e15
"""Spreadsheets are exact to 15 digits."""
_APART: Final = 0xF0000
"""Literals are moved here while a code is taken apart; no file has characters of their own there."""


def _said(text: str) -> str:
    return "".join(chr(ord(one) - _APART) if ord(one) >= _APART else one for one in text)


def cell_formats(styles: IO[bytes]) -> list[NumberFormat]:
    """Returns the number format of each style of a workbook, by the number that cells give.

    Raises:
        ValueError, ParseError: The part is damaged.
    """
    codes: dict[int, str] = {}
    formats: list[NumberFormat] = []
    root = parse(styles).getroot()
    for element in root if root is not None else ():
        tag = _local(element.tag)
        if tag == "numFmts":
            for each in element:
                codes[int(each.get("numFmtId", "0"))] = each.get("formatCode", _GENERAL)
        elif tag == "cellXfs":
            formats = [number_format(int(each.get("numFmtId", "0")), codes) for each in element]
    return formats


def number_format(number: int, codes: Mapping[int, str]) -> NumberFormat:
    """Returns the format with a number; codes of the file come before those of the standard."""
    if number not in codes and number in _DATES_OF_LOCALES:
        return NumberFormat(SHORT_DATE, is_date=True)
    code = codes.get(number) or BUILTIN_FORMATS.get(number, _GENERAL)
    if code == _TEXT:
        code = _GENERAL
    return NumberFormat(_first_section(code), is_date=is_date_format(code))


def _first_section(code: str) -> str:
    quoted = False
    for at, one in enumerate(code):
        if one == '"':
            quoted = not quoted
        elif one == ";" and not quoted and code[at - 1 : at] != "\\":
            return code[:at]
    return code


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]
