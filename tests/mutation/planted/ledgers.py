# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the ledgers and of what they are told: units, adjustments, totals, serials."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

BUGS: Final = (
    Bug(
        id="cap-without-reservations",
        breaks="The ceiling of an authorization forgets what waits.",
        file="broker/rulebook/paris/checks/authorization/auth_quantity_cap.py",
        old="total = history.issued_quantity + reserved + (added or 0)",
        new="total = history.issued_quantity + (added or 0)",
        tests=(
            (
                "tests/unit/broker/clearing/test_defects_mended.py::test_two_waiting_issu"
                "ances_exceed_a_limit_together"
            ),
        ),
    ),
    Bug(
        id="overlap-misses-the-last",
        breaks="A row that shares only its last serial is not found.",
        file="broker/ledger/units.py",
        old="rows[1:] if start and rows[0].last < first else rows",
        new="rows[1:] if start and rows[0].last <= first else rows",
        tests=("tests/unit/broker/ledger/test_units.py::test_parts_at_the_ends",),
    ),
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
    Bug(
        id="issued-quantity-off-by-one",
        breaks="The quantity issued under an authorization is one short for each block.",
        file="broker/regime/paris/tallies.py",
        old="yield issued(stated.first_transferring_party, named.id), serials.quantity",
        new="yield issued(stated.first_transferring_party, named.id), serials.quantity - 1",
        tests=(
            (
                "tests/unit/broker/clearing/test_statements.py::test_an_account_that_hold"
                "s_units_does_not_close"
            ),
        ),
    ),
    Bug(
        id="reservation-kept-after-issue",
        breaks="A completed issuance keeps its reservation, so that it counts twice.",
        file="broker/clearing/decision/desk.py",
        old="            world.reservations.release(issue.units.registry, issue.units.range.first)",
        new="            pass",
        tests=(
            (
                "tests/unit/broker/clearing/test_defects_mended.py::test_two_waiting_issu"
                "ances_over_the_same_underlying_units"
            ),
        ),
    ),
    Bug(
        id="kyoto-project-in-the-key",
        breaks="CERs come over again under another project.",
        file="broker/rulebook/paris/kyoto_serial.py",
        old='return f"{self.origin}-{{n}}"',
        new='return f"{self.origin}-{self.project}-{{n}}"',
        tests=(
            (
                "tests/scenarios/test_files.py::test_everything_comes_out_as_the_file_expects"
                "_and_its_aefs_are_consistent[certified_emission_reductions_twice]"
            ),
        ),
    ),
    Bug(
        id="leading-zeros-make-another-unit",
        breaks="A credit backs a second unit when a zero is written in front of a number.",
        file="proto/itmo/unit_spelling.py",
        old='text = _LEADING_ZEROS.sub("", text.upper())',
        new="text = text.upper()",
        tests=(
            (
                "tests/unit/broker/rulebook/test_underlying.py::test_however_it_is_spelled_it"
                "_is_the_same_unit"
            ),
        ),
    ),
    Bug(
        id="block-serial-read-as-one-unit",
        breaks="Of an id that names a block only the first unit is taken.",
        file="proto/itmo/programmes.py",
        old="last=int(last or first),",
        new="last=int(first),",
        tests=(
            (
                "tests/unit/broker/rulebook/test_underlying.py::test_each_programme_counts_in"
                "_its_own_place"
            ),
        ),
    ),
    Bug(
        id="events-looked-up-as-named",
        breaks="An event under another name of its programme is nobody's.",
        file="broker/regime/paris/statements/programme_event.py",
        old='return programme_of(written.units.registry) or ""',
        new="return written.units.registry",
        tests=(
            (
                "tests/unit/broker/clearing/test_standing_behind.py::test_an_event_speaks_for"
                "_the_programme_under_any_of_its_names"
            ),
        ),
    ),
    Bug(
        id="first-transfer-not-marked",
        breaks="Units are not marked when they are first transferred.",
        file="broker/regime/paris/postings.py",
        old="            *_restates(held, made, UnitState.with_first_transfer),\n",
        new="",
        tests=("tests/unit/broker/clearing/test_life.py::test_a_transfer_is_accepted",),
    ),
    Bug(
        id="reversal-keeps-the-mark",
        breaks="A reversal leaves the mark of the first transfer.",
        file="broker/regime/paris/state.py",
        old="            first_transferred=False,\n            first_transfers_reversed=self",
        new="            first_transfers_reversed=self",
        tests=(
            ("tests/unit/broker/clearing/test_reversals.py::test_units_and_adjustment_go_back"),
        ),
    ),
    Bug(
        id="split-loses-a-serial",
        breaks="A row that is split loses the serial at the cut.",
        file="broker/ledger/units.py",
        old="parts.append(row.cut(row.first, expected - 1))",
        new="parts.append(row.cut(row.first, expected - 2))",
        tests=(("tests/unit/broker/ledger/test_units.py::test_a_part_in_the_middle_makes_three"),),
    ),
    Bug(
        id="shrinks-without-a-word",
        breaks="A row that ends elsewhere is written as if it had kept its serials.",
        file="broker/ledger/units.py",
        old="            elif before.last != row.last:\n",
        new="            elif before.last > row.last + 10**15:\n",
        tests=("tests/unit/broker/ledger/test_units.py::test_rows_are_told_apart_by_what_changed",),
    ),
    Bug(
        id="moves-without-a-word",
        breaks="A row that another account holds is written as if it had kept its account.",
        file="broker/ledger/units.py",
        old="(marked if before.account_id == row.account_id else moved)",
        new="(marked if before.account_id else moved)",
        tests=("tests/unit/broker/ledger/test_units.py::test_rows_are_told_apart_by_what_changed",),
    ),
    Bug(
        id="hands-over-others-units",
        breaks="Units that another transaction has locked are handed over.",
        file="broker/ledger/units.py",
        old="            if row.locked_by != locked_by:",
        new="            if row.locked_by is None:",
        tests=(
            "tests/unit/broker/ledger/test_units.py::test_what_is_handed_over_is_held_and_locked",
        ),
    ),
    Bug(
        id="blocks-grow-together",
        breaks="Neighbours that were issued apart become one row.",
        file="broker/ledger/units.py",
        old="            and other.issued_first == self.issued_first\n",
        new="",
        tests=("tests/unit/broker/ledger/test_units.py::test_neighbours_that_differ_stay_apart",),
    ),
    Bug(
        id="moves-locked-units",
        breaks="Locked units move.",
        file="broker/ledger/units.py",
        old="if row.account_id != from_account or row.locked_by is not None:",
        new="if row.account_id != from_account:",
        tests=("tests/unit/broker/ledger/test_units.py::test_locks_are_exclusive",),
    ),
    Bug(
        id="releases-anybodys-lock",
        breaks="A transaction releases the lock of another.",
        file="broker/ledger/units.py",
        old="if row.locked_by != transaction_id:",
        new="if row.locked_by is None:",
        tests=("tests/unit/broker/ledger/test_units.py::test_locks_are_exclusive",),
    ),
    Bug(
        id="entry-sides-swapped",
        breaks="Adjustments are booked on the wrong side.",
        file="broker/clearing/decision/desk.py",
        old=(
            "                    debit=OUTSTANDING if added else planned.party,\n"
            "                    credit=planned.party if added else OUTSTANDING,"
        ),
        new=(
            "                    debit=planned.party if added else OUTSTANDING,\n"
            "                    credit=OUTSTANDING if added else planned.party,"
        ),
        tests=("tests/unit/broker/clearing/test_life.py::test_a_transfer_is_accepted",),
    ),
    Bug(
        id="receipt-sign",
        breaks="A receipt tells an addition as a subtraction.",
        file="broker/clearing/decision/receipts.py",
        old="quantity=entry.amount if entry.credit == entry.party else -entry.amount,",
        new="quantity=entry.amount if entry.debit == entry.party else -entry.amount,",
        tests=("tests/unit/broker/clearing/test_life.py::test_a_transfer_is_accepted",),
    ),
    Bug(
        id="reversed-first-transfer-counts",
        breaks="A first transfer that was reversed still counts in the total.",
        file="broker/regime/paris/adjustments/booked.py",
        old="-entry.amount if entry.kind == undoes else entry.amount",
        new="entry.amount",
        tests=(
            ("tests/unit/broker/clearing/test_reversals.py::test_units_and_adjustment_go_back"),
        ),
    ),
    Bug(
        id="use-added",
        breaks="A use towards an NDC adds to the balance.",
        file="broker/rulebook/paris/accounting.py",
        old="_entry(lot, EntryKind.USE, lot.taker, year, -sign)",
        new="_entry(lot, EntryKind.USE, lot.taker, year, sign)",
        tests=(("tests/unit/broker/rulebook/test_paris_rulebook.py::test_bookings_of_the_bases"),),
    ),
    Bug(
        id="first-transfer-within-a-party",
        breaks="A transfer within one Party is a first transfer.",
        file="broker/rulebook/paris/first_transfer.py",
        old="return Purpose.NDC in terms.purposes and lot.international",
        new="return Purpose.NDC in terms.purposes",
        tests=(
            (
                "tests/unit/broker/rulebook/test_first_transfer_table.py::test_units_are_"
                "first_transferred_once_by_the_earliest_event"
            ),
        ),
    ),
    Bug(
        id="finality-day-open",
        breaks="On the day on which a period is final it is still booked in.",
        file="broker/rulebook/paris/checks/adjustment/ca_freeze.py",
        old="period.finality_date <= today",
        new="period.finality_date < today",
        tests=("tests/unit/broker/rulebook/test_vectors.py::test_vector",),
    ),
    Bug(
        id="merge-leaves-neighbours",
        breaks="Neighbouring ranges are not joined.",
        file="proto/itmo/serials.py",
        old="if merged and current.first <= merged[-1].last + 1:",
        new="if merged and current.first <= merged[-1].last:",
        tests=("tests/unit/itmo/test_serials.py::test_merge_and_first_overlap_at_the_limits",),
    ),
    Bug(
        id="runs-over-a-gap",
        breaks="Ranges that are asked for as one are of a serial more.",
        file="broker/store/weighing.py",
        old="return [(*each[:-1], each[-1] - 1) for each in joined(wider)]",
        new="return joined(wider)",
        tests=(
            (
                "tests/unit/broker/store/test_runs.py::"
                "test_runs_are_of_the_same_serials_and_nothing_lies_beside_one"
            ),
        ),
    ),
    Bug(
        id="subtract-keeps-the-end",
        breaks="The last serial of what is taken away stays.",
        file="proto/itmo/serials.py",
        old="parts.append(SerialRange(other.last + 1, self.last))",
        new="parts.append(SerialRange(other.last, self.last))",
        tests=("tests/unit/itmo/test_serials.py::test_subtraction_splits_off_the_ends",),
    ),
    Bug(
        id="leaf-hash-without-statements",
        breaks="A leaf of the log does not commit to the statements.",
        file="broker/clearing/decision/desk.py",
        old=("leaf_hash=leaf_hash(leaf_data(message_hash, [s.payload_hash for s in made])),"),
        new="leaf_hash=leaf_hash(leaf_data(message_hash, [])),",
        tests=("tests/unit/broker/clearing/test_life.py::test_a_transfer_is_accepted",),
    ),
)
