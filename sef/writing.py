# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Writes a submission in a layout, as a workbook or as XML, by the ending of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sef.layout import Family, Layout
from sef.layouts import fitting
from sef.model import Submission
from sef.workbook_writing import write_workbook
from sef.xml_writing import write_xml

XML: Final = ".xml"
WORKBOOK: Final = ".xlsx"


def layout_for(submission: Submission, family: Family | None) -> Layout | None:
    """Returns the layout of a kind that fits the period and year of a submission; None: there is none."""
    header = submission.header
    return fitting(family, header.period, header.reported_year)


def write_file(submission: Submission, layout: Layout, path: Path) -> None:
    """Writes a submission.

    Raises:
        Unplaced: The layout has no place for a quantity.
        OSError: The disk did not take it.
    """
    (write_xml if path.suffix.lower() == XML else write_workbook)(submission, layout, path)
