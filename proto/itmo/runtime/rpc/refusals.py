# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""What a server has refused lately, to whom and why: counted for its status, and few lines of log.

Whoever is refused a thousand times a second fills no disk: of one caller and reason, the first
refusal is written at once, and how many more there were when a second has passed.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

# What an operator wants to know who asks because somebody complains now.
WINDOW_MINUTES: Final = 5
# Callers and reasons kept apart within a minute; what goes beyond is counted under OTHERS.
MAX_KEPT_APART: Final = 512
OTHERS: Final = "others"
_MINUTE: Final = 60.0


@dataclass(frozen=True, slots=True)
class Refused:
    """How often somebody was refused for one reason within the last minutes.

    The reason is one of the catalogue, or CANCELLED: the caller has ended calls before their work began.
    """

    who: str
    reason: str
    count: int


class Refusals:
    """The refusals of a server."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._minutes: OrderedDict[int, Counter[tuple[str, str]]] = OrderedDict()
        self._silenced: Counter[tuple[str, str]] = Counter()

    def add(self, who: str, reason: str) -> tuple[str, str] | None:
        """Counts a refusal.

        Returns:
            The key to be handed to `silenced` a second later, when this one is to be written to the
            log; None when it is one more of a second of which one was written.
        """
        counts = self._this_minute()
        key = (who, reason)
        if key not in counts and len(counts) >= MAX_KEPT_APART:
            key = (OTHERS, reason)
        counts[key] += 1
        if key in self._silenced:
            self._silenced[key] += 1
            return None
        self._silenced[key] = 0
        return key

    def silenced(self, key: tuple[str, str]) -> int:
        """Returns how many refusals were not written since `add`, and writes the next again."""
        return self._silenced.pop(key, 0)

    def lately(self) -> list[Refused]:
        """Returns the refusals of the last minutes, the most frequent first."""
        self._this_minute()
        total: Counter[tuple[str, str]] = Counter()
        for counts in self._minutes.values():
            total.update(counts)
        return [Refused(who, reason, count) for (who, reason), count in total.most_common()]

    def _this_minute(self) -> Counter[tuple[str, str]]:
        minute = int(self._monotonic() / _MINUTE)
        if minute not in self._minutes:
            self._minutes[minute] = Counter()
            while next(iter(self._minutes)) <= minute - WINDOW_MINUTES:
                self._minutes.popitem(last=False)
        return self._minutes[minute]
