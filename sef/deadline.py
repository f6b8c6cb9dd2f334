# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""When a report is due."""

from __future__ import annotations

from datetime import date


def due(reported_year: int) -> date:
    """Returns the last day for the report on a year: 1 February of the next one (draft decision, para 2)."""
    return date(reported_year + 1, 2, 1)
