# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from itmo.serial_sets import Range, difference, merged, overlaps, quantity, text

RANGES = st.lists(
    st.tuples(st.sampled_from(["CHE01", "THA01"]), st.integers(1, 30), st.integers(0, 8)).map(
        lambda t: (t[0], t[1], t[1] + t[2])
    ),
    max_size=8,
)


def serials(ranges: list[Range]) -> Counter[tuple[str, int]]:
    return Counter(
        (registry, serial) for registry, first, last in ranges for serial in range(first, last + 1)
    )


@given(RANGES)
def test_merged_has_the_same_serials_in_few_ranges(ranges: list[Range]) -> None:
    found = merged(ranges)
    assert serials(found) == Counter(set(serials(ranges)))
    for before, after in pairwise(found):
        assert before[0] < after[0] or before[2] + 1 < after[1]


@given(RANGES)
def test_overlaps_are_serials_that_occur_twice(ranges: list[Range]) -> None:
    assert set(serials(overlaps(ranges))) == {s for s, n in serials(ranges).items() if n > 1}


@given(RANGES, RANGES)
def test_difference_is_that_of_the_sets(ranges: list[Range], without: list[Range]) -> None:
    found = difference(ranges, without)
    assert serials(found) == Counter(set(serials(ranges)) - set(serials(without)))
    assert found == sorted(found)


def test_quantity_and_text() -> None:
    assert quantity([("CHE01", 1, 3), ("CHE01", 2, 2)]) == 4
    assert text(("CHE01", 1, 3)) == "CHE01:1-3"
