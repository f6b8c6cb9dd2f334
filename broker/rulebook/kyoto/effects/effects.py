# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transaction does, as plain data: units issued, moved and changed, and what is counted."""

from __future__ import annotations

from dataclasses import dataclass

from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.judging import Piece


@dataclass(frozen=True, slots=True)
class Issued:
    """Units that come into being in an account."""

    piece: Piece
    to_account: str


@dataclass(frozen=True, slots=True)
class Moved:
    """Units that go from one account to another."""

    piece: Piece
    from_account: str
    to_account: str


@dataclass(frozen=True, slots=True)
class Changed:
    """Units that are something else afterwards, where they are."""

    piece: Piece
    after: KyotoAttributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """What completing a transaction does.

    Attributes:
        counted: What is added to counts, by name.
        reserved: What a transaction that waits keeps of counts.
    """

    issues: tuple[Issued, ...] = ()
    moves: tuple[Moved, ...] = ()
    changes: tuple[Changed, ...] = ()
    counted: tuple[tuple[str, int], ...] = ()
    reserved: tuple[tuple[str, int], ...] = ()
