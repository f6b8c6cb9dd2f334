# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Account numbers of registries: the published ones verify, and no typing error does."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.rulebook.kyoto.account_numbers import (
    AccountNumber,
    check_digits,
    parse_account_number,
)

PUBLISHED = [
    each / "shared" / "fixtures" / "check_digit_vectors.txt"
    for each in Path(__file__).resolve().parents
]
KNOWN = ("GB-210-10000013-1-70", "GB-423-10000024-2-35", "GB-411-10000017-1-84")


def published() -> tuple[str, ...]:
    """All that were published, where they lie beside this copy; three of them wherever it lies."""
    found = next(filter(Path.exists, PUBLISHED), None)
    more = found.read_text(encoding="utf-8").split() if found else ()
    return tuple(dict.fromkeys((*KNOWN, *more)))


@pytest.mark.parametrize("text", published())
def test_a_published_number_verifies_and_is_printed_again(text: str) -> None:
    account = parse_account_number(text)
    assert account is not None
    assert str(account) == text


@pytest.mark.parametrize(
    ("number", "period", "digits"), [(1002, 1, 84), (10455, 0, 61), (12345, 2, 14)]
)
def test_the_digits_of_holding_accounts(number: int, period: int, digits: int) -> None:
    assert check_digits(AccountNumber("GB", 100, number, period), "UK") == digits


def test_letters_that_are_printed_are_tried_too() -> None:
    account = AccountNumber("GB", 100, 77, 1)
    by_printed = check_digits(account, "GB")
    assert by_printed != check_digits(account, "UK")
    assert parse_account_number(f"GB-100-77-1-{by_printed}") == account


@pytest.mark.parametrize("text", ["", "GB-210-10000013-1", "GB-210-0-1-70", "gb-210-10000013-1-70"])
def test_another_form_is_none(text: str) -> None:
    assert parse_account_number(text) is None


@given(
    st.integers(1, 99_999_999), st.sampled_from([100, 210, 423]), st.integers(0, 3),
    st.integers(1, 9), st.data(),
)  # fmt: skip
def test_one_wrong_digit_is_always_found(
    number: int, kind: int, period: int, step: int, data: st.DataObject
) -> None:
    account = AccountNumber("NZ", kind, number, period)
    written = str(number)
    place = data.draw(st.integers(0, len(written) - 1))
    wrong = written[:place] + str((int(written[place]) + step) % 10) + written[place + 1 :]
    if wrong.startswith("0"):
        return
    assert parse_account_number(str(account)) == account
    assert parse_account_number(str(account).replace(f"-{written}-", f"-{wrong}-")) is None
