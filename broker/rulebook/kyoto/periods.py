# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What checks of several types of transaction ask of commitment periods."""

from __future__ import annotations

from functools import partial

from broker.rulebook.check import Failure
from broker.rulebook.general.judging import unknown
from broker.rulebook.general.wording import units
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.judging import Piece, over


def valid_in_period_of_account(case: KyotoCase) -> Failure | None:
    """Units enter an account of the period in which they are valid."""
    if case.to_account is None:
        return unknown("the target account is not known, so nor is its commitment period")
    return over(case, partial(_valid_in, case.to_account.period))


def _valid_in(period: int, _: KyotoCase, piece: Piece) -> Failure | None:
    valid = piece.attributes.applicable_period
    if valid == period:
        return None
    return Failure(
        f"{units(piece)} are valid in commitment period {valid}; the account is of period {period}"
    )


def before_true_up_ends(case: KyotoCase) -> Failure | None:
    """The true-up of the period in which units are valid is not over."""
    return over(case, _not_over)


def _not_over(case: KyotoCase, piece: Piece) -> Failure | None:
    number = piece.attributes.applicable_period
    period = case.periods.get(number)
    if period is None:
        return unknown(f"commitment period {number} of {units(piece)} is not known")
    if case.now.date() <= period.true_up_ends:
        return None
    return Failure(
        f"{units(piece)} are valid in commitment period {number}, whose true-up ended on"
        f" {period.true_up_ends}"
    )
