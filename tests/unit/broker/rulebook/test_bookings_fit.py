# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transaction would book fits its units, in every case of the vectors, right or wrong.

Each first transfer books one addition for its host in the year of the mitigation, inside and outside
its NDC; each use towards an NDC one subtraction for its user in the year of use; an indicator the
other way round; a reversal what it undoes (2/CMA.3 annex paras 7-10, 13-14, 16). That is said here
once more, in other words than those of `account_lots`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.accounting import used_towards_ndc
from broker.rulebook.paris.attributes import Metric, UnitType
from broker.rulebook.paris.bookings import EntryKind
from broker.rulebook.paris.case import BookingCase
from tests.unit.broker.rulebook.overrides import case_from
from tests.unit.broker.rulebook.test_vectors import vectors

Row = tuple[str, str, int, int, str, str, int, int]
FALSIFIED = ("entries", "first_transfer", "entry.")


def rows(case: BookingCase) -> list[Row]:
    return sorted(
        (e.kind, e.party, e.year, e.quantity, e.metric, e.registry, e.range.first, e.range.last)
        for e in case.accounting.entries
    )


def expected(case: BookingCase) -> Iterator[Row]:
    if case.proposed.type is TransactionType.REVERSAL:
        for e in case.reversed.entries if case.reversed else ():
            if e.kind is EntryKind.FIRST_TRANSFER:
                undone = EntryKind.FIRST_TRANSFER_REVERSAL
                where = (e.metric, e.registry, e.range.first, e.range.last)
                yield (undone, e.party, e.year, -e.quantity, *where)
        return
    moved = set(case.accounting.first_transfer)
    for lot in case.lots:
        kind = lot.attributes.unit_type
        if lot.attributes.metric is None:
            continue
        gas = lot.attributes.metric is Metric.GHG
        quantity = lot.quantity if gas else -lot.quantity
        metric = "GHG" if gas else lot.attributes.non_ghg_metric
        place = (metric, lot.registry, lot.range.first, lot.range.last)
        if (lot.registry, lot.range) in moved:
            year = lot.attributes.vintage
            yield (EntryKind.FIRST_TRANSFER, lot.host, year, quantity, *place)
        used = used_towards_ndc(case) and kind in {UnitType.ITMO, UnitType.AMO, UnitType.CER}
        if used and lot.taker and case.proposed.year_of_use is not None:
            yield (EntryKind.USE, lot.taker, case.proposed.year_of_use, -quantity, *place)


def cases() -> list[Any]:
    return [
        pytest.param(vector, id=f"{check_id}: {vector['title']}")
        for check_id, listed in vectors().items()
        for vector in listed
        if not any(key.startswith(FALSIFIED) for key in vector.get("set", {}))
    ]


@pytest.mark.parametrize("vector", cases())
def test_bookings_fit_the_units(vector: dict[str, Any]) -> None:
    case = case_from(vector["base"], vector.get("set", {}))
    assert rows(case) == sorted(expected(case))
    units = {(lot.registry, lot.range) for lot in case.lots}
    assert units.issuperset(case.accounting.first_transfer)
