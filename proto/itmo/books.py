# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""The books of a registry in the one form in which a node and the broker compare them.

Units lie in the order of originating registries and serial numbers; neighbours that are alike are one
entry, however either side has cut them. Digests and totals are taken over that form.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from itmo.core.v1 import reconciliation_pb2
from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL

_BEGINS: Final = "itmo-books"
"""The first word of whatever a digest is taken over."""
_HASH_BYTES: Final = 32


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in books; `registry` is the originating one."""

    registry: str
    serial: int


@dataclass(frozen=True, slots=True)
class Portion:
    """The part of books between two places; the second is outside. None: their beginning, or end."""

    since: Place | None = None
    until: Place | None = None

    def covers(self, registry: str, first: int, last: int) -> bool:
        """True when some of a range lies in it."""
        return (self.since is None or Place(registry, last) >= self.since) and (
            self.until is None or Place(registry, first) < self.until
        )

    def cut(self, registry: str, first: int, last: int) -> tuple[int, int]:
        """The serials of a range that lie in it, of a range of which some do."""
        if self.since is not None and registry == self.since.registry:
            first = max(first, self.since.serial)
        if self.until is not None and registry == self.until.registry:
            last = min(last, self.until.serial - 1)
        return first, last


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """Units of one account that are added up together."""

    account_id: str
    account_type: int
    rulebook: str
    unit_class: str


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """Units that lie side by side and are alike.

    Attributes:
        registry: The originating registry.
        first: First serial number.
        last: Last serial number.
        part: Where they are, and as what they are added up.
        content: Digest of what they are.
    """

    registry: str
    first: int
    last: int
    part: Part
    content: bytes

    @property
    def quantity(self) -> int:
        """Number of units."""
        return self.last - self.first + 1

    @property
    def line(self) -> str:
        """What a digest is taken over."""
        part = self.part
        return "\t".join(
            (
                self.registry,
                str(self.first),
                str(self.last),
                part.account_id,
                str(part.account_type),
                part.rulebook,
                part.unit_class,
                self.content.hex(),
            )
        )


@dataclass(frozen=True, slots=True)
class Total:
    """How much a part holds, and a digest over its entries."""

    quantity: int
    digest: bytes


Books = tuple[Entry, ...]
"""In order, with neighbours joined that are alike."""


def content_of(attributes: bytes, marks: Iterable[str]) -> bytes:
    """The digest of what units are.

    Args:
        attributes: UnitAttributes as receipts and verdicts have them: fields in the order of their
            numbers, those that are empty left out.
        marks: Words of the rulebook for what is so of them.
    """
    return hashlib.sha256(attributes + "\n".join(["", *sorted(marks)]).encode()).digest()


def books(entries: Iterable[Entry], portion: Portion = Portion()) -> Books:
    """Puts entries in order, cut to a portion, and joins neighbours that are alike."""
    made: list[Entry] = []
    for entry in sorted(entries):
        if not portion.covers(entry.registry, entry.first, entry.last):
            continue
        first, last = portion.cut(entry.registry, entry.first, entry.last)
        before = made[-1] if made else None
        if before is not None and _continues(before, entry, first):
            made[-1] = replace(before, last=last)
        else:
            made.append(replace(entry, first=first, last=last))
    return tuple(made)


def _continues(before: Entry, entry: Entry, first: int) -> bool:
    return (
        before.registry == entry.registry
        and before.last + 1 == first
        and before.part == entry.part
        and before.content == entry.content
    )


def digest(entries: Iterable[Entry]) -> bytes:
    """SHA-256 over the lines of entries that are in order and joined."""
    taken = hashlib.sha256(_BEGINS.encode())
    for entry in entries:
        taken.update(f"\n{entry.line}".encode())
    return taken.digest()


def by_part(entries: Iterable[Entry]) -> dict[Part, Books]:
    """The entries of each part, in the order of the parts."""
    found: dict[Part, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.part, []).append(entry)
    return {part: tuple(found[part]) for part in sorted(found)}


def totals(entries: Iterable[Entry]) -> dict[Part, Total]:
    """How much each part holds, in the order of the parts."""
    return {
        part: Total(sum(each.quantity for each in listed), digest(listed))
        for part, listed in by_part(entries).items()
    }


# -- as they travel ---------------------------------------------------------------------------------


def place_to_proto(place: Place | None) -> reconciliation_pb2.BooksPlace | None:
    """A place as it travels; None is left out."""
    if place is None:
        return None
    return reconciliation_pb2.BooksPlace(registry=place.registry, serial=place.serial)


def place_from_proto(written: reconciliation_pb2.BooksPlace) -> Place | None:
    """A place that travelled; one that was left out is None."""
    return Place(written.registry, written.serial) if written.registry else None


def portion_of(answer: reconciliation_pb2.ReconciliationAnswer) -> Portion:
    """The portion that an answer asks for."""
    return Portion(place_from_proto(answer.since), place_from_proto(answer.until))


def _part_to_proto(part: Part) -> reconciliation_pb2.BooksPart:
    return reconciliation_pb2.BooksPart(
        account_id=part.account_id,
        account_type=part.account_type,
        rulebook=part.rulebook,
        unit_class=part.unit_class,
    )


def part_from_proto(written: reconciliation_pb2.BooksPart) -> Part:
    """A part that travelled."""
    return Part(written.account_id, written.account_type, written.rulebook, written.unit_class)


def totals_to_proto(found: Mapping[Part, Total]) -> Iterator[reconciliation_pb2.BooksTotal]:
    """Totals as they travel."""
    for part, total in found.items():
        yield reconciliation_pb2.BooksTotal(
            part=_part_to_proto(part), quantity=total.quantity, digest=total.digest
        )


def totals_from_proto(
    written: Iterable[reconciliation_pb2.BooksTotal],
) -> dict[Part, Total]:
    """Totals that travelled.

    Raises:
        ProtocolError: PAYLOAD_INVALID; a part stands there twice.
    """
    found: dict[Part, Total] = {}
    for each in written:
        part = part_from_proto(each.part)
        if part in found:
            raise _invalid(
                "totals", f"has {part.account_id[:40]!a}, {part.unit_class[:40]!a} twice"
            )
        found[part] = Total(each.quantity, each.digest)
    return found


def blocks_to_proto(
    found: Mapping[Part, Iterable[Entry]],
) -> Iterator[reconciliation_pb2.BooksBlocks]:
    """Blocks as they travel."""
    for part, entries in found.items():
        yield reconciliation_pb2.BooksBlocks(
            part=_part_to_proto(part),
            blocks=[
                reconciliation_pb2.BooksBlock(
                    registry=each.registry, first=each.first, last=each.last, content=each.content
                )
                for each in entries
            ],
        )


def blocks_from_proto(written: Iterable[reconciliation_pb2.BooksBlocks]) -> dict[Part, Books]:
    """Blocks that travelled, in order and joined.

    Raises:
        ProtocolError: PAYLOAD_INVALID; no serial numbers, or a unit in two blocks.
    """
    found: dict[Part, Books] = {}
    for listed in written:
        part = part_from_proto(listed.part)
        if part in found:
            raise _invalid(
                "blocks", f"has {part.account_id[:40]!a}, {part.unit_class[:40]!a} twice"
            )
        for each in listed.blocks:
            if not 1 <= each.first <= each.last <= MAX_SERIAL or len(each.content) != _HASH_BYTES:
                raise _invalid("blocks", "has a block without serial numbers, or without content")
        found[part] = books(
            Entry(each.registry, each.first, each.last, part, each.content)
            for each in listed.blocks
        )
    before: Entry | None = None
    for entry in sorted(entry for listed in found.values() for entry in listed):
        if before and before.registry == entry.registry and entry.first <= before.last:
            raise _invalid("blocks", f"has {entry.registry[:10]!a}:{entry.first} twice")
        before = entry
    return found


def _invalid(where: str, found: str) -> ProtocolError:
    return ProtocolError(Reason.PAYLOAD_INVALID, f"{where} {found}", where=where)
