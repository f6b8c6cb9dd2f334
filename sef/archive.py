# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""An archive of a registry: which blocks of units lie in which account."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from sef.archive_trail import NoticeRow, TrailRow, UnitsAre


class TotalKey(NamedTuple):
    """By which total units are counted.

    Attributes:
        account: Code of the type of the accounts that they lie in.
        unit: Code of their type.
        period: The commitment period in which they are valid.
        had_left: Whether they had left their Party.
        were_replaced: Whether others had come in their place.
    """

    account: int
    unit: int
    period: int
    had_left: bool = False
    were_replaced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveBlock:
    """Units that are alike, and the account that they lie in.

    Attributes:
        row: Where it stands in the archive, from 1.
        registry: The registry that numbered them.
        unit_type: Code of their type.
        activity: Code of the land-use activity; 0: none.
        project: Host Party and number; empty: none.
        track: 0: none.
        account: The account, which is opened before they are brought in.
        account_registry: The registry that keeps it.
        account_type: Code of its type.
        had_left: Whether they had left their Party.
        were_replaced: Whether others had come in their place.
        notice_type: Of units in an account of mandatory cancellation, the type of the notice by which
            they were cancelled; 0: none, or not told.
    """

    row: int
    registry: str
    first: int
    last: int
    unit_type: int
    original_period: int
    applicable_period: int
    activity: int
    project: str
    track: int
    expiry: date | None
    account: str
    account_registry: str
    account_type: int
    had_left: bool = False
    were_replaced: bool = False
    notice_type: int = 0

    @property
    def quantity(self) -> int:
        """How many units."""
        return self.last - self.first + 1

    @property
    def kind(self) -> TotalKey:
        """By which total they are counted."""
        return TotalKey(
            self.account_type,
            self.unit_type,
            self.applicable_period,
            self.had_left,
            self.were_replaced,
        )

    @property
    def are(self) -> UnitsAre:
        """What the units are."""
        return UnitsAre(
            unit_type=self.unit_type,
            original_period=self.original_period,
            applicable_period=self.applicable_period,
            activity=self.activity,
            project=self.project,
            track=self.track,
            expiry=self.expiry,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """An archive.

    Attributes:
        digest: SHA-256 over its files.
        trail: What its completed transactions did to units, in their order; empty: it does not tell.
        notices: Notices of the log that it has.
        faults: What is wrong with it, by row; such an archive is not brought in.
    """

    blocks: tuple[ArchiveBlock, ...]
    digest: bytes
    trail: tuple[TrailRow, ...] = ()
    notices: tuple[NoticeRow, ...] = ()
    faults: tuple[str, ...] = ()


def totals_of(blocks: Iterable[ArchiveBlock]) -> Counter[TotalKey]:
    """Units by type of account, type of units and period."""
    found = Counter[TotalKey]()
    for block in blocks:
        found[block.kind] += block.quantity
    return found
