# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the formats in which Parties report: what is read, held against each other and derived."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="sef-year-of-the-machine",
        breaks="A transaction counts in the year of whatever zone its time is written in.",
        file="sef/entries.py",
        old="return self.at.astimezone(UTC).year",
        new="return self.at.year",
        tests=("tests/unit/sef/test_derivation.py",),
    ),
    Bug(
        id="sef-corrections-forgotten",
        breaks="A correction does not change the row of the year before.",
        file="sef/derivation.py",
        old="if year < self.asked.year:\n            for spot",
        new="if year > self.asked.year:\n            for spot",
        tests=("tests/property/test_sef_histories.py",),
    ),
    Bug(
        id="sef-reserve-retired-twice",
        breaks="Retirement from the reserve is added to the row that it is a part of.",
        file="sef/completing.py",
        old="{Table.RETIREMENT: Row.FROM_RESERVE}",
        new="{}",
        tests=("tests/unit/sef/test_derivation.py",),
    ),
    Bug(
        id="sef-nought-is-a-number",
        breaks="A nought in a cell is taken for a quantity.",
        file="sef/cell_reading.py",
        old="if number == 0:",
        new="if number == 0.5:",
        tests=("tests/unit/sef/test_bad_cells.py",),
    ),
    Bug(
        id="sef-oldest-version-counts",
        breaks="Of two versions of a report the one that was given first counts.",
        file="sef/checks/casefile.py",
        old="each.header.version >= before.header.version",
        new="each.header.version <= before.header.version",
        tests=("tests/unit/sef/test_case_file.py",),
    ),
    Bug(
        id="sef-group-ignored",
        breaks="Rows of one label in two groups are read as one.",
        file="sef/workbook_reading.py",
        old="self.group = folded(label)",
        new='self.group = ""',
        tests=("tests/unit/sef/test_round_trip.py",),
    ),
)
