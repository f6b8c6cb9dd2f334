# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Parties' workbooks as they really are (those of the demonstration), and the official blank."""

from __future__ import annotations

from pathlib import Path

from deploy.demo.flawed_files import (
    PICK_LIST_ROWS,
    CellValue,
    blank_workbook,
    fill_heading,
    fill_rows,
    saved,
    swiss_workbook,
    thai_workbook,
)

__all__ = [
    "PICK_LIST_ROWS",
    "CellValue",
    "blank_workbook",
    "fill_heading",
    "fill_rows",
    "official_blank",
    "saved",
    "swiss_workbook",
    "thai_workbook",
]


def official_blank() -> Path | None:
    """The official blank itself, where the documents shared with this repository are at hand."""
    for folder in Path(__file__).resolve().parents:
        if (found := folder / "shared" / "domain" / "aef_template.xlsx").exists():
            return found
    return None
