# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the Kyoto rulebook: limits, what waits, what units remember."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_LAW: Final = "tests/unit/broker/regime/test_kyoto_law.py"
_HISTORIES: Final = (
    "tests/property/test_kyoto_histories.py::test_what_single_units_say_is_allowed_and_counted",
)
_VECTORS: Final = ("tests/unit/broker/rulebook/test_kyoto.py::test_vector",)

BUGS: Final = (
    Bug(
        id="carry-over-limit-forgets-what-waits",
        breaks="What waits to be carried over is not kept of the limit.",
        file="broker/rulebook/kyoto/checks/carry_over/kp_co_limit.py",
        old="used = so_far.quantity + so_far.reserved",
        new="used = so_far.quantity",
        tests=(f"{_LAW}::test_what_waits_to_be_carried_over_is_kept_of_the_limit",),
    ),
    Bug(
        id="carry-over-limit-rounded-up",
        breaks="2.5 per cent of the assigned amount are rounded up.",
        file="broker/rulebook/kyoto/checks/carry_over/kp_co_limit.py",
        old="limit = amount.quantity * _PER_MILLE // 1000",
        new="limit = -(-amount.quantity * _PER_MILLE // 1000)",
        tests=(f"{_LAW}::test_erus_are_carried_over_up_to_the_published_limit_and_not_one_more",),
    ),
    Bug(
        id="reserve-forgets-what-waits",
        breaks="Transfers that wait are not kept of the commitment period reserve.",
        file="broker/rulebook/kyoto/checks/external/kp_trf_reserve.py",
        old="left = counted.quantity - counted.reserved - leaving",
        new="left = counted.quantity - leaving",
        tests=_VECTORS,
    ),
    Bug(
        id="first-transfer-not-remembered",
        breaks="AAUs do not remember that they have left their Party.",
        file="broker/rulebook/kyoto/effects/of_transfer.py",
        old="replace(piece.attributes, transferred=True, for_share=False)",
        new="replace(piece.attributes, for_share=False)",
        tests=(
            "tests/unit/broker/rulebook/test_kyoto.py::test_an_external_transfer_moves_what_the_parties_hold",
        ),
    ),
    Bug(
        id="carried-over-held-in-the-old-period",
        breaks="Units that are carried over go on counting in the old period.",
        file="broker/rulebook/kyoto/effects/of_carry_over.py",
        old="plus=counts + taken(case.giver, tuple(after))",
        new="plus=counts + taken(case.giver, pieces)",
        tests=_HISTORIES,
    ),
    Bug(
        id="track-two-forgets-what-was-converted",
        breaks="Under track 2 what was converted before does not count.",
        file="broker/rulebook/kyoto/checks/conversion/kp_conv_track2.py",
        old="left = final - so_far.quantity - so_far.reserved",
        new="left = final - so_far.reserved",
        tests=_VECTORS,
    ),
    Bug(
        id="loser-of-a-race-not-told",
        breaks="Cancelled units do not keep what cancelled them.",
        file="broker/rulebook/kyoto/effects/moving.py",
        old="replace(each.attributes, changed_by=by)",
        new="each.attributes",
        tests=(f"{_LAW}::test_of_two_that_race_one_wins_and_the_loser_hears_of_the_winner",),
    ),
)
