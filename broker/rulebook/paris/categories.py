# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Groups of checks that only the Paris rulebook has, and the order of all groups."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from broker.rulebook.check import Category


class ParisCategory(StrEnum):
    """Groups of its own."""

    AUTHORIZATION = "authorization"
    FIRST_TRANSFER = "first_transfer"
    USE = "use"
    MECHANISM = "mechanism"
    ADJUSTMENT = "adjustment"


ORDER: Final[tuple[StrEnum, ...]] = (
    Category.MESSAGE,
    Category.REGISTRY,
    Category.ACCOUNT,
    Category.UNIT,
    ParisCategory.AUTHORIZATION,
    ParisCategory.FIRST_TRANSFER,
    Category.TRANSFER,
    ParisCategory.USE,
    ParisCategory.MECHANISM,
    ParisCategory.ADJUSTMENT,
    Category.WORKFLOW,
    Category.NOTIFICATION,
)
"""The order in which the groups are judged."""
