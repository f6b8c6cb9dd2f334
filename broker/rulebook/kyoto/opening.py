# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which checks spare units that an archive brings in: their history was judged when it happened."""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from broker.rulebook.check import Check
from broker.rulebook.kyoto.case import KyotoCase

C = TypeVar("C", bound=Check[Any])


def spared(check: C) -> C:
    """The check, for all but issuances that name an archive."""
    applies = check.applies

    @wraps(applies)
    def unless_opening(case: KyotoCase) -> bool:
        return not case.proposed.opening and bool(applies(case))

    return replace(
        check,
        applies=unless_opening,
        scope=f"{check.scope}; not units of an archive (KP_OPENING_FITS)",
    )
