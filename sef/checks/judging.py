# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Holds every tie against every submission that counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from sef.checks.casefile import CaseFile, Filed
from sef.checks.catalogue import TIES
from sef.checks.comparison import Comparison, State, Tie
from sef.faults import Fault

ADVICE = frozenset({Fault.FILE_NAME})
"""What is worth a word, and no finding: the cells count, not the name of the file."""


@dataclass(frozen=True)
class Judgement:
    """What came of it."""

    file: CaseFile
    comparisons: tuple[Comparison, ...]
    ties: tuple[Tie, ...] = TIES

    @cached_property
    def found(self) -> tuple[Comparison, ...]:
        """Comparisons that are not even."""
        return tuple(each for each in self.comparisons if each.state is not State.EVEN)

    def of(self, filed: Filed) -> tuple[Comparison, ...]:
        """Comparisons of a submission that are not even."""
        return tuple(each for each in self.found if each.filed is filed)

    def tally(self, filed: Filed) -> Counter[State]:
        """How many comparisons of a submission came to each state."""
        return Counter(each.state for each in self.comparisons if each.filed is filed)

    def count(self, state: State) -> int:
        """How many comparisons came to a state."""
        return sum(each.state is state for each in self.comparisons)

    @property
    def faults(self) -> int:
        """How many findings on form the submissions that count have; advice is none."""
        current = self.file.current.values()
        return sum(each.fault not in ADVICE for filed in current for each in filed.findings)

    @property
    def advice(self) -> int:
        """How many findings of theirs are advice."""
        current = self.file.current.values()
        return sum(each.fault in ADVICE for filed in current for each in filed.findings)

    @property
    def clean(self) -> bool:
        """True when every tie holds and every file that counts is written as the format demands."""
        return not (self.count(State.BROKEN) or self.count(State.OPEN) or self.faults)


def judge(
    filed: Iterable[Filed],
    ties: tuple[Tie, ...] = TIES,
    progress: Callable[[int, int], None] | None = None,
) -> Judgement:
    """Holds ties against submissions.

    Args:
        filed: All of them, earlier versions included.
        ties: The ties to make.
        progress: Told how many ties were made, and how many there are.
    """
    file = CaseFile(tuple(filed))
    comparisons: list[Comparison] = []
    for done, tie in enumerate(ties):
        if progress is not None:
            progress(done, len(ties))
        for each in file.current.values():
            comparisons += tie.compare(file, each)
    return Judgement(file, tuple(comparisons), ties)
