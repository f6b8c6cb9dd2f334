# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads an archive: a file of blocks (CSV, or a list in JSON), or a folder with it and whatever belongs to it."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from itmo.files import read_plain_file
from itmo.identifiers import parse_account_id, parse_registry_id
from itmo.reasons import ProtocolError
from sef.archive import Archive, ArchiveBlock
from sef.archive_replaying import Lying, Replaying
from sef.archive_rows import day, number, rows_in, unfit, yes
from sef.archive_trail import TrailRow, registry_in, type_in
from sef.archive_trail_reading import NOTICES, TRAIL, notices_in, trail_in
from sef.entries import UNIT_OF_CODE
from workbooks.archive_inspection import MAX_FILE

BLOCKS: Final = ("blocks.csv", "blocks.json")
"""What the file of blocks is called in a folder."""
COLUMNS: Final = (
    "registry", "first", "last", "unit_type", "original_period", "applicable_period", "activity",
    "project", "track", "expiry", "account", "had_left", "were_replaced", "notice_type",
)  # fmt: skip
_MAY_BE_EMPTY: Final = frozenset(
    {"activity", "project", "track", "expiry", "had_left", "were_replaced", "notice_type"}
)
_NUMBERS: Final = ("first", "last", "unit_type", "original_period", "applicable_period")
_MAX_FILES: Final = 1_000
"""More files than any registry leaves behind; each is read for the digest."""
NO_BLOCKS: Final = "there are no blocks"
"""What is wrong with an archive of nothing."""
_SHOWN: Final = 20
"""Faults of a trail that are told; the first of them cause the others."""


def read_archive(path: Path) -> Archive:
    """Reads an archive whole: everything that is wrong with it is told at once.

    Its digest is SHA-256 of the file, or of a folder that of the list of its files as `sha256sum`
    prints it, in the order of their names; folders within it do not belong to it.

    Raises:
        ProtocolError: PAYLOAD_INVALID, when it cannot be read at all.
    """
    if not path.is_dir():
        content = read_plain_file(path, MAX_FILE)
        return read_blocks(path.name, content, hashlib.sha256(content).digest())
    names = sorted(each.name for each in path.iterdir() if not each.is_dir())
    if len(names) > _MAX_FILES:
        raise unfit(f"{path.name} has {len(names)} files; expected at most {_MAX_FILES}")
    blocks = [name for name in BLOCKS if name in names]
    if len(blocks) != 1:
        raise unfit(f"{path.name} has {len(blocks)} files of blocks; expected one of {BLOCKS}")
    kept: dict[str, bytes] = {}
    listed = ""
    for name in names:  # one at a time: of what is only listed nothing is kept
        content = read_plain_file(path / name, MAX_FILE)
        listed += f"{hashlib.sha256(content).hexdigest()}  {name}\n"
        if name in {blocks[0], TRAIL, NOTICES}:
            kept[name] = content
    archive = read_blocks(blocks[0], kept[blocks[0]], hashlib.sha256(listed.encode()).digest())
    return _with_trail(archive, kept)


def read_blocks(name: str, content: bytes, digest: bytes) -> Archive:
    """Reads the blocks of an archive; see `read_archive`."""
    faults: list[str] = []
    blocks: list[ArchiveBlock] = []
    for row, written in enumerate(rows_in(name, content, COLUMNS), 1):
        try:
            blocks.append(_block(row, written))
        except (ProtocolError, ValueError) as error:
            faults.append(f"row {row}: {error}")
    faults += _twice(blocks)
    if not blocks and not faults:
        faults.append(NO_BLOCKS)
    return Archive(blocks=tuple(blocks), digest=digest, faults=tuple(faults))


