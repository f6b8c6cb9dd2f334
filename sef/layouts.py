# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Every layout, and the one that fits a period and a reported year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sef.cp1_layout import CP1_LAYOUTS
from sef.cp2_layout import CP2_LAYOUTS
from sef.draft_layout import DRAFT_LAYOUTS
from sef.layout import Family, Layout

LAYOUTS: Final[Mapping[str, Layout]] = {
    layout.name: layout for layout in (*CP1_LAYOUTS, *CP2_LAYOUTS, *DRAFT_LAYOUTS)
}
"""By name."""
FAMILY_OF_PERIOD: Final[Mapping[int, Family]] = {1: Family.CP1, 2: Family.CP2}
"""What is in use for a commitment period."""


def fitting(family: Family | None, period: int, reported_year: int) -> Layout | None:
    """Returns the layout for a report.

    Args:
        family: Which kind; None: the one in use for the period.
        period: The commitment period.
        reported_year: The year reported on.

    Returns:
        None where the kind has no layout for that period and year.
    """
    wanted = family or FAMILY_OF_PERIOD.get(period)
    for layout in LAYOUTS.values():
        first, last = layout.years
        if layout.family is wanted and layout.period == period and first <= reported_year <= last:
            return layout
    return None
