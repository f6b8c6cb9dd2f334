# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Named counts: they add up, and what would fall below zero stops everything."""

from __future__ import annotations

import pytest

from broker.ledger.tallies import NO_TALLY, Tallies, Tally
from broker.ledger.units import LedgerInvariantBroken


def test_counts_add_up_and_only_what_changed_is_written() -> None:
    tallies = Tallies(["a", "b", "c"], {"a": Tally(5, 2)})
    assert (tallies["a"], tallies["b"], "d" in tallies) == (Tally(5, 2), NO_TALLY, False)
    tallies.add("b", 7)
    tallies.reserve("b", 3)
    tallies.add("a", -5)
    assert tallies.changes() == [("a", 0, 2), ("b", 7, 3)]


@pytest.mark.parametrize("change", ["add", "reserve"])
def test_no_count_falls_below_zero(change: str) -> None:
    tallies = Tallies(["a"], {"a": Tally(1, 1)})
    with pytest.raises(LedgerInvariantBroken, match="a would stand at"):
        getattr(tallies, change)("a", -2)
    assert tallies.changes() == []


@pytest.mark.parametrize("change", ["add", "reserve"])
def test_a_count_that_was_not_loaded_is_never_written(change: str) -> None:
    tallies = Tallies(["a"])
    with pytest.raises(LedgerInvariantBroken, match="b was not loaded"):
        getattr(tallies, change)("b", 1)
