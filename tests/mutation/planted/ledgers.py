# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the ledgers and of what they are told: units, adjustments, totals, serials."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="first-transfer-in-year-of-use",
        breaks=("A first transfer by a use is booked in the year of use instead of the vintage."),
        file="broker/rulebook/paris/accounting.py",
        old=("_entry(lot, EntryKind.FIRST_TRANSFER, lot.host, lot.attributes.vintage, sign)"),
        new=(
            "_entry(\n"
            "            lot,\n"
            "            EntryKind.FIRST_TRANSFER,\n"
            "            lot.host,\n"
            "            lot.attributes.vintage\n"
            "            if facts.proposed.type in {TransactionType.TRANSFER, "
            "TransactionType.ISSUANCE}\n"
            "            else facts.now.year,\n"
            "            sign,\n"
            "        )"
        ),
        tests=(
            (
                "tests/unit/broker/clearing/test_other_purposes.py::test_a_first_transfer"
                "_by_use_is_booked_in_the_year_of_the_mitigation"
            ),
        ),
    ),
)
