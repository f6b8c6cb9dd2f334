# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Lists that were made as a whole, kept until their next pages are asked for.

The pages of one list then show one moment, and a list costs its node once and not once a page.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from broker.api.paging import Page

T = TypeVar("T")

MAX_ROWS: Final = 50_000
"""Rows of all lists that are kept, about half a kibibyte each. A list that is longer is made anew for
each page, and paid for as often."""
SECONDS: Final = 60.0
"""Within which a node asks for the next page. What it may see can change meanwhile: until then it is
shown what it could see when the list was made."""


@dataclass(frozen=True, slots=True)
class _Kept(Generic[T]):
    name: bytes
    made: T
    rows: int
    until: float


class KeptLists:
    """One list of each node that pages through one.

    Args:
        now: A monotonic clock, seconds.
        most: Rows that are kept of all together; those asked for longest ago go first.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, most: int = MAX_ROWS) -> None:
        self._now = now
        self._most = most
        self._lists: OrderedDict[str, _Kept[Any]] = OrderedDict()

    async def get(
        self,
        node: str,
        asked: Page,
        make: Callable[[], Awaitable[T]],
        count: Callable[[T], int],
    ) -> T:
        """The list that a page is asked of; the first page always has it made anew.

        Args:
            node: Who asks, and who alone is shown what is kept.
            asked: The page.
            make: Makes the list.
            count: Its rows.
        """
        kept: _Kept[T] | None = self._lists.pop(node, None)
        if not asked.after or kept is None or kept.name != asked.list or kept.until < self._now():
            made = await make()
            kept = _Kept(asked.list, made, count(made), self._now() + SECONDS)
        if asked.offset + asked.size < kept.rows <= self._most:
            self._keep(node, kept)
        return kept.made

    def _keep(self, node: str, kept: _Kept[Any]) -> None:
        self._lists.pop(node, None)
        self._lists[node] = kept
        while sum(each.rows for each in self._lists.values()) > self._most:
            self._lists.popitem(last=False)
