# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of Kyoto units that come out of archives, take the place of others, or are told in reports."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_OPENING: Final = "tests/unit/broker/regime/test_kyoto_opening.py"
_REPLACEMENT: Final = "tests/unit/broker/regime/test_kyoto_replacement.py"
_NOTICES: Final = "tests/unit/broker/regime/test_kyoto_log_notices.py"
_BROUGHT_IN: Final = (
    f"{_OPENING}::test_an_archive_is_brought_in_to_the_last_unit_and_every_count_is_true",
)

BUGS: Final = (
    Bug(
        id="opening-forgets-what-waits",
        breaks="What waits to be brought in is not kept of the archive's totals.",
        file="broker/rulebook/kyoto/checks/opening/kp_opening_fits.py",
        old="left = total - so_far.quantity - so_far.reserved",
        new="left = total - so_far.quantity",
        tests=(f"{_OPENING}::test_what_waits_is_kept_of_what_an_archive_has_left",),
    ),
    Bug(
        id="opening-of-another-archive",
        breaks="Units of whatever archive are brought in.",
        file="broker/rulebook/kyoto/checks/opening/kp_opening_fits.py",
        old="if opening.archive != case.proposed.opening:",
        new="if not opening.archive:",
        tests=(
            f"{_OPENING}::test_one_unit_more_than_the_archive_has_another_archive_and_a_second_time_are_refused",
        ),
    ),
    Bug(
        id="opened-not-counted-as-issued",
        breaks="AAUs of an archive do not count against the assigned amount.",
        file="broker/rulebook/kyoto/effects/of_opening.py",
        old="        if units.unit_type is UnitType.AAU:",
        new="        if units.unit_type is UnitType.CER:",
        tests=_BROUGHT_IN,
    ),
    Bug(
        id="opened-retired-as-held",
        breaks="Units that an archive has as retired are not counted as retired.",
        file="broker/rulebook/kyoto/effects/of_opening.py",
        old="    elif kind.number == RETIREMENT:",
        new="    elif kind.number == RETIREMENT + 1:",
        tests=_BROUGHT_IN,
    ),
    Bug(
        id="replaced-not-marked",
        breaks="Units do not remember that they were replaced.",
        file="broker/rulebook/kyoto/effects/of_replacement.py",
        old="replace(piece.attributes, replaced_by=name)",
        new="replace(piece.attributes)",
        tests=(f"{_REPLACEMENT}::test_a_unit_is_replaced_once_and_the_loser_hears_of_the_winner",),
    ),
    Bug(
        id="replaced-by-more",
        breaks="More units replace than are replaced.",
        file="broker/rulebook/kyoto/checks/replacement/kp_rep_equal.py",
        old="if replaced == acting:",
        new="if replaced <= acting:",
        tests=("tests/unit/broker/rulebook/test_kyoto.py::test_vector",),
    ),
    Bug(
        id="held-units-replaced",
        breaks="Units that nobody used yet are replaced.",
        file="broker/rulebook/kyoto/checks/replacement/kp_rep_once.py",
        old="_USED: Final = frozenset({_RETIRED, *REPLACEMENT_ROWS})",
        new="_USED: Final = frozenset({100, _RETIRED, *REPLACEMENT_ROWS})",
        tests=(f"{_REPLACEMENT}::test_what_is_held_is_cancelled_and_not_replaced",),
    ),
    Bug(
        id="lcers-of-any-project",
        breaks="lCERs of another project stand for each other after a reversal.",
        file="broker/rulebook/kyoto/replacing.py",
        old="other = next((each for each in projects if each != own), None)",
        new="other = next((each for each in projects if not each), None)",
        tests=(
            f"{_REPLACEMENT}::test_lcers_of_one_project_stand_for_each_other_after_a_reversal_alone",
        ),
    ),
    Bug(
        id="notice-forgets-what-waits",
        breaks="What waits is not kept of a notice of the log.",
        file="broker/rulebook/kyoto/effects/of_notice.py",
        old="reserved=added(effects.reserved, more)",
        new="reserved=effects.reserved",
        tests=(f"{_NOTICES}::test_what_waits_is_kept_of_a_notice_until_it_ends",),
    ),
    Bug(
        id="correction-in-table-2",
        breaks="A correction stands among the year's transactions.",
        file="broker/reports/kyoto/sef_entries.py",
        old="            corrective=proposed.corrective,\n            expired=",
        new="            expired=",
        tests=(
            "tests/unit/broker/reports/test_kyoto_sef.py::test_after_the_last_true_up_corrections_stand_in_their_tables_alone",
        ),
    ),
)
