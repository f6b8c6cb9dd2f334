# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Ranges that lie side by side are asked for as one, which is of the same serials."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from broker.store.weighing import joined, runs

Range = tuple[str, int, int]


def ranges() -> st.SearchStrategy[list[Range]]:
    numbers = st.tuples(st.integers(1, 30), st.integers(0, 4))
    return st.lists(
        st.builds(
            lambda series, numbers: (series, numbers[0], sum(numbers)),
            st.sampled_from(("THA01", "CHE01")),
            numbers,
        )
    )


def serials(of: list[Range]) -> set[tuple[str, int]]:
    return {(series, each) for series, first, last in of for each in range(first, last + 1)}


@given(ranges())
def test_runs_are_of_the_same_serials_and_nothing_lies_beside_one(wanted: list[Range]) -> None:
    found = runs(wanted)
    assert serials(found) == serials(wanted)
    lying = serials(found)
    for series, first, last in found:
        assert {(series, first - 1), (series, last + 1)}.isdisjoint(lying)


def test_what_is_counted_is_joined_only_where_it_overlaps() -> None:
    """A row over two wanted ranges counts twice, as it is looked for twice."""
    assert joined([("THA01", 1, 5), ("THA01", 6, 9), ("THA01", 9, 12)]) == [
        ("THA01", 1, 5),
        ("THA01", 6, 12),
    ]
