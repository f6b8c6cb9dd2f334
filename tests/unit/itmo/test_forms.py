# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from broker.rulebook.paris.account_types import AccountType
from itmo.forms import as_json, fraction, moment, number
from itmo.lifecycle import State


@dataclass(frozen=True)
class View:
    state: State
    parts: tuple[int, ...]


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, None),
        (True, True),
        (2**63 - 2, 2**63 - 2),
        (AccountType.HOLDING, 100),
        (b"\x00\xff", "00ff"),
        (date(2023, 8, 1), "2023-08-01"),
        (datetime(2023, 8, 1, tzinfo=UTC), "2023-08-01T00:00:00.000Z"),
        (Fraction(1916, 3), {"numerator": 1916, "denominator": 3}),
        (frozenset({"THA", "CHE"}), ["CHE", "THA"]),
        ({2024: Fraction(1)}, {"2024": {"numerator": 1, "denominator": 1}}),
        (View(State.COMPLETED, (1, 2)), {"state": "COMPLETED", "parts": [1, 2]}),
    ],
)
def test_views_as_json(value: object, shown: object) -> None:
    assert as_json(value) == shown


def test_what_has_no_form_is_a_fault() -> None:
    with pytest.raises(TypeError, match="float has no JSON form"):
        as_json(1.5)


def test_texts() -> None:
    assert number(1_116_000) == "1 116 000"
    assert fraction(Fraction(4)) == "4"
    assert fraction(Fraction(1916, 3)) == "638.666667 (1 916/3)"
    assert moment(datetime(2023, 8, 1, 1, 2, 3, tzinfo=UTC)) == "2023-08-01 01:02:03Z"
