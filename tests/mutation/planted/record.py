# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the record: store, log, verification."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="cut-off-counts-as-verified",
        breaks="What a verification had played when it was cut off is never compared.",
        file="broker/verifying/kept.py",
        old="(made, 0) if kept.execute(_MARK, (_NAME,)).fetchone() == (made,) else (0, made)",
        new="made, 0",
        tests=(
            (
                "tests/unit/broker/store/test_verifying_since.py::"
                "test_what_was_changed_before_one_was_stopped_is_found_afterwards"
            ),
        ),
    ),
    Bug(
        id="what-was-played-is-believed",
        breaks="What a cut-off verification left wrong is told as a finding about the database.",
        file="broker/verifying/kept.py",
        old="return bool(self.played or (self.since",
        new="return bool((self.since",
        tests=(
            (
                "tests/unit/broker/store/test_verifying_since.py::"
                "test_what_was_played_and_is_wrong_is_no_finding_of_the_database"
            ),
        ),
    ),
    Bug(
        id="time-goes-back",
        breaks="A group decides at a time before the last leaf.",
        file="broker/store/sqlite_groups.py",
        old="return max(to_ms(now), earliest_decision(connection))",
        new="return to_ms(now)",
        tests=(
            (
                "tests/unit/broker/clearing/test_evidence_of_refusals.py::test_the_log_ne"
                "ver_goes_back_in_time"
            ),
        ),
    ),
    Bug(
        id="verify-skips-signatures",
        breaks="`broker verify` takes any stored signature.",
        file="broker/verifying/validity.py",
        old="if not verify(key.raw, pae(PayloadKind(kind).label, payload), signature):",
        new="if not signature:",
        tests=(
            (
                "tests/unit/broker/store/test_stored_signatures.py::test_a_changed_signat"
                "ure_is_found"
            ),
        ),
    ),
    Bug(
        id="refusals-without-bound",
        breaks="Refusals are kept for ever.",
        file="broker/store/sqlite_groups.py",
        old='connection.execute(st.DROP_REFUSED, {"kept": MAX_EVENTS_KEPT})',
        new="pass",
        tests=(
            (
                "tests/unit/broker/clearing/test_work.py::test_refusals_are_kept_up_to_a_"
                "bound_by_node_and_in_all"
            ),
        ),
    ),
    Bug(
        id="conflicts-not-written",
        breaks="Evidence of two contents under one id is not written.",
        file="broker/store/writing.py",
        old="    st.ADD_CONFLICT.many(connection, effects.conflicts)\n",
        new="",
        tests=(
            (
                "tests/unit/broker/clearing/test_messages.py::test_the_same_id_with_other"
                "_bytes_is_refused_and_kept"
            ),
        ),
    ),
    Bug(
        id="reserved-not-written",
        breaks="Reservations are lost at the next start.",
        file="broker/ledger/tallies.py",
        old="(n, kept[n].quantity, kept[n].reserved)",
        new="(n, kept[n].quantity, 0)",
        tests=(
            (
                "tests/unit/broker/clearing/test_defects_mended.py::test_an_issuance_wait"
                "s_while_its_authorization_is_revoked"
            ),
        ),
    ),
    Bug(
        id="state-not-compared-on-write",
        breaks="A transaction that another process moved is overwritten.",
        file="broker/store/writing.py",
        old="if (0 if asked.cursor is None else asked.cursor.rowcount) != asked.rows:",
        new="if (0 if asked.cursor is None else asked.cursor.rowcount) > asked.rows:",
        tests=(
            (
                "tests/unit/broker/store/test_groups.py::test_a_row_that_is_not_as_it_was"
                "_loaded_stops_the_house"
            ),
        ),
    ),
    Bug(
        id="guards-without-a-lock",
        breaks="Of two that write at once each finds its range free.",
        file="broker/store/migrations/versions/postgresql/0001_initial.sql",
        old="    PERFORM 1 FROM decider FOR UPDATE;\n",
        new="",
        tests=(
            "tests/unit/broker/store/test_two_writers.py::test_of_two_that_overlap_a_server_lets_one",
        ),
    ),
    Bug(
        id="tables-read-through",
        breaks="A server reads whole tables for each group, as long as it believes them to be small.",
        file="proto/itmo/runtime/db/server.py",
        old="            raw.execute(_ALONG_INDICES)\n",
        new="            pass\n",
        tests=(
            (
                "tests/unit/broker/store/test_on_server.py::"
                "test_what_decides_or_answers_finds_rows_by_an_index_however_few_there_are"
            ),
        ),
    ),
    Bug(
        id="page-without-an-end",
        breaks="A server finds and sends the whole list for each page of it.",
        file="proto/itmo/runtime/db/statement.py",
        old="return connection.execute(_limited(statement), {**parameters, _MOST: most}).fetchall()",
        new="return connection.execute(statement, parameters).fetchall()[:most]",
        tests=("tests/unit/broker/store/test_pages_on_server.py",),
    ),
    Bug(
        id="answers-outlive-what-is-written",
        breaks="A question asked ahead is answered as it was before the group wrote.",
        file="proto/itmo/runtime/db/postgres.py",
        old='in one trip."""\n        self._answered.clear()\n',
        new='in one trip."""\n',
        tests=("tests/unit/itmo_runtime/test_postgres_rows.py",),
    ),
    Bug(
        id="answers-are-read-before-they-are-there",
        breaks="An answer that is still under way counts as one without rows.",
        file="proto/itmo/runtime/db/postgres_trips.py",
        old="            if len(self._answers) < self._expected:\n",
        new="            if self._expected < 0:\n",
        tests=("tests/unit/itmo_runtime/test_postgres_trips.py",),
    ),
    Bug(
        id="not-prepared-behind-a-fault",
        breaks="A statement that was to be prepared in a trip that failed can never be run again.",
        file="proto/itmo/runtime/db/postgres_trips.py",
        old="0 if isinstance(error, _OUTDATED) else known",
        new="0 if isinstance(error, _OUTDATED) else self._numbered",
        tests=("tests/unit/itmo_runtime/test_postgres_trips.py",),
    ),
    Bug(
        id="prepared-for-what-others-altered",
        breaks="What does not fit tables that another program has altered is refused until the connection ends.",
        file="proto/itmo/runtime/db/postgres_trips.py",
        old="0 if isinstance(error, _OUTDATED) else known",
        new="known",
        tests=("tests/unit/itmo_runtime/test_postgres_trips.py",),
    ),
    Bug(
        id="prepared-for-tables-as-they-were",
        breaks="After a table was altered the server refuses what was prepared for it before.",
        file="proto/itmo/runtime/db/postgres_trips.py",
        old="        if self._changed:\n",
        new="        if self._changed and self._numbered < 0:\n",
        tests=("tests/unit/itmo_runtime/test_postgres_trips.py",),
    ),
    Bug(
        id="line-that-broke-off-is-used-again",
        breaks="A connection whose answers were not all taken is asked again, and answers what was asked before.",
        file="proto/itmo/runtime/db/postgres_trips.py",
        old="                self._line.finish()  # where it stands is not known\n",
        new="                pass\n",
        tests=("tests/unit/itmo_runtime/test_postgres_trips.py",),
    ),
    Bug(
        id="full-server-is-our-fault",
        breaks="A database server whose disk is full stops the broker.",
        file="proto/itmo/runtime/db/postgres.py",
        old="return NoRoom(said)",
        new="return Refused(said)",
        tests=("tests/unit/broker/store/test_server_trouble.py",),
    ),
    Bug(
        id="deadlock-is-passed-on",
        breaks="A group that a deadlock ends is not decided again.",
        file="broker/store/server_groups.py",
        old="if tried == _TRIES:",
        new="if tried <= _TRIES:",
        tests=("tests/unit/broker/store/test_server_trouble.py",),
    ),
    Bug(
        id="merkle-children-swapped",
        breaks="The log combines subtrees in the wrong order.",
        file="broker/log/merkle.py",
        old=("value = hashlib.sha256(_NODE + stack.pop()[1] + value).digest()\n            height"),
        new=("value = hashlib.sha256(_NODE + value + stack.pop()[1]).digest()\n            height"),
        tests=("tests/unit/broker/log/test_merkle.py::test_published_roots",),
    ),
    Bug(
        id="verify-skips-extra-rows",
        breaks="`broker verify` misses rows that no message made.",
        file="proto/itmo/runtime/db/comparison.py",
        old="while mine is not None or made is not None:",
        new="while made is not None:",
        tests=("tests/unit/broker/store/test_verifying.py::test_a_row_too_many",),
    ),
    Bug(
        id="mailbox-cursor-goes-back",
        breaks="An acknowledgement takes the cursor of a mailbox back.",
        file="broker/store/mailboxes.py",
        old='        s.mailbox.c.acknowledged_sequence < bindparam("up_to"),\n',
        new="",
        tests=("tests/unit/broker/clearing/test_mailboxes.py::test_acknowledgements",),
    ),
    Bug(
        id="nothing-ever-due",
        breaks="A second in which nobody says anything ends nothing that is due.",
        file="broker/store/sqlite_groups.py",
        old="            return due is not None\n",
        new="            return False\n",
        tests=(
            "tests/unit/broker/clearing/test_work.py::test_dear_time_outs_are_spread_over_groups",
        ),
    ),
    Bug(
        id="strangers-pieces-counted",
        breaks="The rows of others count against the bound of a message.",
        file="broker/store/weighing.py",
        old="        pieces = crossed + len(found)\n",
        new="        pieces = self._counts(_UNITS, ranges)\n",
        tests=(
            ("tests/property/test_strangers.py::test_a_stranger_is_told_the_same_in_two_worlds"),
        ),
    ),
    Bug(
        id="strangers-transactions-weighed",
        breaks=(
            "A message that names a stranger's transaction is refused for the number of its rows."
        ),
        file="broker/store/weighing.py",
        old='            schema.transaction.c.receiver_node == bindparam("sender"),',
        new='            schema.transaction.c.receiver_node != bindparam("sender"),',
        tests=(
            ("tests/property/test_strangers.py::test_a_stranger_is_told_the_same_in_two_worlds"),
        ),
    ),
)
