# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Tells entries from what else stands below the headings of a table.

The official blank itself has its pick-lists there; Parties leave footnotes, examples and totals.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import Enum, auto
from typing import Final

from aef.layout import Column, Need
from aef.list_values import DEFINITIONS, METRICS
from aef.texts import folded, says_nothing
from itmo.nomenclature import PURPOSES
from workbooks.cell_texts import cleaned
from workbooks.raw import Raw

_PRINTED: Final[Mapping[str, tuple[str, ...]]] = {
    "metric": tuple(METRICS),
    "purposes": tuple(map(folded, PURPOSES)),
    "first_transfer_definition": tuple(DEFINITIONS),
    "type": tuple(
        map(folded, ("Acquisition", "Transfer", "Use", "Cancellation", "First transfer"))
    ),
    "mitigation_type": tuple(map(folded, ("Emission reductions", "Removals"))),
}
"""By field, the values that the official blank prints below its headings, one to a row."""
_ASIDE: Final = (
    "example",
    "e.g.",
    "note:",
    "notes:",
    "note ",
    "total",
    "sub-total",
    "subtotal",
    "source:",
    "abbreviation",
    "*",
)
_FOOTNOTE: Final = re.compile(r"(?:\(?[a-z]{1,2}\)?|[0-9]{1,2}|[*\u2020\u2021]+)[\s/.):]+\S+\s+\S")
_SURE: Final = 6
"""So many filled fields are an entry, whatever its first text says."""
_NUMBER: Final = re.compile(r"[(\[]?([0-9]{1,2})[)\].]?", re.ASCII)
_SPREAD: Final = 2
"""Numbers of columns follow each other, but for those of columns that are not of the format."""


class RowKind(Enum):
    """What a row below the headings is."""

    EMPTY = auto()
    ENTRY = auto()
    PICK_LIST = auto()
    ASIDE = auto()


def kind_of_row(raws: Mapping[str, Raw], columns: Mapping[str, Column], below: int = 0) -> RowKind:
    """Classifies a row by its fields that are not empty.

    Args:
        raws: Raw value of each field that it fills.
        columns: The columns of the table, by field.
        below: How many rows it stands below the headings.
    """
    if not raws:
        return RowKind.EMPTY
    sure = len(raws) >= _SURE and type(raws.get("quantity")) is int and raws["quantity"]
    if sure and isinstance(raws.get("metric"), str):
        # Headings, lists and signs are texts; most rows of a large file end here.
        return RowKind.ENTRY
    texts = {field: cleaned(raw) if isinstance(raw, str) else None for field, raw in raws.items()}
    filled = {field: text for field, text in texts.items() if text != ""}
    if not filled:
        return RowKind.EMPTY
    printed = _of_the_blank({name: text or "" for name, text in filled.items()}, columns, below)
    if printed is not None:
        return printed
    if _explains_columns(filled, raws):
        return RowKind.ASIDE
    said = [
        name
        for name, text in filled.items()
        if (raws[name] != 0 if text is None else not says_nothing(text))
    ]
    # Signs and words that there is nothing, noughts, and at most words about it: nothing happened.
    if len(filled) == 1 or all(columns[name].need is Need.OPTIONAL for name in said):
        return RowKind.ASIDE
    if any(
        text is not None and folded(text) == folded(columns[field].title)
        for field, text in filled.items()
    ):
        return RowKind.ASIDE
    first = next(iter(filled.values()))
    if len(filled) < _SURE and first is not None and first.casefold().startswith(_ASIDE):
        return RowKind.ASIDE
    return RowKind.ENTRY


def _explains_columns(filled: Mapping[str, str | None], raws: Mapping[str, Raw]) -> bool:
    """Whether a row numbers the columns, or says in brackets what each of them is."""
    if len(filled) < _SURE:
        return False
    said = [str(raws[name]) if text is None else text for name, text in filled.items()]
    numbers = [int(each[1]) for text in said if (each := _NUMBER.fullmatch(text)) is not None]
    apart = len(set(numbers)) == len(said) and max(numbers) - min(numbers) < _SPREAD * len(said)
    return apart or all(text[:1] == "(" and text[-1:] == ")" for text in said)


def _of_the_blank(
    filled: Mapping[str, str], columns: Mapping[str, Column], below: int
) -> RowKind | None:
    """A row of the pick-lists that the blank prints; None for any other.

    Where it stands in the blank, what is left of it is no word of the Party's. Elsewhere only the whole
    row is taken for one that was moved, and that is told, as the Party may have begun an entry so.
    """
    said = {name: folded(text) for name, text in filled.items()}
    longest = max(map(len, _PRINTED.values()))
    for at in range(longest):
        row = {n: each[at] for n, each in _PRINTED.items() if n in columns and at < len(each)}
        if at == below - 1 and said.items() <= row.items():
            return RowKind.PICK_LIST
        if said == row:
            return RowKind.ASIDE
    return None


def is_footnote(raws: Mapping[str, Raw], marks: Mapping[str, str]) -> bool:
    """Says whether a row is a footnote below a table: one text behind its mark.

    The earlier layout prints its footnotes there, so that they are none of the Party's words.
    """
    (text, *others) = raws.values()
    return (
        not others
        and isinstance(text, str)
        and (bool(marks) or _FOOTNOTE.match(cleaned(text)) is not None)
    )
