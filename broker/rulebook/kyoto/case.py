# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Everything a check of the Kyoto rulebook may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from broker.rulebook.general.accounts import AccountType
from broker.rulebook.general.blocks import BlockFacts, Segment
from broker.rulebook.general.case import Case
from broker.rulebook.kyoto.account_types import ACCOUNT_TYPES, KyotoAccount
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.proposal import KyotoProposed, KyotoProposedBlock


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoSegment(Segment):
    """Stored units, as they are now."""

    attributes: KyotoAttributes


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoBlock(BlockFacts):
    """A proposed block, with what is true of its units."""

    proposed: KyotoProposedBlock
    segments: tuple[KyotoSegment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentPeriod:
    """A commitment period.

    Attributes:
        last_day: Of the period itself.
        true_up_ends: Last day on which it may still be complied with.
    """

    first_day: date
    last_day: date
    true_up_ends: date


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignedAmount:
    """What a Party may issue for a period, and what of it was issued.

    Attributes:
        quantity: AAUs.
        issued: AAUs issued.
        reserved: AAUs of issuances that wait.
    """

    quantity: int
    issued: int = 0
    reserved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KyotoCase(Case):
    """What is known of a proposed transaction, of its Parties, periods and projects."""

    account_types: ClassVar[Mapping[int, AccountType]] = ACCOUNT_TYPES

    proposed: KyotoProposed
    from_account: KyotoAccount | None
    to_account: KyotoAccount | None
    blocks: tuple[KyotoBlock, ...]
    periods: Mapping[int, CommitmentPeriod]
    """By number."""
    assigned: Mapping[tuple[str, int], AssignedAmount]
    """By Party and period."""
    eligible: Mapping[str, bool]
    """Whether a Party may take part in the mechanisms; one that is not here is not known."""
    projects: frozenset[tuple[str, int]] = frozenset()
    """Joint implementation projects that are known, by host Party and number."""
