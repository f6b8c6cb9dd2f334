# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Attributes that stay the same through a unit's life: where two rows on the same units differ."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from datetime import date

from aef.checks.casefile import CaseFile, Entry
from aef.model import ActionRow


def order_in_time(entry: Entry) -> tuple[date, int, int, int, int]:
    """Sorts rows by date; of one day, the host's first, actions before holdings."""
    return (
        entry.on or date.max,
        int(entry.filed.party != entry.row.first_transferring_party),
        int(not isinstance(entry.row, ActionRow)),
        entry.filed.number,
        entry.number,
    )


def changes(
    case: CaseFile,
    value_of: Callable[[Entry], Hashable | None],
    differ: Callable[[Entry, Entry], bool],
) -> Iterator[tuple[Entry, Entry]]:
    """Rows that contradict an earlier row on the same units; each row once.

    Args:
        case: The submissions.
        value_of: What must stay the same; None where a row does not say.
        differ: Whether two rows that say different things contradict each other.
    """
    for entries in case.by_series.values():
        said = {value for each in entries if (value := value_of(each)) is not None}
        if len(said) <= 1:
            continue
        for entry in entries:
            if value_of(entry) is None:
                continue
            before = order_in_time(entry)
            for other in case.beside(entry):
                if (
                    value_of(other) is not None
                    and order_in_time(other) < before
                    and differ(entry, other)
                ):
                    yield entry, other
                    break
