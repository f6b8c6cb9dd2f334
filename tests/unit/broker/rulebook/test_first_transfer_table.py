# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every combination of purposes and definition, over every short life of a unit.

The oracle knows nothing of the rulebook: it writes a life down as words, finds the first event of
each purpose on its own (2/CMA.3 annex para 2), and takes the earlier of the two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations, product

import pytest

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.paris.authorization import AuthorizationHistory
from broker.rulebook.paris.first_transfer import is_first_transfer
from broker.rulebook.paris.lots import Lot
from broker.rulebook.paris.purposes import FirstTransferDefinition, Purpose
from itmo.serials import SerialRange
from tests.unit.broker.rulebook.bases import attributes, authorization

ISSUED, HOME, ABROAD, USED_IMP, CANCELLED_OP, CANCELLED, USED_NDC = (
    "issued", "moved at home", "moved abroad", "used for IMP", "cancelled for OP",
    "cancelled for no purpose", "used towards an NDC",
)  # fmt: skip
MOVES = (HOME, ABROAD)
ENDS = (USED_IMP, CANCELLED_OP, CANCELLED, USED_NDC)
KINDS = {
    ISSUED: (TransactionType.ISSUANCE, 100),
    HOME: (TransactionType.TRANSFER, 100),
    ABROAD: (TransactionType.TRANSFER, 100),
    USED_IMP: (TransactionType.USE, 210),
    CANCELLED_OP: (TransactionType.CANCELLATION, 300),
    CANCELLED: (TransactionType.CANCELLATION, 320),
    USED_NDC: (TransactionType.USE, 200),
}
PURPOSES = tuple(
    frozenset(chosen)
    for chosen in chain.from_iterable(combinations(Purpose, size) for size in (1, 2, 3))
)
DEFINITIONS = (None, *FirstTransferDefinition)
LIVES = tuple(
    (ISSUED, *moves, *end)
    for length in range(4)
    for moves in product(MOVES, repeat=length)
    for end in ((), *((each,) for each in ENDS))
)


def expected(life: tuple[str, ...], purposes: frozenset[str], definition: str | None) -> int | None:
    """Where in its life a unit is first transferred, found the naive way."""
    for_ndc = [place for place, event in enumerate(life) if event == ABROAD]
    events = {
        "AUTHORIZATION": {ISSUED},
        "ISSUANCE": {ISSUED},
        "USE_OR_CANCELLATION": {USED_IMP, CANCELLED_OP},
        None: set(),
    }[definition]
    for_other = [place for place, event in enumerate(life) if event in events]
    candidates = for_ndc[:1] if "NDC" in purposes else []
    if purposes & {"IMP", "OP"}:
        candidates = candidates + for_other[:1]
    return min(candidates, default=None)


def found(
    life: tuple[str, ...],
    purposes: frozenset[Purpose],
    definition: FirstTransferDefinition | None,
) -> Iterator[int]:
    """Where the rulebook first transfers, a part of the block split off at every step."""
    version = authorization(purposes=purposes, definition=definition)
    parts = [
        Lot(
            1, "THA01", SerialRange(1, 64), attributes(), None,
            AuthorizationHistory(versions=(version,)), version,
            first_transferred=False, giver="THA", taker="THA",
        )
    ]  # fmt: skip
    holder = "THA"
    for place, event in enumerate(life):
        taker = {"THA": "CHE", "CHE": "GHA", "GHA": "CHE"}[holder] if event == ABROAD else holder
        kind, account_type = KINDS[event]
        parts = [half for part in parts for half in halves(part)]
        moved = [replace(part, giver=holder, taker=taker) for part in parts]
        marked = [is_first_transfer(part, kind, account_type) for part in moved]
        assert len(set(marked)) == 1, "parts of one block fare alike"
        if marked[0]:
            yield place
        parts = [
            replace(part, first_transferred=part.first_transferred or mark)
            for part, mark in zip(moved, marked, strict=True)
        ]
        holder = taker


def halves(lot: Lot) -> tuple[Lot, Lot]:
    middle = (lot.range.first + lot.range.last) // 2
    return (
        replace(lot, range=SerialRange(lot.range.first, middle)),
        replace(lot, range=SerialRange(middle + 1, lot.range.last)),
    )


@pytest.mark.parametrize("definition", DEFINITIONS)
@pytest.mark.parametrize("purposes", PURPOSES, ids=lambda chosen: "+".join(sorted(chosen)))
def test_units_are_first_transferred_once_by_the_earliest_event(
    purposes: frozenset[Purpose], definition: FirstTransferDefinition | None
) -> None:
    for life in LIVES:
        once = expected(life, frozenset(map(str, purposes)), definition and str(definition))
        assert list(found(life, purposes, definition)) == ([] if once is None else [once]), life


def test_the_table_holds_lives_in_which_the_definition_decides() -> None:
    dual = frozenset({"NDC", "OP"})
    exported_then_cancelled = (ISSUED, ABROAD, CANCELLED_OP)
    assert expected(exported_then_cancelled, dual, "USE_OR_CANCELLATION") == 1
    assert expected(exported_then_cancelled, dual, "ISSUANCE") == 0
    assert (
        expected((ISSUED, HOME, CANCELLED_OP), dual, "USE_OR_CANCELLATION") == 2
    )  # the third event
    assert len(LIVES) == 75  # 15 ways to move, 5 ways to end
