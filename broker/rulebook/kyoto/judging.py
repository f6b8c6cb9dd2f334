# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""When a check of the Kyoto rulebook applies, and how one rule is put to all units."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from broker.rulebook.check import Failure
from broker.rulebook.general.judging import issuing, joined
from broker.rulebook.general.looking import gap_of
from broker.rulebook.general.proposal import TransactionType, UnitRole
from broker.rulebook.kyoto.attributes import KyotoAttributes
from broker.rulebook.kyoto.case import KyotoCase, KyotoSegment
from itmo.identifiers import RegistryId, registry_party
from itmo.serials import SerialRange

IN_FORCE: Final = date(2008, 1, 1)
"""The first day of the first commitment period."""
_PARTY: Final = 3
"""Letters of a Party's code, with which the code of a registry begins."""


class KyotoCategory(StrEnum):
    """Groups of checks of its own."""

    ISSUANCE = "issuance"
    CONVERSION = "conversion"
    CDM = "cdm"
    EXTERNAL = "external"
    CANCELLATION = "cancellation"
    RETIREMENT = "retirement"
    CARRY_OVER = "carry_over"
    REPLACEMENT = "replacement"
    EXPIRY = "expiry"
    NOTICE = "notice"
    OPENING = "opening"
    TRANSITION = "transition"


@dataclass(frozen=True, slots=True)
class Piece:
    """Units of the transaction that are alike: stored ones as they are, or ones to be issued."""

    registry: str
    range: SerialRange
    attributes: KyotoAttributes


def activity_of(piece: Piece) -> tuple[str, int]:
    """Host Party and number of the project that units are of."""
    return registry_party(RegistryId(piece.registry)), piece.attributes.project


def pieces_of(case: KyotoCase) -> Iterator[Piece]:
    """The units that act, in the order of the blocks; `gap_of` says what is not among them."""
    for block in case.blocks:
        if block.proposed.role is UnitRole.NAMED:
            continue
        wanted, stated = block.proposed.range, block.proposed.attributes
        if not issuing(case):
            for held in block.segments:
                yield Piece(held.registry, held.range, held.attributes)
        elif wanted is not None and stated is not None:
            yield Piece(block.proposed.registry, wanted, stated)


def named_of(case: KyotoCase) -> Iterator[tuple[KyotoSegment, Piece]]:
    """The units that are only named, such as those that others replace, and where they are stored."""
    for block in case.blocks:
        if block.proposed.role is UnitRole.NAMED:
            for held in block.segments:
                yield held, Piece(held.registry, held.range, held.attributes)


def over(case: KyotoCase, rule: Callable[[KyotoCase, Piece], Failure | None]) -> Failure | None:
    """Puts a rule to all units; those that are not known make it inconclusive."""
    found = [rule(case, piece) for piece in pieces_of(case)]
    return joined([failure for failure in found if failure is not None], gap_of(case))


def converting(case: KyotoCase) -> bool:
    """Conversions."""
    return case.proposed.type is TransactionType.CONVERSION


def external(case: KyotoCase) -> bool:
    """Transfers from a registry of one Party to that of another."""
    return (
        case.proposed.type is TransactionType.TRANSFER
        and case.proposed.between_registries
        and (not case.giver or case.giver != case.taker)
    )


def cancelling(case: KyotoCase) -> bool:
    """Cancellations."""
    return case.proposed.type is TransactionType.CANCELLATION


def transiting(case: KyotoCase) -> bool:
    """Units end here, and others begin in their stead under another rulebook."""
    return case.proposed.begins is not None


def retiring(case: KyotoCase) -> bool:
    """Retirements."""
    return case.proposed.type is TransactionType.RETIREMENT


def carrying_over(case: KyotoCase) -> bool:
    """Units carried over to the next period."""
    return case.proposed.type is TransactionType.CARRY_OVER


def first_time(piece: Piece, party: str) -> bool:
    """Whether units of a Party, which gives them away, leave it for the first time."""
    return piece.registry[:_PARTY] == party and not piece.attributes.transferred


def quantity_of(pieces: Iterable[Piece]) -> int:
    """Units in all."""
    return sum(piece.range.quantity for piece in pieces)


def replacing(case: KyotoCase) -> bool:
    """Replacements."""
    return case.proposed.type is TransactionType.REPLACEMENT
