# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""All accounts together change by what was issued, converted, acquired, transferred and carried over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sef.checks.booked import CARRIED, where_corrected, with_booked
from sef.checks.casefile import CaseFile, Filed
from sef.checks.comparison import Comparison, Scope, Sum, Tie, compared
from sef.checks.sef04 import LAND
from sef.layout import Family
from sef.model import Row, RowKey, Side, Table, Unit

_ID = "SEF05"
PROJECTS: Final = (Row.PARTY_VERIFIED, Row.INDEPENDENT)


def _compare(file: CaseFile, filed: Filed) -> Iterator[Comparison]:
    for unit in Unit:
        found = Sum(filed).plus(Table.END, Row.TOTAL, Side.QUANTITY, unit)
        expected = Sum(filed).plus(Table.START, Row.TOTAL, Side.QUANTITY, unit)
        _flows(expected, Table.INTERNAL, unit)
        for side, sign in ((Side.ADDITIONS, 1), (Side.SUBTRACTIONS, -1)):
            expected.plus(Table.EXTERNAL, Row.SUBTOTAL, side, unit, sign)
        if filed.family is Family.DRAFT:
            _flows(expected, Table.CORRECTIONS, unit)
            for row in filed.submission.rows(Table.CORRECTIONS):
                if not isinstance(row, Row):
                    _both(expected, Table.CORRECTIONS, row, unit)
        made = compared(_ID, f"all accounts at the end, {unit}", found, expected)
        booked = with_booked(file, made, unit, (Row.ISSUED_AAUS, *CARRIED))
        yield where_corrected(booked, unit)


def _flows(found: Sum, table: Table, unit: Unit) -> None:
    """Issuance and conversion; what is cancelled or replaced stays in the registry."""
    for row in LAND:
        found.plus(table, row, Side.ADDITIONS, unit)
    for row in PROJECTS:
        _both(found, table, row, unit)


def _both(found: Sum, table: Table, row: RowKey, unit: Unit) -> None:
    found.plus(table, row, Side.ADDITIONS, unit)
    found.minus(table, row, Side.SUBTRACTIONS, unit)


TIE = Tie(
    id=_ID,
    title="All accounts together change by issuance, conversion, transfers and carry-over",
    citation="FCCC/SBSTA/2004/9, annex I, paras 14, 15, 21 and 35",
    meaning="The total of all account types at the end is compared with that at the beginning, plus and"
    " minus what came into the registry or left it; cancelled, replaced and retired units stay in it.",
    remedy="Look for units that came or went without a row, or for a total that was not added up.",
    scope=Scope.FILE,
    compare=_compare,
)
