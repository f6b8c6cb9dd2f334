# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units added up by what became of them: held, used or cancelled."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from broker.reports.paris.visibility import Position, Source, Totals
from broker.rulebook.paris.account_types import FINAL_ACCOUNT_TYPES, AccountType
from itmo.serials import SerialRange, merge

USES: Final = frozenset({AccountType.USE_NDC.value, AccountType.USE_IMP.value})
CANCELLATIONS: Final = frozenset(FINAL_ACCOUNT_TYPES) - USES


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """What one registry has of a cooperative approach, by one source."""

    registry: str
    source: Source
    held: int
    used: int
    cancelled: int

    @property
    def units(self) -> int:
        """All of them."""
        return self.held + self.used + self.cancelled


def holders(found: Iterable[Position]) -> list[Holder]:
    """Who has how many units, by registry and source."""
    sums: dict[tuple[str, str], list[int]] = {}
    sources: dict[tuple[str, str], Source] = {}
    for each in found:
        key = (each.holder, each.source.reported_by)
        sources[key] = each.source
        sums.setdefault(key, [0, 0, 0])[fate(each.account_type)] += each.quantity
    return [
        Holder(registry=key[0], source=sources[key], held=held, used=used, cancelled=cancelled)
        for key, (held, used, cancelled) in sorted(sums.items())
    ]


def totals(
    approach: str,
    found: Iterable[Position],
    elsewhere: Mapping[str, Sequence[SerialRange]] | None = None,
) -> Totals:
    """Units of a cooperative approach by what became of them.

    A unit that several sources have is counted once: the ledger goes before reports, and of
    reports the first registry by name.

    Args:
        approach: Its id.
        found: Positions of its units.
        elsewhere: By registry, units that are counted already.
    """
    sums, first_transferred = [0, 0, 0], 0
    covered = {name: merge(runs) for name, runs in (elsewhere or {}).items()}
    ordered = sorted(found, key=lambda each: each.source.reported_by)
    for _, listed in groupby(ordered, key=lambda each: each.source.reported_by):
        said: dict[str, list[SerialRange]] = {}
        for each in listed:
            run = SerialRange(each.first, each.last)
            counted = run.quantity - _covered(covered.get(each.registry, ()), run)
            sums[fate(each.account_type)] += counted
            first_transferred += counted if each.first_transferred else 0
            said.setdefault(each.registry, []).append(run)
        for name, runs in said.items():
            covered[name] = merge([*covered.get(name, ()), *runs])
    return Totals(
        cooperative_approach=approach,
        issued=sum(sums),
        held=sums[0],
        used=sums[1],
        cancelled=sums[2],
        first_transferred=first_transferred,
    )


def _covered(runs: tuple[SerialRange, ...], wanted: SerialRange) -> int:
    """How many units of a range lie in others, which are ascending and disjoint."""
    start = max(bisect_right(runs, wanted.first, key=lambda run: run.first) - 1, 0)
    count = 0
    for run in runs[start:]:
        if run.first > wanted.last:
            break
        count += max(0, min(run.last, wanted.last) - max(run.first, wanted.first) + 1)
    return count


def fate(account_type: int) -> int:
    """What became of units in an account of this type: 0 held, 1 used, 2 cancelled."""
    return 1 if account_type in USES else 2 if account_type in CANCELLATIONS else 0
