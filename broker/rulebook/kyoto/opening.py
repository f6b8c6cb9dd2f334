# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Which checks spare units that an archive brings in: their history was judged when it happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import wraps
from typing import Any, TypeVar

from broker.rulebook.check import Check
from broker.rulebook.kyoto.case import KyotoCase

C = TypeVar("C", bound=Check[Any])


def narrowed(check: C, fits: Callable[[Any], bool], scope: str) -> C:
    """The check, for transactions that fit alone."""
    applies = check.applies

    @wraps(applies)
    def where_it_fits(case: KyotoCase) -> bool:
        return fits(case) and bool(applies(case))

    return replace(check, applies=where_it_fits, scope=f"{check.scope}; {scope}")


def spared(check: C) -> C:
    """The check, for all but issuances that name an archive."""
    return narrowed(
        check,
        lambda case: not case.proposed.opening,
        "not units of an archive (KP_OPENING_FITS)",
    )
