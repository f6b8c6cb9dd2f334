# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a transaction does, as plain data: units issued, moved and changed, and what is counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import Final

from broker.rulebook.general.proposal import TransactionType
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import KyotoCase
from broker.rulebook.kyoto.codes import CONVERTED, UnitType
from broker.rulebook.kyoto.judging import Piece, pieces_of


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
        counted: What is added to counts, by name: issued, held and retired, of a Party for a period.
        reserved: What a transaction that waits keeps of what may be issued.
    """

    issues: tuple[Issued, ...] = ()
    moves: tuple[Moved, ...] = ()
    changes: tuple[Changed, ...] = ()
    counted: tuple[tuple[str, int], ...] = ()
    reserved: tuple[tuple[str, int], ...] = ()


_ISSUED: Final = "kyoto-issued:"


def issued(party: str, period: int) -> str:
    """Name of the count of AAUs that a Party issued for a period."""
    return f"{_ISSUED}{party}:{period}"


def held(party: str, period: int) -> str:
    """Name of the count of units valid in a period that a Party holds."""
    return f"kyoto-held:{party}:{period}"


def retired(party: str, period: int) -> str:
    """Name of the count of units that a Party retired for a period."""
    return f"kyoto-retired:{party}:{period}"


def effects_of(case: KyotoCase) -> Effects:
    """What the transaction would do; to be used only when it is valid."""
    stated, pieces = case.proposed, tuple(pieces_of(case))
    counted = tuple(sorted(_counted(case, pieces).items()))
    if stated.type is TransactionType.ISSUANCE:
        return Effects(
            issues=tuple(Issued(piece, stated.to_account) for piece in pieces),
            counted=counted,
            reserved=tuple(each for each in counted if each[0].startswith(_ISSUED)),
        )
    if stated.type is TransactionType.CONVERSION:
        return Effects(changes=tuple(Changed(piece, _converted(case, piece)) for piece in pieces))
    return Effects(
        moves=tuple(Moved(piece, stated.from_account, stated.to_account) for piece in pieces),
        counted=counted,
    )


def _converted(case: KyotoCase, piece: Piece) -> KyotoAttributes:
    was = piece.attributes
    return replace(
        was,
        unit_type=CONVERTED.get(was.unit_type) if was.unit_type else None,
        project=case.proposed.project,
        track=case.proposed.track,
    )


def _counted(case: KyotoCase, pieces: tuple[Piece, ...]) -> Counter[str]:
    """What changes of the counts; what comes to nothing is left out."""
    counts = Counter[str]()
    giver = case.from_registry.party if case.from_registry else ""
    taker = case.to_registry.party if case.to_registry else ""
    kind = case.proposed.type
    for piece in pieces:
        period, quantity = piece.attributes.applicable_period, piece.range.quantity
        if kind is TransactionType.ISSUANCE:
            if piece.attributes.unit_type is UnitType.AAU:
                counts[issued(taker, period)] += quantity
        else:
            counts[held(giver, period)] -= quantity
        if kind in {TransactionType.ISSUANCE, TransactionType.TRANSFER}:
            counts[held(taker, period)] += quantity
        if kind is TransactionType.RETIREMENT:
            counts[retired(taker, period)] += quantity
    return Counter({name: quantity for name, quantity in counts.items() if quantity})