def _block(row: int, written: Mapping[str, str]) -> ArchiveBlock:
    for column, text in written.items():
        if not text and column not in _MAY_BE_EMPTY:
            raise ValueError(f"{column} is missing")
    numbers = {column: number(written[column], column) for column in _NUMBERS}
    if numbers["first"] > numbers["last"]:
        raise ValueError(f"the units {written['first']} to {written['last']} are no range")
    if numbers["unit_type"] not in UNIT_OF_CODE:
        raise ValueError(f"unit_type is {written['unit_type']}; expected 1 to {len(UNIT_OF_CODE)}")
    account = parse_account_id(written["account"], "account")
    return ArchiveBlock(
        row=row,
        registry=parse_registry_id(written["registry"], "registry"),
        **numbers,
        activity=number(written["activity"] or "0", "activity", least=0),
        project=written["project"],
        track=number(written["track"] or "0", "track", least=0),
        expiry=day(written["expiry"]),
        account=account,
        account_registry=parse_registry_id(registry_in(account), "account"),
        account_type=type_in(account),
        had_left=yes(written["had_left"], "had_left"),
        were_replaced=yes(written["were_replaced"], "were_replaced"),
        notice_type=number(written["notice_type"] or "0", "notice_type", least=0),
    )


def _twice(blocks: list[ArchiveBlock]) -> Iterator[str]:
    """Units that lie in two places."""
    before: ArchiveBlock | None = None
    for block in sorted(blocks, key=lambda each: (each.registry, each.first, each.last)):
        if before and before.registry == block.registry and block.first <= before.last:
            yield (
                f"rows {before.row} and {block.row} both have unit {block.registry}:{block.first}"
            )
        if not before or before.registry != block.registry or block.last > before.last:
            before = block


# -- the trail ------------------------------------------------------------------------------------


def _with_trail(archive: Archive, kept: Mapping[str, bytes]) -> Archive:
    """The archive with what it tells of the past, which has to lead to its blocks."""
    if TRAIL not in kept:
        return archive
    faults = list(archive.faults)
    notices = notices_in(kept.get(NOTICES), faults)
    trail = trail_in(kept[TRAIL], frozenset(each.number for each in notices), faults)
    if not faults:
        blocks = led_to(archive.blocks, trail, faults)
        archive = replace(archive, blocks=blocks, trail=trail, notices=notices)
    return replace(archive, faults=tuple(faults))


def led_to(
    blocks: tuple[ArchiveBlock, ...], trail: tuple[TrailRow, ...], faults: list[str]
) -> tuple[ArchiveBlock, ...]:
    """Returns the blocks with the marks that follow from the trail; what does not tie is added to the faults."""
    played = Replaying(blocks[0].account_registry)
    for row in trail:
        played.play(row)
    faults += played.faults[:_SHOWN]
    if len(played.faults) > _SHOWN:
        faults.append(f"trail: and {len(played.faults) - _SHOWN} more")
    lying: dict[str, deque[Lying]] = {}
    for units in played.lying():
        lying.setdefault(units.registry, deque()).append(units)
    found: list[ArchiveBlock] = []
    for block in sorted(blocks, key=lambda each: (each.registry, each.first)):
        found += _pieces(block, lying.get(block.registry, deque()), faults)
    faults += (
        f"trail: units {each.registry}:{each.first}-{each.last} lie in {each.place} after it; no row of"
        " blocks has them"
        for of_registry in lying.values()
        for each in of_registry
    )
    return tuple(found)


def _pieces(block: ArchiveBlock, lying: deque[Lying], faults: list[str]) -> Iterator[ArchiveBlock]:
    """A block in pieces that are alike; its units are taken from what lies after the trail."""
    start = block.first
    while start <= block.last:
        units = lying[0] if lying else None
        if units is None or units.first > start:
            until = block.last if units is None else min(block.last, units.first - 1)
            faults.append(
                f"row {block.row}: units {block.registry}:{start}-{until} do not follow from the trail"
            )
            start = until + 1
            continue
        if units.last < start:
            return  # of a block that overlaps another, which is told already
        last = min(units.last, block.last)
        if units.first < start or (units.place, units.are) != (block.account, block.are):
            faults.append(
                f"row {block.row}: after the trail units {block.registry}:{start}-{last} lie in"
                f" {units.place} as {units.are.unit_type}, period {units.are.applicable_period};"
                " the row has something else"
            )
        marks = units.had_left, bool(units.replaced_by)
        if (block.had_left and not marks[0]) or (block.were_replaced and not marks[1]):
            faults.append(
                f"row {block.row}: had_left or were_replaced do not follow from the trail"
            )
        yield replace(block, first=start, last=last, had_left=marks[0], were_replaced=marks[1])
        if last == units.last:
            lying.popleft()
        else:
            lying[0] = replace(units, first=last + 1)
        start = last + 1
