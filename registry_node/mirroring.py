# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Puts the pages of a pull together, all of one moment (7/CMA.4 annex I para 49)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from itmo.clearing.v1 import meta_registry_service_pb2 as meta
from itmo.reasons import ProtocolError, Reason

_PAGE: Final = 1000
"""Units asked for at once: the most that the clearing-house shows on a page."""
_TRIES: Final = 5
"""A pull begins anew when a decision falls between two pages; so often only on a very busy day."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What was pulled, and the size of the log at the moment of which it tells."""

    positions: tuple[meta.UnitPosition, ...]
    log_size: int


async def pull(
    ask: Callable[[meta.ListUnitsRequest], Awaitable[meta.ListUnitsResponse]], approach: str
) -> Pulled:
    """Pulls where units of a cooperative approach are, as far as the node may see.

    Raises:
        ProtocolError: OVERLOADED where decisions fell between the pages again and again, or what
            the clearing-house answered.
    """
    for _ in range(_TRIES):
        found = await _pages(ask, approach)
        if found is not None:
            return found
    raise ProtocolError(
        Reason.OVERLOADED,
        f"The clearing-house decided while the pages were pulled, {_TRIES} times; pull again later.",
    )


async def _pages(
    ask: Callable[[meta.ListUnitsRequest], Awaitable[meta.ListUnitsResponse]], approach: str
) -> Pulled | None:
    """All pages; None where they are of different moments, so that units may be missing or twice."""
    request = meta.ListUnitsRequest(cooperative_approach=approach, page_size=_PAGE)
    page = await ask(request)
    positions, log_size = list(page.units), page.log_size
    while page.next_page_token:
        request.page_token = page.next_page_token
        page = await ask(request)
        if page.log_size != log_size:
            return None
        positions.extend(page.units)
    return Pulled(tuple(positions), log_size)
