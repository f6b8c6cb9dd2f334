# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Groups of checks that only the Paris rulebook has, and the order of all groups."""

from __future__ import annotations

from enum import StrEnum


class ParisCategory(StrEnum):
    """Groups of its own."""

    AUTHORIZATION = "authorization"
    FIRST_TRANSFER = "first_transfer"
    USE = "use"
    MECHANISM = "mechanism"
    ADJUSTMENT = "adjustment"
