# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Serial ranges against a model that is too simple to be wrong: plain sets of numbers."""

from itertools import combinations, pairwise

from hypothesis import given
from hypothesis import strategies as st

from itmo.serials import MAX_SERIAL, SerialRange, first_overlap, merge, parse_serial_range


@st.composite
def small_ranges(draw: st.DrawFn) -> SerialRange:
    first = draw(st.integers(1, 40))
    return SerialRange(first, draw(st.integers(first, 40)))


@st.composite
def large_ranges(draw: st.DrawFn) -> SerialRange:
    ends = sorted(draw(st.tuples(*[st.integers(1, MAX_SERIAL)] * 2)))
    return SerialRange(ends[0], ends[1])


def numbers(*ranges: SerialRange) -> set[int]:
    return {serial for each in ranges for serial in range(each.first, each.last + 1)}


SMALL = small_ranges()
LISTS = st.lists(SMALL, max_size=12)


@given(SMALL, SMALL)
def test_two_ranges(one: SerialRange, other: SerialRange) -> None:
    mine, theirs = numbers(one), numbers(other)
    shared = one.intersection(other)
    assert one.quantity == len(mine)
    assert one.overlaps(other) == other.overlaps(one) == bool(mine & theirs)
    assert one.contains(other) == (theirs <= mine)
    assert (numbers(shared) if shared else set()) == mine & theirs


@given(SMALL, st.integers(-2, 45))
def test_one_number(one: SerialRange, serial: int) -> None:
    assert one.contains(serial) == (serial in numbers(one))


@given(SMALL, SMALL)
def test_subtraction(one: SerialRange, other: SerialRange) -> None:
    parts = one.subtract(other)
    assert numbers(*parts) == numbers(one) - numbers(other)
    assert list(parts) == sorted(parts)
    assert first_overlap(parts) is None


@given(LISTS)
def test_merge(ranges: list[SerialRange]) -> None:
    merged = merge(ranges)
    assert numbers(*merged) == numbers(*ranges)
    assert all(one.last + 1 < following.first for one, following in pairwise(merged))
    assert merge(merged) == merged == merge(reversed(ranges))


@given(LISTS)
def test_first_overlap(ranges: list[SerialRange]) -> None:
    shared = [
        min(numbers(one) & numbers(other))
        for one, other in combinations(ranges, 2)
        if one.overlaps(other)
    ]
    found = first_overlap(ranges)
    assert (found is not None) == bool(shared)
    if found is not None:
        one, other = found
        assert one <= other
        assert one in ranges
        assert other in ranges
        assert min(numbers(one) & numbers(other)) == min(shared)


@given(large_ranges(), large_ranges())
def test_units_are_conserved_at_any_size(one: SerialRange, other: SerialRange) -> None:
    shared = one.intersection(other)
    taken = shared.quantity if shared else 0
    rest = one.subtract(other)
    assert sum(part.quantity for part in rest) + taken == one.quantity
    assert merge((*rest, *([shared] if shared else []))) == (one,)


@given(large_ranges(), st.sampled_from(["-", ".."]))
def test_text_returns(one: SerialRange, delimiter: str) -> None:
    assert parse_serial_range(f"{one.first}{delimiter}{one.last}") == one
