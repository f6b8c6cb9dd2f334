# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Unit ranges in own accounts, and the four things that can happen to them.

Two kinds of callers, two manners. An operator's wish is checked first and refused when the units
are not there. A decision of the broker has happened: it is carried out as far as the stored ranges
allow, and what does not fit comes back as a discrepancy for a person to look at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from itmo.reasons import ProtocolError, Reason
from itmo.serials import SerialRange, merge


@dataclass(frozen=True, slots=True, order=True)
class Block:
    """Units of one originating registry."""

    registry: str
    serials: SerialRange

    def __str__(self) -> str:
        return f"{self.registry}:{self.serials}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """A range of units in one account.

    Attributes:
        registry: The originating registry.
        first: First serial number.
        last: Last serial number.
        account_id: The account that holds the units.
        attributes: What is known of the units, as it was signed; the ledger never looks inside.
        marks: What the clearing-house has marked the units with, spaces between; empty: nothing.
        reserved_by: The transaction that they are offered in, or None when free.
    """

    registry: str
    first: int
    last: int
    account_id: str
    attributes: bytes
    marks: str
    reserved_by: str | None

    @property
    def serials(self) -> SerialRange:
        """The serial numbers."""
        return SerialRange(self.first, self.last)

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Changes:
    """Rows that are no more, and rows that are new; delete first."""

    deleted: tuple[Holding, ...]
    inserted: tuple[Holding, ...]


class Ledger:
    """The ranges that one change may touch. Ranges outside were not loaded and stay as they are."""

    __slots__ = ("_loaded", "_rows")

    def __init__(self, rows: Iterable[Holding]) -> None:
        self._rows = sorted(rows, key=_place)
        self._loaded = frozenset(self._rows)
        _check_disjoint(self._rows)

    def free(self, block: Block, account_id: str) -> bool:
        """Says whether an account holds every unit of a block and none is reserved."""
        free = [
            row.serials
            for row in self._overlapping(block)
            if row.account_id == account_id and row.reserved_by is None
        ]
        return any(run.contains(block.serials) for run in merge(free))

    def pieces(self, block: Block) -> tuple[Holding, ...]:
        """Returns the parts of a block that are held here, in serial order."""
        return tuple(_cut(row, block.serials) for row in self._overlapping(block))

    def reserve(self, blocks: Iterable[Block], account_id: str, transaction_id: str) -> None:
        """Reserves units for a transaction, all or none.

        Raises:
            ProtocolError: INSUFFICIENT_HOLDINGS, naming the first block that is not free.
        """
        before = list(self._rows)
        for block in blocks:
            if not self.free(block, account_id):
                reason = self._why_not_free(block, account_id)
                self._rows = before
                raise ProtocolError(
                    Reason.INSUFFICIENT_HOLDINGS,
                    f"{account_id} cannot offer {block}: {reason}; choose other units.",
                    account=account_id,
                    requested=str(block),
                )
            self._change(block, lambda row: replace(row, reserved_by=transaction_id))

    def reserve_what_is_free(
        self, blocks: Iterable[Block], account_id: str, transaction_id: str
    ) -> None:
        """Reserves those of the blocks that are free as a whole, and leaves the others alone."""
        for block in blocks:
            if self.free(block, account_id):
                self._change(block, lambda row: replace(row, reserved_by=transaction_id))

    def release(self, transaction_id: str) -> None:
        """Frees every unit that a transaction reserves; nothing happens when there is none."""
        self._rows = [
            replace(row, reserved_by=None) if row.reserved_by == transaction_id else row
            for row in self._rows
        ]

    def debit(
        self, block: Block, account_id: str, transaction_id: str
    ) -> tuple[tuple[Holding, ...], tuple[str, ...]]:
        """Takes units out of an account because the broker decided so.

        Returns:
            The pieces taken out, and what did not fit: units that were not there, or that this
            node had offered in another transaction.
        """
        taken, discrepancies = [], []
        for piece in self.pieces(block):
            if piece.account_id != account_id:
                continue
            if piece.reserved_by not in (None, transaction_id):
                discrepancies.append(
                    f"{piece.registry}:{piece.serials} left {account_id} although they were reserved"
                    f" by {piece.reserved_by}"
                )
            taken.append(replace(piece, reserved_by=None))
        for piece in taken:
            self._remove(Block(piece.registry, piece.serials))
        missing = [block.serials]
        for piece in taken:
            missing = [rest for run in missing for rest in run.subtract(piece.serials)]
        discrepancies.extend(
            f"{block.registry}:{run} left {account_id}, which did not hold them here"
            for run in missing
        )
        return tuple(taken), tuple(discrepancies)

    def credit(self, holding: Holding) -> tuple[str, ...]:
        """Puts units into an account because the broker decided so.

        Returns:
            What did not fit: units that were held here already. The broker's word replaces them.
        """
        block = Block(holding.registry, holding.serials)
        displaced = self.pieces(block)
        if displaced:
            self._remove(block)
        self._rows.append(holding)
        self._rows.sort(key=_place)
        return tuple(
            f"{piece.registry}:{piece.serials} entered {holding.account_id}, but was held in"
            f" {piece.account_id} here"
            for piece in displaced
        )

    def restate(self, block: Block, change: Callable[[Holding], Holding]) -> None:
        """Changes what is known of the units of a block, as far as they are held here."""
        self._change(block, change)

    def holdings(self) -> tuple[Holding, ...]:
        """Returns all ranges, in order of registry and serial number, neighbours joined."""
        joined: list[Holding] = []
        for row in self._rows:
            if joined and _continues(joined[-1], row):
                joined[-1] = replace(joined[-1], last=row.last)
            else:
                joined.append(row)
        return tuple(joined)

    def changes(self) -> Changes:
        """Returns what differs from what was loaded."""
        _check_disjoint(self._rows)
        rows = self.holdings()
        kept = self._loaded.intersection(rows)
        return Changes(
            deleted=tuple(sorted(self._loaded - kept, key=_place)),
            inserted=tuple(row for row in rows if row not in kept),
        )

    def _overlapping(self, block: Block) -> list[Holding]:
        return [
            row
            for row in self._rows
            if row.registry == block.registry and row.serials.overlaps(block.serials)
        ]

    def _why_not_free(self, block: Block, account_id: str) -> str:
        for piece in self.pieces(block):
            if piece.account_id != account_id:
                return f"{piece.serials} are in {piece.account_id}"
            if piece.reserved_by is not None:
                return f"{piece.serials} are offered in transaction {piece.reserved_by}"
        return "it does not hold all of them"

    def _change(self, block: Block, change: Callable[[Holding], Holding]) -> None:
        pieces = [change(piece) for piece in self.pieces(block)]
        self._remove(block)
        self._rows.extend(pieces)
        self._rows.sort(key=_place)

    def _remove(self, block: Block) -> None:
        rows: list[Holding] = []
        for row in self._rows:
            if row.registry != block.registry or not row.serials.overlaps(block.serials):
                rows.append(row)
                continue
            rows.extend(
                replace(row, first=rest.first, last=rest.last)
                for rest in row.serials.subtract(block.serials)
            )
        self._rows = rows


def _place(row: Holding) -> tuple[str, int]:
    return row.registry, row.first


def _cut(row: Holding, wanted: SerialRange) -> Holding:
    return replace(row, first=max(row.first, wanted.first), last=min(row.last, wanted.last))


def _continues(before: Holding, row: Holding) -> bool:
    return (
        row.first == before.last + 1
        and replace(row, first=before.first, last=before.last) == before
    )


def _check_disjoint(rows: list[Holding]) -> None:
    for before, row in pairwise(rows):
        if before.registry == row.registry and row.first <= before.last:
            raise ProtocolError(
                Reason.LEDGER_AUDIT_FAILED,
                f"{row.registry}:{row.first} is held twice: in {before.account_id} and in"
                f" {row.account_id}.",
            )
