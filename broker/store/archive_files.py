# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Archive files: payloads of old decisions in the order of the log, found by their hashes.

The first line is JSON and says what is in it. Then comes a table, sorted by hash, with an entry for each
payload: its SHA-256 (32 bytes), its place in the log, where it begins after the table, and its length
(8 bytes each, the highest first). Then come the payloads. The same payloads make the same bytes. A file
has the name of its first and last decision and of its SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

FORMAT: Final = "itmo-archive/1"
_ENTRY: Final = struct.Struct(">32sQQQ")
_LONGEST_LINE: Final = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What the first line of an archive file says.

    Attributes:
        first_index: The first decision with a payload in it.
        last_index: The last one.
        root_before: Root of the log before the first decision, in hexadecimal.
        root: Root of the log with the last decision.
        payloads: How many there are.
        payload_bytes: How long they are together.
    """

    network: str
    first_index: int
    last_index: int
    root_before: str
    root: str
    payloads: int
    payload_bytes: int
    format: str = FORMAT


@dataclass(frozen=True, slots=True)
class Kept:
    """A payload in an archive file."""

    payload_hash: bytes
    log_index: int
    payload: bytes


def write_archive(folder: Path, contents: Contents, kept: Sequence[Kept]) -> Path:
    """Writes a file, on the disk when it returns; one that is there already is of the same bytes.

    Args:
        folder: Where it goes; it is made where it is not there.
        contents: What its first line says.
        kept: Payloads in the order of the log.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = folder.joinpath("unfinished.archive")
    digest = hashlib.sha256()
    unfinished.touch(0o600)  # it holds what the database holds
    with unfinished.open("wb") as file:
        for piece in _pieces(contents, kept):
            digest.update(piece)
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    path = folder.joinpath(file_name(contents.first_index, contents.last_index, digest.digest()))
    unfinished.replace(path)
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    return path


def file_name(first_index: int, last_index: int, digest: bytes) -> str:
    """Of a file with some decisions and a digest."""
    return f"{first_index:012d}-{last_index:012d}-{digest.hex()}.archive"


def digest_of(path: Path) -> bytes:
    """SHA-256 of a file.

    Raises:
        OSError, ValueError: It cannot be read, or is not plain.
    """
    with _plain(path) as handle, os.fdopen(handle, "rb", closefd=False) as file:
        return hashlib.file_digest(file, "sha256").digest()


def payload_in(path: Path, payload_hash: bytes) -> bytes | None:
    """A payload by its hash; None where the file has none that hashes to it.

    Raises:
        OSError, ValueError: The file cannot be read, or is none.
    """
    with _opened(path) as (handle, contents, begin):
        low, high = 0, contents.payloads
        while low < high:
            middle = (low + high) // 2
            found, _, offset, length = _entry(handle, begin, middle)
            if found == payload_hash:
                bodies = begin + contents.payloads * _ENTRY.size
                payload = os.pread(handle, length, bodies + offset)
                return payload if hashlib.sha256(payload).digest() == payload_hash else None
            if found < payload_hash:
                low = middle + 1
            else:
                high = middle
    return None


def read_archive(path: Path) -> tuple[Contents, Iterator[Kept]]:
    """What a file says of itself, and its payloads in the order of the log, one after another.

    Raises:
        OSError, ValueError: The file cannot be read, or is none.
    """
    with _opened(path) as (_, contents, _):
        pass
    return contents, _payloads(path)


def _payloads(path: Path) -> Iterator[Kept]:
    with _opened(path) as (handle, contents, begin):
        bodies = begin + contents.payloads * _ENTRY.size
        entries = [_entry(handle, begin, at) for at in range(contents.payloads)]
        for found, log_index, offset, length in sorted(entries, key=lambda each: each[2]):
            yield Kept(found, log_index, os.pread(handle, length, bodies + offset))


def _pieces(contents: Contents, kept: Sequence[Kept]) -> Iterator[bytes]:
    yield json.dumps(asdict(contents), sort_keys=True).encode() + b"\n"
    entries, offset = [], 0
    for each in kept:
        entries.append((each.payload_hash, each.log_index, offset, len(each.payload)))
        offset += len(each.payload)
    yield b"".join(_ENTRY.pack(*each) for each in sorted(entries))
    yield from (each.payload for each in kept)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[int, Contents, int]]:
    """The file, what its first line says, and where its table begins."""
    with _plain(path) as handle:
        line, ended, _ = os.pread(handle, _LONGEST_LINE, 0).partition(b"\n")
        try:
            contents = Contents(**json.loads(line))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} is no archive file") from error
        if not ended or contents.format != FORMAT:
            raise ValueError(f"{path} is no archive file of the format {FORMAT}")
        yield handle, contents, len(line) + 1


@contextmanager
def _plain(path: Path) -> Iterator[int]:
    """The open file; never waits for a pipe, and reads of no device."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise ValueError(f"{path} is not a plain file")
        yield handle
    finally:
        os.close(handle)


def _entry(handle: int, begin: int, at: int) -> tuple[bytes, int, int, int]:
    read = os.pread(handle, _ENTRY.size, begin + at * _ENTRY.size)
    if len(read) != _ENTRY.size:
        raise ValueError("an archive file ends too early")
    return _ENTRY.unpack(read)
