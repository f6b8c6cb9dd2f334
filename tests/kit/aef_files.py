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
    "case_file",
    "fill_heading",
    "fill_rows",
    "official_blank",
    "saved",
    "story_file",
    "swiss_workbook",
    "thai_workbook",
]


def official_blank() -> Path | None:
    """The official blank itself, where the documents shared with this repository are at hand."""
    return _shared("domain/aef_template.xlsx")


def case_file(name: str) -> Path | None:
    """A small workbook with one departure, likewise."""
    return _shared(f"cases/aef/{name}")


def story_file(name: str) -> Path | None:
    """A file that lies beside the stories, likewise."""
    return _shared(f"cases/stories/{name}")


def _shared(name: str) -> Path | None:
    for folder in Path(__file__).resolve().parents:
        if (found := folder / "shared" / name).exists():
            return found
    return None
