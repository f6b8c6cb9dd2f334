# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Turns the raw value of a field, of whatever kind, into harmless text."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final, Protocol

from aef.cell_values import read_as
from aef.layout import Column, Format
from aef.numbers import EXACT
from aef.syntax_codes import Code
from aef.texts import not_applicable, plain_form
from itmo.nomenclature import NOT_APPLICABLE
from workbooks.cell_texts import MAX_TEXT, cleaned, printable
from workbooks.raw import Raw

LOOSE: Final = frozenset({Format.TEXT, Format.LIST})
"""Formats in which a Party writes what it likes."""
_IDS: Final = frozenset(
    {Format.UNIT_ID, Format.REGISTRY, Format.APPROACH, Format.AUTHORIZATION, Format.VERSION}
)


class Noted(Protocol):
    """Takes a finding on the field: its code and what the value was read as."""

    def __call__(self, code: Code, said: str, *, fatal: bool = False) -> None:
        """Notes it."""


def text_of(column: Column, raw: Raw, noted: Noted) -> str:
    """Returns a raw value as text; empty where it says that the field does not apply.

    Args:
        column: The field.
        raw: What stands there.
        noted: Takes the findings.
    """
    if isinstance(raw, list):
        separator = ", " if column.format is Format.PARTIES else "; "
        raw = separator.join(raw)
    if not isinstance(raw, str):
        return _from_kind(column, raw, noted)
    text = raw.strip()
    if not (text.isascii() and text.isprintable()):
        text = cleaned(raw)
        if not printable(raw):
            noted(Code.CONTROL_CHARACTER, text)
    if len(text) > MAX_TEXT:
        noted(Code.TEXT_TOO_LONG, text[:MAX_TEXT])
        text = text[:MAX_TEXT].strip()
    if column.format not in LOOSE and not text.isascii():
        plain = plain_form(text, is_id=column.format in _IDS).strip()
        if plain != text:
            noted(Code.CHARACTER_FORM, plain)
            text = plain
    if not_applicable(text):
        if text != NOT_APPLICABLE:
            noted(Code.NOT_APPLICABLE_FORM, NOT_APPLICABLE)
        return ""
    return text


def _from_kind(column: Column, raw: Raw, noted: Noted) -> str:
    """A number is as good as the text of its digits; a date or a truth value is a mistake."""
    if not is_text_of_a_kind(raw):
        text = read_as(raw)
        noted(Code.VALUE_KIND, text, fatal=column.format not in LOOSE)
        return text
    if column.format is Format.VERSION:
        # The spreadsheet drops the nought of 1.0, so the text form is what is asked for.
        text = f"{raw}.0" if isinstance(raw, int) else str(raw)
        noted(Code.VERSION_FORMAT, text)
        return text
    if isinstance(raw, float) and raw.is_integer():
        return str(int(raw))
    return str(raw)


def is_text_of_a_kind(raw: Raw) -> bool:
    """Whether a raw value is text, or a number whose digits are."""
    if isinstance(raw, bool | datetime | date | time) or raw is None:
        return False
    return not isinstance(raw, int | float) or abs(raw) <= EXACT


def as_written(raw: Raw) -> str:
    """Returns a raw value as text; the longest number of a file is still shorter than a text may be."""
    return cleaned(str(raw))[:MAX_TEXT]
