# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""How notes name things: short, whatever a Party wrote into a cell."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from aef.checks.summaries import GHG
from aef.model import UnitRow
from itmo.forms import number as grouped
from itmo.serial_sets import Range

CITATION: Final = "4/CMA.6 annex II; Article 6.2 Reference Manual, version 3, consistency checks"
"""Of all 25 checks; the text of 4/CMA.6 itself was not at hand (the list is as the secretariat's
checker gives it)."""
_LONGEST: Final = 120
"""Characters of one cell that a note repeats; an id has fewer than a hundred."""


def cell(text: object) -> str:
    """What a cell says, shortened; "nothing" where it is empty."""
    written = " ".join(str("" if text is None else text).split())
    if not written:
        return "nothing"
    return written if len(written) <= _LONGEST else f"{written[:_LONGEST]}..."


def approach_text(bucket: tuple[str, str]) -> str:
    """A cooperative approach and the metric its units are summed in, where that is not GHG."""
    approach, metric = bucket
    return cell(approach) if metric == GHG else f"{cell(approach)} in {cell(metric)}"


def day(value: date | None) -> str:
    """A date such as 1 Dec 2023."""
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    if value is None:
        return "no date"
    return f"{value.day} {months.split()[value.month - 1]} {value.year}"


def number(value: int | None) -> str:
    """A quantity with its thousands apart."""
    return "nothing" if value is None else grouped(value)


def count(value: int, noun: str) -> str:
    """How many there are of something, such as "1 row" and "1 916 rows"."""
    return f"{number(value)} {noun}{'' if value == 1 else 's'}"


def ids(row: UnitRow) -> str:
    """The first and last id of a row."""
    if row.first_id == row.last_id:
        return cell(row.first_id)
    return f"{cell(row.first_id)} to {cell(row.last_id)}"


def units(one: Range) -> str:
    """A range of units as ids."""
    series, first, last = one
    before, _, after = series.partition("|")
    if first == last:
        return cell(f"{before}{first}{after}")
    return f"{cell(f'{before}{first}{after}')} to {cell(f'{before}{last}{after}')}"


def listed(items: Iterable[str]) -> str:
    """Names in alphabetical order."""
    return ", ".join(sorted(items)) or "none"
