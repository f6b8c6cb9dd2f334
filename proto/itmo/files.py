# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads and writes a file that somebody named: whole, or a sentence at once and nothing else."""

import contextlib
import os
import stat
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from itmo import limits
from itmo.reasons import ProtocolError, Reason

# Forms, settings, admissions and letters take some KiB; more is another file.
MAX_SMALL_FILE: Final = 256 * limits.KIB
_SECRET_MODE: Final = 0o600
_PUBLIC_MODE: Final = 0o644


def read_plain_file(path: Path, limit: int = MAX_SMALL_FILE) -> bytes:
    """Returns the content of a plain file; never waits for a pipe and never reads more than `limit`.

    Kind and size are asked of the open file, not of the path, which could be exchanged in between.

    Raises:
        ProtocolError: PAYLOAD_INVALID, saying what the path leads to.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise _unfit(path, f"cannot be read: {error.strerror}") from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise _unfit(path, "is not a plain file")
        if found.st_size > limit:
            raise _unfit(path, f"has {found.st_size} bytes, more than {limit}; it is another file")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _unfit(path, f"cannot be read: {error.strerror}") from None
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise _unfit(path, f"has more than {limit} bytes; it is another file")
    return content


def database_files(database: Path) -> tuple[Path, ...]:
    """Returns a database and what lies beside it."""
    suffixes = ("", "-wal", "-shm", ".lock", ".head")
    return tuple(database.with_name(database.name + suffix) for suffix in suffixes)


def seen_by_others(private: Iterable[Path]) -> list[str]:
    """Returns which files, of those that are there, other users of the machine can open."""
    return _allowing(private, stat.S_IRWXG | stat.S_IRWXO)


def open_to_others(private: Iterable[Path], trusted: Iterable[Path] = ()) -> str:
    """Returns which files other users of the machine could open or change, as a remark; else "".

    A file that is not there, or that cannot be looked at, is none.

    Args:
        private: Secrets and records: nobody but the owner has business with them.
        trusted: What the program believes: others may read it, but not write to it. Also looked at
            are the folders of all, in which another file could be put in the place of one.
    """
    private, trusted = tuple(private), tuple(trusted)
    folders = dict.fromkeys(path.parent for path in (*private, *trusted))
    opened = seen_by_others(private)
    changed = _allowing((*trusted, *folders), stat.S_IWOTH)
    remarks = []
    if opened:
        remarks.append(f"others can open {', '.join(opened)}: set mode 0600")
    if changed:
        remarks.append(f"others can change {', '.join(changed)}: take that right away (chmod o-w)")
    return "; ".join(remarks)


def _allowing(paths: Iterable[Path], bits: int) -> list[str]:
    found = []
    for path in paths:
        with contextlib.suppress(OSError):
            mode = path.stat().st_mode
            # In a folder such as /tmp everybody can make files, but not replace those of others.
            if mode & bits and not (stat.S_ISDIR(mode) and mode & stat.S_ISVTX):
                found.append(f"{path.parent.name}/{path.name}" if path.parent.name else str(path))
    return found


def write_new_file(path: Path, content: bytes, *, secret: bool = False) -> None:
    """Writes a file that must not exist yet, and makes it survive a power cut.

    Args:
        path: Where to.
        content: What.
        secret: Whether only the owner may read it (mode 0600 from the first moment on).

    Raises:
        ProtocolError: ALREADY_EXISTS.
    """
    mode = _SECRET_MODE if secret else _PUBLIC_MODE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise ProtocolError(
            Reason.ALREADY_EXISTS,
            f"{path} exists; choose another place, this file is never overwritten.",
            where="file",
            found=str(path),
        ) from None
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def write_whole(path: Path, text: str) -> None:
    """Writes a file that appears under its name when it is complete and on the disk.

    A file that stood there before stays until then, and stays when this fails; whoever could open it
    can open the new one.

    Raises:
        OSError: The disk did not take it; it names `path`.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with unfinished.open("w", encoding="utf-8") as file:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(path.stat().st_mode))
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)


def _unfit(path: Path, fault: str) -> ProtocolError:
    return ProtocolError(
        Reason.PAYLOAD_INVALID,
        f"{path} {fault}.",
        where=str(path),
        found=fault,
        expected="a plain file",
    )
