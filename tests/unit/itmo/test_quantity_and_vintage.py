# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import pytest

from itmo.quantity import MAX_QUANTITY, checked_quantity, checked_sum
from itmo.reasons import ProtocolError, Reason
from itmo.vintage import checked_vintage, parse_vintage


@pytest.mark.parametrize("value", [0, 1, MAX_QUANTITY - 1, MAX_QUANTITY])
def test_quantities_within_bounds(value: int) -> None:
    assert checked_quantity(value, "x") == value


@pytest.mark.parametrize(
    "value",
    [
        -1,
        MAX_QUANTITY + 1,
        2**64,
        pytest.param(-(10**9000), id="huge"),
        True,
        False,
        1.0,
        1.5,
        "1",
        None,
    ],
)
def test_quantities_refused(value: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        checked_quantity(value, "block 3")
    assert caught.value.reason is Reason.QUANTITY_INVALID
    assert caught.value.message.startswith("block 3: ")


def test_sums() -> None:
    assert checked_sum([]) == 0
    assert checked_sum([1, 2, 3]) == 6
    assert checked_sum([MAX_QUANTITY, 0]) == MAX_QUANTITY


@pytest.mark.parametrize("values", [[MAX_QUANTITY, 1], [5, -1], [1, True], [1, 2.0]])
def test_sums_refused(values: list[int]) -> None:
    with pytest.raises(ProtocolError) as caught:
        checked_sum(values)
    assert caught.value.reason is Reason.QUANTITY_INVALID


@pytest.mark.parametrize(("text", "year"), [("2021", 2021), ("2022", 2022), ("9999", 9999)])
def test_vintages(text: str, year: int) -> None:
    assert parse_vintage(text, "x") == checked_vintage(year, "x") == year


@pytest.mark.parametrize(
    "text", ["2020", "0000", "202", "20221", " 2022", "+2022", "\uff12\uff10\uff12\uff12", "2_22"]
)
def test_vintage_texts_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_vintage(text, "vintage")
    assert caught.value.reason is Reason.IDENTIFIER_INVALID


@pytest.mark.parametrize("year", [2020, 10_000, 0, -2022, pytest.param(10**9000, id="huge"), True])
def test_vintage_numbers_refused(year: int) -> None:
    with pytest.raises(ProtocolError):
        checked_vintage(year, "vintage")
