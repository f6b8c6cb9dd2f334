# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Under which keys signed messages state something of Kyoto, and the names of its tallies."""

from __future__ import annotations

from typing import Final

from broker.regime.regime import SEPARATOR, Key

RULEBOOK: Final = "kyoto"
PERIOD: Final = "period"
ASSIGNED_AMOUNT: Final = "assigned_amount"
ELIGIBILITY: Final = "eligibility"
PROJECT: Final = "project"


def period(number: int) -> Key:
    """A commitment period."""
    return Key(RULEBOOK, PERIOD, str(number))


def assigned_amount(party: str, number: int) -> Key:
    """What a Party may issue for a commitment period."""
    return Key(RULEBOOK, ASSIGNED_AMOUNT, f"{party}{SEPARATOR}{number}")


def eligibility(party: str) -> Key:
    """Whether a Party may take part in the mechanisms."""
    return Key(RULEBOOK, ELIGIBILITY, party)


def project(party: str, number: int) -> Key:
    """A joint implementation project of a host Party."""
    return Key(RULEBOOK, PROJECT, f"{party}{SEPARATOR}{number}")
