# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Reads the files that a command names, all of them or none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from itmo.reasons import ProtocolError, Reason
from itmo.runtime.cli.progress import Bar
from sef.opening import read_file
from sef.read_file import ReadFile
from workbooks.files_seen import file_seen, same_file
from workbooks.unreadable import told_as

Refuse: TypeAlias = Callable[[ProtocolError, bool], object]
"""Is told of a file that cannot be read, and whether it is the first."""


def read_files(files: tuple[Path, ...], bar: Bar, refuse: Refuse) -> list[ReadFile] | None:
    """Reads every file; tells about all that cannot be read, and then reads none."""
    read: list[ReadFile] = []
    refused = False
    for done, path in enumerate(files):
        bar.at(f"reading {path.name}", done, len(files))
        try:
            with told_as(Reason.SEF_FILE_UNREADABLE):
                before = file_seen(path)
                found = read_file(path)
                read.append(replace(found, seen=same_file(before, path)))
        except ProtocolError as error:
            refuse(error, not refused)
            refused = True
    return None if refused else read
