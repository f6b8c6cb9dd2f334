# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Bugs of the clean development mechanism: its numbers, its shares, its fees, what proves a cancellation."""

from __future__ import annotations

from typing import Final

from tests.mutation.bug import Bug

_STORY: Final = "tests/unit/broker/regime/test_cdm_story.py"
BUGS: Final = (
    Bug(
        id="numbers-of-the-host-unknown",
        breaks="The mechanism's registry does not know which numbers of a host it used.",
        file="broker/rulebook/kyoto/cdm.py",
        old="return registry if brought_in or registry[: len(CDM_REGISTRY)] == CDM_REGISTRY else origin",
        new="return registry if brought_in else origin",
        tests=(
            f"{_STORY}::test_serials_of_a_host_are_issued_once_whoever_asks_and_a_stranger_learns_nothing",
        ),
    ),
    Bug(
        id="share-rounded-down",
        breaks="A fraction of a unit is kept from the Adaptation Fund.",
        file="broker/rulebook/kyoto/cdm.py",
        old="return -(-units * rate // _HUNDRED)",
        new="return units * rate // _HUNDRED",
        tests=(
            f"{_STORY}::test_the_share_for_adaptation_goes_to_the_fund_in_the_same_transaction",
        ),
    ),
    Bug(
        id="fee-forgets-what-waits",
        breaks="A forwarding that waits takes nothing of what is paid for.",
        file="broker/rulebook/kyoto/checks/cdm/kp_cdm_fee.py",
        old="gone = count.quantity + count.reserved",
        new="gone = count.quantity",
        tests=(f"{_STORY}::test_a_fee_paid_for_10_000_of_15_001_frees_10_000",),
    ),
    Bug(
        id="fee-of-one-price",
        breaks="Units beyond the first 15 000 of a year cost no more than those.",
        file="broker/rulebook/kyoto/fees.py",
        old="yield _Step(each.quantity - cheap, rates.cents_beyond)",
        new="yield _Step(each.quantity - cheap, rates.cents_at_first)",
        tests=(f"{_STORY}::test_a_fee_paid_for_10_000_of_15_001_frees_10_000",),
    ),
    Bug(
        id="certificate-of-another-log",
        breaks="A certificate is not compared with the root that it states.",
        file="broker/reports/kyoto/attestation.py",
        old="found.size, found.hashes) != found.root:",
        new="found.size, found.hashes) is None:",
        tests=(
            "tests/unit/broker/reports/test_kyoto_certificate.py::test_whatever_is_changed_is_found",
        ),
    ),
)
