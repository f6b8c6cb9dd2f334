# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads an archive: a file of blocks (CSV, or a list in JSON), or a folder with it and whatever belongs to it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from itmo.files import read_plain_file
from itmo.identifiers import parse_account_id, parse_registry_id
from itmo.reasons import ProtocolError, Reason
from itmo.serials import MAX_SERIAL
from sef.archive import UNIT_OF_CODE, Archive, ArchiveBlock
from workbooks.archive_inspection import MAX_FILE

BLOCKS: Final = ("blocks.csv", "blocks.json")
"""What the file of blocks is called in a folder."""
COLUMNS: Final = (
    "registry", "first", "last", "unit_type", "original_period", "applicable_period", "activity",
    "project", "track", "expiry", "account",
)  # fmt: skip
_MAY_BE_EMPTY: Final = frozenset({"activity", "project", "track", "expiry"})
_NUMBERS: Final = ("first", "last", "unit_type", "original_period", "applicable_period")
_MAX_FILES: Final = 1_000
"""More files than any registry leaves behind; each is read for the digest."""


def read_archive(path: Path) -> Archive:
    """Reads an archive whole: everything that is wrong with it is told at once.

    Its digest is SHA-256 of the file, or of a folder that of the list of its files as `sha256sum`
    prints it, in the order of their names.

    Raises:
        ProtocolError: PAYLOAD_INVALID, when it cannot be read at all.
    """
    if not path.is_dir():
        content = read_plain_file(path, MAX_FILE)
        return _read(path.name, content, hashlib.sha256(content).digest())
    names = sorted(each.name for each in path.iterdir())
    if len(names) > _MAX_FILES:
        raise _unfit(f"{path.name} has {len(names)} files; expected at most {_MAX_FILES}")
    blocks = [name for name in BLOCKS if name in names]
    if len(blocks) != 1:
        raise _unfit(f"{path.name} has {len(blocks)} files of blocks; expected one of {BLOCKS}")
    contents = {name: read_plain_file(path / name, MAX_FILE) for name in names}
    listed = "".join(
        f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in contents.items()
    )
    digest = hashlib.sha256(listed.encode()).digest()
    return _read(blocks[0], contents[blocks[0]], digest)


def _unfit(message: str) -> ProtocolError:
    return ProtocolError(Reason.PAYLOAD_INVALID, message, where="archive")


def _read(name: str, content: bytes, digest: bytes) -> Archive:
    faults: list[str] = []
    blocks: list[ArchiveBlock] = []
    for row, written in enumerate(_rows(name, content), 1):
        try:
            blocks.append(_block(row, written))
        except (ProtocolError, ValueError) as error:
            faults.append(f"row {row}: {error}")
    faults += _twice(blocks)
    if not blocks and not faults:
        faults.append("there are no blocks")
    return Archive(blocks=tuple(blocks), digest=digest, faults=tuple(faults))


def _rows(name: str, content: bytes) -> Iterator[Mapping[str, str]]:
    try:
        text = content.decode("utf-8-sig")
        rows: list[Any] = (
            json.loads(text)
            if name.endswith(".json")
            else list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
        )
        if not isinstance(rows, list):
            raise TypeError("not a list")  # one refusal for all of them
    except (UnicodeDecodeError, RecursionError, ValueError, TypeError, csv.Error) as error:
        raise _unfit(f"{name} is neither CSV nor a list in JSON: {error}") from None
    for row in rows:
        said = row if isinstance(row, dict) else {}
        # Columns beyond the known ones belong to whoever wrote the archive.
        yield {column: _text(said.get(column)) for column in COLUMNS}


def _text(value: object) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def _block(row: int, written: Mapping[str, str]) -> ArchiveBlock:
    for column, text in written.items():
        if not text and column not in _MAY_BE_EMPTY:
            raise ValueError(f"{column} is missing")
    numbers = {column: _number(written[column], column) for column in _NUMBERS}
    if numbers["first"] > numbers["last"]:
        raise ValueError(f"the units {written['first']} to {written['last']} are no range")
    if numbers["unit_type"] not in UNIT_OF_CODE:
        raise ValueError(f"unit_type is {written['unit_type']}; expected 1 to {len(UNIT_OF_CODE)}")
    account = parse_account_id(written["account"], "account")
    # Behind the check digits: the registry, three digits of the type, the number.
    kept_by, kind = account[4:9], account[9:12]
    return ArchiveBlock(
        row=row,
        registry=parse_registry_id(written["registry"], "registry"),
        **numbers,
        activity=_number(written["activity"] or "0", "activity", least=0),
        project=written["project"],
        track=_number(written["track"] or "0", "track", least=0),
        expiry=date.fromisoformat(written["expiry"]) if written["expiry"] else None,
        account=account,
        account_registry=parse_registry_id(kept_by, "account"),
        account_type=_number(kind, "account"),
    )


def _number(text: str, column: str, least: int = 1) -> int:
    if not (text.isascii() and text.isdecimal() and least <= int(text[:20]) <= MAX_SERIAL):
        raise ValueError(f"{column} is {text[:20]!a}; expected a whole number from {least}")
    return int(text)


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
