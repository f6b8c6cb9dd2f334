# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of archives that are brought along, and of registries that close."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_OPENING: Final = "tests/unit/broker/regime/test_kyoto_opening.py"
_TRAIL: Final = "tests/unit/broker/cli/test_kyoto_archive_trail.py"
_SEALED: Final = "tests/unit/broker/reports/test_kyoto_sealed_export.py"
_PARTS: Final = (
    f"{_OPENING}::test_parts_count_for_nothing_before_the_opening_that_names_the_last",
)

BUGS: Final = (
    Bug(
        id="opening-before-its-last-part",
        breaks="An opening counts although parts of its trail are lacking.",
        file="broker/regime/kyoto/statements/openings.py",
        old="if (on_record.archive, on_record.parts, on_record.last) != wanted:",
        new="if on_record.archive != said.archive:",
        tests=_PARTS,
    ),
    Bug(
        id="part-of-a-trail-out-of-turn",
        breaks="A part of a trail is taken in whichever part it follows on.",
        file="broker/regime/kyoto/statements/archive_parts.py",
        old="if (on_record.parts + 1, on_record.last) != (said.parts, said.previous):",
        new="if on_record.parts >= said.parts:",
        tests=_PARTS,
    ),
    Bug(
        id="mark-of-an-archive-not-counted-apart",
        breaks="A node may leave out that units had left their Party.",
        file="broker/rulebook/kyoto/effects/of_opening.py",
        old="units.applicable_period, said.had_left, said.were_replaced)",
        new="units.applicable_period, False, said.were_replaced)",
        tests=(f"{_OPENING}::test_marks_are_brought_along",),
    ),
    Bug(
        id="closed-registry-completes-what-waited",
        breaks="What waited when a registry closed is completed nevertheless.",
        file="broker/rulebook/kyoto/completion.py",
        old='        "KP_REGISTRY_CLOSED",\n',
        new="",
        tests=(f"{_OPENING}::test_a_registry_that_is_closed_says_so_and_refuses_everything",),
    ),
    Bug(
        id="trail-forgets-where-units-lie",
        breaks="A trail may move units out of an account in which they do not lie.",
        file="sef/archive_replaying.py",
        old="if row.acts and own and piece.place != row.giver:",
        new="if row.acts and own and not piece.place:",
        tests=(
            f"{_TRAIL}::test_an_archive_that_is_wrong_by_one_unit_or_row_states_nothing_and_names_it",
        ),
    ),
    Bug(
        id="import-begins-anew-after-a-crash",
        breaks="After a crash the trail of an archive is stated from its first part again.",
        file="broker/cli/kyoto/import_archive.py",
        old="stated = known.parts if digests",
        new="stated = 0 if digests",
        tests=(f"{_TRAIL}::test_after_a_crash_in_the_middle_only_what_is_lacking_is_stated",),
    ),
    Bug(
        id="export-without-answers-given-together",
        breaks="A sealed export lacks decisions on many transactions together.",
        file="broker/reports/kyoto/sealed_replaying.py",
        old="for receipt in receipts_in(message):",
        new="for receipt in receipts_in(message)[:1]:",
        tests=(f"{_SEALED}::test_transactions_that_were_answered_together_are_in_it",),
    ),
    Bug(
        id="closing-of-another-export",
        breaks="A closing that names another seal is taken for that of the export.",
        file="broker/reports/kyoto/sealed_closing.py",
        old='("seal", stated.seal.hex(), seal),',
        new='("seal", stated.seal.hex(), stated.seal.hex()),',
        tests=(f"{_SEALED}::test_the_closing_is_in_the_log_and_what_does_not_fit_is_told",),
    ),
    Bug(
        id="file-of-another-size",
        breaks="An archive file at hand is not compared with how many bytes of payloads it is said to have.",
        file="broker/verifying/put_away.py",
        old="            contents.payloads, contents.payload_bytes,\n        )  # fmt",
        new="            contents.payloads, row.payload_bytes,\n        )  # fmt",
        tests=(
            "tests/unit/broker/archiving/test_putting_away.py::test_a_file_at_hand_has_what_the_database_says_of_it",
        ),
    ),
)
