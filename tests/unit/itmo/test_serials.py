# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
import dataclasses

import pytest

from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL, SerialRange, first_overlap, merge, parse_serial_range


def test_a_range_is_inclusive() -> None:
    block = SerialRange(1, 1916)
    assert block.quantity == 1916
    assert str(block) == "1-1916"
    assert block.contains(1)
    assert block.contains(1916)
    assert not block.contains(1917)
    assert not block.contains(0)


def test_bounds() -> None:
    assert SerialRange(MAX_SERIAL, MAX_SERIAL).quantity == 1
    assert SerialRange(1, MAX_SERIAL).quantity == MAX_SERIAL == 10**14


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 1),
        (-1, 1),
        (2, 1),
        (1, MAX_SERIAL + 1),
        (True, 2),
        (1, 2.0),
        ("1", 2),
        pytest.param(1, 10**9000, id="huge"),
    ],
)
def test_bad_ranges_cannot_exist(first: int, last: int) -> None:
    with pytest.raises(ProtocolError) as caught:
        SerialRange(first, last)
    assert caught.value.reason is Reason.SERIAL_RANGE_INVALID
    assert {"first", "last"} <= caught.value.metadata.keys()


def test_a_range_cannot_be_edited() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SerialRange(1, 2).last = 3  # type: ignore[misc]  # the point of the test


def test_overlap_with_different_bounds() -> None:
    assert SerialRange(1, 100).overlaps(SerialRange(50, 150))
    assert SerialRange(1, 100).intersection(SerialRange(50, 150)) == SerialRange(50, 100)
    assert not SerialRange(1, 100).overlaps(SerialRange(101, 150))


def test_subtraction_splits_off_the_ends() -> None:
    block = SerialRange(1, 10)
    assert block.subtract(SerialRange(4, 6)) == (SerialRange(1, 3), SerialRange(7, 10))
    assert block.subtract(block) == ()
    assert block.subtract(SerialRange(11, 12)) == (block,)


def test_merge_and_first_overlap_at_the_limits() -> None:
    top = SerialRange(MAX_SERIAL, MAX_SERIAL)
    assert merge([top, SerialRange(1, MAX_SERIAL - 1)]) == (SerialRange(1, MAX_SERIAL),)
    assert first_overlap([top, SerialRange(1, MAX_SERIAL - 1)]) is None
    assert first_overlap([top, top]) == (top, top)


@pytest.mark.parametrize("text", ["1-1916", "1..1916"])
def test_text_forms(text: str) -> None:
    assert parse_serial_range(text) == SerialRange(1, 1916)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1-",
        "-1",
        "1--2",
        "1...2",
        "01-2",
        "0-2",
        "2-1",
        "1 - 2",
        "1-2\n",
        "1,000-2,000",
        "+1-2",
        "1_0-20",
        "1-100000000000001",
        "1-99999999999999999999",
        "\u0661-\u0662",
        "1\u20132",  # en dash
        pytest.param("1-" + "9" * 100_000, id="long"),
    ],
)
def test_bad_texts_are_refused(text: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        parse_serial_range(text, "blocks[0].range")
    assert caught.value.reason is Reason.SERIAL_RANGE_INVALID
    assert caught.value.message.startswith("blocks[0].range: ")
    assert len(caught.value.message) < 300
