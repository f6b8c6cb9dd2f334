# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Underlying units as ranges: wherever the number stands in an id."""

from __future__ import annotations

import pytest

from broker.rulebook.facts import Underlying
from broker.rulebook.paris.underlying import underlying_range, unit_id

THAI = "TH1-BCH-S0333-57-2022-"


@pytest.mark.parametrize(
    ("first", "last", "prefix", "suffix", "quantity"),
    [
        ("ART-GY-102-2021-11-1", "ART-GY-102-2021-11-8732929", "ART-GY-102-2021-11-", "", 8732929),
        (f"{THAI}16829005-1-0", f"{THAI}16829923-1-0", THAI, "-1-0", 919),
        (f"{THAI}16829005-1-0", f"{THAI}16829005-1-0", THAI, "-1-0", 1),
        ("ART-GY-102-2021-11-7", "ART-GY-102-2021-11-7", "ART-GY-102-2021-11-", "", 1),
        ("9", "12", "", "", 4),
    ],
)
def test_the_number_is_the_part_that_differs(
    first: str, last: str, prefix: str, suffix: str, quantity: int
) -> None:
    read = underlying_range(Underlying("GS", first, last))
    assert read is not None
    assert (read.prefix, read.suffix, read.quantity) == (prefix, suffix, quantity)
    assert unit_id(read, read.first) == first


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (f"{THAI}16829005-1-0", f"{THAI}16829923-2-0"),  # two numbers differ
        ("A-5", "A-4"),
        ("A-5", "B-5"),
        ("A-5", "A-5-1"),
        ("A", "A"),
        ("", ""),
        ("A-1", f"A-{10**18}"),
    ],
)
def test_anything_else_is_no_range(first: str, last: str) -> None:
    assert underlying_range(Underlying("GS", first, last)) is None


def test_series_with_other_flags_do_not_overlap() -> None:
    one = underlying_range(Underlying("T-VER", f"{THAI}16829005-1-0", f"{THAI}16829923-1-0"))
    two = underlying_range(Underlying("T-VER", f"{THAI}16829005-2-0", f"{THAI}16829923-2-0"))
    inside = underlying_range(Underlying("T-VER", f"{THAI}16829100-1-0", f"{THAI}16829100-1-0"))
    assert one is not None
    assert two is not None
    assert inside is not None
    assert not one.overlaps(two)
    assert one.overlaps(inside)
    assert one.contains(inside)
