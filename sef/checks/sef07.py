# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Replacements are told twice, and alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.layout import Family
from sef.model import Row, Side, Table, Unit

_ID = "SEF07"
_SAME: Final = (
    Row.REPLACE_TCERS, Row.REPLACE_LCERS, Row.REPLACE_REVERSAL, Row.REPLACE_REPORT,
)  # fmt: skip
_OF_THE_SECOND: Final = (
    (Row.TCERS_EXPIRED, Side.REPLACEMENT, Row.REPLACE_TCERS),
    (Row.LCERS_EXPIRED, Side.REPLACEMENT, Row.REPLACE_LCERS),
    (Row.SUBJECT_REVERSAL, Side.REPLACEMENT, Row.REPLACE_REVERSAL),
    (Row.SUBJECT_REVERSAL, Side.CANCELLATION, Row.CANCEL_REVERSAL),
    (Row.SUBJECT_REPORT, Side.REPLACEMENT, Row.REPLACE_REPORT),
    (Row.SUBJECT_REPORT, Side.CANCELLATION, Row.CANCEL_REPORT),
)


def _compare(_file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    pairs = (
        _OF_THE_SECOND
        if filed.family is Family.CP2
        else [(row, Side.REPLACEMENT, row) for row in _SAME]
    )
    for row, side, of_table_2 in pairs:
        for unit in Unit:
            found = Sum(filed).plus(Table.EXPIRY, row, side, unit)
            expected = Sum(filed).plus(Table.INTERNAL, of_table_2, Side.SUBTRACTIONS, unit)
            yield compared(_ID, f"{of_table_2}, {unit}", found, expected)


TIE = Tie(
    id=_ID,
    title="Table 3 tells the same replacements as table 2 (a)",
    citation="FCCC/SBSTA/2004/9, annex I, paras 16, 27 and 28",
    meaning="Replacements, and in the second period cancellations in their stead, are compared row by row"
    " with the subtractions of table 2 (a).",
    remedy="Enter each of them in both tables.",
    scope=Scope.FILE,
    compare=_compare,
)
