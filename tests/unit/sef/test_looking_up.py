# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""A cell is found by the number of its table and the words of its row, in every layout."""

from __future__ import annotations

import pytest

from sef.layouts import LAYOUTS
from sef.looking_up import spot_of, tables
from sef.model import Row, Side, Spot, Table, Unit


@pytest.mark.parametrize(
    ("layout", "table", "row", "side", "unit", "found"),
    [
        ("cp1-2016", "1", "Party holding", None, Unit.AAU,
         Spot(Table.START, Row.PARTY_HOLDING, Side.QUANTITY, Unit.AAU)),
        ("cp1-2016", "4", "Party holding accounts", None, Unit.AAU,
         Spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.AAU)),
        ("draft-2016", "5", "Party holding", None, Unit.AAU,
         Spot(Table.END, Row.PARTY_HOLDING, Side.QUANTITY, Unit.AAU)),
        ("cp1-2016", "2a", "Retirement", None, Unit.ERU,
         Spot(Table.RETIREMENT, Row.RETIREMENT, Side.QUANTITY, Unit.ERU)),
        ("cp2-2019", "2b", "NO", Side.SUBTRACTIONS, Unit.CER,
         Spot(Table.EXTERNAL, "NO", Side.SUBTRACTIONS, Unit.CER)),
        ("cp2-2019", "5b", "2016", Side.ADDITIONS, Unit.CER,
         Spot(Table.YEARS, 2016, Side.ADDITIONS, Unit.CER)),
        ("cp1-2016", "5a", "2016", Side.ADDITIONS, Unit.CER,
         Spot(Table.YEARS, 2016, Side.ADDITIONS, Unit.CER)),
        ("cp1-2016", "2b", "Independently verified ERU", None, Unit.ERU,
         Spot(Table.VERIFIED_ERUS, Row.VERIFIED_ERUS, Side.SUBTRACTIONS, Unit.ERU)),
        ("cp1-2016", "9", "Party holding", None, Unit.AAU, None),
        ("cp1-2016", "1", "Treasure", None, Unit.AAU, None),
        ("cp1-2016", "1", "Party holding", Side.ADDITIONS, Unit.AAU, None),
    ],
)  # fmt: skip
def test_a_cell_is_found_by_what_people_call_it(
    layout: str, table: str, row: str, side: Side | None, unit: Unit, found: Spot | None
) -> None:
    assert spot_of(LAYOUTS[layout], table, row, unit, side) == found


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_table_of_a_layout_has_a_number(name: str) -> None:
    listed = [form for forms in tables(LAYOUTS[name]).values() for form in forms]
    assert len(listed) == len(list(LAYOUTS[name].forms()))
    assert "" not in tables(LAYOUTS[name])
