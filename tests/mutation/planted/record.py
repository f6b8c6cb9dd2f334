# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the record: store, log, verification."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="refusals-without-bound",
        breaks="Refusals are kept for ever.",
        file="broker/store/sqlite_groups.py",
        old='connection.execute(st.DROP_REFUSED, {"kept": MAX_EVENTS_KEPT})',
        new="pass",
        tests=(
            (
                "tests/unit/broker/clearing/test_evidence_of_refusals.py::test_of_refusal"
                "s_the_newest_are_kept"
            ),
        ),
    ),
)
