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

from broker.reports.aef.layout import Column, Format, Need
from broker.reports.aef.list_values import (
    ACTION_TYPES,
    DEFINITIONS,
    METRICS,
    MITIGATION,
    SUBTYPES,
)
from broker.reports.aef.parsed import Raw
from broker.reports.aef.texts import cleaned, folded, says_nothing
from itmo.nomenclature import PURPOSES

_LISTS: Final[Mapping[Format, frozenset[str]]] = {
    Format.METRIC: frozenset(METRICS),
    Format.MITIGATION: frozenset(MITIGATION),
    Format.DEFINITION: frozenset(DEFINITIONS),
    Format.PURPOSES: frozenset(map(folded, PURPOSES)),
    Format.ACTION_TYPE: frozenset(ACTION_TYPES),
    Format.ACTION_SUBTYPE: frozenset(SUBTYPES),
}
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


class RowKind(Enum):
    """What a row below the headings is."""

    EMPTY = auto()
    ENTRY = auto()
    PICK_LIST = auto()
    ASIDE = auto()


def kind_of_row(raws: Mapping[str, Raw], columns: Mapping[str, Column]) -> RowKind:
    """Classify a row by its fields that are not empty."""
    if not raws:
        return RowKind.EMPTY
    if len(raws) >= _SURE and type(raws.get("quantity")) is int and raws["quantity"]:
        # Headings, lists and signs are texts; most rows of a large file end here.
        return RowKind.ENTRY
    texts = {field: cleaned(raw) if isinstance(raw, str) else None for field, raw in raws.items()}
    filled = {field: text for field, text in texts.items() if text != ""}
    if not filled:
        return RowKind.EMPTY
    if all(
        text is not None and folded(text) in _LISTS.get(columns[field].format, ())
        for field, text in filled.items()
    ):
        return RowKind.PICK_LIST
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


def is_footnote(raws: Mapping[str, Raw], marks: Mapping[str, str]) -> bool:
    """Say whether a row is a footnote below a table: one text behind its mark.

    The earlier layout prints its footnotes there, so that they are none of the Party's words.
    """
    (text, *others) = raws.values()
    return (
        not others
        and isinstance(text, str)
        and (bool(marks) or _FOOTNOTE.match(cleaned(text)) is not None)
    )
