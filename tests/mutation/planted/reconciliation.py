# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of reconciliation: what is compared, as of when, what is held, and who looks unasked."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_HOUSE: Final = "tests/unit/broker/clearing/test_reconciliation.py"
_NODE: Final = "tests/unit/registry_node/test_reconciling.py"
_DIFFERENCES: Final = (
    "tests/property/test_reconciled.py::test_digests_and_differences_are_those_of_single_units"
)

BUGS: Final = (
    Bug(
        id="ends-after-it-begins",
        breaks="Where one range ends and the next begins, the next is forgotten.",
        file="broker/clearing/reconciliation/comparing.py",
        old="key=lambda step: (step[0], step[2] is not None)",
        new="key=lambda step: (step[0], step[2] is None)",
        tests=(_DIFFERENCES,),
    ),
    Bug(
        id="content-not-compared",
        breaks="Units with other attributes or marks in the same account agree.",
        file="broker/clearing/reconciliation/comparing.py",
        old="return (own.part, own.content) == (other.part, other.content)",
        new="return own.part == other.part",
        tests=(_DIFFERENCES,),
    ),
    Bug(
        id="case-forgotten-at-the-end",
        breaks="A reconciliation that found differences ends as if books and record agreed.",
        file="broker/clearing/reconciliation/reconciliation.py",
        old="    row = replace(row, case_id=case_id)\n",
        new="",
        tests=(f"{_HOUSE}::test_what_differs_is_found_and_held_by_range",),
    ),
    Bug(
        id="books-of-another-time",
        breaks="Books stated as of another place in the log are compared.",
        file="broker/clearing/reconciliation/reconciliation.py",
        old="if (written.snapshot_index, stated) != (row.snapshot_index, expected):",
        new="if stated != expected:",
        tests=(f"{_HOUSE}::test_a_statement_that_is_malformed_or_out_of_turn_is_refused",),
    ),
    Bug(
        id="part-that-the-record-lacks",
        breaks="A part that only the books of the registry have does not differ.",
        file="broker/clearing/reconciliation/comparing.py",
        old="named = {*recorded, *stated}",
        new="named = {*recorded}",
        tests=(f"{_HOUSE}::test_what_differs_is_found_and_held_by_range",),
    ),
    Bug(
        id="resolved-and-still-held",
        breaks="A case that was resolved goes on holding its units.",
        file="broker/clearing/reconciliation/cases.py",
        old="    desk.world.reconciled.lift(case.case_id)\n    desk.effects.reconciled.lifted.add(case.case_id)\n",
        new="",
        tests=(
            f"{_HOUSE}::test_a_case_waits_for_the_operator_once_the_books_agree_and_ends_by_its_word",
        ),
    ),
    Bug(
        id="compared-before-it-caught-up",
        breaks="A restored copy states its books before it has taken its own messages back in.",
        file="registry_node/reconciling.py",
        old="if not self._watch.met or await self._watch.behind():",
        new="if not self._watch.met:",
        tests=(f"{_NODE}::test_a_restored_copy_catches_up_first_and_is_compared_then",),
    ),
    Bug(
        id="compared-again-and-again",
        breaks="A node begins a comparison each time it looks.",
        file="registry_node/reconciling.py",
        old="                self._begun.add(each.registry)\n",
        new="",
        tests=(f"{_NODE}::test_every_registry_is_compared_once_after_a_start_and_then_daily",),
    ),
)
