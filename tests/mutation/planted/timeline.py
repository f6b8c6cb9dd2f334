# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Planted bugs: the timeline, and what is drawn along it."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="sums-ahead-of-their-place",
        breaks="Running sums have entries of decisions that the rest of the timeline does not have yet.",
        file="broker/reports/paris/booked_sums.py",
        old="            if entry.log_index > place:\n                return\n",
        new="",
        tests=(
            "tests/unit/broker/reports/paris/test_booked_sums.py::test_what_is_behind_a_place_is_taken_in_later",
        ),
    ),
    Bug(
        id="answered-together-one-deal",
        breaks="Transactions of several proposals that one acceptance completes are cut from each other in lists.",
        file="broker/reports/paris/timeline_pages.py",
        old="        yield sorted({name for _, name in found})",
        new="        yield from ([name] for _, name in found)",
        tests=(
            "tests/unit/broker/reports/paris/test_timeline.py::test_pages_together_are_the_whole_list",
        ),
    ),
    Bug(
        id="answered-together-one-key",
        breaks="An acceptance of several proposals ends the timeline.",
        file="broker/reports/paris/timeline_tables.py",
        old="        PRIMARY KEY (registry, decided_at, log_index, ordinal, transaction_id)",
        new="        PRIMARY KEY (registry, decided_at, log_index, ordinal)",
        tests=(
            "tests/unit/broker/reports/paris/test_timeline.py::test_it_says_what_the_record_played_again_says",
        ),
    ),
    Bug(
        id="read-ahead-in-the-way",
        breaks="The broker reads its timeline on while messages need all of the processor.",
        file="broker/services/paris/reading_ahead.py",
        old="if self._is_quiet(began) and before != decided:",
        new="if before != decided:",
        tests=(
            "tests/unit/broker/reports/paris/test_reading_ahead.py::test_it_is_left_while_there_is_much_to_do",
        ),
    ),
    Bug(
        id="hosts-not-concerned",
        breaks="A host's AEF lacks what others did with its units.",
        file="broker/reports/paris/timeline.py",
        old="for name in (row.party, row.host)}",
        new="for name in (row.party,)}",
        tests=(
            "tests/unit/broker/reports/paris/test_drawn_consistency.py::test_shares_of_the_mechanism",
        ),
    ),
    Bug(
        id="reversed-since-still-held",
        breaks="An AEF of an earlier year holds units whose transfer was reversed since.",
        file="broker/reports/paris/held_then.py",
        old="        found = stood(ledger, self._place, self._until)",
        new="        found = list[tuple[int, str, str]]()",
        tests=(
            "tests/unit/broker/reports/paris/test_drawn_consistency.py::test_a_reversal_leaves_the_years_consistent",
        ),
    ),
    Bug(
        id="tied-to-no-party-not-held",
        breaks="A host's AEF lacks the units that the mechanism registry keeps for it.",
        file="broker/reports/paris/held_then.py",
        old=", (str(MECHANISM_REGISTRY), party)])",
        new="])",
        tests=(
            "tests/unit/broker/reports/paris/test_drawn_consistency.py::test_shares_of_the_mechanism",
        ),
    ),
    Bug(
        id="own-page-forgotten",
        breaks="A Party's actions beyond the first turn are not in its AEF.",
        file="broker/reports/paris/aef/party_drawing.py",
        old="                self._after = self._moves.taken[-1]",
        new="                self._after = found[-1]",
        tests=(
            "tests/unit/broker/reports/paris/test_party_answers.py::test_aefs_are_read_and_written_in_turns_each_of_which_is_paid",
        ),
    ),
)
