# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of transactions out of a file: what is sent twice, too early, or not at all."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_JOBS: Final = "tests/unit/registry_node/test_jobs.py"
_COPY: Final = (f"{_JOBS}::test_a_restored_copy_sends_nothing_twice",)

BUGS: Final = (
    Bug(
        id="row-sent-before-it-knows-what-it-said",
        breaks="A restored copy proposes rows before it has taken its own messages back in.",
        file="registry_node/jobs/running.py",
        old="if not self._watch.met or await self._watch.behind():",
        new="if False:",
        tests=_COPY,
    ),
    Bug(
        id="row-given-another-id",
        breaks="A row gets the id of its transaction when it is sent, and not when it is handed in.",
        file="registry_node/jobs/running.py",
        old="wishes = [decoded(proposal_pb2.ProposedTransaction, each.proposal) for each in fresh]",
        new="wishes = [decoded(proposal_pb2.ProposedTransaction, each.proposal) for each in fresh]\n"
        "        wishes[0].transaction_id = trip.ids.uuid7(trip.now)",
        tests=(f"{_JOBS}::test_rows_wait_until_there_is_room_and_go_in_batches", *_COPY),
    ),
    Bug(
        id="row-in-the-way-of-all",
        breaks="A row that cannot be queued takes those behind it along.",
        file="registry_node/jobs/running.py",
        old="            if len(rows) > 1:\n",
        new="            if len(rows) > len(rows):\n",
        tests=(f"{_JOBS}::test_a_row_that_fails_meanwhile_holds_no_other_up",),
    ),
    Bug(
        id="refused-together-for-good",
        breaks="Rows that were refused with another one are not proposed again.",
        file="registry_node/jobs/running.py",
        old="if each.together == 1 or",
        new="if each.together != 1 or",
        tests=(
            "tests/unit/registry_node/test_jobs_refused.py::test_one_row_s_failure_stops_no_other",
        ),
    ),
    Bug(
        id="units-in-two-rows",
        breaks="Units are compared with the row before alone.",
        file="registry_node/jobs/loading.py",
        old="if registry != before or last > reach:",
        new="if True:",
        tests=(f"{_JOBS}::test_units_in_two_rows_stop_the_job",),
    ),
    Bug(
        id="outbox-flooded",
        breaks="All rows of a job are queued at once, and other commands wait behind them.",
        file="registry_node/jobs/running.py",
        old="if unsent < AHEAD else None",
        new="if unsent >= 0 else None",
        tests=(f"{_JOBS}::test_rows_wait_until_there_is_room_and_go_in_batches",),
    ),
    Bug(
        id="rows-in-an-open-quotation",
        breaks="A quotation mark that is not closed takes the rows below it into a note.",
        file="registry_node/cli/files/cells.py",
        old=", strict=True)",
        new=")",
        tests=("tests/unit/registry_node/test_file_rows.py::test_what_is_no_table_is_refused",),
    ),
)
