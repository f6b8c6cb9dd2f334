# SPDX-FileCopyrightText: 2026 The clearing-house authors
# SPDX-License-Identifier: Apache-2.0
"""Units that a transaction only names: they need not be held where units act, and do not count."""

from dataclasses import replace

import pytest

from broker.regime.fields import block_fields
from broker.rulebook.check import Check, Outcome, judge
from broker.rulebook.general.case import Case
from broker.rulebook.general.checks.unit import id_known_and_held, id_locked, id_one_account
from broker.rulebook.general.proposal import UnitRole
from broker.rulebook.kyoto.case import KyotoBlock, KyotoCase
from itmo.core.v1 import units_pb2
from itmo.identifiers import TransactionId
from itmo.reasons import ProtocolError, Reason
from itmo.serials import SerialRange
from tests.unit.broker.rulebook.bases import account_id
from tests.unit.broker.rulebook.kyoto_bases import case_from, with_blocks

NAMED = units_pb2.UnitBlock(registry="GBR01", first=1, last=9, role=units_pb2.UNIT_ROLE_NAMED)


def beside(*, locked_by: str | None = None, role: UnitRole = UnitRole.NAMED) -> KyotoCase:
    """A cancellation of 1000 units, with 100 beside them in a retirement account."""
    case = case_from("cancellation", {})
    (block,) = case.blocks
    (held,) = block.segments
    serials = SerialRange(2001, 2100)
    elsewhere = replace(
        held,
        range=serials,
        account_id=account_id("GBR01", 300),
        account_type=300,
        locked_by=TransactionId(locked_by) if locked_by else None,
    )
    stated = replace(block.proposed, first=serials.first, last=serials.last, role=role)
    return with_blocks(case, block, KyotoBlock(proposed=stated, segments=(elsewhere,)))


def outcome(case: KyotoCase, check: Check[Case]) -> Outcome:
    (finding,) = judge((check,), case, case.now.date())
    return finding.outcome


def test_only_units_that_act_count() -> None:
    assert beside().proposed.quantity == 1000
    assert beside(role=UnitRole.ACTS).proposed.quantity == 1100


def test_only_units_that_act_are_held_by_the_source_account() -> None:
    assert outcome(beside(), id_known_and_held.CHECK) is Outcome.PASSED
    assert outcome(beside(role=UnitRole.ACTS), id_known_and_held.CHECK) is Outcome.FAILED


def test_a_lock_stands_in_the_way_of_naming_units_too() -> None:
    assert outcome(beside(), id_locked.CHECK) is Outcome.PASSED
    other = "0188a5b2-0000-7000-8000-000000000001"
    assert outcome(beside(locked_by=other), id_locked.CHECK) is Outcome.FAILED


def test_no_unit_acts_and_is_named() -> None:
    case = beside()
    act, named = case.blocks
    twice = replace(named, proposed=replace(named.proposed, first=901, last=1100), segments=())
    assert outcome(with_blocks(case, act, twice), id_one_account.CHECK) is Outcome.FAILED


def test_only_types_that_name_units_may_do_so() -> None:
    assert block_fields(NAMED, "blocks[0]", names=True)["role"] is UnitRole.NAMED
    with pytest.raises(ProtocolError) as refused:
        block_fields(NAMED, "blocks[0]")
    assert refused.value.reason is Reason.PAYLOAD_INVALID
    assert refused.value.message == ("blocks[0].role is 2; every block of such a transaction acts")
