# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""All submissions that are checked together: whose, of which year and period, which version counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from sef.faults import Finding
from sef.layout import Family
from sef.layouts import LAYOUTS
from sef.model import Header, Submission

Key = tuple[str, int, int]
"""Party or registry, period and reported year."""


@dataclass(frozen=True, eq=False)
class Filed:
    """A submission among those that are checked.

    Attributes:
        number: Its place among them.
        findings: What is wrong with its form.
    """

    number: int
    submission: Submission = field(repr=False)
    findings: tuple[Finding, ...] = field(default=(), repr=False)

    @property
    def header(self) -> Header:
        """Whose it is."""
        return self.submission.header

    @property
    def name(self) -> str:
        """Whose report on which year, for people."""
        return self.header.name

    @property
    def whose(self) -> str:
        """The registry, or the Party where none is stated."""
        return self.header.registry or self.header.party

    @property
    def key(self) -> Key:
        """What only one version of counts."""
        return self.whose, self.header.period, self.header.reported_year

    @property
    def family(self) -> Family:
        """Which tables it has."""
        return LAYOUTS[self.submission.layout].family


@dataclass(frozen=True)
class CaseFile:
    """The submissions that are checked together, in the order in which they were given."""

    filed: tuple[Filed, ...]
    _by_key: dict[Key, Filed] = field(default_factory=dict, repr=False)

    @cached_property
    def current(self) -> dict[Key, Filed]:
        """The version of each report that counts: the last one."""
        found: dict[Key, Filed] = {}
        for each in self.filed:
            before = found.get(each.key)
            if before is None or each.header.version >= before.header.version:
                found[each.key] = each
        return found

    @cached_property
    def superseded(self) -> dict[Filed, Filed]:
        """Earlier versions, and the version that takes their place."""
        return {
            each: self.current[each.key]
            for each in self.filed
            if self.current[each.key] is not each
        }

    def before(self, filed: Filed) -> Filed | None:
        """Returns the report on the year before; None where it was not given."""
        whose, period, year = filed.key
        return self.current.get((whose, period, year - 1))

    def next_period(self, filed: Filed) -> Filed | None:
        """Returns the report on the same year for the next period; None where it was not given."""
        whose, period, year = filed.key
        return self.current.get((whose, period + 1, year))

    def others(self, filed: Filed) -> Iterable[Filed]:
        """Returns the reports of others on the same year and period."""
        return [
            each
            for (whose, period, year), each in self.current.items()
            if whose != filed.whose and (period, year) == filed.key[1:]
        ]
