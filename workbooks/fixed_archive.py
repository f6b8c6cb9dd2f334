# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a workbook so that the same content gives the same bytes, whenever and wherever."""

from __future__ import annotations

import contextlib
import os
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
_END_OF_ROWS: Final = b"</sheetData>"


class _FixedZip(zipfile.ZipFile):
    """An archive whose entries bear no time of their own, and whose long tables come as text.

    Attributes:
        rows: Rows to be put behind those that a worksheet has, by the name of its entry.
    """

    rows: Mapping[str, Iterable[bytes]] = MappingProxyType({})

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_: Any, **__: Any) -> None:  # noqa: ANN401 - the signature of the standard library
        super().writestr(_entry(zinfo_or_arcname), data, zipfile.ZIP_DEFLATED)

    def write(self, filename: Any, arcname: Any = None, *_: Any, **__: Any) -> None:  # noqa: ANN401 - same
        with Path(filename).open("rb") as source, self.open(_entry(arcname), "w") as target:
            if arcname in self.rows:
                # Only the rows can be many: what openpyxl wrote is headings and pick-lists.
                head, end, tail = source.read().partition(_END_OF_ROWS)
                target.write(head)
                for row in self.rows[arcname]:
                    target.write(row)
                target.write(end + tail)
                return
            while piece := source.read(1 << 20):
                target.write(piece)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _ZIP_DATE)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def new_workbook(created: datetime) -> Workbook:
    """Returns an empty workbook that bears a fixed time and this program as its author."""
    book = Workbook(write_only=True)
    book.properties.created = book.properties.modified = created
    book.properties.creator = "clearing-house"
    return book


def store(
    book: Workbook, path: Path, rows: Mapping[str, Iterable[bytes]] = MappingProxyType({})
) -> None:
    """Writes a workbook; the file appears under its name only when it is complete.

    Args:
        book: The workbook.
        path: The file; one that exists is replaced.
        rows: Rows to be put behind those that a worksheet has, by the name of its entry.

    Raises:
        OSError: The disk did not take it; it names `path`.
    """
    unfinished = path.with_name(f".{path.name}.part")
    try:
        with _FixedZip(unfinished, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.rows = rows
            ExcelWriter(book, archive).write_data()
        os.replace(unfinished, path)  # noqa: PTH105 - replaces on every system
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        with contextlib.suppress(FileNotFoundError):
            unfinished.unlink()
